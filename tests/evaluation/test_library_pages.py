"""The library's pages: datasets, catalogues, endpoints, rubrics and judges, browsed, imported, made and tried out."""

import json
import re
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from evaluation.models import Catalogue, Completion, Dataset, Endpoint, Judge, Judgment, Question, Rubric
from evaluation.services.drain import drain
from evaluation.services.judges import default_rubric, heuristic_judge
from tests import build
from tests.stub_llm import StubProcess

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(build.person("staff", staff=True))
    return client


def _page(staff: Client, route: str, *keys: int, status: int = 200, **query: str | int) -> str:
    response = staff.get(reverse(route, args=keys), query)
    assert response.status_code == status
    return re.sub(r"\s+", " ", response.content.decode())


def _upload(staff: Client, route: str, file_name: str, content: str, **fields: str) -> tuple[int, str]:
    file = SimpleUploadedFile(file_name, content.encode())
    response = staff.post(reverse(route), {"file": file, **fields})
    return response.status_code, re.sub(r"\s+", " ", response.content.decode())


# --- Datasets -------------------------------------------------------------------------------------------------


def test_questions_are_browsed_by_key_forth_and_back(staff: Client) -> None:
    dataset = build.question().dataset
    for number in range(119):
        build.question(dataset, text=f"What is number {number:03}?")
    address = reverse("dataset_detail", args=[dataset.pk])
    first = staff.get(address).content.decode()
    seen = [re.findall(r"What is number (\d+)", first)]
    further = re.search(r'rel="next" href="([^"]+)"', first)
    assert further is not None
    assert 'rel="prev"' not in first
    second = staff.get(address + further[1].replace("&amp;", "&")).content.decode()
    seen.append(re.findall(r"What is number (\d+)", second))
    back = re.search(r'rel="prev" href="([^"]+)"', second)
    assert back is not None
    assert not set(seen[0]) & set(seen[1])
    assert (len(seen[0]), len(seen[1])) == (49, 50)
    again = staff.get(address + back[1].replace("&amp;", "&")).content.decode()
    assert re.findall(r"What is number (\d+)", again) == seen[0]


def test_questions_are_searched_in_text_and_options_and_filtered(staff: Client) -> None:
    dataset = build.question(text="Where do whales live?", source="sea").dataset
    build.question(dataset, text="Where do bears live?", source="land")
    assert "whales" in _page(staff, "dataset_detail", dataset.pk, q="LIVE whale")
    assert "bears" not in _page(staff, "dataset_detail", dataset.pk, q="whale")
    assert "bears" in _page(staff, "dataset_detail", dataset.pk, q="three", source="land")  # an option
    assert "whales" not in _page(staff, "dataset_detail", dataset.pk, source="land")
    assert "No question has these" in _page(staff, "dataset_detail", dataset.pk, q="tigers")
    _page(staff, "dataset_detail", dataset.pk, source="nowhere", status=422)


def test_questions_are_imported_by_upload_with_rejected_rows_told(staff: Client) -> None:
    rows = [
        {"question": "One?", "options": ["a", "b"], "gold_option": "A"},
        {"question": "Two?", "options": ["a", "b"], "gold_option": "Z"},
    ]
    lines = "\n".join(map(json.dumps, rows))
    status, page = _upload(staff, "dataset_import", "q.jsonl", lines, dataset="mine", layout="auto")
    assert status == 200
    assert Question.objects.get().text == "One?"
    assert re.search(r"Rejected rows.*gold_option", page)
    status, page = _upload(staff, "dataset_import", "q.jsonl", lines, dataset="mine", layout="auto")
    assert "nothing changed" in page
    status, page = _upload(staff, "dataset_import", "q.exe", lines, dataset="mine", layout="auto")
    assert (status, "of no known kind" in page) == (422, True)
    status, page = _upload(
        staff, "dataset_import", "q.jsonl", lines, dataset="strictly", layout="auto", strict="on"
    )
    assert status == 422
    assert not Dataset.objects.filter(name="strictly").exists()


# --- Catalogues -----------------------------------------------------------------------------------------------


def test_catalogues_are_imported_searched_and_compared(staff: Client) -> None:
    head = "text,category,kind\n"
    old = head + "I like it short.,brevity,relevant\nI like tea.,other,irrelevant\nI like lists.,structure,\n"
    new = head + "I like it short.,clarity,relevant\nI like lists.,structure,\nI like jokes.,tone,\n"
    assert _upload(staff, "catalogue_import", "c.csv", old, name="taste")[0] == 200
    assert _upload(staff, "catalogue_import", "c.csv", new, name="taste")[0] == 200
    first, second = Catalogue.objects.filter(name="taste").order_by("version")
    page = _page(staff, "catalogue_detail", first.pk, kind="irrelevant")
    assert "I like tea." in page
    assert "I like lists." not in page
    assert "I like it short." in _page(staff, "catalogue_detail", first.pk, q="SHORT", category="brevity")
    changes = _page(staff, "catalogue_differences", second.pk)
    assert "1 added, 1 removed, 1 of another category or kind, 1 the same" in changes
    assert "<ins>I like jokes.</ins>" in changes
    assert "<del>I like tea.</del>" in changes
    assert "<del>Brevity</del> <ins>Clarity</ins>" in changes
    assert "1 added, 1 removed" in _page(staff, "catalogue_differences", first.pk, since=2)


