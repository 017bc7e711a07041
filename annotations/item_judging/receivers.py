"""What judging does when calls have been recorded."""

from annotations.item_judging.selectors.judges import judges_going_on
from annotations.item_judging.services.judging import advance_judging
from evaluation.engine.steps.after_calls import attempt
from evaluation.signals import calls_recorded

SECONDS = 2.0
"""The worker that tells of recorded calls has others under way, whose leases it must renew."""


def connect() -> None:
    """Called once, when the app is ready."""
    calls_recorded.connect(advance_judges)


def advance_judges(*, endpoint_id: int, **_: object) -> None:
    """Move on the judges that wait for the endpoint."""
    for judge in judges_going_on().filter(endpoint=endpoint_id).only("pk"):
        attempt(lambda pk=judge.pk: advance_judging(judge_id=pk, seconds=SECONDS))  # type: ignore[misc]
