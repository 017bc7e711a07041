"""Workers, started as `manage.py up` starts them, with endpoints at work that are dead, throttled or slow."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from evaluation.models import Completion
from perg_site.celery import app
from perg_site.deployment.workers import ARGUMENTS
from tests.busy_endpoints import (
    SLOW_SECONDS,
    busy_endpoints,
    seconds_of_report,
    seconds_of_trial,
    small_campaign,
)
from tests.live import started_workers, wait_until

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def workers(transactional_db: None, tmp_path: Path) -> Iterator[None]:
    with started_workers(tmp_path):
        yield


def test_dead_throttled_and_slow_endpoints_do_not_block_others(workers: None) -> None:
    campaign = small_campaign()
    with busy_endpoints() as (slow, quick):
        wait_until(lambda: slow.stats()["requests"] >= 4)  # both slow ones are being called
        # Neither waited for a call to a slow endpoint to come back, however busy this machine is.
        assert seconds_of_trial(quick) < SLOW_SECONDS
        assert seconds_of_report(campaign) < SLOW_SECONDS
        wait_until(_refused_calls_wait_for_their_next_try)
        assert seconds_of_trial(quick) < SLOW_SECONDS


def _refused_calls_wait_for_their_next_try() -> bool:
    calls = Completion.objects.filter(endpoint__name="refused")
    return not calls.filter(error_code="").exists()


def test_every_queue_but_that_of_the_gpu_has_workers_of_its_own_in_both_ways_to_start_them() -> None:
    queues = {route["queue"] for route in app.conf.task_routes.values()} | {app.conf.task_default_queue}
    started = [arguments[0].removeprefix("--queues=") for arguments in ARGUMENTS.values()]
    assert sorted(started) == sorted(queues)
    services = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())["services"]
    for name, (queue, *options) in ARGUMENTS.items():
        command = services[name]["command"]
        assert queue in command
        assert [option for option in options if "pool" in option] == [
            part for part in command if "pool" in part
        ]
