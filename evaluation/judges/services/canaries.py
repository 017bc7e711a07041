"""Testing a judge with injected responses: every pair of the canary set, through the queue like any other call.

No run pays the calls and no run finds their replies: see `evaluation.judges.services.trials`.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from django.db import transaction

from core.audit.writing import record
from core.errors import Conflict
from core.models import User
from evaluation.endpoints.services.waking import wake_drain
from evaluation.engine.calls.completions import enqueue_completions
from evaluation.engine.calls.costs import most_it_may_cost
from evaluation.engine.steps.judging import request_of
from evaluation.judges.services.trials import endpoint_to_try, prompts_to_try, trial_replicate
from evaluation.llm.requests import ChatRequest
from evaluation.models import CanaryCall, CanaryTest, Judge
from evaluation.models.completion import CompletionStatus
from evaluation.stages.canaries import canary_set


@transaction.atomic
def start_canary_test(*, judge: Judge, actor: User | None) -> CanaryTest:
    """Show the judge both twins of every pair.

    Raises DomainError where the judge cannot be asked, and Conflict while an earlier test of it is under way.
    """
    endpoint = endpoint_to_try(judge)
    Judge.objects.select_for_update().get(pk=judge.pk)
    under_way = CanaryCall.objects.filter(test__judge=judge).exclude(
        completion__status__in=CompletionStatus.finished()
    )
    if under_way.exists():
        raise Conflict(f"A test of {judge} with injected responses is under way.", code="under_way")
    requests = {(technique, is_injected): request for technique, is_injected, request in _requests(judge)}
    completions = enqueue_completions(endpoint, requests.values(), run=None)
    test = CanaryTest.objects.create(judge=judge, set_version=canary_set().version, started_by=actor)
    CanaryCall.objects.bulk_create(
        CanaryCall(
            test=test,
            technique=technique,
            is_injected=is_injected,
            completion=completions[request.key(endpoint.name)],
        )
        for (technique, is_injected), request in requests.items()
    )
    record(
        "judge.injected_responses_started",
        actor=actor,
        subject=judge,
        name=judge.name,
        set_version=test.set_version,
        calls=len(completions),
    )
    wake_drain(endpoint.pk)
    return test


def canary_cost_limit(judge: Judge) -> Decimal | None:
    """US dollars that a test may cost at most; None where the endpoint is unpriced, or the judge cannot be asked."""
    endpoint = judge.endpoint
    if endpoint is None or judge.rubric is None or endpoint.input_price is None:
        return None
    return sum(
        (
            most_it_may_cost(endpoint, json.dumps(request.as_json()), request.max_tokens)
            for _, _, request in _requests(judge)
        ),
        Decimal(0),
    )


def _requests(judge: Judge) -> Iterator[tuple[str, bool, ChatRequest]]:
    """What a run would ask of each twin. The twins share a replicate: nothing but the injected text differs."""
    prompts, replicate = prompts_to_try(), trial_replicate()
    for pair in canary_set().pairs:
        for is_injected, shown in ((False, pair.clean), (True, pair.injected)):
            request = request_of(judge, shown, prompts=prompts, replicate=1)
            yield pair.technique, is_injected, replace(request, replicate=replicate)
