"""The smallest number that is enough, such as of units for a power."""

import math
from collections.abc import Callable


def fewest(
    enough: Callable[[int], bool], *, low: int, high: int, most: float = math.inf, percent: int = 0
) -> int | None:
    """The smallest number above `low` that is enough, where more are never less; None if about `most` are not.

    `high` is tried first, and doubled until it is enough. The answer is too large by at most `percent` of itself.
    """
    while not enough(high):
        low, high = high, 2 * high
        if low > most:
            return None
    while high - low > max(1, high * percent // 100):
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
