"""REST views of how people come in and go: invitations to a campaign, for its leads; accounts, for admins.

Making admins and setting passwords need a person at a browser: what a token could do in that, who stole it could keep
after it is revoked.
"""

from http import HTTPStatus

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.models import Invitation
from annotations.people.selectors import account, accounts, invitations_to
from annotations.people.serializers import (
    AccountQuery,
    AccountSerializer,
    InvitationSerializer,
    IssuedInvitationSerializer,
    NewInvitationSerializer,
)
from annotations.people.services.invitations import invite, revoke_invitation
from annotations.people.services.people import deactivate_account, reactivate_account
from annotations.viewsets import LedViewSet, PersonViewSet
from core.api.actor import actor_of
from core.api.permissions import IsStaff
from core.api.strict import without_body
from core.errors import NotFound
from core.models import User
from core.rows import existing

ACTIONS = {"deactivate": deactivate_account, "reactivate": reactivate_account}


class Invitations(ListModelMixin, LedViewSet[Invitation]):
    """The invitations to a campaign that the caller leads that still let somebody in."""

    serializer_class = InvitationSerializer

    def get_queryset(self) -> QuerySet[Invitation]:
        return invitations_to(self.campaign)

    @extend_schema(request=NewInvitationSerializer, responses={201: IssuedInvitationSerializer})
    def create(self, request: Request, campaign_id: int) -> Response:
        """Invite somebody by a link that is good for one person, once, and is shown this once. There is no idempotency
        key: the answer is kept nowhere.
        """
        campaign, body = self.campaign, NewInvitationSerializer.values_in(request.data)
        issued = invite(campaign=campaign, created_by=actor_of(request), **body)
        path = reverse("invitation_accept", kwargs={"token": issued.token})
        context = {"link": request.build_absolute_uri(path)}
        document = IssuedInvitationSerializer(issued.invitation, context=context).data
        return Response(document, status=HTTPStatus.CREATED, headers={"Cache-Control": "no-store"})

    @extend_schema(request=None, responses=InvitationSerializer)
    @action(["post"], detail=True)
    @without_body
    def revoke(self, request: Request, campaign_id: int, invitation_id: int) -> Response:
        """Make an invitation's link worthless."""
        invitations = self.campaign.invitations.select_related("created_by", "campaign")
        invitation = existing(invitations.filter(pk=invitation_id), "invitation")
        revoke_invitation(invitation=invitation, actor=actor_of(request))
        return Response(InvitationSerializer(invitation).data)


@extend_schema_view(
    retrieve=extend_schema(description="One account, with all campaigns that the person is or was in.")
)
class Accounts(ListModelMixin, RetrieveModelMixin, PersonViewSet[User]):
    """All accounts, newest first."""

    permission_classes = [IsStaff]
    serializer_class = AccountSerializer
    query_serializer_class = AccountQuery
    lookups = {"is_active": "is_active", "is_admin": "is_staff"}

    def get_queryset(self) -> QuerySet[User]:
        return accounts(search=self.query.get("search", ""))

    def get_object(self) -> User:
        person = account(self.kwargs["user_id"])
        if person is None:
            raise NotFound("There is no such person.")
        return person

    @extend_schema(
        request=None,
        responses=AccountSerializer,
        parameters=[OpenApiParameter("action", str, OpenApiParameter.PATH, enum=list(ACTIONS))],
    )
    @without_body
    def act(self, request: Request, user_id: int, action: str) -> Response:
        """`deactivate` an account: sessions end, tokens are revoked, tasks in hand go to others, labels stay;
        `reactivate` lets the person in again.
        """
        person = self.get_object()
        if action not in ACTIONS:
            raise NotFound(f"What can be done with an account: {', '.join(ACTIONS)}.")
        ACTIONS[action](user=person, actor=actor_of(request))
        return Response(AccountSerializer(self.get_object()).data)
