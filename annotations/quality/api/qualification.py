"""REST views of the qualification round: the round itself for who takes it, everybody's attempts for leads.

They call what the browser's pages call, and tell no more than these: what was right only once the item can no longer
be asked.
What a lead does about a person is among the actions on members.
"""

from django.db.models import QuerySet
from django.utils.functional import cached_property
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.access import visible_campaign
from annotations.labelling.services.assignment import membership
from annotations.models import Campaign, Member
from annotations.quality.selectors.qualification import (
    answers_by,
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
from annotations.viewsets import LedViewSet, PersonViewSet
from core.api.actor import actor_of
from core.api.idempotency import idempotent
from core.api.strict import without_body
from core.errors import Conflict
from core.rows import existing
from core.scopes import Scope


class Qualification(PersonViewSet[Member]):
    """The qualification round of a campaign, for who takes it."""

    scope = Scope.ANNOTATE
    serializer_class = QualificationSerializer

    @cached_property
    def campaign(self) -> Campaign:
        return visible_campaign(self.request.user, self.kwargs["campaign_id"])

    @cached_property
    def member(self) -> Member:
        """The caller's place in the campaign. Raises NotAllowed for staff who are not in it."""
        return membership(self.campaign, actor_of(self.request))

    @extend_schema(responses=QualificationSerializer)
    def state(self, request: Request, campaign_id: int) -> Response:
        """Where the caller stands in a campaign's qualification round."""
        return Response(self._standing())

    @extend_schema(request=None, responses=QualificationSerializer)
    @action(["post"], detail=False)
    @idempotent
    @without_body
    def start(self, request: Request, campaign_id: int) -> Response:
        """Begin an attempt, or go on with the one under way. 409 with the code `no_attempts_left` where a lead has to
        give another one, `already_qualified` for who has passed.
        """
        start_attempt(member=self.member)
        self.member.refresh_from_db()
        return Response(self._standing())

    @extend_schema(responses=NextItemSerializer)
    @action(detail=False)
    def item(self, request: Request, campaign_id: int) -> Response:
        """The next item of the attempt under way."""
        attempt = open_attempt(self.member)
        item = next_item(attempt) if attempt else None
        shown = ItemToRateSerializer(item).data if item else None
        return Response({"item": shown, "standing": self._standing()})

    @extend_schema(request=AnswerToItemSerializer, responses=FeedbackSerializer)
    @item.mapping.post
    def answer(self, request: Request, campaign_id: int) -> Response:
        """Answer an item. The first answer to an item stands: sent again, it is the same answer."""
        member, values = self.member, AnswerToItemSerializer.values_in(request.data)
        tasks = qualification_items(self.campaign).select_related("known_score")
        task = existing(tasks.filter(pk=values["task"]), "item")
        # The answer to the last item may be sent again when the attempt is over.
        attempt = open_attempt(member) or member.qualification_attempts.last()
        if attempt is None:
            raise Conflict("Start an attempt first.", code="no_attempt")
        return self._feedback(answer_item(attempt=attempt, task=task, score=values["score"]).pk)

    @extend_schema(responses=FeedbackSerializer)
    @action(detail=False, url_path="answers/<int:answer_id>", url_name="answer")
    def feedback(self, request: Request, campaign_id: int, answer_id: int) -> Response:
        """One of the caller's own answers; with what was right, once the item can no longer be asked."""
        return self._feedback(answer_id)

    def _standing(self) -> dict[str, object]:
        return qualification_data(self.campaign, self.member, standing(self.member))

    def _feedback(self, answer_id: int) -> Response:
        """An answer of the member's as its page shows it. Raises NotFound."""
        answer = existing(answers_by(self.member).filter(pk=answer_id), "answer")
        self.member.refresh_from_db()  # the answer may have been the one that qualified them
        return Response(FeedbackSerializer(answer, context={"standing": self._standing()}).data)


class QualificationPeople(ListModelMixin, LedViewSet[Member]):
    """The annotators of a campaign that the caller leads with their attempts, who came last first."""

    only_on_runs = True
    serializer_class = PersonInQualificationSerializer
    query_serializer_class = PeopleInQualificationQuery

    def get_queryset(self) -> QuerySet[Member]:
        members = people_in_qualification(self.campaign)
        is_qualified = self.query.get("is_qualified")
        return members if is_qualified is None else members.filter(qualified_at__isnull=not is_qualified)
