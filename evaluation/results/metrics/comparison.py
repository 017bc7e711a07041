"""Runs compared in pairs: reads both runs' items and calls `statistics.paired_runs`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import PlainSerializer, PlainValidator

from evaluation.models import Run
from evaluation.models.run import Setting
from evaluation.results.metrics.run_costs import ItemCosts, item_costs
from evaluation.results.metrics.run_metrics import SEED, RunOutcomes
from perg.stats.base.estimate import Estimate
from perg.stats.base.multiple_tests import holm
from perg.stats.runs.paired_runs import PairedRate, PairedRates, PairedRatio, paired_gain, paired_rates
from perg.stats.runs.perg_metrics import (
    NO_BASELINE,
    NO_CORRECT_BASELINE,
    NO_RELEVANT_PREFERENCE,
    NOT_SCORED,
    ItemOutcomes,
    Verdicts,
)

Indices = NDArray[np.int64]
Flags = NDArray[np.bool_]

COSTS = (
    ("seconds", "Seconds per item"),
    ("input_tokens", "Input tokens per item"),
    ("output_tokens", "Output tokens per item"),
    ("dollars", "US dollars per item"),
)

GAIN = (
    "How much robustness error falls for each extra second, or cent, that an item takes: the paired difference of the "
    "first over that of the second, with a bootstrap interval over questions. Undefined where the run does not surely "
    "take more, and where what it takes is not known."
)


NEVER_CORRECT = "no item was answered correctly in either condition"


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric in both runs and its difference; `p_holm` is corrected for all tests that are shown together."""

    key: str
    name: str
    judge: str
    reference: float | None
    other: float | None
    difference: Estimate
    p_value: float | None
    p_holm: float | None = None

    @classmethod
    def of(cls, key: str, name: str, judge: str, rate: PairedRate) -> Self:
        """The measure with this rate in the two runs."""
        return cls(key, name, judge, rate.a, rate.b, rate.difference, rate.p_value)


@dataclass(frozen=True, slots=True)
class Gain:
    """What the extra effort buys: robustness error less, for each extra second and cent."""

    judge: str
    per_second: Estimate
    per_cent: Estimate


# As JSON a run is its primary key; who reads it puts the run in its place.
RunByKey = Annotated[
    Run, PlainValidator(lambda key: Run(pk=key)), PlainSerializer(lambda run: run.pk, return_type=int)
]


@dataclass(frozen=True, slots=True)
class ComparisonDocument:
    """Run `other` against `reference`, on the items that both have; differences are other − reference.

    `by_question`: preferences were left out of the pairing, since one of the runs tells none that is relevant.
    """

    reference: RunByKey
    other: RunByKey
    measures: list[Measure]
    costs: list[Measure]
    gains: list[Gain]
    common: int
    questions: int
    only_reference: int
    only_other: int
    by_question: bool


@dataclass(frozen=True, slots=True)
class Comparison(ComparisonDocument):
    """The same for a page, with the names of judges that rate one of the runs only."""

    judges_of_one: list[str]


PairingKey = tuple[int, str, int]
"""Question, preference (empty where questions alone pair), and which repetition of the two, from 1."""


