"""Of pairs whose outputs come from named systems: who wins against whom, and how strong each of several systems is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perg.stats.base.estimate import Estimate
from perg.stats.base.proportions import Flags
from perg.stats.base.resampling import Floats
from perg.stats.base.undefined import Undefined
from perg.stats.items.validation_input import ValidationInput, ValidationSettings
from perg.stats.pairwise.corrected_strengths import corrected_strengths
from perg.stats.pairwise.corrected_win_rate import corrected_win_rate
from perg.stats.pairwise.ranks import RankInterval
from perg.stats.pairwise.strengths import strengths
from perg.stats.pairwise.votes import Votes
from perg.stats.report.design import Design
from perg.stats.report.pair_answers import answers_of, mean_scores

MOST_PAIRS = 45
"""Pairs of systems with a row of their own: all of ten systems. Of more, those that were compared most often."""
MOST_SYSTEMS = 100
NO_SYSTEMS = (
    "it is not known which systems the outputs come from: name them in two attributes, as model_a and model_b"
)
TWO_SYSTEMS = "there are fewer than three systems: see their win rate"


@dataclass(frozen=True, slots=True)
class JudgeWinRate:
    """How often `one` is preferred to `other`, ties as half: by people alone, the judge alone, and PPI++ of both.

    `judge_less_corrected` is the judge's bias. `effective_labels`: people's labels alone that would say as much.
    """

    judge: str
    people: Estimate
    naive: Estimate
    corrected: Estimate
    judge_less_corrected: Estimate
    effective_labels: float | None


@dataclass(frozen=True, slots=True)
class WinRates:
    """One output, or system, against the other, over `items`."""

    one: str
    other: str
    items: int
    judges: tuple[JudgeWinRate, ...]


@dataclass(frozen=True, slots=True)
class SystemRow:
    """One system: its strength (log odds; all of them add up to 0), rank with its range, and its `votes`."""

    system: str
    strength: Estimate
    rank: RankInterval | None
    votes: int
    wins: int
    losses: int
    ties: int


@dataclass(frozen=True, slots=True)
class CorrectedRow:
    """One system: by the judge alone, and by PPI++ of the judge and people, with its rank."""

    system: str
    naive: Estimate
    corrected: Estimate
    rank: RankInterval | None


@dataclass(frozen=True, slots=True)
class JudgeStrengths:
    """One judge's strengths of the systems, the strongest by the corrected ones first."""

    judge: str
    systems: tuple[CorrectedRow, ...]


@dataclass(frozen=True, slots=True)
class SystemStrengths:
    """Strengths of several systems: by people's votes alone, the strongest first, and with each judge."""

    people: tuple[SystemRow, ...]
    judges: tuple[JudgeStrengths, ...]


@dataclass(frozen=True, slots=True)
class SystemPairs:
    """Win rates by pair of systems: of the `compared` pairs the 45 most frequent ones.

    `with_itself`: items that compare a system with itself, which count for none of them.
    """

    systems: int
    compared: int
    with_itself: int
    pairs: tuple[WinRates, ...]


def win_rates(
    one: str,
    other: str,
    judges: dict[str, Floats],
    people: Floats,
    design: Design,
    among: Flags,
    *,
    confidence: float,
) -> WinRates:
    """Over the items `among` (n,), from mean scores (n,) of `one` by judges and people, NaN where there are none."""

    def of_judge(name: str, scores: Floats) -> JudgeWinRate:
        judged = among & ~np.isnan(scores)
        drawn = design.select(judged)
        rate = corrected_win_rate(
            people[judged],
            scores[judged],
            stratum=drawn.stratum,
            inclusion=drawn.inclusion,
            cluster=drawn.cluster,
            confidence=confidence,
        )
        return JudgeWinRate(name, rate.human, rate.judge, rate.corrected, rate.bias, rate.effective_labels)

    return WinRates(
        one, other, int(among.sum()), tuple(of_judge(name, scores) for name, scores in judges.items())
    )


