import krippendorff
import numpy as np
import pytest
from scipy.stats import norm, t

from perg.stats.base.estimate import Estimate
from perg.stats.base.pooling import PooledBootstrap, pool
from perg.stats.base.resampling import Draws
from perg.stats.measures.alpha import (
    Level,
    alpha_of_pairs,
    krippendorff_alpha,
    pooled_alpha,
    unit_coincidences,
)
from perg.stats.ratings.pooled import PooledTable
from perg.stats.ratings.ratings import RatingTable
from tests.sizes import seeds

NAN = np.nan
BIG = 15  # the seed of a random table of 38 units by 5 raters
LEVELS: tuple[Level, ...] = ("nominal", "ordinal", "interval")


def table(values: np.ndarray, categories: tuple[float, ...] = (1, 2, 3, 4, 5)) -> RatingTable:
    """Units by raters."""
    raters = tuple(f"r{i}" for i in range(values.shape[1]))
    return RatingTable(tuple(range(values.shape[0])), raters, values, categories)


def random_table(seed: int) -> RatingTable:
    """Correlated ratings of 5 to 40 units by 2 to 6 raters, a third missing, always pairable and varied."""
    rng = np.random.default_rng(seed)
    n_units, n_raters = int(rng.integers(5, 41)), int(rng.integers(2, 7))
    truth = rng.integers(1, 6, size=(n_units, 1))
    values = np.clip(truth + rng.integers(-2, 3, size=(n_units, n_raters)), 1, 5).astype(float)
    values[rng.random(values.shape) < 0.35] = NAN
    values[0, :2], values[1, :2] = (1, 2), (4, 4)
    return table(values)


def of_library(ratings: RatingTable, level: Level) -> float:
    return float(
        krippendorff.alpha(
            reliability_data=ratings.values.T, value_domain=ratings.categories, level_of_measurement=level
        )
    )


def point(ratings: RatingTable, level: Level) -> Estimate:
    return krippendorff_alpha(ratings, level, draws=Draws(rng=np.random.default_rng(0), resamples=20))


