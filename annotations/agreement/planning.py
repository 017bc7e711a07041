"""How many labels an interval of the corrected rate needs.

A plan is as good as its guesses: the judge's rates as seen on a few labels. The variances are those of large samples.

Sources: Angelopoulos, Duchi & Zrnic, PPI++, arXiv 2311.01453, section 6; Rogan & Gladen, American Journal of
Epidemiology 107 (1978) 71–76.
"""

import math
from dataclasses import dataclass
from typing import Literal, TypedDict

from scipy.stats import norm

Method = Literal["human only", "PPI++", "Rogan-Gladen"]


class LabelPlanDict(TypedDict):
    """`LabelPlan`, ready for JSON."""

    method: str
    half_width: float
    labels: int | None
    undefined: str | None


@dataclass(frozen=True, slots=True)
class LabelPlan:
    """Units that people must label for an interval of ± `half_width`; None where no number does, for a reason."""

    method: Method
    half_width: float
    labels: int | None
    undefined: str | None

    def as_dict(self) -> LabelPlanDict:
        """One JSON-ready object."""
        return {
            "method": self.method,
            "half_width": self.half_width,
            "labels": self.labels,
            "undefined": self.undefined,
        }


def labels_for_interval(
    half_width: float,
    *,
    failure_rate: float,
    sensitivity: float,
    specificity: float,
    judged: int,
    method: Method = "PPI++",
    confidence: float = 0.95,
) -> LabelPlan:
    """Labels for an interval of the corrected failure rate that reaches `half_width` to either side.

    Units for labelling are drawn at random out of the `judged` ones, all of which the judge has rated. With π the
    failure rate, q the judge's share of failures, J = sensitivity + specificity − 1, n labels of M judged:

    - human only: π(1 − π)/n;
    - PPI++ with its best power: π(1 − π)·((1 − ρ²)/n + ρ²/M), ρ² = π(1 − π)J²/(q(1 − q)) the squared correlation of
      judge and people;
    - Rogan–Gladen: ((π·sens(1 − sens) + (1 − π)·spec(1 − spec))/n + q(1 − q)/M) / J².

    The rate is that of the population that the judged units come from, so the M units bound what labels can do. At
    least 2 labels; coverage asks for more (`bench/coverage.py`).

    Raises:
        ValueError: a half-width or failure rate outside (0, 1), a sensitivity or specificity outside [0, 1], fewer
            than 2 judged units.
    """
    if not 0 < half_width < 1 or not 0 < failure_rate < 1 or not 0 < confidence < 1:
        raise ValueError("half-width, failure rate and confidence lie in (0, 1)")
    if not 0 <= sensitivity <= 1 or not 0 <= specificity <= 1 or judged < 2:
        raise ValueError("sensitivity and specificity lie in [0, 1], and two units are judged at least")
    allowed = (half_width / norm.isf((1 - confidence) / 2)) ** 2
    per_label, fixed = _variance_terms(failure_rate, sensitivity, specificity, judged, method)
    if math.isinf(per_label):
        reason = "sensitivity and specificity add up to 1: a judge without skill corrects nothing"
        return LabelPlan(method, half_width, None, reason)
    labels = math.inf if allowed <= fixed else per_label / (allowed - fixed)
    if labels > judged:
        reason = f"labels on all {judged} judged units would not do: judge more units"
        return LabelPlan(method, half_width, None, reason)
    return LabelPlan(method, half_width, max(2, math.ceil(labels - 1e-9)), None)


def half_width_of_labels(
    labels: int,
    *,
    failure_rate: float,
    sensitivity: float,
    specificity: float,
    judged: int,
    method: Method = "PPI++",
    confidence: float = 0.95,
) -> float:
    """The other way round: how far the interval reaches to either side with so many labels; infinite without skill."""
    per_label, fixed = _variance_terms(failure_rate, sensitivity, specificity, judged, method)
    return float(norm.isf((1 - confidence) / 2) * math.sqrt(per_label / labels + fixed))


def _variance_terms(
    failure_rate: float, sensitivity: float, specificity: float, judged: int, method: Method
) -> tuple[float, float]:
    """(a, b) of the variance a / labels + b."""
    variance = failure_rate * (1 - failure_rate)
    reported = failure_rate * sensitivity + (1 - failure_rate) * (1 - specificity)
    skill = sensitivity + specificity - 1
    if method == "human only":
        return variance, 0.0
    if method == "PPI++":
        spread = reported * (1 - reported)
        shared = variance * skill**2 / spread if spread > 0 else 0.0
        return variance * (1 - shared), variance * shared / judged
    if abs(skill) < 1e-12:
        return math.inf, math.inf
    errors = failure_rate * sensitivity * (1 - sensitivity) + (1 - failure_rate) * specificity * (
        1 - specificity
    )
    return errors / skill**2, reported * (1 - reported) / judged / skill**2
