"""Who asks, for services that note who did what."""

from rest_framework.request import Request

from core.models import User


def actor_of(request: Request) -> User:
    """The person; permissions have let nobody else in."""
    assert isinstance(request.user, User)
    return request.user
