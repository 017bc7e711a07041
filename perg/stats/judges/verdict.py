"""The verdict on a judge: can it be trusted here?

The alternative annotator test tells whether the judge is as good as a person, but not whether either is any good; and
with few labels many judges pass it. So a verdict combines three questions and reports each result: does the judge see
more than a constant or a random judge; is it shown to be as good as a person; and if not, does the same report have
rates corrected for its errors? A verdict promises nothing that its report does not contain.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, Self

from perg.stats.base.estimate import Estimate
from perg.stats.base.result import added
from perg.stats.base.terms import GENERAL, Terms
from perg.stats.base.undefined import Undefined
from perg.stats.correction.corrections import Correction
from perg.stats.judges.alternative_annotator import AlternativeAnnotatorTest
from perg.stats.judges.baselines import BASELINE_LEVEL, BaselineTest, units_to_beat_baselines
from perg.stats.judges.leave_one_out import SkillBesidePeople
from perg.stats.judges.non_inferiority import NonInferiority
from perg.stats.judges.replacement_plan import STABLE
from perg.stats.judges.verdict_words import (
    on_alternative,
    on_baselines,
    on_correction,
    on_failures,
    on_no_shared_item,
    on_people,
    units,
)
from perg.stats.measures.confusion import Confusion

VerdictKind = Literal[
    "can replace a human annotator",
    "can be used with correction",
    "better than chance, but cannot replace people",
    "not trustworthy here",
    "not enough labels yet",
]
VerdictCode = Literal[
    "replace_human", "use_with_correction", "skilled_not_sufficient", "not_trustworthy", "not_enough_labels"
]

REPLACE: VerdictKind = "can replace a human annotator"
CORRECT: VerdictKind = "can be used with correction"
SKILLED: VerdictKind = "better than chance, but cannot replace people"
DISTRUST: VerdictKind = "not trustworthy here"
TOO_FEW: VerdictKind = "not enough labels yet"

CODES: Mapping[VerdictKind, VerdictCode] = {
    REPLACE: "replace_human",
    CORRECT: "use_with_correction",
    SKILLED: "skilled_not_sufficient",
    DISTRUST: "not_trustworthy",
    TOO_FEW: "not_enough_labels",
}

USEFUL_SKILL = 0.5
"""Half-way from chance (0) to perfect (1), in informedness or kappa. Failing to beat the baselines speaks against a
judge only once a judge of this skill would have beaten them in 80% of campaigns."""

CERTAIN = 0.95
"""A judge that replaces people in fewer of the resamples does so with the share in the sentence; one that fails the
alternative annotator test in as many fails it permanently."""

FLOOR = "a rule-based floor is a yardstick for judges, and gets no verdict"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What may be done with a judge, and why, a sentence each.

    `code` is the kind for programs: it stays when words change. `sentence` is the verdict in words.
    `labels_needed` is about how many more labels would settle what is open, None if none would: whether the judge
    has skill, or whether it is as good as people. `stability` is the share of resamples in which the alternative
    annotator test comes out as it did, None if it says nothing.
    """

    code: Annotated[VerdictCode | None, added(required=True, null=False)] = field(default=None, kw_only=True)
    kind: VerdictKind
    sentence: str
    reasons: tuple[str, ...]
    labels_needed: int | None
    stability: float | None = None

    @classmethod
    def of(
        cls,
        kind: VerdictKind,
        reasons: tuple[str, ...],
        labels_needed: int | None = None,
        stability: float | None = None,
    ) -> Self:
        """The verdict with its code and its sentence."""
        sentence = _sentence(kind, labels_needed, stability)
        return cls(kind, sentence, reasons, labels_needed, stability, code=CODES[kind])


def _sentence(kind: VerdictKind, labels_needed: int | None, stability: float | None) -> str:
    """The kind, with the labels that it needs where there are too few, and how sure it is where it is not."""
    if kind == TOO_FEW and labels_needed is not None:
        return f"{kind} (need about {labels_needed} more)"
    if kind == REPLACE and stability is not None and stability < CERTAIN:
        return f"{kind} (passes in {stability:.0%} of resamples)"
    return kind


def informedness(confusion: Confusion) -> Estimate:
    """Sensitivity + specificity − 1, in [−1, 1], out of a confusion and its intervals.

    The interval joins those of the two rates, which come from different units (the square-and-add method). It holds
    where nothing varies, as for a constant judge, which the bootstrap cannot bound.

    Source: Zou & Donner, Statistics in Medicine 27 (2008) 1693–1702.
    """
    sensitivity, specificity = confusion.sensitivity, confusion.specificity
    if sensitivity.value is None or specificity.value is None:
        return Estimate.of_nothing(str(sensitivity.undefined or specificity.undefined), confusion.n)
    value = sensitivity.value + specificity.value - 1
    if (
        sensitivity.low is None
        or sensitivity.high is None
        or specificity.low is None
        or specificity.high is None
    ):
        return Estimate.of(value, confusion.n, None)
    below = math.hypot(sensitivity.value - sensitivity.low, specificity.value - specificity.low)
    above = math.hypot(sensitivity.high - sensitivity.value, specificity.high - specificity.value)
    return Estimate.of(value, confusion.n, (max(value - below, -1), min(value + above, 1)))


