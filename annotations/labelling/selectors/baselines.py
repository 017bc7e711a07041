"""The baseline responses beside which people see personalised ones."""

from evaluation.models import Response
from evaluation.models.item import Condition, Extraction


def baseline_texts(responses: list[Response]) -> dict[int, str]:
    """The baseline response that stands beside each of these, by item; an item without one is left out."""
    return dict(
        Response.objects.filter(
            item__in=[response.item_id for response in responses], condition=Condition.BASELINE
        )
        .exclude(extraction=Extraction.MISSING)
        .values_list("item_id", "text")
    )
