"""The sections of some kinds of ratings as lines of text, for a terminal."""

from collections.abc import Iterator

from perg.stats.base.estimate import Estimate
from perg.stats.base.undefined import Undefined
from perg.stats.report.label_shares import LabelShares
from perg.stats.report.numbers import Numbers
from perg.stats.report.pair_answers import PairRater
from perg.stats.report.pair_strengths import SystemStrengths, WinRates
from perg.stats.report.pairs import Pairs
from perg.stats.report.validation import ValidationReport


def section_lines(report: ValidationReport) -> Iterator[str]:
    """What the report says beyond agreement and failures, a line each; nothing for scales of ordered levels."""
    if report.pairwise is not None:
        yield from _pairs(report.pairwise)
    if report.numeric is not None:
        yield from _numbers(report.numeric)
    if report.label_shares is not None:
        yield from _labels(report.label_shares)


def _pairs(pairs: Pairs) -> Iterator[str]:
    yield "Place, ties and both orders"
    for rater in pairs.raters:
        yield from _rater(rater)
    for judge in pairs.judges:
        yield f"  {judge.judge}: the same as people's {share(judge.confusion.agreement)}"
    yield "Win rates"
    yield from _win_rates(pairs.win_rates)
    if not isinstance(pairs.system_pairs, Undefined):
        for rates in pairs.system_pairs.pairs:
            yield from _win_rates(rates)
    if isinstance(pairs.strengths, SystemStrengths):
        yield "Strengths (log odds)"
        for row in pairs.strengths.people:
            yield f"  people: {row.system} {figure(row.strength)}"
        for judge_strengths in pairs.strengths.judges:
            for system in judge_strengths.systems:
                yield (
                    f"  {judge_strengths.judge}: {system.system} {figure(system.naive)}, corrected "
                    f"{figure(system.corrected)}"
                )


def _rater(rater: PairRater) -> Iterator[str]:
    flag = {True: "the place decides", False: "no bias shown", None: "not tested"}[rater.biased]
    yield (
        f"  {rater.rater}: the first shown wins {share(rater.first_shown)} ({flag}); ties {share(rater.ties)}; "
        f"both bad {share(rater.both_bad)}"
    )
    if rater.pairs_in_both_orders:
        yield (
            f"    {rater.pairs_in_both_orders} pairs in both orders: decided differently {share(rater.inconsistent)}; "
            f"the same winner in {rater.same_winner}"
        )


def _win_rates(rates: WinRates) -> Iterator[str]:
    for rate in rates.judges:
        yield (
            f"  {rates.one} against {rates.other}, {rate.judge}: {share(rate.naive)}, people alone "
            f"{share(rate.people)}, corrected {share(rate.corrected)}"
        )


def _numbers(numbers: Numbers) -> Iterator[str]:
    yield f"Numbers from {numbers.lowest:g} to {numbers.highest:g}"
    for judge in numbers.judges:
        yield (
            f"  {judge.judge}: mean {figure(judge.judge_mean, 3)}, people alone {figure(judge.people_mean, 3)}, "
            f"corrected {figure(judge.corrected_mean, 3)}"
        )
        yield (
            f"    judge − person {figure(judge.mean_difference, 3)}, limits {figure(judge.lower_limit, 3)} and "
            f"{figure(judge.upper_limit, 3)}; slope {figure(judge.slope)}, concordance {figure(judge.concordance)}"
        )


def _labels(shares: LabelShares) -> Iterator[str]:
    yield f"Shares of {shares.labels} labels{_without(shares.other_labels)}"
    for judge in shares.judges:
        yield f"  {judge.judge}: the same as people's {share(judge.confusion.agreement)}"
        for row in judge.rows:
            yield (
                f"    {row.label}: {share(row.judge)}, people alone {share(row.people)}, "
                f"corrected {share(row.corrected)}; missed {share(row.missed)}, invented {share(row.invented)}"
            )


def _without(others: int) -> str:
    return f", without the {others} least frequent ones" if others else ""


def share(estimate: Estimate) -> str:
    """In percent with interval and n, ⚠ with warnings; the reason where it is undefined."""
    if estimate.value is None:
        return f"undefined: {estimate.undefined}"
    low, high = estimate.low, estimate.high
    interval = "" if low is None or high is None else f" [{low:.1%}, {high:.1%}]"
    return f"{estimate.value:.1%}{interval} n={estimate.n}{' ⚠' if estimate.warnings else ''}"


def figure(estimate: Estimate, digits: int = 2) -> str:
    """The same of a number that is no share."""
    if estimate.value is None:
        return f"undefined: {estimate.undefined}"
    low, high = estimate.low, estimate.high
    interval = "" if low is None or high is None else f" [{low:.{digits}f}, {high:.{digits}f}]"
    return f"{estimate.value:.{digits}f}{interval} n={estimate.n}{' ⚠' if estimate.warnings else ''}"
