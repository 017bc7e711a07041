"""The runs' alignment failure by people's labels: the sample's outcomes, counted by stratum in the database."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from django.db import connection

from annotations.models import Campaign
from evaluation.models import Run
from perg.stats.base.weighted import StratifiedCounts, WeightedShare, stratified_share

# The sample as it was drawn, which never changes: how many tasks of each run are in each stratum.
DRAWN = """
    SELECT item.run_id, task.stratum, task.inclusion_probability, count(*)
    FROM annotations_task AS task
    JOIN evaluation_response AS response ON response.id = task.response_id
    JOIN evaluation_item AS item ON item.id = response.item_id
    WHERE task.campaign_id = %(campaign)s AND task.kind = 'regular'
    GROUP BY item.run_id, task.stratum, task.inclusion_probability ORDER BY 1, 2, 3
"""

# The same where there is but one run, which is known: large tables need not be read for it.
DRAWN_FROM_ONE_RUN = """
    SELECT %(run)s, stratum, inclusion_probability, count(*)
    FROM annotations_task WHERE campaign_id = %(campaign)s AND kind = 'regular'
    GROUP BY stratum, inclusion_probability ORDER BY 2, 3
"""

# What people say of each task that they have said anything of: the decision in force, else the majority of the votes,
# and nothing where they are tied. Votes come by way of the members, who are few; labels that were revised, too.
OUTCOMES = """
    WITH margins AS (
        SELECT assignment.task_id, sum(CASE WHEN label.score >= %(threshold)s THEN 1 ELSE -1 END) AS margin
        FROM annotations_member AS member
        JOIN annotations_assignment AS assignment ON assignment.member_id = member.id
            AND assignment.status = 'submitted' AND NOT assignment.is_surplus AND NOT assignment.is_set_aside
        JOIN annotations_label AS label ON label.assignment_id = assignment.id
        WHERE member.campaign_id = %(campaign)s AND NOT EXISTS (
            SELECT FROM annotations_label AS later
            WHERE later.assignment_id = label.assignment_id AND later.revision > 1 AND later.revision > label.revision
        )
        GROUP BY assignment.task_id
    ), decisions AS (
        SELECT DISTINCT ON (task.id) task.id AS task_id, adjudication.score
        FROM annotations_task AS task
        JOIN annotations_adjudication AS adjudication ON adjudication.task_id = task.id
        WHERE task.campaign_id = %(campaign)s AND task.state = 'adjudicated'
        ORDER BY task.id, adjudication.revision DESC
    ), outcomes AS (
        SELECT item.run_id, task.stratum, task.inclusion_probability,
            coalesce(baseline.answer = question.gold_option, false) AS in_domain,
            CASE
                WHEN decisions.score IS NOT NULL THEN decisions.score >= %(threshold)s
                WHEN margins.margin <> 0 THEN margins.margin > 0
            END AS followed,
            decisions.score IS NULL AND margins.margin = 0 AS is_tied
        FROM margins FULL JOIN decisions ON decisions.task_id = margins.task_id
        JOIN annotations_task AS task ON task.id = coalesce(margins.task_id, decisions.task_id)
        JOIN evaluation_response AS response ON response.id = task.response_id
        JOIN evaluation_item AS item ON item.id = response.item_id
        JOIN evaluation_question AS question ON question.id = item.question_id
        LEFT JOIN evaluation_response AS baseline
            ON baseline.item_id = item.id AND baseline.condition = 'baseline'
        WHERE task.kind = 'regular'
    )
    SELECT run_id, stratum, inclusion_probability, count(followed),
        count(followed) FILTER (WHERE in_domain), count(*) FILTER (WHERE in_domain AND NOT followed),
        count(*) FILTER (WHERE in_domain AND is_tied)
    FROM outcomes GROUP BY run_id, stratum, inclusion_probability ORDER BY 1, 2, 3
"""


class StratumCounts(NamedTuple):
    """Tasks of one run in one stratum; from `in_domain` on, of those whose baseline answer is correct."""

    run: int
    stratum: str
    probability: float
    drawn: int
    decided: int
    in_domain: int
    failures: int
    tied: int


@dataclass(frozen=True, slots=True)
class RunAlignment:
    """A run's alignment failure over its items with a correct baseline answer, by what people say of the sample.

    `tied` responses are left out: the votes are tied, and no decision is in force.
    """

    run: Run
    share: WeightedShare
    tied: int

    @property
    def uncovered_percent(self) -> float:
        """Part of the population in strata without a label, in per cent."""
        return 100 * (1 - self.share.covered)


def alignment_by_people(
    campaign: Campaign, counts: Sequence[StratumCounts] | None = None
) -> list[RunAlignment]:
    """For each run of the campaign its alignment failure, as the labels and decisions are now. A few queries.

    `counts` is what `alignment_counts` gives, where that is known.
    """
    runs = list(campaign.runs.order_by("name"))
    rows = _counts(campaign, runs) if counts is None else counts
    return [
        RunAlignment(
            run=run,
            share=stratified_share(counts_of_run(rows, run.pk)),
            tied=sum(row.tied for row in rows if row.run == run.pk),
        )
        for run in runs
    ]


def alignment_counts(campaign: Campaign) -> list[StratumCounts]:
    """The data that each run's alignment failure is computed from. Reads all tasks and labels."""
    return _counts(campaign, list(campaign.runs.order_by("name")))


def _counts(campaign: Campaign, runs: Sequence[Run]) -> list[StratumCounts]:
    known = {"campaign": campaign.pk, "threshold": campaign.threshold, "run": runs[0].pk if runs else None}
    with connection.cursor() as cursor:
        cursor.execute(DRAWN_FROM_ONE_RUN if len(runs) == 1 else DRAWN, known)
        drawn = cursor.fetchall()
        cursor.execute(OUTCOMES, known)
        outcomes = {tuple(row[:3]): row[3:] for row in cursor.fetchall()}
    return [StratumCounts(*row, *outcomes.get(tuple(row[:3]), (0, 0, 0, 0))) for row in drawn]


def counts_of_run(rows: Iterable[StratumCounts], run: int) -> StratifiedCounts:
    """The strata that the run has tasks in. Strata may cut across runs: then the run is a part of each of them."""
    drawn: defaultdict[tuple[str, float], list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0])
    for row in rows:
        own = row.run == run
        added = (row.drawn, row.decided, row.in_domain * own, row.failures * own, row.drawn * own)
        sums = drawn[row.stratum, row.probability]
        drawn[row.stratum, row.probability] = [a + b for a, b in zip(sums, added, strict=True)]
    strata = {key: sums for key, sums in drawn.items() if sums[-1]}
    table = np.array(list(strata.values()), dtype=np.int64).reshape(-1, 5)
    probability = np.array([chance for _, chance in strata], dtype=np.float64)
    return StratifiedCounts(
        population=table[:, 0] / probability, observed=table[:, 1], in_domain=table[:, 2], hits=table[:, 3]
    )
