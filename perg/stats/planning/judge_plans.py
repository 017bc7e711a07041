"""What one judge needs: labels for an interval of a run's rate, and items for the alternative annotator test."""

import numpy as np

from perg.stats.base.proportions import Flags
from perg.stats.base.resampling import Clusters, dense_codes
from perg.stats.base.undefined import Undefined
from perg.stats.estimators.judged_sample import JudgedSample
from perg.stats.estimators.ppi import powered_moments
from perg.stats.items.labelled_items import NO_DECISION, LabelledItems
from perg.stats.items.validation_input import IRRELEVANT, ValidationInput, ValidationSettings
from perg.stats.judges.judge_validation import JudgeValidation
from perg.stats.planning.alternative_annotator_power import (
    LabelledPilot,
    UnitsPlan,
    units_for_alternative_annotator_test,
)
from perg.stats.planning.planning import JudgedRun, LabelPlan, Method, labels_for_interval
from perg.stats.ratings.ratings import Ratings, rank_values

HALF_WIDTHS = (0.05, 0.03)
METHODS: tuple[Method, ...] = ("human only", "PPI++", "Rogan-Gladen")
POWER = 0.8
MOST_UNITS = 3000


def labels_for_intervals(
    data: ValidationInput, labelled: LabelledItems, judge: str, settings: ValidationSettings
) -> tuple[LabelPlan, ...] | Undefined:
    """Labels drawn at random from a run of average size, for its rate of alignment failure.

    Failure rate, sensitivity and specificity are those of the labelled items that the corrected rates count, weighted
    as these weight them.
    """
    if labelled.cut is None or labelled.decision is None:
        return Undefined(NO_DECISION)
    verdicts = data.table.select([judge]).followed(labelled.cut).values[:, 0]
    counted = ~np.isnan(verdicts)
    if data.baseline_correct is not None:
        counted &= data.baseline_correct
    if "setting" in data.facets:  # nothing was to be followed there, so that there is no alignment failure
        counted &= np.array([setting != IRRELEVANT for setting in data.facets["setting"]], dtype=np.bool_)
    failed = np.full(counted.size, np.nan)
    failed[labelled.rows] = 1 - labelled.decision
    runs = np.zeros(counted.size, dtype=np.int64)
    if data.run is not None:
        runs = np.unique(np.asarray(data.run, dtype=np.str_), return_inverse=True)[1].astype(np.int64)
    sample = _sample(data, failed, 1 - verdicts, runs, counted)
    if reason := sample.undefined():
        return Undefined(reason)
    weights = sample.label_weights()
    failing, reported = np.nan_to_num(sample.outcome), sample.prediction
    rate = float(weights @ failing)
    if not 0 < rate < 1:
        return Undefined(
            "people see only failures, or none, among the labels so far: there is no rate to plan from"
        )
    size = round(sample.judged / np.unique(runs[counted]).size)
    if size < 2:
        return Undefined("the judge scored fewer than two items of a run")
    sensitivity = float(weights @ (failing * reported)) / rate
    specificity = float(weights @ ((1 - failing) * (1 - reported))) / (1 - rate)
    clustering = _clustering(sample)
    return tuple(
        labels_for_interval(
            half_width,
            JudgedRun(
                rate,
                min(max(sensitivity, 0.0), 1.0),
                min(max(specificity, 0.0), 1.0),
                size,
                clustering=clustering[method],
            ),
            method=method,
            confidence=settings.confidence,
            rng=np.random.default_rng(settings.seed),
        )
        for half_width in HALF_WIDTHS
        for method in METHODS
    )


def _sample(
    data: ValidationInput,
    failed: Ratings,
    reported: Ratings,
    runs: Clusters,
    counted: Flags,
) -> JudgedSample:
    """The counted items of all runs as one sample; items of different runs share no question here."""
    questions = dense_codes(data.clusters)
    clusters = runs * (int(questions.max(initial=0)) + 1) + questions
    inclusion = data.inclusion
    return JudgedSample.of(
        failed[counted],
        reported[counted],
        stratum=None if data.stratum is None else np.asarray(data.stratum, dtype=np.str_)[counted],
        inclusion=None if inclusion is None else np.where(np.isnan(inclusion), 1.0, inclusion)[counted],
        cluster=clusters[counted],
    )


def _clustering(sample: JudgedSample) -> dict[Method, float]:
    """`JudgedRun.clustering` by method, from the design effects of the labels so far."""
    moments = powered_moments(sample)
    share = sample.n / sample.judged

    def of(clustered: float, plain: float) -> float:
        return max(clustered / plain - 1, 0.0) / share if plain > 1e-12 else 0.0

    human = of(moments.human_variance, moments.human_unclustered)
    powered = of(moments.variance, moments.unclustered)
    return {"human only": human, "PPI++": powered, "Rogan-Gladen": max(human, powered)}


def items_for_test(
    labelled: LabelledItems, judge: JudgeValidation, settings: ValidationSettings
) -> UnitsPlan | Undefined:
    """Labelled items for the alternative annotator test, as the report runs it, to pass this judge."""
    test = judge.alternative_annotator_test
    if test.passed:
        return Undefined("the judge passes it already")
    if len(labelled.humans.raters) < 2:
        return Undefined("the test needs two people or more")
    humans, ratings = labelled.humans, labelled.judges.column(judge.name)
    if humans.level == "ordinal":  # as `assess_judge`: the order of the numbers counts
        ratings, humans = rank_values(ratings, humans.categories), humans.by_rank()
    pilot = LabelledPilot(
        humans,
        ratings,
        scoring=test.scoring,
        clusters=labelled.clusters,
    )
    return units_for_alternative_annotator_test(
        pilot,
        epsilon=test.epsilon,
        power=POWER,
        most=MOST_UNITS,
        rng=np.random.default_rng(settings.seed),
    )
