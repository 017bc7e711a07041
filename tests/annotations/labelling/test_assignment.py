"""Handing out tasks: never more people on a task than labels wanted, in any order of requests."""

import threading
import uuid
from collections import Counter
from collections.abc import Collection
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Min
from django.utils import timezone

from annotations.campaigns.services.campaigns import set_campaign_status
from annotations.labelling.selectors.labelling import why_nothing_to_label
from annotations.labelling.selectors.standing import labels_wanted_of
from annotations.labelling.services.assignment import (
    claim_task,
    membership,
    reclaim_expired_assignments,
    renew_lease,
)
from annotations.labelling.services.labels import submit_label
from annotations.labelling.services.skips import skip_task
from annotations.models import Assignment, Campaign, Member, Task
from annotations.models.campaign import CampaignStatus
from core.errors import Conflict, NotAllowed
from core.models import User
from tests import build
from tests.sizes import RACE_SECONDS


def _members(campaign: Campaign) -> list[Member]:
    return list(campaign.members.order_by("pk"))


def _claim(campaign: Campaign, member: Member, holding: Collection[int] = ()) -> Assignment:
    assignment = claim_task(member=member, holding=holding)
    assert assignment is not None
    return assignment


def _submit(assignment: Assignment, score: int = 3) -> None:
    submit_label(assignment=assignment, score=score, comment="", submission_key=uuid.uuid4())


def _expire(assignment: Assignment) -> None:
    Assignment.objects.filter(pk=assignment.pk, status="leased").update(
        leased_until=timezone.now() - timedelta(seconds=1)
    )


def _slots_add_up(campaign: Campaign) -> None:
    for task in campaign.tasks.filter(kind="regular"):
        places = task.assignments.filter(
            status__in=["leased", "submitted"], is_surplus=False, is_set_aside=False
        )
        assert task.open_slots == task.wanted_labels - places.count()


@pytest.mark.django_db
def test_asking_again_gives_the_task_in_hand_and_takes_no_second_slot() -> None:
    campaign = build.campaign(build.run_with_items(3), [build.person(), build.person()])
    member = _members(campaign)[0]
    first, second = _claim(campaign, member), _claim(campaign, member)
    assert first.pk == second.pk
    assert Assignment.objects.count() == 1
    _slots_add_up(campaign)


@pytest.mark.django_db
def test_tasks_come_in_the_stored_random_order() -> None:
    campaign = build.campaign(build.run_with_items(4), [build.person()], overlap=1)
    member = _members(campaign)[0]
    seen = []
    for _ in range(4):
        assignment = _claim(campaign, member)
        seen.append(assignment.task_id)
        Assignment.objects.filter(pk=assignment.pk).update(
            status="submitted", leased_until=None, submitted_at=timezone.now()
        )
    assert seen == list(campaign.tasks.order_by("order_key").values_list("pk", flat=True))
    assert claim_task(member=member) is None


@pytest.mark.django_db
def test_a_task_is_full_when_as_many_people_are_on_it_as_labels_are_wanted() -> None:
    campaign = build.campaign(build.run_with_items(1), [build.person() for _ in range(3)], overlap=2)
    one, two, three = _members(campaign)
    _claim(campaign, one)
    _claim(campaign, two)
    assert claim_task(member=three) is None
    nothing = why_nothing_to_label(three)
    assert nothing.code == "all_leased"
    _slots_add_up(campaign)


@pytest.mark.django_db
def test_an_expired_lease_goes_to_the_next_claim() -> None:
    campaign = build.campaign(build.run_with_items(1), [build.person(), build.person()], overlap=1)
    gone, here = _members(campaign)
    _expire(_claim(campaign, gone))
    assert _claim(campaign, here).member == here
    assert Assignment.objects.get(member=gone).status == "released"
    _slots_add_up(campaign)


@pytest.mark.django_db
def test_a_person_may_take_again_a_task_whose_lease_they_let_run_out() -> None:
    campaign = build.campaign(build.run_with_items(1), [build.person()], overlap=1)
    member = _members(campaign)[0]
    first = _claim(campaign, member)
    _expire(first)
    assert reclaim_expired_assignments() == 1
    assert _claim(campaign, member).pk == first.pk
    _slots_add_up(campaign)


@pytest.mark.django_db
def test_reclaiming_twice_frees_one_slot() -> None:
    campaign = build.campaign(build.run_with_items(1), [build.person()], overlap=1)
    _expire(_claim(campaign, _members(campaign)[0]))
    assert (reclaim_expired_assignments(), reclaim_expired_assignments()) == (1, 0)
    assert campaign.tasks.get().open_slots == 1


