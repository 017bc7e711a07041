"""The hash of what a validation report is computed from: another hash, and the report is stale.

PostgreSQL builds it, so that a page can ask for it without reading a million judgments: every row that the report
reads, as text, in the order of its key.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence

from django.db import connection

from annotations.labelling.selectors.item_votes import DIGEST_OF_VOTES
from annotations.models import Campaign, Criterion
from perg import __version__

Digests = Sequence[str]
"""One SHA-256 for each kind of row that a report reads."""


def input_hash(
    campaign: Campaign,
    settings: Mapping[str, object],
    *,
    criterion: Criterion | None = None,
    code_version: str = __version__,
) -> str:
    """SHA-256 (hex) of ratings, items, sample and decisions as they are now, of settings and code version.

    Of imported ratings: of those by the criterion, what it means, and the items that have one. What was rated by
    other criteria does not change it.
    """
    digests = input_digests(campaign, None if criterion is None else criterion.pk)
    return hash_of(campaign, settings, digests, code_version)


def input_digests(campaign: Campaign, criterion: int | None) -> Digests:
    """The digests of what a report on the campaign, or on the criterion with this key, reads now."""
    if criterion is not None:
        return criteria_digests([criterion])[criterion]
    if campaign.is_imported:
        raise ValueError("imported ratings have a hash for each criterion")
    return _digests_on_runs(campaign)


def hash_of(
    campaign: Campaign, settings: Mapping[str, object], digests: Digests, code_version: str = __version__
) -> str:
    """The hash of input whose digests are known."""
    threshold = None if campaign.is_imported else campaign.threshold
    parts: list[object] = [code_version, settings, threshold, *digests]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def criteria_digests(criteria: Collection[int]) -> dict[int, Digests]:
    """The digests of each of these criteria, by its key: three queries, however many these are."""
    digests: dict[int, list[str]] = {criterion: [] for criterion in criteria}
    with connection.cursor() as cursor:
        for rows in IMPORTED:
            cursor.execute(DIGESTS.format(rows=rows), {"criteria": list(criteria)})
            by_criterion = dict(cursor.fetchall())
            for criterion, of_criterion in digests.items():
                of_criterion.append(by_criterion.get(criterion, ""))
    return dict(digests)


def _digests_on_runs(campaign: Campaign) -> Digests:
    digests = []
    with connection.cursor() as cursor:
        for rows in ON_RUNS:
            cursor.execute(DIGEST.format(rows=rows), {"campaign": campaign.pk})
            digests.append(str(cursor.fetchone()[0]))
    return digests


# ROW(…)::text quotes and marks what is empty, so that no two different rows read the same.
DIGEST = """
    SELECT encode(sha256(convert_to(coalesce(string_agg(line, E'\\n' ORDER BY key), ''), 'UTF8')), 'hex')
    FROM ({rows}) AS rows (key, line)
"""

DIGESTS = """
    SELECT criterion, encode(sha256(convert_to(string_agg(line, E'\\n' ORDER BY key), 'UTF8')), 'hex')
    FROM ({rows}) AS rows (criterion, key, line) GROUP BY criterion
"""

# By what rows say, not by their keys: the same ratings in another campaign have the same hash.
IMPORTED = [
    """
    SELECT id, id, ROW(kind, definition, scale, categories, failure_labels, threshold, warnings)::text
    FROM annotations_criterion
    WHERE id = ANY(%(criteria)s)
    """,
    """
    SELECT criterion.id, item.position, ROW(item.external_id, item.cluster, item.attributes)::text
    FROM annotations_criterion AS criterion
    JOIN annotations_importeditem AS item ON item.campaign_id = criterion.campaign_id
    WHERE criterion.id = ANY(%(criteria)s) AND EXISTS (
        SELECT FROM annotations_importedrating WHERE criterion_id = criterion.id AND item_id = item.id
    )
    """,
    """
    SELECT rating.criterion_id, rating.id,
        ROW(item.external_id, rating.rater, rating.kind, rating.value, rating.swapped)::text
    FROM annotations_importedrating AS rating JOIN annotations_importeditem AS item ON item.id = rating.item_id
    WHERE rating.criterion_id = ANY(%(criteria)s)
    """,
    DIGEST_OF_VOTES,
]

ITEMS = """
    SELECT response.id, ROW(
        response.id, response.answer, baseline.answer, item.position, item.question_id, item.preference_id,
        question.gold_option, question.source, question.category, preference.category,
        run.name, run.method, run.setting, endpoint.model
    )::text
    FROM annotations_campaign_runs AS chosen
    JOIN evaluation_run AS run ON run.id = chosen.run_id
    JOIN evaluation_endpoint AS endpoint ON endpoint.id = run.endpoint_id
    JOIN evaluation_item AS item ON item.run_id = run.id
    JOIN evaluation_question AS question ON question.id = item.question_id
    LEFT JOIN evaluation_preference AS preference ON preference.id = item.preference_id
    JOIN evaluation_response AS response ON response.item_id = item.id AND response.condition = 'personalised'
    LEFT JOIN evaluation_response AS baseline ON baseline.item_id = item.id AND baseline.condition = 'baseline'
    WHERE chosen.campaign_id = %(campaign)s
"""

JUDGMENTS = """
    SELECT judgment.id, ROW(judgment.response_id, judge.name, judgment.replicate, judgment.score)::text
    FROM annotations_campaign_runs AS chosen
    JOIN evaluation_item AS item ON item.run_id = chosen.run_id
    JOIN evaluation_response AS response ON response.item_id = item.id AND response.condition = 'personalised'
    JOIN evaluation_judgment AS judgment ON judgment.response_id = response.id AND judgment.status = 'scored'
    JOIN evaluation_judge AS judge ON judge.id = judgment.judge_id
    WHERE chosen.campaign_id = %(campaign)s
"""

TASKS = """
    SELECT id, ROW(response_id, stratum, inclusion_probability)::text FROM annotations_task
    WHERE campaign_id = %(campaign)s AND kind = 'regular'
"""

VOTES = """
    SELECT DISTINCT ON (assignment.id) assignment.id, ROW(task.response_id, person.username, label.score)::text
    FROM annotations_task AS task
    JOIN annotations_assignment AS assignment ON assignment.task_id = task.id AND assignment.status = 'submitted'
        AND NOT assignment.is_surplus AND NOT assignment.is_set_aside
    JOIN annotations_member AS member ON member.id = assignment.member_id
    JOIN core_user AS person ON person.id = member.user_id
    JOIN annotations_label AS label ON label.assignment_id = assignment.id
    WHERE task.campaign_id = %(campaign)s AND task.kind = 'regular'
    ORDER BY assignment.id, label.revision DESC
"""

DECISIONS = """
    SELECT DISTINCT ON (task.id) task.id, ROW(task.response_id, adjudication.score)::text
    FROM annotations_task AS task JOIN annotations_adjudication AS adjudication ON adjudication.task_id = task.id
    WHERE task.campaign_id = %(campaign)s AND task.state = 'adjudicated'
    ORDER BY task.id, adjudication.revision DESC
"""

ON_RUNS = [ITEMS, JUDGMENTS, TASKS, VOTES, DECISIONS]
