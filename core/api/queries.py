"""The query parameters of lists: each list names its filters in a small serializer."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from django.db.models import Model
from rest_framework import generics, serializers
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.views import APIView

from core.api.pagination import LARGEST_PAGE, PAGE_SIZE
from core.api.strict import StrictSerializer

M = TypeVar("M", bound=Model)

LARGEST_ID = 2**63 - 1
LARGEST_INTEGER = 2**31 - 1


class Query(StrictSerializer[Any]):
    """Filters of a list or options of a document. A name that is not among them is refused: a filter with a typing
    error in it must not look as if everything fitted.
    """


class ListQuery(Query):
    """The query parameter of every list: a page."""

    cursor = serializers.CharField(required=False, help_text="From `next` or `previous` of another page.")
    page_size = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=LARGEST_PAGE,
        help_text=f"Rows in a page; {PAGE_SIZE} if unsaid.",
    )


def id_filter(of: str) -> serializers.IntegerField:
    """A filter by primary key."""
    return serializers.IntegerField(
        required=False, min_value=1, max_value=LARGEST_ID, help_text=f"Id of the {of}."
    )


def exact(values: Mapping[str, Any], **lookups: str) -> dict[str, Any]:
    """The lookups of those filters that have a value: `exact(query, run="item__run")`."""
    return {lookups[name]: value for name, value in values.items() if name in lookups and value is not None}


class Queried(APIView):
    """Mixin: the query parameters are checked after the permissions, and are in `query`.

    Without a `query_serializer_class` there are none, and whatever the address has is ignored.
    """

    query_serializer_class: type[Query] | None = Query
    query: Mapping[str, Any] = MappingProxyType({})  # Any: each filter has a type of its own

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        is_reading = request.method in SAFE_METHODS and request.method != "OPTIONS"
        if is_reading and self.query_serializer_class is not None:
            repeated = [name for name, values in request.query_params.lists() if len(values) > 1]
            if repeated:
                raise serializers.ValidationError(
                    {name: ["It is there more than once."] for name in repeated}
                )
            # As a plain mapping: in a form, a field that is not there may mean something, as a box not ticked does.
            self.query = self.query_serializer_class.values_in(request.query_params.dict())


class Filtered(Queried, generics.GenericAPIView[M]):
    """Mixin: rows by the filters of the query. `lookups`: what of the model each of them fits."""

    query_serializer_class = ListQuery
    lookups: Mapping[str, str] = MappingProxyType({})

    def filter_queryset(self, queryset: Any) -> Any:
        # Any: as REST framework declares it, with a row type that only it knows
        return super().filter_queryset(queryset).filter(**exact(self.query, **self.lookups))


class FilteredList(Filtered[M], generics.ListAPIView[M]):
    """A list by the filters of its query."""


class NameQuery(ListQuery):
    """Filter of lists of things that have a name."""

    search = serializers.CharField(required=False, max_length=200, help_text="A part of the name.")
