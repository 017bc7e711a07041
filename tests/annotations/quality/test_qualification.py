"""The qualification round: draws, result, retries, a lead's word; each answer counts once, and no solution is shown."""

import itertools

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from annotations.models import Campaign, Member, QualificationAnswer, QualificationAttempt
from annotations.quality.selectors.controls import candidates
from annotations.quality.selectors.qualification import next_item, qualification_items, standing
from annotations.quality.services.controls import withdraw_control
from annotations.quality.services.qualification import (
    answer_item,
    grant_attempt,
    qualify_member,
    start_attempt,
)
from core.errors import Conflict, DomainError, NotFound
from core.models import AuditEvent
from tests import build
from tests.pages import one_line

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
        build.control(
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


def test_an_attempt_keeps_its_order(member: Member) -> None:
    attempt = start_attempt(member=member)
    assert next_item(attempt) == next_item(attempt)
    order = _items(attempt)
    _answer_all(attempt, 1)
    assert list(attempt.answers.order_by("pk").values_list("task", flat=True)) == order


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
        after, twice = (
            client.post(reverse("qualification_item", args=[campaign]), posted, follow=True) for _ in range(2)
        )
        assert twice.redirect_chain == after.redirect_chain
        for page in (after, client.get(reverse("qualification", args=[campaign]))):
            assert "It <strong>is</strong> short." not in page.content.decode()
            assert "right-score" not in page.content.decode()
            assert "0 of" not in one_line(page.content.decode()).replace("0 of 4 answered", "")
        task = client.get(reverse("qualification_item", args=[campaign]), follow=True).context.get("task_id")
    result = one_line(client.get(reverse("qualification", args=[campaign])).content.decode())
    assert "You passed" in result
    assert "3 of 4" in result
    people = _client(_lead(member)).get(reverse("qualification_people", args=[campaign])).content.decode()
    assert "3 of 4 correct, passed" in one_line(people)


def _pool(member: Member, count: int) -> None:
    """More items, of known score 4."""
    run = build.run_with_items(count)
    member.campaign.runs.add(run)
    for response in candidates(member.campaign).filter(item__run=run):
        build.control(
            campaign=member.campaign,
            response=response,
            score=4,
            kind="qualification",
            explanation="Because.",
            actor=None,
        )


def _items(attempt: QualificationAttempt) -> list[int]:
    return list(attempt.draws.order_by("place").values_list("task", flat=True))


def _answer_all(attempt: QualificationAttempt, score: int) -> QualificationAttempt:
    while (task := next_item(attempt)) is not None:
        answer_item(attempt=attempt, task=task, score=score)
    attempt.refresh_from_db()
    return attempt


def test_another_attempt_asks_other_items_where_there_are_enough(member: Member) -> None:
    _pool(member, 8)
    Campaign.objects.update(qualification_attempts=2)
    first = _answer_all(start_attempt(member=member), 1)
    second = start_attempt(member=member)
    assert len(_items(first)) == len(_items(second)) == 6
    assert not {*_items(first)} & {*_items(second)}
    assert second.draws.count() == 6


def test_where_items_run_short_those_never_met_come_first(member: Member) -> None:
    _pool(member, 3)  # seven in all: five at each attempt
    Campaign.objects.update(qualification_attempts=3)
    attempts = [_answer_all(start_attempt(member=member), 1) for _ in range(3)]
    met = [{*_items(attempt)} for attempt in attempts]
    assert [len(items) for items in met] == [5, 5, 5]
    assert len(met[0] | met[1]) == 7
    assert met[0] - met[1] <= met[2], "what was met longest ago comes next"
    page = _client(_lead(member)).get(reverse("qualification_people", args=[member.campaign_id]))
    assert "data-items-short" in page.content.decode()
    assert "Add 8 more" in page.content.decode()


def test_the_same_items_again_come_in_another_order(member: Member) -> None:
    Campaign.objects.update(qualification_attempts=10)
    orders = [_items(_answer_all(start_attempt(member=member), 1)) for _ in range(8)]
    assert all(one != other for one, other in itertools.pairwise(orders))


def test_two_people_get_draws_of_their_own(member: Member) -> None:
    _pool(member, 30)
    bob = member.campaign.members.get(user__username="bob")
    assert _items(start_attempt(member=member)) != _items(start_attempt(member=bob))


def test_an_item_that_was_not_drawn_cannot_be_answered(member: Member) -> None:
    _pool(member, 8)
    attempt = start_attempt(member=member)
    (other,) = qualification_items(member.campaign).exclude(pk__in=_items(attempt))[:1]
    with pytest.raises(NotFound):
        answer_item(attempt=attempt, task=other, score=4)


def test_an_attempt_whose_items_were_all_withdrawn_gets_others(member: Member) -> None:
    _pool(member, 8)
    attempt = start_attempt(member=member)
    for item in qualification_items(member.campaign).filter(pk__in=_items(attempt)):
        withdraw_control(task=item, actor=_lead(member).user)
    assert next_item(attempt) is None
    assert next_item(start_attempt(member=member)) is not None


def test_what_was_right_is_told_only_when_nobody_can_be_asked_again(member: Member) -> None:
    attempt = _answer_all(start_attempt(member=member), 4)
    first, second = attempt.answers.order_by("pk")[:2]
    client = _client(member)

    def status(answer: QualificationAnswer) -> int:
        return client.get(reverse("qualification_answer", args=[member.campaign_id, answer.pk])).status_code

    assert (status(first), status(second)) == (404, 404), "somebody else may be asked the same"
    withdraw_control(task=first.task, actor=_lead(member).user)
    assert (status(first), status(second)) == (200, 404)
    Campaign.objects.update(status="closed")
    assert (status(first), status(second)) == (200, 200)
    page = client.get(reverse("qualification", args=[member.campaign_id])).content.decode()
    assert reverse("qualification_answer", args=[member.campaign_id, second.pk]) in page


def test_feedback_is_for_ones_own_answers_only(member: Member) -> None:
    attempt = start_attempt(member=member)
    task = next_item(attempt)
    assert task is not None
    answer = answer_item(attempt=attempt, task=task, score=4)
    _answer_all(attempt, 4)
    Campaign.objects.update(status="closed")
    address = reverse("qualification_answer", args=[member.campaign_id, answer.pk])
    assert _client(member).get(address).status_code == 200
    bob = member.campaign.members.get(user__username="bob")
    assert _client(bob).get(address).status_code == 404
    assert _client(_lead(member)).get(address).status_code == 404
