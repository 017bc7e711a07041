"""What a test knows to be there: the numbers of a defined estimate, or a result that is not a reason."""

from typing import TypeVar

from perg.stats.base.estimate import Estimate

T = TypeVar("T")


def value_of(estimate: Estimate | None) -> float:
    assert estimate is not None
    assert estimate.value is not None, estimate.undefined
    return estimate.value


def ends(estimate: Estimate | None) -> tuple[float, float]:
    """Both ends of the interval."""
    assert estimate is not None
    assert estimate.low is not None, estimate.warnings
    assert estimate.high is not None
    return estimate.low, estimate.high


def width(estimate: Estimate | None) -> float:
    low, high = ends(estimate)
    return high - low


def there(result: T | None) -> T:
    assert result is not None
    return result
