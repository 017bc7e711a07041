"""axe-core finds nothing in any state of the annotation screen, dark and light, wide and narrow; nothing overflows."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site, is_accessible
from tests.browser.workplace import Desk, make_campaigns


@pytest.fixture(scope="module")
def campaigns(site: Site) -> Iterator[int]:
    return iter(make_campaigns(site, count=4, items=6))


@pytest.fixture(
    params=[("light", 1440), ("dark", 320)],
    ids=lambda shown: f"{shown[0]}-{shown[1]}",
)
def desk(
    request: pytest.FixtureRequest, browser: Browser, site: Site, campaigns: Iterator[int]
) -> Iterator[Desk]:
    scheme, width = request.param
    campaign = next(campaigns)
    site.query("UPDATE annotations_campaign SET asks_correctness = true WHERE id = %s", campaign)
    cat = Desk(
        browser,
        site,
        campaign,
        "cat",
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    yield cat
    cat.context.close()
    assert cat.errors == []


def _is_sound(page: Page) -> None:
    """In the colours of the test and, as to contrast, in the others."""
    is_accessible(page)
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    page.emulate_media(color_scheme="light" if dark else "dark")
    contrast = Axe().run(page, options={"runOnly": ["color-contrast"]})
    assert contrast.violations_count == 0, contrast.generate_report()
    page.emulate_media(color_scheme="dark" if dark else "light")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"


def test_every_state_of_the_screen_is_accessible(desk: Desk) -> None:
    page, keys = desk.page, desk.page.keyboard
    question = desk.question
    _is_sound(page)
    for key in "d3y":
        keys.press(key)
    expect(page.locator(".response-text del").first).to_be_visible()
    desk.type("a remark")
    desk.draft_is_saved()
    _is_sound(page)
    for key, name in (
        ("?", "Keys"),
        ("g", "Guidelines"),
        ("s", "Skip this task"),
        ("f", "Flag for the leads"),
    ):
        keys.press(key)
        expect(page.get_by_role("dialog", name=name)).to_be_visible()
        _is_sound(page)
        keys.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    keys.press("Enter")
    desk.gone_on_from(question)
    expect(page.locator("[data-heading]")).to_be_focused()
    expect(page.locator("[data-announcer]")).to_have_text("Next task. 1 labelled by you.")
    desk.all_is_sent()
    desk.log_out_behind_the_page()
    keys.press("2")
    desk.says("You are logged out")
    _is_sound(page)
    desk.log_in(desk.context.new_page(), "cat")
    expect(page.get_by_text("You are logged out")).to_have_count(0)
    keys.press("b")
    desk.says("You labelled this task")
    _is_sound(page)
    page.goto(f"/campaigns/{desk.campaign}/history/")
    _is_sound(page)
    page.goto(f"/campaigns/{desk.campaign}/history/?q=nothing+like+it")
    _is_sound(page)
    desk.site.query("UPDATE annotations_campaign SET status = 'closed' WHERE id = %s", desk.campaign)
    desk.page = desk.open()
    expect(desk.page.get_by_role("heading", level=1)).to_have_text("Nothing to label")
    _is_sound(desk.page)


def test_targets_are_large_enough(desk: Desk) -> None:
    desk.page.keyboard.press("?")
    small = desk.page.evaluate(
        """() => [...document.querySelectorAll("button, .choice, .reasons label, summary")]
            .map((each) => [each.textContent.trim(), each.getBoundingClientRect()])
            .filter(([, box]) => box.width && (box.width < 24 || box.height < 24)).map(([text]) => text)"""
    )
    assert small == []
