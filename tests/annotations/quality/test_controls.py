"""Items with a known score: three ways to add them, what may not be one, how people did, changing, withdrawing."""

import csv
import io
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from annotations.gold.services.gold import release_gold
from annotations.models import (
    Assignment,
    Campaign,
    KnownScore,
    Label,
    QualificationAnswer,
    QualificationAttempt,
    Task,
)
from annotations.quality.selectors.controls import candidates, control_items
from annotations.quality.services.controls import (
    KnownItem,
    add_controls,
    change_known_score,
    restore_control,
    withdraw_control,
)
from core.errors import Conflict, DomainError
from core.models import AuditEvent
from core.models.audit import named
from evaluation.models import Response
from evaluation.models.item import Condition
from perg.stats.gold.gold_criteria import EVERY_TASK
from tests import build
from tests.imports import import_by_page, is_refused
from tests.pages import one_line

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    """Two tasks of a run of eight items: six responses are left to become items."""
    return build.campaign(
        build.run_with_items(8),
        [build.person("ann"), build.person("bob")],
        size=2,
        leads=[build.person("lead")],
    )


def _client(campaign: Campaign, name: str = "lead") -> Client:
    client = Client()
    client.force_login(campaign.members.get(user__username=name).user)
    return client


def _free(campaign: Campaign, position: int = 0) -> Response:
    return candidates(campaign)[position]


def _upload(campaign: Campaign, text: str, kind: str = "control") -> HttpResponse:
    file = SimpleUploadedFile("items.csv", text.encode())
    address = reverse("controls_upload", args=[campaign.pk])
    return import_by_page(_client(campaign), address, {"upload-file": file, "upload-kind": kind})


def _submitted(task: Task, name: str, *scores: int) -> None:
    member = task.campaign.members.get(user__username=name)
    assignment = Assignment.objects.create(
        task=task, member=member, status="submitted", submitted_at="2026-01-01T00:00:00Z"
    )
    for revision, score in enumerate(scores, start=1):
        Label.objects.create(
            assignment=assignment, revision=revision, score=score, submission_key=uuid.uuid4()
        )


def test_an_item_has_no_slots_and_its_known_score_and_is_in_the_audit_log(campaign: Campaign) -> None:
    lead = campaign.members.get(user__username="lead").user
    task = build.control(
        campaign=campaign,
        response=_free(campaign),
        score=4,
        tolerance=1,
        explanation="Short, as asked.",
        actor=lead,
    )
    assert (task.kind, task.wanted_labels, task.open_slots, task.inclusion_probability) == (
        "control",
        0,
        0,
        1,
    )
    assert [task.known_score.accepts(score) for score in (2, 3, 4, 5)] == [False, True, True, True]
    event = AuditEvent.objects.get(action="control_item.added")
    assert (event.actor, event.scope, event.subject) == (lead, named(campaign), f"task {task.pk}")


def test_a_response_that_is_a_task_already_cannot_be_an_item(campaign: Campaign) -> None:
    task = campaign.tasks.all()[0]
    with pytest.raises(Conflict, match="already"):
        build.control(campaign=campaign, response=task.response, score=3, actor=None)
    assert not KnownScore.objects.exists()


def test_with_one_bad_item_none_is_added(campaign: Campaign) -> None:
    taken = campaign.tasks.all()[0].response.pk
    with pytest.raises(Conflict):
        add_controls(
            campaign=campaign, items=[KnownItem(_free(campaign).pk, 3), KnownItem(taken, 3)], actor=None
        )
    assert campaign.tasks.count() == 2
    assert not AuditEvent.objects.filter(action="control_item.added").exists()


@pytest.mark.parametrize(("score", "tolerance"), [(0, 0), (6, 0), (3, 5), (3, -1)])
def test_scores_and_tolerances_off_the_scale_are_refused(
    campaign: Campaign, score: int, tolerance: int
) -> None:
    with pytest.raises(DomainError):
        build.control(
            campaign=campaign, response=_free(campaign), score=score, tolerance=tolerance, actor=None
        )


def test_a_baseline_response_cannot_be_an_item(campaign: Campaign) -> None:
    baseline = Response.objects.filter(condition=Condition.BASELINE)[0]
    with pytest.raises(DomainError, match="no personalised response"):
        build.control(campaign=campaign, response=baseline, score=3, actor=None)


