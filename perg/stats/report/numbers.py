"""Of ratings that are numbers: how far each judge is from people, how to read its scores, and the true mean."""

from dataclasses import dataclass

import numpy as np

from perg.stats.base.estimate import Estimate
from perg.stats.base.resampling import Floats
from perg.stats.estimators.powered_mean import CorrectedMean, corrected_mean
from perg.stats.items.validation_input import ValidationInput, ValidationSettings
from perg.stats.numeric.calibration_line import calibration_line
from perg.stats.numeric.concordance import intraclass_correlation, lin_concordance
from perg.stats.numeric.differences import limits_of_agreement
from perg.stats.report.design import Design

RANGE_OF_RATINGS = (
    "The range of the scale is not stated. It is taken to run from the lowest to the highest rating, {low:g} to "
    "{high:g}: the interval may be too narrow."
)


@dataclass(frozen=True, slots=True)
class JudgeNumbers:
    """One judge, in the unit of the scale.

    Attributes:
        n: items with a rating by the judge and by people.
        mean_difference, spread: mean and standard deviation of judge − person, over all pairs of their ratings of an
            item. lower_limit, upper_limit: between them lie 95% of the differences, if they are normal; `inside` is
            the share that does.
        slope: points of people's mean rating a point of the judge. expected_at_lowest, expected_at_mean,
            expected_at_highest: people's expected mean rating where the judge gives the lowest, its mean (`mean_score`,
            among these items) and the highest rating. line_error: root mean square of people's distance from the line.
        concordance: Lin's, with people's mean. intraclass: ICC(A,1) of the judge and people's mean.
        people_mean: of all judged items, by people's ratings alone. judge_mean: by the judge alone. corrected_mean: by
            PPI++. mean_bias: judge_mean − corrected_mean. effective_labels: labels alone that would say as much.
    """

    judge: str
    n: int
    mean_difference: Estimate
    spread: Estimate
    lower_limit: Estimate
    upper_limit: Estimate
    inside: Estimate
    slope: Estimate
    expected_at_lowest: Estimate
    expected_at_mean: Estimate
    expected_at_highest: Estimate
    mean_score: float | None
    line_error: float | None
    concordance: Estimate
    intraclass: Estimate
    people_mean: Estimate
    judge_mean: Estimate
    corrected_mean: Estimate
    mean_bias: Estimate
    effective_labels: float | None


