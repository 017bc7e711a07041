"""The rates of each run of a campaign, corrected for the judges' errors, and the differences between runs."""

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from perg.stats.base.estimate import Estimate
from perg.stats.base.proportions import Flags, proportion
from perg.stats.base.undefined import Undefined
from perg.stats.correction.correction import CorrectedRate, corrected_rates, powered_rate
from perg.stats.correction.denominators import rate_over
from perg.stats.correction.paired import PairedDifference, paired_difference
from perg.stats.correction.run_rates import JudgeRate, Rate, RunRates, StackedRate
from perg.stats.correction.slices import CorrectedSlice, corrected_slices
from perg.stats.correction.stacking import stacked_predictions
from perg.stats.estimators.judged_sample import JudgedSample
from perg.stats.items.labelled_items import NO_DECISION, LabelledItems
from perg.stats.items.validation_input import IRRELEVANT, ValidationInput, ValidationSettings
from perg.stats.ratings.ratings import Ratings

RateName = Literal["alignment_failure", "robustness_error"]
RATES: tuple[RateName, ...] = ("alignment_failure", "robustness_error")

ALL_ITEMS = "all items"
PREFERENCE_CATEGORY = "preference category"
NOTHING_TO_FOLLOW = "in the setting irrelevant there is nothing to follow"
NO_JUDGE_NEEDED = "in the setting irrelevant it is the share of wrong answers, which needs no judge"
UNEVEN_SAMPLE = "the sample was not drawn evenly: see people's labels alone beside a judge, which weigh it"
NO_ANSWERS = "it is not known which personalised answers are correct"
NO_SECOND_RATE = "these items have no answers that are right or wrong"


@dataclass(frozen=True, slots=True)
class RunDifference:
    """Rate of run b minus rate of run a on the items that both asked: below 0, b fails less often."""

    a: str
    b: str
    rate: RateName
    judge: str
    difference: PairedDifference | Undefined


@dataclass(frozen=True, slots=True)
class CorrectedRuns:
    """All runs by name, and all pairs of runs."""

    runs: tuple[RunRates, ...]
    differences: tuple[RunDifference, ...]


def corrected_runs(
    data: ValidationInput, labelled: LabelledItems, settings: ValidationSettings
) -> CorrectedRuns | Undefined:
    """Alignment failure and robustness error of every run, and their paired differences.

    Both are over the items whose baseline answer is correct, where that is known, and which the judge scored; people's
    decision is what was adjudicated, else their majority.
    """
    if labelled.cut is None or labelled.decision is None:
        return Undefined(NO_DECISION)
    rates = _Rates(data, labelled, settings)
    names = np.unique(rates.run)
    return CorrectedRuns(
        tuple(rates.of_run(str(name)) for name in names),
        tuple(
            rates.difference(str(a), str(b), rate, judge)
            for a, b in combinations(names, 2)
            for rate in RATES
            for judge in data.ratings.judges
        ),
    )