def test_a_lead_browses_a_response_and_adds_it(campaign: Campaign) -> None:
    client, chosen = _client(campaign), _free(campaign)
    address = reverse("controls_browse", args=[campaign.pk])
    page = client.get(address, {"response": chosen.pk}).content.decode()
    for shown in (chosen.item.question.text, "I prefer short", "The answer is A because it is so."):
        assert shown in page
    posted = {
        "response": chosen.pk,
        "score": 2,
        "tolerance": 1,
        "kind": "qualification",
        "explanation": "So.",
    }
    assert client.post(address, posted).status_code == 302
    task = campaign.tasks.get(response=chosen)
    assert (task.kind, task.known_score.score, task.known_score.explanation) == ("qualification", 2, "So.")
    # The same form again: it is no candidate any more.
    assert client.post(address, posted).status_code == 404


def test_browsing_ends_with_words_when_every_response_is_taken() -> None:
    campaign = build.campaign(
        build.run_with_items(1), [build.person()], overlap=1, leads=[build.person("lead")]
    )
    page = _client(campaign).get(reverse("controls_browse", args=[campaign.pk])).content.decode()
    assert "No responses left to choose from" in page


def test_responses_of_other_runs_and_without_a_preference_are_no_candidates(campaign: Campaign) -> None:
    build.run_with_items(3)
    responses = candidates(campaign)
    assert responses.count() == 6
    assert {response.item.run_id for response in responses} == {campaign.runs.get().pk}


def test_the_list_of_candidates_filled_in_can_be_uploaded(campaign: Campaign) -> None:
    answer = _client(campaign).get(reverse("controls_candidates", args=[campaign.pk]))
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert len(rows) == 6
    rows[0] |= {"score": "5", "tolerance": "1", "explanation": "Plainly, “so”."}
    rows[3] |= {"score": "1"}
    file = io.StringIO()
    writer = csv.DictWriter(file, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    assert not is_refused(_upload(campaign, "\ufeff" + file.getvalue()))
    known = {k.task.response_id: (k.score, k.tolerance, k.explanation) for k in KnownScore.objects.all()}
    assert known == {
        int(rows[0]["response"]): (5, 1, "Plainly, “so”."),
        int(rows[3]["response"]): (1, 0, ""),
    }


def test_a_file_with_errors_names_every_row_and_adds_nothing(campaign: Campaign) -> None:
    good, taken = _free(campaign).pk, campaign.tasks.all()[0].response_id
    text = (
        "response,score,tolerance,explanation\n"
        f"{good},4,0,fine\n"
        f"{good},3,0,twice\n"
        f"{taken},3,,\n"
        "999999,3,,\n"
        f"{_free(campaign, 1).pk},7,,\n"
        f"{_free(campaign, 2).pk},3,9,\n"
        "x,3,,\n"
    )
    answer = _upload(campaign, text)
    page = answer.content.decode()
    assert is_refused(answer)
    for problem in (
        f"Row 3: response {good} is in row 2, too.",
        f"Row 4: response {taken} is a task or an item of the campaign already.",
        "Row 5: response 999999 is no personalised response",
        "Row 6: score is “7”, not 1 to 5.",
        "Row 7: tolerance is “9”, not 0 to 4.",
        "Row 8: response is “x”, not the number of a response.",
        "Nothing was added.",
    ):
        assert problem.replace("'", "&#x27;") in page
    assert not KnownScore.objects.exists()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("score\n3\n", "lacks the column response"),
        ("response,score\n", "no row with a score"),
        ("response,score\n99999999999999999999,3\n", "not the number of a response"),
        ('response,score\n"\n', "unexpected end of data"),
    ],
)
def test_a_file_that_says_nothing_useful_is_refused_with_the_reason(
    campaign: Campaign, text: str, problem: str
) -> None:
    answer = _upload(campaign, text)
    assert is_refused(answer)
    assert problem in answer.content.decode()


def test_a_column_that_is_nearly_a_known_one_is_refused_by_name(campaign: Campaign) -> None:
    text = f"response,score,tolerence,my notes\n{_free(campaign).pk},4,1,a\n"
    answer = _upload(campaign, text)
    assert is_refused(answer)
    assert "“tolerence”. Did you mean “tolerance”?" in answer.content.decode()
    assert not is_refused(_upload(campaign, text.replace("tolerence", "tolerance")))


