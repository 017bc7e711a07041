"""Judging a run: ask a judge of every personalised response, and turn replies into judgments.

`advance_run` may run at any time, any number of times at once: unique constraints and row locks make every step
of it happen once.
"""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from evaluation.errors import Conflict
from evaluation.models import Item, Judge, Judgment, Response, Run, RunJudge
from evaluation.models.completion import CompletionStatus
from evaluation.models.endpoint import JudgeOrigin
from evaluation.models.run import Condition, JudgmentStatus, RunStatus, Setting
from evaluation.services.completions import enqueue_completions
from evaluation.services.wake import wake
from evaluation.stages.judge import JudgeInput, judge_request, read_verdict

CHUNK = 500


@transaction.atomic
def launch_judging(*, run: Run, judge: Judge) -> RunJudge:
    """Have a judge rate a run; launching it again changes nothing and continues what is unfinished.

    Raises Conflict where the judge's ratings were imported, or no preference is there to follow.
    """
    if judge.origin == JudgeOrigin.IMPORTED:
        raise Conflict(f"{judge} is a record of imported ratings; it cannot be asked anew.")
    if run.setting == Setting.IRRELEVANT:
        raise Conflict("In the setting “irrelevant” there is no relevant preference, so nothing to judge.")
    run_judge, _ = RunJudge.objects.get_or_create(run=run, judge=judge)
    Run.objects.filter(pk=run.pk).update(status=RunStatus.RUNNING, finished_at=None)
    wake("evaluation.tasks.advance_run", run.pk)
    return run_judge


def advance_run(run: Run) -> None:
    """Do what can be done for the run now: ask its judges, read their replies, and close it when nothing is left."""
    for judge in run.judges.filter(origin=JudgeOrigin.ENDPOINT).select_related("endpoint"):
        if _ask(run, judge) and judge.endpoint is not None:
            wake("evaluation.tasks.drain_endpoint", judge.endpoint.pk)
    settle_judgments(run)
    _complete_if_done(run)


def _ask(run: Run, judge: Judge) -> bool:
    """Queue the requests that the judge still lacks on the run; whether there were any."""
    asked = False
    for replicate in range(1, judge.replicates + 1):
        last = 0
        while responses := _unasked(run, judge, replicate, after=last):
            _ask_about(responses, judge, replicate)
            asked, last = True, responses[-1].pk
    return asked


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
def _ask_about(responses: Sequence[Response], judge: Judge, replicate: int) -> None:
    assert judge.endpoint is not None
    baselines = dict(
        Response.objects.filter(
            item__in=[response.item_id for response in responses], condition=Condition.BASELINE
        ).values_list("item", "text")
    )
    requests = {
        response.pk: judge_request(
            judge_input(response.item, baselines[response.item_id], response.text),
            model=judge.endpoint.model,
            replicate=replicate,
        )
        for response in responses
    }
    completions = enqueue_completions(judge.endpoint, requests.values())
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


def judge_input(item: Item, baseline: str, personalised: str) -> JudgeInput:
    """What a judge is shown of an item that has a relevant preference."""
    assert item.preference is not None
    return JudgeInput(
        question=item.question.text,
        options=tuple(item.question.options),
        preference=item.preference.text,
        baseline=baseline,
        personalised=personalised,
    )


def settle_judgments(run: Run) -> int:
    """Turn finished replies of the run's pending judgments into scores, or into reasons for none; give the number."""
    settled = 0
    while count := _settle_chunk(run):
        settled += count
    return settled


@transaction.atomic
def _settle_chunk(run: Run) -> int:
    judgments = list(
        Judgment.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(
            response__item__run=run,
            status=JudgmentStatus.PENDING,
            completion__status__in=CompletionStatus.finished(),
        )
        .select_related("completion")
        .order_by("pk")[:CHUNK]
    )
    for judgment in judgments:
        _settle(judgment)
    Judgment.objects.bulk_update(judgments, ["status", "score", "explanation", "unscored_reason"])
    return len(judgments)


def _settle(judgment: Judgment) -> None:
    completion = judgment.completion
    assert completion is not None
    match completion.status:
        case CompletionStatus.SUCCEEDED:
            verdict = read_verdict(completion.text)
            judgment.score, judgment.explanation = verdict.score, verdict.explanation
            judgment.unscored_reason = verdict.unscored_reason
        case CompletionStatus.REFUSED:
            judgment.unscored_reason = "the judge refused"
        case _:
            judgment.unscored_reason = f"the call failed: {completion.error_code}"
    judgment.status = JudgmentStatus.UNSCORED if judgment.score is None else JudgmentStatus.SCORED


def _complete_if_done(run: Run) -> None:
    """Close the run if every judge has a settled judgment on every response. The condition is part of the update."""
    wanted = (
        sum(run.judges.filter(origin=JudgeOrigin.ENDPOINT).values_list("replicates", flat=True))
        * judged_responses(run).count()
    )
    made = Judgment.objects.filter(response__item__run=run, judge__origin=JudgeOrigin.ENDPOINT)
    if made.exclude(status=JudgmentStatus.PENDING).count() < wanted:
        return
    unsettled = Judgment.objects.filter(response__item__run=OuterRef("pk"), status=JudgmentStatus.PENDING)
    Run.objects.filter(~Exists(unsettled), pk=run.pk, status=RunStatus.RUNNING).update(
        status=RunStatus.COMPLETE, finished_at=timezone.now()
    )
