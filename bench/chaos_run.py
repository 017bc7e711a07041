"""A batch under `manage.py up` while worker, web server, Redis and PostgreSQL are killed with -9 in turn.

`.venv/bin/python bench/chaos_run.py [--items 1000 --huge-megabytes 20]`. The site runs in a folder of its own, against
the stub of the providers, whose answers include errors, dropped connections, odd `usage` and bodies far beyond what a
reply may have. Nothing but `up` itself starts what was killed. In the end every call must be on record.
Calls that the stub answered well more than once are counted there; those in flight at a kill may be among them. The
last line is a JSON object; the exit status is 1 where the run is not complete, or something was lost or doubled.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))

RATES = {"429": 0.03, "500": 0.02, "drop": 0.01, "malformed": 0.01, "poison": 0.05, "huge": 0.002}
KILLS = (
    ("worker", 0.1),
    ("web", 0.25),
    ("redis", 0.4),
    ("postgresql", 0.55),
    ("worker", 0.7),
    ("postgresql", 0.8),
)
IN_FLIGHT = 16  # of each endpoint
STALLED_SECONDS = 240.0


@dataclass
class Site:
    """`manage.py up` in a home of its own: what it says, and the times at which its web server did not answer."""

    home: Path
    port: int
    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    longest_silence: float = 0.0

    def follow(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def probe(self) -> None:
        last = time.monotonic()
        while self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz/", timeout=5):
                    last = time.monotonic()
            except OSError:
                pass
            self.longest_silence = max(self.longest_silence, time.monotonic() - last)
            time.sleep(0.5)

    def kill(self, name: str) -> None:
        """kill -9 of a server, or of the head of a child."""
        if name in ("redis", "postgresql"):
            from perg_site.embedded.postgres import PostgreSQL
            from perg_site.embedded.redis import Redis

            pid = {"redis": Redis, "postgresql": PostgreSQL}[name](self.home).pid()
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            return
        word = {"web": "gunicorn", "worker": "celery"}[name]
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes().decode().split("\0")
                parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
            if parent == self.process.pid and word in command and ("worker" in command or name == "web"):
                os.kill(int(folder.name), signal.SIGKILL)


def main() -> None:
    parser = argparse.ArgumentParser(description="A batch under `manage.py up` while its parts are killed.")
    parser.add_argument("--items", type=int, default=1000, help="four calls each (default: %(default)s)")
    parser.add_argument("--huge-megabytes", type=float, default=20, help="the size of a huge reply")
    parser.add_argument("--latency", type=float, default=0.05, help="seconds that the stub takes to answer")
    parser.add_argument(
        "--lease", type=float, default=15, help="seconds until the calls of a killed worker are free"
    )
    arguments = parser.parse_args()
    from tests.stub_llm import running_stub

    with (
        tempfile.TemporaryDirectory(prefix="perg-chaos-") as folder,
        running_stub(latency=arguments.latency, rates=RATES, huge_megabytes=arguments.huge_megabytes) as stub,
    ):
        site = start(Path(folder), arguments.lease)
        try:
            figures = chaos(site, stub, arguments.items)
        finally:
            site.process.send_signal(signal.SIGTERM)
            site.process.wait(timeout=90)
    print("\n".join(line for line in site.lines if "was ended" in line or "again" in line))
    print(json.dumps(figures))
    sys.exit(
        0 if figures["complete"] and not figures["lost"] and not figures["doubled_beyond_in_flight"] else 1
    )


def start(home: Path, lease: float) -> Site:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    os.environ |= {
        "PERG_HOME": str(home),
        "PERG_PLAIN_STATIC": "1",
        "PERG_COMPLETION_LEASE_SECONDS": str(lease),
        "PERG_SWEEP_SECONDS": "2",
        "STUB_API_KEY": "k",
        "ENDPOINT_KEYS": "STUB_API_KEY@127.0.0.1",
        "DJANGO_SETTINGS_MODULE": "perg_site.settings",
    }
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    process = subprocess.Popen(
        [sys.executable, "manage.py", "up", "--no-demo", f"--port={port}"],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    site = Site(home, port, process)
    threading.Thread(target=site.follow, daemon=True).start()
    while not any("Ctrl-C" in line for line in site.lines):
        if process.poll() is not None:
            raise SystemExit("\n".join(site.lines))
        time.sleep(0.1)
    threading.Thread(target=site.probe, daemon=True).start()
    return site


def chaos(site: Site, stub: Any, items: int) -> dict[str, object]:
    import django

    django.setup()
    from evaluation.models import Completion, Run

    run = retried(lambda: launch(stub, items))
    began, calls, in_flight = time.monotonic(), 4 * items, 0

    def finished() -> int:
        return Completion.objects.filter(finished_at__isnull=False).count()

    for name, share in KILLS:
        wait_until(lambda share=share: finished() >= share * calls, finished)  # type: ignore[misc]
        if name in ("worker", "postgresql"):  # the others hold no calls
            leased = retried(lambda: Completion.objects.filter(status="leased").count())
            in_flight += leased  # calls under way, and replies that are not recorded yet
        print(
            f"{time.monotonic() - began:6.1f} s  {retried(finished):6} calls done: kill -9 {name}", flush=True
        )
        site.kill(name)
    wait_until(lambda: Run.objects.get(pk=run).status not in ("pending", "running"), finished)
    return figures(site, stub, run, items) | {
        "seconds": round(time.monotonic() - began, 1),
        "kills": [name for name, _ in KILLS],
        "in_flight_at_kills": in_flight,
        "doubled_beyond_in_flight": max(0, doubled(stub) - in_flight),
    }


def launch(stub: Any, items: int) -> int:
    """A batch of one run with two judges; gives the run's key."""
    from evaluation.judges.selectors import default_rubric
    from evaluation.models import Catalogue, Dataset, Endpoint, Judge, Preference, Question
    from evaluation.runs.services.launching import BatchSpec, launch_batch

    dataset = Dataset.objects.create(name="chaos")
    Question.objects.bulk_create(
        Question(
            dataset=dataset,
            key=f"{number:064d}",
            text=f"Question {number}?",
            options=["one", "two", "three"],
            gold_option="A",
        )
        for number in range(items)
    )
    catalogue = Catalogue.objects.create(name="chaos")
    Preference.objects.create(catalogue=catalogue, text="I like it short.")
    fields = {"api_key_variable": "STUB_API_KEY", "max_concurrency": IN_FLIGHT, "timeout_seconds": 30}
    openai = {"provider": "openai", "base_url": stub.openai_url, **fields}
    model = Endpoint.objects.create(name="model", model="model", **openai)
    judges = [
        Judge.objects.create(
            name=name,
            rubric=default_rubric(),
            endpoint=Endpoint.objects.create(name=name, model=name, structured_output=form, **others),
        )
        for name, form, others in (
            ("judge o", "json_schema", openai),
            ("judge a", "tool", {"provider": "anthropic", "base_url": stub.url, **fields}),
        )
    ]
    spec = BatchSpec(
        name="chaos",
        dataset=dataset,
        catalogue=catalogue,
        models=[model],
        methods=["direct"],
        settings=["relevant"],
        judges=judges,
    )
    return int(launch_batch(spec=spec, actor=None).runs.get().pk)


