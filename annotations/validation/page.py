"""A report's document as pages show it: cards with a sign each, figures, and what to do next in sentences."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from annotations.validation.figures.validation import ValidationFigures, validation_figures
from perg.stats.base.terms import FOLLOWING, Terms
from perg.stats.base.undefined import Undefined
from perg.stats.correction.corrected_runs import RunDifference
from perg.stats.correction.paired import PairedDifference
from perg.stats.judges.judge_validation import JudgeValidation
from perg.stats.planning.alternative_annotator_power import UnitsPlan
from perg.stats.planning.next_steps import LabelNext
from perg.stats.report.validation import ValidationReport
from perg.stats.report.validation_definitions import VERDICT_MEANS

Tone = Literal["good", "careful", "bad", "open", "none"]

SIGNS: Mapping[str, tuple[Tone, str]] = {
    "can replace a human annotator": ("good", "✓"),
    "can be used with correction": ("careful", "≈"),
    "better than chance, but cannot replace people": ("careful", "↗"),
    "not trustworthy here": ("bad", "✗"),
    "not enough labels yet": ("open", "?"),
}
CORRECTED = "can be used with correction"
NO_VERDICT = "no verdict"
KINDS = {"floor": "a floor to compare LLM judges with", "imported judge": "imported ratings", "judge": ""}
NOT_TRUSTWORTHY = "not trustworthy here"
NAMES = {"followed": "passes", "alpha_followed": "alpha_passes", "alignment_failure": "failure_rate"}
"""Of definitions of any criterion, by their keys."""

HALF_WIDTH = 0.05
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Card:
    """One judge: its verdict as a sign and a tone, what that means, and its section of the document.

    A floor has no verdict: `says` is then empty, as is the sign, and `means` says why. `is_corrected`: the verdict
    points at the report's corrected rates.
    """

    judge: JudgeValidation
    tone: Tone
    sign: str
    says: str
    means: str
    kind: str
    anchor: str
    is_corrected: bool


@dataclass(frozen=True, slots=True)
class VerdictGroup:
    """All judges with one verdict."""

    tone: Tone
    sign: str
    verdict: str
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class UndefinedDifferences:
    """How many comparisons of two runs, and how many pairs of runs, are undefined for one reason."""

    reason: str
    comparisons: int
    pairs: int


@dataclass(frozen=True, slots=True)
class ValidationPage:
    """What the page of a report shows beside the document itself.

    Attributes:
        cards: judges, those that may be trusted most first. groups: the same by verdict, for the page's first line.
        differences: between runs, those that are defined. differences_undefined: the others, by the reason: with many
            runs these are thousands, of which each says the same. The JSON file names them.
        todo: what is needed next, a sentence each.
    """

    document: ValidationReport
    cards: tuple[Card, ...]
    groups: tuple[VerdictGroup, ...]
    figures: ValidationFigures
    differences: tuple[RunDifference, ...]
    differences_undefined: tuple[UndefinedDifferences, ...]
    todo: tuple[str, ...]
    terms: Terms

    @property
    def definitions(self) -> dict[str, str]:
        """The definitions by their names; those with a name of PERG's in the file are called otherwise elsewhere."""
        names = {} if self.terms.has_baseline else NAMES
        return {names.get(name, name): text for name, text in self.document.definitions.items()}


def validation_page(
    document: ValidationReport, terms: Terms = FOLLOWING, levels: Sequence[str] = ()
) -> ValidationPage:
    """The page of a stored document in these terms; `levels` name an ordinal scale's categories."""
    order = [*SIGNS, NO_VERDICT]
    judges = sorted(
        document.judges,
        key=lambda judge: (order.index(_kind(judge)), -(judge.skill.value or 0)),
    )
    cards = tuple(_card(judge, i) for i, judge in enumerate(judges, start=1))
    return ValidationPage(
        document=document,
        cards=cards,
        groups=tuple(
            VerdictGroup(tone, sign, kind, of_kind)
            for kind, (tone, sign) in SIGNS.items()
            if (of_kind := tuple(card for card in cards if _kind(card.judge) == kind))
        ),
        figures=validation_figures(document, terms, levels),
        differences=tuple(
            row for row in _differences(document) if isinstance(row.difference, PairedDifference)
        ),
        differences_undefined=tuple(_undefined_differences(document)),
        todo=tuple(_todo(document, terms)),
        terms=terms,
    )


def _differences(document: ValidationReport) -> tuple[RunDifference, ...]:
    rates = document.rates
    return () if isinstance(rates, Undefined) else rates.differences


