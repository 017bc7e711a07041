"""What the answers to a criterion mean, as sets of items: whom people and judges agree on, and what they say.

In SQL, since each set is of groups of ratings, some with windows over them, which the ORM has not. A set is counted as
the validation report counts: with a stated failure, people's answer is the majority of failure or not; else their most
common label or, on scales of numbers, their median. A tie is no answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from annotations.models import Criterion
from annotations.models.imported import RatingScale
from perg.stats.ratings.ratings import nearest_category

FAILURE, NO_FAILURE = "failure:yes", "failure:no"
"""In the place of a label: any answer that counts as a failure, and any other."""
ROUNDING = 1e-9
"""The share by which a number may miss the threshold and still be on it."""

Sql = tuple[str, list[object]]
"""A statement or a condition, and its parameters."""

NOTHING: Sql = ("FALSE", [])
LABELS = """
    SELECT item_id, value,
        count(*) FILTER (WHERE kind = 'human') AS people,
        bool_or(kind = 'judge' AND (%s = '' OR rater = %s)) AS by_judge,
        max(count(*) FILTER (WHERE kind = 'human')) OVER (PARTITION BY item_id) AS most
    FROM annotations_importedrating WHERE criterion_id = %s GROUP BY item_id, value
"""
MOST_COMMON = f"""
    SELECT item_id FROM ({LABELS}) AS labels
    GROUP BY item_id HAVING max(most) > 0 AND count(*) FILTER (WHERE people = most) = 1
"""
GROUPED = "SELECT item_id FROM annotations_importedrating WHERE criterion_id = %s GROUP BY item_id HAVING "
PEOPLE = "count(*) FILTER (WHERE kind = 'human')"
MEDIAN = "percentile_cont(0.5) WITHIN GROUP (ORDER BY {}) FILTER (WHERE kind = 'human')"
JUDGE = "kind = 'judge' AND (%s = '' OR rater = %s)"

# How far ratings of an item are apart: the share of pairs that differ, or the highest less the lowest.
PAIRS_APART = """
    (SELECT 1 - sum(n * (n - 1)) / nullif(sum(n) * (sum(n) - 1), 0) FROM (
        SELECT count(*) AS n FROM annotations_importedrating AS rating
        WHERE rating.criterion_id = %s AND rating.item_id = annotations_importeditem.id GROUP BY rating.value
    ) AS labels)
"""
RANGE = """
    (SELECT max(rating.value::float) - min(rating.value::float) FROM annotations_importedrating AS rating
    WHERE rating.criterion_id = %s AND rating.item_id = annotations_importeditem.id)