def test_a_file_that_is_not_text_is_refused(campaign: Campaign) -> None:
    file = SimpleUploadedFile("items.csv", b"\xff\xfe\x00")
    address = reverse("controls_upload", args=[campaign.pk])
    answer = import_by_page(_client(campaign), address, {"upload-file": file, "upload-kind": "control"})
    assert is_refused(answer)
    assert "not UTF-8" in answer.content.decode()


def test_gold_of_another_campaign_becomes_items_and_undecided_gold_does_not(campaign: Campaign) -> None:
    run = campaign.runs.get()
    lead = campaign.members.get(user__username="lead").user
    earlier = build.campaign(run, [build.person("eve"), build.person("dan")], leads=[lead], size=8)
    free = set(candidates(campaign).values_list("pk", flat=True))
    outside = sorted(free)
    # On one free response 4 and 4 (gold 4), on one 3 and 4 (gold 3.5), on one 1 and 5 (tied); on a taken one 2 and 2.
    taken = campaign.tasks.all()[0].response_id
    for response, scores in zip([*outside[:3], taken], [(4, 4), (3, 4), (1, 5), (2, 2)], strict=True):
        task = earlier.tasks.get(response=response)
        _submitted(task, "eve", scores[0])
        _submitted(task, "dan", scores[1])
    release = release_gold(campaign=earlier, criteria=EVERY_TASK)
    address = reverse("controls_from_gold", args=[campaign.pk])
    posted = {"gold-release": release.pk, "gold-count": 20, "gold-tolerance": 1, "gold-kind": "control"}
    assert _client(campaign).post(address, posted).status_code == 302
    added = KnownScore.objects.get()
    assert (added.task.response_id, added.score, added.tolerance) == (outside[0], 4, 1)
    again = _client(campaign).post(address, posted)
    assert again.status_code == 422
    assert "no decided gold" in again.content.decode()


def test_gold_of_a_campaign_that_somebody_else_leads_cannot_be_chosen(campaign: Campaign) -> None:
    theirs = build.campaign(build.run_with_items(1), [build.person("eve")], overlap=1)
    _submitted(theirs.tasks.get(), "eve", 4)
    release = release_gold(campaign=theirs, criteria=EVERY_TASK)
    posted = {"gold-release": release.pk, "gold-count": 1, "gold-tolerance": 0, "gold-kind": "control"}
    answer = _client(campaign).post(reverse("controls_from_gold", args=[campaign.pk]), posted)
    assert answer.status_code == 422
    assert campaign.tasks.count() == 2


def test_the_list_says_how_people_did_by_the_newest_revision_and_leaves_set_aside_people_out(
    campaign: Campaign,
) -> None:
    task = build.control(campaign=campaign, response=_free(campaign), score=5, actor=None)
    _submitted(task, "ann", 1, 5)
    _submitted(task, "bob", 2)
    assert [(item.answers, item.right) for item in control_items(campaign)] == [(2, 1)]
    campaign.members.filter(user__username="bob").update(set_aside_at="2026-01-02T00:00:00Z")
    assert [(item.answers, item.right) for item in control_items(campaign)] == [(1, 1)]


def test_an_item_that_all_get_wrong_is_marked_suspicious(campaign: Campaign) -> None:
    task = build.control(campaign=campaign, response=_free(campaign), score=1, actor=None)
    for name in ("cat", "dan", "eve", "fay"):
        campaign.members.create(user=build.person(name))
        _submitted(task, name, 5)
    page = one_line(_client(campaign).get(reverse("controls", args=[campaign.pk])).content.decode())
    assert "suspicious</span>" in page
    assert "0 of 4" in page


def test_a_withdrawn_item_is_kept_and_used_no_more(campaign: Campaign) -> None:
    task = build.control(campaign=campaign, response=_free(campaign), score=1, actor=None)
    _submitted(task, "ann", 5)
    address = reverse("control_withdraw", args=[campaign.pk, task.pk])
    assert _client(campaign).post(address).status_code == 302
    assert control_items(campaign) == []
    task.refresh_from_db()
    assert (task.kind, task.known_score.score, task.assignments.count()) == ("withdrawn", 1, 1)
    assert AuditEvent.objects.filter(action="control_item.withdrawn", subject=f"task {task.pk}").exists()
    assert _client(campaign).post(address).status_code == 409


