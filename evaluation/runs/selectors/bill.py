"""What runs paid for: calls, tokens and money by stage and endpoint."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.core.cache import cache
from django.db.models import (
    BooleanField,
    Count,
    ExpressionWrapper,
    OuterRef,
    Q,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce, Concat
from pydantic import TypeAdapter

from core.redis.cache import read_cache_many
from evaluation.models import Completion, ItemCall, Judgment, Run
from evaluation.models.endpoint import Provider
from evaluation.models.run import RunStatus

STAGES = (
    "baseline",
    "personalised",
    "critique",
    "revision",
    "aligner",
    "extract_baseline",
    "extract_personalised",
)
KEPT_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class BillLine:
    """What one stage asked of one endpoint. `dollars` is None where nothing is priced; `unpriced`: not free, either."""

    stage: str
    endpoint: str
    calls: int
    input_tokens: int
    output_tokens: int
    dollars: Decimal | None
    unpriced: bool


LINES = TypeAdapter(list[BillLine])


@dataclass(frozen=True, slots=True)
class Bill:
    """What runs paid for. `dollars` leaves out what is unpriced."""

    lines: tuple[BillLine, ...]

    @property
    def calls(self) -> int:
        return sum(line.calls for line in self.lines)

    @property
    def dollars(self) -> Decimal:
        return sum((line.dollars for line in self.lines if line.dollars is not None), Decimal(0))

    @property
    def has_unpriced(self) -> bool:
        return any(line.unpriced for line in self.lines)


def bill_of(runs: Sequence[Run]) -> Bill:
    """The bill of the runs together, in the order of the stages."""
    sums: dict[tuple[str, str, bool], list[BillLine]] = defaultdict(list)
    for line in _lines(runs):
        sums[line.stage, line.endpoint, line.unpriced].append(line)
    lines = (_sum(parts) for parts in sums.values())
    return Bill(tuple(sorted(lines, key=lambda line: (*_place(line.stage), line.endpoint))))


def _place(stage: str) -> tuple[int, str]:
    return (STAGES.index(stage) if stage in STAGES else len(STAGES), stage)


def _sum(parts: Sequence[BillLine]) -> BillLine:
    first = parts[0]
    priced = [part.dollars for part in parts if part.dollars is not None]
    return replace(
        first,
        calls=sum(part.calls for part in parts),
        input_tokens=sum(part.input_tokens for part in parts),
        output_tokens=sum(part.output_tokens for part in parts),
        dollars=sum(priced, Decimal(0)) if priced else None,
    )


def _lines(runs: Sequence[Run]) -> Iterable[BillLine]:
    """The lines of every run; those of a complete run are kept, for nothing is added to them any more."""
    keys = {run.pk: _key(run) for run in runs if run.status == RunStatus.COMPLETE}
    stored = read_cache_many(keys.values(), LINES)
    cached = {pk: stored[key] for pk, key in keys.items() if key in stored}
    computed = _computed([run.pk for run in runs if run.pk not in cached])
    cache.set_many(
        {key: LINES.dump_python(computed[pk], mode="json") for pk, key in keys.items() if pk in computed},
        KEPT_SECONDS,
    )
    for lines in (cached | computed).values():
        yield from lines


def _key(run: Run) -> str:
    """Another call of the run changes its number of calls: what is kept under the old one is never shown again."""
    finished = run.finished_at.timestamp() if run.finished_at else 0
    return f"perg:bill:{run.pk}:{run.calls}:{run.spent}:{finished}"


def _computed(runs: Sequence[int]) -> dict[int, list[BillLine]]:
    lines: dict[int, list[BillLine]] = {pk: [] for pk in runs}
    for run, *line in _by_stage(runs) if runs else ():
        lines[run].append(BillLine(*line))
    return lines


def _by_stage(runs: Sequence[int]) -> Iterable[tuple[Any, ...]]:
    """Run, then the fields of a line. Each call is counted for what it was made; those of a judge know the judge."""
    # Any: each column has a type of its own
    stage = ItemCall.objects.filter(completion=OuterRef("pk")).order_by("pk").values("stage")[:1]
    judgments = Judgment.objects.filter(Q(completion=OuterRef("pk")) | Q(first_completion=OuterRef("pk")))
    judge = judgments.values(named=Concat(Value("judge: "), "judge__name"))[:1]
    is_free = Q(endpoint__provider__in=[Provider.RECORDED, Provider.HEURISTIC])
    return (
        Completion.objects.filter(run__in=runs)
        .annotate(
            made_for=Coalesce(Subquery(stage), Subquery(judge), Value("other")),
            unpriced=ExpressionWrapper(
                Q(endpoint__input_price__isnull=True) & ~is_free, output_field=BooleanField()
            ),
        )
        .values("run", "made_for", "endpoint__name", "unpriced")
        .annotate(
            calls=Count("pk"),
            inputs=Coalesce(Sum("input_tokens"), 0),
            outputs=Coalesce(Sum("output_tokens"), 0),
            dollars=Sum("cost"),
        )
        .order_by()
        .values_list("run", "made_for", "endpoint__name", "calls", "inputs", "outputs", "dollars", "unpriced")
    )
