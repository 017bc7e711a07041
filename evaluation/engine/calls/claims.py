"""Claiming completions: each goes to one worker, under a lease, within the budget of the run that pays.

Locks are taken in one order everywhere: completions (skipping those that others hold), then runs by primary key.
"""

import logging
import random
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import connection, transaction
from pydantic import ValidationError

from evaluation.endpoints.services.endpoints import limit_key
from evaluation.engine.calls.costs import NOTHING, Change, add_to_runs, lock_allowances, most_it_may_cost
from evaluation.engine.calls.payers import release_for
from evaluation.llm.limiter_state import limiter_state
from evaluation.llm.requests import ChatRequest
from evaluation.models import Endpoint, Run
from evaluation.signals import run_failed

logger = logging.getLogger(__name__)

RUNS_WITH_WORK = """
    SELECT run.id, run.money_budget IS NOT NULL OR run.call_budget IS NOT NULL
    FROM evaluation_run AS run CROSS JOIN LATERAL (
        SELECT 1 FROM evaluation_completion
        WHERE endpoint_id = %s AND run_id = run.id AND status = 'pending' AND not_before <= statement_timestamp()
        LIMIT 1
    ) AS waiting
    WHERE run.status = 'running'
"""
# One range of the partial index for each run: what waits for runs that are not running is never looked at.
WAITING_OF_RUNS = """
    SELECT waiting.* FROM unnest(%(runs)s::bigint[]) AS run(id) CROSS JOIN LATERAL (
        SELECT id, run_id, request, attempts, throttled_since FROM evaluation_completion
        WHERE endpoint_id = %(endpoint)s AND run_id = run.id AND status = 'pending'
            AND not_before <= statement_timestamp() AND id <> ALL(%(taken)s)
        ORDER BY not_before, id LIMIT %(share)s FOR NO KEY UPDATE SKIP LOCKED
    ) AS waiting
"""
# Ordered by the run, too, which is none for all of them: only so does the planner see the order of the index in it.
WAITING_OF_NOBODY = """
    SELECT id, run_id, request, attempts, throttled_since FROM evaluation_completion
    WHERE endpoint_id = %(endpoint)s AND run_id IS NULL AND status = 'pending'
        AND not_before <= statement_timestamp()
    ORDER BY run_id, not_before, id LIMIT %(share)s FOR NO KEY UPDATE SKIP LOCKED
"""
LEASE = """
    UPDATE evaluation_completion AS completion
    SET status = 'leased', lease = %(lease)s, attempts = attempts + 1, reserved_cost = taken.reserved,
        leased_until = clock_timestamp() + make_interval(secs => %(seconds)s)
    FROM unnest(%(pks)s::bigint[], %(reserved)s::numeric[]) AS taken(id, reserved)
    WHERE completion.id = taken.id
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A completion leased to a worker. `attempts` counts this one; `reserved` is US dollars."""

    pk: int
    run_id: int | None
    request: ChatRequest
    attempts: int
    throttled_since: datetime | None
    reserved: Decimal


@dataclass(frozen=True, slots=True)
class Claim:
    """Completions leased to one worker; `lease` is the token that its results must carry."""

    lease: uuid.UUID
    completions: Sequence[Claimed]


_Row = tuple[int, int | None, str, int, datetime | None]


def claim_completions(endpoint: Endpoint, *, limit: int, lease: uuid.UUID | None = None) -> Claim:
    """Lease up to `limit` waiting completions of the endpoint to the caller, oldest first, in turns over the runs.

    Only calls that nobody pays for, or that a running run pays, within its budget. Rows that another worker is
    claiming at this moment are skipped, so no row goes to two. A run whose budget allows no further call, and which
    has none under way, ends as “budget reached”.
    """
    reclaim_expired_completions(endpoint)
    lease = lease or uuid.uuid4()
    with transaction.atomic():
        rows, limited = _lock_waiting(endpoint, limit)
        claimed = list(_readable(rows, endpoint))
        exhausted: Collection[int] = ()
        if limited:
            claimed, exhausted = _within_budgets(claimed)
        if claimed:
            _lease(claimed, lease)
        reached = [run for run in exhausted if _reach_budget(run)]
        for stopped in Run.objects.filter(pk__in=reached):
            run_failed.send(sender=Run, run=stopped, reason="budget_reached")
    for run in reached:
        logger.info("Run %d has reached its budget.", run)
        release_for(run)
    return Claim(lease, claimed)


