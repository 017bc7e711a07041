"""Validation reports: read from the database, asked for, computed once, stale when the input changes."""

import threading
import uuid
from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotations import tasks
from annotations.agreement.validation import validation_report as builder
from annotations.agreement.validation_input import ValidationInput, ValidationSettings
from annotations.models import Adjudication, AuditEvent, Campaign, Label, Task, ValidationReport
from annotations.selectors.input_hash import input_hash
from annotations.selectors.validation import reports_now, unfinished_reports, validation_input
from annotations.services import validation
from annotations.services.ratings_import import RatingsFile, import_ratings
from annotations.services.validation import compute_report, fail_report, request_report
from evaluation.errors import Conflict
from evaluation.models import Item, Judge, Judgment, Run
from tests import build

pytestmark = pytest.mark.django_db

QUICK = ValidationSettings(resamples=20)
SETTINGS: dict[str, object] = dict(QUICK.as_dict())


@pytest.fixture
def people() -> list[User]:
    return [build.person(name) for name in ("ann", "bob")]


@pytest.fixture
def campaign(people: list[User]) -> Campaign:
    """Six items judged by two judges, three of them tasks; ann and bob have voted on the first two tasks."""
    run = build.run("first run")
    for number in range(6):
        item = build.item(run, personalised="AB"[number % 2])
        build.judgment(item, 1 + number % 5, by="gpt")
        build.judgment(item, None if number == 5 else 5, by="yes")
    made = build.campaign(run, people, size=3)
    for task in tasks_of(made)[:2]:
        build.vote(task, people[0], 2)
        build.vote(task, people[1], 4, 3)
    return made


def tasks_of(campaign: Campaign) -> list[Task]:
    return list(campaign.tasks.order_by("response__item__position"))


def place(given: ValidationInput, task: Task) -> int:
    return given.table.units.index(task.response_id)


def again(judge: str, item: Item, replicate: int, score: int) -> None:
    Judgment.objects.create(
        judge=Judge.objects.get(name=judge),
        response=item.responses.get(condition="personalised"),
        replicate=replicate,
        status="scored",
        score=score,
    )


# --- Reading the database -----------------------------------------------------------------------------------


def test_items_are_all_judged_responses_and_people_vote_on_tasks_only(campaign: Campaign) -> None:
    given = validation_input(campaign)
    assert given.ratings.people == ("ann", "bob")
    assert given.ratings.judges == ("gpt", "yes")
    assert len(given.table.units) == 6
    assert np.array_equal(given.table.column("gpt"), [1, 2, 3, 4, 5, 1])
    assert np.array_equal(given.table.column("yes"), [5, 5, 5, 5, 5, np.nan], equal_nan=True)
    voted = [place(given, task) for task in tasks_of(campaign)[:2]]
    expected = np.full((6, 2), np.nan)
    expected[voted] = [2, 3]  # bob's newest revision
    assert np.array_equal(given.people.values, expected, equal_nan=True)
    assert given.inclusion is not None
    drawn = [place(given, task) for task in tasks_of(campaign)]
    assert np.flatnonzero(~np.isnan(given.inclusion)).tolist() == sorted(drawn)
    assert given.inclusion[drawn].tolist() == [0.5] * 3
    assert given.threshold == 3
    assert given.run == ["first run"] * 6


def test_what_is_known_of_the_items(campaign: Campaign) -> None:
    item = Item.objects.get(position=2)
    item.question.category = "law"
    item.question.save()
    given = validation_input(campaign)
    assert given.facets["category"] == [None, "law", None, None, None, None]
    assert given.facets["answer correct"] == ["correct", "incorrect"] * 3
    assert given.facets["setting"] == ["relevant"] * 6
    assert given.facets["method"] == ["direct"] * 6
    assert given.baseline_correct is not None
    assert given.baseline_correct.all()
    assert given.answer_correct is not None
    assert given.answer_correct.tolist() == [True, False] * 3
    assert given.response_length is not None
    assert given.response_length.tolist() == [2] * 6
    assert given.clusters.tolist() == list(
        Item.objects.order_by("position").values_list("question", flat=True)
    )