@dataclass(frozen=True, slots=True)
class Numbers:
    """Ratings on an interval scale.

    `lowest` and `highest` are the ends of the scale, `range_is_stated` whether its owner says so or they are those that
    occur. `people_intraclass` is ICC(A,1) of people with one another: what a judge's can be compared with.
    """

    lowest: float
    highest: float
    range_is_stated: bool
    people_intraclass: Estimate
    judges: tuple[JudgeNumbers, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Unit:
    """The scale as [0, 1], on which everything is computed, so that neither its unit nor its size costs digits."""

    lowest: float
    highest: float

    @property
    def reach(self) -> float:
        return self.highest - self.lowest or 1.0

    def to_unit(self, values: Floats) -> Floats:
        return np.asarray(np.clip((values - self.lowest) / self.reach, 0, 1))

    def difference(self, estimate: Estimate, *, start: float = 0.0) -> Estimate:
        """The estimate in the unit of the scale."""
        if estimate.value is None:
            return estimate
        ends = None
        if estimate.low is not None and estimate.high is not None:
            ends = start + self.reach * estimate.low, start + self.reach * estimate.high
        value = start + self.reach * estimate.value
        return Estimate.of(value, estimate.n, ends, warnings=estimate.warnings)

    def level(self, estimate: Estimate) -> Estimate:
        """The estimate as a place on the scale."""
        return self.difference(estimate, start=self.lowest)


def numbers_section(data: ValidationInput, settings: ValidationSettings) -> Numbers:
    """Every judge beside people, over the items that both rated, and the mean over all items that it rated."""
    lowest, highest, is_stated = _range(data)
    unit = _Unit(lowest, highest)
    people = unit.to_unit(data.people.values)
    section = _Section(data, settings, unit, is_stated, people)
    return Numbers(
        lowest=lowest,
        highest=highest,
        range_is_stated=is_stated,
        people_intraclass=intraclass_correlation(
            people, clusters=data.clusters, confidence=settings.confidence
        ),
        judges=tuple(section.judge(name) for name in data.ratings.judges),
    )


def _range(data: ValidationInput) -> tuple[float, float, bool]:
    """The ends of the scale, which hold all ratings, and whether they are stated."""
    occurring = data.table.values[~np.isnan(data.table.values)]
    low, high = (float(occurring.min()), float(occurring.max())) if occurring.size else (0.0, 0.0)
    if data.value_range is None:
        return low, high, False
    stated = data.value_range
    return min(stated[0], low), max(stated[1], high), stated[0] <= low and high <= stated[1]


@dataclass(frozen=True, slots=True, eq=False)
class _Section:
    """People's ratings (n, people) in [0, 1], and what the parts about each judge share."""

    data: ValidationInput
    settings: ValidationSettings
    unit: _Unit
    range_is_stated: bool
    people: Floats

    def means(self) -> Floats:
        """People's mean rating of each item (n,), NaN where there is none."""
        rated = ~np.isnan(self.people)
        times = rated.sum(axis=1)
        sums = np.where(rated, self.people, 0).sum(axis=1)
        return np.where(times > 0, sums / np.maximum(times, 1), np.nan)

    def judge(self, name: str) -> JudgeNumbers:
        clusters, confidence = self.data.clusters, self.settings.confidence
        judge, means = self.unit.to_unit(self.data.table.column(name)), self.means()
        items = np.repeat(np.arange(judge.size), self.people.shape[1])
        limits = limits_of_agreement(
            judge[items], self.people.ravel(), item=items, clusters=clusters[items], confidence=confidence
        )
        line = calibration_line(judge, means, clusters=clusters, confidence=confidence)
        turned = calibration_line(1 - judge, 1 - means, clusters=clusters, confidence=confidence)
        mean = self.mean(judge, means)
        return JudgeNumbers(
            judge=name,
            n=int((~np.isnan(judge) & ~np.isnan(means)).sum()),
            mean_difference=self.unit.difference(limits.bias),
            spread=self.unit.difference(limits.spread),
            lower_limit=self.unit.difference(limits.low),
            upper_limit=self.unit.difference(limits.high),
            inside=limits.inside,
            slope=line.slope,
            expected_at_lowest=self.unit.level(line.intercept),
            expected_at_mean=self.unit.level(line.at_mean),
            expected_at_highest=self.unit.level(turned.intercept.complement()),
            mean_score=None
            if line.judge_mean is None
            else self.unit.lowest + self.unit.reach * line.judge_mean,
            line_error=None if line.error is None else self.unit.reach * line.error,
            concordance=lin_concordance(judge, means, clusters=clusters, confidence=confidence),
            intraclass=intraclass_correlation(
                np.column_stack([judge, means]), clusters=clusters, confidence=confidence
            ),
            people_mean=self.told(self.unit.level(mean.human)),
            judge_mean=self.told(self.unit.level(mean.judge)),
            corrected_mean=self.told(self.unit.level(mean.corrected)),
            mean_bias=self.told(self.unit.difference(mean.bias)),
            effective_labels=mean.effective_labels,
        )

    def mean(self, judge: Floats, means: Floats) -> CorrectedMean:
        """The mean of all items that the judge rated, in [0, 1]."""
        judged = ~np.isnan(judge)
        drawn = Design.of(self.data).select(judged)
        return corrected_mean(
            means[judged],
            judge[judged],
            stratum=drawn.stratum,
            inclusion=drawn.inclusion,
            cluster=drawn.cluster,
            confidence=self.settings.confidence,
        )

    def told(self, estimate: Estimate) -> Estimate:
        """The estimate, and that it rests on a range that nobody has stated."""
        if estimate.value is None or self.range_is_stated:
            return estimate
        return estimate.with_warnings(RANGE_OF_RATINGS.format(low=self.unit.lowest, high=self.unit.highest))
