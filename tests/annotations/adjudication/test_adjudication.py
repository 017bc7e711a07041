"""Adjudication: who decides what, in which order, what they see before, and how it is measured."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from annotations.adjudication.selectors import (
    adjudicator_measures,
    anonymous_labels,
    case_of,
    next_in_queue,
    queue_of,
)
from annotations.adjudication.services import (
    adjudicate,
    reopen_adjudication,
    resolve_flag,
    reveal_judges,
    send_to_adjudication,
)
from annotations.labelling.services.labels import submit_label
from annotations.models import Adjudication, Assignment, Campaign, Flag, Label, Task
from core.errors import Conflict, DomainError, NotAllowed
from core.models import AuditEvent, User
from tests import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> list[User]:
    return [build.person(f"annotator{number}") for number in range(3)]


@pytest.fixture
def leads() -> list[User]:
    return [build.person("lead"), build.person("other lead")]


@pytest.fixture
def campaign(people: list[User], leads: list[User]) -> Campaign:
    """Four tasks of three labels: scores 1 apart across the threshold, 4 apart, 2 apart, and agreed."""
    campaign = build.campaign(build.run_with_items(4), people, overlap=3, leads=leads, reveals_judges=True)
    for task, scores in zip(campaign.tasks.all(), [(2, 3, 3), (1, 5, 5), (3, 5, 4), (4, 4, 4)], strict=True):
        for person, score in zip(people, scores, strict=True):
            build.vote(task, person, score, comment=f"{score} because")
    return campaign


def _tasks(campaign: Campaign) -> list[Task]:
    return list(campaign.tasks.all())


def test_the_queue_is_sorted_by_range_and_then_by_order(campaign: Campaign, leads: list[User]) -> None:
    near, far, middle, _agreed = _tasks(campaign)
    assert list(queue_of(campaign, leads[0])) == [far, middle, near]
    assert next_in_queue(campaign, leads[0]) == far.pk
    assert next_in_queue(campaign, leads[0], after=far.pk) == middle.pk
    assert next_in_queue(campaign, leads[0], after=near.pk) == far.pk  # and round again


def test_a_decision_settles_the_task_and_tells_the_log(campaign: Campaign, leads: list[User]) -> None:
    task = _tasks(campaign)[1]
    decision = adjudicate(task=task, adjudicator=leads[0], score=2, rationale=" So. ", based_on=0)
    task.refresh_from_db()
    assert (task.state, task.open_slots, task.wanted_labels) == ("adjudicated", 0, 3)
    assert (decision.revision, decision.rationale, decision.saw_judges) == (1, "So.", False)
    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.actor, event.subject) == ("task.adjudicated", leads[0], f"task {task.pk}")
    assert task not in queue_of(campaign, leads[0])


def test_of_two_leads_at_once_the_second_is_told_what_was_decided(
    campaign: Campaign, leads: list[User]
) -> None:
    task = _tasks(campaign)[1]
    adjudicate(task=task, adjudicator=leads[0], score=2, rationale="It is short.", based_on=0)
    with pytest.raises(Conflict, match=r"lead decided 2 meanwhile: “It is short.”") as refusal:
        adjudicate(task=task, adjudicator=leads[1], score=5, rationale="No.", based_on=0)
    assert refusal.value.code == "already_adjudicated"
    changed = adjudicate(task=task, adjudicator=leads[1], score=5, rationale="No.", based_on=1)
    assert (changed.revision, Adjudication.objects.count()) == (2, 2)


@pytest.mark.parametrize(
    ("score", "rationale", "field"),
    [(0, "So.", "score"), (6, "So.", "score"), (3, "  ", "rationale"), (3, "\0", "rationale")],
)
def test_a_decision_without_a_score_or_a_reason_is_refused(
    campaign: Campaign, leads: list[User], score: int, rationale: str, field: str
) -> None:
    with pytest.raises(DomainError) as refusal:
        adjudicate(
            task=_tasks(campaign)[1], adjudicator=leads[0], score=score, rationale=rationale, based_on=0
        )
    assert refusal.value.field == field
    assert not Adjudication.objects.exists()


def test_who_has_labelled_a_task_leaves_it_to_another_lead(campaign: Campaign, people: list[User]) -> None:
    campaign.members.filter(user=people[0]).update(role="lead")
    task = _tasks(campaign)[1]
    assert not queue_of(campaign, people[0]).exists()
    assert case_of(task, people[0]).is_own
    with pytest.raises(NotAllowed, match="labelled this task yourself"):
        adjudicate(task=task, adjudicator=people[0], score=2, rationale="So.", based_on=0)


def test_only_what_waits_or_is_decided_can_be_decided(campaign: Campaign, leads: list[User]) -> None:
    agreed = _tasks(campaign)[3]
    with pytest.raises(Conflict, match="does not wait"):
        adjudicate(task=agreed, adjudicator=leads[0], score=2, rationale="So.", based_on=0)


def test_a_labelled_task_can_be_sent_to_adjudication_and_a_decided_one_reopened(
    campaign: Campaign, leads: list[User]
) -> None:
    agreed = _tasks(campaign)[3]
    send_to_adjudication(task=agreed, actor=leads[0])
    assert agreed in queue_of(campaign, leads[0])
    adjudicate(task=agreed, adjudicator=leads[0], score=1, rationale="All wrong.", based_on=0)
    reopen_adjudication(task=agreed, actor=leads[1])
    agreed.refresh_from_db()
    assert (agreed.state, agreed.adjudications.count()) == ("disputed", 1)
    adjudicate(task=agreed, adjudicator=leads[1], score=4, rationale="All right.", based_on=1)
    actions = list(AuditEvent.objects.filter(subject=f"task {agreed.pk}").values_list("action", flat=True))
    assert actions[::-1] == [
        "task.sent_to_adjudication",
        "task.adjudicated",
        "task.reopened",
        "task.adjudicated",
    ]
    with pytest.raises(Conflict):
        send_to_adjudication(task=agreed, actor=leads[0])


def test_control_items_are_never_adjudicated(campaign: Campaign, leads: list[User]) -> None:
    task = _tasks(campaign)[0]
    Task.objects.filter(pk=task.pk).update(kind="control", wanted_labels=0, open_slots=0, state="open")
    with pytest.raises(Conflict, match="known score"):
        adjudicate(task=task, adjudicator=leads[0], score=2, rationale="So.", based_on=0)


def test_open_slots_are_closed_and_who_is_on_the_task_may_still_submit(
    people: list[User], leads: list[User]
) -> None:
    campaign = build.campaign(build.run_with_items(1), people, overlap=3, leads=leads)
    task = campaign.tasks.get()
    build.vote(task, people[0], 1)
    lease = Assignment.objects.create(
        task=task,
        member=campaign.members.get(user=people[1]),
        leased_until=timezone.now() + timedelta(minutes=5),
    )
    Task.objects.update(open_slots=1, state="disputed")
    adjudicate(task=task, adjudicator=leads[0], score=2, rationale="So.", based_on=0)
    task.refresh_from_db()
    # Wanted = votes + live leases + open, as always.
    assert (task.wanted_labels, task.open_slots) == (2, 0)
    submit_label(assignment=lease, score=5, comment="", submission_key=uuid.uuid4())
    task.refresh_from_db()
    assert (task.state, task.open_slots, Label.objects.count()) == ("adjudicated", 0, 2)


def test_labels_are_shown_without_names_that_could_be_linked(campaign: Campaign, people: list[User]) -> None:
    tasks = _tasks(campaign)
    names = {
        task.pk: {each.label.assignment.member_id: each.name for each in anonymous_labels(task)}
        for task in tasks
    }
    again = {
        task.pk: {each.label.assignment.member_id: each.name for each in anonymous_labels(task)}
        for task in tasks
    }
    assert names == again
    assert all(len(set(of.values())) == 3 for of in names.values())
    # Over 40 tasks of the same three people, each person goes by many names and comes first about as often.
    more = build.campaign(build.run_with_items(40), people, overlap=3)
    members = list(more.members.order_by("pk"))
    firsts, called = [], {member.pk: set[str]() for member in members}
    for task in more.tasks.all():
        for person in people:
            build.vote(task, person, 3)
        shown = anonymous_labels(task)
        assert [each.name for each in shown] == sorted(each.name for each in shown)
        firsts.append(shown[0].label.assignment.member_id)
        for each in shown:
            called[each.label.assignment.member_id].add(each.name)
    assert all(2 <= firsts.count(member.pk) <= 32 for member in members)
    assert all(len(names) > 8 for names in called.values())


def test_a_name_stays_when_another_label_comes(people: list[User]) -> None:
    campaign = build.campaign(build.run_with_items(1), people, overlap=2)
    task = campaign.tasks.get()
    for person in people[:2]:
        build.vote(task, person, 4)
    before = {each.label.pk: each.name for each in anonymous_labels(task)}
    build.vote(task, people[2], 1, is_surplus=True)
    after = anonymous_labels(task)
    assert {each.label.pk: each.name for each in after}.items() >= before.items()
    assert [each.is_surplus for each in after].count(True) == 1


def test_only_the_newest_revision_of_a_label_is_shown(people: list[User]) -> None:
    campaign = build.campaign(build.run_with_items(1), people, overlap=2)
    build.vote(campaign.tasks.get(), people[0], 4, 2)
    assert [each.label.score for each in anonymous_labels(campaign.tasks.get())] == [2]


def test_judges_are_shown_after_ones_own_decision_and_a_later_one_is_marked(
    campaign: Campaign, leads: list[User]
) -> None:
    task = _tasks(campaign)[1]
    build.judgment(task.response.item, 5, by="the judge")
    assert (case_of(task, leads[0]).judges, case_of(task, leads[0]).may_reveal) == (None, False)
    with pytest.raises(NotAllowed, match="after your own decision"):
        reveal_judges(task=task, adjudicator=leads[0])
    adjudicate(task=task, adjudicator=leads[0], score=2, rationale="So.", based_on=0)
    assert (case_of(task, leads[0]).judges, case_of(task, leads[0]).may_reveal) == (None, True)
    # Changed without having looked: still blind.
    assert not adjudicate(task=task, adjudicator=leads[0], score=1, rationale="So.", based_on=1).saw_judges
    reveal_judges(task=task, adjudicator=leads[0])
    judges = case_of(task, leads[0]).judges
    assert judges is not None
    assert [(each.judge, each.score) for each in judges] == [("the judge", 5)]
    assert case_of(task, leads[1]).judges is None
    assert adjudicate(task=task, adjudicator=leads[0], score=5, rationale="Hm.", based_on=2).saw_judges
    assert not adjudicate(task=task, adjudicator=leads[1], score=5, rationale="Hm.", based_on=3).saw_judges


def test_a_campaign_that_does_not_reveal_judges_never_does(campaign: Campaign, leads: list[User]) -> None:
    Campaign.objects.update(reveals_judges=False)
    task = Task.objects.select_related("campaign").get(pk=_tasks(campaign)[1].pk)
    build.judgment(task.response.item, 5)
    adjudicate(task=task, adjudicator=leads[0], score=2, rationale="So.", based_on=0)
    with pytest.raises(NotAllowed, match="does not show"):
        reveal_judges(task=task, adjudicator=leads[0])
    assert (case_of(task, leads[0]).judges, case_of(task, leads[0]).may_reveal) == (None, False)


def test_adjudicators_are_measured_apart_before_and_after_the_judges(
    campaign: Campaign, leads: list[User]
) -> None:
    near, far, middle, _ = _tasks(campaign)
    adjudicate(task=near, adjudicator=leads[0], score=3, rationale="So.", based_on=0)
    adjudicate(task=far, adjudicator=leads[0], score=1, rationale="So.", based_on=0)
    adjudicate(task=middle, adjudicator=leads[1], score=4, rationale="So.", based_on=0)
    reveal_judges(task=far, adjudicator=leads[0])
    adjudicate(task=far, adjudicator=leads[0], score=5, rationale="So.", based_on=1)
    first, second = adjudicator_measures(campaign)
    assert (first.adjudicator, first.blind.n, first.after_judges.n) == ("lead", 2, 1)
    assert (first.blind.with_majority.value, first.blind.overturning.value) == (0.5, 0.5)
    assert first.blind.difference.value == pytest.approx((0 + (1 - 5)) / 2)
    assert first.after_judges.with_majority.value == 1
    assert (second.adjudicator, second.blind.n, second.after_judges.n) == ("other lead", 1, 0)


def test_a_flag_is_resolved_once_with_a_word(campaign: Campaign, leads: list[User]) -> None:
    flag = Flag.objects.create(assignment=Assignment.objects.all()[0], reason="other", note="Look.")
    with pytest.raises(DomainError, match="Enter a resolution"):
        resolve_flag(flag=flag, actor=leads[0], resolution=" ")
    resolve_flag(flag=flag, actor=leads[0], resolution="Looked.")
    assert (flag.resolved_by, flag.resolution) == (leads[0], "Looked.")
    assert AuditEvent.objects.latest("pk").action == "flag.resolved"
    with pytest.raises(Conflict, match="resolved already"):
        resolve_flag(flag=flag, actor=leads[1], resolution="Too.")


def _revised(task: Task, person: User, score: int) -> None:
    assignment = Assignment.objects.select_related("member__user").get(task=task, member__user=person)
    submit_label(assignment=assignment, score=score, comment="", submission_key=uuid.uuid4())


@pytest.mark.parametrize("way_in", ["sent", "reopened"])
def test_what_a_lead_has_put_into_the_queue_stays_until_it_is_decided_whatever_labels_come(
    campaign: Campaign, leads: list[User], people: list[User], way_in: str
) -> None:
    agreed = _tasks(campaign)[3]
    send_to_adjudication(task=agreed, actor=leads[0])
    if way_in == "reopened":
        adjudicate(task=agreed, adjudicator=leads[0], score=4, rationale="r", based_on=0)
        reopen_adjudication(task=agreed, actor=leads[0])
    _revised(agreed, people[0], 5)  # they agree still
    late = build.person("late")
    campaign.members.create(user=late)
    build.vote(agreed, late, 4, is_surplus=True)
    agreed.refresh_from_db()
    assert agreed.state == "disputed"
    decision = adjudicate(
        task=agreed, adjudicator=leads[0], score=4, rationale="r", based_on=int(way_in == "reopened")
    )
    agreed.refresh_from_db()
    assert (decision.score, agreed.state, agreed.waits_for_lead) == (4, "adjudicated", False)


def test_a_task_that_waits_for_a_lead_asks_nobody_more_where_people_come_to_disagree(
    campaign: Campaign, leads: list[User], people: list[User]
) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(max_overlap=5)
    agreed = _tasks(campaign)[3]
    send_to_adjudication(task=agreed, actor=leads[0])
    _revised(agreed, people[0], 1)
    agreed.refresh_from_db()
    assert (agreed.state, agreed.wanted_labels, agreed.open_slots) == ("disputed", 3, 0)


def test_a_dispute_that_no_lead_has_called_for_ends_where_people_come_to_agree(
    campaign: Campaign, people: list[User]
) -> None:
    far = _tasks(campaign)[1]
    _revised(far, people[0], 5)
    far.refresh_from_db()
    assert far.state == "agreed"
