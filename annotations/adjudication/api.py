"""REST views for leads: adjudication (the queue, a task with its labels shown anonymously, the decision on it), and
the tasks, labels and flags of a campaign.
"""

from collections.abc import Callable
from http import HTTPStatus

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotations.access import campaign_on_runs
from annotations.adjudication.selectors import adjudicator_measures, case_of, queue_of, task_of
from annotations.adjudication.serializers import (
    AdjudicationQuery,
    AdjudicationSerializer,
    AdjudicatorSerializer,
    CaseSerializer,
    DecisionSerializer,
    FlagQuery,
    FlagSerializer,
    LabelQuery,
    LabelSerializer,
    ResolutionSerializer,
    TaskQuery,
    TaskSerializer,
)
from annotations.adjudication.services import (
    adjudicate,
    reopen_adjudication,
    resolve_flag,
    reveal_judges,
    send_to_adjudication,
)
from annotations.models import Adjudication, Assignment, Flag, Label, Task
from annotations.viewsets import LedViewSet
from core.api.actor import actor_of
from core.api.conditional import conditional
from core.api.strict import without_body
from core.errors import NotFound
from core.models import User
from core.rows import existing

ACTIONS: dict[str, Callable[[Task, User], object]] = {
    "send": lambda task, actor: send_to_adjudication(task=task, actor=actor),
    "reopen": lambda task, actor: reopen_adjudication(task=task, actor=actor),
    "reveal": lambda task, actor: reveal_judges(task=task, adjudicator=actor),
}


def with_votes(tasks: QuerySet[Task]) -> QuerySet[Task]:
    """Tasks with what a list shows of them: `votes`, question and preference."""
    votes = Assignment.objects.voting().filter(task=OuterRef("pk")).order_by().values("task")
    counted = votes.annotate(n=Count("pk")).values("n")
    shown = ("response__item__question", "response__item__preference", "imported_item")
    return tasks.select_related(*shown).annotate(votes=Coalesce(Subquery(counted), 0))


class Tasks(ListModelMixin, LedViewSet[Task]):
    """The tasks of a campaign that the caller leads, newest first, control and qualification items among them."""

    serializer_class = TaskSerializer
    query_serializer_class = TaskQuery
    lookups = {"state": "state", "kind": "kind", "run": "response__item__run"}

    def get_queryset(self) -> QuerySet[Task]:
        return with_votes(self.campaign.tasks.all())


class AdjudicationQueue(ListModelMixin, LedViewSet[Task]):
    """The tasks that wait for the caller's decision: all that are disputed but those that they have labelled."""

    only_on_runs = True
    serializer_class = TaskSerializer

    def get_queryset(self) -> QuerySet[Task]:
        return with_votes(queue_of(self.campaign, actor_of(self.request)))


class Adjudications(ListModelMixin, LedViewSet[Adjudication]):
    """Every decision in a campaign that the caller leads, newest first, earlier revisions included."""

    only_on_runs = True
    serializer_class = AdjudicationSerializer
    query_serializer_class = AdjudicationQuery
    lookups = {"task": "task", "adjudicator": "adjudicator__username"}

    def get_queryset(self) -> QuerySet[Adjudication]:
        return Adjudication.objects.filter(task__campaign=self.campaign).select_related("adjudicator")

    @extend_schema(responses=CaseSerializer)
    def retrieve(self, request: Request, campaign_id: int, task_id: int) -> Response:
        """A task as an adjudicator sees it."""
        return Response(CaseSerializer(case_of(task_of(self.campaign, task_id), actor_of(request))).data)

    @extend_schema(request=DecisionSerializer, responses={201: AdjudicationSerializer})
    def create(self, request: Request, campaign_id: int, task_id: int) -> Response:
        """Decide a task, or decide it again."""
        task = task_of(self.campaign, task_id)
        values = DecisionSerializer.values_in(request.data)
        decision = adjudicate(task=task, adjudicator=actor_of(request), **values)
        return Response(AdjudicationSerializer(decision).data, status=HTTPStatus.CREATED)

    @extend_schema(request=None, responses=CaseSerializer)
    @without_body
    def act(self, request: Request, campaign_id: int, task_id: int, action: str) -> Response:
        """`send` a labelled task to adjudication, `reopen` an adjudicated one, `reveal` the judges' scores on one that
        the caller has decided.
        """
        task = task_of(self.campaign, task_id)
        if action not in ACTIONS:
            raise NotFound(f"What can be done with a task: {', '.join(ACTIONS)}.")
        ACTIONS[action](task, actor_of(request))
        return self.retrieve(request, campaign_id, task_id)


class Adjudicators(APIView):
    """How each adjudicator of a campaign that the caller leads decides, against the votes as they are now."""

    @extend_schema(responses={200: AdjudicatorSerializer(many=True), 304: None})
    def get(self, request: Request, campaign_id: int) -> Response:
        measures = adjudicator_measures(campaign_on_runs(request.user, campaign_id))
        return conditional(request, AdjudicatorSerializer(measures, many=True).data)


class Labels(ListModelMixin, LedViewSet[Label]):
    """The labels of a campaign that the caller leads, newest first: the current ones, or all revisions."""

    serializer_class = LabelSerializer
    query_serializer_class = LabelQuery
    lookups = {
        "kind": "assignment__task__kind",
        "task": "assignment__task",
        "annotator": "assignment__member__user__username",
        "score": "score",
        "is_surplus": "assignment__is_surplus",
        "is_set_aside": "assignment__is_set_aside",
    }

    def get_queryset(self) -> QuerySet[Label]:
        later = Label.objects.filter(assignment=OuterRef("assignment"), revision__gt=OuterRef("revision"))
        labels = Label.objects.filter(assignment__task__campaign=self.campaign).annotate(
            is_current=~Exists(later)
        )
        if self.query.get("revisions") == "current":
            labels = labels.filter(is_current=True)
        return labels.select_related("assignment__task", "assignment__member__user", "guidelines")


class Flags(ListModelMixin, LedViewSet[Flag]):
    """Annotators’ flags on the campaign’s tasks, newest first."""

    serializer_class = FlagSerializer
    query_serializer_class = FlagQuery

    def get_queryset(self) -> QuerySet[Flag]:
        flags = Flag.objects.filter(assignment__task__campaign=self.campaign)
        if self.query.get("is_resolved") is not None:
            flags = flags.filter(resolved_at__isnull=not self.query["is_resolved"])
        return flags.select_related("assignment__task", "assignment__member__user", "resolved_by")

    @extend_schema(request=ResolutionSerializer, responses=FlagSerializer)
    @action(["post"], detail=True)
    def resolve(self, request: Request, campaign_id: int, flag_id: int) -> Response:
        """Close a flag with its resolution."""
        flag = existing(self.get_queryset().filter(pk=flag_id), "flag")
        resolve_flag(flag=flag, actor=actor_of(request), **ResolutionSerializer.values_in(request.data))
        return Response(FlagSerializer(flag).data)
