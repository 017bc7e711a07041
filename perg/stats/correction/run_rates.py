"""The rates of one run, with each judge and with all of them, as results."""

from dataclasses import dataclass
from typing import NotRequired, TypedDict

from perg.stats.base.estimate import Estimate, EstimateDict
from perg.stats.base.undefined import Undefined, UndefinedDict
from perg.stats.correction.correction import (
    CorrectedRate,
    CorrectedRateDict,
    CorrectedRates,
    CorrectedRatesDict,
)
from perg.stats.correction.denominators import RateToReportDict, differing_items, rate_to_report
from perg.stats.correction.slices import CorrectedSlice, CorrectedSliceDict


class JudgeRateDict(TypedDict):
    """`JudgeRate`, ready for JSON."""

    judge: str
    over: str
    unscored: int
    rates: CorrectedRatesDict
    by_preference_category: list[CorrectedSliceDict]


@dataclass(frozen=True, slots=True)
class JudgeRate:
    """A rate with one judge: by each method, and by preference category; `unscored` items are left out of it.

    `over` is a sentence on the items that it counts.
    """

    judge: str
    over: str
    unscored: int
    rates: CorrectedRates
    by_preference_category: tuple[CorrectedSlice, ...]

    def as_dict(self) -> JudgeRateDict:
        """One JSON-ready object."""
        return {
            "judge": self.judge,
            "over": self.over,
            "unscored": self.unscored,
            "rates": self.rates.as_dict(),
            "by_preference_category": [part.as_dict() for part in self.by_preference_category],
        }


class StackedRateDict(TypedDict):
    """`StackedRate`, ready for JSON."""

    judges: list[str]
    over: str
    rate: CorrectedRateDict


@dataclass(frozen=True, slots=True)
class StackedRate:
    """PPI++ with several judges stacked as one predictor, on the items that all of them scored."""

    judges: tuple[str, ...]
    over: str
    rate: CorrectedRate

    def as_dict(self) -> StackedRateDict:
        """One JSON-ready object."""
        return {"judges": list(self.judges), "over": self.over, "rate": self.rate.as_dict()}


class RateDict(TypedDict):
    """`Rate`, ready for JSON; stored reports of earlier versions lack what is not required."""

    judges: list[JudgeRateDict]
    stacked: StackedRateDict | UndefinedDict
    to_report: NotRequired[RateToReportDict]
    differing_items: NotRequired[str | None]


@dataclass(frozen=True, slots=True)
class Rate:
    """One rate of one run: with each judge, with all of them stacked, and which of these numbers to report.

    `differing_items` says so where judges scored different items, so that even people's rates differ.
    """

    judges: tuple[JudgeRate, ...]
    stacked: StackedRate | Undefined

    def as_dict(self) -> RateDict:
        """One JSON-ready object."""
        named = [(judge.judge, judge.rates) for judge in self.judges]
        stacked = self.stacked.rate if isinstance(self.stacked, StackedRate) else None
        return {
            "judges": [judge.as_dict() for judge in self.judges],
            "stacked": self.stacked.as_dict(),
            "to_report": rate_to_report(named, stacked).as_dict(),
            "differing_items": differing_items(named),
        }


class RunRatesDict(TypedDict):
    """`RunRates`, ready for JSON; stored reports of earlier versions lack what is not required."""

    run: str
    items: int
    counted: int
    population: str
    people_alone: NotRequired[EstimateDict]
    alignment_failure: RateDict | UndefinedDict
    robustness_error: RateDict | UndefinedDict


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
    people_alone: Estimate
    alignment_failure: Rate | Undefined
    robustness_error: Rate | Undefined

    def as_dict(self) -> RunRatesDict:
        """One JSON-ready object."""
        return {
            "run": self.run,
            "items": self.items,
            "counted": self.counted,
            "population": self.population,
            "people_alone": self.people_alone.as_dict(),
            "alignment_failure": self.alignment_failure.as_dict(),
            "robustness_error": self.robustness_error.as_dict(),
        }
