"""The PERG metrics of a stored run: reads rows into arrays and calls `evaluation.statistics.perg`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.models import Item, Judge, Judgment, Response, Run
from evaluation.models.dataset import PreferenceCategory
from evaluation.models.item import Condition
from evaluation.models.judgment import JudgmentStatus
from evaluation.models.run import Setting
from evaluation.statistics.perg import ItemOutcomes, PergMetrics, Verdicts, perg_metrics

SEED = 0
"""Of the bootstrap, so that the same run always shows the same interval."""

NOT_GIVEN = "(not given)"


@dataclass(frozen=True, slots=True)
class ItemRow:
    """What the metrics need of one item. Answers are option letters, empty where none was extracted."""

    item: int
    question: int
    gold_option: str
    baseline_answer: str
    personalised_answer: str
    source: str
    category: str
    preference: str
    preference_category: str


@dataclass(frozen=True, slots=True)
class Slice:
    """The metrics of the items that share one value of a dimension."""

    value: str
    metrics: PergMetrics


DIMENSIONS: dict[str, Callable[[ItemRow], str]] = {
    "source": lambda row: row.source,
    "category": lambda row: row.category,
    "preference": lambda row: row.preference,
    "preference_category": lambda row: row.preference_category,
}


class RunOutcomes:
    """The outcomes of a run's items, read once; metrics for all of them or for slices."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.rows = list(_item_rows(run))
        self.judges = list(run.judges.order_by("name"))
        self._outcomes = _outcomes(self.rows)
        position = {row.item: index for index, row in enumerate(self.rows)}
        self._verdicts = {judge.name: _verdicts(run, judge, position) for judge in self.judges}

    @property
    def outcomes(self) -> ItemOutcomes:
        """What became of each item, in the order of `rows`."""
        return self._outcomes

    @property
    def verdicts(self) -> dict[str, Verdicts]:
        """Each judge, by name, on each item, in the order of `rows`."""
        return self._verdicts

    def metrics(self) -> PergMetrics:
        """The metrics over all items of the run."""
        return self._metrics_of(np.ones(len(self.rows), dtype=np.bool_))

    def slices(self, dimension: str) -> list[Slice]:
        """The metrics for each value of a dimension (a key of DIMENSIONS), by value."""
        values = np.array([DIMENSIONS[dimension](row) or NOT_GIVEN for row in self.rows], dtype=object)
        return [Slice(value, self._metrics_of(values == value)) for value in sorted(set(values))]

    def _metrics_of(self, chosen: NDArray[np.bool_]) -> PergMetrics:
        whole = self._outcomes
        outcomes = ItemOutcomes(
            baseline_correct=whole.baseline_correct[chosen],
            personalised_correct=whole.personalised_correct[chosen],
            baseline_delivered=whole.baseline_delivered[chosen],
            personalised_delivered=whole.personalised_delivered[chosen],
            question=whole.question[chosen],
        )
        verdicts = {
            name: Verdicts(scored=verdict.scored[chosen], followed=verdict.followed[chosen])
            for name, verdict in self._verdicts.items()
        }
        return perg_metrics(
            outcomes,
            verdicts,
            preference_relevant=self.run.setting != Setting.IRRELEVANT,
            rng=np.random.default_rng(SEED),
        )


def _item_rows(run: Run) -> Iterator[ItemRow]:
    """One row per item that has both responses. A join per condition: no query per item."""
    baseline, personalised = _answers(run, Condition.BASELINE), _answers(run, Condition.PERSONALISED)
    items = (
        Item.objects.filter(run=run)
        .order_by("position")
        .values_list(
            "pk",
            "question_id",
            "question__gold_option",
            "question__source",
            "question__category",
            "preference__text",
            "preference__category",
        )
    )
    for pk, question, gold, source, category, preference, preference_category in items.iterator(
        chunk_size=5000
    ):
        if pk in baseline and pk in personalised:
            yield ItemRow(
                item=pk,
                question=question,
                gold_option=gold,
                baseline_answer=baseline[pk],
                personalised_answer=personalised[pk],
                source=source,
                category=category,
                preference=preference or "",
                preference_category=PreferenceCategory(preference_category).label
                if preference_category
                else "",
            )


def _answers(run: Run, condition: Condition) -> dict[int, str]:
    return dict(Response.objects.filter(item__run=run, condition=condition).values_list("item", "answer"))


def _outcomes(rows: list[ItemRow]) -> ItemOutcomes:
    def flags(of: Callable[[ItemRow], bool]) -> NDArray[np.bool_]:
        return np.array([of(row) for row in rows], dtype=np.bool_)

    return ItemOutcomes(
        baseline_correct=flags(lambda row: row.baseline_answer == row.gold_option),
        personalised_correct=flags(lambda row: row.personalised_answer == row.gold_option),
        baseline_delivered=flags(lambda row: row.baseline_answer != ""),
        personalised_delivered=flags(lambda row: row.personalised_answer != ""),
        question=np.array([row.question for row in rows], dtype=np.int64),
    )


def _verdicts(run: Run, judge: Judge, position: dict[int, int]) -> Verdicts:
    """The judge on each item; with several replicates, followed if their mean score reaches the threshold."""
    sums, counts = np.zeros(len(position)), np.zeros(len(position))
    scores = Judgment.objects.filter(
        response__item__run=run, judge=judge, status=JudgmentStatus.SCORED
    ).values_list("response__item", "score")
    for item, score in scores.iterator(chunk_size=5000):
        if item in position:
            sums[position[item]] += score
            counts[position[item]] += 1
    scored = counts > 0
    means = np.divide(sums, counts, out=np.zeros_like(sums), where=scored)
    return Verdicts(scored=scored, followed=scored & (means >= judge.threshold))