def test_votes_alone_count(campaign: Campaign, people: list[User]) -> None:
    """Neither surplus labels nor those set aside, nor anything on control items."""
    before = validation_input(campaign).people.values
    third = build.person("eve")
    campaign.members.create(user=third)
    build.vote(tasks_of(campaign)[2], third, 5, is_surplus=True)
    build.vote(tasks_of(campaign)[1], third, 5, is_set_aside=True)
    given = validation_input(campaign)
    assert given.ratings.people == ("ann", "bob")
    assert np.array_equal(given.people.values, before, equal_nan=True)


def test_the_adjudicators_last_decision_is_gold(campaign: Campaign, people: list[User]) -> None:
    task = tasks_of(campaign)[0]
    for revision, score in enumerate((1, 4), 1):
        Adjudication.objects.create(
            task=task, revision=revision, adjudicator=people[0], score=score, rationale="So."
        )
    assert np.isnan(validation_input(campaign).gold).all()  # type: ignore[arg-type]
    Task.objects.filter(pk=task.pk).update(state="adjudicated", open_slots=0)
    given = validation_input(campaign)
    assert given.gold is not None
    assert given.gold[place(given, task)] == 4
    assert np.isnan(given.gold).sum() == 5


def test_a_judge_asked_again_has_its_replicates_beside_its_first_answers(campaign: Campaign) -> None:
    again("gpt", Item.objects.get(position=1), 2, 4)
    given = validation_input(campaign)
    assert given.table.column("gpt")[0] == 1
    assert set(given.replicates) == {"gpt"}
    table = given.replicates["gpt"]
    assert table.raters == ("replicate 1", "replicate 2")
    assert table.column("replicate 1").tolist() == [1, 2, 3, 4, 5, 1]
    assert np.array_equal(table.column("replicate 2"), [4] + [np.nan] * 5, equal_nan=True)


def test_a_judge_called_as_a_person_is_told_apart(campaign: Campaign) -> None:
    Judge.objects.filter(name="gpt").update(name="ann")
    given = validation_input(campaign)
    assert given.ratings.judges == ("ann (judge)", "yes")
    assert given.judge_kinds == {"ann (judge)": "judge", "yes": "judge"}


def test_items_that_ask_the_same_in_two_runs_are_paired(people: list[User]) -> None:
    runs = [build.run("direct run"), build.run("aligned run", method="pref_aligner")]
    questions = [build.question() for _ in range(3)]
    for run in runs:
        for question in questions:
            build.judgment(build.item(run, about=question), 4)
    build.item(runs[0])  # neither judged nor a task: not an item of the report
    campaign = build.campaign(runs, people, size=2)
    Task.objects.filter(response__judgments=None).delete()
    given = validation_input(campaign)
    assert given.run == ["direct run"] * 3 + ["aligned run"] * 3
    assert given.pairing is not None
    assert given.pairing[:3].tolist() == given.pairing[3:].tolist()
    assert len(set(given.pairing.tolist())) == 3


def test_the_number_of_queries_does_not_grow(campaign: Campaign, people: list[User]) -> None:
    with CaptureQueriesContext(connection) as few:
        validation_input(campaign)
    for _ in range(5):
        build.judgment(build.item(campaign.runs.get()), 4, by="gpt")
    build.vote(tasks_of(campaign)[2], people[0], 2)
    with CaptureQueriesContext(connection) as more:
        validation_input(campaign)
    assert len(more) == len(few) <= 10


def test_a_campaign_without_any_label_or_judgment_can_be_read(people: list[User]) -> None:
    given = validation_input(build.campaign(build.run_with_items(2), people))
    assert given.table.values.shape == (2, 0)


def test_imported_ratings_are_read_as_they_were_in_the_file() -> None:
    text = "item,ann,bob\nq1,10,9\nq2,,x\n"
    campaign = import_ratings(
        name="names", files=[RatingsFile("a.csv", text, "human")], scale="nominal"
    ).campaign
    given = validation_input(campaign)
    assert given.ratings.labels == ("9", "10", "x")
    assert [given.ratings.label_of(value) for value in given.table.column("bob")] == ["9", "x"]
    assert given.threshold is None
    assert given.inclusion is None


