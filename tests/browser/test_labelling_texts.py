"""What the annotation screen shows of responses in a real browser: their characters, their direction, emptiness."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Site, is_accessible
from tests.browser.workplace import Desk, desks, make_campaigns

Show = Callable[[str, str], Desk]


@pytest.fixture
def show(browser: Browser, site: Site) -> Iterator[Show]:
    """The screen with one task, whose two responses have these texts."""
    with ExitStack() as stack:

        def sit(baseline: str, personalised: str) -> Desk:
            (campaign,) = make_campaigns(site, count=1, items=1)
            for condition, text in (("baseline", baseline), ("personalised", personalised)):
                site.query(
                    "UPDATE evaluation_response SET text = %s WHERE condition = %s AND item_id = (SELECT max(id) FROM "
                    "evaluation_item)",
                    text,
                    condition,
                )
            return stack.enter_context(desks(browser, site, campaign))("cat")

        yield sit


def test_a_response_is_laid_out_without_loss_and_shown_as_written_by_a_key(show: Show) -> None:
    written = "**So** 5*4*3 = 60,\n\n- \\(x_1\\) costs \\$5"
    cat = show("Plain.", written)
    pane = cat.page.locator("[data-personalised]")
    expect(pane.locator("strong")).to_have_text("So")
    expect(pane).to_contain_text("5*4*3 = 60")
    expect(pane.locator("li")).to_have_text("\\(x_1\\) costs \\$5")
    button = cat.page.get_by_role("button", name="Original text")
    cat.page.keyboard.press("w")
    expect(button).to_have_attribute("aria-pressed", "true")
    assert pane.locator("pre").text_content() == written
    is_accessible(cat.page)
    cat.page.keyboard.press("d")
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(pane.locator("ins").first).to_be_visible()
    button.click()
    assert pane.locator("pre").text_content() == written
    button.click()
    expect(pane.locator("strong")).to_have_text("So")


def test_each_paragraph_runs_in_the_direction_of_its_script(show: Show) -> None:
    cat = show("Plain.", "שלום, התשובה היא (B) 12.\n\nThe answer is B.")
    paragraphs = cat.page.locator("[data-personalised] p")
    middle = """(p) => {
        const range = document.createRange();
        range.selectNodeContents(p);
        const [text, box] = [range.getBoundingClientRect(), p.getBoundingClientRect()];
        return (text.left + text.right - box.left - box.right) / 2;
    }"""
    assert paragraphs.nth(0).evaluate(middle) > 50, "Hebrew begins on the right"
    assert paragraphs.nth(1).evaluate(middle) < -50, "English begins on the left"


def test_an_empty_response_says_so(show: Show) -> None:
    cat = show("Plain.", "")
    expect(cat.page.locator("[data-personalised]")).to_have_text("The response is empty.")
    cat.page.keyboard.press("w")
    expect(cat.page.locator("[data-personalised]")).to_have_text("The response is empty.")
    is_accessible(cat.page)


def test_differences_of_chinese_texts_are_characters(show: Show) -> None:
    cat = show("答案是汞。它在室温下是液体。", "答案是汞。它在室温下是液态。")
    cat.page.keyboard.press("d")
    added = cat.page.locator("[data-personalised] ins")
    expect(added).to_have_count(1)
    assert (added.text_content() or "").removeprefix("added: ") == "态"


def test_as_written_is_remembered_and_differences_are_for_one_task(show: Show) -> None:
    cat = show("**One**", "**Two**")
    pane, button = (
        cat.page.locator("[data-personalised]"),
        cat.page.get_by_role("button", name="Original text"),
    )
    cat.page.keyboard.press("w")
    expect(pane.locator("pre")).to_have_text("**Two**")
    cat.page.reload()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(pane.locator("pre")).to_have_text("**Two**")
    cat.page.goto("/")
    cat.page.get_by_role("button", name="Log out").click()
    cat.log_in(cat.context.new_page(), "cat")
    cat.page = cat.open()
    expect(cat.page.locator("[data-personalised] pre")).to_have_text("**Two**")
    cat.page.keyboard.press("w")
    cat.page.reload()
    expect(cat.page.locator("[data-personalised] strong")).to_have_text("Two")


def test_texts_too_long_for_differences_say_so_where_it_can_be_seen(show: Show) -> None:
    cat = show("word " * 3001, "other " * 10)
    cat.errors.clear()
    cat.page.keyboard.press("d")
    note = cat.page.locator("[data-differences-note]")
    expect(note).to_be_visible()
    expect(note).to_contain_text("more than 3,000 words")
    expect(cat.page.get_by_role("button", name="Differences")).to_have_attribute("aria-pressed", "false")
    is_accessible(cat.page)
    cat.page.keyboard.press("w")
    expect(note).to_have_text("")
    cat.errors.clear()  # the refusal is what was asked for


def test_what_is_rated_is_not_translated_and_the_page_around_it_is(show: Show) -> None:
    cat = show("Eins.", "Zwei.")
    for name in ("question", "options", "preference", "baseline", "personalised"):
        assert cat.page.locator(f"[data-{name}]").evaluate("(element) => element.translate") is False, name
    for name in ("heading", "label-form", "act=submit"):
        assert cat.page.locator(f"[data-{name}]").first.evaluate("(element) => element.translate") is True, (
            name
        )


def test_characters_that_cannot_be_seen_are_marked_in_what_was_written(show: Show) -> None:
    cat = show("Plain.", "B\u202egnorw\u202c \u200band A")
    cat.page.keyboard.press("w")
    expect(cat.page.locator("[data-personalised] .unseen")).to_have_text(["RLO", "PDF", "ZWSP"])
    is_accessible(cat.page)
