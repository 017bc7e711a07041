"""Building a catalogue: an endpoint proposes preferences for sampled questions, for people to review.

Asking and reading may run at any time, any number of times at once: unique constraints, conditional updates and row
locks make every step of it happen once.
"""

import random
from collections.abc import Sequence

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from evaluation.errors import Conflict, DomainError
from evaluation.llm.requests import ChatRequest
from evaluation.models import BuildQuestion, CatalogueBuild, Completion, Dataset, Endpoint, Proposal
from evaluation.models.catalogue_build import MAX_PER_QUESTION, BuildQuestionStatus, BuildStatus
from evaluation.models.completion import CompletionStatus
from evaluation.models.endpoint import Provider
from evaluation.services.completions import enqueue_completions
from evaluation.services.endpoints import missing_key
from evaluation.services.prompts import current_prompt
from evaluation.services.wake import wake, wake_drain
from evaluation.stages import propose
from evaluation.stages.prompts import PromptText

CHUNK = 500
MAX_NAME = 200
MAX_PROPOSALS = 2000
MAX_SEED = 2**31 - 1


@transaction.atomic
def start_build(
    *,
    name: str,
    dataset: Dataset,
    endpoint: Endpoint,
    sample_size: int,
    per_question: int,
    seed: int = 0,
    created_by: AbstractBaseUser | None = None,
) -> CatalogueBuild:
    """Draw `sample_size` questions, the same for the same seed, and have the endpoint asked about each.

    Raises DomainError for a name, a number or an endpoint that will not do, and for a key that the environment lacks.
    """
    name = name.strip()
    _check(name, dataset, endpoint, sample_size, per_question, seed)
    build = CatalogueBuild.objects.create(
        name=name,
        dataset=dataset,
        endpoint=endpoint,
        prompt=current_prompt(propose.PROMPT),
        sample_size=sample_size,
        per_question=per_question,
        seed=seed,
        created_by_id=created_by.pk if created_by else None,
    )
    questions = list(dataset.questions.order_by("pk").values_list("pk", flat=True))
    BuildQuestion.objects.bulk_create(
        BuildQuestion(build=build, question_id=question)
        for question in sorted(random.Random(seed).sample(questions, sample_size))
    )
    wake("evaluation.tasks.advance_build", build.pk)
    return build


def _check(
    name: str, dataset: Dataset, endpoint: Endpoint, sample_size: int, per_question: int, seed: int
) -> None:
    if not name or len(name) > MAX_NAME or "\0" in name:
        raise DomainError(f"A catalogue's name has 1 to {MAX_NAME} characters.", field="name")
    if endpoint.provider == Provider.RECORDED:
        raise DomainError(
            f"{endpoint} is a record of replies; it cannot be asked anything new.", field="endpoint"
        )
    if endpoint.provider == Provider.HEURISTIC:
        raise DomainError(f"{endpoint} judges by rules; it cannot propose preferences.", field="endpoint")
    if missing := missing_key(endpoint):
        raise DomainError(missing, code="missing_key", field="endpoint")
    available = dataset.questions.count()
    if not 1 <= sample_size <= available:
        raise DomainError(f"The dataset has {available} questions to draw from.", field="sample_size")
    if not 1 <= per_question <= MAX_PER_QUESTION:
        raise DomainError(f"Each question gets 1 to {MAX_PER_QUESTION} proposals.", field="per_question")
    if sample_size * per_question > MAX_PROPOSALS:
        raise DomainError(
            f"That makes {sample_size * per_question:,} proposals to review; {MAX_PROPOSALS:,} are allowed.",
            field="sample_size",
        )
    if not 0 <= seed <= MAX_SEED:
        raise DomainError(f"A seed is a number from 0 to {MAX_SEED:,}.", field="seed")


