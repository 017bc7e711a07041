"""The completion queue's entrance: a request is put there once, no matter who asks. `claims` and `recording` go on."""

from collections.abc import Collection, Iterable, Mapping
from itertools import islice

from django.db import connection, transaction
from django.utils import timezone

from evaluation.llm.requests import ChatRequest
from evaluation.models import Completion, Endpoint, Run
from evaluation.models.completion import CompletionStatus
from evaluation.models.run import RunStatus

INSERT_CHUNK = 1000


@transaction.atomic
def enqueue_completions(
    endpoint: Endpoint, requests: Iterable[ChatRequest], *, run: Run | None = None
) -> Mapping[str, Completion]:
    """One row per distinct request, by request key; a request made before, by any run, is found, not made again.

    `run` (None: nobody) pays for the new ones, and for those still waiting whose payer is not running (any more).
    The rows given have `request_key` and `status` loaded.
    """
    by_key = {request.key(endpoint.name): request for request in requests}
    rows = _rows_by_key(by_key)
    # In the order of the keys: two callers with the same requests wait for each other instead of locking up.
    missing = iter(sorted(by_key.keys() - rows.keys()))
    inserted = False
    while chunk := list(islice(missing, INSERT_CHUNK)):
        inserted = True
        Completion.objects.bulk_create(
            (
                Completion(endpoint=endpoint, run=run, request_key=key, request=by_key[key].as_json())
                for key in chunk
            ),
            ignore_conflicts=True,
        )
    if inserted:
        rows |= _rows_by_key(by_key.keys() - rows.keys())
    if run is None or run.status == RunStatus.RUNNING:
        _pay_for_waiting(run, [row.pk for row in rows.values() if row.status == CompletionStatus.PENDING])
    return rows


def reopen_failed(pks: Collection[int], *, run: Run | None = None) -> int:
    """Put calls that failed back into the queue, as if they had not been made yet; `run` pays. Give their number."""
    return Completion.objects.filter(pk__in=pks, status=CompletionStatus.FAILED).update(
        status=CompletionStatus.PENDING,
        run=run,
        attempts=0,
        not_before=timezone.now(),
        throttled_since=None,
        finished_at=None,
        error_code="",
        error_message="",
    )


def _rows_by_key(keys: Iterable[str]) -> dict[str, Completion]:
    rows = Completion.objects.filter(request_key__in=list(keys)).only("request_key", "status")
    return {row.request_key: row for row in rows}


def _pay_for_waiting(run: Run | None, pks: list[int]) -> None:
    if not pks:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE evaluation_completion SET run_id = %(run)s
            WHERE id IN (
                SELECT waiting.id FROM evaluation_completion AS waiting
                JOIN evaluation_run AS payer ON payer.id = waiting.run_id AND payer.status <> 'running'
                WHERE waiting.id = ANY(%(pks)s) AND waiting.status = 'pending'
                ORDER BY waiting.id FOR NO KEY UPDATE OF waiting SKIP LOCKED
            )
            """,
            {"run": None if run is None else run.pk, "pks": pks},
        )
