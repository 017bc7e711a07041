"""Celery tasks of judging imported items."""

from celery import shared_task
from django.conf import settings

from annotations.item_judging.selectors.judges import judges_going_on
from annotations.item_judging.services import judging


@shared_task
def advance_judging(judge_id: int) -> None:
    """Read what has come back to a judge, and ask what can be asked now."""
    judging.advance_judging(judge_id=judge_id)


@shared_task
def sweep_judging() -> None:
    """Pick up the judges that a lost message or a killed worker left behind."""
    for judge in judges_going_on().only("pk"):
        advance_judging.apply_async((judge.pk,), expires=settings.SWEEP_SECONDS)
