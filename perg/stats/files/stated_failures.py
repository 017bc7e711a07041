"""Which ratings are failures, as a user sets it: labels, or a threshold on an ordered scale.

It is set or asked, never guessed from the alphabet or from the order of two numbers. The only default is the
platform's own: on an ordinal scale of exactly 1 to 5, a rating below 3 is a failure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from perg.formats.label_forms import clean_text, label_of, number_of, shown
from perg.stats.files.ratings_files import Label, Scale
from perg.stats.ratings.ratings import SCALE

DEFAULT_THRESHOLD = 3.0
MOST_SHOWN = 20

Input = Literal["threshold", "failure"]


class FailuresError(ValueError):
    """The statement does not split the ratings, in words for people; `field` is the input at fault."""

    def __init__(self, message: str, field: Input) -> None:
        super().__init__(message)
        self.field: Input = field


class NotStated(FailuresError):
    """There are two categories, and it is not stated which is the failure."""

    def __init__(self, categories: Sequence[Label]) -> None:
        first, second = (f"“{shown(category)}”" for category in categories)
        super().__init__(
            f"All ratings are {first} or {second}. Which of the two is a failure? State it, or import without a "
            "failure; failure rates are then undefined.",
            "failure",
        )


@dataclass(frozen=True, slots=True)
class StatedFailures:
    """The failure `labels` of a nominal scale, or the lowest rating of an ordered one that is not a failure."""

    labels: tuple[str, ...] = ()
    threshold: float | None = None


def stated_failures(
    categories: Sequence[Label],
    scale: Scale,
    *,
    failures: Sequence[str] = (),
    threshold: float | None = None,
    is_cut: bool = True,
) -> StatedFailures:
    """What counts as a failure on a scale with these categories, numbers ascending; `is_cut` is false for nothing.

    Raises:
        NotStated: nothing is stated of two categories.
        FailuresError: failures that are no categories, all of them, or not the lowest on an ordered scale; a threshold
            outside the scale, on a nominal one, or beside failures.
    """
    if failures and (threshold is not None or not is_cut):
        raise FailuresError("State failures, a threshold, or neither.", "failure")
    if threshold is not None and scale == "nominal":
        raise FailuresError(
            "Names without an order cannot be cut at a threshold. State the labels that are failures.",
            "threshold",
        )
    if failures:
        labels = _known(failures, categories, scale)
        if scale == "nominal":
            return StatedFailures(labels=tuple(str(label) for label in labels))
        threshold = _threshold_above(labels, categories)
    if threshold is not None:
        low, high = float(categories[0]), float(categories[-1])
        if not low < threshold <= high:
            raise FailuresError(
                f"The threshold lies above {shown(low)}, the lowest rating, and at most at {shown(high)}, the highest.",
                "threshold",
            )
        return StatedFailures(threshold=threshold)
    if is_cut and scale == "ordinal" and tuple(categories) == SCALE:
        return StatedFailures(threshold=DEFAULT_THRESHOLD)
    if is_cut and len(categories) == 2:
        raise NotStated(categories)
    return StatedFailures()


def _known(failures: Sequence[str], categories: Sequence[Label], scale: Scale) -> list[Label]:
    """The stated failures as categories, each once, in the order of the categories."""
    stated = set[Label]()
    for failure in failures:
        number = number_of(clean_text(failure))
        label: Label = label_of(failure) if scale == "nominal" or number is None else float(number)
        if label not in categories:
            names = ", ".join(f"“{shown(category)}”" for category in categories[:MOST_SHOWN])
            more = ", …" if len(categories) > MOST_SHOWN else ""
            raise FailuresError(f"No rating is “{failure}”. The ratings are {names}{more}.", "failure")
        stated.add(label)
    if len(stated) == len(categories):
        raise FailuresError("Not all ratings can be failures.", "failure")
    return [category for category in categories if category in stated]


def _threshold_above(failures: Sequence[Label], categories: Sequence[Label]) -> float:
    """The lowest rating that is no failure."""
    if list(failures) != list(categories[: len(failures)]):
        raise FailuresError(
            "On an ordered scale the failures are the lowest ratings. For other failures, import the ratings on a "
            "nominal scale.",
            "failure",
        )
    return float(categories[len(failures)])
