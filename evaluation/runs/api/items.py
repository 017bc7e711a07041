"""REST views of items, responses and judgments, for staff."""

from typing import Any

from django.db.models import F, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from core.api.queries import M
from core.api.viewsets import CollectionViewSet, StaffList
from core.errors import DomainError
from evaluation.models import Item, Judgment, Response, Run
from evaluation.results.selectors.run_items import ItemFilter, run_items, verdicts_on
from evaluation.runs.serializers.items import (
    ItemDetailSerializer,
    ItemQuery,
    ItemSerializer,
    JudgmentQuery,
    JudgmentSerializer,
    ResponseQuery,
    ResponseSerializer,
    RunItemQuery,
    RunItemSerializer,
)


class LargeTable(CollectionViewSet[M]):
    """Rows of one of the largest tables: newest first; those of one run in the order of its items.

    That order is the one that an index gives: the newest of an old run would be looked for through all the others.
    """

    @property
    def ordering(self) -> str:
        return "place" if "run" in self.query else "-pk"

    def filter_queryset(self, queryset: Any) -> Any:
        # Any: as in Filtered
        rows = super().filter_queryset(queryset)
        if "run" in self.query:
            rows = rows.annotate(place=F(f"{self.lookups['run'].removesuffix('run')}position"))
        return rows


@extend_schema_view(
    retrieve=extend_schema(description="An item with its responses and what judges say of them.")
)
class Items(LargeTable[Item]):
    """Items of all runs."""

    query_serializer_class = ItemQuery
    queryset = Item.objects.all()
    lookups = {name: name for name in ("run", "question", "status")}

    def get_queryset(self) -> QuerySet[Item]:
        items = super().get_queryset()
        if self.action == "list":
            return items
        return items.prefetch_related("irrelevant_preferences", "responses__judgments__judge")

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Item]]:
        return ItemSerializer if self.action == "list" else ItemDetailSerializer


class RunItems(StaffList[Item]):
    """The items of a run behind a number, in their order, with their answers and what judges say of them."""

    serializer_class = RunItemSerializer
    query_serializer_class = RunItemQuery
    ordering = "position"

    def get_queryset(self) -> QuerySet[Item]:
        run = get_object_or_404(Run, pk=self.kwargs["run_id"])
        part = {name: value for name, value in self.query.items() if name in RunItemQuery.SLICE}
        judge = None
        if "judge" in self.query:
            judge = run.judges.filter(pk=self.query["judge"]).first()
            if judge is None:
                raise DomainError("This judge does not rate the run.", field="judge")
        return run_items(run, ItemFilter(judge=judge, text=self.query.get("search"), **part))

    def paginate_queryset(self, queryset: Any) -> Any:
        # Any: as REST framework declares it
        page = super().paginate_queryset(queryset) or []
        self.verdicts = verdicts_on(page)
        return page

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "verdicts": getattr(self, "verdicts", {})}


@extend_schema_view(retrieve=extend_schema(description="One response."))
class Responses(LargeTable[Response]):
    """Responses of all runs."""

    serializer_class = ResponseSerializer
    query_serializer_class = ResponseQuery
    queryset = Response.objects.select_related("item")
    lookups = {"run": "item__run", "question": "item__question"} | {
        name: name for name in ("item", "condition", "extraction", "answer")
    }


@extend_schema_view(retrieve=extend_schema(description="One judgment."))
class Judgments(LargeTable[Judgment]):
    """Judgments of all runs."""

    serializer_class = JudgmentSerializer
    query_serializer_class = JudgmentQuery
    queryset = Judgment.objects.select_related("judge", "response__item")
    lookups = {
        "run": "response__item__run",
        "question": "response__item__question",
        "item": "response__item",
    } | {name: name for name in ("response", "judge", "status", "score")}
