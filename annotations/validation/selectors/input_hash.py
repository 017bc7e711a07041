"""The hash of what a validation report is computed from: another hash, and the report is stale.

PostgreSQL builds it, so that a page can ask for it without reading a million judgments: every row that the report
reads, as text, in the order of its key.
"""

import hashlib
import json
from collections.abc import Mapping

from django.db import connection

from annotations.labelling.selectors.item_votes import DIGEST_OF_VOTES
from annotations.models import Campaign
from perg import __version__


def input_hash(campaign: Campaign, settings: Mapping[str, object], *, code_version: str = __version__) -> str:
    """SHA-256 (hex) of ratings, items, sample and decisions as they are now, of settings and code version."""
    parts: list[object] = [code_version, settings, campaign.threshold, *_digests(campaign)]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _digests(campaign: Campaign) -> list[str]:
    """One SHA-256 for each kind of row."""
    statements = IMPORTED if campaign.is_imported else ON_RUNS
    digests = []
    with connection.cursor() as cursor:
        for rows in statements:
            cursor.execute(DIGEST.format(rows=rows), {"campaign": campaign.pk})
            digests.append(str(cursor.fetchone()[0]))
    return digests


# ROW(…)::text quotes and marks what is empty, so that no two different rows read the same.
DIGEST = """
    SELECT encode(sha256(convert_to(coalesce(string_agg(line, E'\\n' ORDER BY key), ''), 'UTF8')), 'hex')
    FROM ({rows}) AS rows (key, line)
"""

IMPORTED = [
    """
    SELECT id, ROW(key, scale, categories, failure_labels, threshold, warnings)::text FROM annotations_criterion
    WHERE campaign_id = %(campaign)s
    """,
    """
    SELECT id, ROW(external_id, cluster, attributes)::text FROM annotations_importeditem
    WHERE campaign_id = %(campaign)s
    """,
    """
    SELECT rating.id, ROW(criterion_id, item_id, rater, rating.kind, value, swapped)::text
    FROM annotations_importedrating AS rating
    JOIN annotations_criterion AS criterion ON criterion.id = rating.criterion_id
    WHERE criterion.campaign_id = %(campaign)s
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
