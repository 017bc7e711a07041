"""Warnings about imported ratings, in sentences. The ratings are imported unchanged.

Whether people and judges use the same scale is inferred from their ratings: there is a warning about a judge if most of
its ratings are ones that no person gave, or if the difference in range is very unlikely by chance.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from perg.formats.label_forms import MISSING_IN_ANY_CASE, listed, look_alikes, shown
from perg.stats.files.joined_files import NamedRatings
from perg.stats.files.ratings_files import FileRating, Label, Scale

HARDLY_BY_CHANCE = 0.001
MOSTLY = 0.5
MANY_NAMES = 0.1
"""A rare name that only a judge gives is a matter of opinion, not of the scale."""
FEWEST_TO_COMPARE = 5
ON_A_COARSE_SCALE = 5
"""With this many ratings per distinct value, people have probably used the whole scale."""
FEWEST_FOR_TEXT = 20
DISTINCT_IN_TEXT = 0.8

Counts = Counter[Label]


def rating_warnings(files: Sequence[NamedRatings], scale: Scale, *, is_stated: bool) -> tuple[str, ...]:
    """All warnings. `is_stated`: the scale was stated, so ratings outside it are errors already."""
    ratings = [rating for file in files for rating in file.ratings.ratings]
    counts: defaultdict[str, Counts] = defaultdict(Counter)
    for rating in ratings:
        counts[rating.rater][rating.label] += 1
    judges = {rating.rater for rating in ratings if rating.kind == "judge"}
    warnings = [sentence for file in files for sentence in _of_file(file)]
    warnings += _of_names(ratings)
    if scale == "nominal":
        warnings += _of_labels(set[Label]().union(*counts.values()), is_stated=is_stated)
    texts = _texts(counts)
    warnings += [
        f"The {counts[rater].total()} ratings of {rater} have {len(counts[rater])} different values. This may be a "
        "column of comments or ids."
        for rater in texts
    ]
    if not is_stated:
        compared = {rater: of for rater, of in counts.items() if rater not in texts}
        warnings += _of_scales(compared, judges, scale)
    return (*warnings, *_of_items(ratings))


def _of_file(file: NamedRatings) -> list[str]:
    """What was read differently from how the file writes it."""
    notes = file.ratings.notes
    sentences = [
        f"{_times(count, 'cell', 'cells')} with “{spelling}” {_were(count)} read as missing."
        for spelling, count in sorted(notes.missing_as.items())
    ]
    if notes.decimal_commas:
        sentences.append(
            f"{_times(notes.decimal_commas, 'cell', 'cells')} with a decimal comma {_were(notes.decimal_commas)} "
            "read as numbers."
        )
    if notes.repeated:
        sentences.append(
            f"{_times(notes.repeated, 'duplicate rating', 'duplicate ratings')} with the same value "
            f"{_were(notes.repeated)} ignored."
        )
    sentences += [
        f"The column “{column}” was ignored." if column else "A column without a name was ignored."
        for column in notes.unread
    ]
    sentences += [f"{rater} has no ratings." for rater in notes.silent]
    return [f"{file.name}: {sentence}" for sentence in sentences]


def _times(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _of_names(ratings: Iterable[FileRating]) -> list[str]:
    """Raters and items whose names look alike."""
    raters, items = dict[str, None](), dict[str, None]()
    for rating in ratings:
        raters[rating.rater] = items[rating.item] = None
    sentences = [f"{listed(group)} are treated as {len(group)} raters." for group in look_alikes(raters)]
    similar = look_alikes(items)
    if similar:
        more = f" There are {len(similar)} such groups." if len(similar) > 1 else ""
        sentences.append(f"{listed(similar[0])} are treated as {len(similar[0])} items.{more}")
    return sentences


def _of_labels(labels: Iterable[Label], *, is_stated: bool) -> list[str]:
    """Labels that look alike, or look like missing ratings."""
    names = sorted(str(label) for label in labels)
    sentences = [
        f"{listed(group)} are treated as {len(group)} labels. They differ only by case, white space or look-alike "
        "characters."
        for group in look_alikes(names)
    ]
    if not is_stated:
        sentences += [
            f"“{name}” is treated as a label. If it means a missing rating, leave the cell empty."
            for name in names
            if name.casefold() in MISSING_IN_ANY_CASE
        ]
    return sentences


def _texts(counts: Mapping[str, Counts]) -> list[str]:
    """Raters whose ratings nearly all differ, beside others whose do not: columns of comments or ids."""
    shares = {rater: len(of) / of.total() for rater, of in counts.items() if of.total() >= FEWEST_FOR_TEXT}
    if not any(share <= MOSTLY for share in shares.values()):
        return []
    return [rater for rater, share in shares.items() if share > DISTINCT_IN_TEXT]


def _of_scales(counts: Mapping[str, Counts], judges: Iterable[str], scale: Scale) -> list[str]:
    """Raters who seem to use a different scale from people."""
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
                f"The ratings of {rater} {_extent(of, scale)}, those of {who} {_extent(others, scale)}. They may "
                f"be on different scales. They are compared unchanged: {_what_to_do(scale)}"
            )
    return sentences


def _what_to_do(scale: Scale) -> str:
    """What to do about raters on different scales; a scale has been chosen, its categories are not stated."""
    if scale == "nominal":
        return "list all labels in the categories, or rename them first."
    return f"if all are on one {scale} scale, state its range in the categories; if not, convert them first."


@dataclass(frozen=True, slots=True)
class _Unmatched:
    """Whether most of a rater's ratings are ones that others never gave; whether that is very unlikely by chance."""

    mostly: bool
    surprising: bool


