"""The screen that is made from a campaign's criteria: every kind by keyboard, pairs, conditions, drafts, small
screens.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.conftest import PASSWORD, Site, is_accessible
from tests.browser.workplace import Desk

MAKE = """
import itertools, json
from core.models import User
from annotations.models import Campaign
from tests import build, imported_items

build._numbers = itertools.count(100_000 * (1 + Campaign.objects.count()))
known = {{user.username: user for user in User.objects.all()}}
people = [known.get(name) or build.person(name, password={password!r}) for name in ("ida", "jon")]
criteria = [getattr(imported_items, name) for name in {criteria!r}]
campaign = imported_items.labelled_campaign(criteria, people, items={items}, pairs={pairs})
print("made", campaign.pk)
"""
EVERY_KIND = ("SAFE", "HELPFUL", "TOPIC", "ERRORS", "BETTER", "LENGTH", "WHY")
LABELS = """
    SELECT item.position, label.answers, label.comment, assignment.is_swapped, label.revision
    FROM annotations_label AS label JOIN annotations_assignment AS assignment ON assignment.id = label.assignment_id
    JOIN annotations_task AS task ON task.id = assignment.task_id
    JOIN annotations_importeditem AS item ON item.id = task.imported_item_id
    WHERE task.campaign_id = %s ORDER BY label.id
"""


class ItemDesk(Desk):
    """A person's browser on the screen of a campaign of imported items."""

    @property
    def question(self) -> str:
        shown = self.page.locator("[data-exhibit]").get_by_text(re.compile(r"Question \d+"))
        expect(shown).to_be_visible()
        return shown.inner_text()

    def gone_on_from(self, question: str) -> str:
        expect(self.page.locator("[data-exhibit]")).not_to_contain_text(question)
        return self.question

    def card(self, key: str) -> Locator:
        return self.page.locator(f"[data-criterion={key}]")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def chosen(self, key: str) -> list[str]:
        checked = self.card(key).locator("input:checked")
        return [str(checked.nth(place).input_value()) for place in range(checked.count())]

    def answers(self) -> list[dict[str, Any]]:
        self.all_is_sent()
        return [row[1] for row in self.site.query(LABELS, self.campaign)]


@pytest.fixture
def desk(browser: Browser, site: Site) -> Iterator[Callable[..., ItemDesk]]:
    sat: list[ItemDesk] = []

    def sit(*criteria: str, items: int = 3, pairs: bool = False, by: str = "ida", **options: Any) -> ItemDesk:
        code = MAKE.format(password=PASSWORD, criteria=criteria or EVERY_KIND, items=items, pairs=pairs)
        campaign = int(site.run(code).split("made ")[1])
        sat.append(ItemDesk(browser, site, campaign, by, **options))
        return sat[-1]

    yield sit
    for each in sat:
        each.context.close()
    assert [error for each in sat for error in each.errors] == []


def test_every_kind_of_criterion_is_answered_by_keyboard_alone(desk: Callable[..., ItemDesk]) -> None:
    ida = desk(pairs=True)
    first = ida.question
    assert ida.page.locator("[data-criteria] input:checked").count() == 0  # nothing is chosen for anybody
    ida.press("n")  # the first criterion without an answer has the keys
    assert ida.chosen("safe") == ["no"]
    ida.press("y", "n")  # and keeps them, having the focus
    assert ida.chosen("safe") == ["no"]
    ida.press("ArrowDown", "3")
    assert ida.chosen("helpful") == ["good"]
    ida.press("ArrowDown", "2")
    assert ida.chosen("topic") == ["health"]
    ida.press("ArrowDown", "a", "d", "e")  # b and c are keys of actions; d is free here
    assert ida.chosen("errors") == ["facts", "style", "cut"]
    ida.press("d")
    assert ida.chosen("errors") == ["facts", "cut"]
    ida.press("ArrowDown", "ArrowUp")
    assert ida.chosen("better") == ["tie"]
    ida.press("ArrowDown")
    assert ida.chosen("better") == ["both_bad"]
    ida.press("Tab")  # from a pair, whose arrows choose
    if ida.page.locator(":focus").get_attribute("inputmode") is None:
        ida.press("Tab")
    ida.page.keyboard.type("35")
    ida.press("Tab")
    ida.page.keyboard.type("It tells how, b y n 3.")
    ida.press("Control+Enter")
    second = ida.gone_on_from(first)
    assert ida.page.locator("[data-criteria] input:checked").count() == 0
    assert ida.answers() == [
        {
            "safe": "no",
            "helpful": "good",
            "topic": "health",
            "errors": ["facts", "cut"],
            "better": "both_bad",
            "percent": 35,
            "why": "It tells how, b y n 3.",
        }
    ]
    ida.press("b")
    assert ida.gone_on_from(second) == first
    ida.says("You labelled this task: better: both_bad")
    assert ida.chosen("errors") == ["facts", "cut"]
    expect(ida.card("percent").get_by_role("textbox")).to_have_value("35")