class Systems:
    """The systems that the outputs of each item come from."""

    def __init__(self, data: ValidationInput) -> None:
        assert data.pairs is not None
        assert data.pairs.systems is not None
        first, second = data.pairs.systems
        rated = np.bincount(data.pairs.item, minlength=len(first)) > 0
        self.names = tuple(sorted({name for name in (*first, *second) if name}))
        codes = {name: code for code, name in enumerate(self.names)}
        self.a, self.b = (_codes([codes.get(name or "", -1) for name in side]) for side in (first, second))
        known = (self.a >= 0) & (self.b >= 0) & rated
        self.with_itself = int((known & (self.a == self.b)).sum())
        self.among: Flags = known & (self.a != self.b)
        self.data = data

    def pairs(self, judges: dict[str, Floats], people: Floats, settings: ValidationSettings) -> SystemPairs:
        """Win rates of each pair of systems, the first in the alphabet against the other."""
        low, high = np.minimum(self.a, self.b), np.maximum(self.a, self.b)
        turned = self.a > self.b
        keys = np.where(self.among, low * len(self.names) + high, -1)
        pairs, counts = np.unique(keys[self.among], return_counts=True)
        listed = np.sort(np.argsort(-counts, kind="stable")[:MOST_PAIRS])
        design = Design.of(self.data)

        def of_low(scores: Floats) -> Floats:
            return np.where(turned, 1 - scores, scores)

        by_judge, by_people = {name: of_low(scores) for name, scores in judges.items()}, of_low(people)
        return SystemPairs(
            systems=len(self.names),
            compared=pairs.size,
            with_itself=self.with_itself,
            pairs=tuple(
                win_rates(
                    self.names[pairs[place] // len(self.names)],
                    self.names[pairs[place] % len(self.names)],
                    by_judge,
                    by_people,
                    design,
                    keys == pairs[place],
                    confidence=settings.confidence,
                )
                for place in listed
            ),
        )

    def strengths(
        self, judges: dict[str, Floats], people: Floats, settings: ValidationSettings
    ) -> SystemStrengths | Undefined:
        """Bradley–Terry strengths of three systems or more."""
        compared = np.unique(np.concatenate([self.a[self.among], self.b[self.among]]))
        if compared.size < 3:
            return Undefined(TWO_SYSTEMS)
        if compared.size > MOST_SYSTEMS:
            return Undefined(f"there are more than {MOST_SYSTEMS} systems")
        place = np.full(len(self.names), -1, dtype=np.int64)
        place[compared] = np.arange(compared.size)
        names = tuple(self.names[code] for code in compared)
        a, b = place[self.a], place[self.b]

        def of_judge(name: str, scores: Floats) -> JudgeStrengths:
            judged = self.among & ~np.isnan(scores)
            both = corrected_strengths(
                names,
                a[judged],
                b[judged],
                scores[judged],
                people[judged],
                cluster=self.data.clusters[judged],
                confidence=settings.confidence,
                rng=np.random.default_rng(settings.seed),
            )
            rows = map(CorrectedRow, both.systems, both.judge, both.corrected, both.ranks)
            return JudgeStrengths(name, tuple(sorted(rows, key=lambda row: _order(row.corrected, row.naive))))

        return SystemStrengths(
            people=self._by_people(names, a, b, settings),
            judges=tuple(of_judge(name, scores) for name, scores in judges.items()),
        )

    def _by_people(
        self, names: tuple[str, ...], a: NDArray[np.int64], b: NDArray[np.int64], settings: ValidationSettings
    ) -> tuple[SystemRow, ...]:
        """From every vote of people, the strongest first; none where there is no vote."""
        votes = answers_of(self.data, self.data.ratings.people)
        votes = votes.select(self.among[votes.item])
        if votes.item.size == 0:
            return ()
        fitted = strengths(
            Votes(names, a[votes.item], b[votes.item], votes.scores, self.data.clusters[votes.item]),
            confidence=settings.confidence,
            rng=np.random.default_rng(settings.seed),
        )
        rows = (
            SystemRow(row.system, row.strength, row.rank, row.votes, row.wins, row.losses, row.ties)
            for row in fitted.systems
        )
        return tuple(sorted(rows, key=lambda row: _order(row.strength)))


def judges_scores(data: ValidationInput) -> dict[str, Floats]:
    """The mean score (n,) of the first output by each judge."""
    items = len(data.table.units)
    return {name: mean_scores(answers_of(data, (name,)), items) for name in data.ratings.judges}


def _codes(values: list[int]) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)


def _order(*estimates: Estimate) -> tuple[float, ...]:
    """Strongest first; what is undefined comes last."""
    return tuple(np.inf if estimate.value is None else -estimate.value for estimate in estimates)
