"""Every rater's ratings as a stacked bar."""

from collections.abc import Sequence
from dataclasses import dataclass

from annotations.agreement.rater_agreement import RaterDict

ROW = 26
TOP = 34
NAMES = 210
BAR = 420
MARGIN = 10
SHADES = 10


@dataclass(frozen=True, slots=True)
class Bar:
    """One part of a stacked bar; `shade` 0–10 from the lowest to the highest category."""

    x: float
    width: float
    shade: int
    text: str
    title: str


@dataclass(frozen=True, slots=True)
class Distribution:
    """One rater's ratings as a stacked bar."""

    label: str
    y: float
    n: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Distributions:
    """Raters one under the other, all bars of the same length."""

    title: str
    description: str
    rows: tuple[Distribution, ...]
    key: tuple[tuple[str, int, float], ...]
    width: int
    height: int
    label_end: int
    value_start: int

    @property
    def template(self) -> str:
        """Draws it."""
        return "annotations/figures/distributions.svg"


def distributions(raters: Sequence[RaterDict], names: Sequence[str]) -> Distributions:
    """Shares of each category, named by `names`, in every rater's ratings."""
    rows = []
    last = max(1, len(names) - 1)
    for i, rater in enumerate(raters):
        x, bars = float(NAMES), []
        for code, count in enumerate(rater["counts"]):
            if count == 0:
                continue
            width = BAR * count / rater["n"]
            share = count / rater["n"]
            bars.append(
                Bar(
                    round(x, 2),
                    round(width, 2),
                    round(SHADES * code / last),
                    names[code] if width > 8 + 7 * len(names[code]) else "",
                    f"{rater['name']}: {names[code]} in {count} of {rater['n']} ({share:.0%})",
                )
            )
            x += width
        rows.append(Distribution(rater["name"], TOP + ROW * i + 3, rater["n"], tuple(bars)))
    return Distributions(
        title="Score distributions",
        description="Each rater's ratings as shares of a bar, from the lowest category to the highest.",
        rows=tuple(rows),
        key=tuple(
            (name, round(SHADES * code / last), NAMES + 64 * code) for code, name in enumerate(names[:9])
        ),
        width=NAMES + BAR + 100,
        height=TOP + ROW * len(rows) + MARGIN,
        label_end=NAMES - 10,
        value_start=NAMES + BAR + 10,
    )
