"""Results that cannot be computed: pages say why, and offer to try again."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.cache.forms import signed_figures
from core.errors import DomainError
from core.jobs.broken_off import LONGEST, why_it_broke_off
from core.jobs.tries import LONGEST_PAUSE, LOST_AFTER, pause_after
from evaluation.models import ComputingTrouble, Run, RunResult
from evaluation.results.services import computing, results
from evaluation.results.tasks import refresh_gain, refresh_result, sweep_results
from tests import build
from tests.judged_runs import judged

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(build.person("staff", staff=True))
    return client


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Computing a result fails."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(results, "RunOutcomes", fail)
    monkeypatch.setattr("evaluation.results.selectors.stored_metrics.RunOutcomes", fail)


def _fail(run: Run) -> None:
    with pytest.raises(ZeroDivisionError):
        refresh_result(run.pk)


WAITING = ["results", "results_figures", "results_stages", "results_costs", "home"]


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("page", WAITING)
def test_a_page_that_waits_for_results_says_that_they_failed_and_why(staff: Client, page: str) -> None:
    run = judged(build.run())
    _fail(run)
    said = staff.get(reverse(page)).content.decode()
    assert "could not be computed" in said
    assert "division by zero" in said
    assert "Try again now" in said
    assert "still being computed" not in said
    assert "being updated" not in said


@pytest.mark.usefixtures("broken")
def test_the_page_of_a_run_says_so_and_does_not_try_itself(staff: Client) -> None:
    run = judged(build.run())
    _fail(run)
    page = staff.get(reverse("run_detail", args=[run.pk]))
    assert page.status_code == 200
    assert "division by zero" in page.content.decode()


def test_a_stale_result_that_could_not_be_recomputed_is_not_said_to_be_under_way(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = judged(build.run())
    refresh_result(run.pk)
    build.item(run)
    assert "updating</span>" in staff.get(reverse("results")).content.decode()
    monkeypatch.setattr(results, "aligner_failures", lambda _: 1 // 0)
    _fail(run)
    page = staff.get(reverse("results")).content.decode()
    assert "updating</span>" not in page
    assert "update failed</span>" in page


def test_trying_again_computes_it_and_the_trouble_is_gone(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = judged(build.run())
    with monkeypatch.context() as patched:
        patched.setattr(results, "aligner_failures", lambda _: 1 // 0)
        _fail(run)
    woken: list[tuple[object, ...]] = []
    monkeypatch.setattr(computing, "wake", lambda *call: woken.append(call))
    answer = staff.post(reverse("run_compute_again", args=[run.pk]), {"back": "results"}, follow=True)
    assert answer.redirect_chain[-1][0] == reverse("results")
    assert ("evaluation.results.tasks.refresh_result", run.pk) in woken
    assert "still being computed" in answer.content.decode()
    refresh_result(run.pk)
    assert not ComputingTrouble.objects.exists()
    assert RunResult.objects.filter(run=run).exists()


def test_after_trying_again_one_is_only_sent_to_a_page_of_ours(staff: Client) -> None:
    run = build.run()
    answer = staff.post(reverse("run_compute_again", args=[run.pk]), {"back": "https://elsewhere.invalid/"})
    assert answer.headers["Location"] == reverse("run_detail", args=[run.pk])


@pytest.mark.usefixtures("broken")
def test_what_failed_waits_longer_each_time_before_a_worker_tries_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = judged(build.run())
    sent: list[object] = []
    monkeypatch.setattr(refresh_result, "apply_async", lambda args, **_: sent.append(args))
    for tries in (1, 2, 3):
        _fail(run)
        trouble = ComputingTrouble.objects.get()
        assert trouble.tries == tries
        sweep_results()
        assert sent == []
        ComputingTrouble.objects.update(failed_at=timezone.now() - pause_after(tries))
        sweep_results()
        assert sent.pop() == (run.pk,)
    assert pause_after(3) == 4 * pause_after(1)
    assert pause_after(10**6) == LONGEST_PAUSE


def test_a_computation_whose_worker_was_lost_is_reported_after_a_while(staff: Client) -> None:
    run = judged(build.run())
    ComputingTrouble.objects.create(run=run, computed="result", begun_at=timezone.now())
    assert "could not be computed" not in staff.get(reverse("results")).content.decode()
    ComputingTrouble.objects.update(begun_at=timezone.now() - LOST_AFTER - timedelta(seconds=1))
    assert "never heard of again" in staff.get(reverse("results")).content.decode()
    refresh_result(run.pk)
    assert not ComputingTrouble.objects.exists()


def test_a_gain_that_could_not_be_computed_is_shown_in_its_place(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    direct = judged(build.run())
    aligned = judged(build.run(method="pref_aligner"), questions=direct)
    for run in (direct, aligned):
        refresh_result(run.pk)
    with monkeypatch.context() as patched:
        patched.setattr(results, "compare_anew", _raise)
        with pytest.raises(OperationalError):
            refresh_gain(aligned.pk, direct.pk)
    page = staff.get(reverse("results_costs")).content.decode()
    assert "with the direct run could not be computed" in " ".join(page.replace("</a>", "").split())
    assert "The database was unavailable" in page
    assert "it could not be computed; see above" in page
    refresh_gain(aligned.pk, direct.pk)
    assert "could not be computed" not in staff.get(reverse("results_costs")).content.decode()


def _raise(*_: object) -> None:
    raise OperationalError("the connection is closed")


def test_an_error_is_reported_in_a_few_words() -> None:
    assert why_it_broke_off(MemoryError()) == "The worker ran out of memory."
    assert len(why_it_broke_off(ValueError("x" * 10_000))) == LONGEST
    assert "second line" not in why_it_broke_off(ValueError("first\nsecond line"))


def test_what_a_text_column_refuses_is_not_in_the_words() -> None:
    file_name = b"caf\xe9\0.csv".decode(errors="surrogateescape")
    for error in (OSError(f"cannot read {file_name}"), DomainError(f"cannot read {file_name}")):
        words = why_it_broke_off(error)
        assert words.encode()
        assert "cannot read caf?.csv" in words


@pytest.mark.usefixtures("broken")
def test_a_program_reads_why_there_is_no_result() -> None:
    run = judged(build.run())
    _fail(run)
    header = build.bearer(build.person("reader", staff=True))
    answer = Client().get(reverse("api_run_result", args=[run.pk]), headers=header).json()
    assert answer["code"] == "result_failed"
    assert "division by zero" in answer["detail"]


def test_figures_are_only_asked_for_again_by_who_was_shown_them(staff: Client) -> None:
    address = reverse("figures_again")
    for wrong in ("", "nonsense", signed_figures("comparison/1/2", "/results/")[:-2]):
        assert staff.post(address, {"figures": wrong}).status_code == 404
    answer = staff.post(address, {"figures": signed_figures("comparison/1/2", "/results/compare/?run=1")})
    assert answer.headers["Location"] == "/results/compare/?run=1"
    assert Client().post(address, {"figures": "x"}).headers["Location"].startswith("/login/")
