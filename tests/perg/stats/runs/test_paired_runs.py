"""Differences of two runs on the same items, against hand-derived fractions and other implementations."""

import numpy as np
import pytest
from scipy.stats import binomtest, norm
from statsmodels.stats.multitest import multipletests

from perg.stats.base.intervals import ONE_CLUSTER
from perg.stats.base.means import mean
from perg.stats.base.multiple_tests import holm
from perg.stats.base.resampling import Draws
from perg.stats.runs.aligner_stages import AlignerOutcomes, Failure, aligner_stages
from perg.stats.runs.paired_runs import PairedRatio, paired_difference, paired_gain, paired_rates
from perg.stats.runs.perg_metrics import ItemOutcomes, Verdicts


def ratio(a: list[float], b: list[float], **options: object) -> PairedRatio:
    ones = np.ones(len(a))
    return PairedRatio(np.array(a), ones, np.array(b), ones, **options)  # type: ignore[arg-type]


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def test_the_difference_is_that_of_the_two_rates() -> None:
    found = paired_rates([ratio([1, 1, 0, 0], [1, 0, 0, 0])], clusters=np.arange(4), rng=rng()).rates[0]
    assert (found.a, found.b, found.difference.value, found.difference.n) == (0.5, 0.25, -0.25, 4)


def test_a_complement_turns_rates_and_difference_round() -> None:
    found = paired_rates(
        [ratio([1, 1, 0, 0], [1, 0, 0, 0], complement=True)], clusters=np.arange(4), rng=rng()
    ).rates[0]
    assert (found.a, found.b, found.difference.value) == (0.5, 0.75, 0.25)


def test_denominators_may_differ_between_the_runs() -> None:
    pair = PairedRatio(
        np.array([1.0, 0, 0]), np.array([1.0, 1, 0]), np.array([1.0, 0, 1]), np.array([1.0, 0, 1])
    )
    found = paired_rates([pair], clusters=np.arange(3), rng=rng()).rates[0]
    assert (found.a, found.b, found.difference.n) == (0.5, 1.0, 3)


@pytest.mark.parametrize(("lost", "won"), [(12, 3), (8, 8), (20, 6)])
def test_the_p_value_is_mcnemars_where_every_item_is_a_question_of_its_own(lost: int, won: int) -> None:
    a = np.concatenate([np.ones(lost), np.zeros(won), np.ones(40)])
    b = np.concatenate([np.zeros(lost), np.ones(won), np.ones(40)])
    ones = np.ones(a.size)
    found = paired_rates([PairedRatio(a, ones, b, ones)], clusters=np.arange(a.size), rng=rng()).rates[0]
    exact = binomtest(lost, lost + won, 0.5).pvalue
    assert found.p_value == pytest.approx(exact, abs=0.02)


def test_the_interval_agrees_with_the_normal_one() -> None:
    source = np.random.default_rng(5)
    a, b = (source.random(2000) < 0.6).astype(float), (source.random(2000) < 0.55).astype(float)
    ones = np.ones(2000)
    found = paired_rates([PairedRatio(a, ones, b, ones)], clusters=np.arange(2000), rng=rng()).rates[0]
    half = 1.96 * (b - a).std() / np.sqrt(2000)
    assert found.difference.low == pytest.approx((b - a).mean() - half, abs=0.004)
    assert found.difference.high == pytest.approx((b - a).mean() + half, abs=0.004)


def test_the_interval_is_bonett_and_prices_where_every_item_is_a_question() -> None:
    """12 lost and 3 won of 55: (4 − 13) / 57 ± 1.959964 · sqrt((17/57 − (9/57)²) / 57)."""
    a = np.concatenate([np.ones(12), np.zeros(3), np.ones(40)])
    b = np.concatenate([np.zeros(12), np.ones(3), np.ones(40)])
    ones = np.ones(55)
    found = paired_difference(PairedRatio(a, ones, b, ones), clusters=np.arange(55))
    half = 1.959964 * np.sqrt((17 / 57 - (9 / 57) ** 2) / 57)
    assert found.difference.value == pytest.approx(-9 / 55)
    assert (found.difference.low, found.difference.high) == pytest.approx((-9 / 57 - half, -9 / 57 + half))
    assert found.p_value == pytest.approx(2 * norm.sf(9 / 57 / half * 1.959964))


