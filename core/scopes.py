"""What an API token may be used for. A request by session, from a browser, has every scope."""

from collections.abc import Collection

from django.db import models


class Scope(models.TextChoices):
    READ = "read", "Read"
    ANNOTATE = "annotate", "Label in campaigns"
    MANAGE = "manage", "Manage runs and campaigns"


def allows(scopes: Collection[str], needed: str) -> bool:
    """Whether these scopes suffice; the others include reading."""
    return needed in scopes or (needed == Scope.READ and bool(scopes))
