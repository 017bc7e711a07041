from dataclasses import replace

import numpy as np
import pytest

from perg.stats.ratings.ratings import Level, RatingTable, category_codes, distinct_values, with_midpoints

NAN = np.nan


def table(values: list[list[float]], categories: tuple[float, ...] = (1, 2, 3, 4, 5)) -> RatingTable:
    array = np.array(values, dtype=float)
    return RatingTable(
        units=tuple(range(array.shape[0])),
        raters=tuple("abcdefgh"[: array.shape[1]]),
        values=array,
        categories=categories,
    )


def test_records_become_a_table_with_missing_ratings_as_nan() -> None:
    ratings = RatingTable.from_records([("u2", "ann", 4), ("u1", "bob", 1), ("u2", "bob", 5)])
    assert ratings.units == ("u2", "u1")
    assert ratings.raters == ("ann", "bob")
    np.testing.assert_array_equal(ratings.values, [[4, 5], [NAN, 1]])


def test_no_records_become_an_empty_table() -> None:
    assert RatingTable.from_records([]).values.shape == (0, 0)


def test_a_rater_cannot_rate_a_unit_twice() -> None:
    with pytest.raises(ValueError, match="ann rated 'u' twice"):
        RatingTable.from_records([("u", "ann", 4), ("u", "ann", 4)])


@pytest.mark.parametrize("score", [0, 6, 2.5, NAN])
def test_a_score_off_the_scale_is_refused(score: float) -> None:
    with pytest.raises(ValueError, match="not one of the categories"):
        RatingTable.from_records([("u", "ann", score)])


def test_a_value_off_the_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="not one of the categories"):
        table([[1, 6]])


def test_a_table_has_a_row_per_unit_and_a_column_per_rater() -> None:
    with pytest.raises(ValueError, match="one row per unit"):
        RatingTable(units=("u",), raters=("a", "b"), values=np.ones((2, 1)))


@pytest.mark.parametrize(("units", "raters"), [(("u", "u"), ("a", "b")), (("u", "v"), ("a", "a"))])
def test_units_and_raters_are_distinct(units: tuple[str, ...], raters: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="distinct"):
        RatingTable(units=units, raters=raters, values=np.ones((2, 2)))


@pytest.mark.parametrize("categories", [(), (2, 1), (1, 1)])
def test_categories_ascend(categories: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="ascend"):
        table([[NAN]], categories)


def test_steps_between_categories_may_differ() -> None:
    np.testing.assert_array_equal(table([[4, 1], [2, NAN]], (1, 2, 4)).codes(), [[2, 0], [1, -1]])


def test_a_rating_is_the_nearest_category_within_rounding() -> None:
    """0.1 + 0.2 and 0.3 are one rating, and after that one number; 0.31 is none."""
    ratings = table([[0.1 + 0.2, 0.3], [1 - 0.9, 0.2]], (0.1, 0.2, 0.3))
    np.testing.assert_array_equal(ratings.codes(), [[2, 2], [0, 1]])
    assert ratings.values[0, 0] == ratings.values[0, 1] == 0.3
    with pytest.raises(ValueError, match="not one of the categories"):
        table([[0.31]], (0.1, 0.2, 0.3))


@pytest.mark.parametrize("step", [1e-9, 1e-3, 1 / 3, 1.0, 7.0, 1e9])
@pytest.mark.parametrize("start", [0.0, -2.0, 1.0, 1.7e9])
def test_any_step_keeps_categories_apart_and_rounding_together(step: float, start: float) -> None:
    if start + step == start or step < 1e-6 * abs(start):
        return  # closer than double precision tells apart, with room for rounding
    scale = tuple(start + step * i for i in range(5))
    noisy = np.array([start + sum([step] * i) for i in range(5)])
    np.testing.assert_array_equal(category_codes(noisy, scale), range(5))
    with pytest.raises(ValueError, match="not one of the categories"):
        category_codes(np.array([start + 1.4 * step]), scale)
    assert len(distinct_values([*scale, *noisy.tolist()])) == 5


def test_rounding_noise_about_zero_is_zero() -> None:
    np.testing.assert_array_equal(category_codes(np.array([0.3 - 3 * 0.1]), (-1, 0, 1)), [1])


def test_of_equal_numbers_the_shortest_stands() -> None:
    assert distinct_values([0.1 + 0.2, 0.3, 0.1, 0.3, 0.2]) == (0.1, 0.2, 0.3)
    assert distinct_values([5, 1, 3]) == (1, 3, 5)
    assert distinct_values([]) == ()
    # Seconds since 1970: the step is a billionth of the number, and yet a step.
    assert distinct_values([1.7e9 + 2, 1.7e9, 1.7e9 + 1]) == (1.7e9, 1.7e9 + 1, 1.7e9 + 2)


def test_a_median_of_two_lies_between_neighbouring_categories_whatever_the_steps() -> None:
    """On ranks, 1 and 10 of (1, 3, 10) have the median 3; as values on an interval scale 5.5."""
    values = [[1.0, 10.0], [3.0, 10.0], [1.0, 1.0]]
    ordinal = table(values, (1, 3, 10))
    np.testing.assert_array_equal(ordinal.aggregate(["a", "b"]), [3, 6.5, 1])
    assert ordinal.with_column("median", ordinal.aggregate(["a", "b"])).categories == (1, 2, 3, 6.5, 10)
    interval = replace(ordinal, level="interval")
    np.testing.assert_array_equal(interval.aggregate(["a", "b"]), [5.5, 6.5, 1])
    assert interval.with_column("median", interval.aggregate(["a", "b"])).categories == (1, 3, 5.5, 6.5, 10)