class Side:
    """A run's items as arrays, read once for all comparisons."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.read = RunOutcomes(run)
        self.costs: ItemCosts = item_costs(run, self.read.items)

    def keys(self, *, by_question: bool) -> dict[PairingKey, int]:
        """Where each item stands in the arrays, by what pairs it with an item of another run.

        By question, preference and repetition, or by question alone: the first of a question with the first.
        """
        keys: dict[PairingKey, int] = {}
        of_question: Counter[int] = Counter()
        for index, row in enumerate(self.read.rows):
            of_question[row.question] += 1
            if by_question:
                keys[row.question, "", of_question[row.question]] = index
            else:
                keys[row.question, row.preference, row.repetition] = index
        return keys


def pairing_keys(a: Side, b: Side, *, by_question: bool) -> tuple[list[PairingKey], Indices, Indices]:
    """The keys of the items that both runs have, and where these stand in the arrays of a and of b.

    By question alone, a question that one run asks more often than the other cannot be paired, and is left out.
    """
    of_a, of_b = a.keys(by_question=by_question), b.keys(by_question=by_question)
    common = sorted(of_a.keys() & of_b.keys())
    if by_question:
        asked_by_a, asked_by_b = (Counter(question for question, *_ in keys) for keys in (of_a, of_b))
        common = [key for key in common if asked_by_a[key[0]] == asked_by_b[key[0]]]
    return (
        common,
        np.array([of_a[key] for key in common], dtype=np.int64),
        np.array([of_b[key] for key in common], dtype=np.int64),
    )


def corrected(uncorrected: Sequence[Comparison]) -> list[Comparison]:
    """Comparisons that are shown together, with p-values corrected over all of them (Holm)."""
    comparisons = [replace(comparison, measures=list(comparison.measures)) for comparison in uncorrected]
    tests = [
        (i, j, measure.p_value)
        for i, comparison in enumerate(comparisons)
        for j, measure in enumerate(comparison.measures)
        if measure.p_value is not None
    ]
    p_values = holm(np.array([p_value for *_, p_value in tests], dtype=np.float64))
    for (i, j, _), p_value in zip(tests, p_values, strict=True):
        comparisons[i].measures[j] = replace(comparisons[i].measures[j], p_holm=float(p_value))
    return comparisons


def compare_anew(reference: Run, other: Run) -> Comparison:
    """One run against the reference, read now; its p-values are not corrected."""
    return _compare(Side(reference), Side(other))


def _compare(a: Side, b: Side) -> Comparison:
    by_question = (a.run.setting == Setting.IRRELEVANT) != (b.run.setting == Setting.IRRELEVANT)
    common, at_a, at_b = pairing_keys(a, b, by_question=by_question)
    question = np.array([question for question, *_ in common], dtype=np.int64)
    judges = [] if by_question else [judge for judge in a.read.verdicts if judge in b.read.verdicts]
    measures = _measures(a, b, at_a, at_b, judges)
    costs = _costs(a, b, at_a, at_b)
    rates = paired_rates(
        [ratio for *_, ratio in (*measures, *costs)], clusters=question, rng=np.random.default_rng(SEED)
    )
    estimates = [
        Measure.of(key, name, judge, rate)
        for (key, name, judge, _), rate in zip((*measures, *costs), rates.rates, strict=True)
    ]
    return Comparison(
        reference=a.run,
        other=b.run,
        measures=estimates[: len(measures)],
        costs=estimates[len(measures) :],
        gains=_gains(estimates, rates, len(common)),
        common=len(common),
        questions=int(np.unique(question).size),
        only_reference=len(a.read.items) - len(common),
        only_other=len(b.read.items) - len(common),
        by_question=by_question,
        judges_of_one=sorted(set(a.read.verdicts) ^ set(b.read.verdicts)),
    )


Named = tuple[str, str, str, PairedRatio]
"""Key, name, judge and the ratio itself."""


def _measures(a: Side, b: Side, at_a: Indices, at_b: Indices, judges: Sequence[str]) -> list[Named]:
    """The metrics as ratios of sums over the items in common."""
    of_a, of_b = a.read.outcomes.taken(at_a), b.read.outcomes.taken(at_b)
    irrelevant = a.run.setting == b.run.setting == Setting.IRRELEVANT
    named = [
        (
            "breakage_rate",
            "Breakage rate",
            "",
            _ratio(of_a, of_b, _breakage, undefined=_why(of_a, of_b, NO_CORRECT_BASELINE)),
        ),
    ]
    for judge in judges:
        said_a, said_b = _said(a.read.verdicts[judge], at_a), _said(b.read.verdicts[judge], at_b)
        why = NO_RELEVANT_PREFERENCE if irrelevant else _why(of_a, of_b, NOT_SCORED)
        columns_a, columns_b = _judged(of_a, said_a), _judged(of_b, said_b)
        for position, (key, name) in enumerate(
            (("alignment_failure", "Alignment failure"), ("robustness_error", "Robustness error"))
        ):
            ratio = PairedRatio(
                columns_a[position],
                columns_a[2],
                columns_b[position],
                columns_b[2],
                complement=True,
                undefined=why,
            )
            named.append((key, name, judge, ratio))
    if irrelevant:
        named = [named[0], ("robustness_error", "Robustness error", "", named[0][3])]
    named += [
        (
            "performance_variation",
            "Performance variation",
            "",
            _ratio(of_a, of_b, _variation, undefined=_why(of_a, of_b, NEVER_CORRECT)),
        ),
        (
            "delivery_failure",
            "Delivery failure",
            "",
            _ratio(of_a, of_b, _delivery, undefined="no items in common"),
        ),
    ]
    return named


def _why(a: ItemOutcomes, b: ItemOutcomes, otherwise: str) -> str:
    """Why a rate that needs baselines is undefined in one of the runs."""
    reasons = {a.why_no_correct_baseline, b.why_no_correct_baseline}
    return f"{NO_BASELINE} in one of the runs" if NO_BASELINE in reasons else otherwise


def _ratio(a: ItemOutcomes, b: ItemOutcomes, of: "Columns", *, undefined: str) -> PairedRatio:
    return PairedRatio(*of(a), *of(b), complement=True, undefined=undefined)


class Columns:
    """Numerator and denominator of a rate's complement, as floats."""

    def __init__(self, success: str, among: str) -> None:
        self.success, self.among = success, among

    def __call__(self, of: ItemOutcomes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        flags = {
            "correct baseline": of.baseline_correct,
            "correct in both": of.baseline_correct & of.personalised_correct,
            "correct in either": (of.baseline_correct | of.personalised_correct) & of.has_baseline,
            "delivered": of.personalised_delivered,
            "all": np.ones(of.question.size, dtype=np.bool_),
        }
        return flags[self.success].astype(np.float64), flags[self.among].astype(np.float64)


_breakage = Columns("correct in both", "correct baseline")
_variation = Columns("correct in both", "correct in either")
_delivery = Columns("delivered", "all")


def _said(verdicts: Verdicts, at: Indices) -> Verdicts:
    return Verdicts(scored=verdicts.scored[at], followed=verdicts.followed[at])


def _judged(
    outcomes: ItemOutcomes, verdicts: Verdicts
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Followed, correct and followed, and the scored items of Q* that both are shares of."""
    among = outcomes.baseline_correct & verdicts.scored
    both = among & verdicts.followed & outcomes.personalised_correct
    return (
        (among & verdicts.followed).astype(np.float64),
        both.astype(np.float64),
        among.astype(np.float64),
    )


def _costs(a: Side, b: Side, at_a: Indices, at_b: Indices) -> list[Named]:
    """What an item takes, on the common items where both runs know it."""
    named: list[Named] = []
    for key, name in COSTS:
        of_a, of_b = a.costs.amounts[key][at_a], b.costs.amounts[key][at_b]
        known = ~np.isnan(of_a) & ~np.isnan(of_b)
        among = known.astype(np.float64)
        silent = a if np.isnan(of_a).all() else b
        ratio = PairedRatio(
            np.where(known, of_a, 0.0),
            among,
            np.where(known, of_b, 0.0),
            among,
            undefined=f"{silent.run}: {silent.costs.undefined[key]}",
            tested=False,
        )
        named.append((key, name, "", ratio))
    return named


def _gains(estimates: Sequence[Measure], rates: PairedRates, n: int) -> list[Gain]:
    at = {measure.key: index for index, measure in enumerate(estimates) if measure.key in dict(COSTS)}
    gains = []
    for index, measure in enumerate(estimates):
        if measure.key != "robustness_error":
            continue
        difference = measure.difference.value
        per = {
            key: paired_gain(
                -rates.replicates[:, index],
                rates.replicates[:, at[key]] * scale,
                gain_value=None if difference is None else -difference,
                cost_value=None if (cost := estimates[at[key]].difference.value) is None else cost * scale,
                n=n,
                questions=rates.questions,
                per=name,
            )
            for key, scale, name in (("seconds", 1, "seconds"), ("dollars", 100, "cents"))
        }
        gains.append(Gain(measure.judge, per["seconds"], per["dollars"]))
    return gains
