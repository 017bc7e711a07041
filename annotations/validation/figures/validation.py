"""All figures of a validation report.

They are made of the report's JSON document, so that stored reports are drawn as they were computed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from annotations.validation.figures.distributions import Distributions, distributions
from annotations.validation.figures.forest import Forest, Line, forest
from annotations.validation.figures.heatmap import Heatmap, heatmap
from perg.stats.base.estimate import EstimateDict
from perg.stats.base.undefined import UndefinedDict
from perg.stats.correction.corrected_runs import CorrectedRunsDict
from perg.stats.correction.correction import CorrectedRateDict, CorrectedRatesDict
from perg.stats.correction.run_rates import RateDict
from perg.stats.correction.slices import JudgeSliceDict
from perg.stats.judges.alternative_annotator import PASSING_RATE
from perg.stats.judges.judge_validation import JudgeValidationDict
from perg.stats.report.validation import ValidationReportDict

TONES = {
    "may replace a human annotator": "best",
    "may be used with correction": "plain",
    "better than chance, but may not replace people": "plain",
    "not trustworthy here": "worse",
}
"""By kind of verdict; others, and none, are muted."""


def skill_forest(judges: Sequence[JudgeValidationDict]) -> Forest:
    """Each judge and people, all against the other people: the page's first figure.

    A person is held against the others, so a judge is as well. Where there are no others, a judge's skill is against
    all people, and there is no line of people.
    """
    lines = []
    reference = people_skill(judges)
    if reference is not None:
        lines.append(Line("a person", reference, "reference"))
    for judge in judges:
        tone = "muted" if judge["verdict"] is None else TONES.get(judge["verdict"]["kind"], "muted")
        skill = judge["skill"] if reference is None else _beside(judge, "judge") or judge["skill"]
        lines.append(Line(judge["name"], skill, tone))
    against = "people" if reference is None else "the other people, one left out in turn"
    return forest(
        "Skill of people and judges",
        f"Against {against}. 0 is what a constant or a random judge has, 1 is perfect. A point with its interval for "
        "each.",
        lines,
        axis=(-0.25, 1.0),
        marks=[("no skill", 0.0)],
    )


def people_skill(judges: Sequence[JudgeValidationDict]) -> EstimateDict | None:
    """People's skill against one another, from the judge whose comparison has the most of them."""
    estimates = [estimate for judge in judges if (estimate := _beside(judge, "people")) is not None]
    return max(estimates, key=lambda estimate: estimate["n"], default=None)


def _beside(judge: JudgeValidationDict, whose: Literal["judge", "people"]) -> EstimateDict | None:
    """The skill of the judge, or of people beside it; None where undefined, as it is in old reports without a cut."""
    beside: Mapping[str, object] = judge["beside_people"]
    if "undefined" in beside or judge["beside_people"][whose]["value"] is None:
        return None
    return judge["beside_people"][whose]


def winning_forest(judges: Sequence[JudgeValidationDict]) -> Forest:
    """ω of each judge against the half that it takes to pass, and ρ."""
    lines = []
    for judge in judges:
        test = judge["alternative_annotator_test"]
        passed = "passes" if test["passed"] else "no result" if test["passed"] is None else "fails"
        if (share := test.get("passing_share")) is not None:
            passed += f", would pass in {share:.0%} of resamples"
        lines.append(Line(judge["name"], None, note=passed))
        tone = "best" if test["passed"] else "worse" if test["passed"] is not None else "muted"
        lines.append(Line("winning rate ω", test["winning_rate"], tone))
        lines.append(Line("advantage probability ρ", test["advantage_probability"], "muted"))
    return forest(
        "Alternative annotator test",
        "The winning rate passes at one half or more.",
        lines,
        marks=[("passes", PASSING_RATE)],
    )


def slices_forest(name: str, slices: Sequence[JudgeSliceDict]) -> Forest:
    """The judge's accuracy in each slice, those where it is significantly worse marked."""
    lines: list[Line] = []
    facet = None
    for part in slices:
        if part["facet"] != facet:
            facet = part["facet"]
            lines.append(Line(facet.capitalize()))
        lines.append(
            Line(
                part["name"],
                part["accuracy"],
                "worse" if part["worse"] else "plain",
                f"worse, p = {part['corrected_p_value']:.3f}"
                if part["worse"] and part["corrected_p_value"] is not None
                else "",
            )
        )
    return forest(
        f"{name}: share of right decisions by slice",
        "Slices where the judge errs significantly more often than elsewhere are marked.",
        lines,
    )


def rates_forest(run: str, title: str, rate: RateDict) -> Forest:
    """One rate of one run: each judge naively and corrected, and all of them stacked."""
    lines: list[Line] = []
    chosen = _to_report(rate)
    for judge in rate["judges"]:
        lines.append(Line(judge["judge"]))
        naive = "worse" if _outside(judge["rates"]) else "muted"
        for label, found, tone in (
            ("taken at its word (naive)", judge["rates"]["naive"], naive),
            ("people's labels only", judge["rates"]["human"], "muted"),
            ("PPI++", judge["rates"]["powered"], "best"),
            ("Rogan–Gladen", judge["rates"]["rogan_gladen"], "plain"),
        ):
            report = chosen == (judge["judge"], found["method"])
            lines.append(Line(label, found["estimate"], tone, _note(found, report=report), found["warnings"]))
    stacked = rate["stacked"]
    if "rate" in stacked:
        lines.append(Line("all judges together"))
        lines.append(
            Line(
                "PPI++, stacked",
                stacked["rate"]["estimate"],
                "best",
                _note(stacked["rate"], report=chosen == (None, stacked["rate"]["method"])),
                stacked["rate"]["warnings"],
            )
        )
    ends = [
        end
        for line in lines
        if line.estimate is not None
        for end in (line.estimate["high"], line.estimate["value"])
        if end is not None
    ]
    most = max(ends, default=1.0)
    top = next(limit for limit in (0.1, 0.2, 0.4, 0.6, 0.8, 1.0) if most <= limit or limit == 1.0)
    return forest(
        f"{title}, {run}",
        "The rate by each judge naively and corrected, with intervals. Lower is better. A naive rate outside the "
        "interval of PPI++ is marked.",
        lines,
        axis=(0.0, top),
        step=top / 4,
        percent=True,
    )


