"""The pages of rubrics and judges: versions, trials on one item, and where a judge may be trusted."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from evaluation.engine.calls.drain import drain
from evaluation.judges.selectors import default_rubric, heuristic_judge
from evaluation.models import Completion, Endpoint, Judge, Judgment, Rubric
from tests import build
from tests.pages import page_text
from tests.stub_llm import StubProcess

pytestmark = pytest.mark.django_db

# --- Rubrics --------------------------------------------------------------------------------------------------


def _words(instructions: str, **anchors: str) -> dict[str, str]:
    return {"instructions": instructions} | {f"anchor_{n}": f"means {n}" for n in range(1, 6)} | anchors


def test_editing_a_rubric_makes_its_next_version_and_leaves_the_old_one(staff: Client) -> None:
    staff.post(reverse("rubric_create"), {"name": "Tone", **_words("How polite is it?")})
    first = Rubric.objects.get(name="Tone")
    edited = _words("How very polite is it?", anchor_5="perfect")
    response = staff.post(reverse("rubric_edit", args=[first.pk]), edited)
    second = Rubric.objects.get(name="Tone", version=2)
    assert response.headers["Location"] == reverse("rubric_detail", args=[second.pk])
    first.refresh_from_db()
    assert (first.instructions, first.anchors[4]) == ("How polite is it?", "means 5")
    page = page_text(staff, "rubric_detail", second.pk)
    assert re.search(r"How ?(<ins ?>very </ins>| ?<ins ?> ?very</ins> )polite", page)
    assert "<del >means 5</del><ins >perfect</ins>" in page
    again = staff.post(reverse("rubric_edit", args=[second.pk]), edited)
    assert (again.status_code, "says exactly this already" in again.content.decode()) == (422, True)
    taken = staff.post(reverse("rubric_create"), {"name": "Tone", **_words("x")})
    assert (taken.status_code, Rubric.objects.filter(name="Tone").count()) == (422, 2)


# --- Judges ---------------------------------------------------------------------------------------------------


def test_a_judge_is_created_with_its_endpoint_and_rubric(staff: Client) -> None:
    endpoint = Endpoint.objects.create(name="e", provider="openai", model="m")
    fields = {
        "name": "strict",
        "endpoint": endpoint.pk,
        "rubric": default_rubric().pk,
        "threshold": "4",
        "replicates": "3",
        "temperature": "0.7",
        "max_tokens": "2048",
    }
    assert staff.post(reverse("judge_create"), fields).status_code == 302
    judge = Judge.objects.get(name="strict")
    assert (judge.threshold, judge.replicates, judge.temperature, judge.max_tokens) == (4, 3, 0.7, 2048)
    response = staff.post(reverse("judge_create"), fields)
    assert (response.status_code, Judge.objects.filter(name="strict").count()) == (422, 1)


def _asked_about(staff: Client, judge: Judge, **texts: str) -> str:
    fields = {
        "question": "What is two and two?",
        "options": "three\nfour",
        "preference": "I prefer short answers.",
        "baseline": "It is, as everybody knows, four.",
        "personalised": "B.",
    }
    response = staff.post(reverse("judge_test", args=[judge.pk]), fields | texts)
    assert response.status_code == 302
    return str(response.headers["Location"])


@pytest.mark.django_db(transaction=True)
def test_a_judge_is_tried_on_one_item_and_nothing_is_written_down_as_a_judgment(
    staff: Client, providers: StubProcess
) -> None:
    judge = Judge.objects.create(
        name="j", endpoint=build.stub_endpoint(providers), rubric=default_rubric(), temperature=0.3
    )
    address = _asked_about(staff, judge, question="<b>Hostile?</b>")
    assert judge.endpoint is not None
    drain(judge.endpoint)
    page = staff.get(address).content.decode()
    assert "<b>Hostile?" not in page
    assert "&lt;b&gt;Hostile?" in page  # in the prompt, as sent
    assert re.search(r'verdict-score">[1-5]<', page)
    assert "Raw reply" in page
    assert "Temperature 0.3" in page
    assert "Latency" in page
    assert not Judgment.objects.exists()
    # Another test of the same is another call.
    assert _asked_about(staff, judge, question="<b>Hostile?</b>") != address


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("fate", "said"),
    [("html", "provider"), ("refuse", "The model refused to answer."), ("401", "did not accept the key")],
)
def test_a_judge_without_a_score_says_why(
    staff: Client, providers: StubProcess, fate: str, said: str
) -> None:
    judge = Judge.objects.create(name="j", endpoint=build.stub_endpoint(providers), rubric=default_rubric())
    address = _asked_about(staff, judge)
    providers.configure(rates={fate: 1.0})
    call = Completion.objects.get()
    assert judge.endpoint is not None
    if fate == "html":
        Completion.objects.filter(pk=call.pk).update(
            status="succeeded", text="five stars", finished_at=call.created_at
        )
        said = "the judge&#x27;s reply is unreadable"
    else:
        drain(judge.endpoint)
    page = staff.get(address).content.decode()
    assert said in page
    assert "No score:" in page


def test_an_item_of_a_run_fills_the_form(staff: Client) -> None:
    run = build.run_with_items(3)
    item = run.items.get(position=2)
    page = page_text(staff, "judge_test", heuristic_judge().pk, run=run.pk, position=2)
    assert item.question.text in page
    assert item.preference is not None
    assert item.preference.text in page
    assert item.question.text in page_text(staff, "judge_test", heuristic_judge().pk, item=item.pk)
    assert "Below is an example" in page_text(
        staff, "judge_test", heuristic_judge().pk, run=run.pk, position=99
    )


def test_imported_ratings_cannot_be_tested(staff: Client) -> None:
    judge = Judge.objects.create(name="imported", origin="imported")
    assert "Test on one item" not in page_text(staff, "judge_detail", judge.pk)
    assert staff.get(reverse("judge_test", args=[judge.pk])).status_code == 404


def test_a_judges_page_says_in_which_campaigns_it_may_be_trusted(staff: Client) -> None:
    run = build.run_with_items(2)
    judge = heuristic_judge()
    assert "Not known yet" in page_text(staff, "judge_detail", judge.pk)
    run.judges.add(judge)
    campaign = build.campaign(run, [build.person()], overlap=1)
    assert "none yet: request one" in page_text(staff, "judge_detail", judge.pk)
    campaign.validation_reports.create(
        status="ready",
        settings={},
        input_hash="0" * 64,
        document={"judges": [{"name": judge.name, "verdict": {"sentence": "not trustworthy here"}}]},
        finished_at=campaign.created_at,
    )
    for page in (page_text(staff, "judge_detail", judge.pk), page_text(staff, "judge_list")):
        assert "not trustworthy here" in page
        assert reverse("validation", args=[campaign.pk]) in page