@pytest.mark.parametrize("level", ["ordinal", "interval"])
def test_a_median_of_decimals_becomes_a_category(level: Level) -> None:
    ratings = replace(table([[0.1, 0.2], [0.1, 0.3], [0.3, 0.3]], (0.1, 0.2, 0.3)), level=level)
    wider = ratings.with_column("median", ratings.aggregate(["a", "b"]))
    assert wider.categories == pytest.approx((0.1, 0.15, 0.2, 0.25, 0.3))
    np.testing.assert_array_equal(wider.codes()[:, 2], [1, 2, 4])


def test_by_rank_the_numbers_of_an_ordinal_scale_do_not_count() -> None:
    ranked = table([[1, 10], [3, NAN]], (1, 3, 10)).by_rank()
    assert ranked.categories == (0, 1, 2)
    np.testing.assert_array_equal(ranked.values, [[0, 2], [1, NAN]])


def test_a_threshold_is_the_category_that_it_equals_but_for_rounding() -> None:
    ratings = table([[0.3, 0.2]], (0.1, 0.2, 0.3))
    np.testing.assert_array_equal(ratings.followed(0.1 + 0.2).values, [[1, 0]])


def test_select_keeps_all_units_and_takes_raters_in_the_order_given() -> None:
    selected = table([[1, 2, 3], [4, NAN, 5]]).select(["c", "a"])
    assert selected.raters == ("c", "a")
    assert selected.units == (0, 1)
    np.testing.assert_array_equal(selected.values, [[3, 1], [5, 4]])


def test_selecting_nobody_leaves_the_units() -> None:
    assert table([[1], [2]]).select([]).values.shape == (2, 0)


def test_an_unknown_rater_is_refused() -> None:
    with pytest.raises(ValueError, match="no rater named 'zoe'"):
        table([[1]]).select(["zoe"])


def test_followed_compares_with_the_threshold_and_keeps_missing_ratings_missing() -> None:
    followed = table([[2, 3], [NAN, 5]]).followed(3)
    assert followed.categories == (0, 1)
    np.testing.assert_array_equal(followed.values, [[0, 1], [NAN, 1]])


def test_median_leaves_out_missing_ratings_and_is_nan_where_there_are_none() -> None:
    medians = table([[1, 5, 2], [2, NAN, 3], [NAN, NAN, NAN], [NAN, 4, NAN]]).aggregate(["a", "b", "c"])
    np.testing.assert_array_equal(medians, [2, 2.5, NAN, 4])


def test_median_is_of_the_raters_asked_for_only() -> None:
    np.testing.assert_array_equal(table([[1, 1, 5]]).aggregate(["c"]), [5])


def test_majority_is_nan_for_a_tie_and_for_no_rating() -> None:
    binary = table([[1, 1, 0], [0, 0, 1], [1, 0, NAN], [NAN, NAN, NAN], [NAN, NAN, 0]], (0, 1))
    np.testing.assert_array_equal(binary.aggregate(["a", "b", "c"], "majority"), [1, 0, NAN, NAN, 0])


def test_a_majority_of_a_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="binary"):
        table([[1, 2]]).aggregate(["a", "b"], "majority")


def test_a_column_on_the_scale_keeps_the_categories() -> None:
    wider = table([[1], [2]]).with_column("human", np.array([5, NAN]))
    assert wider.raters == ("a", "human")
    assert wider.categories == (1, 2, 3, 4, 5)
    np.testing.assert_array_equal(wider.values, [[1, 5], [2, NAN]])


def test_a_column_of_medians_halves_the_step_of_the_categories() -> None:
    wider = table([[1], [2]]).with_column("human", np.array([2.5, 4]))
    assert wider.categories == (1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5)
    np.testing.assert_array_equal(wider.codes(), [[0, 3], [2, 6]])


def test_a_column_off_the_halved_scale_too_is_refused() -> None:
    with pytest.raises(ValueError, match="not one of the categories"):
        table([[1]]).with_column("human", np.array([2.25]))


def test_a_column_needs_a_free_name_and_a_value_per_unit() -> None:
    with pytest.raises(ValueError, match="distinct"):
        table([[1]]).with_column("a", np.array([2.0]))
    with pytest.raises(ValueError, match="one value per unit"):
        table([[1]]).with_column("human", np.array([2.0, 3.0]))


def test_codes_are_positions_in_the_categories_and_minus_one_where_missing() -> None:
    np.testing.assert_array_equal(table([[3, NAN], [5, 1]]).codes(), [[2, -1], [4, 0]])
    np.testing.assert_array_equal(category_codes(np.array([NAN, 7.0]), (5, 7)), [-1, 1])


def test_midpoints_lie_between_neighbouring_categories() -> None:
    assert with_midpoints((0, 1, 2)) == (0, 0.5, 1, 1.5, 2)
