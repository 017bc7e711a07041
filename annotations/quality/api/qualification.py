"""REST views of the qualification round: the round itself for who takes it, everybody's attempts for leads.

They call what the browser's pages call, and tell no more than these: what was right only once the item can no longer
be asked.
What a lead does about a person is among the actions on members.
"""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotations.access import led_campaign, visible_campaign
from annotations.labelling.services.assignment import membership
from annotations.models import Campaign, Member, QualificationAnswer, Task
from annotations.quality.selectors.qualification import (
    next_item,
    open_attempt,
    people_in_qualification,
    qualification_items,
    standing,
)
from annotations.quality.serializers.qualification import (
    AnswerToItemSerializer,
    FeedbackSerializer,
    ItemToRateSerializer,
    NextItemSerializer,
    PeopleInQualificationQuery,
    PersonInQualificationSerializer,
    QualificationSerializer,
    qualification_data,
)
from annotations.quality.services.qualification import answer_item, start_attempt
from core.api.actor import actor_of
from core.api.idempotency import idempotent
from core.api.queries import Queried
from core.api.strict import without_body
from core.errors import Conflict, NotFound
from core.scopes import Scope

ANSWERS = QualificationAnswer.objects.select_related(
    "attempt",
    "task__campaign",
    "task__known_score",
    "task__response__item__question",
    "task__response__item__preference",
)


def _member(request: Request, campaign_id: int) -> tuple[Campaign, Member]:
    """The campaign and the caller's place in it. Raises NotFound, and NotAllowed for staff who are not in it."""
    campaign = visible_campaign(request.user, campaign_id)
    return campaign, membership(campaign, actor_of(request))


class Qualification(APIView):
    """Where the caller stands in a campaign's qualification round."""

    @extend_schema(responses=QualificationSerializer)
    def get(self, request: Request, campaign_id: int) -> Response:
        campaign, member = _member(request, campaign_id)
        return Response(qualification_data(campaign, member, standing(member)))


class QualificationStart(APIView):
    """Begin an attempt, or go on with the one under way. 409 with the code `no_attempts_left` where a lead has to
    give another one, `already_qualified` for who has passed.
    """

    scope = Scope.ANNOTATE

    @extend_schema(request=None, responses=QualificationSerializer)
    @idempotent
    @without_body
    def post(self, request: Request, campaign_id: int) -> Response:
        campaign, member = _member(request, campaign_id)
        start_attempt(member=member)
        member.refresh_from_db()
        return Response(qualification_data(campaign, member, standing(member)))


class QualificationItem(APIView):
    """The next item of the attempt under way; POST answers one. The first answer to an item stands: sent again, it is
    the same answer.
    """

    scope = Scope.ANNOTATE

    @extend_schema(responses=NextItemSerializer)
    def get(self, request: Request, campaign_id: int) -> Response:
        campaign, member = _member(request, campaign_id)
        attempt = open_attempt(member)
        item = next_item(attempt) if attempt else None
        shown = ItemToRateSerializer(item).data if item else None
        return Response({"item": shown, "standing": qualification_data(campaign, member, standing(member))})

    @extend_schema(request=AnswerToItemSerializer, responses=FeedbackSerializer)
    def post(self, request: Request, campaign_id: int) -> Response:
        campaign, member = _member(request, campaign_id)
        given = AnswerToItemSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        task = _item(campaign, given.validated_data["task"])
        # The answer to the last item may be sent again when the attempt is over.
        attempt = open_attempt(member) or member.qualification_attempts.last()
        if attempt is None:
            raise Conflict("Start an attempt first.", code="no_attempt")
        answer = answer_item(attempt=attempt, task=task, score=given.validated_data["score"])
        return Response(_feedback(campaign, member, answer.pk))


class QualificationFeedback(APIView):
    """One of the caller's own answers; with what was right, once the item can no longer be asked."""

    @extend_schema(responses=FeedbackSerializer)
    def get(self, request: Request, campaign_id: int, answer_id: int) -> Response:
        return Response(_feedback(*_member(request, campaign_id), answer_id))


def _item(campaign: Campaign, task_id: int) -> Task:
    task = qualification_items(campaign).select_related("known_score").filter(pk=task_id).first()
    if task is None:
        raise NotFound("There is no such item.")
    return task


def _feedback(campaign: Campaign, member: Member, answer_id: int) -> dict[str, object]:
    """An answer of the member's as its page shows it. Raises NotFound."""
    answer = ANSWERS.filter(pk=answer_id, attempt__member=member).first()
    if answer is None:
        raise NotFound("There is no such answer.")
    member.refresh_from_db()  # the answer may have been the one that qualified them
    context = {"standing": qualification_data(campaign, member, standing(member))}
    return dict(FeedbackSerializer(answer, context=context).data)


class QualificationPeople(Queried, generics.ListAPIView[Member]):
    """The annotators of a campaign that the caller leads with their attempts, who came last first."""

    serializer_class = PersonInQualificationSerializer
    query_serializer_class = PeopleInQualificationQuery

    def get_queryset(self) -> QuerySet[Member]:
        found = people_in_qualification(led_campaign(self.request.user, self.kwargs["campaign_id"]))
        wanted = self.query.get("is_qualified")
        return found if wanted is None else found.filter(qualified_at__isnull=not wanted)
