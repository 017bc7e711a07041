"""The votes that gold is made of, read into arrays: millions of them in some tens of megabytes."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.contrib.auth.models import User
from django.db.models import QuerySet

from annotations.agreement.gold_selection import Codes, Flags, Floats, Ints, TaskVotes
from annotations.models import Adjudication, Campaign, Label, Member, Task
from annotations.models.task import TaskKind, TaskState
from annotations.selectors.labels import current_labels

CHUNK = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class RaterLabels:
    """Every person's score on every regular task of a campaign, those without a vote included.

    Attributes:
        tasks, states, decision: as in `TaskVotes`.
        unit, rater, score, is_surplus, is_set_aside: (n_labels,), ordered by unit, then by when they were made.
        start: (n_tasks + 1,) where the labels of each task begin.
        names: by the numbers in `rater`.
    """

    tasks: Ints
    states: npt.NDArray[np.str_]
    decision: Floats
    unit: Ints
    rater: Ints
    score: Codes
    is_surplus: Flags
    is_set_aside: Flags
    start: Ints
    names: dict[int, str]

    def votes(self, *, include_surplus: bool) -> TaskVotes:
        """What decides: no label that was set aside, and surplus ones only where they are to count."""
        voting = ~self.is_set_aside
        if not include_surplus:
            voting &= ~self.is_surplus
        return TaskVotes(
            self.tasks,
            self.states,
            self.decision,
            self.unit[voting],
            self.rater[voting],
            self.score[voting],
        )

    def of(self, place: int) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
        """Scores by name on the task at this place: plain labels, surplus ones, those set aside."""
        plain, surplus, set_aside = dict[str, int](), dict[str, int](), dict[str, int]()
        for at in range(self.start[place], self.start[place + 1]):
            group = surplus if self.is_surplus[at] else set_aside if self.is_set_aside[at] else plain
            group[self.names[int(self.rater[at])]] = int(self.score[at])
        return plain, surplus, set_aside


def rater_labels(campaign: Campaign) -> RaterLabels:
    """Read the labels and decisions of a campaign's regular tasks."""
    regular = Task.objects.filter(campaign=campaign, kind=TaskKind.REGULAR).order_by("pk")
    keys, states = _columns(regular, "pk", "state", of=[np.int64, "U11"])
    decision = np.full(keys.size, np.nan)
    decided, scores = _columns(
        Adjudication.objects.filter(task__campaign=campaign, task__state=TaskState.ADJUDICATED)
        .order_by("task_id", "-revision")
        .distinct("task_id"),
        "task_id",
        "score",
        of=[np.int64, np.float64],
    )
    there = np.isin(decided, keys)
    decision[np.searchsorted(keys, decided[there])] = scores[there]
    task, rater, score, surplus, set_aside = _columns(
        current_labels(campaign).order_by("pk"),
        "assignment__task_id",
        "assignment__member__user_id",
        "score",
        "assignment__is_surplus",
        "assignment__is_set_aside",
        of=[np.int64, np.int64, np.int8, np.bool_, np.bool_],
    )
    known = np.isin(task, keys)
    unit = np.searchsorted(keys, task[known])
    order = np.argsort(unit, kind="stable")
    unit = unit[order]
    return RaterLabels(
        tasks=keys,
        states=states,
        decision=decision,
        unit=unit,
        rater=rater[known][order],
        score=score[known][order],
        is_surplus=surplus[known][order],
        is_set_aside=set_aside[known][order],
        start=np.searchsorted(unit, np.arange(keys.size + 1)),
        names=dict(
            User.objects.filter(pk__in=Member.objects.filter(campaign=campaign).values("user")).values_list(
                "pk", "username"
            )
        ),
    )


def _columns(
    rows: "QuerySet[Task] | QuerySet[Adjudication] | QuerySet[Label]", *fields: str, of: list[npt.DTypeLike]
) -> list[np.ndarray]:
    """The fields as arrays, read by a cursor, so that the rows are never all there as Python objects."""
    parts: list[list[np.ndarray]] = [[np.empty(0, dtype=kind)] for kind in of]
    for chunk in _chunks(rows.values_list(*fields).iterator(chunk_size=CHUNK)):
        for part, values, kind in zip(parts, zip(*chunk, strict=True), of, strict=True):
            part.append(np.array(values, dtype=kind))
    return [np.concatenate(part) for part in parts]


def _chunks(rows: Iterator[tuple[object, ...]]) -> Iterator[list[tuple[object, ...]]]:
    chunk: list[tuple[object, ...]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