@pytest.mark.django_db
def test_a_renewed_lease_is_not_reclaimed() -> None:
    campaign = build.campaign(build.run_with_items(1), [build.person()], overlap=1)
    assignment = _claim(campaign, _members(campaign)[0])
    _expire(assignment)
    renew_lease(assignment=assignment)
    assert reclaim_expired_assignments() == 0


@pytest.mark.django_db
def test_a_lost_lease_stays_lost_even_while_the_slot_is_free() -> None:
    campaign = build.campaign(build.run_with_items(1), [build.person()], overlap=1)
    assignment = _claim(campaign, _members(campaign)[0])
    _expire(assignment)
    assert reclaim_expired_assignments() == 1
    with pytest.raises(Conflict) as refusal:
        renew_lease(assignment=assignment)
    assert refusal.value.code == "lease_lost"
    assert campaign.tasks.get().open_slots == 1
    _slots_add_up(campaign)


@pytest.mark.django_db
def test_a_page_gets_the_task_it_does_not_have_and_nobody_has_more_than_two() -> None:
    campaign = build.campaign(build.run_with_items(4), [build.person()], overlap=1)
    member = _members(campaign)[0]
    first = _claim(campaign, member)
    second = _claim(campaign, member, holding=[first.pk])
    assert second.pk != first.pk
    # A second window, which has nothing yet, gets the same two.
    assert _claim(campaign, member).pk == first.pk
    assert _claim(campaign, member, holding=[first.pk]).pk == second.pk
    assert claim_task(member=member, holding=[first.pk, second.pk]) is None
    assert why_nothing_to_label(member).code == "in_hand"
    assert Assignment.objects.count() == 2


@pytest.mark.django_db
def test_a_task_whose_lease_ran_out_is_not_handed_to_the_page_that_still_has_it() -> None:
    campaign = build.campaign(build.run_with_items(2), [build.person()], overlap=1)
    member = _members(campaign)[0]
    first = _claim(campaign, member)
    _expire(first)
    reclaim_expired_assignments()
    assert _claim(campaign, member, holding=[first.pk]).task_id != first.task_id


@pytest.mark.django_db
def test_what_is_given_back_goes_first_and_the_cursor_goes_on_from_where_it_was() -> None:
    campaign = build.campaign(build.run_with_items(6), [build.person(), build.person()], overlap=1)
    one, two = _members(campaign)
    order = list(campaign.tasks.order_by("order_key").values_list("pk", flat=True))
    skipped = _claim(campaign, one)
    kept = _claim(campaign, one, holding=[skipped.pk])
    assert [skipped.task_id, kept.task_id] == order[:2]
    third = _claim(campaign, two)
    assert third.task_id == order[2]
    skip_task(assignment=skipped, reason="unclear")
    fourth = _claim(campaign, two, holding=[third.pk])
    assert fourth.task_id == order[0]
    _submit(third)
    assert _claim(campaign, two, holding=[fourth.pk]).task_id == order[3]


@pytest.mark.django_db
def test_behind_the_last_task_the_search_begins_again_from_the_start() -> None:
    campaign = build.campaign(build.run_with_items(3), [build.person()], overlap=1)
    member = _members(campaign)[0]
    Member.objects.update(claimed_up_to=campaign.tasks.order_by("-order_key")[0].order_key)
    first_task = campaign.tasks.order_by("order_key")[0]
    assert _claim(campaign, member).task_id == first_task.pk
    member.refresh_from_db()
    assert member.claimed_up_to == first_task.order_key


@pytest.mark.django_db
def test_the_quota_counts_labels_and_leases_and_is_told() -> None:
    campaign = build.campaign(build.run_with_items(4), [build.person()], overlap=1, labels_per_person=2)
    member = _members(campaign)[0]
    first = _claim(campaign, member)
    second = _claim(campaign, member, holding=[first.pk])
    _submit(first)
    assert claim_task(member=member, holding=[second.pk]) is None
    assert why_nothing_to_label(member).code == "quota_reached"
    # What they skip does not count: another one makes up for it.
    skip_task(assignment=second, reason="unclear")
    _submit(_claim(campaign, member))
    assert claim_task(member=member) is None
    assert labels_wanted_of(member) == 2


@pytest.mark.django_db
def test_who_is_paused_or_not_qualified_gets_nothing_and_is_told_why() -> None:
    campaign = build.campaign(build.run_with_items(1), [build.person()], overlap=1, pass_mark=0.8)
    member = _members(campaign)[0]
    assert claim_task(member=member) is None
    assert why_nothing_to_label(member).code == "not_qualified"
    member.qualified_at = member.paused_at = timezone.now()
    member.pause_reason = "A lead will write to you."
    member.save()
    assert claim_task(member=member) is None
    nothing = why_nothing_to_label(member)
    assert (nothing.code, "will write" in nothing.message) == ("member_paused", True)
    member.paused_at, member.pause_reason = None, ""
    member.save()
    assert claim_task(member=member) is not None


