"""Judging a run: ask every judge of every personalised response, and turn replies into judgments.

All of it may run at any time, any number of times at once: unique constraints and row locks make every step of it
happen once.
"""

from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from core.audit.writing import record
from core.errors import Conflict
from core.jobs.wake import wake
from core.models import User
from evaluation.engine.calls.completions import enqueue_completions
from evaluation.engine.calls.recording import CUT_OFF
from evaluation.engine.steps.prompts import prompts_of
from evaluation.llm.replies import storable
from evaluation.llm.requests import ChatRequest
from evaluation.models import Completion, Endpoint, Item, Judge, Judgment, Response, Run, RunJudge
from evaluation.models.completion import CompletionStatus
from evaluation.models.endpoint import JudgeOrigin, Provider
from evaluation.models.item import Condition, Extraction
from evaluation.models.judgment import JudgmentStatus
from evaluation.models.run import RunStatus, Setting
from evaluation.stages.judge import Form, JudgeInput, RubricText, judge_request, reask_request
from evaluation.stages.prompts import Prompts
from evaluation.stages.verdicts import AMBIGUOUS, UNREADABLE, Verdict, read_verdict

CHUNK = 500
CALL_FAILED = "the call failed"


@transaction.atomic
def launch_judging(*, run: Run, judge: Judge, actor: User | None) -> RunJudge:
    """Have a judge rate a run; launching it again changes nothing and continues what is unfinished.

    Raises Conflict where the judge's ratings were imported, or no preference is there to follow.
    """
    if judge.origin == JudgeOrigin.IMPORTED:
        raise Conflict(f"{judge} is a record of imported ratings; it cannot be called again.")
    if run.setting == Setting.IRRELEVANT:
        raise Conflict("In the setting “irrelevant” there is no relevant preference, so nothing to judge.")
    run_judge, _ = RunJudge.objects.get_or_create(run=run, judge=judge)
    Run.objects.filter(pk=run.pk).update(status=RunStatus.RUNNING, finished_at=None)
    run.status, run.finished_at = RunStatus.RUNNING, None
    record("judging.launched", actor=actor, subject=run, name=run.name, judge=judge.name)
    wake("evaluation.engine.tasks.advance_run", run.pk)
    return run_judge


def ask_judges(run: Run) -> set[Endpoint]:
    """Queue the requests that the run's judges still lack; give the endpoints that have new ones."""
    called = set()
    for judge in run.judges.filter(origin=JudgeOrigin.ENDPOINT).select_related("endpoint", "rubric"):
        if _ask(run, judge) and judge.endpoint is not None:
            called.add(judge.endpoint)
    return called


def _ask(run: Run, judge: Judge) -> bool:
    """Queue the requests that the judge still lacks on the run; whether there were any."""
    has_new, prompts = False, prompts_of(run)
    for replicate in range(1, judge.replicates + 1):
        last = 0
        while responses := _unasked(run, judge, replicate, after=last):
            _ask_about(run, responses, judge, replicate, prompts)
            has_new, last = True, responses[-1].pk
    return has_new


def _unasked(run: Run, judge: Judge, replicate: int, *, after: int) -> list[Response]:
    """The next chunk of responses, by primary key, that the judge has not been asked about."""
    has_judgment = Judgment.objects.filter(response=OuterRef("pk"), judge=judge, replicate=replicate)
    return list(
        judged_responses(run)
        .filter(~Exists(has_judgment), pk__gt=after)
        .select_related("item__question", "item__preference")
        .order_by("pk")[:CHUNK]
    )


def judged_responses(run: Run) -> QuerySet[Response]:
    """The responses that a judge rates: personalised ones of items that have a relevant preference."""
    return Response.objects.filter(
        item__run=run, condition=Condition.PERSONALISED, item__preference__isnull=False
    )


@transaction.atomic
def _ask_about(
    run: Run, responses: Sequence[Response], judge: Judge, replicate: int, prompts: Prompts
) -> None:
    assert judge.endpoint is not None
    baselines = dict(
        Response.objects.filter(
            item__in=[response.item_id for response in responses], condition=Condition.BASELINE
        )
        .exclude(extraction=Extraction.MISSING)
        .values_list("item", "text")
    )
    requests = {
        response.pk: request_of(
            judge,
            judge_input(response.item, baselines.get(response.item_id), response.text),
            prompts=prompts,
            replicate=replicate,
        )
        for response in responses
    }
    completions = enqueue_completions(judge.endpoint, requests.values(), run=run)
    Judgment.objects.bulk_create(
        (
            Judgment(
                response_id=response_id,
                judge=judge,
                replicate=replicate,
                completion=completions[request.key(judge.endpoint.name)],
            )
            for response_id, request in requests.items()
        ),
        ignore_conflicts=True,
    )


