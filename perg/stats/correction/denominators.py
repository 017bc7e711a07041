"""What a rate of a run is over, why rates of one run differ in that, and which one to report: in sentences."""

from collections.abc import Sequence
from dataclasses import dataclass

from perg.stats.base.terms import Terms
from perg.stats.correction.correction import POWERED, CorrectedRate, CorrectedRates, Method


def rate_over(
    *, items: int, baseline_known: bool, scored: int, labelled: int, judges: Sequence[str], terms: Terms
) -> str:
    """What one rate is over: `scored` of the run's `items`, `labelled` of those by people.

    `judges` are those that have to have scored an item for it to count.
    """
    by = judges[0] if len(judges) == 1 else "all judges"
    if not terms.has_baseline:
        return f"Over the {scored:,} of {items:,} items that {by} scored. People's labels are on {labelled:,} of them."
    counted = (
        "those whose baseline answer is correct"
        if baseline_known
        else "all of them, as it is not known which baseline answers are correct"
    )
    return (
        f"Over {scored:,} of the run's {items:,} items: {counted}, as far as scored by {by}. People's labels are on "
        f"{labelled:,} of them."
    )


def differing_items(rates: Sequence[tuple[str, CorrectedRates]]) -> str | None:
    """Why the rates of one run with several judges (name, rates) differ by people's labels alone; None if not."""
    over = {(rate.human.judged, rate.human.labelled) for _, rate in rates}
    if len(over) < 2:
        return None
    by_people = ", ".join(_by_people(name, rate.human) for name, rate in rates)
    return (
        f"These rates are over different items, as the judges scored different ones. By people's labels alone the "
        f"rate is {by_people}. Compare only rates over the same items."
    )


def _by_people(judge: str, rate: CorrectedRate) -> str:
    value = rate.estimate.value
    share = "undefined" if value is None else f"{value:.1%}"
    return f"{share} (n = {rate.labelled:,}) on the items of {judge}"


@dataclass(frozen=True, slots=True)
class RateToReport:
    """Which of a run's rates to report: of which `judge` (None = all of them stacked) by which `method`.

    `method` is None if each has a warning or is undefined; `reason` says why, in one sentence.
    """

    judge: str | None
    method: Method | None
    reason: str


def rate_to_report(
    rates: Sequence[tuple[str, CorrectedRates]], stacked: CorrectedRate | None
) -> RateToReport:
    """One number for a run with one judge or more.

    All judges stacked come first, as no judge then has to be chosen by its result; then the judge whose PPI++ is worth
    most labels; then the first judge that has a rate to recommend.
    """
    if stacked is not None and stacked.reportable:
        return RateToReport(
            None, POWERED, "PPI++ with all judges stacked uses all there is, and its interval has no warning."
        )
    powered = [(name, rate) for name, rate in rates if rate.recommended == POWERED]
    if powered:
        judge, rate = max(powered, key=lambda named: named[1].powered.effective_labels or 0)
        reason = rate.recommended_reason
        if len(rates) > 1:
            reason = f"Of the judges with PPI++ without a warning, {judge} makes the labels worth most."
        return RateToReport(judge, POWERED, reason)
    for judge, rate in rates:
        if rate.recommended is not None:
            return RateToReport(judge, rate.recommended, rate.recommended_reason)
    return RateToReport(
        None, None, rates[0][1].recommended_reason if rates else "No judge has scored the run."
    )