def advance_build(build: CatalogueBuild) -> None:
    """Ask what has not been asked, read what has come back. Safe to run twice, at once, and after a kill."""
    if build.status != BuildStatus.ASKING:
        return
    _ask(build)
    _read(build)
    with transaction.atomic():
        # `ask_again` holds this lock, too, so no question becomes a waiting one in between.
        asking = CatalogueBuild.objects.filter(pk=build.pk, status=BuildStatus.ASKING)
        held = asking.select_for_update(no_key=True).first()
        if held and not held.build_questions.filter(status=BuildQuestionStatus.WAITING).exists():
            asking.update(status=BuildStatus.REVIEWING)


def _ask(build: CatalogueBuild) -> None:
    """Queue a call for each question that has none."""
    unasked = BuildQuestion.objects.filter(
        build=build, status=BuildQuestionStatus.WAITING, completion__isnull=True
    )
    prompt = PromptText.parse(build.prompt.text)
    while asked := list(unasked.select_related("question").order_by("pk")[:CHUNK]):
        with transaction.atomic():
            requests = {each.pk: _request(build, each, prompt) for each in asked}
            completions = enqueue_completions(build.endpoint, requests.values(), run=None)
            for each in asked:
                completion = completions[requests[each.pk].key(build.endpoint.name)]
                # Only for the try that the request is of: meanwhile it may have been asked, and asked again.
                unasked.filter(pk=each.pk, replicate=each.replicate).update(completion_id=completion.pk)
            wake_drain(build.endpoint_id)


def _request(build: CatalogueBuild, asked: BuildQuestion, prompt: PromptText) -> ChatRequest:
    return propose.proposal_request(
        propose.Sampled(asked.question.text, tuple(asked.question.options)),
        model=build.endpoint.model,
        form=_form(build.endpoint),
        prompt=prompt,
        count=build.per_question,
        replicate=asked.replicate,
    )


def _form(endpoint: Endpoint) -> propose.Form:
    """How the endpoint is held to the wanted form; a local model is held to none."""
    if endpoint.provider == Provider.TRANSFORMERS:
        return "text"
    forms: dict[str, propose.Form] = {"json_schema": "json_schema", "tool": "tool"}
    return forms.get(endpoint.structured_output, "text")


def _read(build: CatalogueBuild) -> None:
    """Turn each reply that has come back into proposals, once: whoever reads it holds its row."""
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
            for each in answered:
                proposals += _settle(build, each)
            Proposal.objects.bulk_create(proposals)
            BuildQuestion.objects.bulk_update(answered, ["status", "failure"])
        if not answered:
            return


def _settle(build: CatalogueBuild, asked: BuildQuestion) -> Sequence[Proposal]:
    """The proposals in the reply about a question; without any, the question has failed and says why."""
    assert asked.completion is not None
    drafts, failure = _drafts(asked.completion, build.per_question)
    asked.status = BuildQuestionStatus.READ if drafts else BuildQuestionStatus.FAILED
    asked.failure = failure
    return [
        Proposal(
            build=build,
            question_id=asked.question_id,
            completion=asked.completion,
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
def ask_again(*, build: CatalogueBuild) -> int:
    """Ask once more about each question without proposals; give their number.

    Raises Conflict where there is none, or the build is released.
    """
    locked = CatalogueBuild.objects.select_for_update(no_key=True).get(pk=build.pk)
    if locked.status == BuildStatus.RELEASED:
        raise Conflict("This build is released; nothing is asked for it any more.", code="released")
    failed = list(BuildQuestion.objects.filter(build=build, status=BuildQuestionStatus.FAILED))
    if not failed:
        raise Conflict("No question of this build has failed.", code="nothing_failed")
    for each in failed:
        each.status, each.failure = BuildQuestionStatus.WAITING, ""
        each.completion, each.replicate = None, each.replicate + 1
    BuildQuestion.objects.bulk_update(failed, ["status", "failure", "completion", "replicate"])
    CatalogueBuild.objects.filter(pk=build.pk).update(status=BuildStatus.ASKING)
    wake("evaluation.tasks.advance_build", build.pk)
    return len(failed)
