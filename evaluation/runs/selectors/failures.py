"""What went wrong in runs, by cause: calls that failed or were refused, no matter who paid for them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from evaluation.models import Run
from evaluation.models.completion import UNANSWERED, CompletionStatus

# A call that several runs share is on the bill of one of them. So besides what the runs paid for, there is what others
# paid for: it is looked for among the calls without an answer, of which there are few, to the runs' own endpoints.
CALLS_OF_RUNS = """
    WITH others AS MATERIALIZED (
        SELECT id FROM evaluation_completion
        WHERE status = ANY(%(statuses)s) AND status IN ('refused', 'failed')
            AND (run_id IS NULL OR run_id <> ALL(%(runs)s))
            AND endpoint_id IN (
                SELECT unnest(ARRAY[endpoint_id, aligner_id, extractor_id]) FROM evaluation_run
                WHERE id = ANY(%(runs)s)
                UNION
                SELECT judge.endpoint_id FROM evaluation_runjudge AS run_judge
                JOIN evaluation_judge AS judge ON judge.id = run_judge.judge_id
                WHERE run_judge.run_id = ANY(%(runs)s)
            )
    )
    SELECT id, run_id AS wanted_by, 0 AS place FROM evaluation_completion
    WHERE run_id = ANY(%(runs)s) AND status = ANY(%(statuses)s) AND status IN ('refused', 'failed')
    UNION ALL
    SELECT others.id, item.run_id, 1 FROM others
    JOIN evaluation_itemcall AS call ON call.completion_id = others.id
    JOIN evaluation_item AS item ON item.id = call.item_id
    WHERE item.run_id = ANY(%(runs)s)
    UNION ALL
    SELECT others.id, item.run_id, 1 FROM others
    JOIN evaluation_judgment AS judgment ON judgment.completion_id = others.id
    JOIN evaluation_response AS response ON response.id = judgment.response_id
    JOIN evaluation_item AS item ON item.id = response.item_id
    WHERE item.run_id = ANY(%(runs)s)
"""
BY_CAUSE = f"""
    SELECT endpoint.id, endpoint.name, completion.status, completion.error_code,
        count(DISTINCT completion.id), max(completion.error_message)
    FROM ({CALLS_OF_RUNS}) AS wanted
    JOIN evaluation_completion AS completion ON completion.id = wanted.id
    JOIN evaluation_endpoint AS endpoint ON endpoint.id = completion.endpoint_id
    GROUP BY endpoint.id, endpoint.name, completion.status, completion.error_code
    ORDER BY 5 DESC, endpoint.name, completion.status, completion.error_code
"""
ITEMS_BY_CAUSE = f"""
    WITH ended AS MATERIALIZED (SELECT DISTINCT id FROM ({CALLS_OF_RUNS}) AS wanted)
    SELECT completion.endpoint_id, completion.status, completion.error_code, item.run_id, count(DISTINCT item.id)
    FROM ended
    JOIN evaluation_completion AS completion ON completion.id = ended.id
    CROSS JOIN LATERAL (
        SELECT call.item_id FROM evaluation_itemcall AS call WHERE call.completion_id = ended.id
        UNION ALL
        SELECT response.item_id FROM evaluation_judgment AS judgment
        JOIN evaluation_response AS response ON response.id = judgment.response_id
        WHERE judgment.completion_id = ended.id
    ) AS wanting
    JOIN evaluation_item AS item ON item.id = wanting.item_id AND item.run_id = ANY(%(runs)s)
    GROUP BY completion.endpoint_id, completion.status, completion.error_code, item.run_id
    ORDER BY item.run_id
"""
# What waits for its next try has the latest places in the queue: a look at these is enough, however long it is.
TRIED_AGAIN = """
    SELECT endpoint.id, endpoint.name, latest.error_code, max(latest.error_message), max(latest.attempts),
        COALESCE(min(upcoming.not_before), min(latest.not_before)), min(latest.throttled_since)
    FROM evaluation_run AS run
    CROSS JOIN LATERAL (
        SELECT unnest(ARRAY[run.endpoint_id, run.aligner_id, run.extractor_id]) AS id
        UNION
        SELECT judge.endpoint_id FROM evaluation_runjudge AS run_judge
        JOIN evaluation_judge AS judge ON judge.id = run_judge.judge_id
        WHERE run_judge.run_id = run.id
    ) AS called
    JOIN evaluation_endpoint AS endpoint ON endpoint.id = called.id
    CROSS JOIN LATERAL (
        SELECT error_code, error_message, attempts, not_before, throttled_since FROM evaluation_completion
        WHERE endpoint_id = endpoint.id AND run_id = run.id AND status = 'pending'
        ORDER BY not_before DESC, id DESC LIMIT 20
    ) AS latest
    LEFT JOIN LATERAL (
        SELECT not_before FROM evaluation_completion
        WHERE endpoint_id = endpoint.id AND run_id = run.id AND status = 'pending'
            AND not_before > statement_timestamp()
        ORDER BY not_before, id LIMIT 1
    ) AS upcoming ON true
    WHERE run.id = ANY(%(runs)s) AND run.status = 'running' AND latest.error_code <> ''
    GROUP BY endpoint.id, endpoint.name, latest.error_code
    ORDER BY endpoint.name, latest.error_code
