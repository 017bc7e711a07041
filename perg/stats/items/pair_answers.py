"""Which of two outputs raters prefer, with the order in which they were shown; and what counts of a rater's answers.

A rater that answered of a pair in both orders has two answers. In tables of ratings it has one: what both say, or a tie
where they say different things. A preference that turns with the order is none. That is how MT-bench counts a judge
(Zheng et al., arXiv 2306.05685, section 3.4: a win only if it wins in both orders, else a tie). Rates and strengths use
the mean of both answers instead (Wang et al., arXiv 2305.17926: balanced positions), as a rate needs no single winner.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from perg.stats.base.proportions import Flags
from perg.stats.base.resampling import Clusters, Floats
from perg.stats.files.rating_set import RatingSet, named_rating_set
from perg.stats.files.ratings_files import FileRating, FileRatings, Kind, LineError, RatingsFileError

Preference = Literal["first", "second", "tie", "both_bad"]

PREFERENCES: tuple[Preference, ...] = ("first", "second", "tie", "both_bad")
"""In the order of the codes of `perg.stats.pairwise.answers`."""
WITH_TIES: tuple[Preference, ...] = ("second", "tie", "first")
"""The scale where nothing else is stated, from the lowest."""


@dataclass(frozen=True, slots=True)
class PairRating:
    """One answer about the two outputs of an item. `swapped`: they were shown in the other order.

    The `answer` has that undone: "first" is the item's first output.
    """

    item: str
    rater: str
    kind: Kind
    answer: str
    swapped: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class PairAnswers:
    """All answers of all raters, those in the other order too: r answers about n items.

    Attributes:
        rater: (r,) columns of the table of ratings. item: (r,) its rows.
        preference: (r,) codes, places in `PREFERENCES`, about the item's outputs and not the places shown.
        swapped: (r,) whether the second output was shown first.
        systems: the names (n,) of what made the first and the second output of each item; None: not known.

    Raises:
        ValueError: arrays of different shapes, or an unknown code.
    """

    rater: Clusters
    item: Clusters
    preference: NDArray[np.int64]
    swapped: Flags
    systems: tuple[Sequence[str | None], Sequence[str | None]] | None = None

    def __post_init__(self) -> None:
        arrays = (self.rater, self.item, self.preference, self.swapped)
        if self.rater.ndim != 1 or any(array.shape != self.rater.shape for array in arrays):
            raise ValueError("rater, item, preference and swapped are vectors over the same answers")
        if not ((self.preference >= 0) & (self.preference < len(PREFERENCES))).all():
            raise ValueError("a preference is first, second, tie or both bad")

    @property
    def scores(self) -> Floats:
        """What the answers say of the first output: (r,), 1 better, 0 worse, ½ neither."""
        first, second = (self.preference == PREFERENCES.index(name) for name in ("first", "second"))
        scores: Floats = np.where(first, 1.0, np.where(second, 0.0, 0.5))
        return scores

    def select(self, among: Flags) -> "PairAnswers":
        """The answers flagged in `among` (r,)."""
        return PairAnswers(
            self.rater[among], self.item[among], self.preference[among], self.swapped[among], self.systems
        )


def preference_of_both(answers: Iterable[str]) -> str:
    """What counts of one rater's answers about one pair: the answer they share, else a tie."""
    different = set(answers)
    return different.pop() if len(different) == 1 else "tie"


def pair_rating_set(
    ratings: Sequence[PairRating], *, categories: Sequence[str] = WITH_TIES, ordered: bool = True
) -> tuple[RatingSet, PairAnswers]:
    """The ratings as a table with one rating a rater and item (`preference_of_both`), and all answers.

    `categories` from the lowest; `ordered`: they are ordinal, places from 1, else nominal. A tie that arises from two
    answers is put between them where the scale has none, since leaving such pairs out would flatter the rater.

    Raises:
        RatingsFileError: no ratings, an answer that is not one of the categories, a rater who is both human and judge.
    """
    both: dict[tuple[str, str, Kind], list[str]] = {}
    for rating in ratings:
        if rating.answer not in PREFERENCES or rating.answer not in categories:
            problem = (
                f"{rating.rater} on {rating.item}: {rating.answer} is not one of {', '.join(categories)}"
            )
            raise RatingsFileError([LineError(None, problem)])
        both.setdefault((rating.item, rating.rater, rating.kind), []).append(rating.answer)
    merged = [
        FileRating(item, rater, kind, preference_of_both(answers), None)
        for (item, rater, kind), answers in both.items()
    ]
    table = named_rating_set(
        FileRatings(tuple(merged), 0), _with_tie(categories, merged, ordered=ordered), ordered=ordered
    )
    rows = {str(unit): row for row, unit in enumerate(table.table.units)}
    columns = {rater: column for column, rater in enumerate(table.table.raters)}
    codes: dict[str, int] = {preference: code for code, preference in enumerate(PREFERENCES)}
    answers = PairAnswers(
        rater=_whole(columns[rating.rater] for rating in ratings),
        item=_whole(rows[rating.item] for rating in ratings),
        preference=_whole(codes[rating.answer] for rating in ratings),
        swapped=np.fromiter((rating.swapped for rating in ratings), dtype=np.bool_),
    )
    return table, answers


def _with_tie(categories: Sequence[str], merged: Iterable[FileRating], *, ordered: bool) -> tuple[str, ...]:
    """The scale, and a tie where it has none and one is needed: in the middle of an ordered one, else at the end."""
    if "tie" in categories or all(rating.label != "tie" for rating in merged):
        return tuple(categories)
    place = len(categories) // 2 if ordered else len(categories)
    return (*categories[:place], "tie", *categories[place:])


def _whole(values: Iterable[int]) -> NDArray[np.int64]:
    return np.fromiter(values, dtype=np.int64)
