import json

import krippendorff
import numpy as np
import pytest
from scipy.stats import t, ttest_rel
from sklearn.metrics import accuracy_score, balanced_accuracy_score, cohen_kappa_score
from statsmodels.stats.multitest import multipletests

from perg.stats.base.intervals import ONE_CLUSTER
from perg.stats.base.multiple_tests import holm
from perg.stats.base.resampling import Draws
from perg.stats.base.result import dump
from perg.stats.measures.comparison import (
    JudgeComparison,
    Statistic,
    benjamini_yekutieli,
    compare_judges,
    statistic_of_cells,
)
from perg.stats.ratings.ratings import BINARY, SCALE, Ratings
from tests.sizes import P_VALUE_LISTS, seeds

NAN = np.nan
STATISTICS: tuple[Statistic, ...] = ("alpha", "quadratic_kappa", "cohen_kappa", "accuracy", "informedness")


def compare(
    reference: Ratings, judges: dict[str, Ratings], statistic: Statistic = "accuracy", resamples: int = 200
) -> tuple[JudgeComparison, ...]:
    return compare_judges(
        reference, judges, BINARY, statistic, draws=Draws(rng=np.random.default_rng(0), resamples=resamples)
    )


def of_library(reference: Ratings, judge: Ratings, statistic: Statistic) -> float:
    match statistic:
        case "alpha":
            return float(
                krippendorff.alpha(
                    np.stack([reference, judge]), value_domain=SCALE, level_of_measurement="ordinal"
                )
            )
        case "quadratic_kappa":
            return float(cohen_kappa_score(reference, judge, weights="quadratic", labels=SCALE))
        case "cohen_kappa":
            return float(cohen_kappa_score(reference, judge))
        case "accuracy":
            return float(accuracy_score(reference, judge))
        case "informedness":
            return float(balanced_accuracy_score(reference, judge, adjusted=True))


def cells_of(reference: Ratings, judge: Ratings, categories: tuple[float, ...] = SCALE) -> Ratings:
    codes = [np.searchsorted(categories, one) for one in (reference, judge)]
    size = len(categories)
    return np.bincount(codes[0] * size + codes[1], minlength=size**2)[np.newaxis].astype(float)


@pytest.mark.parametrize("statistic", STATISTICS)
@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
@pytest.mark.one_in(3)
def test_statistics_equal_the_libraries_on_random_ratings(statistic: Statistic) -> None:
    for seed in seeds(200):
        rng = np.random.default_rng(seed)
        reference = rng.integers(1, 6, size=int(rng.integers(8, 60))).astype(float)
        judge = np.clip(reference + rng.integers(-2, 3, size=reference.size), 1, 5).astype(float)
        found = statistic_of_cells(cells_of(reference, judge), np.asarray(SCALE), statistic)[0]
        assert found == pytest.approx(of_library(reference, judge, statistic), abs=1e-9)


@pytest.mark.parametrize("statistic", ["quadratic_kappa", "cohen_kappa", "informedness"])
def test_a_constant_judge_has_exactly_nothing_whatever_prevails(statistic: Statistic) -> None:
    for failures in (1, 10, 50, 99):
        reference = np.repeat([0.0, 1.0], [failures, 100 - failures])
        for said in BINARY:
            cells = cells_of(reference, np.full(100, said), BINARY)
            assert statistic_of_cells(cells, np.asarray(BINARY), statistic)[0] == 0


def test_informedness_by_hand() -> None:
    """Sensitivity 3/4, specificity 4/6: 3/4 + 2/3 − 1 = 5/12."""
    cells = np.array([[3.0, 1, 2, 4]])
    assert statistic_of_cells(cells, np.asarray(BINARY), "informedness")[0] == pytest.approx(5 / 12)


def test_adjusted_p_values_equal_statsmodels() -> None:
    """Holm's on fewer lists: statsmodels takes a fifth of a second for each."""
    for seed in range(P_VALUE_LISTS):
        rng = np.random.default_rng(seed)
        p_values = np.round(rng.random(int(rng.integers(1, 15))) ** 3, 2)
        expected = multipletests(p_values, method="fdr_by")[1]
        assert benjamini_yekutieli(p_values) == pytest.approx(expected, abs=1e-12)
        if seed < 10:
            assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1], abs=1e-12)