def test_raters_called_as_the_reports_own_are_told_apart() -> None:
    """Each person and judge of the file is in the report, beside the baselines of the same name."""
    own = ["people (median)", "adjudicated gold", "the others", "random judge", "constant judge"]
    rows = [
        f"q{i},{rater},{'judge' if 'judge' in rater else 'human'},{1 + (i * 7 + k) % 5}"
        for i in range(12)
        for k, rater in enumerate([*own, "constant judge (imported)"])
    ]
    text = "\n".join(["item,rater,kind,score", *rows])
    made = import_ratings(name="names", files=[RatingsFile("a.csv", text)], scale="ordinal")
    report, _ = validation.computed_report(made.campaign, QUICK)
    assert {rater.name for rater in report.raters} == {f"{name} (imported)" for name in own} | {
        "constant judge (imported) (imported)"
    }


# --- Staleness ----------------------------------------------------------------------------------------------


def revise(campaign: Campaign) -> None:
    label = Label.objects.filter(assignment__task__campaign=campaign).order_by("-pk")[0]
    Label.objects.create(
        assignment=label.assignment, revision=label.revision + 1, score=5, submission_key=uuid.uuid4()
    )


def vote_anew(campaign: Campaign) -> None:
    build.vote(tasks_of(campaign)[2], User.objects.get(username="ann"), 1)


def set_aside(campaign: Campaign) -> None:
    campaign.members.get(user__username="ann").assignments.update(is_set_aside=True)


def judge_anew(campaign: Campaign) -> None:
    Judgment.objects.filter(judge__name="yes", score=None).update(
        status="scored", score=3, unscored_reason=""
    )


def replicate(campaign: Campaign) -> None:
    again("gpt", Item.objects.get(position=1), 2, 4)


def rename(campaign: Campaign) -> None:
    Judge.objects.filter(name="gpt").update(name="gpt-5")


def adjudicate(campaign: Campaign) -> None:
    task = tasks_of(campaign)[0]
    Adjudication.objects.create(
        task=task, adjudicator=User.objects.get(username="ann"), score=4, rationale="So."
    )
    Task.objects.filter(pk=task.pk).update(state="adjudicated", open_slots=0)


def recategorise(campaign: Campaign) -> None:
    question = Item.objects.get(position=1).question
    question.category = "law"
    question.save()


def add_run(campaign: Campaign) -> None:
    other = build.run()
    build.judgment(build.item(other), 3, by="gpt")
    campaign.runs.add(other)


CHANGES: list[Callable[[Campaign], None]] = [
    *(revise, vote_anew, set_aside, judge_anew, replicate, rename, adjudicate, recategorise, add_run)
]


@pytest.mark.parametrize("change", CHANGES)
def test_what_the_report_rests_on_changes_its_hash(
    campaign: Campaign, change: Callable[[Campaign], None]
) -> None:
    before = input_hash(campaign, SETTINGS)
    assert input_hash(campaign, SETTINGS) == before
    change(campaign)
    assert input_hash(Campaign.objects.get(pk=campaign.pk), SETTINGS) != before


def test_settings_and_code_version_change_the_hash(campaign: Campaign) -> None:
    before = input_hash(campaign, SETTINGS)
    assert input_hash(campaign, SETTINGS | {"epsilon": 0.2}) != before
    assert input_hash(campaign, SETTINGS, code_version="0.0.0") != before


def test_what_is_no_input_leaves_the_hash(campaign: Campaign, people: list[User]) -> None:
    before = input_hash(campaign, SETTINGS)
    build.vote(tasks_of(campaign)[2], people[0], 5, is_surplus=True)
    build.judgment(build.item(build.run()), 3, by="gpt")  # another run
    campaign.name = "another name"
    campaign.save()
    assert input_hash(campaign, SETTINGS) == before