def test_a_bad_row_refuses_a_catalogue_with_its_reason(staff: Client) -> None:
    status, page = _upload(staff, "catalogue_import", "c.csv", "text,kind\nGood.,\nBad.,purple\n", name="t")
    assert status == 422
    assert re.search(r"Rejected rows.*purple", page)
    assert not Catalogue.objects.exists()


# --- Endpoints ------------------------------------------------------------------------------------------------


def _endpoint_fields(**fields: object) -> dict[str, object]:
    valid: dict[str, object] = {
        "name": "mine",
        "provider": "openai",
        "model": "m",
        "base_url": "",
        "api_key_variable": "STUB_KEY",
        "input_price": "1",
        "output_price": "2",
        "max_concurrency": "8",
        "timeout_seconds": "30",
        "structured_output": "json_schema",
        "options": "{}",
    }
    return valid | fields


def test_an_endpoint_is_made_with_its_prices_dated_and_its_key_never_shown(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUB_KEY", "a-very-secret-value")
    assert staff.post(reverse("endpoint_create"), _endpoint_fields()).status_code == 302
    endpoint = Endpoint.objects.get(name="mine")
    assert (endpoint.input_price, endpoint.priced_on is not None) == (Decimal(1), True)
    for route, keys in (
        ("endpoint_detail", [endpoint.pk]),
        ("endpoint_list", []),
        ("endpoint_edit", [endpoint.pk]),
    ):
        page = _page(staff, route, *keys)
        assert "a-very-secret-value" not in page
    assert "STUB_KEY" in _page(staff, "endpoint_detail", endpoint.pk)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "taken"}, "has this name already"),
        ({"api_key_variable": "sk-proj-abcdef-1234567890"}, "looks like a key itself"),
        ({"output_price": ""}, "Give both prices"),
        ({"base_url": "ftp://x"}, "Enter a valid value"),
        ({"options": "[1]"}, "The options are a JSON object"),
        ({"max_concurrency": "0"}, "greater than or equal to 1"),
        ({"provider": "heuristic"}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_with_an_endpoint_stands_in_the_form(
    staff: Client, fields: dict[str, object], said: str
) -> None:
    Endpoint.objects.create(name="taken", provider="openai", model="m")
    response = staff.post(reverse("endpoint_create"), _endpoint_fields(**fields))
    assert response.status_code == 422
    assert said in response.content.decode()
    assert Endpoint.objects.count() == 1


def test_an_endpoint_with_answers_on_record_keeps_what_they_are_known_by(staff: Client) -> None:
    staff.post(reverse("endpoint_create"), _endpoint_fields())
    endpoint = Endpoint.objects.get(name="mine")
    edit = reverse("endpoint_edit", args=[endpoint.pk])
    assert staff.post(edit, _endpoint_fields(model="other")).status_code == 302
    Completion.objects.create(
        endpoint=endpoint, request_key="k", request={}, status="succeeded", finished_at=timezone.now()
    )
    response = staff.post(edit, _endpoint_fields(model="third"))
    assert response.status_code == 422
    assert "has answers on record" in response.content.decode()
    assert staff.post(edit, _endpoint_fields(model="other", max_concurrency="2")).status_code == 302
    endpoint.refresh_from_db()
    assert (endpoint.model, endpoint.max_concurrency) == ("other", 2)


def _stub_endpoint(providers: StubProcess) -> Endpoint:
    return Endpoint.objects.create(
        name="stub",
        provider="openai",
        model="stub-model",
        base_url=providers.openai_url,
        api_key_variable="STUB_KEY",
        input_price=Decimal(1),
        output_price=Decimal(1),
        priced_on="2026-01-01",
    )


@pytest.mark.django_db(transaction=True)
def test_an_endpoint_is_tested_by_one_call_that_tells_latency_and_cost(
    staff: Client, providers: StubProcess
) -> None:
    endpoint = _stub_endpoint(providers)
    address = staff.post(reverse("endpoint_try", args=[endpoint.pk])).headers["Location"]
    waiting = staff.get(address).content.decode()
    assert 'hx-trigger="every 1s"' in waiting
    drain(endpoint)
    page = staff.get(address, headers={"hx-request": "true"}).content.decode()
    assert "<html" not in page
    assert "hx-trigger" not in page
    assert "It works." in page
    assert re.search(r"Latency</dt><dd class=\"figure\">\d+\.\d\d s", page)
    assert re.search(r"Cost</dt><dd class=\"figure\">(under )?\$0\.", page)
    assert Completion.objects.get().run is None
    health = _page(staff, "endpoint_health", endpoint.pk)
    assert "No call without an answer" in health
    assert 'Allowed at a time, now</dt><dd class="figure">64' in health


@pytest.mark.django_db(transaction=True)
def test_a_test_that_fails_says_why_in_plain_words_and_so_does_the_endpoints_health(
    staff: Client, providers: StubProcess
) -> None:
    providers.configure(rates={"401": 1.0})
    endpoint = _stub_endpoint(providers)
    address = staff.post(reverse("endpoint_try", args=[endpoint.pk])).headers["Location"]
    drain(endpoint)
    page = staff.get(address).content.decode()
    assert "The provider did not accept the key." in page
    assert "Look at the key in the endpoint&#x27;s variable." in page or "Look at the key" in page
    health = _page(staff, "endpoint_health", endpoint.pk)
    assert "The provider did not accept the key." in health


def test_a_record_is_not_called_but_says_what_it_can_replay(staff: Client) -> None:
    endpoint = Endpoint.objects.create(name="record", provider="recorded", model="m")
    assert "none is on record" in _page(staff, "endpoint_detail", endpoint.pk)
    response = staff.post(reverse("endpoint_try", args=[endpoint.pk]))
    assert response.status_code == 400
    assert not Completion.objects.exists()


def test_a_call_of_a_run_is_no_test(staff: Client) -> None:
    run = build.run_with_items(1)
    call = Completion.objects.create(
        endpoint=run.endpoint, run=run, request_key="k", request={"replicate": 1}
    )
    assert staff.get(reverse("endpoint_trial", args=[run.endpoint_id, call.pk])).status_code == 404


def test_what_depends_on_an_endpoint_is_listed(staff: Client) -> None:
    run = build.run_with_items(1)
    judge = Judge.objects.create(name="strict", endpoint=run.endpoint, rubric=default_rubric())
    page = _page(staff, "endpoint_detail", run.endpoint_id)
    assert reverse("run_detail", args=[run.pk]) in page
    assert reverse("judge_detail", args=[judge.pk]) in page


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
    page = _page(staff, "rubric_detail", second.pk)
    assert re.search(r"How ?(<ins>very </ins>| ?<ins> ?very</ins> )polite", page)
    assert "<del>means 5</del><ins>perfect</ins>" in page
    again = staff.post(reverse("rubric_edit", args=[second.pk]), edited)
    assert (again.status_code, "says exactly this already" in again.content.decode()) == (422, True)
    taken = staff.post(reverse("rubric_create"), {"name": "Tone", **_words("x")})
    assert (taken.status_code, Rubric.objects.filter(name="Tone").count()) == (422, 2)


# --- Judges ---------------------------------------------------------------------------------------------------


def test_a_judge_is_made_with_what_it_is_asked_by(staff: Client) -> None:
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
        name="j", endpoint=_stub_endpoint(providers), rubric=default_rubric(), temperature=0.3
    )
    address = _asked_about(staff, judge, question="<b>Hostile?</b>")
    assert judge.endpoint is not None
    drain(judge.endpoint)
    page = staff.get(address).content.decode()
    assert "<b>Hostile?" not in page
    assert "&lt;b&gt;Hostile?" in page  # in the prompt, as sent
    assert re.search(r'verdict-score">[1-5]<', page)
    assert "Reply, as it came" in page
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
    judge = Judge.objects.create(name="j", endpoint=_stub_endpoint(providers), rubric=default_rubric())
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
    page = _page(staff, "judge_test", heuristic_judge().pk, run=run.pk, position=2)
    assert item.question.text in page
    assert item.preference is not None
    assert item.preference.text in page
    assert item.question.text in _page(staff, "judge_test", heuristic_judge().pk, item=item.pk)
    assert "Below is an example" in _page(staff, "judge_test", heuristic_judge().pk, run=run.pk, position=99)


