"""Batches launched on a model that nobody calls: a test ends their calls as it likes."""

from decimal import Decimal

from django.utils import timezone

from evaluation.engine.steps.advance import advance_run
from evaluation.models import (
    Batch,
    Catalogue,
    Completion,
    Dataset,
    Endpoint,
    Preference,
)
from evaluation.runs.services.launching import BatchSpec, launch_batch
from tests import build


def model_endpoint(name: str = "model") -> Endpoint:
    return Endpoint.objects.get_or_create(
        name=name,
        defaults={
            "provider": "openai",
            "model": name,
            "api_key_variable": "CONSOLE_TEST_KEY",
            "input_price": Decimal(1),
            "output_price": Decimal(2),
            "priced_on": "2026-01-01",
        },
    )[0]


def batch_spec(name: str = "autumn", **fields: object) -> BatchSpec:
    dataset, is_new = Dataset.objects.get_or_create(name="launched")
    if is_new:
        for _ in range(3):
            build.question(dataset)
    catalogue, _ = Catalogue.objects.get_or_create(name="launched")
    texts = {
        "relevant": ["I like relevant things."],
        "irrelevant": [f"I like the number {n}." for n in range(4)],
    }
    for kind in texts:
        for text in texts[kind]:
            Preference.objects.get_or_create(catalogue=catalogue, text=text, kind=kind)
    given: dict[str, object] = {
        "name": name,
        "dataset": dataset,
        "catalogue": catalogue,
        "models": [model_endpoint()],
        "methods": ["direct"],
        "settings": ["relevant", "mixed"],
    }
    return BatchSpec(**(given | fields))  # type: ignore[arg-type]


def launched_batch(**fields: object) -> Batch:
    batch = launch_batch(spec=batch_spec(**fields), actor=None)  # type: ignore[arg-type]
    advance(batch)
    return batch


def advance(batch: Batch) -> None:
    for run in batch.runs.order_by("pk"):
        advance_run(run)


def end_calls(calls: object, **how: object) -> None:
    Completion.objects.filter(pk__in=calls).update(finished_at=timezone.now(), **how)  # type: ignore[misc]


def waiting_calls() -> list[int]:
    return list(Completion.objects.filter(status="pending").values_list("pk", flat=True))
