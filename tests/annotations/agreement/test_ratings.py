import numpy as np
import pytest

from annotations.agreement.ratings import RatingTable, category_codes, with_midpoints

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


@pytest.mark.parametrize("categories", [(), (2, 1), (1, 1), (1, 2, 4)])
def test_categories_ascend_in_equal_steps(categories: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="equal steps"):
        table([[NAN]], categories)


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
