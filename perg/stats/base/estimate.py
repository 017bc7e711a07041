"""One number, the count behind it and its interval."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Self

from perg.stats.base.result import added


@dataclass(frozen=True, slots=True)
class Estimate:
    """A point estimate from `n` units with its confidence interval, or the reason why there is none.

    `low` and `high` come together. Both are None if a value exists but the data bound it in no honest way,
    such as a bootstrap whose replicates never vary. The value may lie outside a percentile interval, so that
    is allowed. `warnings` are sentences that belong beside the number: why it has no interval, where the interval may
    not hold its level, over what it is taken where its neighbours are over something else.

    Raises:
        ValueError: `value` and `undefined` both given or both missing, half an interval, an interval the
            wrong way round or without a value, a number that is not finite, a negative `n`.
    """

    value: float | None
    n: int
    low: float | None
    high: float | None
    undefined: str | None
    warnings: Annotated[tuple[str, ...], added()] = ()

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
    def of(
        cls, value: float, n: int, interval: tuple[float, float] | None, *, warnings: Sequence[str] = ()
    ) -> Self:
        """A defined estimate; NumPy scalars become plain Python numbers, so that JSON can be written."""
        low, high = (None, None) if interval is None else (float(interval[0]), float(interval[1]))
        return cls(float(value), int(n), low, high, undefined=None, warnings=tuple(warnings))

    @classmethod
    def of_nothing(cls, reason: str, n: int = 0) -> Self:
        """An undefined estimate: `reason` says why, `n` how many units there were all the same."""
        return cls(value=None, n=int(n), low=None, high=None, undefined=reason)

    def complement(self) -> "Estimate":
        """1 − x, with the ends of the interval swapped; an undefined estimate stays as it is."""
        if self.value is None:
            return self
        interval = None if self.low is None or self.high is None else (1 - self.high, 1 - self.low)
        return Estimate.of(1 - self.value, self.n, interval, warnings=self.warnings)

    def with_warnings(self, *warnings: str) -> "Estimate":
        """The same estimate with these sentences after its own."""
        return replace(self, warnings=(*self.warnings, *warnings))
