"""Who pays for a completion that several runs want: a waiting call must not depend on a run that has stopped."""

from django.db import connection

from evaluation.models import Run

WANTED = """
    SELECT DISTINCT ON (wanted.completion_id) wanted.completion_id, wanted.run_id FROM (
        SELECT call.completion_id, item.run_id
        FROM evaluation_itemcall AS call JOIN evaluation_item AS item ON item.id = call.item_id
        UNION ALL
        SELECT judgment.completion_id, item.run_id
        FROM evaluation_judgment AS judgment
        JOIN evaluation_response AS response ON response.id = judgment.response_id
        JOIN evaluation_item AS item ON item.id = response.item_id
        WHERE judgment.status = 'pending'
    ) AS wanted
    JOIN evaluation_run AS taker ON taker.id = wanted.run_id AND taker.status = 'running'
    JOIN evaluation_completion AS waiting ON waiting.id = wanted.completion_id AND waiting.status = 'pending'
    JOIN evaluation_run AS payer ON payer.id = waiting.run_id AND payer.status <> 'running'
    WHERE {condition}
    ORDER BY wanted.completion_id, wanted.run_id
"""
TAKE = """
    UPDATE evaluation_completion AS completion SET run_id = taken.run_id
    FROM ({wanted}) AS taken
    WHERE completion.id IN (
        SELECT id FROM evaluation_completion WHERE id = taken.completion_id AND status = 'pending'
        FOR NO KEY UPDATE SKIP LOCKED
    )
"""


def release_for(run: Run | int) -> int:
    """Let running runs pay for what they share with a run that has stopped; give the number of calls handed over.

    To be called when a run was paused, cancelled or has reached its budget.
    """
    return _take("waiting.run_id = %s", run)


def adopt_for(run: Run | int) -> int:
    """Let a running run pay for the waiting calls that it shares with stopped ones; give their number."""
    return _take("wanted.run_id = %s", run)


def _take(condition: str, run: Run | int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            TAKE.format(wanted=WANTED.format(condition=condition)), [run.pk if isinstance(run, Run) else run]
        )
        return int(cursor.rowcount)
