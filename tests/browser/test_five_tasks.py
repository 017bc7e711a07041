"""What somebody who has read nothing does first, by visible links alone: label, launch, see a failure, trust, download.

Nothing here knows an address: each walk begins at the login page, with what `manage.py up` prints. The same is done a
second time with the keyboard alone. `docs/usability.md` tells where people hesitated.
"""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import Site, is_accessible, running_site

RESPONSES = 10
MOST_TABS = 150
"""Tabs until a thing has the focus; more, and nobody would get there."""

SLOW = 60_000
"""Milliseconds for what a worker does."""

FOCUS_IS_SEEN = """() => {
  const style = getComputedStyle(document.activeElement);
  const box = document.activeElement.getBoundingClientRect();
  const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  return (outlined || style.boxShadow !== "none") && box.bottom > 0 && box.top < innerHeight;
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A platform of this module's own, with the demonstration."""
    with running_site(tmp_path_factory.mktemp("walk")) as started:
        yield started


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    context = browser.new_context(base_url=site.address, viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.on("pageerror", lambda error: pytest.fail(f"script error: {error}"))
    opened.goto("/")
    yield opened
    context.close()


def _password(site: Site, username: str) -> str:
    logins = json.loads((Path(site.environment["PERG_HOME"]) / "demonstration-logins.json").read_text())
    return str(logins[username])


def _log_in(page: Page, site: Site, username: str) -> None:
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(_password(site, username))
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Home")).to_be_visible()


def _click(page: Page, name: str, *, exact: bool = False) -> None:
    """Click the first visible link or button of this name."""
    link = page.get_by_role("link", name=name, exact=exact)
    button = page.get_by_role("button", name=name, exact=exact)
    link.or_(button).locator("visible=true").first.click()


def _downloaded(page: Page, name: str) -> bytes:
    with page.expect_download() as download:
        _click(page, name, exact=True)
    return Path(download.value.path()).read_bytes()


# --- By mouse ---------------------------------------------------------------------------------------------------


def test_an_annotator_labels_ten_responses(site: Site, page: Page) -> None:
    _log_in(page, site, "annotator")
    _click(page, "Start labelling")
    question = page.locator("[data-question]")
    for _ in range(RESPONSES):
        text = question.inner_text()
        page.get_by_role("radio", name="Follows it in part").check()
        _click(page, "Submit")
        expect(question).not_to_have_text(text)
    expect(page.get_by_text(f"{RESPONSES} labelled by you")).to_be_visible()
    expect(page.get_by_text("All sent")).to_be_visible()
    _click(page, "Home")
    expect(page.get_by_text(f"You have labelled {RESPONSES}.")).to_be_visible()


def test_an_admin_launches_a_batch_sees_why_items_failed_and_tries_them_again(site: Site, page: Page) -> None:
    _log_in(page, site, "admin")
    _click(page, "Launch a batch")
    page.get_by_label("Name").first.fill("First steps")
    # There is one dataset and one catalogue: they are chosen already.
    page.get_by_label("demo-model (recorded)").first.check()
    for label in ("Direct", "Relevant", "heuristic (floor)"):
        page.get_by_label(label, exact=True).check()
    estimate = page.locator("[data-estimate]")
    expect(estimate.get_by_text("free").first).to_be_visible()
    expect(estimate.get_by_text("No recorded replies")).not_to_be_visible()
    # What will fail is announced before it does.
    page.get_by_label("Chain of thought", exact=True).check()
    expect(estimate.get_by_text("No recorded replies")).to_be_visible()
    expect(estimate).to_contain_text("Chain of thought")
    is_accessible(page)
    _click(page, "Launch")
    expect(page.get_by_text("All runs have finished.")).to_be_visible(timeout=SLOW)
    expect(page.locator(".badge-failed").first).to_have_text("Failed")
    # The bill came along without a reload.
    expect(page.get_by_role("rowheader", name="Total")).to_be_visible()
    is_accessible(page)

    _click(page, "66 failed")
    expect(
        page.get_by_text("Personalised: There is no recorded reply for this request.").first
    ).to_be_visible()
    page.locator("main tbody").get_by_role("link").first.click()
    expect(page.get_by_text("Import a run that contains one, or use a live model.")).to_be_visible()
    is_accessible(page)
    _click(page, "Causes and retry")
    _click(page, "Try again")
    expect(page.get_by_text("The failed calls are being tried again.")).to_be_visible()

    _click(page, "First steps")  # the batch, in the breadcrumb
    _click(page, "Results of this batch")
    expect(page.get_by_text("First steps: demo-model (recorded) · Direct · Relevant").first).to_be_visible(
        timeout=SLOW
    )


def test_a_lead_finds_out_whether_the_judge_may_be_trusted(site: Site, page: Page) -> None:
    _log_in(page, site, "lead")
    _click(page, "Can the judges be trusted?")
    _click(page, "Compute the report")
    show = page.get_by_role("link", name="Show it")
    expect(show).to_be_visible(timeout=SLOW)
    show.click()
    expect(page.get_by_role("heading", name="Verdicts", exact=True)).to_be_visible()
    judge = page.locator("main").get_by_text("imported: demo-judge").first
    expect(judge).to_be_visible()
    expect(page.get_by_text("Not enough labels yet").first).to_be_visible()


def test_a_lead_releases_gold_and_downloads_it(site: Site, page: Page) -> None:
    _log_in(page, site, "lead")
    _click(page, "Gold")
    would_be = page.locator("#would-be")
    expect(would_be).to_contain_text("Reason for exclusion")
    expect(would_be).not_to_contain_text("Looser than the defaults")
    # The preview follows the form: what is released is what stands there.
    unresolved = page.get_by_label("Include undecided tasks")
    disputed = page.get_by_label("Waiting for adjudication")
    unresolved.check()
    expect(would_be).to_contain_text("Looser than the defaults")
    disputed.check()
    expect(would_be).to_contain_text("no decision")
    disputed.uncheck()
    expect(would_be).not_to_contain_text("no decision")
    unresolved.uncheck()
    expect(would_be).not_to_contain_text("Looser than the defaults")
    goes_in = int(would_be.locator(".figure").first.inner_text())
    is_accessible(page)
    _click(page, "Release gold")
    expect(page.get_by_role("heading", name="Gold release 1")).to_be_visible()
    is_accessible(page)
    rows = list(csv.DictReader(io.StringIO(_downloaded(page, "Download CSV").decode())))
    assert len(rows) == goes_in
    assert {row["followed"] for row in rows} == {"true", "false"}
    _click(page, "Parquet…")
    assert _downloaded(page, "Download").startswith(b"PAR1")
    page.go_back()
    _click(page, "Hugging Face dataset…")
    with zipfile.ZipFile(io.BytesIO(_downloaded(page, "Download"))) as folder:
        assert "README.md" in {Path(name).name for name in folder.namelist()}


# --- By keyboard ------------------------------------------------------------------------------------------------


def _tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until the thing has the focus, which can be seen at every stop."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        assert page.evaluate(FOCUS_IS_SEEN), page.evaluate("document.activeElement.outerHTML")
        if wanted.evaluate("(element) => element === document.activeElement"):
            return
    pytest.fail(f"{MOST_TABS} tabs do not lead to {wanted}")


def _skip_to(page: Page, wanted: Locator) -> None:
    """Past the navigation by the skip link, then on to the thing."""
    expect(wanted).to_be_visible(timeout=SLOW)
    _tab_to(page, page.get_by_role("link", name="Skip to content"))
    page.keyboard.press("Enter")
    _tab_to(page, wanted)


def _enter(page: Page, heading: str) -> None:
    """Press Enter on what has the focus, which leads to the page of this heading."""
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name=heading)).to_be_visible()


