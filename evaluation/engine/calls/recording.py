"""Recording what came back from calls: in bulk, under the lease that they were claimed with."""

import json
import logging
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone
from pydantic import JsonValue

from core.secrets.redaction import has_key, redacted, redacted_json, redacted_reply
from evaluation.engine.calls.claims import Claim, Claimed
from evaluation.engine.calls.costs import MOST_MONEY, Change, Charge, add_to_runs, charge_for
from evaluation.llm.failures import LONGEST_MESSAGE
from evaluation.llm.replies import CallFailure, Outcome, Refusal, storable
from evaluation.models import Endpoint
from evaluation.models.completion import CompletionStatus

logger = logging.getLogger(__name__)

LONGEST_DELAY = 60.0
CUT_OFF = "cut_off"
"""The error code of a call that succeeded, but whose answer ended at the limit of tokens."""

# One statement for a whole batch, which travels as one JSON document: the driver's arrays cost ten times as much.
RECORD = """
    UPDATE evaluation_completion AS completion SET
        status = result.status, lease = NULL, leased_until = NULL, reserved_cost = 0,
        attempts = result.attempts,
        not_before = CASE WHEN result.delay IS NULL THEN completion.not_before
            ELSE clock_timestamp() + make_interval(secs => result.delay) END,
        throttled_since = CASE WHEN result.throttled
            THEN COALESCE(completion.throttled_since, clock_timestamp()) END,
        text = result.text, reasoning = result.reasoning, raw_reply = result.raw_reply,
        input_tokens = result.input_tokens, output_tokens = result.output_tokens, seconds = result.seconds,
        cost = CASE WHEN result.cost IS NULL THEN completion.cost
            ELSE LEAST(COALESCE(completion.cost, 0) + result.cost, %(most)s) END,
        cost_is_estimated = completion.cost_is_estimated OR result.cost_is_estimated,
        error_code = result.error_code, error_message = result.error_message,
        finished_at = CASE WHEN result.status = 'pending' THEN NULL ELSE clock_timestamp() END
    FROM json_to_recordset(%(results)s::json) AS result(
        id bigint, status text, attempts smallint, delay float8, throttled boolean, text text, reasoning text,
        raw_reply jsonb, input_tokens integer, output_tokens integer, seconds float8, cost numeric,
        cost_is_estimated boolean,
        error_code text, error_message text
    )
    WHERE completion.id = result.id AND completion.lease = %(lease)s
    RETURNING completion.id
"""


@dataclass(frozen=True, slots=True)
class Finished:
    """What came back for a claimed completion, and how long that took."""

    claimed: Claimed
    outcome: Outcome
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class _Result:
    """The columns that a result writes, by the names in RECORD. `delay`: seconds until the next attempt."""

    id: int
    status: str
    attempts: int
    delay: float | None = None
    throttled: bool = False
    text: str = ""
    reasoning: str = ""
    raw_reply: JsonValue = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    seconds: float | None = None
    cost: Decimal | None = None
    cost_is_estimated: bool = False
    error_code: str = ""
    error_message: str = ""


_COLUMNS = tuple(_Result.__dataclass_fields__)


def record_outcomes(claim: Claim, outcomes: Sequence[Outcome], endpoint: Endpoint) -> int:
    """Write what came back for a claim, in its order, and give the number of rows written."""
    finished = [Finished(*pair) for pair in zip(claim.completions, outcomes, strict=True)]
    return record_finished(claim.lease, finished, endpoint)


def record_finished(lease: UUID, finished: Sequence[Finished], endpoint: Endpoint) -> int:
    """Write what came back for completions claimed with the lease, and give the number of rows written.

    A result whose lease was lost meanwhile is dropped: the row belongs to another worker now. What a retryable
    failure asks for is tried again later, unless it was its last attempt; calls that were turned away as too many
    (429) count as no attempt, for a limited time.
    """
    if not finished:
        return 0
    try:
        return _write(lease, finished, endpoint)
    except (OperationalError, InterfaceError):
        raise  # the database is away: that is no fault of a reply
    except Exception:
        # A reply holds whatever a server sends. What one of them breaks must not cost the others, which are paid.
        logger.exception("One of %d replies cannot be stored.", len(finished))
    return sum(_record_one(lease, call, endpoint) for call in finished)


def _record_one(lease: UUID, finished: Finished, endpoint: Endpoint) -> int:
    """Write one result; where it cannot be stored, its text alone; where that cannot be, why."""
    why = ""
    for part in _ever_less_of(finished.outcome):
        outcome = replace(part, message=why) if isinstance(part, CallFailure) and why else part
        try:
            return _write(lease, [replace(finished, outcome=outcome)], endpoint)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            logger.exception("The reply to completion %d cannot be stored.", finished.claimed.pk)
            why = redacted(f"{type(error).__name__}: {error}")[:LONGEST_MESSAGE]
    return 0  # its lease expires


