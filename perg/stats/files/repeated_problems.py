"""Problems that most cells of a file of ratings share, reported once instead of line by line."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from perg.formats.label_forms import MOST_SHOWN, listed
from perg.stats.files.ratings_files import NOT_A_NUMBER, LineError

FEWEST_ALIKE = 3
FIRST_TOLD = 3
LIKE_A_NUMBER = re.compile(r"[-+−.,(]*\d")


@dataclass(frozen=True, slots=True)
class FileProblems:
    """The problems of one file, each kind only once if most cells have it.

    Attributes:
        errors: the problems to report, in the order of their first lines.
        names: labels that are names on a scale of numbers, with their counts, if most cells have such labels; these
            cells are not in `errors`.
    """

    errors: tuple[LineError, ...]
    names: Counter[str]


def told_once(errors: Sequence[LineError], cells: int) -> FileProblems:
    """The errors of a file of `cells` ratings. A kind of error that at least half of them have is reported once.

    That report has the number of errors, the first lines and the labels.
    """
    alike = defaultdict[str, list[LineError]](list)
    for error in errors:
        alike[error.problem or error.message].append(error)
    names, summaries = Counter[str](), list[LineError]()
    for problem, group in alike.items():
        if len(group) < FEWEST_ALIKE or 2 * len(group) < cells:
            summaries += group
            continue
        labels = Counter(error.label for error in group if error.label is not None)
        if problem == NOT_A_NUMBER and _are_names(labels):
            names += labels
        else:
            summaries.append(LineError(None, _summary(group, labels)))
    place = {id(error): i for i, error in enumerate(errors)}
    return FileProblems(tuple(sorted(summaries, key=lambda error: place.get(id(error), -1))), names)


def _are_names(labels: Counter[str]) -> bool:
    """Whether labels are names, rather than numbers in a form that is not read, or comments."""
    like_numbers = sum(count for label, count in labels.items() if LIKE_A_NUMBER.match(label))
    return 2 * like_numbers < labels.total() and (
        len(labels) <= MOST_SHOWN or 2 * len(labels) <= labels.total()
    )


def _summary(group: Sequence[LineError], labels: Counter[str]) -> str:
    first = "; ".join(map(str, group[:FIRST_TOLD]))
    labels_in_words = (
        f" The labels are {listed(label for label, _ in labels.most_common())}." if labels else ""
    )
    return f"{len(group)} times the same problem. The first: {first}.{labels_in_words}"
