"""What people and judges gave: the scores that agreement and gold are made of."""

from django.db.models import QuerySet

from annotations.models import Campaign, Label
from annotations.models.task import TaskKind
from evaluation.models import Judgment
from evaluation.models.item import Condition
from evaluation.models.judgment import JudgmentStatus


def current_labels(campaign: Campaign) -> QuerySet[Label]:
    """The newest revision of every label of the campaign, surplus and set aside ones included, controls left out."""
    newest = (
        Label.objects.filter(assignment__task__campaign=campaign, assignment__task__kind=TaskKind.REGULAR)
        .order_by("assignment_id", "-revision")
        .distinct("assignment_id")
        .values("pk")
    )
    return Label.objects.filter(pk__in=newest)


def judge_scores(campaign: Campaign) -> list[tuple[int, str, int]]:
    """(task, judge's name, score) of the first replicate of every judge on the campaign's responses."""
    scores = Judgment.objects.filter(
        response__tasks__campaign=campaign,
        response__condition=Condition.PERSONALISED,
        status=JudgmentStatus.SCORED,
        replicate=1,
    ).values_list("response__tasks__pk", "judge__name", "score")
    return [(task, judge, score) for task, judge, score in scores if score is not None]