def test_interval_and_p_value_never_disagree() -> None:
    """400 pairs of runs whose denominators and questions differ; exchange test and bootstrap did in up to 11%."""
    told_apart = 0
    for seed in range(400):
        source = np.random.default_rng(seed)
        a, b = (source.random((2, 60)) < np.array([[0.75], [0.55]])).astype(float)
        counted_a, counted_b = (source.random((2, 60)) < 0.9).astype(float)
        pair = PairedRatio(a * counted_a, counted_a, b * counted_b, counted_b, complement=bool(seed % 2))
        found = paired_difference(pair, clusters=np.arange(60) // (1 + seed % 4))
        assert found.p_value is not None
        assert found.difference.low is not None
        assert found.difference.high is not None
        excludes = found.difference.low > 0 or found.difference.high < 0
        assert excludes == (found.p_value < 0.05)
        told_apart += excludes
    assert 60 < told_apart < 340


def test_copies_of_items_within_questions_change_neither_interval_nor_p_much() -> None:
    source = np.random.default_rng(2)
    a, b = (source.random((2, 300)) < np.array([[0.66], [0.6]])).astype(float)
    ones = np.ones(300)
    once = paired_difference(PairedRatio(a, ones, b, ones), clusters=np.arange(300))
    many_a, many_b, many = (np.repeat(column, 5) for column in (a, b, ones))
    often = paired_difference(PairedRatio(many_a, many, many_b, many), clusters=np.repeat(np.arange(300), 5))
    assert _width(often.difference) == pytest.approx(_width(once.difference), rel=0.02)
    assert often.p_value == pytest.approx(once.p_value, rel=0.2)


def test_runs_that_never_differ_have_an_interval_around_zero() -> None:
    same = np.tile([1.0, 0.0], 20)
    found = paired_difference(PairedRatio(same, np.ones(40), same, np.ones(40)), clusters=np.arange(40))
    assert found.p_value == 1
    assert found.difference.low == pytest.approx(-1.959964 * np.sqrt(2) / 42)
    assert found.difference.high == pytest.approx(1.959964 * np.sqrt(2) / 42)
    assert "differ on 0 questions only" in found.difference.warnings[0]


def test_runs_on_one_question_have_a_difference_without_interval_or_p() -> None:
    found = paired_difference(ratio([1, 1, 0, 0], [1, 0, 0, 0]), clusters=np.zeros(4, dtype=np.int64))
    assert (found.difference.value, found.difference.low, found.p_value) == (-0.25, None, None)
    assert found.difference.warnings == (ONE_CLUSTER,)


def test_items_of_one_question_count_as_one_for_the_interval() -> None:
    a = np.repeat((np.arange(40) % 2 == 0).astype(float), 25)
    b = np.repeat((np.arange(40) % 3 == 0).astype(float), 25)
    ones = np.ones(1000)
    questions = np.repeat(np.arange(40), 25)
    alone = paired_rates([PairedRatio(a, ones, b, ones)], clusters=np.arange(1000), rng=rng()).rates[0]
    together = paired_rates([PairedRatio(a, ones, b, ones)], clusters=questions, rng=rng()).rates[0]
    assert _width(together.difference) > 3 * _width(alone.difference)


def _width(estimate: object) -> float:
    return float(estimate.high - estimate.low)  # type: ignore[attr-defined]


def test_runs_without_items_in_common_have_no_difference() -> None:
    found = paired_rates([ratio([], [])], clusters=np.array([], dtype=np.int64), rng=rng()).rates[0]
    assert found.difference.undefined == "no items in common"
    assert found.p_value is None


def test_a_rate_without_a_denominator_is_undefined_with_its_reason() -> None:
    nothing = PairedRatio(np.zeros(2), np.zeros(2), np.ones(2), np.ones(2), undefined="nothing scored")
    found = paired_rates([nothing], clusters=np.arange(2), rng=rng()).rates[0]
    assert (found.a, found.difference.undefined) == (None, "nothing scored")


def test_gain_is_the_ratio_of_the_two_differences() -> None:
    gain, cost = np.full(100, 0.1) + np.linspace(-0.01, 0.01, 100), np.full(100, 2.0)
    found = paired_gain(gain, cost, gain_value=0.1, cost_value=2.0, n=9, questions=50, per="seconds")
    assert (found.value, found.n) == (0.05, 9)
    assert found.low is not None


@pytest.mark.parametrize(
    ("cost", "cost_value", "reason"),
    [
        (np.linspace(-1, 2, 100), 0.5, "the runs do not surely differ in seconds"),
        (np.full(100, -2.0), -2.0, "it takes fewer seconds, so nothing is paid for the gain"),
        (np.zeros(100), 0.0, "the runs do not surely differ in seconds"),
        (np.full(100, np.nan), None, "one of the two differences is undefined"),
    ],
)
def test_gain_says_why_it_is_undefined(cost: np.ndarray, cost_value: float | None, reason: str) -> None:
    found = paired_gain(
        np.ones(100), cost, gain_value=1.0, cost_value=cost_value, n=9, questions=50, per="seconds"
    )
    assert found.undefined == reason


def test_holms_correction_agrees_with_statsmodels() -> None:
    p_values = np.array([0.01, 0.04, 0.03, 0.005, 0.5])
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])
    assert holm(np.array([])).size == 0


