"""REST views of a campaign's tasks, labels and flags, for its leads."""

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotations.access import led_campaign
from annotations.adjudication.serializers import (
    FlagQuery,
    FlagSerializer,
    LabelQuery,
    LabelSerializer,
    ResolutionSerializer,
    TaskQuery,
    TaskSerializer,
)
from annotations.adjudication.services import resolve_flag
from annotations.models import Assignment, Flag, Label, Task
from core.api.actor import actor_of
from core.api.queries import Queried, exact
from core.errors import NotFound


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
    """What annotators have told the leads of the campaign's tasks, newest first."""

    serializer_class = FlagSerializer
    query_serializer_class = FlagQuery

    def get_queryset(self) -> QuerySet[Flag]:
        campaign = led_campaign(self.request.user, self.kwargs["campaign_id"])
        found = Flag.objects.filter(assignment__task__campaign=campaign)
        if self.query.get("is_resolved") is not None:
            found = found.filter(resolved_at__isnull=not self.query["is_resolved"])
        return found.select_related("assignment__member__user", "resolved_by")


class FlagResolve(APIView):
    """Close a flag with a word on what came of it."""

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
