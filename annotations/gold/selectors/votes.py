"""The votes that gold is made of, read into arrays: millions of them in some tens of megabytes."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.db import connection

from annotations.models import Campaign, Member
from core.models import User
from perg.stats.gold.gold_criteria import ALL_STATES
from perg.stats.gold.gold_selection import Codes, Flags, Floats, Ints, TaskVotes

TASK = np.dtype([("task", ">i8"), ("state", ">i2")])
DECISION = np.dtype([("task", ">i8"), ("adjudication", ">i8"), ("score", ">i2")])
LABEL = np.dtype(
    [
        ("task", ">i8"),
        ("rater", ">i8"),
        ("revision", ">i4"),
        ("score", ">i2"),
        ("is_surplus", ">i2"),
        ("is_set_aside", ">i2"),
    ]
)
# One statement sees the database as it is at one moment: a label or a decision that comes meanwhile is in all of it or
# in none. PostgreSQL packs the rows into one value each, as they stand in the arrays. Which revision is the newest is
# left to NumPy: with an anti-join the statement takes half as long again.
READ = """
    WITH task AS NOT MATERIALIZED (
        SELECT id, state FROM annotations_task WHERE campaign_id = %(campaign)s AND kind = 'regular'
    ), decision AS (
        SELECT DISTINCT ON (task.id) task.id AS task, adjudication.id, adjudication.score
        FROM task JOIN annotations_adjudication AS adjudication ON adjudication.task_id = task.id
        WHERE task.state = 'adjudicated' ORDER BY task.id, adjudication.revision DESC
    ), label AS (
        SELECT task.id AS task, member.user_id, label.revision, label.score, assignment.is_surplus::int::int2,
            assignment.is_set_aside::int::int2
        FROM task JOIN annotations_assignment AS assignment ON assignment.task_id = task.id
        JOIN annotations_member AS member ON member.id = assignment.member_id
        JOIN annotations_label AS label ON label.assignment_id = assignment.id
    )
    SELECT
        (SELECT string_agg(int8send(id) || int2send(array_position(%(states)s, state::text)::int2), '') FROM task),
        (SELECT string_agg(int8send(task) || int8send(id) || int2send(score), '') FROM decision),
        (SELECT string_agg(int8send(task) || int8send(user_id) || int4send(revision) || int2send(score)
            || int2send(is_surplus) || int2send(is_set_aside), '') FROM label)
"""


@dataclass(frozen=True, slots=True, eq=False)
class RaterLabels:
    """Every person's score on every regular task of a campaign, those without a vote included.

    Attributes:
        tasks, states, decision: as in `TaskVotes`.
        adjudication: (n_tasks,) key of the adjudicator's decision in force, 0 where there is none.
        unit, rater, score, is_surplus, is_set_aside: (n_labels,), ordered by unit.
        start: (n_tasks + 1,) where the labels of each task begin.
        names: by the numbers in `rater`.
    """

    tasks: Ints
    states: npt.NDArray[np.str_]
    decision: Floats
    adjudication: Ints
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
        there = slice(self.start[place], self.start[place + 1])
        for rater, score, is_surplus, is_set_aside in zip(
            self.rater[there].tolist(),
            self.score[there].tolist(),
            self.is_surplus[there].tolist(),
            self.is_set_aside[there].tolist(),
            strict=True,
        ):
            group = surplus if is_surplus else set_aside if is_set_aside else plain
            group[self.names[rater]] = score
        return plain, surplus, set_aside


def rater_labels(campaign: Campaign) -> RaterLabels:
    """Read the labels and decisions of a campaign's regular tasks, as they are at one moment."""
    with connection.cursor() as cursor:
        cursor.execute(READ, {"campaign": campaign.pk, "states": list(ALL_STATES)})
        packed = cursor.fetchone()
    tasks, decisions, labels = (
        np.frombuffer(data or b"", dtype=kind)
        for data, kind in zip(packed, (TASK, DECISION, LABEL), strict=True)
    )
    tasks = tasks[np.argsort(tasks["task"])]
    keys = tasks["task"].astype(np.int64)
    decision, adjudication = np.full(keys.size, np.nan), np.zeros(keys.size, dtype=np.int64)
    decided = np.searchsorted(keys, decisions["task"])
    decision[decided], adjudication[decided] = decisions["score"], decisions["adjudication"]
    labels = _newest(labels)
    unit = np.searchsorted(keys, labels["task"])
    order = np.argsort(unit, kind="stable")
    unit, labels = unit[order], labels[order]
    return RaterLabels(
        tasks=keys,
        states=np.array(ALL_STATES)[tasks["state"] - 1],
        decision=decision,
        adjudication=adjudication,
        unit=unit,
        rater=labels["rater"].astype(np.int64),
        score=labels["score"].astype(np.int8),
        is_surplus=labels["is_surplus"].astype(np.bool_),
        is_set_aside=labels["is_set_aside"].astype(np.bool_),
        start=np.searchsorted(unit, np.arange(keys.size + 1)),
        names=dict(
            User.objects.filter(pk__in=Member.objects.filter(campaign=campaign).values("user")).values_list(
                "pk", "username"
            )
        ),
    )


def _newest(labels: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    """Of each person on each task the label of the highest revision."""
    if not (labels["revision"] > 1).any():
        return labels
    labels = labels[np.lexsort((labels["revision"], labels["rater"], labels["task"]))]
    same = (labels["task"][1:] == labels["task"][:-1]) & (labels["rater"][1:] == labels["rater"][:-1])
    is_last = np.append(~same, True)
    newest: npt.NDArray[np.void] = labels[is_last]
    return newest
