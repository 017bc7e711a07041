"""REST views of control and qualification items, for leads: adding, changing, withdrawing and restoring them."""

from collections.abc import Callable, Sequence
from http import HTTPStatus

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotations.access import led_campaign, led_release
from annotations.labelling.selectors.baselines import baseline_texts
from annotations.models import Campaign, Task
from annotations.quality.selectors.controls import (
    ControlItem,
    candidates,
    known_items,
    random_candidates,
    with_answers,
)
from annotations.quality.serializers.controls import (
    CandidateQuery,
    CandidateSerializer,
    ControlDetailSerializer,
    ControlItemSerializer,
    ControlQuery,
    ControlsFromGoldSerializer,
    KnownScoreSerializer,
    NewControlsSerializer,
)
from annotations.quality.services.controls import (
    KnownItem,
    add_controls,
    add_controls_from_gold,
    change_known_score,
    restore_control,
    withdraw_control,
)
from core.api.actor import actor_of
from core.api.idempotency import idempotent
from core.api.queries import Queried, exact
from core.api.strict import without_body
from core.errors import DomainError, NotFound

ACTIONS: dict[str, Callable[..., Task]] = {"withdraw": withdraw_control, "restore": restore_control}


class ControlList(Queried, generics.ListAPIView[Task]):
    """The items with a known score of a campaign that the caller leads, newest first, with how people do on them."""

    serializer_class = ControlItemSerializer
    query_serializer_class = ControlQuery

    def get_queryset(self) -> QuerySet[Task]:
        return known_items(self.campaign()).filter(**exact(self.query, kind="kind"))

    def campaign(self) -> Campaign:
        return led_campaign(self.request.user, self.kwargs["campaign_id"])

    def paginate_queryset(self, queryset: QuerySet[Task]) -> list[ControlItem]:  # type: ignore[override]
        # The answers are counted for the page as a whole.
        return with_answers(self.campaign(), super().paginate_queryset(queryset) or [])

    @extend_schema(
        request=NewControlsSerializer,
        responses={201: ControlItemSerializer(many=True)},
        description="Make responses of the campaign's runs control or qualification items: all of them, or none.",
    )
    @idempotent
    def post(self, request: Request, campaign_id: int) -> Response:
        campaign = led_campaign(request.user, campaign_id)
        given = NewControlsSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        items = [KnownItem(**item) for item in given.validated_data["items"]]
        _check(campaign, items)
        kind = given.validated_data["kind"]
        tasks = add_controls(campaign=campaign, items=items, kind=kind, actor=actor_of(request))
        return Response(_shown(campaign, tasks), status=HTTPStatus.CREATED)


class ControlCandidates(Queried):
    """Responses, drawn at random, that could become items of a campaign that the caller leads."""

    query_serializer_class = CandidateQuery

    @extend_schema(responses=CandidateSerializer(many=True))
    def get(self, request: Request, campaign_id: int) -> Response:
        drawn = random_candidates(led_campaign(request.user, campaign_id), self.query["count"])
        context = {"baselines": baseline_texts(drawn)}
        return Response(CandidateSerializer(drawn, many=True, context=context).data)


class ControlsFromGold(APIView):
    """Make responses of a gold release items, with the score that people agreed on."""

    @extend_schema(request=ControlsFromGoldSerializer, responses={201: ControlItemSerializer(many=True)})
    @idempotent
    def post(self, request: Request, campaign_id: int) -> Response:
        campaign = led_campaign(request.user, campaign_id)
        given = ControlsFromGoldSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        release = led_release(request.user, given.validated_data.pop("release"))
        tasks = add_controls_from_gold(
            campaign=campaign, release=release, actor=actor_of(request), **given.validated_data
        )
        return Response(_shown(campaign, tasks), status=HTTPStatus.CREATED)


class ControlDetail(APIView):
    """An item with its texts; PATCH corrects its known score. Labels made before are measured against it, too."""

    @extend_schema(responses=ControlDetailSerializer)
    def get(self, request: Request, campaign_id: int, task_id: int) -> Response:
        return Response(_detail(led_campaign(request.user, campaign_id), task_id))

    @extend_schema(request=KnownScoreSerializer, responses=ControlDetailSerializer)
    def patch(self, request: Request, campaign_id: int, task_id: int) -> Response:
        campaign = led_campaign(request.user, campaign_id)
        task = _item(campaign, task_id)
        context = {"shown": _detail(campaign, task_id)}
        changes = KnownScoreSerializer(data=request.data, context=context)
        changes.is_valid(raise_exception=True)
        known = task.known_score
        present = {"score": known.score, "tolerance": known.tolerance, "explanation": known.explanation}
        change_known_score(task=task, actor=actor_of(request), **(present | changes.validated_data))
        return Response(_detail(campaign, task_id))


class ControlAction(APIView):
    """`withdraw` an item: nobody gets it any more, and its answers do not count; `restore` it, and they count
    again.
    """

    @extend_schema(
        request=None,
        responses=ControlDetailSerializer,
        parameters=[OpenApiParameter("action", str, OpenApiParameter.PATH, enum=list(ACTIONS))],
    )
    @without_body
    def post(self, request: Request, campaign_id: int, task_id: int, action: str) -> Response:
        campaign = led_campaign(request.user, campaign_id)
        task = _item(campaign, task_id)
        if action not in ACTIONS:
            raise NotFound(f"What can be done with an item: {', '.join(ACTIONS)}.")
        ACTIONS[action](task=task, actor=actor_of(request))
        return Response(_detail(campaign, task_id))


def _check(campaign: Campaign, items: Sequence[KnownItem]) -> None:
    """Raise DomainError for a response that is none of the campaign's runs', or a task of it already."""
    wanted = {item.response for item in items}
    missing = wanted - set(candidates(campaign).filter(pk__in=wanted).values_list("pk", flat=True))
    if missing:
        raise DomainError(
            f"Response {min(missing)} is a task of the campaign already, or no personalised response of its runs with "
            "a preference to follow.",
            field="items",
        )


def _item(campaign: Campaign, task_id: int) -> Task:
    task = known_items(campaign).select_related("campaign").filter(pk=task_id).first()
    if task is None:
        raise NotFound("There is no such item.")
    return task


def _shown(campaign: Campaign, tasks: Sequence[Task]) -> list[dict[str, object]]:
    found = known_items(campaign).filter(pk__in=[task.pk for task in tasks]).order_by("-pk")
    return list(ControlItemSerializer(with_answers(campaign, found), many=True).data)


def _detail(campaign: Campaign, task_id: int) -> dict[str, object]:
    task = _item(campaign, task_id)
    (item,) = with_answers(campaign, [task])
    context = {"baselines": baseline_texts([task.response])}
    return dict(ControlDetailSerializer(item, context=context).data)