def _link(page: Page, name: str) -> Locator:
    return page.locator("main").get_by_role("link", name=name).first


def _button(page: Page, name: str) -> Locator:
    return page.locator("main").get_by_role("button", name=name).first


def _log_in_by_keys(page: Page, site: Site, username: str) -> None:
    # The field that one needs first has the focus.
    expect(page.get_by_label("Username")).to_be_focused()
    page.keyboard.type(username)
    page.keyboard.press("Tab")
    page.keyboard.type(_password(site, username))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Home")).to_be_visible()


def test_ten_responses_are_labelled_by_keyboard(site: Site, page: Page) -> None:
    _log_in_by_keys(page, site, "annotator")
    _skip_to(page, _link(page, "labelling"))  # start, or go on
    page.keyboard.press("Enter")
    question = page.locator("[data-question]")
    expect(question).to_be_visible()
    for _ in range(RESPONSES):
        text = question.inner_text()
        page.keyboard.press("4")
        page.keyboard.press("Enter")
        expect(question).not_to_have_text(text)
    expect(page.get_by_text("All sent")).to_be_visible()


def test_a_batch_is_launched_and_its_failures_tried_again_by_keyboard(site: Site, page: Page) -> None:
    _log_in_by_keys(page, site, "admin")
    _skip_to(page, _link(page, "Launch a batch"))
    _enter(page, "Launch a batch")
    _skip_to(page, page.get_by_label("Name").first)
    page.keyboard.type("By keyboard")
    for label in ("demo-model (recorded)", "In-context examples", "Relevant"):
        _tab_to(page, page.get_by_role("checkbox", name=label, exact=True))
        page.keyboard.press("Space")
    _tab_to(page, _button(page, "Launch"))
    _enter(page, "By keyboard")
    expect(page.get_by_text("All runs have finished.")).to_be_visible(timeout=SLOW)
    _skip_to(page, _link(page, "66 failed"))
    _enter(page, "Items: Failed")
    _skip_to(page, _link(page, "Causes, remedies and retry"))
    _enter(page, "By keyboard")
    _tab_to(page, _button(page, "Try again"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("The failed calls are being tried again.")).to_be_visible()


def test_the_verdict_is_read_and_gold_downloaded_by_keyboard(site: Site, page: Page) -> None:
    _log_in_by_keys(page, site, "lead")
    _skip_to(page, _link(page, "Can the judges be trusted?"))
    _enter(page, "Can the judges be trusted?")
    # Labels have come since the report was computed, if it was: it says so, and has the form open.
    _skip_to(page, _button(page, "Compute"))
    page.keyboard.press("Enter")
    _skip_to(page, _link(page, "Show it"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Verdicts", exact=True)).to_be_visible()
    _skip_to(page, _link(page, "Gold"))
    _enter(page, "Gold")
    _skip_to(page, _button(page, "Release gold"))
    _enter(page, "Gold release")
    _skip_to(page, _link(page, "Download CSV"))
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert Path(download.value.path()).read_text().startswith('"task",')


def test_the_focus_outlives_a_new_estimate(site: Site, page: Page) -> None:
    _log_in(page, site, "admin")
    _click(page, "Launch a batch")
    estimate = page.locator("[data-estimate]")
    _tab_to(page, estimate.get_by_role("link", name="Models"))
    # As if the answer to the last key came only now.
    page.get_by_label("demo-model (recorded)").first.evaluate("box => box.click()")
    expect(estimate.get_by_role("link", name="Models")).to_have_count(0)
    assert page.evaluate(FOCUS_IS_SEEN)
    # What had the focus is gone: what it stood in has it.
    expect(estimate).to_be_focused()
    page.get_by_label("Name").first.fill("Focus")
    for label in ("Direct", "Relevant"):
        page.get_by_label(label, exact=True).check()
    table = estimate.get_by_role("region", name="Estimate by endpoint")
    _tab_to(page, table)
    table.evaluate("region => { region.dataset.old = ''; }")
    page.get_by_label("Name").first.dispatch_event("input")
    expect(estimate.locator("[data-old]")).to_have_count(0)
    expect(table).to_be_focused()