def test_holm_by_hand() -> None:
    """0.01·3, then 0.02·2 = 0.04, then max(0.04, 0.03·1); and 0.6·2 is held at 1."""
    assert holm(np.array([0.03, 0.01, 0.02])).tolist() == pytest.approx([0.04, 0.03, 0.04])
    assert holm(np.array([0.6, 0.7])).tolist() == [1, 1]


def test_adjusting_no_p_value_gives_none() -> None:
    assert holm(np.empty(0)).size == 0
    assert benjamini_yekutieli(np.empty(0)).size == 0


def test_the_difference_is_taken_on_units_that_both_rated() -> None:
    """b did not rate the last two, on which a is wrong: 4/4 against 2/4."""
    reference = np.array([0.0, 1, 0, 1, 0, 1])
    a = np.array([0.0, 1, 0, 1, 1, 0])
    b = np.array([0.0, 1, 1, 0, NAN, NAN])
    (found,) = compare(reference, {"a": a, "b": b})
    assert found.n == 4
    assert (found.a_value.value, found.b_value.value, found.difference.value) == (1, 0.5, 0.5)


def test_the_standard_error_of_accuracy_is_that_of_paired_differences() -> None:
    """For a mean the bootstrap's error is s·sqrt((n − 1)/n)/sqrt(n), so p is the paired t-test's, about."""
    rng = np.random.default_rng(2)
    reference = rng.integers(0, 2, size=300).astype(float)
    a = np.where(rng.random(300) < 0.2, 1 - reference, reference)
    b = np.where(rng.random(300) < 0.27, 1 - reference, reference)
    (found,) = compare(reference, {"a": a, "b": b}, resamples=20_000)
    expected = ttest_rel((a == reference).astype(float), (b == reference).astype(float))
    assert found.p_value is not None
    assert t.isf(found.p_value / 2, 299) == pytest.approx(abs(expected.statistic), rel=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("statistic", STATISTICS)
@pytest.mark.one_in(3)
def test_the_interval_leaves_out_zero_exactly_where_p_is_below_five_percent(statistic: Statistic) -> None:
    """300 campaigns with few labels, some of them in questions; the percentile interval disagreed in up to 11%."""
    told_apart = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        reference = rng.integers(0, 2, size=40).astype(float)
        a = np.where(rng.random(40) < 0.1, 1 - reference, reference)
        b = np.where(rng.random(40) < 0.3, 1 - reference, reference)
        clusters = np.arange(40) // (1 + seed % 3)
        (found,) = compare_judges(
            reference,
            {"a": a, "b": b},
            BINARY,
            statistic,
            draws=Draws(rng=rng, clusters=clusters, resamples=200),
        )
        if found.difference.low is None:
            assert found.difference.warnings
            continue
        assert found.p_value is not None
        assert found.difference.high is not None
        excludes = found.difference.low > 0 or found.difference.high < 0
        assert excludes == (found.p_value < 0.05)
        told_apart += excludes
    assert 30 < told_apart < 270


def test_few_discordant_units_and_few_questions_are_warned_of() -> None:
    reference = np.tile([0.0, 1.0], 50)
    a, b = reference.copy(), reference.copy()
    b[:4] = 1 - b[:4]
    (found,) = compare(reference, {"a": a, "b": b})
    assert "differ on 4 questions only" in found.difference.warnings[0]
    (together,) = compare_judges(
        reference,
        {"a": a, "b": b},
        BINARY,
        "accuracy",
        draws=Draws(rng=np.random.default_rng(0), clusters=np.zeros(100, dtype=np.int64)),
    )
    assert together.difference.low is None
    assert together.difference.warnings == (ONE_CLUSTER,)


@pytest.mark.parametrize("statistic", STATISTICS)
def test_a_judge_is_not_better_than_itself(statistic: Statistic) -> None:
    rng = np.random.default_rng(1)
    reference, judge = rng.integers(0, 2, size=(2, 50)).astype(float)
    (found,) = compare(reference, {"a": judge, "b": judge.copy()}, statistic)
    assert found.difference.value == 0
    assert found.p_value == found.p_holm == 1


def test_where_no_resample_varies_the_sign_test_decides() -> None:
    """A perfect judge against one that is wrong on all ten units: 2 · 2^−10."""
    reference = np.tile([0.0, 1.0], 5)
    (found,) = compare(reference, {"right": reference, "wrong": 1 - reference})
    assert found.difference.low is None
    assert found.p_value == pytest.approx(2**-9)


def test_p_values_are_corrected_over_the_pairs_compared() -> None:
    rng = np.random.default_rng(3)
    reference = rng.integers(0, 2, size=200).astype(float)
    judges = {
        f"e{error}": np.where(rng.random(200) < error, 1 - reference, reference) for error in (0.1, 0.2, 0.3)
    }
    found = compare(reference, judges, "alpha")
    assert [(c.a, c.b) for c in found] == [("e0.1", "e0.2"), ("e0.1", "e0.3"), ("e0.2", "e0.3")]
    p_values = np.array([c.p_value for c in found], dtype=float)
    assert [c.p_holm for c in found] == pytest.approx(holm(p_values))
    assert [c.p_benjamini_yekutieli for c in found] == pytest.approx(benjamini_yekutieli(p_values))
    assert found[1].p_value is not None
    assert found[1].p_value < 0.01


def test_units_on_one_question_count_less() -> None:
    rng = np.random.default_rng(4)
    reference = rng.integers(0, 2, size=40).astype(float)
    a = np.where(rng.random(40) < 0.1, 1 - reference, reference)
    b = np.where(rng.random(40) < 0.4, 1 - reference, reference)
    ten_times = [np.repeat(one, 10) for one in (reference, a, b)]
    judges = {"a": ten_times[1], "b": ten_times[2]}
    questions = np.repeat(np.arange(40, dtype=np.int64), 10)
    rng = np.random.default_rng(0)
    (apart,) = compare_judges(ten_times[0], judges, BINARY, "accuracy", draws=Draws(rng=rng))
    (together,) = compare_judges(
        ten_times[0], judges, BINARY, "accuracy", draws=Draws(rng=rng, clusters=questions)
    )
    (once,) = compare_judges(
        reference, {"a": a, "b": b}, BINARY, "accuracy", draws=Draws(rng=rng, resamples=5000)
    )
    assert apart.p_value is not None
    assert together.p_value is not None
    assert once.p_value is not None
    assert apart.p_value < together.p_value / 10
    assert together.p_value == pytest.approx(once.p_value, rel=0.5)


@pytest.mark.parametrize(
    ("reference", "statistic", "n"),
    [
        (np.empty(0), "accuracy", 0),
        (np.full(4, NAN), "alpha", 0),
        (np.ones(4), "alpha", 4),
        (np.ones(4), "informedness", 4),
    ],
    ids=["empty", "no reference", "unanimous", "one side"],
)
def test_what_is_undefined_says_why(reference: Ratings, statistic: Statistic, n: int) -> None:
    judges = {"a": np.ones(reference.size), "b": np.ones(reference.size)}
    (found,) = compare(reference, judges, statistic)
    assert found.difference.undefined
    assert (found.n, found.p_value, found.p_holm) == (n, None, None)
    json.dumps(dump(found), allow_nan=False)


def test_one_unit_decides_nothing() -> None:
    (found,) = compare(np.ones(1), {"a": np.ones(1), "b": np.zeros(1)})
    assert found.difference.value == 1
    assert found.p_value == 1


def test_equal_judges_differ_significantly_in_about_one_campaign_in_twenty() -> None:
    """400 campaigns: 0.05 ± 3.3 standard errors is 0.014 to 0.086."""
    named = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        reference = rng.integers(0, 2, size=80).astype(float)
        a, b = (np.where(rng.random(80) < 0.25, 1 - reference, reference) for _ in range(2))
        (found,) = compare(reference, {"a": a, "b": b}, "cohen_kappa")
        assert found.p_value is not None
        named += found.p_value < 0.05
    assert 0.014 < named / 400 < 0.086


def test_other_units_are_refused() -> None:
    with pytest.raises(ValueError, match="same units"):
        compare(np.ones(3), {"a": np.ones(3), "b": np.ones(4)})
