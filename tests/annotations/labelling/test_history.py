"""One's own history: what is in it, the search, and who may see it."""

import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from annotations.labelling.selectors.history import history_of
from annotations.models import Assignment, Campaign, Label, Member
from annotations.models.task import AssignmentStatus, SkipReason
from tests import build
from tests.pages import one_line

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    """Four tasks: ann has labelled two and skipped one, bob has labelled the first of them otherwise."""
    run = build.run()
    for text, liking in (("Why is the sky blue?", "Be brief."), ("What is a prime?", "Use an example.")):
        build.item(run, about=build.question(run.dataset, text=text), liking=build.preference(liking))
    build.item(run, about=build.question(run.dataset, text="Who wrote Faust?"))
    build.item(run, about=build.question(run.dataset, text="Not yet seen"))
    made = build.campaign(run, [build.person("ann"), build.person("bob")])
    _label(made, "ann", "Why is the sky blue?", 4, "scatters well")
    _label(made, "bob", "Why is the sky blue?", 1, "bob's own word")
    _label(made, "ann", "What is a prime?", 2, "")
    skipped = _assignment(made, "ann", "Who wrote Faust?", AssignmentStatus.SKIPPED)
    Assignment.objects.filter(pk=skipped.pk).update(skip_note="cannot read German")
    return made


def _assignment(campaign: Campaign, username: str, question: str, status: str) -> Assignment:
    return Assignment.objects.create(
        task=campaign.tasks.get(response__item__question__text=question),
        member=campaign.members.get(user__username=username),
        status=status,
        submitted_at=timezone.now() if status == AssignmentStatus.SUBMITTED else None,
        skip_reason=SkipReason.OTHER if status == AssignmentStatus.SKIPPED else "",
    )


def _label(campaign: Campaign, username: str, question: str, score: int, comment: str) -> Assignment:
    assignment = _assignment(campaign, username, question, AssignmentStatus.SUBMITTED)
    Label.objects.create(
        assignment=assignment, score=score, comment=comment, submission_key=uuid.uuid4(), revision=1
    )
    return assignment


def _ann(campaign: Campaign) -> Member:
    return campaign.members.get(user__username="ann")


def _found(campaign: Campaign, **sought: object) -> set[str]:
    found = history_of(_ann(campaign), **sought)  # type: ignore[arg-type]
    return {assignment.task.response.item.question.text for assignment in found}


def test_history_has_ones_own_labels_and_skips_newest_first_and_nothing_else(campaign: Campaign) -> None:
    texts = [each.task.response.item.question.text for each in history_of(_ann(campaign))]
    assert texts == ["What is a prime?", "Why is the sky blue?", "Who wrote Faust?"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("SKY", {"Why is the sky blue?"}),
        ("example", {"What is a prime?"}),
        ("scatters", {"Why is the sky blue?"}),
        ("german", {"Who wrote Faust?"}),
        ("sky scatters", {"Why is the sky blue?"}),
        ("sky example", set()),
        ("bob's", set()),
        ("100%_", set()),
    ],
)
def test_search_looks_in_question_preference_comment_and_note(
    campaign: Campaign, words: str, found: set[str]
) -> None:
    assert _found(campaign, words=words) == found


def test_search_by_score_goes_by_the_newest_revision(campaign: Campaign) -> None:
    assignment = Assignment.objects.get(labels__comment="scatters well")
    Label.objects.create(assignment=assignment, score=5, submission_key=uuid.uuid4(), revision=2)
    assert _found(campaign, score=4) == set()
    assert _found(campaign, score=5) == {"Why is the sky blue?"}
    assert _found(campaign, words="scatters") == set()


def test_the_page_links_to_each_task_and_says_how_often_it_was_changed(campaign: Campaign) -> None:
    assignment = Assignment.objects.get(labels__comment="scatters well")
    Label.objects.create(assignment=assignment, score=5, submission_key=uuid.uuid4(), revision=2)
    client = Client()
    client.force_login(_ann(campaign).user)
    page = client.get(reverse("label_history", args=[campaign.pk])).content.decode()
    assert f"{reverse('label_next', args=[campaign.pk])}?assignment={assignment.pk}" in page
    assert "changed 1 time" in one_line(page)
    assert "bob&#x27;s own word" not in page
    for hidden in (campaign.runs.get().name, "test-model"):
        assert hidden not in page


def test_pages_keep_the_search(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annotations.labelling.views.PER_PAGE", 1)
    client = Client()
    client.force_login(_ann(campaign).user)
    page = client.get(reverse("label_history", args=[campaign.pk]), {"q": "i"}).content.decode()
    assert "Page 1 of 3" in page
    assert "?q=i&amp;page=2" in page


def test_a_score_off_the_scale_is_said_to_be_one(campaign: Campaign) -> None:
    client = Client()
    client.force_login(_ann(campaign).user)
    assert client.get(reverse("label_history", args=[campaign.pk]), {"score": "9"}).status_code == 422


def test_an_outsider_finds_no_history_and_a_member_only_their_own(campaign: Campaign) -> None:
    address = reverse("label_history", args=[campaign.pk])
    client = Client()
    client.force_login(build.person("outsider"))
    assert client.get(address).status_code == 404
    client.force_login(campaign.members.get(user__username="bob").user)
    page = client.get(address).content.decode()
    assert "1 task" in page
    assert "scatters well" not in page


def test_a_page_of_history_takes_the_same_number_of_queries_however_long_it_is(campaign: Campaign) -> None:
    client = Client()
    client.force_login(_ann(campaign).user)
    address = reverse("label_history", args=[campaign.pk])
    with CaptureQueriesContext(connection) as few:
        client.get(address, {"q": "Faust"})
    with CaptureQueriesContext(connection) as more:
        client.get(address)
    assert len(more) == len(few)