class _Rates:
    """The whole input as failures (1), by people and by each judge, over all items."""

    def __init__(self, data: ValidationInput, labelled: LabelledItems, settings: ValidationSettings) -> None:
        assert labelled.cut is not None
        assert labelled.decision is not None
        self.data, self.settings = data, settings
        n = len(data.table.units)
        self.run = np.array([ALL_ITEMS] * n if data.run is None else data.run, dtype=np.str_)
        setting = data.facets.get("setting")
        self.irrelevant = np.array([name == IRRELEVANT for name in setting or [None] * n], dtype=np.bool_)
        self.counted = np.ones(n, dtype=np.bool_) if data.baseline_correct is None else data.baseline_correct
        self.people = np.full(n, np.nan)
        self.people[labelled.rows] = 1 - labelled.decision
        self.judges = {
            name: 1 - data.table.followed(labelled.cut).column(name) for name in data.ratings.judges
        }
        self.stratum = np.zeros(n, dtype=np.int64)
        if data.stratum is not None:
            self.stratum = np.unique(np.asarray(data.stratum, dtype=np.str_), return_inverse=True)[1]
        self.inclusion = np.ones(n)
        if data.inclusion is not None:
            self.inclusion = np.where(np.isnan(data.inclusion), 1.0, data.inclusion)
        self.pairing = data.clusters if data.pairing is None else data.pairing
        categories = data.facets.get(PREFERENCE_CATEGORY)
        self.categories = (
            None if categories is None else np.array([name or "" for name in categories], dtype=np.str_)
        )

    def of_run(self, name: str) -> RunRates:
        """Both rates of one run."""
        items = self.run == name
        return RunRates(
            run=name,
            items=int(items.sum()),
            counted=int((items & self.counted).sum()),
            population=self._population(),
            people_alone=self._by_people(items),
            alignment_failure=self._undefined("alignment_failure", items)
            or self._rate("alignment_failure", items),
            robustness_error=self._undefined("robustness_error", items)
            or self._rate("robustness_error", items),
        )

    def _population(self) -> str:
        if self.data.baseline_correct is not None:
            return "items whose baseline answer is correct"
        if not self.data.terms.has_baseline:
            return ALL_ITEMS
        return "all items: it is not known which baseline answers are correct"

    def _by_people(self, items: Flags) -> Estimate:
        """Alignment failure by people's decisions alone; weights are left to the rates with judges."""
        if not (items & ~self.irrelevant).any():
            return Estimate.of_nothing(NOTHING_TO_FOLLOW)
        among = items & self.counted & ~self.irrelevant & ~np.isnan(self.people)
        if np.unique(self.stratum[among]).size > 1 or np.unique(self.inclusion[among]).size > 1:
            return Estimate.of_nothing(UNEVEN_SAMPLE)
        return proportion(
            self.people == 1,
            among=among,
            clusters=self.data.clusters,
            confidence=self.settings.confidence,
            undefined="people have decided no item that counts",
        )

    def _undefined(self, rate: RateName, items: Flags) -> Undefined | None:
        if not (items & ~self.irrelevant).any():
            return Undefined(NOTHING_TO_FOLLOW if rate == "alignment_failure" else NO_JUDGE_NEEDED)
        if rate == "robustness_error" and self.data.answer_correct is None:
            return Undefined(NO_ANSWERS if self.data.terms.has_baseline else NO_SECOND_RATE)
        if not self.data.ratings.judges:
            return Undefined("no judge has scored anything")
        if not (items & self.counted).any():
            return Undefined("no baseline answer is correct")
        return None

    def failures(self, rate: RateName, said: Ratings) -> Ratings:
        """(n,) 1 where the item fails by this rate, given who says not followed (1); NaN where they say nothing."""
        if rate == "alignment_failure":
            return said
        assert self.data.answer_correct is not None
        wrong = ~self.data.answer_correct
        return np.where(np.isnan(said), np.nan, np.maximum(said, wrong))

    def _rate(self, rate: RateName, items: Flags) -> Rate:
        among = items & self.counted & ~self.irrelevant
        return Rate.of(
            tuple(self._judge(rate, name, among) for name in self.data.ratings.judges),
            self._stacked(rate, among),
        )

    def _over(self, among: Flags, sample: JudgedSample, judges: tuple[str, ...]) -> str:
        runs = np.isin(self.run, np.unique(self.run[among]))
        return rate_over(
            items=int(runs.sum()),
            baseline_known=self.data.baseline_correct is not None,
            scored=sample.judged,
            labelled=sample.n,
            judges=judges,
            terms=self.data.terms,
        )

    def _judge(self, rate: RateName, judge: str, among: Flags) -> JudgeRate:
        scored = among & ~np.isnan(self.judges[judge])
        sample = self.sample(rate, self.failures(rate, self.judges[judge]), scored)
        slices: tuple[CorrectedSlice, ...] = ()
        if self.categories is not None and rate == "alignment_failure" and scored.any():
            named = self.categories[scored]
            slices = corrected_slices(
                sample.select(named != ""), named[named != ""], confidence=self.settings.confidence
            )
        return JudgeRate(
            judge=judge,
            over=self._over(among, sample, (judge,)),
            unscored=int(among.sum() - scored.sum()),
            rates=corrected_rates(sample, confidence=self.settings.confidence),
            by_preference_category=slices,
        )

    def _stacked(self, rate: RateName, among: Flags) -> StackedRate | Undefined:
        names = self.data.ratings.judges
        if len(names) < 2:
            return Undefined("there are fewer than two judges to stack")
        # Names have no order for a predictor, so it gets the decisions.
        nominal = self.data.ratings.scale == "nominal"
        scores = np.column_stack(
            [1 - self.judges[name] if nominal else self.data.table.column(name) for name in names]
        )
        scored = among & ~np.isnan(scores).any(axis=1)
        if not scored.any():
            return Undefined("no item is scored by all judges")
        outcome = self.failures(rate, self.people)[scored]
        columns = scores[scored]
        if rate == "robustness_error" and self.data.answer_correct is not None:
            columns = np.column_stack([columns, self.data.answer_correct[scored]])
        predictions = stacked_predictions(
            columns,
            outcome,
            cluster=self.data.clusters[scored],
            rng=np.random.default_rng(self.settings.seed),
        )
        whole = np.full(scored.size, np.nan)
        whole[scored] = predictions
        sample = self.sample(rate, whole, scored)
        return StackedRate(
            judges=tuple(names),
            over=self._over(among, sample, tuple(names)),
            rate=stacked_rate(sample, confidence=self.settings.confidence),
        )

    def sample(self, rate: RateName, prediction: Ratings, among: Flags) -> JudgedSample:
        """The items `among` (n,), which all have a prediction."""
        return JudgedSample.of(
            self.failures(rate, self.people)[among],
            prediction[among],
            stratum=self.stratum[among],
            inclusion=self.inclusion[among],
            cluster=self.data.clusters[among],
        )

    def difference(self, a: str, b: str, rate: RateName, judge: str) -> RunDifference:
        """The paired difference b − a of one rate by one judge."""
        return RunDifference(a, b, rate, judge, self._difference(a, b, rate, judge))

    def _difference(self, a: str, b: str, rate: RateName, judge: str) -> PairedDifference | Undefined:
        for name in (a, b):
            if (undefined := self._undefined(rate, self.run == name)) is not None:
                return undefined
        scored = self.counted & ~self.irrelevant & ~np.isnan(self.judges[judge])
        rows: list[NDArray[np.int64]] = [np.flatnonzero(scored & (self.run == name)) for name in (a, b)]
        if any(np.unique(self.pairing[of_run]).size < of_run.size for of_run in rows):
            return Undefined("a run asks the same thing twice: it is not known which items to pair")
        _, at_a, at_b = np.intersect1d(
            self.pairing[rows[0]], self.pairing[rows[1]], assume_unique=True, return_indices=True
        )
        if at_a.size == 0:
            return Undefined("no item was asked in both runs and scored by the judge")
        pair = rows[0][at_a], rows[1][at_b]
        failures = self.failures(rate, self.judges[judge]), self.failures(rate, self.people)
        stratum = self.stratum[pair[0]] * (int(self.stratum.max()) + 1) + self.stratum[pair[1]]
        inclusion = self.inclusion[pair[0]] * self.inclusion[pair[1]]
        of_a, of_b = (
            JudgedSample.of(
                failures[1][of_run],
                failures[0][of_run],
                stratum=stratum,
                inclusion=inclusion,
                cluster=self.data.clusters[pair[0]],
            )
            for of_run in pair
        )
        return paired_difference(of_a, of_b, confidence=self.settings.confidence)


def stacked_rate(sample: JudgedSample, *, confidence: float = 0.95) -> CorrectedRate:
    """PPI++ on predictions of `stacked_predictions`, with the interval of the estimate itself.

    A labelled item is predicted by its own fold's fit, others by the mean of all fits, so like predictions do not mean
    like items, and intervals that group items by prediction (`powered_rate`) cover too rarely: of 500 simulated runs
    each with 100 and 200 labels, 92% and 90%, where `pooled_interval` covers 94% and 96%.
    """
    return powered_rate(sample, grouped=False, confidence=confidence)