def _to_report(rate: RateDict) -> tuple[str | None, str | None]:
    """Judge and method of the rate to report; reports of earlier versions mark none."""
    if "to_report" not in rate:
        return None, None
    return rate["to_report"]["judge"], rate["to_report"]["method"]


def rate_notes(rate: RateDict | UndefinedDict) -> tuple[str, ...]:
    """Which of a run's numbers to report, and why they differ in their items: a sentence each."""
    if "judges" not in rate or "to_report" not in rate:
        return ()
    chosen = rate["to_report"]
    if chosen["method"] is None:
        first = f"None of these rates is fit to be reported. {chosen['reason']}"
    elif chosen["judge"] is None:
        first = f"To report: PPI++, stacked. {chosen['reason']}"
    else:
        first = f"To report: {chosen['method']} with {chosen['judge']}. {chosen['reason']}"
    differing = rate.get("differing_items")
    return (first,) if differing is None else (first, differing)


def _note(rate: CorrectedRateDict, *, report: bool) -> str:
    """What stands beside a rate: a mark for the one to report, a sign for one with warnings."""
    return "◀ report" if report else "⚠" if rate["warnings"] else ""


def _outside(rates: CorrectedRatesDict) -> bool:
    """Whether the naive rate lies outside the interval of PPI++."""
    naive, corrected = rates["naive"]["estimate"]["value"], rates["powered"]["estimate"]
    if naive is None or corrected["low"] is None or corrected["high"] is None:
        return False
    return not corrected["low"] <= naive <= corrected["high"]


@dataclass(frozen=True, slots=True)
class RunFigure:
    """The figures of one run's rates; a sentence stands where a rate is undefined.

    The notes say which number to report, and why numbers of one run differ in their items.
    """

    run: str
    counted: int
    population: str
    people_alone: EstimateDict | None
    alignment_failure: Forest | str
    robustness_error: Forest | str
    alignment_failure_notes: tuple[str, ...]
    robustness_error_notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ValidationFigures:
    """All figures of a report; None where there is nothing to draw."""

    skill: Forest
    winning: Forest
    matrix: Heatmap | None
    distributions: Distributions
    slices: tuple[tuple[str, Forest], ...]
    rates: tuple[RunFigure, ...]

    def by_name(self) -> dict[str, Forest | Heatmap | Distributions]:
        """Every figure under the name of its file."""
        figures: dict[str, Forest | Heatmap | Distributions] = {
            "skill": self.skill,
            "alternative-annotator-test": self.winning,
            "distributions": self.distributions,
        }
        if self.matrix is not None:
            figures["matrix"] = self.matrix
        for i, (_, plot) in enumerate(self.slices, start=1):
            figures[f"slices-{i}"] = plot
        for i, run in enumerate(self.rates, start=1):
            if isinstance(run.alignment_failure, Forest):
                figures[f"alignment-failure-{i}"] = run.alignment_failure
            if isinstance(run.robustness_error, Forest):
                figures[f"robustness-error-{i}"] = run.robustness_error
        return figures


def validation_figures(document: ValidationReportDict) -> ValidationFigures:
    """The figures of a report's document."""
    summary, matrix, rates = document["summary"], document["matrix"], document["rates"]
    names = summary["labels"] or [f"{category:g}" for category in summary["categories"]]
    slices = []
    for judge in document["judges"]:
        parts = judge["slices"]
        if isinstance(parts, list) and parts:
            slices.append((judge["name"], slices_forest(judge["name"], parts)))
    return ValidationFigures(
        skill=skill_forest(document["judges"]),
        winning=winning_forest(document["judges"]),
        matrix=heatmap(matrix) if "raters" in matrix and len(matrix["raters"]) > 1 else None,
        distributions=distributions(document["raters"], names, ordered=summary["scale"] != "nominal"),
        slices=tuple(slices),
        rates=_run_figures(rates) if "runs" in rates else (),
    )


def _run_figures(rates: CorrectedRunsDict) -> tuple[RunFigure, ...]:
    def drawn(run: str, title: str, rate: RateDict | UndefinedDict) -> Forest | str:
        return rates_forest(run, title, rate) if "judges" in rate else rate["undefined"]

    return tuple(
        RunFigure(
            run=run["run"],
            counted=run["counted"],
            population=run["population"],
            people_alone=run.get("people_alone"),
            alignment_failure=drawn(run["run"], "Alignment failure", run["alignment_failure"]),
            robustness_error=drawn(run["run"], "Robustness error", run["robustness_error"]),
            alignment_failure_notes=rate_notes(run["alignment_failure"]),
            robustness_error_notes=rate_notes(run["robustness_error"]),
        )
        for run in rates["runs"]
    )
