"""Building a catalogue: an endpoint proposes preferences for sampled questions, for people to review.

Asking and reading may run at any time, any number of times at once: unique constraints, conditional updates and row
locks make every step of it happen once.
"""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Sum

from core.audit.writing import record
from core.errors import Conflict, DomainError
from core.jobs.wake import wake
from core.models import User
from core.names import check_name
from evaluation.endpoints.services.endpoints import missing_key
from evaluation.endpoints.services.waking import wake_drain
from evaluation.engine.calls.completions import enqueue_completions
from evaluation.engine.calls.costs import NOTHING, cost_of, most_it_may_cost
from evaluation.engine.steps.prompts import current_prompt
from evaluation.llm.requests import ChatRequest
from evaluation.models import BuildQuestion, CatalogueBuild, Completion, Dataset, Endpoint, Proposal
from evaluation.models.catalogue_build import MAX_PER_QUESTION, BuildQuestionStatus, BuildStatus
from evaluation.models.completion import CompletionStatus
from evaluation.models.endpoint import Provider
from evaluation.runs.services.estimate import EstimateLine, prompt_tokens, question_tokens
from evaluation.stages import propose
from evaluation.stages.prompts import PromptText

CHUNK = 500
MAX_NAME = 200
MAX_PROPOSALS = 2000
MAX_SEED = 2**31 - 1
PROPOSAL_TOKENS = 80
"""Of one proposal with its reason, for estimates."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildSpec:
    """A build to start: `sample_size` questions of the dataset are drawn, the same for the same seed, and the endpoint
    is asked for `per_question` proposals about each, as far as `money_budget` (US dollars; None: no limit) has room
    for what that may cost.
    """

    name: str
    dataset: Dataset
    endpoint: Endpoint
    sample_size: int
    per_question: int
    seed: int = 0
    money_budget: Decimal | None = None


@transaction.atomic
def start_build(*, spec: BuildSpec, actor: User | None) -> CatalogueBuild:
    """Draw the questions, and have the endpoint asked about each.

    Raises DomainError for a name, a number or an endpoint that will not do, and for a key that the environment lacks.
    """
    spec = replace(spec, name=spec.name.strip())
    _check(spec)
    check_budget(spec.endpoint, spec.money_budget)
    build = CatalogueBuild.objects.create(
        **{field.name: getattr(spec, field.name) for field in fields(spec)},
        prompt=current_prompt(propose.PROMPT),
        created_by=actor,
    )
    questions = list(spec.dataset.questions.order_by("pk").values_list("pk", flat=True))
    BuildQuestion.objects.bulk_create(
        BuildQuestion(build=build, question_id=question)
        for question in sorted(random.Random(spec.seed).sample(questions, spec.sample_size))
    )
    record(
        "build.started",
        actor=actor,
        subject=build,
        name=spec.name,
        dataset=spec.dataset.name,
        endpoint=spec.endpoint.name,
        questions=spec.sample_size,
        money_budget=spec.money_budget,
    )
    wake("evaluation.library.tasks.advance_build", build.pk)
    return build


def _check(spec: BuildSpec) -> None:
    if not spec.name or len(spec.name) > MAX_NAME or "\0" in spec.name:
        raise DomainError(f"A catalogue's name has 1 to {MAX_NAME} characters.", field="name")
    check_name(spec.name)
    endpoint, proposals = spec.endpoint, spec.sample_size * spec.per_question
    if endpoint.provider == Provider.RECORDED:
        raise DomainError(
            f"{endpoint} is a record of replies; it cannot be asked anything new.", field="endpoint"
        )
    if endpoint.provider == Provider.HEURISTIC:
        raise DomainError(f"{endpoint} judges by rules; it cannot propose preferences.", field="endpoint")
    if missing := missing_key(endpoint):
        raise DomainError(missing, code="missing_key", field="endpoint")
    available = spec.dataset.questions.count()
    if not 1 <= spec.sample_size <= available:
        raise DomainError(f"The dataset has {available} questions to draw from.", field="sample_size")
    if not 1 <= spec.per_question <= MAX_PER_QUESTION:
        raise DomainError(f"Each question gets 1 to {MAX_PER_QUESTION} proposals.", field="per_question")
    if proposals > MAX_PROPOSALS:
        raise DomainError(
            f"That makes {proposals:,} proposals to review; {MAX_PROPOSALS:,} are allowed.",
            field="sample_size",
        )
    if not 0 <= spec.seed <= MAX_SEED:
        raise DomainError(f"A seed is a number from 0 to {MAX_SEED:,}.", field="seed")


def check_budget(endpoint: Endpoint, money_budget: Decimal | None) -> None:
    """Raise DomainError for a budget that is none, or that nothing would be held to."""
    if money_budget is None:
        return
    if money_budget <= 0:
        raise DomainError("A money budget is above 0.", field="money_budget")
    if endpoint.input_price is None and not endpoint.costs_nothing:
        raise DomainError(
            f"{endpoint} is unpriced, so no money budget can hold it. Give its prices first, or no budget.",
            field="money_budget",
        )


def estimate_build(
    *, dataset: Dataset, endpoint: Endpoint, sample_size: int, per_question: int
) -> EstimateLine:
    """What a build will take: one call a question. Tokens are guesses; the cost is None where it is unpriced."""
    shown = question_tokens(dataset) + prompt_tokens(propose.PROMPT)
    inputs, outputs = sample_size * shown, sample_size * per_question * PROPOSAL_TOKENS
    return EstimateLine(endpoint, sample_size, inputs, outputs, cost_of(endpoint, inputs, outputs))


def advance_build(build: CatalogueBuild) -> None:
    """Ask what has not been asked, read what has come back. Safe to run twice, at once, and after a kill."""
    if build.status != BuildStatus.ASKING:
        return
    _read(build)  # first: what has come back tells how much of a budget is left
    _ask(build)
    _read(build)
    with transaction.atomic():
        # `ask_again` holds this lock, too, so no question becomes a waiting one in between.
        asking = CatalogueBuild.objects.filter(pk=build.pk, status=BuildStatus.ASKING)
        held = asking.select_for_update(no_key=True).first()
        if held and not _goes_on(held):
            asking.update(status=BuildStatus.REVIEWING)


def _goes_on(build: CatalogueBuild) -> bool:
    """Whether a question waits for its reply, or could still be asked. What a budget has no room for stays unasked."""
    waiting = build.build_questions.filter(status=BuildQuestionStatus.WAITING)
    if waiting.filter(completion__isnull=False).exists():
        return True
    left = money_left(build)
    first = waiting.select_related("question").order_by("pk").first()
    if first is None or left is None:
        return first is not None
    return _most(build, _request(build, first, PromptText.parse(build.prompt.text))) <= left


def money_left(build: CatalogueBuild) -> Decimal | None:
    """US dollars of the budget that neither is spent nor may be needed by calls under way; None: no limit."""
    if build.money_budget is None:
        return None
    calls = Completion.objects.filter(build_questions__build=build).distinct()
    spent = Completion.objects.filter(pk__in=calls.values("pk")).aggregate(sum=Sum("cost"))["sum"] or NOTHING
    open_calls = calls.exclude(status__in=CompletionStatus.finished()).only("request")
    held = sum((_most(build, ChatRequest.from_json(call.request)) for call in open_calls), NOTHING)
    return build.money_budget - build.spent_before - spent - held


def _most(build: CatalogueBuild, request: ChatRequest) -> Decimal:
    """What a call may cost at most."""
    text = json.dumps(request.as_json(), ensure_ascii=False)
    return most_it_may_cost(build.endpoint, text, request.max_tokens)


def _affordable(build: CatalogueBuild, requests: Mapping[int, ChatRequest]) -> dict[int, ChatRequest]:
    """Those of the requests, in their order, that the budget has room for."""
    left = money_left(build)
    if left is None:
        return dict(requests)
    fitting = {}
    for key, request in requests.items():
        left -= _most(build, request)
        if left < 0:
            break
        fitting[key] = request
    return fitting


def _ask(build: CatalogueBuild) -> None:
    """Queue a call for each question that has none, as far as the budget allows."""
    unasked = BuildQuestion.objects.filter(
        build=build, status=BuildQuestionStatus.WAITING, completion__isnull=True
    )
    prompt = PromptText.parse(build.prompt.text)
    while chunk := list(unasked.select_related("question").order_by("pk")[:CHUNK]):
        with transaction.atomic():
            # One worker at a time: two would spend the same money.
            CatalogueBuild.objects.select_for_update(no_key=True).get(pk=build.pk)
            build.refresh_from_db(fields=["money_budget", "spent_before"])
            requests = _affordable(
                build, {question.pk: _request(build, question, prompt) for question in chunk}
            )
            if not requests:
                return
            chunk = [question for question in chunk if question.pk in requests]
            completions = enqueue_completions(build.endpoint, requests.values(), run=None)
            for question in chunk:
                completion = completions[requests[question.pk].key(build.endpoint.name)]
                # Only for the try that the request is of: meanwhile it may have been asked, and asked again.
                unasked.filter(pk=question.pk, replicate=question.replicate).update(
                    completion_id=completion.pk
                )
            wake_drain(build.endpoint_id)


def _request(build: CatalogueBuild, drawn: BuildQuestion, prompt: PromptText) -> ChatRequest:
    return propose.proposal_request(
        propose.Sampled(drawn.question.text, tuple(drawn.question.options)),
        model=build.endpoint.model,
        form=_form(build.endpoint),
        prompt=prompt,
        count=build.per_question,
        replicate=drawn.replicate,
    )


def _form(endpoint: Endpoint) -> propose.Form:
    """How the endpoint is held to the wanted form; a local model is held to none."""
    if endpoint.provider == Provider.TRANSFORMERS:
        return "text"
    forms: dict[str, propose.Form] = {"json_schema": "json_schema", "tool": "tool"}
    return forms.get(endpoint.structured_output, "text")


def _read(build: CatalogueBuild) -> None:
    """Turn each reply that has come back into proposals, once: the worker that reads it holds its row."""
    while True:
        with transaction.atomic():
            answered = list(
                BuildQuestion.objects.select_for_update(skip_locked=True, of=("self",))
                .filter(
                    build=build,
                    status=BuildQuestionStatus.WAITING,
                    completion__status__in=CompletionStatus.finished(),
                )
                .select_related("completion")
                .order_by("pk")[:CHUNK]
            )
            proposals: list[Proposal] = []
            for question in answered:
                proposals += _settle(build, question)
            Proposal.objects.bulk_create(proposals)
            BuildQuestion.objects.bulk_update(answered, ["status", "failure"])
        if not answered:
            return


def _settle(build: CatalogueBuild, drawn: BuildQuestion) -> Sequence[Proposal]:
    """The proposals in the reply about a question; without any, the question has failed and says why."""
    assert drawn.completion is not None
    drafts, failure = _drafts(drawn.completion, build.per_question)
    drawn.status = BuildQuestionStatus.READ if drafts else BuildQuestionStatus.FAILED
    drawn.failure = failure
    return [
        Proposal(
            build=build,
            question_id=drawn.question_id,
            completion=drawn.completion,
            position=position,
            text=draft.text,
            reason=draft.reason,
            category=draft.category,
        )
        for position, draft in enumerate(drafts, start=1)
    ]


def _drafts(completion: Completion, limit: int) -> tuple[Sequence[propose.ProposalDraft], str]:
    """What a finished call proposes, or why nothing."""
    match completion.status:
        case CompletionStatus.SUCCEEDED:
            drafts = propose.read_proposals(completion.text, limit=limit)
            return (drafts, "") if drafts else ((), propose.UNREADABLE)
        case CompletionStatus.REFUSED:
            return (), "the model refused"
        case _:
            return (), f"the call failed: {completion.error_code}"


@transaction.atomic
def ask_again(*, build: CatalogueBuild, actor: User | None) -> int:
    """Ask once more about each question without proposals; give their number.

    Raises Conflict where there is none, or the build is released.
    """
    _hold_unreleased(build)
    failed = list(BuildQuestion.objects.filter(build=build, status=BuildQuestionStatus.FAILED))
    if not failed:
        raise Conflict("No question of this build has failed.", code="nothing_failed")
    calls = Completion.objects.filter(pk__in=[question.completion_id for question in failed])
    wasted = calls.aggregate(sum=Sum("cost"))["sum"] or NOTHING
    for question in failed:
        question.status, question.failure = BuildQuestionStatus.WAITING, ""
        question.completion, question.replicate = None, question.replicate + 1
    BuildQuestion.objects.bulk_update(failed, ["status", "failure", "completion", "replicate"])
    CatalogueBuild.objects.filter(pk=build.pk).update(
        status=BuildStatus.ASKING, spent_before=F("spent_before") + wasted
    )
    record("build.asked_again", actor=actor, subject=build, name=build.name, questions=len(failed))
    wake("evaluation.library.tasks.advance_build", build.pk)
    return len(failed)


@transaction.atomic
def set_build_budget(
    *, build: CatalogueBuild, money_budget: Decimal | None, actor: User | None
) -> CatalogueBuild:
    """Set what the build may spend, in US dollars (None: no limit), and go on with what has not been asked.

    Raises DomainError for a budget that will not do, Conflict where the build is released.
    """
    check_budget(build.endpoint, money_budget)
    before = _hold_unreleased(build).money_budget
    unasked = BuildQuestion.objects.filter(
        build=build, status=BuildQuestionStatus.WAITING, completion__isnull=True
    )
    status = BuildStatus.ASKING if unasked.exists() else build.status
    CatalogueBuild.objects.filter(pk=build.pk).update(money_budget=money_budget, status=status)
    build.refresh_from_db()
    if before != build.money_budget:
        record(
            "build.budget_changed",
            actor=actor,
            subject=build,
            name=build.name,
            before=before,
            after=build.money_budget,
        )
    if status == BuildStatus.ASKING:
        wake("evaluation.library.tasks.advance_build", build.pk)
    return build


def _hold_unreleased(build: CatalogueBuild) -> CatalogueBuild:
    """The build, locked. Raises Conflict where it is released."""
    locked = CatalogueBuild.objects.select_for_update(no_key=True).get(pk=build.pk)
    if locked.status == BuildStatus.RELEASED:
        raise Conflict("This build is released; nothing is asked for it any more.", code="released")
    return locked
