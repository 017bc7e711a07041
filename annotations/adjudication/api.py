"""REST views for leads: adjudication (the queue, a task with its labels shown anonymously, the decision on it), and
the tasks, labels and flags of a campaign.
"""

from collections.abc import Callable
from http import HTTPStatus

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotations.access import led_campaign
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
from core.api.actor import actor_of
from core.api.conditional import conditional
from core.api.queries import ListQuery, Queried, exact
from core.api.strict import without_body
from core.errors import NotFound
from core.models import User

ACTIONS: dict[str, Callable[[Task, User], object]] = {
    "send": lambda task, actor: send_to_adjudication(task=task, actor=actor),
    "reopen": lambda task, actor: reopen_adjudication(task=task, actor=actor),
    "reveal": lambda task, actor: reveal_judges(task=task, adjudicator=actor),
}


class AdjudicationQueue(Queried, generics.ListAPIView[Task]):
    """The tasks that wait for the caller's decision: all that are disputed but those that they have labelled."""

    serializer_class = TaskSerializer
    query_serializer_class = ListQuery

    def get_queryset(self) -> QuerySet[Task]:
        campaign = led_campaign(self.request.user, self.kwargs["campaign_id"])
        return with_votes(queue_of(campaign, actor_of(self.request)))


class AdjudicationList(Queried, generics.ListAPIView[Adjudication]):
    """Every decision in a campaign that the caller leads, newest first, earlier revisions included."""

    serializer_class = AdjudicationSerializer
    query_serializer_class = AdjudicationQuery

    def get_queryset(self) -> QuerySet[Adjudication]:
        campaign = led_campaign(self.request.user, self.kwargs["campaign_id"])
        narrowed = exact(self.query, task="task", adjudicator="adjudicator__username")
        return Adjudication.objects.filter(task__campaign=campaign, **narrowed).select_related("adjudicator")


class AdjudicationCase(APIView):
    """A task as an adjudicator sees it; POST decides it, or decides it again."""

    @extend_schema(responses=CaseSerializer)
    def get(self, request: Request, campaign_id: int, task_id: int) -> Response:
        task = task_of(led_campaign(request.user, campaign_id), task_id)
        return Response(CaseSerializer(case_of(task, actor_of(request))).data)

    @extend_schema(request=DecisionSerializer, responses={201: AdjudicationSerializer})
    def post(self, request: Request, campaign_id: int, task_id: int) -> Response:
        task = task_of(led_campaign(request.user, campaign_id), task_id)
        given = DecisionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        decision = adjudicate(task=task, adjudicator=actor_of(request), **given.validated_data)
        return Response(AdjudicationSerializer(decision).data, status=HTTPStatus.CREATED)


class AdjudicationAction(APIView):
    """`send` a labelled task to adjudication, `reopen` an adjudicated one, `reveal` the judges' scores on one that the
    caller has decided.
    """

    @extend_schema(request=None, responses=CaseSerializer)
    @without_body
    def post(self, request: Request, campaign_id: int, task_id: int, action: str) -> Response:
        campaign = led_campaign(request.user, campaign_id)
        task = task_of(campaign, task_id)
        if action not in ACTIONS:
            raise NotFound(f"What can be done with a task: {', '.join(ACTIONS)}.")
        ACTIONS[action](task, actor_of(request))
        return Response(CaseSerializer(case_of(task_of(campaign, task_id), actor_of(request))).data)


class AdjudicatorList(APIView):
    """How each adjudicator of a campaign that the caller leads decides, against the votes as they are now."""

    @extend_schema(responses={200: AdjudicatorSerializer(many=True), 304: None})
    def get(self, request: Request, campaign_id: int) -> Response:
        found = adjudicator_measures(led_campaign(request.user, campaign_id))
        return conditional(request, AdjudicatorSerializer(found, many=True).data)


class TaskList(Queried, generics.ListAPIView[Task]):
    """The tasks of a campaign that the caller leads, newest first, control and qualification items among them."""

    serializer_class = TaskSerializer
    query_serializer_class = TaskQuery

    def get_queryset(self) -> QuerySet[Task]:
        campaign = led_campaign(self.request.user, self.kwargs["campaign_id"])
        narrowed = exact(self.query, state="state", kind="kind", run="response__item__run")
        return with_votes(campaign.tasks.filter(**narrowed))


def with_votes(tasks: QuerySet[Task]) -> QuerySet[Task]:
    """Tasks with what a list shows of them: `votes`, question and preference."""
    votes = Assignment.objects.voting().filter(task=OuterRef("pk")).order_by().values("task")
    counted = votes.annotate(n=Count("pk")).values("n")
    return tasks.select_related("response__item__question", "response__item__preference").annotate(
        votes=Coalesce(Subquery(counted), 0)
    )


class LabelList(Queried, generics.ListAPIView[Label]):
    """The labels of a campaign that the caller leads, newest first: the current ones, or all revisions."""

    serializer_class = LabelSerializer
    query_serializer_class = LabelQuery

    def get_queryset(self) -> QuerySet[Label]:
        campaign = led_campaign(self.request.user, self.kwargs["campaign_id"])
        later = Label.objects.filter(assignment=OuterRef("assignment"), revision__gt=OuterRef("revision"))
        found = Label.objects.filter(
            assignment__task__campaign=campaign,
            **exact(
                self.query,
                kind="assignment__task__kind",
                task="assignment__task",
                annotator="assignment__member__user__username",
                score="score",
            ),
        ).annotate(is_current=~Exists(later))
        for name in ("is_surplus", "is_set_aside"):
            if self.query.get(name) is not None:
                found = found.filter(**{f"assignment__{name}": self.query[name]})
        if self.query.get("revisions") == "current":
            found = found.filter(is_current=True)
        return found.select_related("assignment__task", "assignment__member__user", "guidelines")


class FlagList(Queried, generics.ListAPIView[Flag]):
    """Annotators' flags on the campaign's tasks, newest first."""

    serializer_class = FlagSerializer
    query_serializer_class = FlagQuery

    def get_queryset(self) -> QuerySet[Flag]:
        campaign = led_campaign(self.request.user, self.kwargs["campaign_id"])
        found = Flag.objects.filter(assignment__task__campaign=campaign)
        if self.query.get("is_resolved") is not None:
            found = found.filter(resolved_at__isnull=not self.query["is_resolved"])
        return found.select_related("assignment__member__user", "resolved_by")


class FlagResolve(APIView):
    """Close a flag with its resolution."""

    @extend_schema(request=ResolutionSerializer, responses=FlagSerializer)
    def post(self, request: Request, campaign_id: int, flag_id: int) -> Response:
        campaign = led_campaign(request.user, campaign_id)
        flag = (
            Flag.objects.filter(assignment__task__campaign=campaign, pk=flag_id)
            .select_related("assignment__task", "assignment__member__user")
            .first()
        )
        if flag is None:
            raise NotFound("There is no such flag.")
        given = ResolutionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        resolve_flag(flag=flag, actor=actor_of(request), **given.validated_data)
        return Response(FlagSerializer(flag).data)
