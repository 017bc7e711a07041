"""One number, the count behind it and its interval."""

import math
from dataclasses import dataclass
from typing import Self, TypedDict


class EstimateDict(TypedDict):
    """An `Estimate` ready for JSON."""

    value: float | None
    n: int
    low: float | None
    high: float | None
    undefined: str | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """A point estimate from `n` units with its confidence interval, or the reason why there is none.

    `low` and `high` come together. Both are None where a value exists but the data bound it in no honest way,
    such as a bootstrap whose replicates never vary. The value may lie outside a percentile interval, so that
    is allowed.

    Raises:
        ValueError: `value` and `undefined` both given or both missing, half an interval, an interval the
            wrong way round or without a value, a number that is not finite, a negative `n`.
    """

    value: float | None
    n: int
    low: float | None
    high: float | None
    undefined: str | None

    def __post_init__(self) -> None:
        if (self.value is None) != bool(self.undefined):
            raise ValueError("an estimate has either a value or a reason why it has none")
        if (self.low is None) != (self.high is None):
            raise ValueError("an interval has two ends")
        if self.value is None and self.low is not None:
            raise ValueError("an undefined estimate has no interval")
        if any(x is not None and not math.isfinite(x) for x in (self.value, self.low, self.high)):
            raise ValueError("an estimate holds finite numbers only")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("an interval runs from low to high")
        if self.n < 0:
            raise ValueError("n is a count")

    @classmethod
    def of(cls, value: float, n: int, interval: tuple[float, float] | None) -> Self:
        """A defined estimate; NumPy scalars become plain Python numbers, so that JSON can be written."""
        low, high = (None, None) if interval is None else (float(interval[0]), float(interval[1]))
        return cls(value=float(value), n=int(n), low=low, high=high, undefined=None)

    @classmethod
    def of_nothing(cls, reason: str, n: int = 0) -> Self:
        """An undefined estimate: `reason` says why, `n` how many units there were all the same."""
        return cls(value=None, n=int(n), low=None, high=None, undefined=reason)

    def complement(self) -> "Estimate":
        """1 − x, with the ends of the interval swapped; an undefined estimate stays as it is."""
        if self.value is None:
            return self
        interval = None if self.low is None or self.high is None else (1 - self.high, 1 - self.low)
        return Estimate.of(1 - self.value, self.n, interval)

    def as_dict(self) -> EstimateDict:
        """The same five fields, ready for JSON."""
        return {
            "value": self.value,
            "n": self.n,
            "low": self.low,
            "high": self.high,
            "undefined": self.undefined,
        }