def _lock_waiting(endpoint: Endpoint, limit: int) -> tuple[list[_Row], bool]:
    """Waiting rows, locked, each run's share of them; and whether one of the runs has a budget."""
    with connection.cursor() as cursor:
        cursor.execute(RUNS_WITH_WORK, [endpoint.pk])
        has_budget = dict(cursor.fetchall())
        cursor.execute(
            WAITING_OF_NOBODY, {"endpoint": endpoint.pk, "share": max(limit // (len(has_budget) + 1), 1)}
        )
        rows: list[_Row] = list(cursor.fetchall())
        hungry = list(has_budget)
        random.shuffle(hungry)  # where there are more runs than places, each gets one in its turn
        while hungry and (places := limit - len(rows)) > 0:
            hungry = hungry[:places]
            share = places // len(hungry)
            cursor.execute(
                WAITING_OF_RUNS,
                {
                    "endpoint": endpoint.pk,
                    "runs": hungry,
                    "share": share,
                    "taken": [row[0] for row in rows],
                },
            )
            counts: dict[int | None, int] = defaultdict(int)
            for row in cursor.fetchall():
                counts[row[1]] += 1
                rows.append(row)
            hungry = [run for run in hungry if counts[run] == share]  # the others have no more
    return rows, any(has_budget.values())


def _readable(rows: Iterable[_Row], endpoint: Endpoint) -> Iterable[Claimed]:
    for pk, run, request, attempts, throttled_since in rows:
        try:
            chat_request = ChatRequest.from_json(request)
        except ValidationError as error:
            _fail_unreadable(pk, error)
            continue
        reserved = NOTHING if run is None else most_it_may_cost(endpoint, request, chat_request.max_tokens)
        yield Claimed(pk, run, chat_request, attempts + 1, throttled_since, reserved)


def _fail_unreadable(pk: int, error: ValidationError) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE evaluation_completion SET status = 'failed', error_code = 'unreadable_request',"
            " error_message = %s, finished_at = clock_timestamp() WHERE id = %s",
            [str(error), pk],
        )


def _within_budgets(claimed: Sequence[Claimed]) -> tuple[list[Claimed], list[int]]:
    """Those that fit into their run's budget, and the runs of which none fits."""
    by_run: dict[int | None, list[Claimed]] = defaultdict(list)
    for call in claimed:
        by_run[call.run_id].append(call)
    fitting, exhausted = by_run.pop(None, []), []
    allowances = lock_allowances(run for run in by_run if run is not None)
    for run, rows in by_run.items():
        assert run is not None
        count = allowances[run].fitting([row.reserved for row in rows])
        fitting += rows[:count]
        if count == 0:
            exhausted.append(run)
    return fitting, exhausted


def _lease(claimed: Sequence[Claimed], lease: uuid.UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            LEASE,
            {
                "lease": lease,
                "seconds": settings.COMPLETION_LEASE_SECONDS,
                "pks": [row.pk for row in claimed],
                "reserved": [row.reserved for row in claimed],
            },
        )
    add_to_runs(_changes(claimed, sign=1))


def _changes(claimed: Iterable[Claimed], *, sign: int) -> Mapping[int, Change]:
    """What starting the calls (or, with sign -1, not starting them after all) changes of the runs' sums."""
    changes: dict[int, Change] = defaultdict(Change)
    for row in claimed:
        if row.run_id is not None:
            changes[row.run_id].calls += sign
            changes[row.run_id].reserved += sign * row.reserved
    return changes


def _reach_budget(run: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE evaluation_run SET status = 'budget_reached'
            WHERE id = %(run)s AND status = 'running' AND NOT EXISTS (
                SELECT 1 FROM evaluation_completion WHERE run_id = %(run)s AND status = 'leased'
            )
            """,
            {"run": run},
        )
        return bool(cursor.rowcount)


def release_claimed(lease: uuid.UUID, claimed: Sequence[Claimed]) -> None:
    """Put back what the worker claimed and did not begin to call, as if it had never been claimed."""
    if not claimed:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE evaluation_completion SET status = 'pending', lease = NULL, leased_until = NULL,
                attempts = attempts - 1, reserved_cost = 0
            WHERE id IN (
                SELECT id FROM evaluation_completion WHERE id = ANY(%s) AND lease = %s ORDER BY id FOR NO KEY UPDATE
            )
            RETURNING id
            """,
            [[row.pk for row in claimed], lease],
        )
        released = {pk for (pk,) in cursor.fetchall()}
        add_to_runs(_changes((row for row in claimed if row.pk in released), sign=-1))


def renew_leases(lease: uuid.UUID, pks: Sequence[int]) -> None:
    """Keep what the worker is calling from being claimed by others, for another lease's time."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE evaluation_completion SET leased_until = clock_timestamp() + make_interval(secs => %s)
            WHERE id IN (
                SELECT id FROM evaluation_completion WHERE id = ANY(%s) AND lease = %s
                ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
            )
            """,
            [settings.COMPLETION_LEASE_SECONDS, list(pks), lease],
        )


