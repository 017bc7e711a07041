"""The endpoint that stands for replies on record: of a model, or of a judge whose ratings are in the file."""

from evaluation.importers.report import ImportRefused
from evaluation.importers.stores.names import require_length
from evaluation.models import Endpoint
from evaluation.models.endpoint import Provider

LONGEST_NAME = 180


def recorded_endpoint(model: str, *, field: str = "model") -> Endpoint:
    """The endpoint that stands for recorded replies of a model.

    Raises `ImportRefused`: `invalid_name`, `name_taken`.
    """
    require_length(model, longest=LONGEST_NAME, field=field, whose=f"The name of a {field}")
    endpoint, _ = Endpoint.objects.get_or_create(
        name=f"{model} (recorded)", defaults={"provider": Provider.RECORDED, "model": model}
    )
    if endpoint.provider != Provider.RECORDED or endpoint.model != model:
        raise ImportRefused(
            f"The endpoint “{endpoint.name}” stands for something else than recorded replies of {model}.",
            code="name_taken",
            field=field,
        )
    return endpoint