def figures(site: Site, stub: Any, run_id: int, items: int) -> dict[str, object]:
    from evaluation.models import Completion, Item, Judgment, Run

    run = Run.objects.get(pk=run_id)
    judgments = Judgment.objects.filter(response__item__run=run)
    statuses = Counter(Completion.objects.values_list("status", flat=True))
    outcomes = Counter(Item.objects.filter(run=run).values_list("status", flat=True))
    pairs = judgments.values("response", "judge").distinct().count()
    unfinished = Completion.objects.filter(finished_at__isnull=True).count()
    stats = stub.stats()
    return {
        "complete": run.status == "complete" and not unfinished,
        "status": run.status,
        "items": dict(outcomes),
        "calls": sum(statuses.values()),
        "call_statuses": dict(statuses),
        "judgments": judgments.count(),
        "judgments_double": judgments.count() - pairs,
        # Every item has ended, and each that was answered has both judgments, scored or with the reason why not.
        "lost": unfinished
        + items
        - sum(outcomes[status] for status in ("done", "failed"))
        + max(0, 2 * outcomes["done"] - judgments.exclude(status="pending").count()),
        "stub_requests": stats["requests"],
        "stub_distinct": stats["distinct"],
        "stub_answers": stats["answers"],
        "stub_repeats": stats["repeats"],
        "doubled": doubled(stub),
        "longest_web_silence_seconds": round(site.longest_silence, 1),
    }


def doubled(stub: Any) -> int:
    """Requests that came again although they had been answered with a reply that is to be recorded."""
    repeats = stub.stats()["repeats"]
    return sum(repeats.get(fate, 0) for fate in ("ok", "poison", "huge"))


def wait_until(true: Callable[[], bool], progress: Callable[[], int]) -> None:
    """Wait as long as calls are being finished."""
    last, moved = -1, time.monotonic()
    while not retried(true):
        if (now := retried(progress)) != last:
            last, moved = now, time.monotonic()
        if time.monotonic() - moved > STALLED_SECONDS:
            raise SystemExit(f"Nothing has moved for {STALLED_SECONDS:.0f} s: {last} calls are finished.")
        time.sleep(0.2)


def retried(query: Callable[[], Any]) -> Any:
    """Ask the database, again while it is away."""
    from django.db import InterfaceError, OperationalError, connection

    while True:
        try:
            return query()
        except (OperationalError, InterfaceError):
            connection.close()
            time.sleep(0.2)


if __name__ == "__main__":
    main()
