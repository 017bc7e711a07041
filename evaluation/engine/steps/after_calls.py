"""What goes on once calls have been recorded, while others are still under way."""

import logging
from collections.abc import Callable

from evaluation.engine.selectors import runs_waiting_on
from evaluation.engine.steps import advance
from evaluation.models import Endpoint
from evaluation.signals import calls_recorded

logger = logging.getLogger(__name__)


def advance_waiting(endpoint_id: int) -> None:
    """Move on the runs that wait for the endpoint, and tell other rooms that they can."""
    for run in runs_waiting_on(endpoint_id):
        attempt(lambda run=run: advance.advance_run(run))  # type: ignore[misc]
    calls_recorded.send_robust(Endpoint, endpoint_id=endpoint_id)


def attempt(step: Callable[[], None]) -> None:
    """Take a step. If it fails, the log says so: the calls that are under way are paid, and must not end with it."""
    try:
        step()
    except Exception:
        logger.exception("A step after calls has failed; the sweep will try it again.")