"""
FAILED_CALLS = f"""
    SELECT DISTINCT ON (wanted.id) wanted.id, wanted.wanted_by
    FROM ({CALLS_OF_RUNS}) AS wanted
    JOIN evaluation_completion AS completion ON completion.id = wanted.id
    WHERE (%(endpoint)s::bigint IS NULL OR completion.endpoint_id = %(endpoint)s)
        AND (%(code)s::text IS NULL OR completion.error_code = %(code)s)
    ORDER BY wanted.id, wanted.place, wanted.wanted_by
"""
UNANSWERED_VALUES = [status.value for status in UNANSWERED]


@dataclass(frozen=True, slots=True)
class Cause:
    """Why calls failed: what the endpoint (primary key) was told, as a code."""

    endpoint: int
    error_code: str


@dataclass(frozen=True, slots=True)
class Failures:
    """Calls that ended without an answer for one cause: how many, and one of the messages.

    `items`: how many items of which run wanted one of the calls; only where that was asked for.
    """

    endpoint: int
    endpoint_name: str
    status: str
    error_code: str
    count: int
    example: str
    items: tuple[tuple[Run, int], ...] = ()

    @property
    def can_be_retried(self) -> bool:
        """A refusal is an answer: the same question would be refused again."""
        return self.status == CompletionStatus.FAILED


def failures_of(runs: Iterable[Run]) -> list[Failures]:
    """What went wrong in the runs, the commonest cause first."""
    with connection.cursor() as cursor:
        cursor.execute(BY_CAUSE, {"runs": [run.pk for run in runs], "statuses": UNANSWERED_VALUES})
        return [Failures(*row) for row in cursor.fetchall()]


def failures_with_items(runs: Sequence[Run]) -> list[Failures]:
    """`failures_of`, with the items that each cause hurt."""
    failures = failures_of(runs)
    if not failures:
        return []
    by_key = {run.pk: run for run in runs}
    hurt: defaultdict[tuple[int, str, str], list[tuple[Run, int]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(ITEMS_BY_CAUSE, {"runs": list(by_key), "statuses": UNANSWERED_VALUES})
        for endpoint, status, code, run, items in cursor.fetchall():
            hurt[endpoint, status, code].append((by_key[run], items))
    return [
        replace(cause, items=tuple(hurt[cause.endpoint, cause.status, cause.error_code]))
        for cause in failures
    ]


@dataclass(frozen=True, slots=True)
class TriedAgain:
    """Calls that have failed and wait for their next try, for one cause; `tries` of the one tried most often.

    `next_try`: when the first of them may be made again. `throttled_since`: the first of them was turned away then,
    because there were too many calls.
    """

    endpoint: int
    endpoint_name: str
    error_code: str
    example: str
    tries: int
    next_try: datetime
    throttled_since: datetime | None

    @property
    def most_tries(self) -> int:
        most: int = settings.COMPLETION_MAX_ATTEMPTS
        return most

    @property
    def throttled_until(self) -> datetime | None:
        """When rate-limited calls are given up. Until then, they do not count as attempts."""
        if self.throttled_since is None:
            return None
        return self.throttled_since + timedelta(seconds=settings.COMPLETION_THROTTLED_SECONDS)


def tried_again(runs: Iterable[Run]) -> list[TriedAgain]:
    """What goes wrong in the runs just now, before anything has failed for good."""
    with connection.cursor() as cursor:
        cursor.execute(TRIED_AGAIN, {"runs": [run.pk for run in runs]})
        return [TriedAgain(*row) for row in cursor.fetchall()]


def failed_calls(runs: Collection[Run], cause: Cause | None = None) -> Mapping[int, int]:
    """The calls of the runs that failed, by that cause if one is given, and for each a run among them that wants it:
    the one that paid, if it is one of them.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            FAILED_CALLS,
            {
                "runs": [run.pk for run in runs],
                "statuses": [CompletionStatus.FAILED.value],
                "endpoint": cause.endpoint if cause else None,
                "code": cause.error_code if cause else None,
            },
        )
        return dict(cursor.fetchall())
