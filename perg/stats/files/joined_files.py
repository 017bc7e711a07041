"""The ratings of several files together: duplicates, and contradictions between files."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from perg.formats.label_forms import shown
from perg.stats.files.ratings_files import FileRating, FileRatings, LineError
from perg.stats.files.repeated_problems import told_once


@dataclass(frozen=True, slots=True)
class NamedRatings:
    """What was read from one file, and the file's name."""

    name: str
    ratings: FileRatings


@dataclass(frozen=True, slots=True)
class JoinedFiles:
    """The files with each rating once, and contradictions, a line each.

    A rating that an earlier file has, too, counts as `repeated` in the notes of the later file.
    """

    files: tuple[NamedRatings, ...]
    problems: tuple[str, ...]


def joined_files(files: Sequence[NamedRatings]) -> JoinedFiles:
    """Join the files; a rater must be a person or a judge in all of them, and rate an item the same way in all."""
    first = dict[tuple[str, str], tuple[FileRating, str]]()
    kinds = dict[str, tuple[str, str]]()
    problems, cleared = list[str](), list[NamedRatings]()
    for file in files:
        own = list[FileRating]()
        both, contradictions = set[str](), list[LineError]()
        for rating in file.ratings.ratings:
            kind, where = kinds.setdefault(rating.rater, (rating.kind, file.name))
            before, before_in = first.setdefault((rating.item, rating.rater), (rating, file.name))
            if kind != rating.kind:
                both.add(
                    f"{file.name}: {rating.rater} is {_kind(rating.kind)} here and {_kind(kind)} in {where}"
                )
            elif before is rating:
                own.append(rating)
            elif before.label != rating.label:
                message = (
                    f"{rating.rater} on {rating.item}: {shown(rating.label)} here and {shown(before.label)} in "
                    f"{before_in}"
                )
                contradictions.append(LineError(rating.line, message, f"another rating in {before_in}"))
        file_problems = told_once(contradictions, len(file.ratings.ratings))
        problems += [f"{file.name}: {problem}" for problem in file_problems.errors]
        problems += sorted(both)
        repeated = len(file.ratings.ratings) - len(own)
        notes = replace(file.ratings.notes, repeated=file.ratings.notes.repeated + repeated)
        cleared.append(NamedRatings(file.name, FileRatings(tuple(own), file.ratings.missing, notes)))
    return JoinedFiles(tuple(cleared), (*problems, *_plus_and_minus(cleared)))


def _kind(kind: str) -> str:
    return "a person" if kind == "human" else "a judge"


def _plus_and_minus(files: Sequence[NamedRatings]) -> list[str]:
    """A dash means a missing rating. Beside a plus it may be a label: then the scale must be stated."""
    dashes = [file.name for file in files if "-" in file.ratings.notes.missing_as]
    if not dashes or not any(rating.label == "+" for file in files for rating in file.ratings.ratings):
        return []
    return [
        f"{dashes[0]}: there are “+” and “-”: state the scale, so that it is clear whether “-” is a label or a missing "
        "rating"
    ]
