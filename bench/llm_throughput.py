"""Requests per second of the whole engine (claim, call, record in PostgreSQL) beside a bare SDK loop.

`.venv/bin/python bench/llm_throughput.py [--calls 5000 --latency 0.2 --limit 256]`. Both sides use the official SDK
on its aiohttp transport against the same stub in a process of its own. The bare loop is what one would write by hand:
`chat.completions.create` under a semaphore, nothing kept. `bare post` is the same with the SDK's `post`, as the engine
calls it: `create` walks through every request to look for what is not plain JSON. The engine then gets the same
requests again, and has to answer from its table. The last line is a JSON object; `ratio` is engine / bare.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))
SCHEMA = {
    "type": "object",
    "properties": {
        "explanation": {"type": "string"},
        "score": {"type": "integer", "minimum": 1, "maximum": 5},
    },
    "required": ["explanation", "score"],
    "additionalProperties": False,
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Throughput of the engine beside a bare SDK loop.")
    parser.add_argument("--calls", type=int, default=5000)
    parser.add_argument("--latency", type=float, default=0.2, help="seconds that the stub takes to answer")
    parser.add_argument("--limit", type=int, default=256, help="calls in flight")
    parser.add_argument(
        "--rounds", type=int, default=3, help="each side runs so often, in turns; the median counts"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="perg-bench-") as home:
        os.environ |= {
            "PERG_HOME": home,
            "DJANGO_SETTINGS_MODULE": "perg_site.settings",
            "LOG_LEVEL": "WARNING",
        }
        os.environ |= {"STUB_KEY": "stub", "ENDPOINT_KEYS": "STUB_KEY@127.0.0.1"}
        for name in ("DATABASE_URL", "REDIS_URL"):
            os.environ.pop(name, None)
        from perg_site import embedded

        Path(home).chmod(0o711)
        with embedded.ensure_running():
            import django
            from django.core.management import call_command

            django.setup()
            call_command("migrate", verbosity=0)
            compare(arguments.calls, arguments.latency, arguments.limit, arguments.rounds)


def compare(calls: int, latency: float, limit: int, rounds: int) -> None:
    from django.db import connections

    from tests.stub_llm import running_stub

    rates: dict[str, list[float]] = {"bare": [], "bare post": [], "engine": []}
    seconds_again: list[float] = []
    seconds_first: list[float] = []
    sent_again = 0
    with running_stub(latency=latency) as stub:
        for number in range(rounds):
            for name in ("bare", "bare post"):
                elapsed = asyncio.run(bare(stub.openai_url, calls, limit, number, post=name == "bare post"))
                rates[name].append(calls / elapsed)
            enqueued, drained = engine(stub.openai_url, calls, limit, number)
            rates["engine"].append(calls / drained)
            seconds_first.append(enqueued + drained)
            before = stub.stats()["requests"]
            seconds_again.append(sum(engine(stub.openai_url, calls, limit, number)))
            sent_again += stub.stats()["requests"] - before
    connections.close_all()
    medians = {name: statistics.median(found) for name, found in rates.items()}
    print(f"{calls} judge calls, {latency * 1000:.0f} ms, {limit} in flight, median of {rounds} rounds")
    print(f"{'':12}{'requests/s':>12}{'of bare':>10}")
    for name, rate in medians.items():
        print(f"{name:12}{rate:12.0f}{rate / medians['bare']:10.2f}")
    first, again = statistics.median(seconds_first), statistics.median(seconds_again)
    print(
        f"first run, enqueueing included: {first:.2f} s; the same again: {again:.2f} s, {sent_again} requests sent"
    )
    print(
        json.dumps(
            {
                "calls": calls,
                "latency": latency,
                "limit": limit,
                "bare_per_second": round(medians["bare"], 1),
                "bare_post_per_second": round(medians["bare post"], 1),
                "engine_per_second": round(medians["engine"], 1),
                "ratio": round(medians["engine"] / medians["bare"], 3),
                "ratio_to_bare_post": round(medians["engine"] / medians["bare post"], 3),
                "first_seconds": round(first, 3),
                "again_seconds": round(again, 3),
                "again_share": round(again / first, 4),
                "again_requests": sent_again,
            }
        )
    )


def texts(calls: int, number: int) -> list[str]:
    """Judge prompts of a usual length, different in every round."""
    answer = "Plants turn light into sugar, because the chlorophyll in their leaves catches it. " * 12
    return [
        json.dumps(
            {"round": number, "question": f"Question {n}?", "baseline": answer, "personalised": answer[:400]}
        )
        for n in range(calls)
    ]


async def bare(url: str, calls: int, limit: int, number: int, *, post: bool) -> float:
    import httpx2
    from openai import AsyncOpenAI, DefaultAioHttpClient

    name = "post" if post else "create"
    client = AsyncOpenAI(api_key="stub", base_url=url, max_retries=0, http_client=DefaultAioHttpClient())
    semaphore = asyncio.Semaphore(limit)
    form = {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": SCHEMA}}

    async def one(text: str) -> None:
        messages = [{"role": "system", "content": f"{name} judge"}, {"role": "user", "content": text}]
        body = {"model": "judge", "messages": messages, "temperature": 0.0, "response_format": form}
        async with semaphore:
            if post:
                await client.post("/chat/completions", body=body, cast_to=httpx2.Response)
            else:
                await client.chat.completions.create(**body)

    began = time.perf_counter()
    await asyncio.gather(*(one(text) for text in texts(calls, number)))
    elapsed = time.perf_counter() - began
    await client.close()
    return elapsed


def engine(url: str, calls: int, limit: int, number: int) -> tuple[float, float]:
    """Seconds to enqueue and to drain."""
    from evaluation.engine.calls.completions import enqueue_completions
    from evaluation.engine.calls.drain import drain
    from evaluation.llm.requests import ChatRequest, Message
    from evaluation.models import Completion, Dataset, Endpoint, Run

    endpoint, _ = Endpoint.objects.get_or_create(
        name="judge",
        defaults={
            "provider": "openai",
            "model": "judge",
            "base_url": url,
            "api_key_variable": "STUB_KEY",
            "max_concurrency": limit,
        },
    )
    dataset, _ = Dataset.objects.get_or_create(name="bench")
    run, _ = Run.objects.get_or_create(
        name=f"round {number}",
        defaults={
            "dataset": dataset,
            "endpoint": endpoint,
            "method": "direct",
            "setting": "relevant",
            "status": "running",
        },
    )
    requests = [
        ChatRequest(
            "judge",
            (Message("system", "engine judge"), Message("user", text)),
            temperature=0.0,
            response_format="json_schema",
            response_schema=json.dumps(SCHEMA),
        )
        for text in texts(calls, number)
    ]
    began = time.perf_counter()
    enqueue_completions(endpoint, requests, run=run)
    enqueued = time.perf_counter()
    drain(endpoint)
    drained = time.perf_counter()
    done = Completion.objects.filter(run=run, status="succeeded").count()
    if done != calls:
        raise SystemExit(
            f"{done} of {calls} calls are on record: {set(Completion.objects.values_list('error_code'))}"
        )
    return enqueued - began, drained - enqueued


if __name__ == "__main__":
    main()