def test_a_regular_task_cannot_be_withdrawn(campaign: Campaign) -> None:
    lead = campaign.members.get(user__username="lead").user
    with pytest.raises(Conflict):
        withdraw_control(task=campaign.tasks.all()[0], actor=lead)


@pytest.mark.parametrize("kind", ["control", "qualification"])
def test_a_withdrawn_item_is_restored_as_what_it_was_and_its_answers_count_again(
    campaign: Campaign, kind: str
) -> None:
    task = build.control(campaign=campaign, response=_free(campaign), score=5, kind=kind, actor=None)
    _submitted(task, "ann", 5)
    lead = campaign.members.get(user__username="lead").user
    withdraw_control(task=task, actor=lead)
    page = _client(campaign)
    assert "Withdrawn</h2>" in page.get(reverse("controls", args=[campaign.pk])).content.decode()
    address = reverse("control_restore", args=[campaign.pk, task.pk])
    assert page.post(address).status_code == 302
    assert [(item.task.kind, item.answers) for item in control_items(campaign)] == [
        (kind, int(kind == "control"))
    ]
    assert AuditEvent.objects.filter(action=f"{kind}_item.restored", actor=lead).count() == 1
    assert page.post(address).status_code == 409


def test_a_changed_score_measures_the_labels_made_before_too(campaign: Campaign) -> None:
    task = build.control(campaign=campaign, response=_free(campaign), score=1, actor=None)
    _submitted(task, "ann", 4)
    assert [(item.answers, item.right) for item in control_items(campaign)] == [(1, 0)]
    address = reverse("control_edit", args=[campaign.pk, task.pk])
    page = _client(campaign)
    shown = page.get(address).content.decode()
    assert "also compared with the score you save" in shown
    answer = page.post(address, {"score": 5, "tolerance": 1, "explanation": "It is short."})
    assert answer.status_code == 302
    assert [(item.answers, item.right) for item in control_items(campaign)] == [(1, 1)]
    event = AuditEvent.objects.get(action="known_score.changed")
    assert event.details == {
        "before": {"score": 1, "tolerance": 0, "explanation": ""},
        "after": {"score": 5, "tolerance": 1, "explanation": "It is short."},
    }
    assert page.post(address, {"score": 5, "tolerance": 1, "explanation": "It is short."}).status_code == 302
    assert AuditEvent.objects.filter(action="known_score.changed").count() == 1
    assert page.post(address, {"score": 6, "tolerance": 1}).status_code == 422


def test_a_changed_score_leaves_answers_of_the_qualification_round_unchanged(
    campaign: Campaign,
) -> None:
    task = build.control(
        campaign=campaign, response=_free(campaign), score=4, kind="qualification", actor=None
    )
    attempt = QualificationAttempt.objects.create(member=campaign.members.get(user__username="ann"), number=1)
    QualificationAnswer.objects.create(attempt=attempt, task=task, score=4, is_right=True)
    lead = campaign.members.get(user__username="lead").user
    change_known_score(task=task, score=1, tolerance=0, explanation="", actor=lead)
    assert [(item.answers, item.right) for item in control_items(campaign)] == [(1, 1)]


def test_only_items_with_a_known_score_are_changed_or_restored(campaign: Campaign) -> None:
    lead = campaign.members.get(user__username="lead").user
    regular = campaign.tasks.filter(kind="regular")[0]
    with pytest.raises(Conflict):
        restore_control(task=regular, actor=lead)
    with pytest.raises(Conflict):
        change_known_score(task=regular, score=1, tolerance=0, explanation="", actor=lead)
    assert _client(campaign).get(reverse("control_edit", args=[campaign.pk, regular.pk])).status_code == 404


def test_a_file_with_semicolons_is_refused_with_that_reason(campaign: Campaign) -> None:
    answer = _upload(campaign, f"response;score\n{_free(campaign).pk};4\n")
    assert is_refused(answer)
    assert "separated by semicolons" in answer.content.decode()
