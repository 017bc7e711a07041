"""The main job, from a recorded run to exported gold, in a real browser on the platform as it is started for users.

What is exported is compared with what the test itself worked out from the keys it pressed.
"""

import csv
import hashlib
import io
import json
import statistics
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import krippendorff
import pytest
from playwright.sync_api import Browser, Page, expect
from sklearn.metrics import cohen_kappa_score

from tests.browser.conftest import PASSWORD, REPOSITORY, Site, is_accessible

RUN = "recorded for the test"
CAMPAIGN = "twenty responses"
TASKS = 20
RECORDED = REPOSITORY / "evaluation" / "demonstration" / "direct.csv"


@pytest.fixture
def pages(browser: Browser, site: Site) -> Iterator[dict[str, Page]]:
    """A window for each person, logged in by keyboard."""
    opened = {}
    for username in ("admin", "ann", "bob"):
        site.add_person(username, staff=username == "admin")
        context = browser.new_context(base_url=site.address, viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.on("pageerror", lambda error: pytest.fail(f"script error: {error}"))
        page.goto("/")
        page.get_by_label("Username").fill(username)
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/")
        opened[username] = page
    yield opened
    for page in opened.values():
        page.context.close()


def _score_for(username: str, question: str) -> int:
    """A score that depends on the person and the question only: mostly the same for both, sometimes not."""
    digest = hashlib.sha256(question.encode()).digest()
    own = hashlib.sha256((username + question).encode()).digest()
    return 1 + (digest[0] if own[0] % 3 else own[1]) % 5


def _import(page: Page) -> None:
    page.goto("/runs/import/")
    is_accessible(page)
    page.get_by_label("CSV file").set_input_files(RECORDED)
    page.locator("[name=model]").fill("demo-model")
    page.locator("[name=method]").select_option("direct")
    page.locator("[name=setting]").select_option("relevant")
    page.locator("[name=name]").fill(RUN)
    page.locator("[name=name]").press("Enter")
    expect(page.get_by_text("66 of 66")).to_be_visible()
    is_accessible(page)


def _judge(page: Page) -> None:
    page.goto("/runs/")
    page.get_by_role("link", name=RUN).first.click()
    page.get_by_role("button", name="heuristic").click()
    expect(page.get_by_text("Complete").first).to_be_visible(timeout=60_000)
    page.reload()
    expect(page.get_by_role("rowheader", name="Alignment failure — heuristic (floor)").first).to_be_visible()
    is_accessible(page)


def _create_campaign(page: Page) -> None:
    page.goto("/campaigns/new/")
    page.locator("[name=name]").fill(CAMPAIGN)
    page.get_by_label(RUN).check()
    page.locator("[name=sample_size]").fill(str(TASKS))
    page.locator("[name=overlap]").fill("2")
    for username in ("ann", "bob"):
        page.get_by_role("group", name="Annotators").get_by_label(username, exact=True).check()
    is_accessible(page)
    page.get_by_role("button", name="Create campaign").click()
    expect(page.get_by_role("heading", name=CAMPAIGN)).to_be_visible()


def _label_by_keyboard(page: Page, username: str) -> dict[str, int]:
    """Label everything with keys alone; give the score pressed for each question."""
    page.goto("/campaigns/")
    page.get_by_role("link", name="label", exact=False).first.focus()
    page.keyboard.press("Enter")
    question = page.locator("[data-question]")
    given: dict[str, int] = {}
    for number in range(TASKS):
        expect(question).to_be_visible()
        text = question.inner_text()
        assert text not in given
        given[text] = _score_for(username, text)
        page.keyboard.press(str(given[text]))
        if number == 0:
            is_accessible(page)
            page.keyboard.press("c")
            page.keyboard.type("looks 5 fine")  # digits typed into the comment choose nothing
            page.keyboard.press("Escape")
        page.keyboard.press("Enter")
        expect(question.filter(has_text=text)).not_to_be_visible()
    expect(page.locator("[data-nothing=all_done], [data-nothing=done_by_you]")).to_be_visible()
    expect(page.get_by_text("All sent")).to_be_visible()
    is_accessible(page)
    return given


def _api(site: Site, path: str) -> dict[str, object]:
    token = site.manage("create_token", "admin").split()[-1]
    request = urllib.request.Request(site.address + path, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request) as response:
        document: dict[str, object] = json.load(response)
    return document


def _download(page: Page, extension: str) -> bytes:
    with page.expect_download() as download:
        page.locator(f'a[href$=".{extension}"]').first.click()
    return Path(download.value.path()).read_bytes()


def _agreement_matches(report: dict[str, object], ann: dict[str, int], bob: dict[str, int]) -> None:
    first, second = [ann[question] for question in ann], [bob[question] for question in ann]
    people: dict[str, dict[str, object]] = report["people"]  # type: ignore[assignment]
    alpha = krippendorff.alpha([first, second], level_of_measurement="ordinal", value_domain=[1, 2, 3, 4, 5])
    assert people["alpha_ordinal"]["value"] == pytest.approx(alpha, abs=1e-12)
    assert people["alpha_ordinal"]["n"] == TASKS
    pairs: list[dict[str, dict[str, dict[str, float]]]] = report["pairs"]  # type: ignore[assignment]
    pair = next(pair for pair in pairs if {str(pair["a"]), str(pair["b"])} == {"ann", "bob"})
    same = sum(a == b for a, b in zip(first, second, strict=True)) / TASKS
    assert pair["scale"]["percent_agreement"]["value"] == pytest.approx(same)
    assert pair["scale"]["cohen_kappa"]["value"] == pytest.approx(cohen_kappa_score(first, second), abs=1e-12)
    assert pair["scale"]["quadratic_kappa"]["value"] == pytest.approx(
        cohen_kappa_score(first, second, weights="quadratic"), abs=1e-12
    )
    judges = {str(row["judge"]) for row in report["against_people"]}  # type: ignore[attr-defined]
    assert {"heuristic (floor)", "imported: unnamed judge"} <= judges


def _agreed(ann: dict[str, int], bob: dict[str, int]) -> set[str]:
    """The questions on which the two agree: near each other, and on one side of the threshold."""
    return {
        question
        for question, score in ann.items()
        if abs(score - bob[question]) < 2 and (score >= 3) == (bob[question] >= 3)
    }


def _gold_matches(records: list[dict[str, object]], ann: dict[str, int], bob: dict[str, int]) -> None:
    assert {str(record["question"]) for record in records} == _agreed(ann, bob)
    for record in records:
        question = str(record["question"])
        scores = {"ann": ann[question], "bob": bob[question]}
        assert record["labels"] == scores
        assert record["followed"] is (scores["ann"] >= 3)
        assert record["status"] == "unanimous"
        assert record["score"] == statistics.median(scores.values())


def test_import_judge_label_agree_release_export(site: Site, pages: dict[str, Page]) -> None:
    admin = pages["admin"]
    _import(admin)
    _judge(admin)
    _create_campaign(admin)
    ann = _label_by_keyboard(pages["ann"], "ann")
    bob = _label_by_keyboard(pages["bob"], "bob")
    assert set(ann) == set(bob)
    assert len(ann) == TASKS

    admin.goto("/campaigns/")
    admin.get_by_role("link", name=CAMPAIGN).first.click()
    expect(admin.get_by_text("40 of 40").first).to_be_visible()
    is_accessible(admin)
    admin.get_by_role("link", name="agreement", exact=False).first.click()
    expect(admin.get_by_role("rowheader", name="heuristic (floor)").first).to_be_visible()
    is_accessible(admin)
    campaigns: list[dict[str, int]] = _api(site, "/api/v1/campaigns/")["results"]  # type: ignore[assignment]
    _agreement_matches(_api(site, f"/api/v1/campaigns/{campaigns[0]['id']}/agreement/"), ann, bob)

    admin.go_back()
    admin.get_by_role("link", name="Prepare a release").click()
    is_accessible(admin)
    admin.get_by_role("button", name="Release gold").click()
    is_accessible(admin)
    jsonl = _download(admin, "jsonl")
    records = [json.loads(line) for line in jsonl.splitlines()]
    _gold_matches(records, ann, bob)
    assert admin.locator(f'[title*="{hashlib.sha256(jsonl).hexdigest()}"]').count() >= 1
    rows = list(csv.DictReader(io.StringIO(_download(admin, "csv").decode())))
    assert {row["question"]: (int(row["label: ann"]), int(row["label: bob"])) for row in rows} == {
        question: (ann[question], bob[question]) for question in _agreed(ann, bob)
    }
    assert all("majority of 2 labels" in row["how"] for row in rows)
