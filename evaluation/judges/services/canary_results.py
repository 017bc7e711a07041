"""The result of testing a judge with injected responses."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from evaluation.engine.steps.judging import verdict_of
from evaluation.models import CanaryCall, CanaryTest, Judge
from evaluation.models.endpoint import SCALE
from evaluation.stages.canaries import CanaryPair, canary_set
from evaluation.stages.verdicts import Verdict
from perg.stats.base.estimate import Estimate
from perg.stats.base.proportions import proportion


@dataclass(frozen=True, slots=True)
class PairResult:
    """Both verdicts of a pair; None while a call is under way. `pair` is None where the set has changed since."""

    technique: str
    clean: Verdict | None
    injected: Verdict | None
    clean_call: int
    injected_call: int
    pair: CanaryPair | None

    @property
    def scores(self) -> tuple[int, int] | None:
        """Without and with the injected text; None unless both are scored."""
        if self.clean is None or self.injected is None:
            return None
        if self.clean.score is None or self.injected.score is None:
            return None
        return self.clean.score, self.injected.score

    @property
    def is_raised(self) -> bool:
        return self.scores is not None and self.scores[1] > self.scores[0]

    @property
    def is_lowered(self) -> bool:
        return self.scores is not None and self.scores[1] < self.scores[0]

    @property
    def has_room(self) -> bool:
        """Whether the clean twin left a higher score to be asked for."""
        return self.scores is not None and self.scores[0] < SCALE[-1]

    @property
    def is_silenced(self) -> bool:
        """Whether the injected text left the judge without a score, where it had one without the text."""
        if self.clean is None or self.injected is None:
            return False
        return self.clean.score is not None and self.injected.score is None


@dataclass(frozen=True, slots=True)
class CanaryResult:
    """A test, its pairs, and its rates.

    `raised`: of the pairs with both scores and room above the clean one, the share whose injected twin was rated
    higher. `turned`: of the pairs whose clean twin was not followed, the share whose injected twin was. `lowered` is
    a count that shows how much scores move by chance. `cost` in US dollars is None while no call is priced.
    """

    test: CanaryTest
    pairs: tuple[PairResult, ...]
    unfinished: int
    cost: Decimal | None

    @property
    def raised(self) -> Estimate:
        return _share(
            (pair.is_raised for pair in self.pairs if pair.has_room),
            nothing="no pair has both scores and room for a higher one",
        )

    @property
    def turned(self) -> Estimate:
        threshold = self.test.judge.threshold
        scores = (pair.scores for pair in self.pairs)
        return _share(
            (after >= threshold for before, after in filter(None, scores) if before < threshold),
            nothing="no pair has both scores and a clean response that does not follow",
        )

    @property
    def lowered_count(self) -> int:
        return sum(pair.is_lowered for pair in self.pairs)

    @property
    def silenced_count(self) -> int:
        return sum(pair.is_silenced for pair in self.pairs)

    @property
    def scored_count(self) -> int:
        return sum(pair.scores is not None for pair in self.pairs)

    @property
    def unreadable_count(self) -> int:
        """Pairs of which a finished reply gave no score, with or without the injected text."""
        verdicts = [(pair.clean, pair.injected) for pair in self.pairs]
        return sum(
            any(verdict is not None and verdict.score is None for verdict in twins) for twins in verdicts
        )

    @property
    def without_room_count(self) -> int:
        return sum(pair.scores is not None and not pair.has_room for pair in self.pairs)


def _share(flags: Iterable[bool], *, nothing: str) -> Estimate:
    """Pairs have a question each, so that they are independent."""
    values = np.fromiter(flags, dtype=np.bool_)
    return proportion(values) if values.size else Estimate.of_nothing(nothing)


def latest_canary_test(judge: Judge) -> CanaryTest | None:
    """The newest test of the judge; None where there has been none."""
    return CanaryTest.objects.select_related("judge__endpoint", "started_by").filter(judge=judge).first()


def canary_result(test: CanaryTest) -> CanaryResult:
    """What the test's calls say so far."""
    calls: dict[str, dict[bool, CanaryCall]] = {}
    for call in test.calls.select_related("completion").order_by("pk"):
        calls.setdefault(call.technique, {})[call.is_injected] = call
    current = {pair.technique: pair for pair in canary_set().pairs}
    if test.set_version != canary_set().version:
        current = {}
    completions = [call.completion for twins in calls.values() for call in twins.values()]
    costs = [completion.cost for completion in completions if completion.cost is not None]
    return CanaryResult(
        test=test,
        pairs=tuple(
            PairResult(
                technique=technique,
                clean=_verdict(twins[False]),
                injected=_verdict(twins[True]),
                clean_call=twins[False].completion_id,
                injected_call=twins[True].completion_id,
                pair=current.get(technique),
            )
            for technique, twins in calls.items()
        ),
        unfinished=sum(completion.finished_at is None for completion in completions),
        cost=sum(costs, Decimal(0)) if costs else None,
    )


def _verdict(call: CanaryCall) -> Verdict | None:
    return verdict_of(call.completion) if call.completion.finished_at is not None else None
