"""Who may use an API view: somebody, whose token's scopes are enough; for the evaluation, an admin.

Which rows somebody sees is not decided here but by the views' querysets and `access` modules: outsiders get 404.
"""

from typing import TYPE_CHECKING, Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from core.errors import NotAllowed
from core.scopes import Scope, allows

if TYPE_CHECKING:  # at run time it imports this module
    from rest_framework.views import APIView


def needed_scope(view: object, method: str) -> str:
    """Reading needs `read`; everything else needs the view's `scope`, or `manage` where it has none."""
    return Scope.READ if method in SAFE_METHODS else str(getattr(view, "scope", Scope.MANAGE))


class HasScope(BasePermission):
    """Somebody logged in; where they come by a token, its scopes are enough."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not request.user.is_authenticated:
            return False
        token: Any = request.auth  # None: by session. Any: it is made in another app, and has scopes
        needed = needed_scope(view, request.method or "")
        if token is not None and not allows(token.scopes, needed):
            raise NotAllowed(f"This needs a token with the scope “{needed}”.", code="scope_missing")
        return True


class IsStaff(HasScope):
    """The same, and an admin: annotators and leads are blind to the evaluation."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return super().has_permission(request, view) and bool(request.user.is_staff)
