"""One number, the count behind it and its interval."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NotRequired, Self, TypedDict


class EstimateDict(TypedDict):
    """An `Estimate` ready for JSON; documents stored by earlier versions have no `warnings`."""

    value: float | None
    n: int
    low: float | None
    high: float | None
    undefined: str | None
    warnings: NotRequired[list[str]]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A point estimate from `n` units with its confidence interval, or the reason why there is none.

    `low` and `high` come together. Both are None where a value exists but the data bound it in no honest way,
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
    warnings: tuple[str, ...] = ()

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

    @classmethod
    def of_dict(cls, stored: EstimateDict) -> Self:
        """The estimate that `as_dict` wrote, by this version or an earlier one."""
        return cls(
            value=stored["value"],
            n=stored["n"],
            low=stored["low"],
            high=stored["high"],
            undefined=stored["undefined"],
            warnings=tuple(stored.get("warnings", ())),
        )

    def complement(self) -> "Estimate":
        """1 − x, with the ends of the interval swapped; an undefined estimate stays as it is."""
        if self.value is None:
            return self
        interval = None if self.low is None or self.high is None else (1 - self.high, 1 - self.low)
        return Estimate.of(1 - self.value, self.n, interval, warnings=self.warnings)

    def with_warnings(self, *warnings: str) -> "Estimate":
        """The same estimate with these sentences after its own."""
        return replace(self, warnings=(*self.warnings, *warnings))

    def as_dict(self) -> EstimateDict:
        """The same fields, ready for JSON."""
        return {
            "value": self.value,
            "n": self.n,
            "low": self.low,
            "high": self.high,
            "undefined": self.undefined,
            "warnings": list(self.warnings),
        }