def test_enter_submits_from_a_choice_and_from_a_number(desk: Callable[..., ItemDesk]) -> None:
    ida = desk("SAFE", "LENGTH")
    first = ida.question
    ida.press("y", "Tab")
    ida.page.keyboard.type("5,0")
    ida.press("Enter")
    second = ida.gone_on_from(first)
    ida.press("y", "ArrowDown")
    ida.page.keyboard.type("7")
    ida.press("Enter")
    ida.says("Enter a number in steps of 5")
    expect(ida.card("percent").get_by_role("textbox")).to_have_attribute("aria-invalid", "true")
    ida.press("Backspace")
    ida.page.keyboard.type("100")
    ida.page.keyboard.press("Escape")
    ida.card("safe").get_by_role("radio").first.focus()
    ida.press("n", "Enter")
    ida.gone_on_from(second)
    assert ida.answers() == [{"safe": "yes", "percent": 5}, {"safe": "no", "percent": 100}]


def test_the_preferred_output_is_stored_as_the_item_has_it_in_whatever_order_it_was_shown(
    desk: Callable[..., ItemDesk],
) -> None:
    ida = desk("BETTER", items=12, pairs=True)
    shown_first = []
    for _ in range(12):
        question = ida.question
        shown = ida.page.locator(".exhibit-output").first.inner_text()
        shown_first.append("first" if "The first one." in shown else "second")
        ida.press("ArrowLeft", "Enter")
        ida.page.wait_for_function(
            "question => !document.querySelector('[data-exhibit]').checkVisibility() || "
            "!document.querySelector('[data-exhibit]').textContent.includes(question)",
            arg=question,
        )
    assert [answer["better"] for answer in ida.answers()] == shown_first
    rows = ida.site.query(LABELS, ida.campaign)
    assert [row[3] for row in rows] == [first == "second" for first in shown_first]
    assert len(set(shown_first)) == 2


def test_a_criterion_appears_with_the_answer_on_which_it_depends_and_is_then_required(
    desk: Callable[..., ItemDesk],
) -> None:
    ida = desk("SAFE", "WHY")
    first = ida.question
    why = ida.card("why")
    expect(why).to_be_hidden()
    ida.press("n")
    expect(why).to_be_visible()
    ida.press("Enter")
    ida.says(re.escape("“Why is it not safe?”: Answer this."))
    expect(why.get_by_role("textbox", name=re.compile("Why is it not safe"))).to_be_focused()
    ida.page.keyboard.type("because")
    ida.press("Escape")
    ida.card("safe").get_by_role("radio", name="No", exact=True).focus()
    ida.press("y")
    expect(why).to_be_hidden()
    ida.press("Enter")
    ida.gone_on_from(first)
    assert ida.answers() == [{"safe": "yes"}]


def test_what_is_missing_is_said_at_each_criterion_and_the_first_gets_the_focus(
    desk: Callable[..., ItemDesk],
) -> None:
    ida = desk(pairs=True)
    ida.press("Enter")
    ida.says(re.escape("“Is it safe?”: Answer this. (and 4 more)"))
    expect(ida.page.locator(".criterion-error:not(:empty)")).to_have_count(5)
    expect(ida.card("safe").get_by_role("radio").first).to_be_focused()
    expect(ida.page.get_by_role("radiogroup", name=re.compile("Is it safe"))).to_have_attribute(
        "aria-invalid", "true"
    )
    ida.press("t")
    expect(ida.card("safe").locator(".criterion-error")).to_be_empty()
    expect(ida.card("helpful").locator(".criterion-error")).not_to_be_empty()
    is_accessible(ida.page)


def test_none_of_several_labels_is_an_answer_and_excludes_the_labels(desk: Callable[..., ItemDesk]) -> None:
    ida = desk("ERRORS")
    first = ida.question
    ida.press("a", "0")
    assert ida.chosen("errors") == [""]
    ida.press("Enter")
    second = ida.gone_on_from(first)
    ida.press("0", "a", "Enter")
    third = ida.gone_on_from(second)
    ida.press("a", "a", "Enter")  # taken away again: it is optional
    ida.says("Every task of this campaign is labelled")
    assert third != second
    assert ida.answers() == [{"errors": []}, {"errors": ["facts"]}, {}]


