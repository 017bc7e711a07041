"""The rates of one run, with each judge and with all of them, as results."""

from dataclasses import dataclass, field
from typing import Annotated, Self

from perg.stats.base.estimate import Estimate
from perg.stats.base.result import added
from perg.stats.base.undefined import Undefined
from perg.stats.correction.correction import (
    CorrectedRate,
    CorrectedRates,
)
from perg.stats.correction.denominators import RateToReport, differing_items, rate_to_report
from perg.stats.correction.slices import CorrectedSlice


@dataclass(frozen=True, slots=True)
class JudgeRate:
    """A rate with one judge: by each method, and by preference category; `unscored` items are left out of it.

    `over` is a sentence on the items that it counts.
    """

    judge: str
    over: str = field(default="", kw_only=True)
    unscored: int
    rates: CorrectedRates
    by_preference_category: tuple[CorrectedSlice, ...]


@dataclass(frozen=True, slots=True)
class StackedRate:
    """PPI++ with several judges stacked as one predictor, on the items that all of them scored."""

    judges: tuple[str, ...]
    over: str = field(default="", kw_only=True)
    rate: CorrectedRate


@dataclass(frozen=True, slots=True)
class Rate:
    """One rate of one run: with each judge, with all of them stacked, and which of these numbers to report.

    `differing_items` says so where judges scored different items, so that even people's rates differ.
    """

    judges: tuple[JudgeRate, ...]
    stacked: StackedRate | Undefined
    to_report: Annotated[RateToReport | None, added(null=False)] = None
    differing_items: Annotated[str | None, added()] = None

    @classmethod
    def of(cls, judges: tuple[JudgeRate, ...], stacked: StackedRate | Undefined) -> Self:
        """The rate with what follows from its parts: the number to report, and whether the items differ."""
        named = [(judge.judge, judge.rates) for judge in judges]
        of_all = stacked.rate if isinstance(stacked, StackedRate) else None
        return cls(judges, stacked, rate_to_report(named, of_all), differing_items(named))


@dataclass(frozen=True, slots=True)
class RunRates:
    """One run: rates over the `counted` of its `items`, `population` says which these are.

    `people_alone` is the alignment failure by people's labels alone, on all counted items that have them, also
    where no judge has scored.
    """

    run: str
    items: int
    counted: int
    population: str
    people_alone: Annotated[Estimate | None, added(null=False)] = field(default=None, kw_only=True)
    alignment_failure: Rate | Undefined
    robustness_error: Rate | Undefined
