"""Endpoints that keep workers waiting, each in its own way, with calls queued for all of them."""

import contextlib
import socket
import time
from collections.abc import Callable, Iterator

from annotations.models import Campaign, ValidationReport
from annotations.validation.services.validation import request_report
from core.models import User
from evaluation.endpoints.services.waking import wake_drain
from evaluation.engine.calls.completions import enqueue_completions
from evaluation.judges.services.trials import try_endpoint
from evaluation.llm.requests import ChatRequest, Message
from evaluation.models import Completion, Endpoint
from perg.stats.items.validation_input import ValidationSettings
from tests.judged_campaign import judged_campaign
from tests.sizes import BUSY_CALLS
from tests.stub_llm import StubProcess, running_stub

SLOW_SECONDS = 100.0
"""Far longer than anything else takes, so that calls that wait for a slow endpoint can be distinguished from others."""


@contextlib.contextmanager
def silent_address() -> Iterator[str]:
    """An address where connections are accepted by the machine, and nobody ever answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"


@contextlib.contextmanager
def refused_address() -> Iterator[str]:
    """An address where connections are refused: the port is taken, and nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/v1"


@contextlib.contextmanager
def busy_endpoints() -> Iterator[tuple[StubProcess, Endpoint]]:
    """Two dead, two throttled and two slow endpoints at work; gives the slow server, and an endpoint that answers."""
    with (
        silent_address() as silent,
        refused_address() as refused,
        running_stub(rates={"429": 1.0}, retry_after=5) as throttled,
        running_stub(latency=SLOW_SECONDS) as slow,
        running_stub() as quick,
    ):
        addresses = {
            "silent": silent,
            "refused": refused,
            "throttled": throttled.openai_url,
            "throttled as well": throttled.openai_url,
            "slow": slow.openai_url,
            "slow as well": slow.openai_url,
        }
        for name, address in addresses.items():
            queue_calls(_endpoint(name, address))
        yield slow, _endpoint("quick", quick.openai_url)


def _endpoint(name: str, address: str) -> Endpoint:
    return Endpoint.objects.create(
        name=name, provider="openai", model=name, base_url=address, account=name, max_concurrency=2
    )


def queue_more_calls(lot: int) -> None:
    for endpoint in Endpoint.objects.exclude(name="quick").filter(provider="openai"):
        queue_calls(endpoint, lot)


def queue_calls(endpoint: Endpoint, lot: int = 0) -> None:
    numbers = range(lot * BUSY_CALLS, (lot + 1) * BUSY_CALLS)
    requests = [ChatRequest(endpoint.model, (Message("user", f"call {n}"),)) for n in numbers]
    enqueue_completions(endpoint, requests)
    for _ in range(3):  # as often as the steps of runs do
        wake_drain(endpoint.pk)


def seconds_of_trial(endpoint: Endpoint) -> float:
    """How long a test of the endpoint takes, from the request to the answer on record."""
    began = time.monotonic()
    trial = try_endpoint(endpoint=endpoint, actor=None)
    _wait(lambda: Completion.objects.filter(pk=trial.pk, status="succeeded").exists())
    return time.monotonic() - began


def small_campaign() -> Campaign:
    return judged_campaign([User.objects.create_user(name) for name in ("busy-ann", "busy-bob")])


def seconds_of_report(campaign: Campaign, *, resamples: int = 20) -> float:
    """How long a validation report takes, from the request to the end of its computation."""
    began = time.monotonic()
    report = request_report(campaign=campaign, settings=ValidationSettings(resamples=resamples))
    _wait(lambda: ValidationReport.objects.filter(pk=report.pk, status="ready").exists())
    return time.monotonic() - began


def _wait(true: Callable[[], bool], seconds: float = 600.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"still not done after {seconds:g} s")
        time.sleep(0.05)