def test_a_mean_leaves_out_what_is_not_known() -> None:
    found = mean(
        np.array([1.0, np.nan, 3.0]), draws=Draws(rng=rng(), clusters=np.arange(3)), undefined="not told"
    )
    assert (found.value, found.n) == (2.0, 2)
    nothing = mean(np.array([np.nan]), draws=Draws(rng=rng(), clusters=np.arange(1)), undefined="not told")
    assert nothing.undefined == "not told"


def test_means_of_few_skewed_amounts_cover() -> None:
    """1,000 campaigns of 15 log-normal seconds; the percentile bootstrap covers 85%, the bootstrap-t 93%, about."""
    covered, truth = 0, float(np.exp(0.5))
    for seed in range(1000):
        source = np.random.default_rng(seed)
        seconds = np.exp(source.normal(size=15))
        found = mean(
            seconds, draws=Draws(rng=source, clusters=np.arange(15), resamples=400), undefined="not told"
        )
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= truth <= found.high
    assert covered / 1000 > 0.89


def test_a_mean_over_one_question_has_no_interval() -> None:
    found = mean(
        np.array([1.0, 2.0]),
        draws=Draws(rng=rng(), clusters=np.zeros(2, dtype=np.int64)),
        undefined="not told",
    )
    assert (found.value, found.low, found.warnings) == (1.5, None, (ONE_CLUSTER,))


def _flags(text: str) -> np.ndarray:
    return np.array([letter == "x" for letter in text])


def test_an_item_counts_at_the_first_stage_where_it_failed() -> None:
    outcomes = ItemOutcomes(
        baseline_correct=_flags("x.xxxxx"),
        personalised_correct=_flags("x.x.xxx"),
        baseline_delivered=_flags("xxxxxxx"),
        personalised_delivered=_flags("xxxxxxx"),
        question=np.arange(7),
    )
    aligner = AlignerOutcomes(fell_back=_flags(".xx...."), acted="not asked")
    verdicts = Verdicts(scored=_flags("xxxxx.x"), followed=_flags("x.....x"))
    found = {stage.stage: stage for stage in aligner_stages(outcomes, aligner, verdicts)}
    assert {stage: each.items for stage, each in found.items()} == {
        Failure.BASELINE_WRONG: 1,
        Failure.FELL_BACK: 1,
        Failure.BROKEN: 1,
        Failure.ACTED_ON_IRRELEVANT: None,
        Failure.NOT_FOLLOWED: 1,
        Failure.UNSCORED: 1,
        Failure.NONE: 2,
    }
    assert found[Failure.BROKEN].of_all.value == pytest.approx(1 / 7)
    assert found[Failure.BROKEN].of_reached.value == pytest.approx(1 / 5)
    assert found[Failure.ACTED_ON_IRRELEVANT].of_all.undefined == "not asked"