def request_of(judge: Judge, shown: JudgeInput, *, prompts: Prompts, replicate: int) -> ChatRequest:
    """What the judge is asked about an item."""
    assert judge.endpoint is not None
    assert judge.rubric is not None
    return judge_request(
        shown,
        model=judge.endpoint.model,
        form=_form(judge.endpoint),
        rubric=RubricText(judge.rubric.instructions, tuple(judge.rubric.anchors)),
        prompts=prompts,
        replicate=replicate,
        temperature=judge.temperature,
        max_tokens=judge.max_tokens,
    )


def _form(endpoint: Endpoint) -> Form:
    """How a judge on this endpoint is asked."""
    if endpoint.provider == Provider.HEURISTIC:
        return "document"
    if endpoint.provider == Provider.TRANSFORMERS:
        return "tagged"  # a local model is held to no schema
    forms: dict[str, Form] = {"json_schema": "json_schema", "tool": "tool", "tagged": "tagged"}
    return forms[endpoint.structured_output]


def judge_input(item: Item, baseline: str | None, personalised: str) -> JudgeInput:
    """What a judge is shown of an item that has a relevant preference; `baseline` is None where there is none."""
    assert item.preference is not None
    return JudgeInput(
        question=item.question.text,
        options=tuple(item.question.options),
        preference=item.preference.text,
        baseline=baseline,
        personalised=personalised,
    )


def settle_judgments(run: Run) -> set[Endpoint]:
    """Turn finished replies of the run's pending judgments into scores, or into reasons for none.

    A judge whose reply is unreadable is asked once more; gives the endpoints that have such a request.
    """
    called: set[Endpoint] = set()
    while _settle_chunk(run, called):
        pass
    return called


@transaction.atomic
def _settle_chunk(run: Run, called: set[Endpoint]) -> int:
    judgments = list(
        Judgment.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(
            response__item__run=run,
            status=JudgmentStatus.PENDING,
            completion__status__in=CompletionStatus.finished(),
        )
        .select_related("completion", "judge__endpoint")
        .order_by("pk")[:CHUNK]
    )
    for judgment in judgments:
        verdict = _verdict(judgment)
        if verdict.unscored_reason in (UNREADABLE, AMBIGUOUS) and _ask_again(run, judgment, called):
            continue
        judgment.score, judgment.explanation = verdict.score, verdict.explanation
        judgment.unscored_reason = verdict.unscored_reason
        judgment.status = JudgmentStatus.UNSCORED if verdict.score is None else JudgmentStatus.SCORED
    Judgment.objects.bulk_update(
        judgments,
        ["status", "score", "explanation", "unscored_reason", "completion", "first_completion"],
    )
    return len(judgments)


def _verdict(judgment: Judgment) -> Verdict:
    assert judgment.completion is not None
    return verdict_of(judgment.completion)


def verdict_of(completion: Completion) -> Verdict:
    """What a finished call to a judge says, or why nothing."""
    match completion.status:
        case CompletionStatus.SUCCEEDED:
            verdict = read_verdict(completion.text, cut_off=completion.error_code == CUT_OFF)
            return replace(verdict, explanation=storable(verdict.explanation))
        case CompletionStatus.REFUSED:
            return Verdict(None, "", "the judge refused")
        case _:
            return Verdict(None, "", f"{CALL_FAILED}: {completion.error_code}")


def _ask_again(run: Run, judgment: Judgment, called: set[Endpoint]) -> bool:
    """Ask once more after an unreadable reply; False where that was done already, or is of no use."""
    first, endpoint = judgment.completion, judgment.judge.endpoint
    assert first is not None
    assert endpoint is not None
    form = _form(endpoint)
    if judgment.first_completion_id is not None or form == "document":
        return False
    request = reask_request(
        ChatRequest.from_json(first.request), first.text, form=form, prompts=prompts_of(run)
    )
    again = enqueue_completions(endpoint, [request], run=run)
    judgment.first_completion, judgment.completion = first, again[request.key(endpoint.name)]
    called.add(endpoint)
    return True


def is_judged(run: Run) -> bool:
    """Whether every judge of the run has a settled judgment on every response that can be judged."""
    replicates = run.judges.filter(origin=JudgeOrigin.ENDPOINT).values_list("replicates", flat=True)
    total = sum(replicates) * judged_responses(run).count()
    judgments = Judgment.objects.filter(response__item__run=run, judge__origin=JudgeOrigin.ENDPOINT)
    pending = judgments.filter(status=JudgmentStatus.PENDING)
    return not pending.exists() and judgments.count() >= total
