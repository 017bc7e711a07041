"""What a person has done in a campaign: their labels and skips, newest first, and the search in them."""

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Coalesce

from annotations.models import Assignment, Label, Member
from annotations.models.task import AssignmentStatus, TaskKind


def history_of(member: Member, *, words: str = "", score: int | None = None) -> QuerySet[Assignment]:
    """The member's labelled and skipped tasks, each with its current label's `score`, `answer_correct`, `answers`,
    `comment`, `revision` and `labelled_at`.

    `words` are looked for in question, preference, item, comment and note of a skip; `score` is that of the current
    label.
    """
    current = Label.objects.filter(assignment=OuterRef("pk")).order_by("-revision")
    history = (
        Assignment.objects.filter(
            member=member, status__in=[AssignmentStatus.SUBMITTED, AssignmentStatus.SKIPPED]
        )
        # The qualification round has pages of its own; control items are listed like any other task.
        .exclude(task__kind=TaskKind.QUALIFICATION)
        .annotate(
            score=Subquery(current.values("score")[:1]),
            answer_correct=Coalesce(
                Subquery(current.values("answer_correct")[:1]), Value(""), output_field=TextField()
            ),
            answers=Subquery(current.values("answers")[:1]),
            comment=Coalesce(Subquery(current.values("comment")[:1]), Value(""), output_field=TextField()),
            revision=Subquery(current.values("revision")[:1]),
            labelled_at=Subquery(current.values("created_at")[:1]),
        )
        .select_related(
            "task__response__item__question", "task__response__item__preference", "task__imported_item"
        )
    )
    for word in words.split():
        history = history.filter(
            Q(task__response__item__question__text__icontains=word)
            | Q(task__response__item__preference__text__icontains=word)
            | Q(task__imported_item__exhibit__icontains=word)
            | Q(comment__icontains=word)
            | Q(skip_note__icontains=word)
        )
    if score is not None:
        history = history.filter(score=score)
    return history.order_by(F("submitted_at").desc(nulls_last=True), "-pk")
