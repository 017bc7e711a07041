import numpy as np
import pytest

from perg.stats.numeric.concordance import intraclass_correlation, lin_concordance

NAN = np.nan
SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7.0]]
)


def test_published_intraclass_correlation() -> None:
    """Six targets by four judges: ICC(2,1) = 0.29 in Shrout & Fleiss (1979), table 4."""
    assert intraclass_correlation(SHROUT_FLEISS).value == pytest.approx(0.29, abs=0.005)


def icc_by_mean_squares(table: np.ndarray) -> float:
    n, k = table.shape
    items, raters = table.mean(axis=1), table.mean(axis=0)
    between = k * ((items - table.mean()) ** 2).sum() / (n - 1)
    columns = n * ((raters - table.mean()) ** 2).sum() / (k - 1)
    rest = ((table - items[:, np.newaxis] - raters + table.mean()) ** 2).sum() / ((n - 1) * (k - 1))
    return float((between - rest) / (between + (k - 1) * rest + k / n * (columns - rest)))


@pytest.mark.parametrize("seed", range(10))
def test_equals_the_mean_squares_of_random_tables_with_missing_ratings(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(5, 40)), int(rng.integers(2, 6))
    table = rng.normal(50, 10, (n, 1)) + rng.normal(0, 5, (n, k)) + rng.normal(0, 3, k)
    with_gaps = np.vstack([table, np.where(np.arange(k) == 0, NAN, table[:3])])
    correlation = intraclass_correlation(with_gaps)
    assert correlation.value == pytest.approx(icc_by_mean_squares(table))
    assert correlation.n == n


def test_by_hand_concordance() -> None:
    """(1, 2), (2, 3), (3, 4): variances 2/3, covariance 2/3, bias 1: (4/3) / (4/3 + 1) = 4/7."""
    assert lin_concordance(np.array([1.0, 2, 3]), np.array([2.0, 3, 4])).value == pytest.approx(4 / 7)


def test_of_two_raters_and_many_items_both_are_nearly_the_same() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(0, 1, 5000)
    judge, people = truth + rng.normal(0.3, 0.5, 5000), truth + rng.normal(0, 0.5, 5000)
    concordance = lin_concordance(judge, people)
    correlation = intraclass_correlation(np.column_stack([judge, people]))
    assert concordance.value == pytest.approx(correlation.value, abs=1e-3)
    assert concordance.low == pytest.approx(correlation.low, abs=2e-3)


def test_equal_ratings_agree_perfectly_without_an_interval() -> None:
    ratings = np.arange(20.0)
    concordance = lin_concordance(ratings, ratings)
    assert (concordance.value, concordance.low) == (1, None)
    assert concordance.warnings
    assert intraclass_correlation(np.column_stack([ratings, ratings])).value == pytest.approx(1)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_the_unit_and_the_zero_of_the_scale_change_nothing(scale: float) -> None:
    rng = np.random.default_rng(1)
    x = rng.random(50)
    y = x + rng.normal(0, 0.2, 50)
    once, again = lin_concordance(x, y), lin_concordance(scale * (1e3 + x), scale * (1e3 + y))
    assert (again.value, again.low, again.high) == pytest.approx((once.value, once.low, once.high))


def test_what_is_undefined_says_why() -> None:
    assert lin_concordance(np.full(5, 2.0), np.full(5, 2.0)).undefined == "all ratings are the same"
    assert (
        lin_concordance(np.array([1.0]), np.array([2.0])).undefined
        == "fewer than two items have all the ratings"
    )
    assert lin_concordance(np.array([NAN]), np.array([2.0])).undefined
    assert intraclass_correlation(np.full((5, 3), 2.0)).undefined == "all ratings are the same"
    assert intraclass_correlation(np.zeros((5, 1))).undefined == "fewer than two raters"
    assert (
        intraclass_correlation(np.array([[1.0, 2]])).undefined == "fewer than two items have all the ratings"
    )
    assert intraclass_correlation(np.full((4, 2), NAN)).undefined


def test_one_cluster_has_no_interval() -> None:
    correlation = intraclass_correlation(SHROUT_FLEISS, clusters=np.zeros(6, dtype=np.int64))
    assert correlation.low is None
    assert correlation.warnings


def test_shapes_are_checked() -> None:
    with pytest.raises(ValueError, match="vectors"):
        lin_concordance(np.zeros(3), np.zeros(4))
    with pytest.raises(ValueError, match="items by raters"):
        intraclass_correlation(np.zeros(3))
