"""Runs with a judge's verdicts, made so that their items take every path; and the calls they took."""

from evaluation.models import Completion, ItemCall, Judge, Run, RunJudge
from tests import build

ANSWERS = [("A", "A"), ("A", "B"), ("A", ""), ("B", "A"), ("", "C"), ("A", "A"), ("A", "A")]

SCORES = [5, 5, 1, 2, 4, 1, None]


def judged(run: Run, *, questions: Run | None = None) -> Run:
    """A run whose items take every path: kept, broken, undelivered, mended, wrong, not followed, unscored."""
    about = [item.question for item in questions.items.order_by("position")] if questions else [None] * 7
    for question, (baseline, personalised), score in zip(about, ANSWERS, SCORES, strict=True):
        item = build.item(run, baseline=baseline, personalised=personalised, about=question)
        build.judgment(item, score)
    RunJudge.objects.create(run=run, judge=Judge.objects.get(name="judge"))
    return run


def called(run: Run, *, stages: list[str], seconds: float, cost: str | None = "0.001") -> None:
    """Give each item its calls, a little dearer from item to item."""
    for number, item in enumerate(run.items.order_by("position")):
        for stage in stages:
            completion = Completion.objects.create(
                endpoint=run.endpoint,
                request_key=f"{item.pk} {stage}",
                request={"messages": [{"role": "user", "content": "Which one?"}]},
                status="succeeded",
                finished_at=run.created_at,
                seconds=seconds + number / 10,
                input_tokens=10,
                output_tokens=20,
                cost=cost,
            )
            ItemCall.objects.create(item=item, stage=stage, completion=completion)


def priced(run: Run) -> Run:
    run.endpoint.provider = "openai"
    run.endpoint.save()
    return run