def test_imported_ratings_cannot_be_tested(staff: Client) -> None:
    judge = Judge.objects.create(name="imported", origin="imported")
    assert "Test it on one item" not in _page(staff, "judge_detail", judge.pk)
    assert staff.get(reverse("judge_test", args=[judge.pk])).status_code == 404


def test_a_judges_page_says_in_which_campaigns_it_may_be_trusted(staff: Client) -> None:
    run = build.run_with_items(2)
    judge = heuristic_judge()
    assert "Nobody knows yet" in _page(staff, "judge_detail", judge.pk)
    run.judges.add(judge)
    campaign = build.campaign(run, [build.person()], overlap=1)
    assert "none yet: ask for one" in _page(staff, "judge_detail", judge.pk)
    campaign.validation_reports.create(
        status="ready",
        settings={},
        input_hash="0" * 64,
        document={"judges": [{"name": judge.name, "verdict": {"sentence": "not trustworthy here"}}]},
        finished_at=campaign.created_at,
    )
    for page in (_page(staff, "judge_detail", judge.pk), _page(staff, "judge_list")):
        assert "not trustworthy here" in page
        assert reverse("validation", args=[campaign.pk]) in page


def test_the_library_counts_names_not_versions(staff: Client) -> None:
    for version in (1, 2):
        Catalogue.objects.create(name="c", version=version)
    assert re.search(r'Preference catalogues</a> <span class="badge">1<', _page(staff, "library"))
