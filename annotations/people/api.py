"""REST views of how people come in and go: invitations to a campaign, for its leads; accounts, for admins.

Making admins and setting passwords need a person at a browser: what a token could do in that, who stole it could keep
after it is revoked.
"""

from http import HTTPStatus

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotations.access import led_campaign
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
from core.api.actor import actor_of
from core.api.permissions import IsStaff
from core.api.queries import ListQuery, Queried, exact
from core.api.strict import without_body
from core.errors import NotFound
from core.models import User

ACTIONS = {"deactivate": deactivate_account, "reactivate": reactivate_account}


class InvitationList(Queried, generics.ListAPIView[Invitation]):
    """The invitations to a campaign that the caller leads that still let somebody in; POST makes one."""

    serializer_class = InvitationSerializer
    query_serializer_class = ListQuery

    def get_queryset(self) -> QuerySet[Invitation]:
        return invitations_to(led_campaign(self.request.user, self.kwargs["campaign_id"]))

    @extend_schema(
        request=NewInvitationSerializer,
        responses={201: IssuedInvitationSerializer},
        description="Invite somebody by a link that is good for one person, once, and is shown this once. There is no "
        "idempotency key: the answer is kept nowhere.",
    )
    def post(self, request: Request, campaign_id: int) -> Response:
        campaign = led_campaign(request.user, campaign_id)
        given = NewInvitationSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        issued = invite(campaign=campaign, created_by=actor_of(request), **given.validated_data)
        path = reverse("invitation_accept", kwargs={"token": issued.token})
        context = {"link": request.build_absolute_uri(path)}
        shown = IssuedInvitationSerializer(issued.invitation, context=context).data
        return Response(shown, status=HTTPStatus.CREATED, headers={"Cache-Control": "no-store"})


class InvitationRevoke(APIView):
    """Make an invitation's link worthless."""

    @extend_schema(request=None, responses=InvitationSerializer)
    @without_body
    def post(self, request: Request, campaign_id: int, invitation_id: int) -> Response:
        campaign = led_campaign(request.user, campaign_id)
        invitation = campaign.invitations.select_related("created_by").filter(pk=invitation_id).first()
        if invitation is None:
            raise NotFound("There is no such invitation.")
        invitation.campaign = campaign
        return Response(
            InvitationSerializer(revoke_invitation(invitation=invitation, actor=actor_of(request))).data
        )


class AccountList(Queried, generics.ListAPIView[User]):
    """All accounts, newest first."""

    permission_classes = [IsStaff]
    serializer_class = AccountSerializer
    query_serializer_class = AccountQuery

    def get_queryset(self) -> QuerySet[User]:
        given = {name: value for name, value in self.query.items() if value is not None}
        return accounts(search=self.query.get("search", "")).filter(
            **exact(given, is_active="is_active", is_admin="is_staff")
        )


class AccountDetail(APIView):
    """One account, with all campaigns that the person is or was in."""

    permission_classes = [IsStaff]

    @extend_schema(responses=AccountSerializer)
    def get(self, request: Request, user_id: int) -> Response:
        return Response(AccountSerializer(_account(user_id)).data)


class AccountAction(APIView):
    """`deactivate` an account: sessions end, tokens are revoked, tasks in hand go to others, labels stay; `reactivate`
    lets the person in again.
    """

    permission_classes = [IsStaff]

    @extend_schema(
        request=None,
        responses=AccountSerializer,
        parameters=[OpenApiParameter("action", str, OpenApiParameter.PATH, enum=list(ACTIONS))],
    )
    @without_body
    def post(self, request: Request, user_id: int, action: str) -> Response:
        person = _account(user_id)
        if action not in ACTIONS:
            raise NotFound(f"What can be done with an account: {', '.join(ACTIONS)}.")
        ACTIONS[action](user=person, actor=actor_of(request))
        return Response(AccountSerializer(_account(user_id)).data)


def _account(user_id: int) -> User:
    person = account(user_id)
    if person is None:
        raise NotFound("There is no such person.")
    return person
