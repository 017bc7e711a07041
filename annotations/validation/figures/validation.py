"""All figures of a validation report.

They are made of the report's document, so that stored reports are drawn as they were computed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from annotations.validation.figures.distributions import distributions
from annotations.validation.figures.heatmap import heatmap
from core.figures.drawing import Figure
from core.figures.forest import ForestRow, forest
from perg.stats.base.estimate import Estimate
from perg.stats.base.terms import FOLLOWING, Terms
from perg.stats.base.undefined import Undefined
from perg.stats.correction.corrected_runs import CorrectedRuns
from perg.stats.correction.correction import CorrectedRate, CorrectedRates
from perg.stats.correction.run_rates import Rate, StackedRate
from perg.stats.correction.slices import JudgeSlice
from perg.stats.judges.alternative_annotator import PASSING_RATE
from perg.stats.judges.judge_validation import JudgeValidation
from perg.stats.measures.matrix import RaterMatrix
from perg.stats.report.validation import ValidationReport

TONES = {
    "can replace a human annotator": "best",
    "can be used with correction": "plain",
    "better than chance, but cannot replace people": "plain",
    "not trustworthy here": "worse",
}
"""By kind of verdict; others, and none, are muted."""


def skill_forest(judges: Sequence[JudgeValidation]) -> Figure:
    """Each judge and people, all against the other people: the page's first figure.

    A person is held against the others, so a judge is as well. Where there are no others, a judge's skill is against
    all people, and there is no line of people.
    """
    rows = []
    reference = people_skill(judges)
    if reference is not None:
        rows.append(ForestRow("a person", reference, "reference"))
    for judge in judges:
        tone = "muted" if judge.verdict is None else TONES.get(judge.verdict.kind, "muted")
        skill = judge.skill if reference is None else _beside(judge, "judge") or judge.skill
        rows.append(ForestRow(judge.name, skill, tone))
    against = "people" if reference is None else "the other people, one left out in turn"
    return forest(
        "Skill of people and judges",
        f"Against {against}. 0 is what a constant or a random judge has, 1 is perfect. A point with its interval for "
        "each.",
        rows,
        axis=(-0.25, 1.0),
        marks=[("no skill", 0.0)],
    )


def people_skill(judges: Sequence[JudgeValidation]) -> Estimate | None:
    """People's skill against one another, from the judge whose comparison has the most of them."""
    estimates = [estimate for judge in judges if (estimate := _beside(judge, "people")) is not None]
    return max(estimates, key=lambda estimate: estimate.n, default=None)


def _beside(judge: JudgeValidation, whose: Literal["judge", "people"]) -> Estimate | None:
    """The skill of the judge, or of people beside it; None where undefined, as it is in old reports without a cut."""
    if isinstance(judge.beside_people, Undefined):
        return None
    skill = judge.beside_people.judge if whose == "judge" else judge.beside_people.people
    return None if skill.value is None else skill


def winning_forest(judges: Sequence[JudgeValidation]) -> Figure:
    """ω of each judge against the half that it takes to pass, and ρ."""
    rows = []
    for judge in judges:
        test = judge.alternative_annotator_test
        passed = "passes" if test.passed else "no result" if test.passed is None else "fails"
        if (share := test.passing_share) is not None:
            passed += f", would pass in {share:.0%} of resamples"
        rows.append(ForestRow(judge.name, None, note=passed))
        tone = "best" if test.passed else "worse" if test.passed is not None else "muted"
        rows.append(ForestRow("winning rate ω", test.winning_rate, tone))
        rows.append(ForestRow("advantage probability ρ", test.advantage_probability, "muted"))
    return forest(
        "Alternative annotator test",
        "The winning rate passes at one half or more.",
        rows,
        marks=[("passes", PASSING_RATE)],
    )


def slices_forest(name: str, slices: Sequence[JudgeSlice]) -> Figure:
    """The judge's accuracy in each slice, those where it is significantly worse marked."""
    rows: list[ForestRow] = []
    facet = None
    for part in slices:
        if part.facet != facet:
            facet = part.facet
            rows.append(ForestRow(facet.capitalize()))
        rows.append(
            ForestRow(
                part.name,
                part.accuracy,
                "worse" if part.worse else "plain",
                f"worse, p = {part.corrected_p_value:.3f}"
                if part.worse and part.corrected_p_value is not None
                else "",
            )
        )
    return forest(
        f"{name}: share of right decisions by slice",
        "Slices where the judge errs significantly more often than elsewhere are marked.",
        rows,
    )


def rates_forest(run: str, title: str, rate: Rate) -> Figure:
    """One rate of one run: each judge naively and corrected, and all of them stacked."""
    rows: list[ForestRow] = []
    chosen = _to_report(rate)
    for judge in rate.judges:
        rows.append(ForestRow(judge.judge))
        naive = "worse" if _outside(judge.rates) else "muted"
        for label, corrected, tone in (
            ("taken at its word (naive)", judge.rates.naive, naive),
            ("people's labels only", judge.rates.human, "muted"),
            ("PPI++", judge.rates.powered, "best"),
            ("Rogan–Gladen", judge.rates.rogan_gladen, "plain"),
        ):
            report = chosen == (judge.judge, corrected.method)
            rows.append(
                ForestRow(
                    label, corrected.estimate, tone, _note(corrected, report=report), corrected.warnings
                )
            )
    stacked = rate.stacked
    if isinstance(stacked, StackedRate):
        rows.append(ForestRow("all judges together"))
        rows.append(
            ForestRow(
                "PPI++, stacked",
                stacked.rate.estimate,
                "best",
                _note(stacked.rate, report=chosen == (None, stacked.rate.method)),
                stacked.rate.warnings,
            )
        )
    ends = [
        end
        for row in rows
        if row.estimate is not None
        for end in (row.estimate.high, row.estimate.value)
        if end is not None
    ]
    most = max(ends, default=1.0)
    top = next(limit for limit in (0.1, 0.2, 0.4, 0.6, 0.8, 1.0) if most <= limit or limit == 1.0)
    return forest(
        f"{title}, {run}",
        "The rate by each judge naively and corrected, with intervals. Lower is better. A naive rate outside the "
        "interval of PPI++ is marked.",
        rows,
        axis=(0.0, top),
        step=top / 4,
        percent=True,
    )


