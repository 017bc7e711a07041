"""Everything at the same moment, of the same people on the same tasks: no deadlock, no slot too many or too few."""

import contextlib
import random
import threading
import time
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Count
from django.utils import timezone

from annotations.labelling.services.assignment import claim_task, reclaim_expired_assignments, renew_lease
from annotations.labelling.services.labels import submit_label
from annotations.labelling.services.skips import flag_task, skip_task
from annotations.models import Assignment, Campaign, Label, Member, Task
from annotations.quality.services.quality import pause_member, restore_labels, resume_member, set_aside_labels
from core.errors import Conflict, DomainError
from core.models import User
from evaluation.models import Response
from tests import build
from tests.sizes import RACE_SECONDS

PEOPLE = 8
LEAST_LABELS = 21

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def _campaign() -> Campaign:
    people = User.objects.bulk_create(User(username=f"p{n}", password="!") for n in range(PEOPLE))
    campaign = build.campaign(
        build.run_with_items(44),
        people,
        overlap=2,
        size=40,
        max_overlap=4,
        control_every=4,
        labels_per_person=30,
    )
    for response in Response.objects.filter(condition="personalised", tasks__isnull=True):
        build.control(campaign=campaign, response=response, score=3, actor=None)
    return campaign


def test_claims_labels_skips_heartbeats_reclaims_and_pauses_at_once_keep_everything_right() -> None:
    campaign = _campaign()
    keys = list(campaign.members.values_list("pk", flat=True))
    lead = build.person()

    def member(key: int) -> Member:
        return Member.objects.select_related("campaign", "user").get(pk=key)

    def claim(rng: random.Random) -> None:
        own = member(rng.choice(keys))
        holding = [key for key in _in_hand(own) if rng.random() < 0.8]
        claim_task(member=own, holding=holding)

    def on_assignment(rng: random.Random, *statuses: str) -> Assignment | None:
        of = Assignment.objects.filter(status__in=statuses).select_related("member__user")
        found = list(of.order_by("?")[:1])
        return found[0] if found else None

    def submit(rng: random.Random) -> None:
        statuses = ["leased"] * 6 + ["released", "skipped", "submitted"]
        if assignment := on_assignment(rng, rng.choice(statuses)):
            submit_label(
                assignment=assignment, score=rng.choice((1, 3, 4, 5)), comment="", submission_key=uuid.uuid4()
            )

    def skip(rng: random.Random) -> None:
        if assignment := on_assignment(rng, "leased"):
            skip_task(assignment=assignment, reason="unclear")

    def flag(rng: random.Random) -> None:
        if assignment := on_assignment(rng, "leased"):
            flag_task(assignment=assignment, reason="other")

    def beat(rng: random.Random) -> None:
        if assignment := on_assignment(rng, "leased", "released"):
            renew_lease(assignment=assignment)

    def reclaim(rng: random.Random) -> None:
        if assignment := on_assignment(rng, "leased"):
            Assignment.objects.filter(pk=assignment.pk, status="leased").update(
                leased_until=timezone.now() - timedelta(seconds=1)
            )
        reclaim_expired_assignments()

    def lead_acts(rng: random.Random) -> None:
        own, act = member(rng.choice(keys)), rng.randrange(5)
        if act == 0:
            pause_member(member=own, reason="r", actor=lead)
        elif act == 1:
            set_aside_labels(member=own, actor=lead)
        elif act == 2:
            restore_labels(member=own, actor=lead)
        else:
            resume_member(member=own, actor=lead)

    done = _all_at_once([*[claim] * 8, *[submit] * 6, skip, flag, beat, beat, reclaim, lead_acts])

    assert min(done.values()) > 0, done
    assert Label.objects.count() >= LEAST_LABELS
    _check(campaign)


def _in_hand(member: Member) -> list[int]:
    return list(Assignment.objects.filter(member=member, status="leased").values_list("pk", flat=True))


def _all_at_once(jobs: list[Callable[[random.Random], None]]) -> dict[str, int]:
    """Each job over and over in a thread of its own; gives how often each got through. Refusals are no errors.

    It ends after some seconds, but not before each job got through and there are labels enough: on a busy machine
    that may take longer.
    """
    stop, errors = threading.Event(), []
    done = {job.__name__: 0 for job in jobs}

    def run(job: Callable[[random.Random], None], seed: int) -> None:
        rng = random.Random(seed)
        try:
            while not stop.is_set():
                with contextlib.suppress(DomainError):
                    job(rng)
                    done[job.__name__] += 1
        except BaseException as error:
            errors.append(error)
            stop.set()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(job, number)) for number, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    began = time.monotonic()
    while not stop.wait(timeout=0.1):
        seconds = time.monotonic() - began
        is_enough = min(done.values()) > 0 and Label.objects.count() >= LEAST_LABELS
        if (is_enough and seconds > RACE_SECONDS) or seconds > 300:
            break
    stop.set()
    for thread in threads:
        thread.join()
    assert errors == []
    return done


def _check(campaign: Campaign) -> None:
    for task in campaign.tasks.select_related("campaign"):
        places = task.assignments.filter(
            status__in=["leased", "submitted"], is_surplus=False, is_set_aside=False
        )
        if task.kind != "regular":
            assert (task.open_slots, task.wanted_labels, task.state) == (0, 0, "open")
            continue
        assert task.open_slots == task.wanted_labels - places.count()
        votes = places.filter(status="submitted").count()
        assert (task.state == "open") == (votes < task.wanted_labels)
    leases = Assignment.objects.filter(status="leased").values("member").annotate(n=Count("pk"))
    assert max((each["n"] for each in leases), default=0) <= 2
    handed = Assignment.objects.values("task", "member").annotate(n=Count("pk"))
    assert max(each["n"] for each in handed) == 1


def test_two_first_submissions_at_once_are_one_label_and_one_refusal() -> None:
    campaign = _campaign()
    member = campaign.members.order_by("pk")[0]
    assignment = claim_task(member=member)
    assert assignment is not None
    start, outcomes = threading.Barrier(10), []

    def submit(score: int) -> None:
        try:
            own = Assignment.objects.get(pk=assignment.pk)
            start.wait()
            submit_label(assignment=own, score=score, comment="", submission_key=uuid.uuid4(), based_on=0)
            outcomes.append("label")
        except Conflict as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=submit, args=(1 + n % 5,)) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["already_labelled"] * 9 + ["label"]
    assert Label.objects.count() == 1


def test_many_windows_of_one_person_at_once_get_two_tasks_between_them() -> None:
    campaign = _campaign()
    member = campaign.members.order_by("pk")[0]
    start, errors = threading.Barrier(12), []

    def ask() -> None:
        try:
            own = Member.objects.select_related("campaign").get(pk=member.pk)
            start.wait()
            for _ in range(5):
                claim_task(member=own, holding=_in_hand(own))
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert Assignment.objects.filter(member=member).count() == 2
    regular = Task.objects.filter(kind="regular", assignments__member=member)
    assert all(task.open_slots == 1 for task in regular)
