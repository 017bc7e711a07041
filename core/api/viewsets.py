"""Viewsets: a collection, one of its objects, and the actions on both, in one class."""

from typing import Any

from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import DynamicRoute, Route, SimpleRouter
from rest_framework.viewsets import GenericViewSet

from core.api.conditional import conditional
from core.api.permissions import IsStaff
from core.api.queries import Filtered, FilteredList, M, NameQuery
from core.scopes import Scope


class StaffList(FilteredList[M]):
    """A list that only admins see."""

    permission_classes = [IsStaff]


class ConditionalList(StaffList[M]):
    """A list that is polled: a caller who has the current page gets 304."""

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return conditional(request, super().list(request, *args, **kwargs).data)


class StaffViewSet(Filtered[M], GenericViewSet[M]):
    """Objects that only admins see. An `action` that starts nothing has `scope=Scope.READ`."""

    permission_classes = [IsStaff]
    scope = Scope.MANAGE
    lookup_value_converter = "int"


class CollectionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, StaffViewSet[M]):
    """A collection, newest first, by the filters of the query, and one of its objects."""


class NamedViewSet(CollectionViewSet[M]):
    """Objects with a name."""

    query_serializer_class = NameQuery
    lookups = {"search": "name__icontains"}


# The address of one thing, or of an action, has no options unless the action names their serializer.
_WITHOUT_OPTIONS: dict[str, Any] = {"query_serializer_class": None}
_ONE_DOCUMENT: dict[str, Any] = {**_WITHOUT_OPTIONS, "pagination_class": None}


class ApiRouter(SimpleRouter):
    """The addresses of viewsets; their names are `api_run_list`, `api_run_detail` and `api_run_progress`."""

    routes = [
        Route("{prefix}/", {"get": "list", "post": "create"}, "{basename}_list", False, {}),
        DynamicRoute("{prefix}/{url_path}/", "{basename}_{url_name}", False, _ONE_DOCUMENT),
        Route(
            "{prefix}/{lookup}/",
            {"get": "retrieve", "patch": "partial_update", "delete": "destroy"},
            "{basename}_detail",
            True,
            _WITHOUT_OPTIONS,
        ),
        DynamicRoute("{prefix}/{lookup}/{url_path}/", "{basename}_{url_name}", True, _ONE_DOCUMENT),
    ]

    def __init__(self) -> None:
        super().__init__(use_regex_path=False)

    def add(
        self, prefix: str, viewset: type[GenericViewSet[Any]], thing: str, *, argument: str | None = None
    ) -> None:
        """Register a viewset by the name of a thing: a `run` has the routes `api_run_…` and the argument `run_id`."""
        # Any: of whichever model
        viewset.lookup_url_kwarg = argument or f"{thing}_id"
        self.register(prefix, viewset, basename=f"api_{thing}")