def test_imported_ratings_have_a_hash_of_their_own() -> None:
    def hash_of(text: str, name: str) -> str:
        made = import_ratings(name=name, files=[RatingsFile("a.csv", text, "human")], scale="ordinal")
        return input_hash(made.campaign, SETTINGS)

    first = hash_of("item,ann\nq1,4\n", "a")
    assert hash_of("item,ann\nq1,4\n", "b") == first
    assert hash_of("item,ann\nq1,5\n", "c") != first


def test_a_report_goes_stale_and_says_why(campaign: Campaign) -> None:
    compute_report(report=request_report(campaign=campaign, settings=QUICK))
    assert reports_now(campaign).stale == ""
    revise(campaign)
    assert "have changed since" in reports_now(campaign).stale


def test_a_report_of_another_version_of_the_code_is_stale(campaign: Campaign) -> None:
    report = compute_report(report=request_report(campaign=campaign, settings=QUICK))
    report.input_hash = input_hash(campaign, SETTINGS, code_version="0.0.1")
    report.code_version = "0.0.1"
    report.save()
    assert reports_now(campaign).stale.startswith("It was computed by version 0.0.1")


# --- Asking and computing -----------------------------------------------------------------------------------


def test_a_report_is_computed_and_kept(campaign: Campaign, people: list[User]) -> None:
    report = request_report(campaign=campaign, settings=QUICK, requested_by=people[0])
    assert report.status == "queued"
    tasks.compute_validation_report(report.pk)
    report.refresh_from_db()
    assert report.status == "ready"
    assert report.input_hash == input_hash(campaign, SETTINGS)
    assert report.document is not None
    assert [judge["name"] for judge in report.document["judges"]] == ["gpt", "yes"]
    assert report.share_done == 1
    events = AuditEvent.objects.filter(action__startswith="validation_report").order_by("pk")
    assert [(event.action, event.actor) for event in events] == [
        ("validation_report.requested", people[0]),
        ("validation_report.computed", None),
    ]


def test_asking_twice_is_asking_once(campaign: Campaign) -> None:
    first = request_report(campaign=campaign, settings=QUICK)
    assert request_report(campaign=campaign, settings=QUICK) == first
    compute_report(report=first)
    assert request_report(campaign=campaign, settings=QUICK) == first
    revise(campaign)
    assert request_report(campaign=campaign, settings=QUICK) != first


def test_another_report_waits_for_its_turn(campaign: Campaign) -> None:
    request_report(campaign=campaign, settings=QUICK)
    with pytest.raises(Conflict, match="by other settings"):
        request_report(campaign=campaign, settings=ValidationSettings(epsilon=0.1))


def test_the_database_holds_one_unfinished_report_a_campaign(campaign: Campaign) -> None:
    request_report(campaign=campaign, settings=QUICK)
    with pytest.raises(IntegrityError, match="report_one_at_a_time"), transaction.atomic():
        ValidationReport.objects.create(campaign=campaign, settings={})


def test_nothing_rated_is_nothing_to_report(people: list[User]) -> None:
    with pytest.raises(Conflict, match="nothing to report"):
        request_report(campaign=build.campaign(build.run_with_items(2), people), settings=QUICK)


