"""What the pages do with good and bad input: the import page, hostile texts, gold, errors."""

import json
import re
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from annotations.models import Campaign, GoldRelease
from core.templatetags.markdown import markdown
from evaluation.judges.selectors import heuristic_judge
from evaluation.models import Run
from perg.stats.gold.gold_criteria import ALL_STATES
from tests import build
from tests.imports import import_by_page, is_refused

pytestmark = pytest.mark.django_db

DEMONSTRATION = Path(__file__).parents[2] / "evaluation" / "demonstration" / "direct.csv"


def _upload(client: Client, content: bytes, **fields: str) -> tuple[int, str]:
    page = import_by_page(
        client,
        reverse("run_import"),
        {
            "file": SimpleUploadedFile("direct.csv", content, "text/csv"),
            "model": "m",
            "method": "direct",
            "setting": "relevant",
            **fields,
        },
    )
    return 422 if is_refused(page) else page.status_code, page.content.decode()


def test_a_run_is_imported_by_upload_and_the_same_file_again_changes_nothing(staff: Client) -> None:
    status, page = _upload(staff, DEMONSTRATION.read_bytes())
    assert status == 200
    assert "66" in page
    status, page = _upload(staff, DEMONSTRATION.read_bytes())
    assert status == 200
    assert "nothing changed" in page
    assert Run.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n\0\0", "CSV"),
        ("question,é\n".encode("latin-1"), "UTF-8"),
        (b"a,b\n1,2\n", "CSV"),
    ],
)
def test_a_file_that_is_no_recorded_run_is_refused_in_words(staff: Client, content: bytes, said: str) -> None:
    status, page = _upload(staff, content)
    assert status == 422
    assert said in page
    assert not Run.objects.exists()


def test_rejected_rows_are_shown_with_row_and_reason(staff: Client) -> None:
    lines = DEMONSTRATION.read_text(encoding="utf-8").splitlines(keepends=True)
    broken = "".join(lines).replace("demo/science,physics,B,", "demo/science,physics,Z,", 1)
    status, page = _upload(staff, broken.encode())
    assert status == 200
    assert re.search(r"gold_option.*Z", page, re.DOTALL)
    status, page = _upload(staff, broken.encode(), strict="on", name="strictly")
    assert status == 422
    assert not Run.objects.filter(name="strictly").exists()


def test_run_page_shows_every_metric_and_why_one_is_undefined(staff: Client) -> None:
    run = build.run_with_items(2)
    run.judges.add(heuristic_judge())
    page = staff.get(reverse("run_detail", args=[run.pk])).content.decode()
    assert "Breakage rate" in page
    assert "no item is scored by this judge" in page
    assert "<svg" in page
    for dimension in ("category", "preference", "preference_category", "nonsense"):
        assert staff.get(reverse("run_detail", args=[run.pk]), {"by": dimension}).status_code == 200


def _labelling() -> tuple[Client, Campaign]:
    annotator = build.person("annotator")
    campaign = build.campaign(build.run_with_items(2), [annotator], overlap=1)
    client = Client()
    client.force_login(annotator)
    return client, campaign


GOLD = {
    "rule": "majority",
    "states": ALL_STATES,
    "include_unresolved": "on",
    "minimum_labels": 0,
    "minimum_agreement": 0,
    "minimum_confidence": 0,
}


def test_releasing_without_labels_is_an_error_page_not_a_crash(staff: Client) -> None:
    _, campaign = _labelling()
    response = staff.post(reverse("gold_release", args=[campaign.pk]), GOLD)
    assert response.status_code == 409
    assert "Nothing is labelled yet" in response.content.decode()


def test_agreement_over_rest_with_a_token_is_the_same_as_on_the_page(staff: Client) -> None:
    _, campaign = _labelling()
    token = build.bearer(build.person("program", staff=True))
    response = Client().get(reverse("api_agreement", args=[campaign.pk]), headers=token)
    assert response.status_code == 200
    assert response.json()["people"]["alpha_ordinal"]["undefined"]
    assert staff.get(reverse("campaign_agreement", args=[campaign.pk])).status_code == 200


def test_api_errors_are_problem_details() -> None:
    response = Client().get(reverse("api_agreement", args=[1]), headers={"authorization": "Bearer wrong"})
    assert response.status_code == 401
    assert response.headers["Content-Type"] == "application/problem+json"
    assert json.loads(response.content)["code"]
    token = build.bearer(build.person())
    response = Client().get(reverse("api_agreement", args=[10**9]), headers=token)
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_headings_of_a_response_stay_below_those_of_the_page() -> None:
    assert markdown("# Title\n\n### Part").replace("\n", "") == "<h3>Title</h3><h5>Part</h5>"


def test_pages_forbid_inline_script_and_style(staff: Client) -> None:
    policy = staff.get(reverse("home")).headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy


def _task(client: Client, campaign: Campaign) -> dict[str, Any]:
    answer = client.post(reverse("api_next_task", args=[campaign.pk]), {}, "application/json")
    task: dict[str, Any] = answer.json()["task"]
    return task


def test_gold_is_released_and_downloaded(staff: Client) -> None:
    client, campaign = _labelling()
    entered = {"score": 5, "seconds": 3, "submission_key": uuid.uuid4(), "based_on": 0}
    address = reverse("api_submit", args=[_task(client, campaign)["assignment"]])
    assert client.post(address, entered, "application/json").status_code == 200
    assert staff.post(reverse("gold_release", args=[campaign.pk]), GOLD).status_code == 302
    release = GoldRelease.objects.get()
    for extension in ("csv", "jsonl"):
        response = staff.get(reverse("gold_export", args=[release.pk, extension]))
        assert response.headers["X-Gold-Checksum"] == release.checksum
        assert b"".join(response.streaming_content).count(b"followed if score") == 2  # type: ignore[attr-defined]
    assert staff.get(reverse("gold_export", args=[release.pk, "exe"])).status_code == 404


def test_hostile_markdown_reaches_the_annotation_screen_harmless() -> None:
    run = build.run()
    hostile = "<script>alert(1)</script> ![x](http://evil.example/a.png) [y](javascript:alert(1)) **bold**"
    build.item(run, texts=(hostile, hostile))
    annotator = build.person()
    campaign = build.campaign(run, [annotator], overlap=1)
    client = Client()
    client.force_login(annotator)
    page = client.get(reverse("label_next", args=[campaign.pk])).content.decode()
    assert "<script>alert" not in page
    task = _task(client, campaign)
    for html in (task["baseline_html"], task["personalised_html"]):
        assert "<strong>bold</strong>" in html
        for acting in ("<script", "src=", "href="):
            assert acting not in html
