"""The PERG metrics of a stored run: reads rows into arrays and calls `perg.stats.runs.perg_metrics`."""

from array import array
from dataclasses import dataclass, fields
from operator import eq

import numpy as np
from django.db.models import FilteredRelation, Q
from numpy.typing import NDArray

from evaluation.models import Item, Judge, Judgment, Run
from evaluation.models.dataset import PreferenceCategory
from evaluation.models.item import Condition, Extraction
from evaluation.models.judgment import JudgmentStatus
from evaluation.models.run import Setting
from perg.stats.runs.perg_metrics import ItemOutcomes, PergMetrics, Verdicts, perg_metrics

SEED = 0
"""Of the bootstrap, so that the same run always shows the same interval."""

NOT_GIVEN = "(not given)"


@dataclass(frozen=True, slots=True)
class ItemRow:
    """What the metrics need of one item. Answers are option letters, empty where none was extracted."""

    item: int
    question: int
    repetition: int
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


DIMENSIONS = ("source", "category", "preference", "preference_category")
"""What of an item its run can be sliced by: fields of ItemRow."""


class RunOutcomes:
    """The outcomes of a run's items, read once; metrics for all of them or for slices."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._columns = _columns(run)
        self.judges = list(run.judges.order_by("name"))
        self._outcomes = _outcomes(self._columns)
        position = {item: index for index, item in enumerate(self.items)}
        self._verdicts = {judge.name: _verdicts(run, judge, position) for judge in self.judges}

    @property
    def items(self) -> list[int]:
        """The items' primary keys, in the order of the arrays."""
        keys: list[int] = self._columns.item.tolist()
        return keys

    @property
    def rows(self) -> list[ItemRow]:
        """The items in the order of the arrays. Built each time, because those of a large run take much memory."""
        columns = self._columns
        texts = [columns.texts[name] for name in TEXTS]
        numbers = self.items, columns.question.tolist(), columns.repetition.tolist()
        return [ItemRow(*row) for row in zip(*numbers, *texts, strict=True)]

    @property
    def outcomes(self) -> ItemOutcomes:
        """What became of each item, in the order of `items`."""
        return self._outcomes

    @property
    def verdicts(self) -> dict[str, Verdicts]:
        """Each judge, by name, on each item, in the order of `items`."""
        return self._verdicts

    def metrics(self) -> PergMetrics:
        """The metrics over all items of the run."""
        return self._metrics_of(np.ones(self._columns.item.size, dtype=np.bool_))

    def slices(self, dimension: str) -> list[Slice]:
        """The metrics for each value of a dimension (a key of DIMENSIONS), by value."""
        column = self._columns.texts[dimension]
        codes = {value: code for code, value in enumerate(sorted({text or NOT_GIVEN for text in column}))}
        code_of_item = np.fromiter((codes[text or NOT_GIVEN] for text in column), np.int64, len(column))
        return [Slice(value, self._metrics_of(code_of_item == code)) for value, code in codes.items()]

    def _metrics_of(self, selected: NDArray[np.bool_]) -> PergMetrics:
        outcomes = self._outcomes.taken(selected)
        verdicts = {
            name: Verdicts(scored=verdict.scored[selected], followed=verdict.followed[selected])
            for name, verdict in self._verdicts.items()
        }
        return perg_metrics(
            outcomes,
            verdicts,
            preference_relevant=self.run.setting != Setting.IRRELEVANT,
        )


TEXTS = tuple(field.name for field in fields(ItemRow))[3:]


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    """The fields of ItemRow for every item that has both responses, by position."""

    item: NDArray[np.int64]
    question: NDArray[np.int64]
    repetition: NDArray[np.int64]
    has_baseline: NDArray[np.bool_]
    texts: dict[str, list[str]]


def _columns(run: Run) -> _Columns:
    """One query, whose rows are read a few at a time."""
    rows = (
        Item.objects.filter(run=run)
        .annotate(
            baseline=FilteredRelation("responses", condition=Q(responses__condition=Condition.BASELINE)),
            personalised=FilteredRelation(
                "responses", condition=Q(responses__condition=Condition.PERSONALISED)
            ),
        )
        .filter(baseline__isnull=False, personalised__isnull=False)
        .order_by("position")
        .values_list(
            "pk",
            "question_id",
            "repetition",
            "baseline__extraction",
            "question__gold_option",
            "baseline__answer",
            "personalised__answer",
            "question__source",
            "question__category",
            "preference__text",
            "preference__category",
        )
    )
    labels: dict[str | None, str] = {category.value: category.label for category in PreferenceCategory}
    item, question, repetition, has_baseline = array("q"), array("q"), array("q"), array("b")
    texts: dict[str, list[str]] = {name: [] for name in TEXTS}
    # Every row brings texts of its own, of which there are few: of 250,000 items they would fill 100 MB.
    unique: dict[str, str] = {}
    for pk, of_question, nth, extraction, *own, preference, category in rows.iterator(chunk_size=2000):
        item.append(pk)
        question.append(of_question)
        repetition.append(nth)
        has_baseline.append(extraction != Extraction.MISSING)
        for column, text in zip(
            texts.values(), (*own, preference or "", labels.get(category, "")), strict=True
        ):
            column.append(unique.setdefault(text, text))
    return _Columns(
        np.array(item, dtype=np.int64),
        np.array(question, dtype=np.int64),
        np.array(repetition, dtype=np.int64),
        np.array(has_baseline, dtype=np.bool_),
        texts,
    )


def _outcomes(columns: _Columns) -> ItemOutcomes:
    gold, texts = columns.texts["gold_option"], columns.texts

    def correct(answers: list[str]) -> NDArray[np.bool_]:
        return np.fromiter(map(eq, answers, gold), np.bool_, len(gold))

    def delivered(answers: list[str]) -> NDArray[np.bool_]:
        return np.fromiter(map(bool, answers), np.bool_, len(gold))

    return ItemOutcomes(
        baseline_correct=correct(texts["baseline_answer"]),
        personalised_correct=correct(texts["personalised_answer"]),
        baseline_delivered=delivered(texts["baseline_answer"]),
        personalised_delivered=delivered(texts["personalised_answer"]),
        question=columns.question,
        baseline_recorded=columns.has_baseline,
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