def _to_report(rate: Rate) -> tuple[str | None, str | None]:
    """Judge and method of the rate to report; reports of earlier versions mark none."""
    if rate.to_report is None:
        return None, None
    return rate.to_report.judge, rate.to_report.method


def rate_notes(rate: Rate | Undefined) -> tuple[str, ...]:
    """Which of a run's numbers to report, and why they differ in their items: a sentence each."""
    if isinstance(rate, Undefined) or rate.to_report is None:
        return ()
    chosen = rate.to_report
    if chosen.method is None:
        first = f"None of these rates is fit to be reported. {chosen.reason}"
    elif chosen.judge is None:
        first = f"To report: PPI++, stacked. {chosen.reason}"
    else:
        first = f"To report: {chosen.method} with {chosen.judge}. {chosen.reason}"
    return (first,) if rate.differing_items is None else (first, rate.differing_items)


def _note(rate: CorrectedRate, *, report: bool) -> str:
    """What stands beside a rate: a mark for the one to report, a sign for one with warnings."""
    return "◀ report" if report else "⚠" if rate.warnings else ""


def _outside(rates: CorrectedRates) -> bool:
    """Whether the naive rate lies outside the interval of PPI++."""
    naive, corrected = rates.naive.estimate.value, rates.powered.estimate
    if naive is None or corrected.low is None or corrected.high is None:
        return False
    return not corrected.low <= naive <= corrected.high


@dataclass(frozen=True, slots=True)
class RunFigure:
    """The figures of one run's rates; a sentence stands where a rate is undefined.

    The notes say which number to report, and why numbers of one run differ in their items.
    """

    run: str
    counted: int
    population: str
    people_alone: Estimate | None
    alignment_failure: Figure | str
    robustness_error: Figure | str
    alignment_failure_notes: tuple[str, ...]
    robustness_error_notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ValidationFigures:
    """All figures of a report; None where there is nothing to draw."""

    skill: Figure
    winning: Figure
    matrix: Figure | None
    distributions: Figure
    slices: tuple[tuple[str, Figure], ...]
    rates: tuple[RunFigure, ...]
    terms: Terms

    def by_name(self) -> dict[str, Figure]:
        """Every figure under the name of its file."""
        figures: dict[str, Figure] = {
            "skill": self.skill,
            "alternative-annotator-test": self.winning,
            "distributions": self.distributions,
        }
        if self.matrix is not None:
            figures["matrix"] = self.matrix
        for i, (_, plot) in enumerate(self.slices, start=1):
            figures[f"slices-{i}"] = plot
        rate = self.terms.rate.replace(" ", "-")
        for i, run in enumerate(self.rates, start=1):
            if isinstance(run.alignment_failure, Figure):
                figures[f"{rate}-{i}"] = run.alignment_failure
            if isinstance(run.robustness_error, Figure):
                figures[f"robustness-error-{i}"] = run.robustness_error
        return figures


def validation_figures(
    document: ValidationReport, terms: Terms = FOLLOWING, levels: Sequence[str] = ()
) -> ValidationFigures:
    """The figures of a report's document in these terms. `levels` name an ordinal scale's categories, in order."""
    summary, matrix, rates = document.summary, document.matrix, document.rates
    names = summary.labels or [_level(category, levels) for category in summary.categories]
    slices = []
    for judge in document.judges:
        parts = judge.slices
        if not isinstance(parts, Undefined) and parts:
            slices.append((judge.name, slices_forest(judge.name, parts)))
    return ValidationFigures(
        skill=skill_forest(document.judges),
        winning=winning_forest(document.judges),
        matrix=heatmap(matrix, terms) if isinstance(matrix, RaterMatrix) and len(matrix.raters) > 1 else None,
        distributions=distributions(document.raters, names, ordered=summary.scale != "nominal"),
        slices=tuple(slices),
        rates=() if isinstance(rates, Undefined) else _run_figures(rates, terms),
        terms=terms,
    )


def _level(category: float, levels: Sequence[str]) -> str:
    """The name of a category: its place among the levels is its value, from 1."""
    place = int(category) - 1
    return levels[place] if category == place + 1 and 0 <= place < len(levels) else f"{category:g}"


def _run_figures(rates: CorrectedRuns, terms: Terms) -> tuple[RunFigure, ...]:
    def drawn(run: str, title: str, rate: Rate | Undefined) -> Figure | str:
        return rate.undefined if isinstance(rate, Undefined) else rates_forest(run, title, rate)

    return tuple(
        RunFigure(
            run=run.run,
            counted=run.counted,
            population=run.population,
            people_alone=run.people_alone,
            alignment_failure=drawn(run.run, terms.rate.capitalize(), run.alignment_failure),
            robustness_error=drawn(run.run, "Robustness error", run.robustness_error),
            alignment_failure_notes=rate_notes(run.alignment_failure),
            robustness_error_notes=rate_notes(run.robustness_error),
        )
        for run in rates.runs
    )