def _unmatched(of: Counts, others: Counts, *, ordered: bool) -> _Unmatched:
    """Names are compared one by one, numbers by their range.

    On a coarse scale that the others have used fully, numbers between theirs are off the scale, too.
    """
    beyond = _share_beyond(of, others, ordered=ordered)
    unused = sum(count for label, count in of.items() if label not in others) / of.total()
    is_coarse = others.total() >= ON_A_COARSE_SCALE * len(others)
    surprising = (1 - beyond) ** others.total() < HARDLY_BY_CHANCE and (ordered or beyond >= MANY_NAMES)
    if ordered and len(of) > 1:  # a constant judge has a section of its own in the report
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
        return f"are {listed(str(label) for label, _ in counts.most_common())}"
    low, high = shown(min(map(float, counts))), shown(max(map(float, counts)))
    return f"are all {low}" if low == high else f"run from {low} to {high}"


def _of_items(ratings: Sequence[FileRating]) -> list[str]:
    """Few items that both people and judges rated."""
    by_kind = defaultdict[str, set[str]](set)
    for rating in ratings:
        by_kind[rating.kind].add(rating.item)
    people, judges = by_kind["human"], by_kind["judge"]
    both = len(people & judges)
    if not people or not judges or 2 * both >= min(len(people), len(judges)):
        return []
    return [
        f"Of {len(people)} items that people rated and {len(judges)} that judges rated, {both} are the same. Check "
        "that both use the same item ids."
    ]


def judges_on_another_scale(ratings: Iterable[FileRating], scale: Scale) -> dict[str, str]:
    """The judges most of whose ratings lie outside people's range, or are names that no person uses, with the reason.

    Numbers between people's are no reason: probabilities of a judge and yes or no of people can be cut alike.
    """
    people, by_judge = Counter[Label](), defaultdict[str, Counts](Counter)
    for rating in ratings:
        counts = people if rating.kind == "human" else by_judge[rating.rater]
        counts[rating.label] += 1
    return {
        judge: f"its ratings {_extent(counts, scale)}, people's {_extent(people, scale)}: they seem to be on different "
        "scales, on which nothing can be said of its skill"
        for judge, counts in by_judge.items()
        if min(counts.total(), people.total()) >= FEWEST_TO_COMPARE
        and _share_beyond(counts, people, ordered=scale != "nominal") >= MOSTLY
    }