def verdict(
    alternative: AlternativeAnnotatorTest,
    baselines: tuple[BaselineTest, BaselineTest],
    confusion: Confusion | None,
    beside: SkillBesidePeople,
    as_good: NonInferiority,
    *,
    correction: Correction | Undefined,
    units_to_pass: Callable[[], int | None] = lambda: None,
    labels: int = 0,
    units_rated: int = 0,
    units_shared: int = 0,
    categories: int = 2,
    terms: Terms = GENERAL,
) -> Verdict:
    """One judge's verdict. `confusion` is None if there is no followed / not followed.

    - A judge that does not beat both baselines, tested, is "not trustworthy here", or "not enough labels yet" while
      the units would not have shown a judge of skill `USEFUL_SKILL` either, and its own skill may still be that high.
    - One that does, with the lower limit of its skill above 0, "can replace a human annotator" if it passes the
      alternative annotator test in `STABLE` of its resamples and is shown to be as good as people (`as_good`).
    - Otherwise it "can be used with correction" where its report has a `correction`; else it is "not enough labels
      yet" while a judge as good as people might not have been shown to be and it does not surely fail the test; and
      "better than chance, but cannot replace people" after that.

    `units_to_pass` plans the alternative annotator test, and is called where that is open. `labels` on `units_rated`
    units turn units into labels, and `units_shared` of these have a rating of the judge; `categories` are those of a
    nominal scale that is not cut. The level of the baseline tests is that of one judge divided by `as_good.judges`.

    Raises:
        ValueError: a negative count.
    """
    if min(labels, units_rated, units_shared) < 0:
        raise ValueError("labels and units are counts")
    level = BASELINE_LEVEL / as_good.judges
    skill = baselines[0].value if confusion is None else informedness(confusion)
    failures = None if confusion is None else _failures(confusion)
    needed = units_to_beat_baselines(USEFUL_SKILL, failures, categories=categories, level=level)
    labels_per_unit = labels / units_rated if units_rated else 1.0
    more = math.ceil(max(needed - skill.n, 1) * labels_per_unit)
    stability = _stability(alternative)
    if labels and not units_shared:
        return Verdict.of(TOO_FEW, (on_no_shared_item(units_rated),), None, stability)
    if skill.value is None or any(test.beaten is None for test in baselines):
        reason = skill.undefined or next(test.value.undefined for test in baselines if test.beaten is None)
        return Verdict.of(TOO_FEW, (f"There is nothing to test the judge on: {reason}.",), more, stability)
    reasons = [on_baselines(baselines, skill, as_good.judges), *on_failures(confusion, terms)]
    beaten = all(test.beaten for test in baselines)
    if not beaten or (skill.low is not None and skill.low <= 0):
        if beaten:
            reasons.append("The interval of its skill does not exclude that it has none.")
        if skill.high is not None and skill.high < 0:
            reasons.append(
                "It is right less often than chance would have it: perhaps its scale runs the other way round."
            )
        hopeless = skill.high is not None and skill.high < USEFUL_SKILL
        if hopeless or skill.n >= needed:
            return Verdict.of(DISTRUST, tuple(reasons), stability=stability)
        reasons.append(f"With {units(skill.n)} a judge of skill {USEFUL_SKILL:g} might well have failed too.")
        return Verdict.of(TOO_FEW, tuple(reasons), more, stability)
    reasons += [*on_alternative(alternative, STABLE), on_people(beside, as_good)]
    if alternative.passed and stability is not None and stability >= STABLE and as_good.shown:
        return Verdict.of(REPLACE, tuple(reasons), stability=stability)
    is_open = not (alternative.passed is False and stability is not None and stability >= CERTAIN)
    missing = _labels_to_replace(beside, as_good, units_to_pass, labels) if is_open else None
    if missing is not None:
        reasons.append(
            f"Whether it can replace a person is open: with about {missing:,} more labels, on further items once "
            "these have theirs, a judge as good as people would be shown to be so in 80% of campaigns."
        )
    reasons.append(on_correction(correction))
    kind = SKILLED if missing is None else TOO_FEW
    if isinstance(correction, Correction):
        kind = CORRECT
    return Verdict.of(kind, tuple(reasons), missing, stability)


def _stability(test: AlternativeAnnotatorTest) -> float | None:
    if test.passed is None or test.passing_share is None:
        return None
    return test.passing_share if test.passed else 1 - test.passing_share


def _labels_to_replace(
    beside: SkillBesidePeople,
    as_good: NonInferiority,
    units_to_pass: Callable[[], int | None],
    labels: int,
) -> int | None:
    """Labels that would show a judge as good as people to be so; None if they are there, or no number is known."""
    high = beside.difference.high
    worse = high is not None and high < -as_good.margin
    if worse or as_good.units_needed is None or (for_test := units_to_pass()) is None:
        return None
    missing = max(as_good.units_needed, for_test) - as_good.units
    return math.ceil(missing * labels / as_good.units) if missing > 0 else None


def _failures(confusion: Confusion) -> float:
    """Share of units that failed, kept off 0 and 1 where people have seen only one side so far."""
    return (confusion.true_positive + confusion.false_negative + 0.5) / (confusion.n + 1)
