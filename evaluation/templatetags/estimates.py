"""`{% estimate x %}`: a number with its interval and n, or the reason why there is none."""

from django import template

from evaluation.statistics.estimate import Estimate, EstimateDict

register = template.Library()


@register.inclusion_tag("evaluation/_estimate.html")
def estimate(value: Estimate | EstimateDict, digits: int = 3) -> dict[str, object]:
    """Value, 95% interval and n as three parts that a style sheet can set apart; of a stored one, too."""
    if isinstance(value, dict):
        value = Estimate(**value)

    def shown(number: float | None) -> str:
        return "" if number is None else f"{number:.{digits}f}"

    return {
        "estimate": value,
        "value": shown(value.value),
        "low": shown(value.low),
        "high": shown(value.high),
    }
