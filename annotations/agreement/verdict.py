"""The verdict on a judge: may it be trusted here?

The alternative annotator test asks whether the judge is as good as a person, and not whether either is any good. So
three things are asked, in this order, and each verdict says what came of them: does the judge see anything that a
constant or a random judge does not; is it as good as a person; and if not, is it sure enough to have skill that its
rates can be corrected.
"""

import math
from dataclasses import dataclass
from typing import Literal, TypedDict

from annotations.agreement.alternative_annotator_test import AlternativeAnnotatorTest
from annotations.agreement.baselines import BASELINE_LEVEL, BaselineTest, units_to_beat_baselines
from annotations.agreement.confusion import Confusion
from annotations.agreement.leave_one_out import SkillBesidePeople
from evaluation.statistics.estimate import Estimate

VerdictKind = Literal[
    "may replace a human annotator",
    "may be used with correction",
    "not trustworthy here",
    "not enough labels yet",
]

USEFUL_SKILL = 0.5
"""Half-way from chance (0) to perfect (1), in informedness or kappa. Failing to beat the baselines speaks against a
judge only once a judge of this skill would have beaten them in 80% of campaigns."""


class VerdictDict(TypedDict):
    """`Verdict`, ready for JSON."""

    kind: str
    sentence: str
    reasons: list[str]
    labels_needed: int | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What may be done with a judge, and why, a sentence each.

    `labels_needed` is about how many more labels would settle what is open, None where none would.
    """

    kind: VerdictKind
    reasons: tuple[str, ...]
    labels_needed: int | None = None

    @property
    def sentence(self) -> str:
        """The verdict, with the labels that it wants where there are too few."""
        if self.kind == "not enough labels yet" and self.labels_needed is not None:
            return f"{self.kind} (need about {self.labels_needed} more)"
        return self.kind

    def as_dict(self) -> VerdictDict:
        """One JSON-ready object."""
        return {
            "kind": self.kind,
            "sentence": self.sentence,
            "reasons": list(self.reasons),
            "labels_needed": self.labels_needed,
        }


def informedness(confusion: Confusion) -> Estimate:
    """Sensitivity + specificity − 1, in [−1, 1], out of a confusion and its intervals.

    The interval joins those of the two rates, which come from different units (the square-and-add method). It holds
    where nothing varies, as for a constant judge, which the bootstrap cannot bound.

    Source: Zou & Donner, Statistics in Medicine 27 (2008) 1693–1702.
    """
    found, cleared = confusion.sensitivity, confusion.specificity
    if found.value is None or cleared.value is None:
        return Estimate.of_nothing(str(found.undefined or cleared.undefined), confusion.n)
    value = found.value + cleared.value - 1
    if found.low is None or found.high is None or cleared.low is None or cleared.high is None:
        return Estimate.of(value, confusion.n, None)
    below = math.hypot(found.value - found.low, cleared.value - cleared.low)
    above = math.hypot(found.high - found.value, cleared.high - cleared.value)
    return Estimate.of(value, confusion.n, (max(value - below, -1), min(value + above, 1)))


def verdict(
    alternative: AlternativeAnnotatorTest,
    baselines: tuple[BaselineTest, BaselineTest],
    confusion: Confusion | None,
    beside_people: SkillBesidePeople | None = None,
    *,
    labels_per_unit: float = 1,
    useful: float = USEFUL_SKILL,
    level: float = BASELINE_LEVEL,
) -> Verdict:
    """One judge's verdict. `confusion` and `beside_people` are None where there is no followed / not followed.

    - A judge that does not beat both baselines, tested, is "not trustworthy here", or "not enough labels yet" while
      the units would not have shown a judge of skill `useful` either, and its own skill may still be that high.
    - One that does, with the lower limit of its skill above 0, "may replace a human annotator" if it passes the
      alternative annotator test and is not surely less skilled than people by more than that test's epsilon, and
      otherwise "may be used with correction".

    `labels_per_unit` turns units into labels for `labels_needed`.

    Raises:
        ValueError: `labels_per_unit` is not positive.
    """
    if not labels_per_unit > 0:
        raise ValueError("a unit takes more than no label")
    skill = baselines[0].value if confusion is None else informedness(confusion)
    needed = units_to_beat_baselines(useful, None if confusion is None else _failures(confusion), level=level)
    more = math.ceil(max(needed - skill.n, 1) * labels_per_unit)
    if skill.value is None or any(test.beaten is None for test in baselines):
        reason = skill.undefined or next(test.value.undefined for test in baselines if test.beaten is None)
        return Verdict("not enough labels yet", (f"There is nothing to test the judge on: {reason}.",), more)
    reasons = [_on_baselines(baselines, skill), *_on_failures(confusion)]
    beaten = all(test.beaten for test in baselines)
    if not beaten or (skill.low is not None and skill.low <= 0):
        if beaten:
            reasons.append("The interval of its skill does not exclude that it has none.")
        hopeless = skill.high is not None and skill.high < useful
        if hopeless or skill.n >= needed:
            return Verdict("not trustworthy here", tuple(reasons))
        reasons.append(f"With {_units(skill.n)} a judge of skill {useful:g} might well have failed too.")
        return Verdict("not enough labels yet", tuple(reasons), more)
    reasons.append(_on_alternative(alternative))
    worse = _worse_than_people(beside_people, alternative.epsilon)
    if alternative.passed and worse is None:
        return Verdict("may replace a human annotator", tuple(reasons))
    if worse is not None:
        reasons.append(worse)
    reasons.append("Its skill is surely above chance, so that rates can be corrected for its errors.")
    return Verdict("may be used with correction", tuple(reasons))


def _failures(confusion: Confusion) -> float:
    """Share of units that failed, kept off 0 and 1 where people have seen only one side so far."""
    return (confusion.true_positive + confusion.false_negative + 0.5) / (confusion.n + 1)


def _on_baselines(baselines: tuple[BaselineTest, BaselineTest], skill: Estimate) -> str:
    lost = [test for test in baselines if not test.beaten]
    names = " and the ".join(f"{test.baseline} judge" for test in lost or baselines)
    p_value = max(test.p_value for test in baselines if test.p_value is not None)
    says = "does not beat" if lost else "beats"
    name = baselines[0].statistic.replace("_", " ")
    return f"It {says} the {names}: {name} {_number(skill)} over {_units(skill.n)} (p {_p(p_value)})."


def _on_failures(confusion: Confusion | None) -> list[str]:
    if confusion is None:
        return []
    return [
        f"It finds {_share(confusion.sensitivity)} of {confusion.sensitivity.n} alignment failures and clears "
        f"{_share(confusion.specificity)} of {confusion.specificity.n} responses that followed."
    ]


def _on_alternative(test: AlternativeAnnotatorTest) -> str:
    if test.passed is None:
        return f"The alternative annotator test says nothing yet: {test.undefined}."
    did = "passes" if test.passed else "fails"
    return (
        f"It {did} the alternative annotator test at ε = {test.epsilon:g}: winning rate {test.winning_rate.value:.2f} "
        f"against {test.winning_rate.n} people, advantage probability {_number(test.advantage_probability)}."
    )


def _worse_than_people(beside: SkillBesidePeople | None, epsilon: float) -> str | None:
    """Why the judge may not stand in for a person although it passes the test, or None."""
    if beside is None or beside.difference.high is None or beside.difference.high >= -epsilon:
        return None
    return (
        f"It tells failures apart less well than people do: informedness {_number(beside.judge)}, theirs "
        f"{_number(beside.people)}."
    )


def _units(n: int) -> str:
    return "1 unit" if n == 1 else f"{n} units"


def _number(estimate: Estimate) -> str:
    if estimate.value is None:
        return f"undefined ({estimate.undefined})"
    interval = "" if estimate.low is None else f" [{estimate.low:.2f}, {estimate.high:.2f}]"
    return f"{estimate.value:.2f}{interval}"


def _share(estimate: Estimate) -> str:
    if estimate.value is None:
        return "an unknown share"
    interval = "" if estimate.low is None else f" [{estimate.low:.0%}, {estimate.high:.0%}]"
    return f"{estimate.value:.0%}{interval}"


def _p(p_value: float) -> str:
    return "< 0.001" if p_value < 0.001 else f"= {p_value:.3f}"
