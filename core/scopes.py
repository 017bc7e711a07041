"""What an API token may be used for. A request by session, from a browser, has every scope."""

from collections.abc import Collection

from django.db import models


class Scope(models.TextChoices):
    READ = "read", "Read"
    ANNOTATE = "annotate", "Label in campaigns"
    MANAGE = "manage", "Manage runs and campaigns"


def allows(given: Collection[str], needed: str) -> bool:
    """Whether the scopes given suffice; the others include reading."""
    return needed in given or (needed == Scope.READ and bool(given))