def stopped_runs(runs: Iterable[int]) -> set[int]:
    """Those of the runs that are not running (any more)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM evaluation_run WHERE id = ANY(%s) AND status <> 'running'", [list(runs)]
        )
        return {run for (run,) in cursor.fetchall()}


def seconds_until_due(endpoint: Endpoint) -> float | None:
    """How long until the next waiting completion may be claimed (0: now); None: none waits."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT EXTRACT(EPOCH FROM min(waiting.not_before) - clock_timestamp())::float8 FROM (
                SELECT id FROM evaluation_run WHERE status = 'running' UNION ALL SELECT NULL
            ) AS run CROSS JOIN LATERAL (
                (SELECT not_before FROM evaluation_completion
                WHERE endpoint_id = %(endpoint)s AND status = 'pending' AND run_id = run.id
                ORDER BY not_before, id LIMIT 1)
                UNION ALL
                (SELECT not_before FROM evaluation_completion
                WHERE run.id IS NULL AND endpoint_id = %(endpoint)s AND status = 'pending' AND run_id IS NULL
                ORDER BY run_id, not_before, id LIMIT 1)
            ) AS waiting
            """,
            {"endpoint": endpoint.pk},
        )
        (seconds,) = cursor.fetchone() or (None,)
    return None if seconds is None else max(seconds, 0.0)


def seconds_until_next_call(endpoint: Endpoint) -> float | None:
    """`seconds_until_due`, with the pause that the server has asked all workers for."""
    due = seconds_until_due(endpoint)
    if due is None:
        return None
    state = limiter_state(settings.REDIS_URL, key=limit_key(endpoint))
    return due if state is None else max(due, state.pause_seconds)


def reclaim_expired_completions(endpoint: Endpoint) -> None:
    """Give back what a worker claimed and never recorded, such as one that was killed.

    A request that outlived its lease as often as it may be tried fails: it may be what kills the worker.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT id, run_id, reserved_cost FROM evaluation_completion
            WHERE endpoint_id = %s AND status = 'leased' AND leased_until < statement_timestamp()
            ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
            """,
            [endpoint.pk],
        )
        if not (expired := cursor.fetchall()):
            return
        cursor.execute(
            """
            UPDATE evaluation_completion SET lease = NULL, leased_until = NULL, reserved_cost = 0,
                status = CASE WHEN attempts < %(most)s THEN 'pending' ELSE 'failed' END,
                error_code = CASE WHEN attempts < %(most)s THEN error_code ELSE 'lease_expired' END,
                error_message = CASE WHEN attempts < %(most)s THEN error_message
                    ELSE 'The worker never came back with a result.' END,
                finished_at = CASE WHEN attempts < %(most)s THEN NULL ELSE clock_timestamp() END
            WHERE id = ANY(%(pks)s)
            """,
            {"most": settings.COMPLETION_MAX_ATTEMPTS, "pks": [pk for pk, _, _ in expired]},
        )
        changes: dict[int, Change] = defaultdict(Change)
        for _, run, reserved in expired:
            if run is not None:
                changes[run].reserved -= reserved
        add_to_runs(changes)
