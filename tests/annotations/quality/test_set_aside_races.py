"""A label submitted at the very moment when its person's labels are set aside, or restored: it never slips through."""

import threading
import uuid
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from annotations.labelling.services import labels
from annotations.labelling.services.assignment import claim_task
from annotations.labelling.services.labels import submit_label
from annotations.models import Assignment, Campaign, Member, Task
from annotations.quality.services import quality
from annotations.quality.services.quality import restore_labels, set_aside_labels
from core.models import User
from tests import build

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 10.0


@pytest.fixture
def lead() -> User:
    return build.person()


def _at_work() -> tuple[Campaign, Member, Assignment]:
    """A person with one vote and one task in hand."""
    campaign = build.campaign(build.run_with_items(3), [build.person(), build.person()], overlap=1)
    member = campaign.members.order_by("pk")[0]
    _submit(_claim(member))
    return campaign, member, _claim(member)


def _claim(member: Member) -> Assignment:
    assignment = claim_task(member=member)
    assert assignment is not None
    return assignment


def _submit(assignment: Assignment) -> None:
    submit_label(assignment=assignment, score=4, comment="", submission_key=uuid.uuid4())


class Beside(threading.Thread):
    """Work on a connection of its own; `finished` raises what went wrong there."""

    def __init__(self, work: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self.work, self.error = work, None
        self.start()

    def run(self) -> None:
        try:
            self.work()
        except BaseException as error:
            self.error = error  # type: ignore[assignment]
        finally:
            connection.close()

    def finished(self) -> None:
        self.join(PATIENCE)
        assert not self.is_alive()
        if self.error is not None:
            raise self.error


def _held_back(monkeypatch: pytest.MonkeyPatch) -> tuple[threading.Event, threading.Event]:
    """Submissions stop after they have read what the database has on them, before they store the label."""
    has_read, may_store = threading.Event(), threading.Event()
    store = labels._store

    def slow(*args: object) -> object:
        has_read.set()
        assert may_store.wait(PATIENCE)
        return store(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(labels, "_store", slow)
    return has_read, may_store


def test_a_submission_under_way_is_waited_for_and_set_aside(
    monkeypatch: pytest.MonkeyPatch, lead: User
) -> None:
    campaign, member, in_hand = _at_work()
    has_read, may_store = _held_back(monkeypatch)
    submission = Beside(lambda: _submit(in_hand))
    assert has_read.wait(PATIENCE)
    setting_aside = Beside(lambda: set_aside_labels(member=member, actor=lead))
    setting_aside.join(0.5)  # Time enough to go past, were it not to wait.
    may_store.set()
    submission.finished()
    setting_aside.finished()
    assert not Assignment.objects.voting().filter(member=member).exists()
    assert Assignment.objects.filter(member=member, is_set_aside=True).count() == 2
    assert sorted(campaign.tasks.values_list("open_slots", flat=True)) == [1, 1, 1]


def test_a_submission_under_way_while_labels_are_restored_votes_again(
    monkeypatch: pytest.MonkeyPatch, lead: User
) -> None:
    _campaign, member, in_hand = _at_work()
    set_aside_labels(member=member, actor=lead)
    has_read, may_store = _held_back(monkeypatch)
    submission = Beside(lambda: _submit(in_hand))
    assert has_read.wait(PATIENCE)
    restoring = Beside(lambda: restore_labels(member=member, actor=lead))
    restoring.join(0.5)
    may_store.set()
    submission.finished()
    restoring.finished()
    assert Assignment.objects.voting().filter(member=member).count() == 2


def test_a_task_handed_out_while_locks_are_taken_is_covered_too(
    monkeypatch: pytest.MonkeyPatch, lead: User
) -> None:
    """The claim comes after the person's tasks have been listed, and its submission before the end."""
    _campaign, member, _ = _at_work()
    once = threading.Event()
    lock_tasks = Task.objects.select_for_update

    def claim_in_between(**options: bool) -> object:
        if not once.is_set():
            once.set()
            other = Beside(lambda: _claim_another(member))
            other.finished()
        return lock_tasks(**options)  # type: ignore[arg-type]

    monkeypatch.setattr(Task.objects, "select_for_update", claim_in_between)
    before = Assignment.objects.filter(member=member).count()
    locked: list[int] = []
    settle = quality._settle

    def settling(tasks: object, campaign: Campaign) -> None:
        for assignment in Assignment.objects.filter(member=member):
            Beside(lambda key=assignment.task_id: locked.append(key) if _is_locked(key) else None).finished()  # type: ignore[misc]
        settle(tasks, campaign)  # type: ignore[arg-type]

    monkeypatch.setattr(quality, "_settle", settling)
    set_aside_labels(member=member, actor=lead)
    assert Assignment.objects.filter(member=member).count() == before + 1
    assert len(locked) == before + 1


def _claim_another(member: Member) -> None:
    """A second task, beside the one in hand."""
    own = Member.objects.select_related("campaign").get(pk=member.pk)
    holding = Assignment.objects.filter(member=own, status="leased").values_list("pk", flat=True)
    assert claim_task(member=own, holding=list(holding)) is not None


def _is_locked(task: int) -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT FROM annotations_task WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED", [task])
        return cursor.fetchone() is None
