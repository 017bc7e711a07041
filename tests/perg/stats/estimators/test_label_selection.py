"""Labels that were chosen by what the judge says are no random sample, and the rates say so."""

import numpy as np

from perg.stats.correction.correction import corrected_rates
from perg.stats.estimators.judged_sample import JudgedSample
from perg.stats.estimators.label_selection import selection_warning


def campaign(
    rng: np.random.Generator, labelled: np.ndarray, *, strata: int = 1, each: int = 1
) -> JudgedSample:
    """300 items of which 17% fail and a judge of sensitivity 0.8 and specificity 0.9, labelled where flagged."""
    n = labelled.size
    failed = np.repeat(rng.random(n // each) < 0.17, each)
    reported = np.where(failed, rng.random(n) < 0.8, rng.random(n) < 0.1)
    return JudgedSample.of(
        np.where(labelled, failed, np.nan),
        reported.astype(float),
        stratum=np.arange(n) % strata,
        cluster=np.repeat(np.arange(n // each), each),
    )


def test_labels_on_what_the_judge_reported_are_no_random_sample() -> None:
    rng = np.random.default_rng(1)
    sample = campaign(rng, np.ones(300, dtype=bool))
    labelled = (sample.verdict == 1) | (rng.random(300) < 0.2)
    chosen = JudgedSample.of(np.where(labelled, sample.outcome, np.nan), sample.prediction)
    rates = corrected_rates(chosen)
    for rate in (rates.human, rates.powered):
        assert "not a random sample" in rate.warnings[0]
    assert rates.rogan_gladen.warnings
    assert rates.recommended is None


def test_labels_drawn_at_random_are_taken_for_it_in_nearly_all_campaigns() -> None:
    for strata, each in ((1, 1), (6, 1), (1, 5)):
        told = 0
        for seed in range(400):
            rng = np.random.default_rng(seed)
            drawn = np.zeros(300 // each, dtype=bool)
            drawn[rng.choice(drawn.size, drawn.size // 3, replace=False)] = True
            sample = campaign(rng, np.repeat(drawn, each), strata=strata, each=each)
            told += selection_warning(sample, sample.counts()) is not None
        assert told <= 4


def test_labels_enriched_by_verdict_in_strata_of_verdicts_are_random_within_them() -> None:
    rng = np.random.default_rng(2)
    sample = campaign(rng, np.ones(300, dtype=bool))
    labelled = (sample.verdict == 1) | (rng.random(300) < 0.2)
    chosen = JudgedSample.of(
        np.where(labelled, sample.outcome, np.nan), sample.prediction, stratum=sample.verdict
    )
    assert selection_warning(chosen, chosen.counts()) is None
