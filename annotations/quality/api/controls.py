"""REST views of control and qualification items, for leads: adding, changing, withdrawing and restoring them."""

from collections.abc import Callable, Sequence
from http import HTTPStatus

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.access import led_release
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
from annotations.viewsets import LedViewSet
from core.api.actor import actor_of
from core.api.idempotency import idempotent
from core.api.strict import without_body
from core.errors import DomainError, NotFound
from core.rows import existing

ACTIONS: dict[str, Callable[..., Task]] = {"withdraw": withdraw_control, "restore": restore_control}


class Controls(ListModelMixin, LedViewSet[Task]):
    """The items with a known score of a campaign that the caller leads, newest first, with how people do on them."""

    only_on_runs = True
    serializer_class = ControlItemSerializer
    query_serializer_class = ControlQuery
    lookups = {"kind": "kind"}

    def get_queryset(self) -> QuerySet[Task]:
        return known_items(self.campaign)

    def get_object(self) -> Task:
        tasks = self.get_queryset().select_related("campaign")
        return existing(tasks.filter(pk=self.kwargs["task_id"]), "item")

    def paginate_queryset(self, queryset: QuerySet[Task]) -> list[ControlItem]:  # type: ignore[override]
        # The answers are counted for the page as a whole.
        return with_answers(self.campaign, super().paginate_queryset(queryset) or [])

    @extend_schema(request=NewControlsSerializer, responses={201: ControlItemSerializer(many=True)})
    @idempotent
    def create(self, request: Request, campaign_id: int) -> Response:
        """Make responses of the campaign's runs control or qualification items: all of them, or none."""
        campaign, body = self.campaign, NewControlsSerializer.values_in(request.data)
        items = [KnownItem(**item) for item in body["items"]]
        _check(campaign, items)
        tasks = add_controls(campaign=campaign, items=items, kind=body["kind"], actor=actor_of(request))
        return self._created(tasks)

    @extend_schema(request=ControlsFromGoldSerializer, responses={201: ControlItemSerializer(many=True)})
    @action(["post"], detail=False, url_name="from_gold")
    @idempotent
    def from_gold(self, request: Request, campaign_id: int) -> Response:
        """Make responses of a gold release items, with the score that people agreed on."""
        campaign, body = self.campaign, ControlsFromGoldSerializer.values_in(request.data)
        release = led_release(request.user, body.pop("release"))
        tasks = add_controls_from_gold(campaign=campaign, release=release, actor=actor_of(request), **body)
        return self._created(tasks)

    def _created(self, tasks: Sequence[Task]) -> Response:
        created = self.get_queryset().filter(pk__in=[task.pk for task in tasks]).order_by("-pk")
        items = with_answers(self.campaign, created)
        return Response(ControlItemSerializer(items, many=True).data, status=HTTPStatus.CREATED)

    @extend_schema(responses=CandidateSerializer(many=True))
    @action(detail=False, query_serializer_class=CandidateQuery)
    def candidates(self, request: Request, campaign_id: int) -> Response:
        """Responses, drawn at random, that could become items of a campaign that the caller leads."""
        drawn = random_candidates(self.campaign, self.query["count"])
        context = {"baselines": baseline_texts(drawn)}
        return Response(CandidateSerializer(drawn, many=True, context=context).data)

    @extend_schema(responses=ControlDetailSerializer)
    def retrieve(self, request: Request, campaign_id: int, task_id: int) -> Response:
        """An item with its texts."""
        return Response(self._item(self.get_object()))

    @extend_schema(request=KnownScoreSerializer, responses=ControlDetailSerializer)
    def partial_update(self, request: Request, campaign_id: int, task_id: int) -> Response:
        """Correct an item's known score. Labels made before are measured against it, too."""
        task = self.get_object()
        changes = KnownScoreSerializer.values_in(request.data, shown=self._item(task))
        present = {name: getattr(task.known_score, name) for name in ("score", "tolerance", "explanation")}
        change_known_score(task=task, actor=actor_of(request), **(present | changes))
        return Response(self._item(self.get_object()))

    @extend_schema(
        request=None,
        responses=ControlDetailSerializer,
        parameters=[OpenApiParameter("action", str, OpenApiParameter.PATH, enum=list(ACTIONS))],
    )
    @without_body
    def act(self, request: Request, campaign_id: int, task_id: int, action: str) -> Response:
        """`withdraw` an item: nobody gets it any more, and its answers count for nothing; `restore` it, and they count
        again.
        """
        task = self.get_object()
        if action not in ACTIONS:
            raise NotFound(f"What can be done with an item: {', '.join(ACTIONS)}.")
        ACTIONS[action](task=task, actor=actor_of(request))
        return Response(self._item(self.get_object()))

    def _item(self, task: Task) -> dict[str, object]:
        (item,) = with_answers(self.campaign, [task])
        context = {"baselines": baseline_texts([task.response])}
        return dict(ControlDetailSerializer(item, context=context).data)


def _check(campaign: Campaign, items: Sequence[KnownItem]) -> None:
    """Raise DomainError for a response that is none of the campaign's runs', or a task of it already."""
    responses = {item.response for item in items}
    missing = responses - set(candidates(campaign).filter(pk__in=responses).values_list("pk", flat=True))
    if missing:
        raise DomainError(
            f"Response {min(missing)} is a task of the campaign already, or no personalised response of its runs with "
            "a preference to follow.",
            field="items",
        )
