"""How the figures of quality are shown: their definitions, and the geometry of the small plots."""

from collections.abc import Sequence
from dataclasses import dataclass

from perg.stats.raters.quality import AnnotatorQuality
from perg.stats.ratings.ratings import SCALE

DEFINITIONS = {
    "Agreement with the others": "Quadratically weighted κ between this person's scores and the median of the others' "
    "votes on the same responses (excluding this person): 1 is perfect; random answers, or "
    "always the same answer, give 0.",
    "Control accuracy": "Share of the control items with an accepted score. Withdrawn items do not count.",
    "Median time": "Seconds spent on a task until it was first submitted. Time on idle or hidden pages does "
    "not count.",
    "Implausibly fast": "Share of labels made faster than the campaign's minimum plausible time.",
    "Shift": "Mean of (own score − median of the others) in the last third of the labels minus that in"
    " the first third: above 0, the person has become more lenient relative to the others.",
    "Distance": "Mean of |own score − median of the others| in the last third of the labels minus that in"
    " the first third: above 0, the person has moved away from the others.",
    "n": "Number of labels or items behind the figure. Intervals are 95%: Wilson's for shares; "
    "bootstrap over questions for agreement, shift and distance; order statistics for the "
    "median time.",
    "Below threshold": "The whole interval is below the campaign's threshold, based on enough answers.",
}

WIDTH, HEIGHT, REACH = 240, 60, 2.0
"""Of the line of drift: REACH points of the scale fit above and below its middle."""


@dataclass(frozen=True, slots=True)
class ScoreShare:
    """How often a score was given, by the person and by the others on the same responses; shares in percent."""

    score: int
    own: int
    own_percent: float | None
    rest: int
    rest_percent: float | None


def score_shares(figures: AnnotatorQuality) -> list[ScoreShare]:
    own, rest = sum(figures.own_counts), sum(figures.rest_counts)
    return [
        ScoreShare(
            score=int(score),
            own=mine,
            own_percent=100 * mine / own if own else None,
            rest=others,
            rest_percent=100 * others / rest if rest else None,
        )
        for score, mine, others in zip(SCALE, figures.own_counts, figures.rest_counts, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class CourseLine:
    """Mean differences over time as a line in SVG units; `means` are the numbers themselves."""

    points: str
    means: tuple[float, ...]
    width: int = WIDTH
    height: int = HEIGHT
    middle: float = HEIGHT / 2


def course_line(course: Sequence[float]) -> CourseLine | None:
    if len(course) < 2:
        return None
    step = WIDTH / (len(course) - 1)
    heights = [HEIGHT / 2 * (1 - max(-REACH, min(REACH, mean)) / REACH) for mean in course]
    points = " ".join(f"{i * step:.1f},{height:.1f}" for i, height in enumerate(heights))
    return CourseLine(points, tuple(course))
