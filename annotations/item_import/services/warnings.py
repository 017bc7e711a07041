"""Possible mistakes in the ratings of a criterion."""

from collections.abc import Sequence

from annotations.item_import.tables.checking import CheckedRating
from annotations.models import Criterion
from annotations.models.imported import AnswerKind
from perg.stats.files.joined_files import NamedRatings
from perg.stats.files.ratings_files import FileRating, FileRatings, Scale
from perg.stats.files.ratings_warnings import rating_warnings

SCALES: dict[str, Scale] = {"nominal": "nominal", "ordinal": "ordinal", "interval": "interval"}


def warnings_of(
    criterion: Criterion, entries: Sequence[CheckedRating], place: int, file_name: str
) -> tuple[str, ...]:
    """Warnings about these ratings, in sentences; `place` is that of the criterion's value among an entry's."""
    scale = SCALES[criterion.scale]
    ratings = tuple(
        FileRating(
            entry.item.external_id,
            entry.rating.rater,
            "human" if entry.rating.kind == "person" else "judge",
            entry.values[place] if scale == "nominal" else float(entry.values[place]),
            entry.rating.place,
        )
        for entry in entries
    )
    # Of yes or no, and of pairs, the words themselves are the scale.
    is_stated = criterion.kind in (AnswerKind.BINARY, AnswerKind.PAIRWISE)
    return rating_warnings([NamedRatings(file_name, FileRatings(ratings, 0))], scale, is_stated=is_stated)
