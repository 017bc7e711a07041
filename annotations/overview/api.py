"""REST views of the people of a campaign, for its leads."""

from collections.abc import Callable
from http import HTTPStatus

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.campaigns.serializers.campaigns import MemberSerializer
from annotations.campaigns.services.campaigns import add_members
from annotations.models import Member
from annotations.models.campaign import Role
from annotations.overview.serializers import MemberActionSerializer, MemberQuery, NewMembersSerializer
from annotations.people.services import people
from annotations.quality.services import quality
from annotations.quality.services.qualification import grant_attempt, qualify_member
from annotations.viewsets import LedViewSet
from core.api.actor import actor_of
from core.api.idempotency import idempotent
from core.errors import NotFound
from core.models import User
from core.rows import existing

Action = Callable[[Member, User, str], object]
ACTIONS: dict[str, Action] = {
    "lead": lambda member, actor, _: people.change_role(member=member, role=Role.LEAD, actor=actor),
    "annotator": lambda member, actor, _: people.change_role(member=member, role=Role.ANNOTATOR, actor=actor),
    "remove": lambda member, actor, _: people.deactivate_member(member=member, actor=actor),
    "restore": lambda member, actor, _: people.reactivate_member(member=member, actor=actor),
    "pause": lambda member, actor, why: quality.pause_member(member=member, reason=why, actor=actor),
    "resume": lambda member, actor, _: quality.resume_member(member=member, actor=actor),
    "set_aside_labels": lambda member, actor, _: quality.set_aside_labels(member=member, actor=actor),
    "grant_attempt": lambda member, actor, _: grant_attempt(member=member, actor=actor),
    "qualify": lambda member, actor, _: qualify_member(member=member, actor=actor),
    "restore_labels": lambda member, actor, _: quality.restore_labels(member=member, actor=actor),
}


class Members(ListModelMixin, LedViewSet[Member]):
    """Everybody who is or was in a campaign that the caller leads."""

    serializer_class = MemberSerializer
    query_serializer_class = MemberQuery
    lookups = {"role": "role", "is_active": "is_active"}

    def get_queryset(self) -> QuerySet[Member]:
        return self.campaign.members.select_related("user")

    @extend_schema(request=NewMembersSerializer, responses={201: MemberSerializer(many=True)})
    @idempotent
    def create(self, request: Request, campaign_id: int) -> Response:
        """Bring people who have an account into the campaign."""
        campaign, body = self.campaign, NewMembersSerializer.values_in(request.data)
        added = add_members(
            campaign=campaign, people=body["usernames"], role=body["role"], actor=actor_of(request)
        )
        return Response(MemberSerializer(added, many=True).data, status=HTTPStatus.CREATED)

    @extend_schema(request=MemberActionSerializer, responses=MemberSerializer)
    def act(self, request: Request, campaign_id: int, member_id: int, action: str) -> Response:
        """Change a member: `lead` and `annotator` (their role), `remove` and `restore` (out of the campaign and back
        in), `pause` (with a reason) and `resume`, `set_aside_labels` and `restore_labels`; in the qualification round,
        `grant_attempt` (another one, where all are used up) and `qualify` (by hand).
        """
        members = self.campaign.members.select_related("user", "campaign")
        member = existing(members.filter(pk=member_id), "member")
        if action not in ACTIONS:
            raise NotFound(f"What can be done with a member: {', '.join(ACTIONS)}.")
        reason = MemberActionSerializer.values_in(request.data)["reason"]
        ACTIONS[action](member, actor_of(request), reason)
        member.refresh_from_db()
        return Response(MemberSerializer(member).data)
