"""Lists come in pages that a cursor leads through: no page costs more than the first, and nothing is counted."""

from typing import TYPE_CHECKING, Any

from django.db import DataError, models
from django.db.models import QuerySet
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request

from core.text.keys import key_in

if TYPE_CHECKING:  # at run time it imports this module
    from rest_framework.views import APIView

PAGE_SIZE = 100
LARGEST_PAGE = 1000


class KeysetPagination(CursorPagination):
    """Newest first. A view with another order names it in `ordering`: it must be unique."""

    ordering = "-pk"
    page_size = PAGE_SIZE
    page_size_query_param = "page_size"
    max_page_size = LARGEST_PAGE

    def get_ordering(
        self, request: Request, queryset: QuerySet[models.Model], view: "APIView"
    ) -> tuple[str, ...]:
        ordering = getattr(view, "ordering", None) or self.ordering
        return (ordering,) if isinstance(ordering, str) else tuple(ordering)

    def get_page_size(self, request: Request) -> int:
        size = key_in(request.query_params.get("page_size", str(PAGE_SIZE)))
        if size is None or not 1 <= size <= LARGEST_PAGE:
            raise ValidationError({"page_size": [f"A number from 1 to {LARGEST_PAGE}."]})
        return size

    def decode_cursor(self, request: Request) -> Cursor | None:
        cursor: Cursor | None = super().decode_cursor(request)
        if cursor == Cursor(offset=0, reverse=False, position=None):  # no page has this one
            raise NotFound
        return cursor

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        # Any: rows of whichever model the view lists
        try:
            return super().paginate_queryset(queryset, request, view)
        except (NotFound, ValueError, DataError) as error:  # a cursor that was made up, or of another list
            raise ValidationError({"cursor": ["This is no cursor of this list."]}) from error
