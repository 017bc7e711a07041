"""Figures that a worker computes and Redis keeps: who is asked when, and what is said of what is late."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pydantic import TypeAdapter
from pytest_django import Settings

from core.cache import figures as figure_cache
from core.cache.figures import CachedFigures, refresh_figures
from core.cache.figures import cached_figures as asked
from core.jobs.tries import FIRST_PAUSE
from core.redis.outages import outage_of
from evaluation.models import Run
from evaluation.results.selectors.results import runs_stamp
from evaluation.results.services import comparing
from evaluation.results.services.results import refresh_result
from evaluation.results.tasks import keep_comparison
from tests import build
from tests.judged_runs import judged

pytestmark = pytest.mark.django_db

FORM = TypeAdapter(int)


@pytest.fixture(autouse=True)
def nothing_is_kept() -> None:
    cache.clear()


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """What workers are asked for."""
    calls: list[tuple[object, ...]] = []
    monkeypatch.setattr(figure_cache, "wake", lambda *call: calls.append(call))
    monkeypatch.setattr(figure_cache, "PATIENCE", 0)
    return calls


def _ask(stamp: str = "a") -> CachedFigures[int]:
    return asked("answer", form=FORM, stamp=stamp, task="tasks.answer", keys=(1, "x"), compute=lambda: 0)


def test_what_was_never_computed_is_asked_for_once(woken: list[tuple[object, ...]]) -> None:
    for _ in range(3):
        assert _ask() == CachedFigures(None, None, is_current=False, name="answer")
    assert woken == [("tasks.answer", 1, "x")]


def test_kept_figures_are_current_as_long_as_the_stamp_is_the_same(woken: list[tuple[object, ...]]) -> None:
    assert refresh_figures("answer", form=FORM, stamp=lambda: "a", compute=lambda: 42) == 42
    found = _ask()
    assert (found.value, found.is_current) == (42, True)
    assert woken == []


def test_late_figures_say_so_and_are_computed_anew(woken: list[tuple[object, ...]]) -> None:
    refresh_figures("answer", form=FORM, stamp=lambda: "a", compute=lambda: 42)
    found = _ask("b")
    assert (found.value, found.is_current) == (42, False)
    assert found.as_of is not None
    assert woken == [("tasks.answer", 1, "x")]
    refresh_figures("answer", form=FORM, stamp=lambda: "b", compute=lambda: 43)
    assert (_ask("b").value, _ask("b").is_current) == (43, True)


def test_what_changes_all_the_time_does_not_keep_a_worker_busy(
    woken: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh_figures("answer", form=FORM, stamp=lambda: "a", compute=lambda: 42)
    monkeypatch.setattr(figure_cache, "PATIENCE", 10**9)
    assert not _ask("b").is_current
    assert woken == []
    monkeypatch.setattr(figure_cache, "PATIENCE", 0)
    _ask("b")
    assert len(woken) == 1


def test_the_stamp_is_read_before_the_input(woken: list[tuple[object, ...]]) -> None:
    """What changes while the figures are computed makes them late, whether they have seen it or not."""
    now = ["a"]

    def compute() -> int:
        now[0] = "b"
        return 42

    refresh_figures("answer", form=FORM, stamp=lambda: now[0], compute=compute)
    assert not _ask(now[0]).is_current


def test_an_error_is_reported_and_not_repeated_at_once(woken: list[tuple[object, ...]]) -> None:
    def fail() -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        refresh_figures("answer", form=FORM, stamp=lambda: "a", compute=fail)
    found = _ask()
    assert (found.value, found.is_current) == (None, False)
    assert found.failure is not None
    assert "ZeroDivisionError" in found.failure.why
    assert woken == []


def test_what_failed_is_tried_again_later_and_later_or_when_somebody_asks(
    woken: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> int:
        raise MemoryError

    for tries in (1, 2):
        with pytest.raises(MemoryError):
            refresh_figures("answer", form=FORM, stamp=lambda: "a", compute=fail)
        failure = _ask().failure
        assert failure is not None
        assert failure.why == "The worker ran out of memory."
        assert failure.again_at - failure.at == FIRST_PAUSE * tries
    assert woken == []
    figure_cache.forget_failure("answer")
    assert _ask().failure is None
    assert woken == [("tasks.answer", 1, "x")]
    refresh_figures("answer", form=FORM, stamp=lambda: "a", compute=lambda: 42)
    assert _ask().value == 42
    monkeypatch.undo()


def test_a_killed_worker_is_reported_after_a_while(
    woken: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die() -> int:
        # Nothing after this is done, as when a process is killed.
        monkeypatch.setattr(cache, "delete_many", lambda keys: None)
        raise Killed

    with pytest.raises(Killed):
        refresh_figures("answer", form=FORM, stamp=lambda: "a", compute=die)
    assert _ask().failure is None
    monkeypatch.setattr(figure_cache, "LOST_AFTER", timedelta(0))
    failure = _ask().failure
    assert failure is not None
    assert "never heard of again" in failure.why
    monkeypatch.undo()
    refresh_figures("answer", form=FORM, stamp=lambda: "a", compute=lambda: 42)
    assert _ask().value == 42
    assert figure_cache._failure("answer") is None


def test_a_failure_is_forgotten_with_the_next_success(woken: list[tuple[object, ...]]) -> None:
    refresh_figures("answer", form=FORM, stamp=lambda: "a", compute=lambda: 42)
    with pytest.raises(ZeroDivisionError):
        refresh_figures("answer", form=FORM, stamp=lambda: "b", compute=lambda: 1 // 0)
    late = _ask("b")
    assert (late.value, late.failure is not None) == (42, True)
    refresh_figures("answer", form=FORM, stamp=lambda: "b", compute=lambda: 43)
    assert _ask("c").failure is None


def test_without_redis_figures_are_computed_at_once(
    woken: list[tuple[object, ...]], settings: Settings
) -> None:
    outage = outage_of(settings.REDIS_URL)
    outage.begin(ConnectionError("for this test"))
    answer = _ask()
    outage.end()
    assert (answer.value, answer.is_current) == (0, True)
    assert woken == []


def test_figures_kept_in_another_form_are_computed_again(woken: list[tuple[object, ...]]) -> None:
    refresh_figures("answer", form=TypeAdapter(str), stamp=lambda: "a", compute=lambda: "many")
    assert _ask().value is None
    assert woken == [("tasks.answer", 1, "x")]
    assert refresh_figures("answer", form=FORM, stamp=lambda: "a", compute=lambda: 42) == 42
    assert _ask().value == 42


# Comparisons of large runs


@pytest.fixture
def pair(monkeypatch: pytest.MonkeyPatch) -> tuple[Run, Run]:
    monkeypatch.setattr(comparing, "LIVE_ITEMS", 1)
    one = judged(build.run())
    return one, judged(build.run(method="cot"), questions=one)


def _page(client: Client, pair: tuple[Run, Run]) -> str:
    address = reverse("results_compare")
    return client.get(address, {"reference": pair[0].pk, "run": pair[1].pk}).content.decode()


def test_large_runs_are_compared_by_a_worker_and_the_page_asks_until_it_is_done(
    admin_client: Client,
    pair: tuple[Run, Run],
    woken: list[tuple[object, ...]],
) -> None:
    waiting = _page(admin_client, pair)
    assert "data-being-computed" in waiting
    assert "<dt>Items in common" not in waiting
    assert woken == [(comparing.KEEP, pair[0].pk, pair[1].pk)]
    keep_comparison(pair[0].pk, pair[1].pk)
    done = _page(admin_client, pair)
    assert "data-being-computed" not in done
    assert "<dt>Items in common" in done


def test_a_kept_comparison_is_late_as_soon_as_a_run_changes(
    admin_client: Client, pair: tuple[Run, Run], woken: list[tuple[object, ...]]
) -> None:
    keep_comparison(pair[0].pk, pair[1].pk)
    pair[1].items.filter(position=1).get().responses.filter(condition="personalised").update(answer="B")
    page = _page(admin_client, pair)
    assert "Data has changed since" in page
    assert "<dt>Items in common" in page
    assert len(woken) == 1


def test_programs_get_the_comparison_as_the_runs_are_now(admin_client: Client, pair: tuple[Run, Run]) -> None:
    keep_comparison(pair[0].pk, pair[1].pk)
    address = reverse("api_result_comparison")
    query = {"reference": pair[0].pk, "other": pair[1].pk}
    before = admin_client.get(address, query).json()
    pair[1].items.filter(position=1).get().responses.filter(condition="personalised").update(answer="B")
    assert admin_client.get(address, query).json() != before


def test_the_stamp_of_runs_changes_with_a_response_and_with_the_next_result(pair: tuple[Run, Run]) -> None:
    keys = [run.pk for run in pair]
    seen = [runs_stamp(keys)]
    for run in pair:
        refresh_result(run=run)
        seen.append(runs_stamp(keys))
    pair[0].items.filter(position=1).get().responses.filter(condition="personalised").update(answer="B")
    seen.append(runs_stamp(keys))
    refresh_result(run=pair[0])
    seen.append(runs_stamp(keys))
    assert len({*seen}) == len(seen)
