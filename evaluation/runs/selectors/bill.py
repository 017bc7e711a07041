"""What runs paid for: calls, tokens and money by stage and endpoint."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.core.cache import cache
from django.db import connection
from pydantic import TypeAdapter

from core.redis.cache import read_cache_many
from evaluation.models import Run
from evaluation.models.run import RunStatus

# Each call is asked for what it was made; those of a judge know the judge.
BY_STAGE = """
    SELECT completion.run_id, COALESCE(call.stage, 'judge: ' || rating.judge, 'other'), endpoint.name,
        endpoint.input_price IS NULL AND endpoint.provider NOT IN ('recorded', 'heuristic'),
        count(*), sum(completion.input_tokens)::bigint, sum(completion.output_tokens)::bigint, sum(completion.cost)
    FROM evaluation_completion AS completion
    JOIN evaluation_endpoint AS endpoint ON endpoint.id = completion.endpoint_id
    LEFT JOIN LATERAL (
        SELECT stage FROM evaluation_itemcall WHERE completion_id = completion.id ORDER BY id LIMIT 1
    ) AS call ON true
    LEFT JOIN LATERAL (
        SELECT judge.name AS judge FROM evaluation_judgment AS judgment
        JOIN evaluation_judge AS judge ON judge.id = judgment.judge_id
        WHERE call.stage IS NULL
            AND (judgment.completion_id = completion.id OR judgment.first_completion_id = completion.id)
        LIMIT 1
    ) AS rating ON true
    WHERE completion.run_id = ANY(%s)
    GROUP BY 1, 2, 3, 4
"""
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
    unpriced: bool
    calls: int
    input_tokens: int
    output_tokens: int
    dollars: Decimal | None


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
    return BillLine(
        first.stage,
        first.endpoint,
        first.unpriced,
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
    if runs:
        with connection.cursor() as cursor:
            cursor.execute(BY_STAGE, [list(runs)])
            for run, stage, endpoint, unpriced, calls, inputs, outputs, dollars in cursor.fetchall():
                lines[run].append(
                    BillLine(stage, endpoint, unpriced, calls, inputs or 0, outputs or 0, dollars)
                )
    return lines
