"""What of an import of ratings may be a mistake, in sentences: it is imported as it is, and told.

Whether people and judges use one scale is judged by what they gave: a judge whose ratings mostly are none that any
person gave, or some that people would hardly have avoided by chance, is told with both ranges.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from annotations.agreement.joined_files import NamedRatings
from annotations.agreement.label_forms import MISSING_IN_ANY_CASE, look_alikes, shown
from annotations.agreement.ratings_files import FileRating, Label, Scale

MOST_SHOWN = 8
HARDLY_BY_CHANCE = 0.001
MOSTLY = 0.5
FEWEST_TO_COMPARE = 5
ON_A_COARSE_SCALE = 5
"""Ratings for each value that occurs, from which on people have used what the scale has."""
FEWEST_FOR_TEXT = 20
DISTINCT_IN_TEXT = 0.8

Counts = Counter[Label]


def rating_warnings(files: Sequence[NamedRatings], scale: Scale, *, is_stated: bool) -> tuple[str, ...]:
    """Everything that may be a mistake. `is_stated`: the scale is, so that ratings are compared with it already."""
    ratings = [rating for file in files for rating in file.ratings.ratings]
    counts: defaultdict[str, Counts] = defaultdict(Counter)
    for rating in ratings:
        counts[rating.rater][rating.label] += 1
    judges = {rating.rater for rating in ratings if rating.kind == "judge"}
    warnings = [sentence for file in files for sentence in _of_file(file)]
    warnings += _of_names(ratings)
    if scale == "nominal":
        warnings += _of_labels(set[Label]().union(*counts.values()), is_stated=is_stated)
    warnings += _of_text(counts)
    if not is_stated:
        warnings += _of_scales(counts, judges, scale)
    return (*warnings, *_of_items(ratings))


def _of_file(file: NamedRatings) -> list[str]:
    """What was read in another way than the file writes it."""
    notes = file.ratings.notes
    sentences = [
        f"{_times(count, 'cell', 'cells')} of “{spelling}” {_are(count)} taken as missing."
        for spelling, count in sorted(notes.missing_as.items())
    ]
    if notes.decimal_commas:
        sentences.append(
            f"{_times(notes.decimal_commas, 'cell', 'cells')} with a decimal comma {_are(notes.decimal_commas)} "
            "read as numbers."
        )
    if notes.repeated:
        sentences.append(
            f"{_times(notes.repeated, 'rating', 'ratings')} {_are(notes.repeated)} there more than once with the same "
            "value, and counted once."
        )
    sentences += [
        f"The column “{column}” is not read." if column else "A column without a name is not read."
        for column in notes.unread
    ]
    sentences += [f"{rater} has no ratings there." for rater in notes.silent]
    return [f"{file.name}: {sentence}" for sentence in sentences]


def _times(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _of_names(ratings: Iterable[FileRating]) -> list[str]:
    """Raters and items that are easily one and the same."""
    raters, items = dict[str, None](), dict[str, None]()
    for rating in ratings:
        raters[rating.rater] = items[rating.item] = None
    sentences = [f"{_listed(group)} are taken as {len(group)} raters." for group in look_alikes(raters)]
    similar = look_alikes(items)
    if similar:
        more = f", and {len(similar) - 1} more such groups" if len(similar) > 1 else ""
        sentences.append(f"{_listed(similar[0])} are taken as {len(similar[0])} items{more}.")
    return sentences


def _of_labels(labels: Iterable[Label], *, is_stated: bool) -> list[str]:
    """Labels that are easily one and the same, or none."""
    names = sorted(str(label) for label in labels)
    sentences = [
        f"{_listed(group)} are taken as {len(group)} labels: they differ only by case, white space or look-alike "
        "characters."
        for group in look_alikes(names)
    ]
    if not is_stated:
        sentences += [
            f"“{name}” is taken as a label. Where it means a missing rating, leave the cell empty."
            for name in names
            if name.casefold() in MISSING_IN_ANY_CASE
        ]
    return sentences


def _of_text(counts: Mapping[str, Counts]) -> list[str]:
    """Raters whose ratings nearly all differ, beside others whose do not: a column of comments or ids."""

    def share(of: Counts) -> float:
        return len(of) / of.total()

    long = [of for of in counts.values() if of.total() >= FEWEST_FOR_TEXT]
    if not any(share(of) <= MOSTLY for of in long):
        return []
    return [
        f"The {of.total()} ratings of {rater} have {len(of)} different values: is it a column of comments or ids?"
        for rater, of in counts.items()
        if of.total() >= FEWEST_FOR_TEXT and share(of) > DISTINCT_IN_TEXT
    ]


def _of_scales(counts: Mapping[str, Counts], judges: Iterable[str], scale: Scale) -> list[str]:
    """Raters who use another scale than people do."""
    judged = set(judges)
    people = Counter[Label]()
    for rater, of in counts.items():
        if rater not in judged:
            people.update(of)
    sentences = []
    for rater, of in counts.items():
        others = people if rater in judged else people - of
        if min(of.total(), others.total()) < FEWEST_TO_COMPARE:
            continue
        unmatched = _unmatched(of, others, ordered=scale != "nominal")
        if unmatched.mostly or (rater in judged and unmatched.surprising):
            who = "people" if rater in judged else "the other people"
            sentences.append(
                f"The ratings of {rater} {_extent(of, scale)}, those of {who} {_extent(others, scale)}: are they "
                "on one scale? They are compared as they are. State the scale, or bring them to one first."
            )
    return sentences


@dataclass(frozen=True, slots=True)
class _Unmatched:
    """Whether most of a rater's ratings are none that others use; whether so many hardly come about by chance."""

    mostly: bool
    surprising: bool


