"""Several workers at once, and workers that are killed: no call is lost, made twice, or paid twice."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pytest
from django.conf import settings
from django.db import connection

from annotations.item_judging.services.control import JudgingPlan, pause_judging, start_judging
from annotations.item_judging.services.judging import advance_judging
from annotations.item_judging.tasks import sweep_judging
from annotations.models import ImportedRating, ItemJudge
from core.errors import Conflict
from evaluation.engine.calls.drain import drain
from evaluation.engine.steps.after_calls import advance_waiting
from evaluation.models import Completion
from tests import build
from tests.judged_items import CLARITY, go_on, item_campaign, item_judge
from tests.stub_llm import StubProcess

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
ITEMS = 60


def _at_once(*functions: Callable[[], object]) -> list[BaseException]:
    errors: list[BaseException] = []

    def run(function: Callable[[], object]) -> None:
        try:
            function()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def _judge(providers: StubProcess) -> ItemJudge:
    campaign = item_campaign(CLARITY, items=ITEMS)
    return item_judge(campaign, build.stub_endpoint(providers))


def _is_whole(judge: ItemJudge, providers: StubProcess, *, repeats: int = 0) -> None:
    judge.refresh_from_db()
    assert judge.state == "complete"
    assert ImportedRating.objects.filter(kind="judge").count() == ITEMS
    assert judge.judgments.filter(state="scored").count() == ITEMS
    assert Completion.objects.count() == judge.calls == ITEMS
    assert judge.reserved == 0
    assert float(judge.spent) == pytest.approx(ITEMS * 0.00012)
    assert sum(providers.stats()["repeats"].values()) <= repeats


def test_workers_that_ask_call_and_settle_at_the_same_time_do_everything_once(providers: StubProcess) -> None:
    providers.configure(latency=0.02)
    judge = _judge(providers)
    start_judging(judge=judge, plan=JudgingPlan(), actor=None)

    def work() -> None:
        for _ in range(10):
            advance_judging(judge_id=judge.pk)
            drain(judge.endpoint, after_chunk=lambda: advance_waiting(judge.endpoint_id))

    assert _at_once(work, work, work) == []
    go_on(judge)
    _is_whole(judge, providers)


def test_two_people_who_start_and_one_who_pauses_leave_one_state(providers: StubProcess) -> None:
    judge = _judge(providers)

    def start() -> None:
        start_judging(judge=judge, plan=JudgingPlan(), actor=None)

    errors = _at_once(start, start, start)
    assert [type(error) for error in errors] == [Conflict, Conflict]
    assert judge.judgments.count() == ITEMS
    errors = _at_once(
        lambda: pause_judging(judge=judge, actor=None), lambda: advance_judging(judge_id=judge.pk)
    )
    assert errors == []
    judge.refresh_from_db()
    assert judge.state == "paused"


def test_a_worker_killed_in_the_middle_costs_time_and_no_call(
    providers: StubProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    providers.configure(latency=0.05)
    judge = _judge(providers)
    type(judge.endpoint).objects.update(max_concurrency=4)
    start_judging(judge=judge, plan=JudgingPlan(), actor=None)
    code = (
        "import django; django.setup()\n"
        "from django.conf import settings; from django.db import connection\n"
        f"connection.settings_dict['NAME'] = {settings.DATABASES['default']['NAME']!r}\n"
        "from tests.judged_items import go_on; from annotations.models import ItemJudge\n"
        f"go_on(ItemJudge.objects.select_related('endpoint').get(pk={judge.pk}))\n"
    )
    environment = os.environ | {"PERG_COMPLETION_LEASE_SECONDS": "1"}
    worker = subprocess.Popen([sys.executable, "-c", code], env=environment)
    try:
        deadline = time.monotonic() + 60
        while not 8 <= Completion.objects.filter(status="succeeded").count() < ITEMS:
            assert time.monotonic() < deadline
            assert worker.poll() is None
            time.sleep(0.01)
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    in_flight = Completion.objects.filter(status="leased").count()
    Completion.objects.filter(status="leased").update(leased_until="2020-01-01T00:00:00Z")
    go_on(judge)
    go_on(judge)
    _is_whole(judge, providers, repeats=in_flight)


def test_the_sweep_goes_on_where_a_message_was_lost(
    providers: StubProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = _judge(providers)
    start_judging(judge=judge, plan=JudgingPlan(), actor=None)  # nobody is woken here
    sent: list[int] = []
    monkeypatch.setattr(
        "annotations.item_judging.tasks.advance_judging.apply_async",
        lambda arguments, **_: sent.append(arguments[0]),
    )
    sweep_judging()
    assert sent == [judge.pk]
    advance_judging(judge_id=judge.pk)
    pause_judging(judge=judge, actor=None)
    drain(judge.endpoint)  # whose signal is lost
    sweep_judging()
    assert sent == [judge.pk] * 2
    advance_judging(judge_id=judge.pk)
    sweep_judging()
    assert sent == [judge.pk] * 2
