"""The figures of the results pages, made of prepared rows and gains."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from core.figures.drawing import TONES, Figure
from core.figures.panels import PanelRow, panels
from core.figures.scatter import ScatterPoint, scatter
from evaluation.models import ResultRow, RunGain
from evaluation.models.result import Dimension
from evaluation.models.run import Method, Setting
from evaluation.results.figures.explorer import COLUMNS
from evaluation.results.metrics.comparison import ComparisonDocument
from evaluation.results.selectors.results import RowFilter, current_gains, result_rows
from perg.stats.base.estimate import Estimate
from perg.stats.base.result import load

Named = Callable[[ResultRow], str]

METHOD_TONES = {str(Method(value).label): TONES[i] for i, value in enumerate(Method.values)}
"""A method has the same shape and colour in every figure."""

METRICS = {column.key: column.name for column in COLUMNS[:4]}
INTERVALS = "Points are values, whiskers 95% intervals. Lower is better."

FIGURES: Mapping[str, str] = {
    "breakage-alignment": "Breakage against alignment failure, by model",
    "by-method": "Metrics by method",
    "by-setting": "Metrics by setting",
    "preference-categories": "Failure by preference category",
    "aligner-gain": "What Pref-Aligner gains over direct prompting",
}


MOST_READ = 600
"""Rows that a page reads for a figure: more would not fit into it anyway. A file of numbers has all of them."""


def figure_of(name: str, filters: RowFilter, *, most: int | None = None) -> Figure:
    """One figure by its name (a key of FIGURES), of the rows that the filter lets through, or the first of them."""
    dimension = Dimension.PREFERENCE_CATEGORY if name == "preference-categories" else Dimension.WHOLE
    filters = replace(filters, dimension=dimension, value="")
    rows = by_one_judge(list(result_rows(filters)[:most]))
    match name:
        case "breakage-alignment":
            return _breakage_alignment(rows)
        case "by-method":
            return _grouped(
                name, rows, heading=_method, label=lambda row: f"{short_model(row)} · {_setting(row)}"
            )
        case "by-setting":
            return _grouped(
                name, rows, heading=_setting, label=lambda row: f"{short_model(row)} · {_method(row)}"
            )
        case "preference-categories":
            return _grouped(
                name,
                rows,
                heading=lambda row: row.value,
                label=lambda row: f"{short_model(row)} · {_method(row)} · {_setting(row)}",
            )
        case _:
            return _aligner_gain(rows)


class OfJudge(Protocol):
    """What of a row tells whose it is: its result, slice and judge."""

    @property
    def result_id(self) -> int: ...
    @property
    def value(self) -> str: ...
    @property
    def judge_id(self) -> int | None: ...


Row = TypeVar("Row", bound=OfJudge)


def by_one_judge(rows: Sequence[Row]) -> list[Row]:
    """The rows by the judge that rates most of the runs, and those that want no judge: each run once.

    A run that this judge does not rate keeps its first other judge.
    """
    counts = Counter(row.judge_id for row in rows if row.judge_id is not None)
    most = counts.most_common(1)[0][0] if counts else None
    row_of: dict[tuple[int, str], Row] = {}
    for row in rows:
        key = (row.result_id, row.value)
        if key not in row_of or (row.judge_id == most and row_of[key].judge_id != most):
            row_of[key] = row
    return [row for row in rows if row_of[row.result_id, row.value] is row]


def _facts(row: ResultRow) -> dict[str, object]:
    run = row.result.run
    facts: dict[str, object] = {
        "run": run.pk,
        "model": run.endpoint.model,
        "method": run.method,
        "setting": run.setting,
        "judge": row.judge.name if row.judge else None,
    }
    return facts if row.dimension == Dimension.WHOLE else facts | {row.dimension: row.value}


def short_model(row: ResultRow) -> str:
    """The model's name without its owner's: figures have little room."""
    return row.result.run.endpoint.model.rsplit("/", 1)[-1]


def _method(row: ResultRow) -> str:
    return str(Method(row.result.run.method).label)


def _setting(row: ResultRow) -> str:
    return str(Setting(row.result.run.setting).label)


def _breakage_alignment(rows: Sequence[ResultRow]) -> Figure:
    points = [
        ScatterPoint(
            name=f"{short_model(row)}, {_setting(row).lower()}",
            series=_method(row),
            x=load(Estimate, row.figures["breakage_rate"]),
            y=load(Estimate, row.figures["alignment_failure"]),
            facts=_facts(row),
        )
        for row in rows
    ]
    return scatter(
        "breakage-alignment",
        FIGURES["breakage-alignment"],
        "One point a run: breakage rate to the right, alignment failure upwards.",
        f"The nearer to the corner at the bottom left, the more robust. {INTERVALS} Runs where one of the two is "
        "undefined (no judge, or no relevant preference) are left out.",
        points,
        x="Breakage rate",
        y="Alignment failure",
        tones=METHOD_TONES,
    )


def _grouped(name: str, rows: Sequence[ResultRow], *, heading: Named, label: Named) -> Figure:
    ordered = sorted(rows, key=lambda row: (heading(row), label(row), row.result_id))
    lines = [
        PanelRow(
            heading=heading(row),
            label=label(row),
            estimates={key: load(Estimate, row.figures[key]) for key in METRICS},
            facts=_facts(row),
            tone=METHOD_TONES[_method(row)],
        )
        for row in ordered
    ]
    return panels(
        name,
        FIGURES[name],
        "A row for each run, a panel for each metric; all panels have the same axis.",
        f"{INTERVALS} Shape and colour tell the method.",
        lines,
        METRICS,
    )


def _aligner_gain(rows: Sequence[ResultRow]) -> Figure:
    aligned = {row.result.run_id: row for row in rows if row.result.run.method == Method.PREF_ALIGNER}
    gains = current_gains(aligned)
    lines = [
        PanelRow(
            heading=_setting(row),
            label=short_model(row),
            estimates=differences(gains[run], row.judge.name if row.judge else ""),
            facts=_facts(row) | {"reference": gains[run].reference_id},
        )
        for run, row in sorted(aligned.items(), key=lambda pair: (_setting(pair[1]), short_model(pair[1])))
        if run in gains
    ]
    return panels(
        "aligner-gain",
        FIGURES["aligner-gain"],
        "A row for each Pref-Aligner run: its rates less those of the direct run of the same model, setting and "
        "dataset, on the items that both have.",
        "Paired differences with 95% bootstrap intervals over questions; left of 0, Pref-Aligner fails less often. "
        "Runs without a direct run to compare with are left out.",
        lines,
        METRICS,
        is_difference=True,
    )


def differences(gain: RunGain, judge: str) -> dict[str, Estimate | None]:
    """The paired differences by metric; of those that depend on a judge, this one's."""
    return {
        measure.key: measure.difference
        for measure in load(ComparisonDocument, gain.document).measures
        if measure.judge in {"", judge}
    }