def _unmatched(of: Counts, others: Counts, *, ordered: bool) -> _Unmatched:
    """Names are compared one by one, numbers by their range.

    Where others have used what a coarse scale has, numbers between theirs are none of it either.
    """
    beyond = _share_beyond(of, others, ordered=ordered)
    unused = sum(count for label, count in of.items() if label not in others) / of.total()
    is_coarse = others.total() >= ON_A_COARSE_SCALE * len(others)
    surprising = (1 - beyond) ** others.total() < HARDLY_BY_CHANCE
    if ordered and len(of) > 1:  # a judge that says one thing only is told elsewhere
        surprising |= (1 - _share_beyond(others, of, ordered=True)) ** of.total() < HARDLY_BY_CHANCE
    return _Unmatched(beyond >= MOSTLY or (is_coarse and unused >= MOSTLY), surprising)


def _share_beyond(of: Counts, others: Counts, *, ordered: bool) -> float:
    """The share of ratings that lie outside the range of others, or are names that others never use."""
    if not ordered:
        return sum(count for label, count in of.items() if label not in others) / of.total()
    low, high = min(map(float, others)), max(map(float, others))
    return sum(count for label, count in of.items() if not low <= float(label) <= high) / of.total()


def _extent(counts: Counts, scale: Scale) -> str:
    """What a rater's ratings are, in words."""
    if scale == "nominal":
        return f"are {_listed(str(label) for label, _ in counts.most_common())}"
    low, high = shown(min(map(float, counts))), shown(max(map(float, counts)))
    return f"are all {low}" if low == high else f"run from {low} to {high}"


def _of_items(ratings: Sequence[FileRating]) -> list[str]:
    """Items that only people or only judges rated, where these are most."""
    by_kind = defaultdict[str, set[str]](set)
    for rating in ratings:
        by_kind[rating.kind].add(rating.item)
    people, judges = by_kind["human"], by_kind["judge"]
    both = len(people & judges)
    if not people or not judges or 2 * both >= min(len(people), len(judges)):
        return []
    return [
        f"Of {len(people)} items that people rated and {len(judges)} that judges rated, {both} are the same: do both "
        "use the same names of items?"
    ]


def _listed(names: Iterable[str]) -> str:
    """Names in quotes; the first few of many."""
    quoted = [f"“{name}”" for name in names]
    if len(quoted) > MOST_SHOWN:
        return f"{', '.join(quoted[:MOST_SHOWN])} and {len(quoted) - MOST_SHOWN} more"
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)