def _ever_less_of(outcome: Outcome) -> Iterator[Outcome]:
    """The outcome, and what may be stored instead of it."""
    yield outcome
    if not isinstance(outcome, CallFailure):
        yield replace(outcome, raw=None, input_tokens=None, output_tokens=None)
    yield CallFailure("unstorable", "", retryable=False, may_be_billed=True)
    yield CallFailure("unstorable", "", retryable=False)


def _write(lease: UUID, finished: Sequence[Finished], endpoint: Endpoint) -> int:
    results = sorted((_result(call, endpoint) for call in finished), key=lambda result: result.id)
    document = json.dumps(
        [{name: getattr(result, name) for name in _COLUMNS} for result in results], default=str
    )
    if has_key(document):  # a server has sent its key back
        document = json.dumps([_without_keys(result) for result in results], default=str)
    if (
        "\\u0000" in document or "\\ud" in document
    ):  # PostgreSQL stores no NUL and no half of a surrogate pair
        document = json.dumps(cleaned(json.loads(document)), ensure_ascii=False)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(RECORD, {"results": document, "lease": lease, "most": MOST_MONEY})
            written = {pk for (pk,) in cursor.fetchall()}
        result_by_pk = {result.id: result for result in results}
        changes: dict[int, Change] = defaultdict(Change)
        for call in finished:
            row = call.claimed
            if row.pk not in written or row.run_id is None:
                continue
            result = result_by_pk[row.pk]
            if result.cost or row.reserved:
                changes[row.run_id].spent += result.cost or 0
                changes[row.run_id].estimated += (result.cost or 0) if result.cost_is_estimated else 0
                changes[row.run_id].reserved -= row.reserved
        add_to_runs(changes)
    return len(written)


def _result(finished: Finished, endpoint: Endpoint) -> _Result:
    claimed, outcome = finished.claimed, finished.outcome
    charge = charge_for(endpoint, claimed.request, outcome)
    if isinstance(outcome, CallFailure):
        return _failed(claimed, outcome, finished.seconds, charge)
    if isinstance(outcome, Refusal):
        status, reasoning, code = CompletionStatus.REFUSED, "", "refused"
    else:
        status, reasoning = CompletionStatus.SUCCEEDED, outcome.reasoning
        code = CUT_OFF if outcome.cut_off else ""
    return _Result(
        claimed.pk,
        status.value,
        claimed.attempts,
        text=outcome.text,
        reasoning=reasoning,
        raw_reply=outcome.raw,
        input_tokens=outcome.input_tokens,
        output_tokens=outcome.output_tokens,
        seconds=finished.seconds,
        cost=charge.cost,
        cost_is_estimated=charge.is_estimated,
        error_code=code,
    )


def _failed(claimed: Claimed, failure: CallFailure, seconds: float | None, charge: Charge) -> _Result:
    attempts = claimed.attempts
    delay: float | None = None
    throttled_for = 0.0
    if failure.rate_limited:
        attempts -= 1
        if claimed.throttled_since is not None:
            throttled_for = (timezone.now() - claimed.throttled_since).total_seconds()
    if failure.retryable and attempts < settings.COMPLETION_MAX_ATTEMPTS:
        if not failure.rate_limited:
            delay = 2.0**attempts
        elif throttled_for < settings.COMPLETION_THROTTLED_SECONDS:
            delay = 1 + throttled_for / 4
    if delay is not None:
        # Jitter: what failed together does not come back together. But never before the provider's own word.
        delay = min(delay, LONGEST_DELAY) * random.uniform(0.5, 1.0)
        delay = max(delay, (failure.retry_after or 0.0) * random.uniform(1.0, 1.1))
    return _Result(
        claimed.pk,
        (CompletionStatus.FAILED if delay is None else CompletionStatus.PENDING).value,
        attempts,
        delay=delay,
        throttled=failure.rate_limited,
        input_tokens=failure.input_tokens,
        output_tokens=failure.output_tokens,
        seconds=seconds,
        cost=charge.cost,
        cost_is_estimated=charge.is_estimated,
        error_code=failure.code,
        error_message=redacted(failure.message),
    )


def _without_keys(result: _Result) -> dict[str, object]:
    """The columns of a result without a key in what the server said."""
    columns: dict[str, object] = {name: getattr(result, name) for name in _COLUMNS}
    return columns | {
        "text": redacted_reply(result.text),
        "reasoning": redacted_reply(result.reasoning),
        "raw_reply": redacted_json(result.raw_reply),
    }


def cleaned(value: JsonValue) -> JsonValue:
    """The value without what PostgreSQL cannot store in its texts."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [cleaned(part) for part in value]
    if isinstance(value, dict):
        return {storable(name): cleaned(part) for name, part in value.items()}
    return value
