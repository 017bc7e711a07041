"""REST views of the imported items of a campaign, for those who lead it."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.items.forms import ItemFilterForm
from annotations.items.selectors.items import ItemFilter, filtered_items
from annotations.items.selectors.ratings import criteria_of, item_lines, judges_of
from annotations.items.serializers import ImportedItemDetailSerializer, ImportedItemSerializer, ItemQuery
from annotations.models import Criterion, ImportedItem
from annotations.viewsets import LedViewSet
from core.rows import existing
from core.scopes import Scope


def chosen_in(
    query: Mapping[str, Any], *, criteria: Sequence[Criterion], judges: Sequence[str]
) -> ItemFilter:
    """The filter that a query stands for: what the form of the page makes of it. Raises ValidationError."""
    form = ItemFilterForm(
        {name: value for name, value in query.items() if name not in {"cursor", "page_size"}},
        criteria=criteria,
        judges=judges,
    )
    if not form.is_valid():
        raise ValidationError(
            {name: [str(error) for error in errors] for name, errors in form.errors.items()}
        )
    return form.chosen


class ImportedItems(LedViewSet[ImportedItem]):
    """What was rated in a campaign that the caller leads, in the order of the file or by disagreement."""

    scope = Scope.READ
    serializer_class = ImportedItemSerializer
    query_serializer_class = ItemQuery

    def get_queryset(self) -> QuerySet[ImportedItem]:
        return filtered_items(self.campaign, self.chosen)

    @property
    def ordering(self) -> str:
        return self.chosen.key

    @cached_property
    def criteria(self) -> list[Criterion]:
        return criteria_of(self.campaign)

    @cached_property
    def chosen(self) -> ItemFilter:
        return chosen_in(self.query, criteria=self.criteria, judges=judges_of(self.criteria))

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The items that the filters leave, with their ratings by the criterion, or by all."""
        page = self.paginate_queryset(self.get_queryset()) or []
        criteria = self.criteria if self.chosen.criterion is None else [self.chosen.criterion]
        return self.get_paginated_response(ImportedItemSerializer(item_lines(page, criteria), many=True).data)

    @extend_schema(responses=ImportedItemDetailSerializer)
    def retrieve(self, request: Request, campaign_id: int, item_id: int) -> Response:
        """An item with what raters saw of it, and all its ratings."""
        item = existing(self.campaign.imported_items.filter(pk=item_id), "item")
        return Response(ImportedItemDetailSerializer(item_lines([item], self.criteria)[0]).data)