def test_a_report_that_is_computed_or_done_is_left_alone(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = request_report(campaign=campaign, settings=QUICK)
    calls = count_computing(monkeypatch)
    compute_report(report=ValidationReport.objects.get(pk=report.pk))
    first = ValidationReport.objects.get(pk=report.pk)
    compute_report(report=report)
    assert len(calls) == 1
    assert ValidationReport.objects.get(pk=report.pk).finished_at == first.finished_at
    in_work = lost(campaign, leased_for=60)
    compute_report(report=in_work)
    assert len(calls) == 1


def count_computing(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    calls: list[object] = []
    real = builder

    def counted(*args: object, **kwargs: object) -> object:
        calls.append(args)
        return real(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(validation, "validation_report", counted)
    return calls


def lost(campaign: Campaign, *, leased_for: float, attempts: int = 1) -> ValidationReport:
    """A report that a worker took up; `leased_for` below 0: it was killed."""
    return ValidationReport.objects.create(
        campaign=campaign,
        status="computing",
        settings=SETTINGS,
        attempts=attempts,
        leased_until=timezone.now() + timedelta(seconds=leased_for),
    )


def test_a_report_whose_worker_was_killed_is_taken_up_again(campaign: Campaign) -> None:
    report = lost(campaign, leased_for=60)
    assert list(unfinished_reports()) == []
    ValidationReport.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert list(unfinished_reports()) == [report]
    assert compute_report(report=report).status == "ready"
    assert report.attempts == 2


def test_a_report_that_kills_its_workers_is_given_up(campaign: Campaign) -> None:
    report = compute_report(report=lost(campaign, leased_for=-1, attempts=validation.MAX_ATTEMPTS))
    assert report.status == "failed"
    assert "lost 3 times" in report.failure


def test_a_worker_that_was_taken_for_lost_writes_nothing(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = request_report(campaign=campaign, settings=QUICK)
    real = validation_input

    def slow(of: Campaign) -> ValidationInput:
        ValidationReport.objects.filter(pk=report.pk).update(attempts=2)  # another worker has it by now
        return real(of)

    monkeypatch.setattr(validation, "validation_input", slow)
    late = compute_report(report=report)
    assert (late.status, late.attempts, late.document) == ("computing", 2, None)
    report.attempts = 1
    assert fail_report(report=report, error=ValueError("late")).status == "computing"


@pytest.mark.django_db(transaction=True)
def test_workers_that_take_a_report_up_at_once_compute_it_once(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = request_report(campaign=campaign, settings=QUICK)
    calls = count_computing(monkeypatch)
    start = threading.Barrier(4)
    errors: list[BaseException] = []

    def work() -> None:
        try:
            start.wait(timeout=30)
            tasks.compute_validation_report(report.pk)
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    report.refresh_from_db()
    assert errors == []
    assert len(calls) == 1
    assert (report.status, report.attempts) == ("ready", 1)


def test_the_sweep_sends_what_waits(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    report = request_report(campaign=campaign, settings=QUICK)
    sent: list[object] = []
    monkeypatch.setattr(tasks.compute_validation_report, "apply_async", lambda args, **_: sent.append(args))
    tasks.sweep_validation_reports()
    assert sent == [(report.pk,)]


def test_a_report_that_breaks_off_says_why_and_can_be_asked_for_again(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = request_report(campaign=campaign, settings=QUICK)

    def broken(*_: object, **__: object) -> object:
        raise ValueError("no such thing")

    with monkeypatch.context() as patch:
        patch.setattr(validation, "validation_report", broken)
        with pytest.raises(ValueError, match="no such thing"):
            tasks.compute_validation_report(report.pk)
    report.refresh_from_db()
    assert (report.status, report.failure) == ("failed", "ValueError: no such thing")
    now = reports_now(campaign)
    assert now.failed == report
    assert now.ready is None
    assert compute_report(report=request_report(campaign=campaign, settings=QUICK)).status == "ready"
    assert reports_now(campaign).failed is None


def test_the_same_input_gives_the_same_document(campaign: Campaign) -> None:
    documents = [validation.computed_report(campaign, QUICK)[0].as_dict() for _ in range(2)]
    assert documents[0] == documents[1]


def test_progress_is_noted_on_the_report(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    report = request_report(campaign=campaign, settings=QUICK)
    seen: list[tuple[str, float]] = []
    monkeypatch.setattr(validation, "HEARTBEAT_SECONDS", 0.0)
    real = validation._lease_end

    def noted() -> object:
        seen.append(ValidationReport.objects.values_list("step", "share_done").get(pk=report.pk))
        return real()

    monkeypatch.setattr(validation, "_lease_end", noted)
    compute_report(report=report)
    shares = [share for _, share in seen]
    assert shares == sorted(shares)
    assert "judge gpt" in [step for step, _ in seen]


def test_a_run_without_a_preference_to_follow_does_no_harm(people: list[User]) -> None:
    runs: list[Run] = [build.run(), build.run(setting="irrelevant")]
    for _ in range(3):
        build.judgment(build.item(runs[0]), 4)
        build.item(runs[1])
    campaign = build.campaign(runs, people, size=3)
    report = compute_report(report=request_report(campaign=campaign, settings=QUICK))
    assert report.status == "ready"
