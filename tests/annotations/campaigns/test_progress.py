"""The lead's view of a campaign under way: what is counted, what is not, and that it takes a handful of queries."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotations.campaigns.selectors.campaigns import campaign_progress
from annotations.campaigns.selectors.presence import Presence, people_now
from annotations.campaigns.selectors.progress import Pace, live_progress
from annotations.models import Assignment, Campaign, Flag, Task
from core.models import User
from tests import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> list[User]:
    return [build.person() for _ in range(3)]


def test_tasks_are_counted_by_state_and_labels_by_what_they_count_for(people: list[User]) -> None:
    campaign = build.campaign(build.run_with_items(6), people, overlap=2, max_overlap=3)
    agreed, disputed, widened, half, control, _untouched = campaign.tasks.all()
    for person in people[:2]:
        build.vote(agreed, person, 4)
    for person, score in zip(people, (1, 5, 5), strict=True):
        build.vote(disputed, person, score)
    for person, score in zip(people[:2], (2, 3), strict=True):
        build.vote(widened, person, score)
    build.vote(half, people[0], 4)
    build.vote(agreed, people[2], 1, is_surplus=True)
    build.vote(half, people[1], 1, is_set_aside=True)
    Task.objects.filter(pk=control.pk).update(kind="control", wanted_labels=0, open_slots=0)
    build.vote(control, people[0], 5)
    counts = campaign_progress(campaign)
    assert (counts.open, counts.agreed, counts.disputed, counts.adjudicated) == (3, 1, 1, 0)
    assert (counts.tasks, counts.tasks_done) == (5, 2)
    assert (counts.labels, counts.surplus, counts.set_aside) == (8, 1, 1)
    assert (counts.labels_wanted, counts.open_slots) == (2 + 3 + 3 + 2 + 2, 1 + 1 + 2)


def test_the_time_left_is_what_is_missing_at_the_pace_of_hours_with_labels(people: list[User]) -> None:
    campaign = build.campaign(build.run_with_items(6), people, overlap=2)
    tasks = list(campaign.tasks.all())
    hour = timezone.now().replace(minute=30)
    for task, hours_ago in zip(tasks, (2, 2, 2, 5, 30), strict=False):
        assignment = build.vote(task, people[0], 4)
        Assignment.objects.filter(pk=assignment.pk).update(submitted_at=hour - timedelta(hours=hours_ago))
    pace = live_progress(campaign).pace
    assert pace == Pace(last_hour=0, recent=4, recent_hours=2, missing=7)
    assert pace.per_hour == 2
    assert pace.seconds_left == 3.5 * 3600


def test_without_recent_labels_the_time_left_is_unknown(people: list[User]) -> None:
    pace = live_progress(build.campaign(build.run_with_items(2), people)).pace
    assert (pace.per_hour, pace.seconds_left, pace.missing) == (None, None, 4)


def test_disagreement_is_shown_by_category_with_n(people: list[User]) -> None:
    run = build.run()
    for category, count in (("brevity", 3), ("tone", 2)):
        for _ in range(count):
            build.item(run, liking=build.preference(f"About {category}.", category=category))
    campaign = build.campaign(run, people, overlap=2, sampling="preference_category")
    for task in campaign.tasks.select_related("response__item__preference"):
        is_brevity = task.response.item.preference.category == "brevity"  # type: ignore[union-attr]
        build.vote(task, people[0], 1)
        build.vote(task, people[1], 5 if is_brevity else 1)
    live = live_progress(campaign)
    assert [(row.group, row.share.value, row.share.n, row.mean_range) for row in live.by_category] == [
        ("Brevity", 1.0, 3, 4.0),
        ("Tone", 0.0, 2, 0.0),
    ]
    assert [(row.group, row.share.n) for row in live.by_stratum] == [("Brevity", 3), ("Tone", 2)]
    assert len(live.disputed) == 3


def test_it_shows_who_is_active_who_skipped_and_what_is_flagged(people: list[User]) -> None:
    campaign = build.campaign(build.run_with_items(4), people, overlap=2)
    first, second, third, fourth = campaign.tasks.all()
    members = [campaign.members.get(user=person) for person in people]
    now = timezone.now()
    build.vote(first, people[0], 4)
    Assignment.objects.create(task=second, member=members[0], leased_until=now + timedelta(minutes=14))
    Assignment.objects.create(task=third, member=members[1], leased_until=now - timedelta(minutes=5))
    skipped = Assignment.objects.create(
        task=fourth, member=members[1], status="skipped", skip_reason="unclear"
    )
    Flag.objects.create(assignment=skipped, reason="rubric")
    live = live_progress(campaign)
    assert live.skips == [("The question or the preference is unclear", 1)]
    assert live.open_flags == 1
    rows = {row.member.user_id: row for row in people_now(campaign)}
    on, gone, idle = (rows[person.pk] for person in people)
    assert [(row.labels, row.skips, row.in_hand) for row in (on, gone, idle)] == [
        (1, 0, 1),
        (0, 1, 0),
        (0, 0, 0),
    ]
    assert on.last_label_at is not None
    assert (on.is_on, gone.is_on, idle.is_on) == (True, False, False)
    assert (gone.since, gone.last_heard_of) == (None, None)


def _worked(
    campaign: Campaign, person: User, *labels: tuple[float, float], held: float, beat: float
) -> Presence:
    """A person with labels (handed out, submitted) and a task in hand (handed out, last heard of), in minutes ago."""
    now, tasks = timezone.now(), campaign.tasks.all()
    member = campaign.members.get(user=person)

    def ago(minutes: float) -> datetime:
        return now - timedelta(minutes=minutes)

    for task, (handed_out, submitted) in zip(tasks, labels, strict=False):
        made = build.vote(task, person, 4)
        Assignment.objects.filter(pk=made.pk).update(created_at=ago(handed_out), submitted_at=ago(submitted))
    in_hand = Assignment.objects.create(
        task=tasks[len(labels)],
        member=member,
        leased_until=ago(beat) + timedelta(seconds=campaign.lease_seconds),
    )
    Assignment.objects.filter(pk=in_hand.pk).update(created_at=ago(held))
    return next(row for row in people_now(campaign) if row.member == member)


@pytest.mark.parametrize("labels", [(), ((70, 60), (50, 40))])
def test_a_task_handed_out_yesterday_does_not_tell_since_when_somebody_is_on(
    people: list[User], labels: tuple[tuple[float, float], ...]
) -> None:
    campaign = build.campaign(build.run_with_items(3), people, overlap=1, lease_seconds=900)
    row = _worked(campaign, people[0], *labels, held=1500, beat=1)
    assert (row.is_on, row.since) == (True, None)


def test_since_when_somebody_labels_is_the_start_of_the_present_sitting(people: list[User]) -> None:
    campaign = build.campaign(build.run_with_items(5), people, overlap=1, lease_seconds=900)
    # Before a break, and then three labels; the last of them and the task in hand had been had before.
    row = _worked(campaign, people[0], (190, 180), (36, 30), (30, 20), (1500, 8), held=1500, beat=2)
    assert row.is_on
    assert row.since is not None
    assert round((timezone.now() - row.since).total_seconds() / 60) == 36


def test_who_left_the_page_is_not_on_though_tasks_are_kept_for_them(people: list[User]) -> None:
    campaign = build.campaign(build.run_with_items(2), people, overlap=1, lease_seconds=900)
    row = _worked(campaign, people[0], (30, 20), held=20, beat=12)
    assert (row.is_on, row.in_hand) == (False, 1)
    assert row.last_heard_of is not None
    assert round((timezone.now() - row.last_heard_of).total_seconds() / 60) == 12


def test_the_number_of_queries_does_not_grow_with_tasks_labels_or_people(people: list[User]) -> None:
    def queries(campaign: Campaign) -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            live_progress(campaign)
            people_now(campaign)
        return len(seen)

    counts = []
    for size in (1, 12):
        campaign = build.campaign(build.run_with_items(size), people, overlap=2)
        for task in campaign.tasks.all():
            for person, score in zip(people, (1, 5), strict=False):
                build.vote(task, person, score)
        counts.append(queries(campaign))
    assert counts[0] == counts[1] <= 14
