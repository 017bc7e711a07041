"""A question with any of k labels, which are k criteria of yes and no: agreement of whole sets, each label's share."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perg.stats.base.estimate import Estimate
from perg.stats.base.proportions import Flags
from perg.stats.base.resampling import Clusters
from perg.stats.estimators.judged_sample import JudgedSample
from perg.stats.files.rating_set import RatingSet
from perg.stats.items.validation_input import ValidationSettings
from perg.stats.labels.given_labels import GivenLabels
from perg.stats.labels.label_errors import errors_of_label
from perg.stats.labels.set_agreement import SetDistance, set_alpha
from perg.stats.labels.shares import label_share
from perg.stats.report.label_shares import ShareRow, share_row

YES = "yes"

Counts = NDArray[np.int8] | NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class JudgeSets:
    """One judge: over the `judged` items; `labelled` of them have people's labels, too.

    `masi` and `jaccard` are Krippendorff's α of its sets and people's, `rows` the labels that anybody gave.
    """

    judge: str
    judged: int
    labelled: int
    masi: Estimate
    jaccard: Estimate
    rows: tuple[ShareRow, ...]


@dataclass(frozen=True, slots=True)
class LabelSets:
    """The whole question: `labels` in their order, α of people with one another, and each judge with people's set.

    People's set of an item has the labels that more than half of those who answered gave it.
    """

    labels: tuple[str, ...]
    items: int
    people: int
    masi: Estimate
    jaccard: Estimate
    judges: tuple[JudgeSets, ...]


def label_sets(
    labels: Mapping[str, RatingSet], clusters: Mapping[str, str], settings: ValidationSettings | None = None
) -> LabelSets:
    """From the ratings of each label, “yes” and others, and the cluster of each item; without one it is its own.

    A rater's set of an item counts where it has answered of every label.

    Raises:
        ValueError: no labels.
    """
    if not labels:
        raise ValueError("a question has labels")
    return _Question(labels, clusters, settings or ValidationSettings()).summary()


class _Question:
    """All answers as one array: items by raters by labels."""

    def __init__(
        self, labels: Mapping[str, RatingSet], clusters: Mapping[str, str], settings: ValidationSettings
    ) -> None:
        sets = list(labels.values())
        self.labels, self.settings = tuple(labels), settings
        self.people = _in_order(name for ratings in sets for name in ratings.people)
        self.judges = _in_order(name for ratings in sets for name in ratings.judges)
        self.units = _in_order(str(unit) for ratings in sets for unit in ratings.table.units)
        rows = {unit: row for row, unit in enumerate(self.units)}
        columns = {name: column for column, name in enumerate((*self.people, *self.judges))}
        # 1 yes, 0 no, −1 no answer: a byte each, since there are as many as ratings.
        self.answers = np.full((len(rows), len(columns), len(sets)), -1, dtype=np.int8)
        for place, ratings in enumerate(sets):
            yes = float(ratings.labels.index(YES)) if YES in ratings.labels else np.inf
            at = np.array([rows[str(unit)] for unit in ratings.table.units], dtype=np.int64)
            to = np.array([columns[rater] for rater in ratings.table.raters], dtype=np.int64)
            values = ratings.table.values
            answers = np.where(np.isnan(values), -1, values == yes)
            self.answers[at[:, np.newaxis], to[np.newaxis], place] = answers
        numbers: dict[object, int] = {}
        keys = (clusters.get(unit) or row for row, unit in enumerate(self.units))
        self.clusters = np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)

    def summary(self) -> LabelSets:
        people = self.answers[:, : len(self.people)]
        answered = (people >= 0).all(axis=2)
        item, _ = np.nonzero(answered)
        return LabelSets(
            labels=self.labels,
            items=len(self.units),
            people=len(self.people),
            masi=self.alpha(people[answered], item, "masi"),
            jaccard=self.alpha(people[answered], item, "jaccard"),
            judges=tuple(self.judge(place, name) for place, name in enumerate(self.judges)),
        )

    def alpha(self, sets: Counts, item: Clusters, distance: SetDistance) -> Estimate:
        """Of ratings (r, k)."""
        given = GivenLabels.of_flags(sets > 0, self.labels)
        clusters = self.clusters[item]
        return set_alpha(
            given, item, distance=distance, clusters=clusters, confidence=self.settings.confidence
        )

    def judge(self, place: int, name: str) -> JudgeSets:
        people, judge = self.answers[:, : len(self.people)], self.answers[:, len(self.people) + place]
        times, votes = (people >= 0).sum(axis=1), (people > 0).sum(axis=1)
        whole, judged = (times > 0).all(axis=1), (judge >= 0).all(axis=1)
        both = np.flatnonzero(whole & judged)
        sets = np.concatenate([(2 * votes > times)[both], judge[both] > 0])
        items = np.tile(both, 2)
        return JudgeSets(
            judge=name,
            judged=int(judged.sum()),
            labelled=both.size,
            masi=self.alpha(sets.astype(np.int8), items, "masi"),
            jaccard=self.alpha(sets.astype(np.int8), items, "jaccard"),
            rows=self.rows(judge, votes, times),
        )

    def rows(self, judge: Counts, votes: Counts, times: Counts) -> tuple[ShareRow, ...]:
        """Each label by itself, as in the report on its own criterion: people who are divided say nothing of it."""
        occurring = np.flatnonzero((judge > 0).any(axis=0) | (votes > 0).any(axis=0))
        return tuple(self.row(int(code), judge, votes, times, occurring.size) for code in occurring)

    def row(self, code: int, judge: Counts, votes: Counts, times: Counts, occurring: int) -> ShareRow:
        judged = judge[:, code] >= 0
        said: Flags = judge[judged, code] > 0
        leaning = 2 * votes[judged, code] - times[judged, code]
        decided: Flags = leaning != 0
        clusters, confidence = self.clusters[judged], self.settings.confidence
        sample = JudgedSample.of(
            np.where(decided, leaning > 0, np.nan), said.astype(np.float64), cluster=clusters
        )
        name = self.labels[code]
        errors = errors_of_label(
            name, said, leaning > 0, among=decided, clusters=clusters, confidence=confidence
        )
        return share_row(label_share(name, sample, labels=occurring, confidence=confidence), errors)


def _in_order(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
