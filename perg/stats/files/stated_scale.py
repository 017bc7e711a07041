"""A scale as a user sets it: labels, numbers, ranges."""

import csv
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from perg.formats.label_forms import clean_text, label_of, number_of, shown
from perg.stats.files.ratings_files import Scale

CATEGORIES_AT_MOST = 1001
LONGEST_LIST = 100_000
"""In characters, of the entries of a scale."""
RANGE = ".."


class ScaleError(ValueError):
    """The statement is not a scale, in words for people."""


def entries_of(text: str) -> list[str]:
    """The entries of a comma-separated list; an entry that contains a comma is quoted.

    Raises:
        ScaleError: the list is too long, or cannot be read.
    """
    if len(text) > LONGEST_LIST:
        raise ScaleError(f"A list has at most {LONGEST_LIST:,} characters.")
    try:
        entries = next(csv.reader([" ".join(text.splitlines())], skipinitialspace=True), [])
    except csv.Error as error:
        raise ScaleError(f"The list cannot be read: {error}.") from error
    return [entry for entry in entries if entry.strip()]


def stated_categories(entries: Sequence[str], scale: Scale) -> tuple[str | float, ...]:
    """The categories of a stated scale: labels, or numbers and ranges such as `1..5` and `0..1..0.25`, ascending.

    Raises:
        ScaleError: an entry that is no number on an ordered scale, one twice, fewer than two, more than 1,001.
    """
    if len(entries) > CATEGORIES_AT_MOST:
        raise ScaleError(f"A scale has at most {CATEGORIES_AT_MOST} categories.")
    if scale == "nominal":
        categories: list[str | float] = [label_of(entry) for entry in entries]
        if "" in categories:
            raise ScaleError("A label of the scale is empty.")
    else:
        categories = sorted(float(number) for entry in entries for number in _numbers(entry))
    if len(set(categories)) < len(categories):
        twice = next(category for category, count in Counter(categories).items() if count > 1)
        raise ScaleError(f"The scale has “{shown(twice)}” twice.")
    if len(categories) < 2:
        raise ScaleError("A scale has two categories or more.")
    if len(categories) > CATEGORIES_AT_MOST:
        raise ScaleError(f"A scale has at most {CATEGORIES_AT_MOST} categories.")
    return tuple(categories)


def _numbers(entry: str) -> Sequence[Decimal]:
    """One number, or those of a range."""
    parts = [clean_text(part) for part in entry.split(RANGE)]
    numbers = [number for number in map(number_of, parts) if number is not None]
    if len(numbers) < len(parts) or len(parts) > 3:
        raise ScaleError(f"“{entry}” is neither a number nor a range such as 1..5 or 0..1..0.25.")
    if len(numbers) == 1:
        return numbers
    low, high = numbers[:2]
    step = numbers[2] if len(numbers) == 3 else Decimal(1)
    if step <= 0 or high <= low or (high - low) % step:
        raise ScaleError(f"The range “{entry}” does not reach its end in equal steps.")
    count = int((high - low) / step) + 1
    if count > CATEGORIES_AT_MOST:
        raise ScaleError(f"A scale has at most {CATEGORIES_AT_MOST} categories.")
    return [low + place * step for place in range(count)]