def _undefined_differences(document: ValidationReport) -> Iterator[UndefinedDifferences]:
    """The most frequent reason first."""
    pairs: dict[str, list[tuple[str, str]]] = {}
    for row in _differences(document):
        difference = row.difference
        if isinstance(difference, Undefined):
            pairs.setdefault(difference.undefined, []).append((row.a, row.b))
    for reason in sorted(pairs, key=lambda reason: -len(pairs[reason])):
        yield UndefinedDifferences(reason, len(pairs[reason]), len(set(pairs[reason])))


def _kind(judge: JudgeValidation) -> str:
    """The kind of its verdict."""
    return NO_VERDICT if judge.verdict is None else judge.verdict.kind


def _card(judge: JudgeValidation, number: int) -> Card:
    kind, anchor = KINDS.get(judge.kind, judge.kind), f"judge-{number}"
    verdict = judge.verdict
    if verdict is None:
        reason = judge.no_verdict or ""
        return Card(judge, "none", "", "", f"No verdict: {reason}.", kind, anchor, is_corrected=False)
    tone, sign = SIGNS[verdict.kind]
    means = next(text for name, text in VERDICT_MEANS.items() if name == verdict.kind)
    is_corrected = verdict.kind == CORRECTED
    return Card(judge, tone, sign, verdict.sentence, means, kind, anchor, is_corrected=is_corrected)


def _todo(document: ValidationReport, terms: Terms) -> Iterator[str]:
    """What is needed next, most pressing first."""
    summary = document.summary
    if not summary.labelled:
        those = "responses" if terms.has_baseline else "items"
        yield f"People have to label some of the {those}: without them nothing can be said of any judge."
        return
    for judge in document.judges:
        verdict = judge.verdict
        if verdict is None or verdict.labels_needed is None:
            continue
        needed = f"about {verdict.labels_needed:,} more labels"
        if verdict.kind == CORRECTED:
            yield f"To show whether {judge.name} can replace a person: {needed}."
        else:
            yield f"A verdict on {judge.name}: {needed}."
    yield from _intervals(document, terms)
    yield from _comparisons(document)
    for plan in document.planning.judges:
        units = plan.items_for_alternative_annotator_test
        if isinstance(units, UnitsPlan) and units.units is not None and units.units > summary.labelled:
            yield (
                f"For {plan.judge} to pass the alternative annotator test in 80% of campaigns: about "
                f"{units.units:,} items labelled as the {summary.labelled:,} so far are."
                f"{''.join(f' {warning}' for warning in units.power.warnings)}"
            )
    label_next = document.planning.label_next
    if isinstance(label_next, LabelNext):
        parts = [
            f"{stratum.wanted} of the {stratum.units - stratum.labelled:,} on which "
            f"{_judges(stratum.stratum, len(document.judges))}"
            for stratum in label_next.strata
            if stratum.wanted
        ]
        if parts:
            yield f"The next {len(label_next.items)} labels tell most on these items: {'; '.join(parts)}."


def _judges(failures: int, judges: int) -> str:
    if failures < 0:
        return "no judge has a score"
    if failures == 0:
        return "no judge sees a failure"
    if failures == judges:
        return "every judge sees a failure"
    return f"{failures} of {judges} judges see{'s' if failures == 1 else ''} a failure"


def _intervals(document: ValidationReport, terms: Terms) -> Iterator[str]:
    """Labels for ±5 points with the judge that saves most."""
    plans: list[tuple[int, str]] = []
    alone: int | None = None
    for plan in document.planning.judges:
        rows = plan.labels_for_interval
        if isinstance(rows, Undefined):
            continue
        for row in rows:
            if row.half_width != HALF_WIDTH or row.labels is None:
                continue
            if row.method == "PPI++":
                plans.append((row.labels, plan.judge))
            elif row.method == "human only":
                alone = row.labels
    if plans:
        labels, judge = min(plans)
        by_people = "" if alone is None else f"; with people alone {alone:,}"
        yield (
            f"{terms.rate.capitalize()} to ±5 points: {labels:,} labelled items with {judge} and PPI++{by_people} "
            f"(there are {document.summary.labelled:,})."
        )


def _comparisons(document: ValidationReport) -> Iterator[str]:
    """Pairs of judges whose difference is not significant yet."""
    plans = {(plan.a, plan.b): plan for plan in document.planning.comparisons}
    hopeless = {judge.name for judge in document.judges if _kind(judge) == NOT_TRUSTWORTHY}
    for comparison in document.comparisons:
        if comparison.statistic != "informedness" or comparison.p_holm is None:
            continue
        plan = plans.get((comparison.a, comparison.b))
        if plan is None or plan.items is None or {plan.a, plan.b} & hopeless:
            continue
        if comparison.p_holm > LEVEL and plan.labelled < plan.items <= document.summary.items:
            yield (
                f"To tell {plan.a} from {plan.b}: about {plan.items:,} labelled items (there are "
                f"{plan.labelled:,}).{''.join(f' {warning}' for warning in plan.warnings)}"
            )
