"""REST views of the judges of imported items. Leads see them; only admins make and start what calls models."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.item_judging.selectors.judges import (
    counts_by_criterion,
    item_judge_of,
    judging_of,
    unanswered_by_reason,
)
from annotations.item_judging.selectors.prompts import first_prompt
from annotations.item_judging.serializers import (
    CriterionCountSerializer,
    ItemJudgeDetailSerializer,
    ItemJudgePreviewSerializer,
    ItemJudgeSerializer,
    ItemJudgeToTrySerializer,
    ItemJudgeTrialSerializer,
    ItemJudgmentQuery,
    ItemJudgmentSerializer,
    JudgingDetailSerializer,
    JudgingEstimateSerializer,
    JudgingPlanSerializer,
    JudgingProgressSerializer,
    NewItemJudgeSerializer,
    RetrySerializer,
    UnansweredSerializer,
)
from annotations.item_judging.services import control
from annotations.item_judging.services.control import JudgingPlan, set_judging_budgets, start_judging
from annotations.item_judging.services.estimate import estimate_judging
from annotations.item_judging.services.judges import (
    ItemJudgeSpec,
    check_judged,
    check_may_call,
    create_item_judge,
)
from annotations.item_judging.services.trials import (
    answers_in,
    preview_item_judge,
    trial_of,
    try_item_judge,
)
from annotations.models import Campaign, ItemJudge, ItemJudgeTrial, ItemJudgment
from annotations.viewsets import LedViewSet
from core.api.actor import actor_of
from core.api.idempotency import idempotent
from core.api.strict import StrictSerializer, refuse_body
from core.errors import NotFound
from evaluation.runs.serializers.runs import BudgetSerializer

ACTIONS: dict[str, Callable[..., object]] = {
    "pause": control.pause_judging,
    "resume": control.resume_judging,
    "cancel": control.cancel_judging,
    "retry": control.retry_judging,
}


class ItemJudges(ListModelMixin, LedViewSet[ItemJudge]):
    """The judges of a campaign of imported items that the caller leads, newest first."""

    serializer_class = ItemJudgeSerializer

    def get_queryset(self) -> QuerySet[ItemJudge]:
        check_judged(self.campaign)
        return self.campaign.item_judges.select_related("endpoint", "created_by")

    def get_object(self) -> ItemJudge:
        return item_judge_of(self.campaign, self.kwargs["item_judge_id"])

    @extend_schema(request=NewItemJudgeSerializer, responses={201: ItemJudgeDetailSerializer})
    @idempotent
    def create(self, request: Request, campaign_id: int) -> Response:
        """Make a judge. It never changes; another one of the same name is its next version. For admins."""
        spec, _ = self._spec(request, NewItemJudgeSerializer)
        judge = create_item_judge(campaign=self.campaign, spec=spec, actor=actor_of(request))
        return Response(ItemJudgeDetailSerializer(judge).data, status=HTTPStatus.CREATED)

    @extend_schema(responses=ItemJudgeDetailSerializer)
    def retrieve(self, request: Request, campaign_id: int, item_judge_id: int) -> Response:
        """One judge, with its prompt."""
        return Response(ItemJudgeDetailSerializer(self.get_object()).data)

    @extend_schema(request=ItemJudgeToTrySerializer, responses=ItemJudgePreviewSerializer)
    @action(["post"], detail=False)
    def preview(self, request: Request, campaign_id: int) -> Response:
        """The prompt filled for an item, and what is wrong with it. Nothing is called or written. For admins."""
        spec, item = self._spec(request, ItemJudgeToTrySerializer)
        preview = preview_item_judge(campaign=self.campaign, spec=spec, item=item, actor=actor_of(request))
        return Response(ItemJudgePreviewSerializer(preview).data)

    @extend_schema(request=ItemJudgeToTrySerializer, responses={202: ItemJudgeTrialSerializer})
    @action(["post"], detail=False)
    @idempotent
    def tests(self, request: Request, campaign_id: int) -> Response:
        """Ask once, about one item, as such a judge would. No rating is written. For admins."""
        spec, item = self._spec(request, ItemJudgeToTrySerializer)
        trial = try_item_judge(campaign=self.campaign, spec=spec, item=item, actor=actor_of(request))
        return Response(_trial(trial), status=HTTPStatus.ACCEPTED)

    @extend_schema(responses=ItemJudgeTrialSerializer)
    @action(detail=False, url_path="tests/<int:item_judge_trial_id>")
    def test(self, request: Request, campaign_id: int, item_judge_trial_id: int) -> Response:
        """The outcome of a test."""
        return Response(_trial(trial_of(self.campaign, item_judge_trial_id)))

    @extend_schema(responses=JudgingDetailSerializer)
    @action(detail=True)
    def progress(self, request: Request, campaign_id: int, item_judge_id: int) -> Response:
        """How far a judge is, its answers by criterion, and why some lack."""
        judge = self.get_object()
        progress = JudgingProgressSerializer(judging_of([judge])[0]).data
        criteria = [CriterionCountSerializer(count).data for count in counts_by_criterion(judge)]
        reasons = [UnansweredSerializer(row).data for row in unanswered_by_reason(judge)]
        return Response({**progress, "criteria": criteria, "unanswered_by_reason": reasons})

    @extend_schema(request=JudgingPlanSerializer, responses=JudgingEstimateSerializer)
    @action(["post"], detail=True)
    def estimate(self, request: Request, campaign_id: int, item_judge_id: int) -> Response:
        """What a plan would take. Nothing is started."""
        plan = JudgingPlan(**JudgingPlanSerializer.values_in(request.data))
        return Response(JudgingEstimateSerializer(estimate_judging(self.get_object(), plan)).data)

    @extend_schema(request=JudgingPlanSerializer, responses={202: ItemJudgeSerializer})
    @action(["post"], detail=True)
    @idempotent
    def start(self, request: Request, campaign_id: int, item_judge_id: int) -> Response:
        """Have items judged: all, those that people have labelled, or a sample. For admins."""
        judge, plan = self.get_object(), JudgingPlan(**JudgingPlanSerializer.values_in(request.data))
        judge = start_judging(judge=judge, plan=plan, actor=actor_of(request))
        return Response(ItemJudgeSerializer(judge).data, status=HTTPStatus.ACCEPTED)

    @extend_schema(request=BudgetSerializer, responses=ItemJudgeSerializer)
    @action(["put"], detail=True)
    def budgets(self, request: Request, campaign_id: int, item_judge_id: int) -> Response:
        """Set what the judge may spend; resume it to go on. For admins."""
        judge, budgets = self.get_object(), BudgetSerializer.values_in(request.data)
        judge = set_judging_budgets(judge=judge, **budgets, actor=actor_of(request))
        return Response(ItemJudgeSerializer(judge).data)

    @extend_schema(
        request=RetrySerializer,
        responses=ItemJudgeSerializer,
        parameters=[OpenApiParameter("action", str, OpenApiParameter.PATH, enum=list(ACTIONS))],
    )
    @idempotent
    def control(self, request: Request, campaign_id: int, item_judge_id: int, action: str) -> Response:
        """Pause or cancel a judge; for admins also: resume it, or ask again for what lacks an answer."""
        judge = self.get_object()
        if action not in ACTIONS:
            raise NotFound(f"A judge can be made to {', '.join(ACTIONS)}; not to “{action}”.")
        if action == "retry":
            control.retry_judging(
                judge=judge, actor=actor_of(request), **RetrySerializer.values_in(request.data)
            )
        else:
            refuse_body(request)
            ACTIONS[action](judge=judge, actor=actor_of(request))
        judge.refresh_from_db()
        return Response(ItemJudgeSerializer(judge).data)

    def _spec(self, request: Request, serializer: type[StrictSerializer[Any]]) -> tuple[ItemJudgeSpec, Any]:
        """The judge that the body describes, and the item to show it for."""
        campaign: Campaign = self.campaign
        check_judged(campaign)
        check_may_call(actor_of(request))
        body = serializer(data=request.data, context={"person": request.user, "campaign": campaign})
        body.is_valid(raise_exception=True)
        values: Mapping[str, Any] = dict(body.validated_data)
        fields = {name: value for name, value in values.items() if name != "item"}
        if not fields["template"].strip():
            prompt = first_prompt(campaign)
            fields |= {"template": prompt.template, "system": fields["system"] or prompt.system}
        return ItemJudgeSpec(**fields), values.get("item")


class ItemJudgments(ListModelMixin, LedViewSet[ItemJudgment]):
    """The calls of a judge, with their replies, newest first."""

    serializer_class = ItemJudgmentSerializer
    query_serializer_class = ItemJudgmentQuery
    lookups = {"state": "state"}

    def get_queryset(self) -> QuerySet[ItemJudgment]:
        judge = item_judge_of(self.campaign, self.kwargs["item_judge_id"])
        judgments = judge.judgments.select_related("item", "completion")
        return judgments.defer("completion__raw_reply", "completion__request", "item__exhibit")


def _trial(trial: ItemJudgeTrial) -> Any:
    # Any: JSON
    trial.read_answers = answers_in(trial)  # type: ignore[attr-defined]
    return ItemJudgeTrialSerializer(trial).data
