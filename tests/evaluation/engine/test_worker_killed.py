"""A real Celery worker is killed with -9 while it judges: after a restart every item is judged once."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evaluation.engine.steps.judging import launch_judging
from evaluation.judges.selectors import heuristic_judge
from evaluation.models import Completion, Judgment, Run
from tests import build
from tests.live import Worker, kill_worker, killable_workers, wait_until
from tests.sizes import JUDGED_ITEMS as ITEMS

pytestmark = pytest.mark.slow


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Callable[[], Worker]]:
    """Starts Celery workers with a short lease; the chunks are small, so that a kill falls between two."""
    with killable_workers(tmp_path, PERG_COMPLETION_CHUNK="2", PERG_COMPLETION_LEASE_SECONDS="2") as start:
        yield start


@pytest.mark.django_db(transaction=True)
def test_after_kill_9_and_a_restart_every_item_is_judged_once(
    worker: Callable[[], Worker],
) -> None:
    run = build.run_with_items(ITEMS)
    launch_judging(run=run, judge=heuristic_judge(), actor=None)

    first = worker()
    wait_until(lambda: Completion.objects.filter(status="succeeded").count() >= 20)
    kill_worker(first)
    done = Completion.objects.filter(status="succeeded").count()
    assert done < ITEMS, "the kill came too late to show anything"

    worker()
    wait_until(lambda: Run.objects.get(pk=run.pk).status == "complete")
    assert Judgment.objects.filter(status="scored").count() == ITEMS
    assert Judgment.objects.values("response").distinct().count() == ITEMS
    assert Completion.objects.count() == ITEMS
    # Only what was in flight at the kill was called again: two processes with two requests each.
    assert Completion.objects.filter(attempts__gt=1).count() <= 4
    assert set(Completion.objects.values_list("status", flat=True)) == {"succeeded"}
