"""How agreement on followed / not followed changes with the threshold."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from perg.stats.base.estimate import Estimate
from perg.stats.base.pooling import PooledBootstrap
from perg.stats.base.resampling import Floats
from perg.stats.measures.alpha import pooled_alpha
from perg.stats.measures.cells import CodedPair, pair_cells
from perg.stats.measures.matrix import Coefficients, pair_coefficients
from perg.stats.ratings.pooled import PooledTable
from perg.stats.ratings.ratings import BINARY, Codes, category_codes


@dataclass(frozen=True, slots=True)
class JudgeAtThreshold:
    """A judge with its scores cut at a threshold.

    `followed` is the share of the units it rated that it sees followed; `with_majority` its agreement with the
    majority of people, by coefficient (those of `matrix.NOMINAL`).
    """

    followed: Estimate
    with_majority: Coefficients


@dataclass(frozen=True, slots=True)
class ThresholdAgreement:
    """People and judges on [rating >= threshold].

    `people_followed` is the share of units, of those with a majority, that the majority sees followed; `tied`
    counts the units where people are split in halves. `alpha_people` is nominal.
    """

    threshold: float
    people_followed: Estimate
    tied: int
    alpha_people: Estimate
    judges: dict[str, JudgeAtThreshold]


def threshold_sweep(
    pooled: PooledTable,
    people: Sequence[str],
    judges: Sequence[str],
    thresholds: Sequence[float] | None = None,
) -> tuple[ThresholdAgreement, ...]:
    """Agreement at each threshold; at every category but the lowest, if none are given. The same draws for all.

    Raises:
        ValueError: an unknown rater.
    """
    cuts = pooled.table.categories[1:] if thresholds is None else tuple(thresholds)
    tables = [pooled.table.followed(cut) for cut in cuts]
    majorities = [category_codes(table.aggregate(people, "majority"), BINARY) for table in tables]
    coded = []
    for table, majority in zip(tables, majorities, strict=True):
        for name in judges:
            judge = category_codes(table.column(name), BINARY)
            both = (judge >= 0) & (majority >= 0)
            coded.append(CodedPair(np.where(both, judge, -1), np.where(both, majority, -1), BINARY))
    cells = pair_cells(pooled.bootstrap, coded)
    sweep = []
    for i, (cut, table, majority) in enumerate(zip(cuts, tables, majorities, strict=True)):
        cut_pool = PooledTable(table, pooled.bootstrap)
        decided_or_tied = cut_pool.rated(people)
        sweep.append(
            ThresholdAgreement(
                threshold=float(cut),
                people_followed=_share(pooled.bootstrap, majority, "people decide no unit"),
                tied=cut_pool.n(decided_or_tied & (majority < 0)),
                alpha_people=pooled_alpha(cut_pool, people, "nominal"),
                judges={
                    name: JudgeAtThreshold(
                        _share(
                            pooled.bootstrap,
                            category_codes(table.column(name), BINARY),
                            "the judge rated no unit",
                        ),
                        pair_coefficients(cells, i * len(judges) + j, "nominal"),
                    )
                    for j, name in enumerate(judges)
                },
            )
        )
    return tuple(sweep)


def _share(bootstrap: PooledBootstrap, followed: Codes, empty: str) -> Estimate:
    """Share of ones among the pools' codes (u,), −1 where missing, with the interval that `proportion` gives."""
    known = followed >= 0
    statistics: Floats = np.column_stack([followed == 1, known]).astype(np.float64)
    if not known.any():
        return Estimate.of_nothing(empty)
    return bootstrap.share(statistics)