# Krippendorff (2011), section C: four observers, twelve units, missing ratings.
WORKED_EXAMPLE = table(
    np.array(
        [
            [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
            [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
            [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
            [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
        ]
    ).T
)


@pytest.mark.parametrize(
    ("level", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
def test_alpha_equals_krippendorffs_worked_example(level: Level, published: float) -> None:
    """The twelfth unit has one rating and does not count: n = 11."""
    estimate = point(WORKED_EXAMPLE, level)
    assert estimate.value == pytest.approx(published, abs=5e-4)
    assert estimate.n == 11


def test_alpha_equals_krippendorffs_binary_example() -> None:
    """Krippendorff (2011), section A: two observers, ten units, alpha = 0.095."""
    values = np.array([[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]], dtype=float)
    assert point(table(values.T, (0, 1)), "nominal").value == pytest.approx(0.095, abs=5e-4)


def test_alpha_derived_by_hand() -> None:
    """Units (1, 1), (1, 2): coincidences 11 → 2, 12 → 1, 21 → 1; D_o = 2/4, D_e = 2·3·1/(4·3) = 1/2."""
    assert point(table(np.array([[1.0, 1], [1, 2]])), "nominal").value == pytest.approx(0)


@pytest.mark.parametrize("level", LEVELS)
def test_alpha_equals_the_library_on_random_tables_with_missing_ratings(level: Level) -> None:
    for seed in seeds(200):
        ratings = random_table(seed)
        assert point(ratings, level).value == pytest.approx(of_library(ratings, level), abs=1e-9)


@pytest.mark.parametrize("level", LEVELS)
def test_the_resampled_statistic_equals_the_library_on_unit_weights(level: Level) -> None:
    for seed in seeds(200):
        ratings = random_table(seed)
        coincidences = unit_coincidences(ratings.codes(), len(ratings.categories))
        pairs = coincidences.pairs(np.ones((1, len(ratings.units))) @ coincidences.indicator)
        vectorised = alpha_of_pairs(pairs, np.array(ratings.categories, dtype=float), level)
        assert vectorised == pytest.approx(np.array([of_library(ratings, level)]), abs=1e-9)


def plain_loop(
    ratings: RatingTable, level: Level, resamples: int, clusters: np.ndarray | None = None
) -> list[float]:
    """The library on tables in which each distinct row stands as often as the bootstrap of seed 4 drew it."""
    codes = np.sort(ratings.codes(), axis=1)
    pairable = (codes >= 0).sum(axis=1) >= 2
    pools = pool(codes[pairable], None if clusters is None else clusters[pairable])
    bootstrap = PooledBootstrap(pools, draws=Draws(rng=np.random.default_rng(4), resamples=resamples))
    drawn = bootstrap.sums(np.eye(pools.sizes.size)).astype(int)
    rows = ratings.values[pairable][pools.first]
    return [of_library(table(np.repeat(rows, times, axis=0)), level) for times in drawn]


def expanded_percentiles(replicates: list[float], drawn: int) -> tuple[float, ...]:
    """Hesterberg's: the normal tail beyond Student's quantile times sqrt(drawn / (drawn − 1))."""
    tail = norm.cdf(-t.isf(0.025, drawn - 1) * np.sqrt(drawn / (drawn - 1)))
    return tuple(np.quantile(replicates, [tail, 1 - tail]))


@pytest.mark.parametrize("level", LEVELS)
def test_the_interval_equals_a_plain_loop_that_repeats_the_drawn_units(level: Level) -> None:
    ratings = random_table(11)
    estimate = krippendorff_alpha(ratings, level, draws=Draws(rng=np.random.default_rng(4), resamples=300))
    expected = expanded_percentiles(plain_loop(ratings, level, 300), estimate.n)
    assert (estimate.low, estimate.high) == pytest.approx(expected, abs=1e-9)
    assert expected[1] - expected[0] > 0.05


def test_the_interval_equals_a_plain_loop_over_whole_clusters() -> None:
    ratings = random_table(12)
    clusters = np.arange(len(ratings.units)) // 3
    estimate = krippendorff_alpha(
        ratings, "ordinal", draws=Draws(rng=np.random.default_rng(4), clusters=clusters, resamples=200)
    )
    pairable = (ratings.codes() >= 0).sum(axis=1) >= 2
    drawn = np.unique(clusters[pairable]).size
    expected = expanded_percentiles(plain_loop(ratings, "ordinal", 200, clusters), drawn)
    assert (estimate.low, estimate.high) == pytest.approx(expected, abs=1e-9)


def test_the_interval_is_close_to_that_of_units_drawn_one_by_one() -> None:
    """Pooling equal rows must not change the distribution of the draws."""
    ratings = random_table(14)
    pairable = ratings.values[(~np.isnan(ratings.values)).sum(axis=1) >= 2]
    rng = np.random.default_rng(0)
    replicates = [
        of_library(table(pairable[rng.integers(len(pairable), size=len(pairable))]), "ordinal")
        for _ in range(1500)
    ]
    estimate = krippendorff_alpha(ratings, draws=Draws(rng=np.random.default_rng(1), resamples=4000))
    expected = expanded_percentiles(replicates, len(pairable))
    assert (estimate.low, estimate.high) == pytest.approx(expected, abs=0.1 * (expected[1] - expected[0]))


def test_the_bca_interval_is_the_published_formula_on_a_plain_jackknife() -> None:
    """z0 from the share of replicates below alpha, a from the library's alpha without each unit in turn."""
    ratings = random_table(BIG)
    pairable = ratings.values[(~np.isnan(ratings.values)).sum(axis=1) >= 2]
    value, replicates = of_library(ratings, "ordinal"), np.array(plain_loop(ratings, "ordinal", 400))
    without = np.array(
        [of_library(table(np.delete(pairable, i, axis=0)), "ordinal") for i in range(len(pairable))]
    )
    deviations = without.mean() - without
    a = (deviations**3).sum() / (6 * (deviations**2).sum() ** 1.5)
    z0 = norm.ppf((replicates < value).mean())
    levels = [norm.cdf(z0 + (z0 + z) / (1 - a * (z0 + z))) for z in (norm.ppf(0.025), norm.ppf(0.975))]
    estimate = krippendorff_alpha(
        ratings, "ordinal", draws=Draws(rng=np.random.default_rng(4), resamples=400, interval="bca")
    )
    ends = [float(np.quantile(replicates, level)) for level in levels]
    assert [estimate.low, estimate.high] == pytest.approx(ends, abs=1e-9)
    assert abs(levels[0] - 0.025) > 0.001


@pytest.mark.parametrize("level", LEVELS)
def test_a_pooled_table_gives_the_alpha_of_the_chosen_raters(level: Level) -> None:
    for seed in range(50):
        ratings = random_table(seed)
        pooled = PooledTable.of(ratings, draws=Draws(rng=np.random.default_rng(0), resamples=20))
        chosen = ratings.raters[:2]
        estimate = pooled_alpha(pooled, chosen, level)
        assert estimate.value == pytest.approx(of_library(ratings.select(chosen), level), abs=1e-9)
        assert estimate.n == int((~np.isnan(ratings.select(chosen).values)).all(axis=1).sum())


def test_alpha_of_many_named_categories_equals_the_library() -> None:
    rng = np.random.default_rng(5)
    ratings = table(rng.integers(0, 17, size=(60, 4)).astype(float), tuple(range(17)))
    assert point(ratings, "nominal").value == pytest.approx(of_library(ratings, "nominal"), abs=1e-9)
    assert point(ratings, "ordinal").value == pytest.approx(of_library(ratings, "ordinal"), abs=1e-9)


def test_copies_of_units_in_one_cluster_do_not_narrow_the_interval() -> None:
    ratings = random_table(13)
    copies = table(np.repeat(ratings.values, 4, axis=0))
    clusters = np.repeat(np.arange(len(ratings.units)), 4)

    def width(estimate: Estimate) -> float:
        assert estimate.low is not None
        assert estimate.high is not None
        return estimate.high - estimate.low

    alone = krippendorff_alpha(ratings, draws=Draws(rng=np.random.default_rng(0)))
    naive = krippendorff_alpha(copies, draws=Draws(rng=np.random.default_rng(0)))
    clustered = krippendorff_alpha(copies, draws=Draws(rng=np.random.default_rng(0), clusters=clusters))
    assert width(clustered) == pytest.approx(width(alone), rel=0.1)
    assert width(naive) < 0.7 * width(clustered)


def test_the_interval_is_reproducible_from_the_seed() -> None:
    ratings = random_table(1)
    first, again, other = (
        krippendorff_alpha(ratings, draws=Draws(rng=np.random.default_rng(seed))) for seed in (0, 0, 1)
    )
    assert first == again
    assert first != other


def test_a_column_of_half_points_is_rated_on_the_halved_scale() -> None:
    ratings = table(np.array([[1.0], [2], [4], [5]])).with_column("human", np.array([1.5, 2, 4, 4.5]))
    assert point(ratings, "interval").value == pytest.approx(
        krippendorff.alpha(reliability_data=ratings.values.T, level_of_measurement="interval"), abs=1e-9
    )


@pytest.mark.parametrize(
    "values",
    [np.empty((0, 2)), np.array([[1.0], [2.0]]), np.array([[1.0, NAN], [NAN, 2.0]])],
    ids=["no units", "one rater", "no shared unit"],
)
def test_alpha_is_undefined_where_no_unit_has_two_ratings(values: np.ndarray) -> None:
    assert point(table(values), "ordinal") == Estimate.of_nothing("no unit has two ratings")


def test_alpha_is_undefined_where_all_pairable_ratings_are_the_same() -> None:
    """The lone 5 belongs to a unit with one rating, so it does not count."""
    unanimous = table(np.array([[3.0, 3], [3, 3], [5, NAN]]))
    assert point(unanimous, "ordinal") == Estimate.of_nothing("unanimous: all ratings are the same", 2)


def test_perfect_agreement_on_varied_units_is_one_without_an_interval() -> None:
    perfect = point(table(np.array([[1.0, 1], [3, 3], [5, 5], [2, 2]])), "ordinal")
    assert (perfect.value, perfect.n, perfect.low) == (1, 4, None)
    assert "the same in every resample" in perfect.warnings[0]


def test_a_resample_in_which_all_ratings_are_the_same_is_undefined() -> None:
    coincidences = unit_coincidences(np.array([[0, 0], [0, 0]]), 2)
    pairs = coincidences.pairs(np.ones((1, 2)) @ coincidences.indicator)
    for level in LEVELS:
        assert np.isnan(alpha_of_pairs(pairs, np.array([0.0, 1.0]), level)).all()


def test_clusters_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="one cluster id per unit"):
        krippendorff_alpha(WORKED_EXAMPLE, draws=Draws(rng=np.random.default_rng(0), clusters=np.arange(11)))


def test_few_units_with_the_rarer_rating_are_warned_of() -> None:
    """100 items of which 6 have a 2 somewhere: the interval rests on those, and covered 86% without a word."""
    values = np.ones((100, 2))
    values[:4] = 2
    values[4:6, 0] = 2
    few = point(table(values), "nominal")
    assert few.low is not None
    assert "Only 6 questions have a rating other than the most common one" in few.warnings[0]
    values[:50] = 2
    assert point(table(values), "nominal").warnings == (
        "No interval: the number is the same in every resample.",
    )
    values[::7, 1] = 1
    assert point(table(values), "nominal").warnings == ()
