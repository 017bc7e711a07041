"""The qualification round: feedback, result, retries, a lead's word; each answer counts once."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from annotations.models import AuditEvent, Campaign, Member, QualificationAnswer, QualificationAttempt
from annotations.selectors.controls import candidates
from annotations.selectors.qualification import next_item, qualification_items, standing
from annotations.services.controls import add_control, withdraw_control
from annotations.services.qualification import (
    answer_item,
    grant_attempt,
    qualify_member,
    start_attempt,
)
from evaluation.errors import Conflict, DomainError, NotFound
from tests import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def member() -> Member:
    """An annotator of a campaign whose round has four items of known score 4; three right pass; two attempts."""
    run = build.run_with_items(8)
    campaign = build.campaign(
        run, [build.person("ann"), build.person("bob")], size=2, leads=[build.person("lead")]
    )
    Campaign.objects.filter(pk=campaign.pk).update(pass_mark=0.75, qualification_attempts=2)
    for response in candidates(campaign)[:4]:
        add_control(
            campaign=campaign,
            response=response,
            score=4,
            kind="qualification",
            explanation="It **is** short.",
            actor=None,
        )
    return campaign.members.get(user__username="ann")


def _lead(member: Member) -> Member:
    return member.campaign.members.get(user__username="lead")


def _client(member: Member) -> Client:
    client = Client()
    client.force_login(member.user)
    return client


def _try(member: Member, right: int) -> QualificationAttempt:
    """A whole attempt with so many of the four right."""
    attempt = start_attempt(member=member)
    for number in range(4):
        task = next_item(attempt)
        assert task is not None
        answer_item(attempt=attempt, task=task, score=4 if number < right else 1)
    attempt.refresh_from_db()
    return attempt


@pytest.mark.parametrize(("right", "passed"), [(4, True), (3, True), (2, False)])
def test_the_pass_mark_decides(member: Member, right: int, passed: bool) -> None:
    attempt = _try(member, right)
    member.refresh_from_db()
    assert attempt.passed is passed
    assert (member.qualified_at is not None) is passed
    event = AuditEvent.objects.get(action=f"qualification.{'passed' if passed else 'failed'}")
    assert (event.details["right"], event.details["items"]) == (right, 4)


def test_an_answer_within_the_tolerance_is_right(member: Member) -> None:
    attempt = start_attempt(member=member)
    task = next_item(attempt)
    assert task is not None
    task.known_score.tolerance = 1
    task.known_score.save()
    assert answer_item(attempt=attempt, task=task, score=5).is_right


def test_starting_twice_is_one_attempt(member: Member) -> None:
    assert start_attempt(member=member) == start_attempt(member=member)
    assert QualificationAttempt.objects.count() == 1


def test_a_second_answer_to_an_item_changes_nothing_even_after_the_end(member: Member) -> None:
    attempt = start_attempt(member=member)
    task = next_item(attempt)
    assert task is not None
    first = answer_item(attempt=attempt, task=task, score=1)
    assert answer_item(attempt=attempt, task=task, score=4) == first
    while (left := next_item(attempt)) is not None:
        last = left
        answer_item(attempt=attempt, task=last, score=4)
    again = answer_item(attempt=attempt, task=last, score=1)
    assert (again.score, QualificationAnswer.objects.count()) == (4, 4)
    with pytest.raises(IntegrityError, match="qualification_answer_once"), transaction.atomic():
        QualificationAnswer.objects.create(attempt=attempt, task=task, score=4, is_right=True)


def test_after_the_last_attempt_there_is_none_until_a_lead_grants_one(member: Member) -> None:
    assert [_try(member, 0).number, _try(member, 0).number] == [1, 2]
    with pytest.raises(Conflict, match="no attempts left"):
        start_attempt(member=member)
    page = _client(member).get(reverse("qualification", args=[member.campaign_id])).content.decode()
    assert "data-no-attempts" in page
    granted = grant_attempt(member=member, actor=_lead(member).user)
    with pytest.raises(Conflict, match="under way"):
        grant_attempt(member=member, actor=_lead(member).user)
    assert start_attempt(member=member) == granted
    assert _try(member, 4).passed
    assert AuditEvent.objects.filter(action="qualification.attempt_granted").count() == 1


def test_an_attempt_is_not_granted_while_some_are_left(member: Member) -> None:
    with pytest.raises(Conflict, match="attempts left"):
        grant_attempt(member=member, actor=_lead(member).user)


def test_who_has_passed_needs_no_other_attempt(member: Member) -> None:
    _try(member, 4)
    with pytest.raises(Conflict, match="passed already"):
        start_attempt(member=member)


def test_every_attempt_has_an_order_of_its_own_that_stays(member: Member) -> None:
    def order(attempt: QualificationAttempt) -> list[int]:
        return list(attempt.answers.order_by("pk").values_list("task", flat=True))

    attempt = start_attempt(member=member)
    assert next_item(attempt) == next_item(attempt)
    _try(member, 0)
    orders = {tuple(order(attempt))}
    Campaign.objects.update(qualification_attempts=10)
    member.campaign.refresh_from_db()
    orders |= {tuple(order(_try(member, 0))) for _ in range(6)}
    assert len(orders) > 1
    assert {frozenset(each) for each in orders} == {frozenset(orders.pop())}


def test_a_lead_can_qualify_by_hand_once(member: Member) -> None:
    lead = _lead(member)
    address = reverse("qualification_decide", args=[member.campaign_id, member.pk])
    assert _client(lead).post(address, {"action": "qualify"}).status_code == 302
    member.refresh_from_db()
    assert member.qualified_at is not None
    assert AuditEvent.objects.get(action="member.qualified").actor == lead.user
    with pytest.raises(Conflict):
        qualify_member(member=member, actor=lead.user)


def test_items_of_other_kinds_and_campaigns_cannot_be_answered(member: Member) -> None:
    attempt = start_attempt(member=member)
    with pytest.raises(NotFound):
        answer_item(attempt=attempt, task=member.campaign.tasks.filter(kind="regular")[0], score=3)
    item = next_item(attempt)
    assert item is not None
    with pytest.raises(DomainError, match="1 to 5"):
        answer_item(attempt=attempt, task=item, score=6)


def test_a_withdrawn_item_drops_out_of_an_attempt_under_way(member: Member) -> None:
    attempt = start_attempt(member=member)
    items = list(qualification_items(member.campaign))
    for task in items[:3]:
        answer_item(attempt=attempt, task=task, score=4)
    withdraw_control(task=items[3], actor=_lead(member).user)
    assert standing(member).attempt == attempt
    assert start_attempt(member=member).passed
    member.refresh_from_db()
    assert member.qualified_at is not None


def test_a_round_without_items_says_so(member: Member) -> None:
    for task in qualification_items(member.campaign):
        withdraw_control(task=task, actor=_lead(member).user)
    with pytest.raises(Conflict, match="no items"):
        start_attempt(member=member)
    page = _client(member).get(reverse("qualification", args=[member.campaign_id])).content.decode()
    assert "no items yet" in page


def test_the_round_in_a_browser_without_scripts(member: Member) -> None:
    client, campaign = _client(member), member.campaign_id
    begun = client.post(reverse("qualification_start", args=[campaign]), follow=True)
    item = begun.content.decode()
    run = member.campaign.runs.get()
    for hidden in (run.name, run.endpoint.model, run.method, "It <strong>is</strong> short."):
        assert hidden not in item
    empty = client.post(reverse("qualification_item", args=[campaign]), {"task": begun.context["task_id"]})
    assert empty.status_code == 422
    assert "Choose a score" in empty.content.decode()
    task = begun.context["task_id"]
    for number in range(4):
        posted = {"task": task, "score": 3 if number == 0 else 4}
        feedback = client.post(reverse("qualification_item", args=[campaign]), posted, follow=True)
        twice = client.post(reverse("qualification_item", args=[campaign]), posted, follow=True)
        assert twice.redirect_chain[-1] == feedback.redirect_chain[-1]
        page = feedback.content.decode()
        assert f'data-feedback="{"wrong" if number == 0 else "right"}"' in page
        assert "It <strong>is</strong> short." in page
        task = client.get(reverse("qualification_item", args=[campaign]), follow=True).context.get("task_id")
    assert "You have passed" in client.get(reverse("qualification", args=[campaign])).content.decode()
    people = _client(_lead(member)).get(reverse("qualification_people", args=[campaign])).content.decode()
    assert "3 of 4 right, passed" in people


def test_feedback_is_for_ones_own_answers_only(member: Member) -> None:
    attempt = start_attempt(member=member)
    task = next_item(attempt)
    assert task is not None
    answer = answer_item(attempt=attempt, task=task, score=4)
    address = reverse("qualification_answer", args=[member.campaign_id, answer.pk])
    assert _client(member).get(address).status_code == 200
    bob = member.campaign.members.get(user__username="bob")
    assert _client(bob).get(address).status_code == 404
    assert _client(_lead(member)).get(address).status_code == 404
