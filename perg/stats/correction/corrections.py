"""Whether a report has a rate that is corrected for one judge's errors, and that may be reported."""

from dataclasses import dataclass

from perg.stats.base.undefined import Undefined
from perg.stats.correction.corrected_runs import CorrectedRuns
from perg.stats.correction.correction import POWERED, ROGAN_GLADEN, CorrectedRates, Method
from perg.stats.correction.run_rates import Rate

JUDGE_CORRECTED: tuple[Method, ...] = (POWERED, ROGAN_GLADEN)


@dataclass(frozen=True, slots=True)
class Correction:
    """In `runs` of `of_runs` runs a rate with this judge is corrected by one of the `methods`, without a warning."""

    methods: tuple[Method, ...]
    runs: int
    of_runs: int


def correction_of(rates: CorrectedRuns | Undefined, judge: str) -> Correction | Undefined:
    """What the report's rates have for a judge; where there is nothing, the reason."""
    if isinstance(rates, Undefined):
        return rates
    methods: dict[Method, None] = {}
    runs = 0
    reason = "no run has a rate with this judge"
    for run in rates.runs:
        recommended = dict.fromkeys(
            rate.recommended for rate in _of_judge((run.alignment_failure, run.robustness_error), judge)
        )
        usable = [method for method in JUDGE_CORRECTED if method in recommended]
        methods |= dict.fromkeys(usable)
        runs += bool(usable)
        for rate in _of_judge((run.alignment_failure,), judge):
            reason = rate.powered.estimate.undefined or " ".join(rate.powered.warnings)
    if not runs:
        return Undefined(reason.rstrip("."))
    return Correction(tuple(methods), runs, len(rates.runs))


def _of_judge(rates: tuple[Rate | Undefined, ...], judge: str) -> list[CorrectedRates]:
    return [
        of_judge.rates
        for rate in rates
        if isinstance(rate, Rate)
        for of_judge in rate.judges
        if of_judge.judge == judge
    ]
