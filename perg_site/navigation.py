"""What every page's navigation needs to know of the person."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from annotations.access import manages_campaigns


def navigation(request: HttpRequest) -> dict[str, object]:
    """`manages_campaigns`: whether to lead the person to what only leads and staff have. Asked once, if at all."""
    return {"manages_campaigns": SimpleLazyObject(lambda: manages_campaigns(request.user))}
