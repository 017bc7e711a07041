"""The completion queue: enqueue once, claim under a lease, record under the same lease."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from evaluation.llm.replies import CallFailure, Outcome, Refusal
from evaluation.llm.requests import ChatRequest
from evaluation.models import Completion, Endpoint
from evaluation.models.completion import CompletionStatus

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Claim:
    """Completions leased to one worker; `lease` is the token that its results must carry."""

    lease: uuid.UUID
    completions: Sequence[Completion]


def enqueue_completions(endpoint: Endpoint, requests: Iterable[ChatRequest]) -> Mapping[str, Completion]:
    """One row per distinct request, by request key; a request made before, by any run, is found, not made anew."""
    by_key = {request.key(endpoint.name): request for request in requests}
    Completion.objects.bulk_create(
        (
            Completion(endpoint=endpoint, request_key=key, request=request.as_json())
            for key, request in by_key.items()
        ),
        ignore_conflicts=True,
    )
    return {
        row.request_key: row for row in Completion.objects.filter(request_key__in=by_key).only("request_key")
    }


def claim_completions(endpoint: Endpoint, *, limit: int) -> Claim:
    """Lease up to `limit` waiting completions of the endpoint, oldest first, to the caller.

    Rows that another worker is claiming at this moment are skipped, so no row goes to two.
    """
    reclaim_expired_completions(endpoint)
    lease, now = uuid.uuid4(), timezone.now()
    with transaction.atomic():
        waiting = (
            Completion.objects.select_for_update(skip_locked=True)
            .filter(endpoint=endpoint, status=CompletionStatus.PENDING)
            .exclude(not_before__gt=now)
            .order_by("pk")
            .values_list("pk", flat=True)[:limit]
        )
        Completion.objects.filter(pk__in=list(waiting)).update(
            status=CompletionStatus.LEASED,
            lease=lease,
            leased_until=now + timedelta(seconds=settings.COMPLETION_LEASE_SECONDS),
            attempts=F("attempts") + 1,
        )
    return Claim(lease, list(Completion.objects.filter(lease=lease).order_by("pk")))


def reclaim_expired_completions(endpoint: Endpoint) -> None:
    """Give back what a worker claimed and never recorded, such as one that was killed.

    A request that outlived its lease as often as it may be tried fails: it may be what kills the worker.
    """
    expired = Completion.objects.filter(
        endpoint=endpoint, status=CompletionStatus.LEASED, leased_until__lt=timezone.now()
    )
    free = {"lease": None, "leased_until": None}
    expired.filter(attempts__gte=settings.COMPLETION_MAX_ATTEMPTS).update(
        status=CompletionStatus.FAILED,
        error_code="lease_expired",
        error_message="The worker never came back with a result.",
        finished_at=timezone.now(),
        **free,
    )
    expired.filter(attempts__lt=settings.COMPLETION_MAX_ATTEMPTS).update(
        status=CompletionStatus.PENDING, **free
    )


def record_outcomes(claim: Claim, outcomes: Sequence[Outcome], endpoint: Endpoint) -> int:
    """Write what came back for a claim, and give the number of rows written.

    A result whose lease was lost meanwhile is dropped: the row belongs to another worker now.
    """
    outcome_of = {row.pk: outcome for row, outcome in zip(claim.completions, outcomes, strict=True)}
    with transaction.atomic():
        rows = list(Completion.objects.select_for_update().filter(lease=claim.lease).order_by("pk"))
        for row in rows:
            _apply(outcome_of[row.pk], row, endpoint)
        Completion.objects.bulk_update(rows, RECORDED_FIELDS)
    return len(rows)


RECORDED_FIELDS = [
    "status",
    "lease",
    "leased_until",
    "not_before",
    "text",
    "raw_reply",
    "input_tokens",
    "output_tokens",
    "cost",
    "error_code",
    "error_message",
    "finished_at",
]


def _apply(outcome: Outcome, row: Completion, endpoint: Endpoint) -> None:
    row.lease = row.leased_until = None
    row.finished_at = timezone.now()
    match outcome:
        case CallFailure(code, message, retryable):
            row.error_code, row.error_message = code, message
            if retryable and row.attempts < settings.COMPLETION_MAX_ATTEMPTS:
                row.status, row.finished_at = CompletionStatus.PENDING, None
                row.not_before = timezone.now() + timedelta(seconds=2**row.attempts)
            else:
                row.status = CompletionStatus.FAILED
        case Refusal(text, raw):
            row.status, row.error_code = CompletionStatus.REFUSED, "refused"
            row.text, row.raw_reply = text, raw
        case reply:
            row.status, row.error_code, row.error_message = CompletionStatus.SUCCEEDED, "", ""
            row.text, row.raw_reply = reply.text, reply.raw
            row.input_tokens, row.output_tokens = reply.input_tokens, reply.output_tokens
            row.cost = cost_of(endpoint, reply.input_tokens, reply.output_tokens)


def cost_of(endpoint: Endpoint, input_tokens: int | None, output_tokens: int | None) -> Decimal | None:
    """US dollars for a call; None where the endpoint is unpriced or the tokens are not known."""
    if endpoint.input_price is None or endpoint.output_price is None:
        return None
    if input_tokens is None or output_tokens is None:
        return None
    return (endpoint.input_price * input_tokens + endpoint.output_price * output_tokens) / MILLION
