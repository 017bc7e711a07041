"""Two analyses that the study asks for, over all runs: where Pref-Aligner fails, and what robustness costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.db.models import F, OuterRef, QuerySet

from core.figures.drawing import Figure
from core.figures.scatter import ScatterPoint, scatter
from evaluation.models import ResultRow, RunGain, RunResult
from evaluation.models.result import Dimension
from evaluation.models.run import Method, Setting
from evaluation.results.figures.result_figures import METHOD_TONES, by_one_judge, short_model
from evaluation.results.metrics.aligner_failures import NAMES, AlignerFailures
from evaluation.results.metrics.comparison import ComparisonDocument, Gain
from evaluation.results.metrics.run_costs import RunCosts
from evaluation.results.selectors.computing import troubled_gains
from evaluation.results.selectors.results import RowFilter, current_gains, has_changed, result_rows
from perg.stats.base.estimate import Estimate
from perg.stats.base.result import load
from perg.stats.runs.aligner_stages import Failure, StageFailure

COST_DEFINITIONS = {
    "Counted": "The calls that the method needs to answer a user who has preferences: the personalised response; with "
    "self-critic its critique and revision, too; with Pref-Aligner the baseline response and the aligner. Neither the "
    "answer extractor nor the judges, which belong to the measurement.",
    "Seconds": "From the start to the last byte of each call that succeeded, one call after the other; retries and "
    "waiting for a free place are not in it.",
    "Tokens": "As the provider counts them.",
    "US dollars": "Tokens at the endpoint's price. Undefined where it has none.",
    "n": "Items with both responses whose calls are all on record.",
}

BEHIND: Mapping[str, str] = {
    Failure.BASELINE_WRONG: "baseline_wrong",
    Failure.FELL_BACK: "fell_back",
    Failure.BROKEN: "aligner_broke",
    Failure.ACTED_ON_IRRELEVANT: "acted_on_irrelevant",
    Failure.NOT_FOLLOWED: "aligned_not_followed",
    Failure.UNSCORED: "aligned_unscored",
    Failure.NONE: "aligned_followed",
}
"""The items behind a stage: keys of `selectors.run_items.SETS`."""


def stage_runs(filters: RowFilter) -> "StageRuns":
    """The Pref-Aligner runs that the filter lets through, by model and setting."""
    return StageRuns(aligner_results(filters))


def aligner_results(filters: RowFilter) -> QuerySet[RunResult]:
    """Results of Pref-Aligner runs with `is_stale`, by model and setting."""
    conditions = {
        "run__endpoint__model": filters.model,
        "run__setting": filters.setting,
        "run__dataset": filters.dataset,
    }
    return (
        RunResult.objects.filter(stages__isnull=False, run__method=Method.PREF_ALIGNER)
        .filter(**{field: value for field, value in conditions.items() if value})
        .select_related("run__endpoint")
        .defer("metrics", "costs", "run__options")
        .annotate(is_stale=has_changed(OuterRef("run")))
        .order_by(F("run__endpoint__model"), "run__setting", "run")
    )


@dataclass(frozen=True, slots=True)
class StageLine:
    """One stage of a run: its name, how many items failed first there, and which they are."""

    name: str
    stage: StageFailure
    behind: str


@dataclass(frozen=True, slots=True)
class StagesOfRun:
    """The stages of a run, by judge."""

    result: RunResult
    judges: list[tuple[str, int | None, list[StageLine]]]


class StageRuns(Sequence[StagesOfRun]):
    """Runs with their stages, read page by page."""

    def __init__(self, results: QuerySet[RunResult]) -> None:
        self._results = results

    def __len__(self) -> int:
        return self._results.count()

    def __getitem__(self, which: object) -> "list[StagesOfRun]":  # type: ignore[override]
        assert isinstance(which, slice)
        results = list(self._results[which].prefetch_related("run__judges"))
        return [stages_of(result) for result in results]


def stages_of(result: RunResult) -> StagesOfRun:
    """The stages of a Pref-Aligner run, by judge."""
    keys = {judge.name: judge.pk for judge in result.run.judges.all()}
    by_judge = load(AlignerFailures, result.stages).judges if result.stages else {}
    return StagesOfRun(
        result,
        [
            (judge, keys.get(judge), [_line(stage, judge) for stage in stages])
            for judge, stages in by_judge.items()
        ],
    )


def _line(stage: StageFailure, judge: str) -> StageLine:
    failure = stage.stage
    behind = BEHIND[failure] if stage.items else ""
    if failure is Failure.NONE and not judge and behind:
        behind = "left_alone"
    return StageLine(NAMES[failure], stage, behind)


@dataclass(frozen=True, slots=True)
class CostLine:
    """A run by one judge: robustness error, what an item takes, and the gain over the direct run."""

    row: ResultRow
    robustness_error: Estimate
    costs: RunCosts
    reference: int | None
    gain: Gain | None
    why_no_gain: str


@dataclass(frozen=True, slots=True)
class Costs:
    """All lines, and robustness error drawn against each kind of effort."""

    lines: list[CostLine]
    figures: list[Figure]


def cost_lines(filters: RowFilter) -> Costs:
    """What robustness costs, in the runs that the filter lets through."""
    results = result_rows(replace(filters, dimension=Dimension.WHOLE, value=""))
    lines = lines_of(list(one_row_a_run(results)))
    return Costs(
        lines, [figure for figure in (_cost_figure(lines, *kind) for kind in KINDS) if figure.records]
    )


def one_row_a_run(rows: QuerySet[ResultRow]) -> QuerySet[ResultRow]:
    """Of rows on whole runs, in the order of `result_rows`, those by the judge that rates most of the runs."""
    # Of all rows only whose they are: where many judges rate, most rows are left out.
    judged = rows.values_list("pk", "result_id", "value", "judge_id", named=True)
    return rows.filter(pk__in=[row.pk for row in by_one_judge(list(judged))])


def lines_of(rows: Sequence[ResultRow]) -> list[CostLine]:
    """The rows with what an item takes and the gain."""
    costs = dict(RunResult.objects.filter(pk__in=[row.result_id for row in rows]).values_list("pk", "costs"))
    runs = [row.result.run_id for row in rows]
    gains, troubled = current_gains(runs), troubled_gains(runs)
    return [
        _cost_line(
            row,
            load(RunCosts, costs[row.result_id]),
            gains.get(row.result.run_id),
            is_troubled=row.result.run_id in troubled,
        )
        for row in rows
    ]


def _cost_line(row: ResultRow, costs: RunCosts, gain: RunGain | None, *, is_troubled: bool) -> CostLine:
    why, judge_gain, reference = "", None, None
    if row.result.run.method == Method.DIRECT:
        why = "what the others are measured against"
    elif gain is None and is_troubled:
        why = "it could not be computed; see above"
    elif gain is None:
        why = "no direct run of the same model, setting and dataset, or being computed"
    else:
        document = load(ComparisonDocument, gain.document)
        reference = gain.reference_id
        name = row.judge.name if row.judge else ""
        judge_gain = next((gain_of for gain_of in document.gains if gain_of.judge == name), None)
        why = "" if judge_gain else "this judge does not rate both runs"
    return CostLine(row, load(Estimate, row.figures["robustness_error"]), costs, reference, judge_gain, why)


KINDS = (
    ("seconds", "Seconds per item"),
    ("output_tokens", "Output tokens per item"),
    ("dollars", "US dollars per item"),
)


COST_FIGURES = {f"cost-{kind.replace('_', '-')}": index for index, (kind, _) in enumerate(KINDS)}
"""The figures of this page by name, and their place in `Costs.figures`."""


def _cost_figure(lines: Sequence[CostLine], kind: str, name: str) -> Figure:
    points = [
        ScatterPoint(
            name=f"{short_model(line.row)}, {Setting(line.row.result.run.setting).label.lower()}",
            series=str(Method(line.row.result.run.method).label),
            x=getattr(line.costs, kind),
            y=line.robustness_error,
            facts={"run": line.row.result.run_id, "judge": line.row.judge.name if line.row.judge else None},
        )
        for line in lines
    ]
    return scatter(
        f"cost-{kind.replace('_', '-')}",
        f"Robustness error against {name.lower().replace('us ', 'US ')}",
        "One point a run: what an item takes to the right, robustness error upwards.",
        "Lower is more robust; further left is cheaper. Runs where one of the two is undefined are excluded.",
        points,
        x=name,
        y="Robustness error",
        tones=METHOD_TONES,
        x_is_rate=False,
    )
