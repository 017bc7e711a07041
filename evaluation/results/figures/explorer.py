"""The results explorer as its page, CSV and JSON show it: stored rows with the study's figures beside them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from evaluation.models import ResultRow
from evaluation.models.result import Dimension
from evaluation.results.figures.forest_plots import DEFINITIONS
from evaluation.results.published import ALL_SOURCES, RATES, PublishedRow, published
from evaluation.results.selectors.results import RowFilter
from perg.stats.base.estimate import Estimate
from perg.stats.base.result import load


class Column(NamedTuple):
    """A metric of the explorer: its key in `ResultRow.figures`, its name, and the items behind its value.

    `behind` is the set of items (a key of `selectors.run_items.SETS`) that the value is the share of.
    """

    key: str
    name: str
    behind: str

    @property
    def definition(self) -> str:
        return DEFINITIONS[self.name.replace("Delivery failure", "Delivery failure, personalised")]


COLUMNS = (
    Column("breakage_rate", "Breakage rate", "broken"),
    Column("alignment_failure", "Alignment failure", "not_followed"),
    Column("robustness_error", "Robustness error", "not_robust"),
    Column("performance_variation", "Performance variation", "changed"),
    Column("delivery_failure", "Delivery failure", "no_personalised_letter"),
)

BY_JUDGE = ("alignment_failure", "robustness_error")
STUDY_RULE = (
    "The study counts an item that its judge did not rate as not followed; here such an item is left out. Where a "
    "judge has left items unrated, our rate by the study’s counting stands beside the study’s."
)

FACTS = (
    "run",
    "run_name",
    "model",
    "method",
    "setting",
    "dimension",
    "value",
    "judge",
    "items",
    "baseline_correct",
    "unscored",
    "computed_at",
    "is_current",
)
PARTS = ("low", "high", "n", "undefined")
EXPORTED = (
    "baseline_accuracy",
    "personalised_accuracy",
    *(column.key for column in COLUMNS),
    "baseline_delivery_failure",
)


@dataclass(frozen=True, slots=True)
class Cell:
    """A number of the table, with the study's beside it where there is one.

    `by_study_rule`: one's own rate as the study counts, where that differs from the estimate.
    """

    column: Column
    estimate: Estimate
    published: float | None
    by_study_rule: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table."""

    row: ResultRow
    cells: list[Cell]
    published: PublishedRow | None

    @property
    def is_stale(self) -> bool:
        return bool(self.row.is_stale)  # type: ignore[attr-defined]  # annotated by `result_rows`


def lines(rows: Iterable[ResultRow]) -> list[Line]:
    """The rows with the study's figures, where model, method, setting and source are the same."""
    made = []
    for row in rows:
        beside = published_beside(row)
        made.append(
            Line(
                row,
                [
                    Cell(
                        column,
                        load(Estimate, row.figures[column.key]),
                        beside.rates.get(column.key) if beside else None,
                        by_study_rule(row, column.key) if beside and row.figures["unscored"] else None,
                    )
                    for column in COLUMNS
                ],
                beside,
            )
        )
    return made


def by_study_rule(row: ResultRow, key: str) -> float | None:
    """A rate by the judge as the study counts it: an item that was not rated counts as not followed.

    None for other rates, and where no item has a correct baseline answer.
    """
    if key not in BY_JUDGE or row.judge_id is None:
        return None
    estimate = load(Estimate, row.figures[key])
    unscored: int = row.figures["unscored"]
    counted = estimate.n + unscored
    if not counted:
        return None
    return ((estimate.value or 0.0) * estimate.n + unscored) / counted


def published_beside(row: ResultRow) -> PublishedRow | None:
    """The study's row for the same model, method, setting and source; only whole runs and sources have one."""
    if row.dimension not in {Dimension.WHOLE, Dimension.SOURCE}:
        return None
    run = row.result.run
    return published().beside(
        model=run.endpoint.model,
        method=run.method,
        setting=run.setting,
        source=row.value if row.dimension == Dimension.SOURCE else ALL_SOURCES,
    )


def published_otherwise(filters: RowFilter, shown: Iterable[tuple[str, str, str]]) -> list[PublishedRow]:
    """The study's rows that the filter lets through and that stand beside none of one's own.

    `shown`: model, method and setting of one's own runs.
    """
    if filters.dimension not in {Dimension.WHOLE, Dimension.SOURCE}:
        return []
    study = published()
    own = {
        row
        for model, method, setting in shown
        if (row := study.beside(model=model, method=method, setting=setting))
    }
    keys = {(row.model, row.method, row.setting) for row in own}
    return [
        row
        for row in study.rows
        if (row.source == ALL_SOURCES) == (filters.dimension == Dimension.WHOLE)
        and (row.model, row.method, row.setting) not in keys
        and filters.method in {"", row.method}
        and filters.setting in {"", row.setting}
        and filters.value.lower() in row.source
    ]


def as_records(rows: Iterable[ResultRow]) -> Iterator[dict[str, object]]:
    """Every row as one flat JSON-ready object; rates are fractions."""
    for row in rows:
        run, beside = row.result.run, published_beside(row)
        record: dict[str, object] = {
            "run": run.pk,
            "run_name": run.name,
            "model": run.endpoint.model,
            "method": run.method,
            "setting": run.setting,
            "dimension": row.dimension,
            "value": row.value,
            "judge": row.judge.name if row.judge else None,
            "items": row.items,
            "baseline_correct": row.figures["baseline_correct"],
            "unscored": row.figures["unscored"],
            "computed_at": row.result.computed_at.isoformat(),
            "is_current": not row.is_stale,  # type: ignore[attr-defined]  # annotated by `result_rows`
        }
        for key in EXPORTED:
            estimate = load(Estimate, row.figures[key])
            record[key] = estimate.value
            record |= {f"{key}_{part}": getattr(estimate, part) for part in PARTS}
        record |= {f"{key}_study_counting": by_study_rule(row, key) for key in BY_JUDGE}
        if beside:
            record |= {f"published_{name}": rate for name, rate in beside.rates.items()}
        yield record


def export_columns() -> list[str]:
    """The columns of the table as CSV."""
    rates = [name if not part else f"{name}_{part}" for name in EXPORTED for part in ("", *PARTS)]
    by_study = [f"{key}_study_counting" for key in BY_JUDGE]
    return [*FACTS, *rates, *by_study, *(f"published_{name}" for name in RATES)]
