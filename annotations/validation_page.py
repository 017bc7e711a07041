"""A report's document as pages show it: cards with a sign each, figures, and what to do next in sentences."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from annotations.agreement.corrected_runs import RunDifferenceDict
from annotations.agreement.judge_validation import JudgeValidationDict
from annotations.agreement.validation import ValidationReportDict
from annotations.agreement.validation_definitions import VERDICT_MEANS
from annotations.figures.validation import ValidationFigures, people_skill, validation_figures
from evaluation.statistics.estimate import EstimateDict

Tone = Literal["good", "careful", "bad", "open"]

SIGNS: Mapping[str, tuple[Tone, str]] = {
    "may replace a human annotator": ("good", "✓"),
    "may be used with correction": ("careful", "≈"),
    "not trustworthy here": ("bad", "✗"),
    "not enough labels yet": ("open", "?"),
}
KINDS = {"floor": "a floor to compare LLM judges with", "imported judge": "imported ratings", "judge": ""}
NOT_TRUSTWORTHY = "not trustworthy here"
HALF_WIDTH = 0.05
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Card:
    """One judge: its verdict as a sign and a tone, what that means, and its section of the document."""

    judge: JudgeValidationDict
    tone: Tone
    sign: str
    means: str
    kind: str
    anchor: str


@dataclass(frozen=True, slots=True)
class VerdictGroup:
    """All judges with one verdict."""

    tone: Tone
    sign: str
    verdict: str
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class UndefinedDifferences:
    """So many comparisons of two runs, of so many pairs, that are undefined for one reason."""

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
        people_skill: the informedness of people, what `skill` of judges may be compared with; None without a cut.
        todo: what is needed next, a sentence each.
    """

    document: ValidationReportDict
    cards: tuple[Card, ...]
    groups: tuple[VerdictGroup, ...]
    figures: ValidationFigures
    differences: tuple[RunDifferenceDict, ...]
    differences_undefined: tuple[UndefinedDifferences, ...]
    people_skill: EstimateDict | None
    todo: tuple[str, ...]


def validation_page(document: ValidationReportDict) -> ValidationPage:
    """The page of a stored document."""
    order = list(SIGNS)
    judges = sorted(
        document["judges"],
        key=lambda judge: (order.index(judge["verdict"]["kind"]), -(judge["skill"]["value"] or 0)),
    )
    cards = tuple(_card(judge, i) for i, judge in enumerate(judges, start=1))
    return ValidationPage(
        document=document,
        cards=cards,
        groups=tuple(
            VerdictGroup(tone, sign, kind, of_kind)
            for kind, (tone, sign) in SIGNS.items()
            if (of_kind := tuple(card for card in cards if card.judge["verdict"]["kind"] == kind))
        ),
        figures=validation_figures(document),
        differences=tuple(row for row in _differences(document) if "naive" in row["difference"]),
        differences_undefined=tuple(_undefined_differences(document)),
        people_skill=people_skill(document["judges"]),
        todo=tuple(_todo(document)),
    )


def _differences(document: ValidationReportDict) -> list[RunDifferenceDict]:
    rates = document["rates"]
    if "differences" not in rates:
        return []
    return rates["differences"]


def _undefined_differences(document: ValidationReportDict) -> Iterator[UndefinedDifferences]:
    """The most frequent reason first."""
    pairs: dict[str, list[tuple[str, str]]] = {}
    for row in _differences(document):
        difference = row["difference"]
        if "naive" not in difference:
            pairs.setdefault(difference["undefined"], []).append((row["a"], row["b"]))
    for reason, found in sorted(pairs.items(), key=lambda each: -len(each[1])):
        yield UndefinedDifferences(reason, len(found), len(set(found)))


def _card(judge: JudgeValidationDict, number: int) -> Card:
    tone, sign = SIGNS[judge["verdict"]["kind"]]
    means = next(text for kind, text in VERDICT_MEANS.items() if kind == judge["verdict"]["kind"])
    return Card(judge, tone, sign, means, KINDS.get(judge["kind"], judge["kind"]), f"judge-{number}")


def _todo(document: ValidationReportDict) -> Iterator[str]:
    """What is needed next, most pressing first."""
    summary = document["summary"]
    if not summary["labelled"]:
        yield "People have to label some of the responses: without them nothing can be said of any judge."
        return
    for judge in document["judges"]:
        needed = judge["verdict"]["labels_needed"]
        if needed is not None:
            yield f"A verdict on {judge['name']}: about {needed:,} more labels."
    yield from _intervals(document)
    yield from _comparisons(document)
    for plan in document["planning"]["judges"]:
        units = plan["items_for_alternative_annotator_test"]
        if "units" in units and units["units"] is not None and units["units"] > summary["labelled"]:
            yield (
                f"For {plan['judge']} to pass the alternative annotator test in 80% of campaigns: about "
                f"{units['units']:,} items labelled as the {summary['labelled']:,} so far are."
                f"{''.join(f' {warning}' for warning in units['power'].get('warnings', ()))}"
            )
    label_next = document["planning"]["label_next"]
    if "strata" in label_next:
        parts = [
            f"{stratum['wanted']} of the {stratum['units'] - stratum['labelled']:,} on which "
            f"{_judges(stratum['stratum'], len(document['judges']))}"
            for stratum in label_next["strata"]
            if stratum["wanted"]
        ]
        if parts:
            yield f"The next {len(label_next['items'])} labels tell most on these items: {'; '.join(parts)}."


def _judges(failures: int, judges: int) -> str:
    if failures < 0:
        return "no judge has a score"
    if failures == 0:
        return "no judge sees a failure"
    if failures == judges:
        return "every judge sees a failure"
    return f"{failures} of {judges} judges see{'s' if failures == 1 else ''} a failure"


def _intervals(document: ValidationReportDict) -> Iterator[str]:
    """Labels for ±5 points with the judge that saves most."""
    found: list[tuple[int, str]] = []
    alone: int | None = None
    for plan in document["planning"]["judges"]:
        rows = plan["labels_for_interval"]
        if not isinstance(rows, list):
            continue
        for row in rows:
            if row["half_width"] != HALF_WIDTH or row["labels"] is None:
                continue
            if row["method"] == "PPI++":
                found.append((row["labels"], plan["judge"]))
            elif row["method"] == "human only":
                alone = row["labels"]
    if found:
        labels, judge = min(found)
        by_people = "" if alone is None else f"; with people alone {alone:,}"
        yield (
            f"Alignment failure to ±5 points: {labels:,} labelled items with {judge} and PPI++{by_people} (there are "
            f"{document['summary']['labelled']:,})."
        )


def _comparisons(document: ValidationReportDict) -> Iterator[str]:
    """Pairs of judges that are not told apart yet."""
    plans = {(plan["a"], plan["b"]): plan for plan in document["planning"]["comparisons"]}
    hopeless = {judge["name"] for judge in document["judges"] if judge["verdict"]["kind"] == NOT_TRUSTWORTHY}
    for comparison in document["comparisons"]:
        if comparison["statistic"] != "informedness" or comparison["p_holm"] is None:
            continue
        plan = plans.get((comparison["a"], comparison["b"]))
        if plan is None or plan["items"] is None or {plan["a"], plan["b"]} & hopeless:
            continue
        if comparison["p_holm"] > LEVEL and plan["labelled"] < plan["items"] <= document["summary"]["items"]:
            yield (
                f"To tell {plan['a']} from {plan['b']}: about {plan['items']:,} labelled items (there are "
                f"{plan['labelled']:,}).{''.join(f' {warning}' for warning in plan.get('warnings', ()))}"
            )
