"""Trying an endpoint or a judge out: one small call, through the queue like any other, which no run pays.

The call gets a replicate number that no run uses. So it is made again each time, and tells how long a call takes and
what it costs; and no run finds its reply, so that a trial leaves nothing behind but its own row among the calls.
"""

import secrets
from dataclasses import replace

from django.db import transaction

from core.audit.writing import record
from core.errors import DomainError, NotFound
from core.models import User
from evaluation.endpoints.services.endpoints import missing_key
from evaluation.endpoints.services.waking import wake_drain
from evaluation.engine.calls.completions import enqueue_completions
from evaluation.engine.steps.judging import request_of
from evaluation.engine.steps.prompts import current_prompts
from evaluation.llm.requests import ChatRequest, Message
from evaluation.models import Completion, Endpoint, Judge
from evaluation.models.completion import FIRST_TRIAL
from evaluation.models.endpoint import JudgeOrigin, Provider
from evaluation.stages.judge import JudgeInput
from evaluation.stages.prompts import Prompts, PromptText

GREETING = "Reply with the single word: ready"
REPLY_TOKENS = 256
"""Room for a model that thinks before it says so."""

EXAMPLE = JudgeInput(
    question="What is the capital of France?",
    options=("Paris", "Rome"),
    preference="I prefer short and concise answers.",
    baseline="The capital of France is Paris, which lies on the Seine and has about two million inhabitants.",
    personalised="A. Paris.",
)


@transaction.atomic
def try_endpoint(*, endpoint: Endpoint, actor: User | None) -> Completion:
    """Ask the endpoint to say one word. Raises DomainError where it cannot be called."""
    _check(endpoint)
    content = EXAMPLE.as_document() if endpoint.provider == Provider.HEURISTIC else GREETING
    request = ChatRequest(model=endpoint.model, messages=(Message("user", content),), max_tokens=REPLY_TOKENS)
    completion = _asked(endpoint, request)
    record("endpoint.tested", actor=actor, subject=endpoint, name=endpoint.name, call=completion.pk)
    return completion


@transaction.atomic
def try_judge(*, judge: Judge, shown: JudgeInput, actor: User | None) -> Completion:
    """Ask the judge about an item as a run would. Raises DomainError where it cannot be asked.

    No judgment is written. An unreadable reply is not asked for again, as it would be in a run.
    """
    endpoint = endpoint_to_try(judge)
    if not shown.preference or not shown.personalised:
        raise DomainError("A judge needs a preference and a personalised response.", field="preference")
    completion = _asked(endpoint, request_of(judge, shown, prompts=prompts_to_try(), replicate=1))
    record("judge.tested", actor=actor, subject=judge, name=judge.name, call=completion.pk)
    return completion


def endpoint_to_try(judge: Judge) -> Endpoint:
    """The judge's endpoint. Raises DomainError where it cannot be called."""
    if judge.origin == JudgeOrigin.IMPORTED or judge.endpoint is None:
        raise DomainError(f"{judge} is a record of imported ratings; it cannot be asked again.")
    _check(judge.endpoint)
    return judge.endpoint


def prompts_to_try() -> Prompts:
    """The prompts that a run launched now would use."""
    return {name: PromptText.parse(prompt.text) for name, prompt in current_prompts().items()}


def trial_replicate() -> int:
    """A replicate number that no run uses, and no earlier trial."""
    return FIRST_TRIAL + secrets.randbelow(2**30)


def trial_of(endpoint: Endpoint, completion_id: int) -> Completion:
    """A trial on the endpoint. Raises NotFound, also for calls that were no trial."""
    trials = Completion.objects.filter(
        endpoint=endpoint, run__isnull=True, request__replicate__gte=FIRST_TRIAL
    )
    trial = trials.select_related("endpoint").filter(pk=completion_id).first()
    if trial is None:
        raise NotFound("There is no such test.")
    return trial


def trial_of_judge(judge: Judge, completion_id: int) -> Completion:
    """A trial of the judge. Raises NotFound, also for one that contains imported ratings."""
    if judge.endpoint is None:
        raise NotFound("There is no such test.")
    return trial_of(judge.endpoint, completion_id)


def _check(endpoint: Endpoint) -> None:
    if endpoint.provider == Provider.RECORDED:
        raise DomainError(f"{endpoint} is a record of replies: there is nothing to call.", code="recorded")
    if missing := missing_key(endpoint):
        raise DomainError(missing, code="missing_key", field="endpoint")


def _asked(endpoint: Endpoint, request: ChatRequest) -> Completion:
    request = replace(request, replicate=trial_replicate())
    (completion,) = enqueue_completions(endpoint, [request], run=None).values()
    wake_drain(endpoint.pk)
    return completion