@pytest.mark.django_db
def test_nothing_left_says_when_the_next_is_free_or_that_all_is_done() -> None:
    campaign = build.campaign(build.run_with_items(1), [build.person() for _ in range(3)], overlap=2)
    one, two, three = _members(campaign)
    first = _claim(campaign, one)
    second = _claim(campaign, two)
    soonest = Assignment.objects.aggregate(at=Min("leased_until"))["at"]
    nothing = why_nothing_to_label(three)
    assert (nothing.code, f"{soonest:%H:%M} UTC" in nothing.message) == ("all_leased", True)
    _submit(first)
    skip_task(assignment=second, reason="cannot_judge")
    assert claim_task(member=one) is None
    assert why_nothing_to_label(one).code == "done_by_you"
    _submit(_claim(campaign, three))
    assert why_nothing_to_label(one).code == "all_done"


@pytest.mark.django_db
@pytest.mark.parametrize("status", [CampaignStatus.PAUSED, CampaignStatus.CLOSED])
def test_only_an_open_campaign_hands_out_tasks(status: CampaignStatus) -> None:
    campaign = build.campaign(build.run_with_items(1), [build.person()], overlap=1)
    set_campaign_status(campaign=campaign, status=status)
    member = _members(campaign)[0]
    assert claim_task(member=member) is None
    member.campaign.refresh_from_db()
    assert why_nothing_to_label(member).code == status.value


@pytest.mark.django_db
def test_outsiders_and_deactivated_members_cannot_label() -> None:
    person = build.person()
    campaign = build.campaign(build.run_with_items(1), [person], overlap=1)
    with pytest.raises(NotAllowed):
        membership(campaign, build.person())
    campaign.members.update(is_active=False)
    with pytest.raises(NotAllowed):
        membership(campaign, person)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("overlap", [1, 3])
@pytest.mark.slow
def test_a_hundred_people_at_the_same_moment_never_pass_the_overlap(overlap: int) -> None:
    """100 threads, each a person on a connection of its own, start together; 8 rounds over 40 tasks."""
    people = User.objects.bulk_create(User(username=f"p{n}", password="!") for n in range(100))
    campaign = build.campaign(build.run_with_items(40), people, overlap=overlap)
    members = _members(campaign)
    rounds = 8
    start = threading.Barrier(len(members))
    errors: list[BaseException] = []

    def work(member: Member) -> None:
        try:
            for _ in range(rounds):
                start.wait(timeout=600)
                assignment = claim_task(member=member)
                if assignment is not None:
                    Assignment.objects.filter(pk=assignment.pk).update(
                        status="submitted", leased_until=None, submitted_at=timezone.now()
                    )
        except BaseException as error:
            errors.append(error)
            start.abort()
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(member,)) for member in members]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    on_task = Counter(Assignment.objects.values_list("task", flat=True))
    assert max(on_task.values()) <= overlap
    per_person = Counter(Assignment.objects.values_list("task", "member"))
    assert max(per_person.values()) == 1
    _slots_add_up(campaign)
    # 800 asks for at most 120 places: nothing is left over, so nobody was sent away while work was there.
    assert sum(on_task.values()) == 40 * overlap


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_claims_and_reclaims_racing_keep_the_slots_right() -> None:
    people = User.objects.bulk_create(User(username=f"p{n}", password="!") for n in range(20))
    campaign = build.campaign(build.run_with_items(10), people, overlap=2)
    stop = threading.Event()
    errors: list[BaseException] = []

    def guarded(work: object) -> threading.Thread:
        def run() -> None:
            try:
                while not stop.is_set():
                    work()  # type: ignore[operator]
            except BaseException as error:
                errors.append(error)
            finally:
                connection.close()

        return threading.Thread(target=run)

    def expire_all() -> None:
        for assignment in Assignment.objects.filter(status="leased"):
            _expire(assignment)
        reclaim_expired_assignments()

    threads = [guarded(lambda member=member: claim_task(member=member)) for member in _members(campaign)] + [
        guarded(expire_all) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    stop.wait(timeout=RACE_SECONDS / 2)
    stop.set()
    for thread in threads:
        thread.join()
    assert errors == []
    assert Task.objects.filter(open_slots__lt=0).count() == 0
    _slots_add_up(campaign)