"""


@dataclass(frozen=True)
class Answers:
    """The answers to a criterion."""

    criterion: Criterion

    @property
    def are_names(self) -> bool:
        return self.criterion.scale == RatingScale.NOMINAL

    @property
    def is_cut(self) -> bool:
        """Whether it is stated what counts as a failure."""
        return bool(self.criterion.failure_labels) or self.criterion.threshold is not None

    @cached_property
    def levels(self) -> Sequence[str]:
        """The names of an ordinal scale's categories, whose values are their places from 1; empty: they are numbers."""
        categories = self.criterion.categories or ()
        if self.criterion.scale != RatingScale.ORDINAL or all(
            number_in(name) is not None for name in categories
        ):
            return ()
        return tuple(categories)

    def label(self, value: str) -> str:
        """A stored answer as people read it."""
        place = number_in(value) if self.levels else None
        if place is None or not place.is_integer() or not 1 <= place <= len(self.levels):
            return value
        return self.levels[int(place) - 1]

    def is_failure(self, value: str) -> bool:
        """Whether a stored answer counts as a failure."""
        if self.are_names:
            return value in (self.criterion.failure_labels or ())
        number, threshold = number_in(value), self._threshold
        return number is not None and threshold is not None and number < threshold

    # --- Sets of items ----------------------------------------------------------------------------------------------

    def judge_says(self, judge: str, label: str) -> Sql:
        """Items of which the judge, or any where none is named, says this."""
        condition, parameters = self._is(label)
        return f"{GROUPED} bool_or({JUDGE} AND {condition})", [self.criterion.pk, judge, judge, *parameters]

    def people_say(self, label: str) -> Sql:
        """Items of which people say this: by majority, as their most common label, or as their median."""
        if label in {FAILURE, NO_FAILURE}:
            condition, parameters = self._is(label)
            share = f"2 * count(*) FILTER (WHERE kind = 'human' AND {condition})"
            return f"{GROUPED} {share} > {PEOPLE}", [self.criterion.pk, *parameters]
        if self.are_names:
            return (
                f"{MOST_COMMON} AND bool_or(value = %s AND people = most)",
                ["", "", self.criterion.pk, label],
            )
        number, (rank, ranks) = self._number(label), self._rank
        if number is None:
            return f"{GROUPED} FALSE", [self.criterion.pk]
        code, codes = ("array_position(%s::float[], %s)", [*ranks]) if ranks else ("%s::float", [])
        return f"{GROUPED} {MEDIAN.format(rank)} = {code}", [self.criterion.pk, *ranks, *codes, number]

    def judge_differs(self, judge: str) -> Sql:
        """Items of which the judge, or any where none is named, says something else than people."""
        if self.is_cut:
            (fails, parameters), named = self._is(FAILURE), [judge, judge]
            failed = f"2 * count(*) FILTER (WHERE kind = 'human' AND {fails})"
            statement = (
                f"{GROUPED} ({failed} > {PEOPLE} AND bool_or({JUDGE} AND NOT {fails}))"
                f" OR ({failed} < {PEOPLE} AND bool_or({JUDGE} AND {fails}))"
            )
            part = [*parameters, *named, *parameters]
            return statement, [self.criterion.pk, *part, *part]
        if self.are_names:
            return f"{MOST_COMMON} AND bool_or(by_judge AND people < most)", [judge, judge, self.criterion.pk]
        rank, ranks = self._rank
        median, code = MEDIAN.format(rank), f"({rank}) FILTER (WHERE {JUDGE})"
        return (
            f"{GROUPED} min{code} <> {median} OR max{code} <> {median}",
            [self.criterion.pk, *[*ranks, judge, judge, *ranks] * 2],
        )

    def people_disagree(self) -> Sql:
        """Items to which people gave more than one answer."""
        value = "value" if self.are_names else "value::float"
        return f"{GROUPED} count(DISTINCT {value}) FILTER (WHERE kind = 'human') > 1", [self.criterion.pk]

    def disagreement(self) -> Sql:
        """How far an item's ratings are apart: NULL where there are fewer than two, or none."""
        return (PAIRS_APART if self.are_names else RANGE), [self.criterion.pk]

    # --- Conditions on a rating -------------------------------------------------------------------------------------

    def _is(self, label: str) -> Sql:
        if label in {FAILURE, NO_FAILURE}:
            condition, parameters = self._fails()
            return (condition if label == FAILURE or not self.is_cut else f"NOT {condition}"), parameters
        if self.are_names:
            return "value = %s", [label]
        number = self._number(label)
        return NOTHING if number is None else ("value::float = %s", [number])

    def _fails(self) -> Sql:
        if self.criterion.failure_labels:
            return "value = ANY(%s)", [list(self.criterion.failure_labels)]
        threshold = self._threshold
        return NOTHING if threshold is None else ("value::float < %s", [threshold])

    def _number(self, label: str) -> float | None:
        return float(self.levels.index(label) + 1) if label in self.levels else number_in(label)

    @property
    def _threshold(self) -> float | None:
        """Numbers below it are failures; one that misses the threshold by rounding is on it."""
        threshold = self.criterion.threshold
        if threshold is None:
            return None
        return nearest_category(threshold, self._numbers) - ROUNDING * abs(threshold)

    @property
    def _numbers(self) -> list[float]:
        """The stated categories of a scale of numbers."""
        if self.levels:
            return [float(place) for place in range(1, len(self.levels) + 1)]
        numbers = (number_in(category) for category in self.criterion.categories or ())
        return sorted(number for number in numbers if number is not None)

    @property
    def _rank(self) -> Sql:
        """What an ordinal scale says of a rating: its place among the stated categories; else the number itself."""
        if self.criterion.scale == RatingScale.ORDINAL and self._numbers:
            return "array_position(%s::float[], value::float)", [self._numbers]
        return "value::float", []


def number_in(text: str) -> float | None:
    """The number that a stored answer or a category is."""
    try:
        return float(text)
    except ValueError:
        return None
