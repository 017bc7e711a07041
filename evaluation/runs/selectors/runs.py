"""Runs and batches, with their counts and their settings."""

import re
from collections.abc import Iterable
from decimal import Decimal
from itertools import count
from typing import TypeVar

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from core.errors import NotFound
from evaluation.models import (
    Batch,
    Endpoint,
    Item,
    Judge,
    Run,
)
from evaluation.models.endpoint import Provider
from evaluation.models.item import ItemStatus
from evaluation.models.run import RunStatus

T = TypeVar("T")


def run_named(reference: str) -> Run:
    """The run with this name or, failing that, this id. Raises NotFound."""
    runs = Run.objects.select_related("dataset", "endpoint")
    run = runs.filter(name=reference).first()
    if run is None and reference.isascii() and reference.isdigit():
        run = runs.filter(pk=int(reference)).first()
    if run is None:
        raise NotFound(f"There is no run with the name or id “{reference}”.")
    return run


def runs_with_counts() -> QuerySet[Run]:
    """Runs with `item_count`, `finished_count` and `failed_count`, for lists; each is read from an index.

    Items are numbered from 1 without a gap, so the last one's number is their count.
    """
    items = Item.objects.filter(run=OuterRef("pk"))
    counted = items.order_by().values("run").annotate(n=Count("pk")).values("n")
    return Run.objects.select_related("dataset", "endpoint").annotate(
        item_count=Coalesce(Subquery(items.order_by("-position").values("position")[:1]), 0),
        finished_count=F("item_count") - Coalesce(Subquery(counted.filter(status=ItemStatus.PENDING)), 0),
        failed_count=Coalesce(Subquery(counted.filter(status=ItemStatus.FAILED)), 0),
    )


def batches_with_counts() -> QuerySet[Batch]:
    """Batches, newest first, with `run_count`, `unfinished_count`, `stopped_count` (out of budget), `failed_count`,
    `spent_by_runs`, and `unpriced_count`: runs of models whose price is not known.
    """
    has_no_price = Q(runs__endpoint__input_price__isnull=True) & ~Q(
        runs__endpoint__provider__in=[Provider.HEURISTIC, Provider.RECORDED]
    )
    return Batch.objects.annotate(
        run_count=Count("runs"),
        unfinished_count=Count("runs", filter=Q(runs__status=RunStatus.RUNNING)),
        stopped_count=Count("runs", filter=Q(runs__status=RunStatus.BUDGET_REACHED)),
        failed_count=Count("runs", filter=Q(runs__status=RunStatus.FAILED)),
        unpriced_count=Count("runs", filter=has_no_price),
        spent_by_runs=Coalesce(Sum("runs__spent"), Decimal(0)),
    ).order_by("-pk")


def launch_settings_of(batch: Batch) -> dict[str, object]:
    """What the launch form would say to launch the batch's runs again, by the names of its fields."""
    runs = list(batch.runs.select_related("dataset", "catalogue").prefetch_related("judges").order_by("pk"))
    if not runs:
        return {}
    first = runs[0]
    last = first.items.order_by("-position").values_list("position", flat=True).first()
    is_sample = last is not None and last < first.dataset.questions.count()
    return {
        "name": _free_name(batch.name),
        "dataset": first.dataset_id,
        "catalogue": first.catalogue_id,
        "models": _distinct(run.endpoint_id for run in runs),
        "methods": _distinct(run.method for run in runs),
        "settings": _distinct(run.setting for run in runs),
        "judges": _distinct(judge.pk for run in runs for judge in run.judges.all()),
        "aligner": next((run.aligner_id for run in runs if run.aligner_id), None),
        "extractor": first.extractor_id,
        "sample_size": last if is_sample else None,
        "money_budget": first.money_budget,
        "call_budget": first.call_budget,
        **first.options,
    }


def launch_spec_of(batch: Batch) -> dict[str, object] | None:
    """The same as things instead of keys, sampling and prompting apart in `options`; None: there are no runs."""
    settings = launch_settings_of(batch)
    if not settings:
        return None
    first = batch.runs.select_related("dataset", "catalogue", "aligner", "extractor").earliest("pk")
    aligned = batch.runs.select_related("aligner").filter(aligner__isnull=False).order_by("pk").first()
    judges = Judge.objects.filter(runs__batch=batch).distinct().order_by("pk")
    return settings | {
        "dataset": first.dataset,
        "catalogue": first.catalogue,
        "models": list(Endpoint.objects.filter(runs__batch=batch).distinct().order_by("pk")),
        "judges": list(judges),
        "aligner": aligned.aligner if aligned else None,
        "extractor": first.extractor,
        "options": first.options,
    }


def _free_name(name: str) -> str:
    """The name with the next number that no batch has."""
    stem = re.sub(r" \(\d+\)$", "", name)
    taken = set(Batch.objects.filter(name__startswith=stem).values_list("name", flat=True))
    return next(free for number in count(2) if (free := f"{stem} ({number})") not in taken)


def _distinct(values: Iterable[T]) -> list[T]:
    return list(dict.fromkeys(values))