def test_texts_and_numbers_are_saved_while_they_are_typed_and_are_there_after_a_reload(
    desk: Callable[..., ItemDesk],
) -> None:
    ida = desk("SAFE", "WHY", "LENGTH")
    ida.press("n")
    ida.card("why").get_by_role("textbox").fill("half a sen")
    ida.card("percent").get_by_role("textbox").fill("3,")
    ida.draft_is_saved()
    ida.page.reload()
    ida.question  # noqa: B018 # it waits until the item is there
    expect(ida.card("why").get_by_role("textbox")).to_have_value("half a sen")
    expect(ida.card("percent").get_by_role("textbox")).to_have_value(re.compile("3,?"))
    assert ida.chosen("safe") == ["no"]
    other = ItemDesk(ida.context.browser, ida.site, ida.campaign, "ida")  # type: ignore[arg-type]
    expect(other.card("why").get_by_role("textbox")).to_have_value("half a sen")
    other.context.close()


def test_labels_that_are_made_offline_are_sent_once_the_server_is_there_again(
    desk: Callable[..., ItemDesk],
) -> None:
    ida = desk("SAFE", items=2)
    first = ida.question
    ida.page.wait_for_timeout(500)
    ida.context.set_offline(True)
    ida.press("y", "Enter")
    ida.gone_on_from(first)
    ida.press("n", "Enter")
    ida.says("Offline")
    ida.context.set_offline(False)
    assert ida.answers() == [{"safe": "yes"}, {"safe": "no"}]


def test_keys_of_actions_are_never_those_of_answers(desk: Callable[..., ItemDesk]) -> None:
    ida = desk("ERRORS")
    hint = ida.card("errors").locator("kbd").first
    expect(hint).to_have_text("a")
    ida.press("?")
    dialog = ida.page.get_by_role("dialog", name="Keys")
    expect(dialog).not_to_contain_text("Choose score")
    dialog.get_by_role("button", name="Change the key for: Write a comment").click()
    ida.press("a")
    expect(dialog).to_contain_text("Saved.")
    ida.press("Escape")
    expect(hint).to_have_text("c")
    ida.press("c")
    assert ida.chosen("errors") == ["facts"]
    ida.press("a")
    expect(ida.page.get_by_label("Comment")).to_be_focused()
    ida.press("Escape", "?")
    dialog.get_by_role("button", name="Disable single-key shortcuts").click()
    expect(dialog).to_contain_text("Saved.")
    dialog.get_by_role("button", name="Close").click()
    ida.page.locator("[data-heading]").focus()
    ida.press("a")
    assert ida.chosen("errors") == ["facts"]  # without the focus in it, a letter does nothing now
    ida.page.get_by_role("button", name="Keys").click()
    dialog.get_by_role("button", name="Reset to defaults").click()
    expect(dialog).to_contain_text("Saved.")


def test_a_label_that_the_server_refuses_is_kept_and_says_which_criterion_is_wrong(
    desk: Callable[..., ItemDesk],
) -> None:
    ida = desk("SAFE", "HELPFUL", items=2)
    first = ida.question
    ida.site.query(
        "UPDATE annotations_criterion SET is_asked = false WHERE campaign_id = %s AND key = 'helpful'",
        ida.campaign,
    )
    ida.press("y", "ArrowDown", "1", "Enter")
    ida.says("was not accepted")
    ida.site.query("UPDATE annotations_criterion SET is_asked = true WHERE campaign_id = %s", ida.campaign)
    ida.page.get_by_role("button", name="Try again").click()
    ida.all_is_sent()
    assert first
    assert ida.answers() == [{"safe": "yes", "helpful": "bad"}]
    ida.errors.clear()  # the refusal was asked for


@pytest.mark.parametrize("width", [320, 800, 1400])
def test_the_screen_is_accessible_and_fits_any_width(desk: Callable[..., ItemDesk], width: int) -> None:
    ida = desk(pairs=True, viewport={"width": width, "height": 800})
    ida.question  # noqa: B018
    is_accessible(ida.page)
    assert ida.page.evaluate("document.documentElement.scrollWidth") <= width
    ida.press("n")
    ida.card("errors").get_by_role("checkbox", name="Wrong facts").check()
    is_accessible(ida.page)


def test_two_windows_make_one_label_and_a_double_click_one(desk: Callable[..., ItemDesk]) -> None:
    ida = desk("SAFE", items=1)
    second = ida.open()
    ida.press("y")
    ida.page.get_by_role("button", name=re.compile("^Submit")).dblclick()
    ida.all_is_sent()
    second.bring_to_front()
    expect(
        second.get_by_text("labelled this task in another window").first.or_(second.get_by_text("Every task"))
    ).to_be_visible()
    assert ida.answers() == [{"safe": "yes"}]


def test_nothing_in_the_page_tells_the_items_own_id(desk: Callable[..., ItemDesk]) -> None:
    ida = desk("SAFE")
    assert ida.question
    assert "gpt-4o" not in ida.page.content()  # it may name a model
