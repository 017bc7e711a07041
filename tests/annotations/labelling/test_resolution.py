"""Settling tasks by their votes: one more person at a time while people disagree, then an adjudication."""

import uuid

import pytest
from django.utils import timezone

from annotations.labelling.services.assignment import claim_task, reclaim_expired_assignments
from annotations.labelling.services.labels import submit_label
from annotations.labelling.services.resolution import settle_task, votes_disagree
from annotations.models import Assignment, Campaign, Label, Member, Task
from annotations.models.campaign import Disagreement
from tests import build

pytestmark = pytest.mark.django_db


def _campaign(people: int = 4, **fields: object) -> Campaign:
    return build.campaign(
        build.run_with_items(1),
        [build.person() for _ in range(people)],
        overlap=2,
        **({"max_overlap": 4} | fields),  # type: ignore[arg-type]
    )


def _label(campaign: Campaign, position: int, score: int) -> Label:
    assignment = claim_task(member=_member(campaign, position))
    assert assignment is not None
    return _submit(assignment, score)


def _member(campaign: Campaign, position: int) -> Member:
    return campaign.members.select_related("campaign").order_by("pk")[position]


def _submit(assignment: Assignment, score: int) -> Label:
    return submit_label(assignment=assignment, score=score, comment="", submission_key=uuid.uuid4())


def _task(campaign: Campaign) -> tuple[str, int, int, int | None]:
    task = campaign.tasks.get()
    return task.state, task.wanted_labels, task.open_slots, task.score_range


@pytest.mark.parametrize(
    ("rule", "scores", "disagrees"),
    [
        (Disagreement.RANGE, [3, 5], True),
        (Disagreement.RANGE, [2, 3], False),
        (Disagreement.THRESHOLD, [2, 3], True),
        (Disagreement.THRESHOLD, [3, 5], False),
        (Disagreement.THRESHOLD, [1, 2], False),
        (Disagreement.EITHER, [2, 3], True),
        (Disagreement.EITHER, [3, 5], True),
        (Disagreement.EITHER, [4, 5, 3, 4], True),
        (Disagreement.EITHER, [4, 5], False),
        (Disagreement.EITHER, [1], False),
        (Disagreement.EITHER, [], False),
    ],
)
def test_scores_disagree_by_range_across_the_threshold_or_either(
    rule: Disagreement, scores: list[int], disagrees: bool
) -> None:
    campaign = Campaign(disagreement=rule, disagreement_range=2, threshold=3)
    assert votes_disagree(campaign, scores) is disagrees


def test_labels_that_agree_settle_a_task() -> None:
    campaign = _campaign()
    _label(campaign, 0, 4)
    assert _task(campaign) == ("open", 2, 1, None)
    _label(campaign, 1, 5)
    assert _task(campaign) == ("agreed", 2, 0, 1)


def test_a_disagreement_asks_one_more_person_at_a_time_and_then_waits_for_an_adjudication() -> None:
    campaign = _campaign()
    _label(campaign, 0, 1)
    _label(campaign, 1, 5)
    assert _task(campaign) == ("open", 3, 1, 4)
    assert campaign.tasks.get().priority == 1
    _label(campaign, 2, 5)
    assert _task(campaign) == ("open", 4, 1, 4)
    _label(campaign, 3, 4)
    assert _task(campaign) == ("disputed", 4, 0, 4)


def test_without_a_higher_maximum_a_disagreement_waits_for_an_adjudication_at_once() -> None:
    campaign = _campaign(max_overlap=2)
    _label(campaign, 0, 1)
    _label(campaign, 1, 5)
    assert _task(campaign) == ("disputed", 2, 0, 4)


def test_a_revision_that_agrees_takes_the_extra_slot_back_and_one_that_does_not_asks_again() -> None:
    campaign = _campaign()
    first = _label(campaign, 0, 1)
    _label(campaign, 1, 5)
    assert _task(campaign)[:3] == ("open", 3, 1)
    _submit(first.assignment, 5)
    assert _task(campaign) == ("agreed", 2, 0, 0)
    _submit(first.assignment, 2)
    assert _task(campaign) == ("open", 3, 1, 3)


def test_who_is_on_an_extra_slot_keeps_it_when_the_others_agree_after_all() -> None:
    campaign = _campaign()
    first = _label(campaign, 0, 1)
    _label(campaign, 1, 5)
    third = claim_task(member=_member(campaign, 2))
    assert third is not None
    _submit(first.assignment, 5)
    assert _task(campaign) == ("open", 3, 0, 0)
    _submit(third, 4)
    assert _task(campaign) == ("agreed", 3, 0, 1)


def test_an_extra_slot_that_is_given_back_when_the_others_agree_is_not_filled_again() -> None:
    campaign = _campaign()
    first = _label(campaign, 0, 1)
    _label(campaign, 1, 5)
    third = claim_task(member=_member(campaign, 2))
    assert third is not None
    _submit(first.assignment, 5)
    Assignment.objects.filter(pk=third.pk).update(leased_until=timezone.now())
    assert reclaim_expired_assignments() == 1
    assert _task(campaign) == ("agreed", 2, 0, 0)


def test_a_surplus_label_changes_nothing() -> None:
    campaign = _campaign(people=3, max_overlap=2)
    late = claim_task(member=_member(campaign, 0))
    assert late is not None
    Assignment.objects.update(leased_until=timezone.now())
    reclaim_expired_assignments()
    _label(campaign, 1, 5)
    _label(campaign, 2, 5)
    _submit(late, 1)
    assert _task(campaign) == ("agreed", 2, 0, 0)
    late.refresh_from_db()
    assert late.is_surplus


def test_a_vote_that_is_taken_away_opens_the_task_again() -> None:
    campaign = _campaign(max_overlap=2)
    first = _label(campaign, 0, 1)
    _label(campaign, 1, 5)
    Assignment.objects.filter(pk=first.assignment_id).update(is_set_aside=True)
    Task.objects.update(open_slots=1)
    settle_task(campaign.tasks.get())
    assert _task(campaign) == ("open", 2, 1, None)


def test_an_adjudicated_task_stays_so_and_asks_nobody_any_more() -> None:
    campaign = _campaign()
    first = _label(campaign, 0, 1)
    _label(campaign, 1, 5)
    Task.objects.update(state="adjudicated")
    settle_task(campaign.tasks.get())
    assert _task(campaign) == ("adjudicated", 2, 0, 4)
    _submit(first.assignment, 5)
    assert _task(campaign) == ("adjudicated", 2, 0, 0)


def test_a_lease_given_back_on_an_adjudicated_task_opens_no_slot() -> None:
    campaign = _campaign()
    _label(campaign, 0, 1)
    _label(campaign, 1, 5)
    assert claim_task(member=_member(campaign, 2)) is not None
    Task.objects.update(state="adjudicated")
    Assignment.objects.filter(status="leased").update(leased_until=timezone.now())
    reclaim_expired_assignments()
    assert _task(campaign) == ("adjudicated", 2, 0, 4)


def test_the_labels_of_one_who_is_set_aside_have_no_vote_and_leave_their_slot_to_others() -> None:
    campaign = _campaign()
    assignment = claim_task(member=_member(campaign, 0))
    assert assignment is not None
    Member.objects.filter(pk=assignment.member_id).update(set_aside_at=timezone.now())
    _submit(assignment, 1)
    assignment.refresh_from_db()
    assert (assignment.status, assignment.is_set_aside) == ("submitted", True)
    assert _task(campaign) == ("open", 2, 2, None)
