"""What a claim costs with 1,000 and with 1,000,000 completions waiting, and whether a worker's memory stays flat.

`.venv/bin/python bench/claim_scale.py [--large 1000000 --drained 10000]`. The claims are those of the engine, of 200
completions each, from a queue in which all wait for a running run, and from one in which all but a few wait for a
paused run. Then a worker drains some thousands of the million against the stub, and its memory is read on the way.
The last line is a JSON object.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))
SMALL = 1000
CLAIM = 200
CLAIMS = 5  # of the small queue, all of it
FILL = """
    INSERT INTO evaluation_completion (endpoint_id, run_id, request_key, request, status, not_before, attempts,
        text, reasoning, reserved_cost, error_code, error_message, created_at)
    SELECT %(endpoint)s, %(run)s, %(run)s || '/' || n,
        jsonb_set(%(request)s::jsonb, '{messages,0,content}', to_jsonb('Question ' || n)),
        'pending', now(), 0, '', '', 0, '', '', now()
    FROM generate_series(1, %(count)s) AS n
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="The cost of a claim, by the length of the queue.")
    parser.add_argument("--large", type=int, default=1_000_000, help="completions waiting in the long queue")
    parser.add_argument("--drained", type=int, default=10_000, help="completions to drain for the memory")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="perg-bench-") as home:
        os.environ |= {
            "PERG_HOME": home,
            "DJANGO_SETTINGS_MODULE": "perg_site.settings",
            "LOG_LEVEL": "WARNING",
        }
        for name in ("DATABASE_URL", "REDIS_URL"):
            os.environ.pop(name, None)
        from perg_site import embedded

        Path(home).chmod(0o711)
        with embedded.ensure_running():
            import django
            from django.core.management import call_command
            from django.db import connections

            django.setup()
            call_command("migrate", verbosity=0)
            measure(arguments.large, arguments.drained)
            connections.close_all()


def measure(large: int, drained: int) -> None:
    from evaluation.models import Run

    found: dict[str, float] = {}
    print(f"Claims of {CLAIM}, median of {CLAIMS}")
    for name, count in (("small", SMALL), ("large", large)):
        endpoint, run = queue(f"{name} running", count, "running")
        found[f"{name}_ms"] = claim_ms(endpoint)
        print(f"  {count:>9,} waiting for a running run: {found[f'{name}_ms']:6.1f} ms")
        show_plan(endpoint, run)
    endpoint, _ = queue("large paused", large, "paused")
    _, run = queue("few beside", SMALL, "running", endpoint)
    found["beside_paused_ms"] = claim_ms(endpoint)
    print(f"  {SMALL:>9,} beside {large:,} waiting for a paused run: {found['beside_paused_ms']:6.1f} ms")
    show_plan(endpoint, run)
    Run.objects.update(status="paused")
    memory = drain_some(drained)
    print(
        "Memory of the worker, MB, while it drained: " + ", ".join(f"{megabytes:.0f}" for megabytes in memory)
    )
    found["ratio"] = found["large_ms"] / found["small_ms"]
    grown = {"memory_first_mb": memory[0], "memory_last_mb": memory[-1], "drained": drained}
    print(json.dumps({name: round(value, 2) for name, value in (found | grown).items()}))


def queue(name, count, status, endpoint=None):
    from django.db import connection

    from evaluation.llm.requests import ChatRequest, Message
    from evaluation.models import Dataset, Endpoint, Run

    endpoint = endpoint or Endpoint.objects.create(
        name=name, provider="openai", model="m", max_concurrency=64, base_url="http://127.0.0.1:9/v1"
    )
    dataset, _ = Dataset.objects.get_or_create(name="bench")
    run = Run.objects.create(
        name=name, dataset=dataset, endpoint=endpoint, method="direct", setting="relevant", status=status
    )
    request = ChatRequest("m", (Message("user", ""), Message("assistant", "A judge's input. " * 40)))
    with connection.cursor() as cursor:
        cursor.execute(
            FILL,
            {
                "endpoint": endpoint.pk,
                "run": run.pk,
                "count": count,
                "request": json.dumps(request.as_json()),
            },
        )
    return endpoint, run


def claim_ms(endpoint) -> float:
    from evaluation.engine.calls.claims import claim_completions, release_claimed

    times = []
    for _ in range(CLAIMS):
        began = time.perf_counter()
        claim = claim_completions(endpoint, limit=CLAIM)
        times.append((time.perf_counter() - began) * 1000)
        if len(claim.completions) != CLAIM:
            raise SystemExit(f"{len(claim.completions)} were claimed")
    release_claimed(claim.lease, claim.completions)
    return statistics.median(times)


def show_plan(endpoint, run) -> None:
    from django.db import connection, transaction

    from evaluation.engine.calls.claims import WAITING_OF_RUNS

    known = {"runs": [run.pk], "endpoint": endpoint.pk, "taken": [], "share": CLAIM}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, BUFFERS) " + WAITING_OF_RUNS, known)
        for (line,) in cursor.fetchall():
            if "Scan" in line or "Buffers" in line or "Execution" in line:
                print(f"      {line}")
        transaction.set_rollback(True)


def drain_some(count: int) -> list[float]:
    """Megabytes at ten moments of a drain."""
    import psutil

    from evaluation.engine.calls.drain import drain
    from evaluation.models import Completion, Endpoint, Run
    from tests.stub_llm import running_stub

    endpoint = Endpoint.objects.get(name="large running")
    Run.objects.filter(name="large running").update(status="running")
    process, seen = psutil.Process(), []
    waiting = Completion.objects.filter(run__name="large running").exclude(status="pending")

    def look() -> None:
        seen.append((waiting.filter(status="succeeded").count(), process.memory_info().rss / 2**20))

    with running_stub() as stub:
        endpoint.base_url = stub.openai_url
        endpoint.save()
        drain(endpoint, after_chunk=look, should_stop=lambda: bool(seen) and seen[-1][0] >= count)
    step = max(len(seen) // 10, 1)
    return [megabytes for _, megabytes in seen[::step]] + [seen[-1][1]]


if __name__ == "__main__":
    main()
