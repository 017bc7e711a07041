"""The annotation screen under what goes wrong: held keys, double clicks, going back, no network.

Each test ends by asking the database: one label for each task, the text that was typed, and no error page.
"""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser.conftest import Site
from tests.browser.workplace import Desk, desks, make_campaigns


@pytest.fixture(scope="module")
def campaigns(site: Site) -> Iterator[int]:
    return iter(make_campaigns(site, count=15, items=12))


@pytest.fixture
def desk(browser: Browser, site: Site, campaigns: Iterator[int]) -> Iterator[Callable[..., Desk]]:
    """At a campaign that no other test has touched."""
    with desks(browser, site, next(campaigns)) as sit:
        yield sit


# --- Hands ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["Enter", "Control+Enter"])
def test_a_key_held_down_for_three_seconds_acts_once(desk: Callable[..., Desk], key: str) -> None:
    cat = desk()
    first = cat.question
    for held, times in (("4", 10), (key, 60)):
        *modifiers, last = held.split("+")
        for modifier in modifiers:
            cat.page.keyboard.down(modifier)
        for _ in range(times):  # the browser marks all but the first as repeated
            cat.page.keyboard.down(last)
            cat.page.wait_for_timeout(50)
        for each in (last, *modifiers):
            cat.page.keyboard.up(each)
    cat.gone_on_from(first)
    cat.all_is_sent()
    assert [(label.question, label.score) for label in cat.on_record()] == [(first, 4)]


def test_a_double_click_on_submit_submits_once(desk: Callable[..., Desk]) -> None:
    cat = desk()
    first = cat.question
    cat.page.keyboard.press("2")
    cat.page.get_by_role("button", name="Submit").dblclick()
    cat.gone_on_from(first)
    cat.all_is_sent()
    assert [(label.question, label.score) for label in cat.on_record()] == [(first, 2)]
    expect(cat.page.locator("[data-message]")).to_be_empty()


def test_nothing_is_submitted_without_a_score_or_while_typing(desk: Callable[..., Desk]) -> None:
    cat = desk()
    cat.page.keyboard.press("Enter")
    cat.says("Choose a score from 1 to 5")
    cat.page.keyboard.press("c")
    cat.page.keyboard.type("5 s f b g d ? n")
    cat.page.keyboard.press("Enter")
    cat.page.keyboard.type("more")
    assert cat.page.locator("dialog[open]").count() == 0
    assert cat.page.locator("[name=score]:checked").count() == 0
    cat.page.keyboard.press("Escape")
    cat.draft_is_saved()
    assert cat.on_record() == []
    assert cat.page.get_by_label("Comment").input_value() == "5 s f b g d ? n\nmore"


# --- Back and forward -------------------------------------------------------------------------------------------------


def test_back_and_forward_go_from_task_to_task_and_a_change_is_a_new_revision(
    desk: Callable[..., Desk],
) -> None:
    cat = desk()
    one, two, three = cat.label(1), cat.label(2), cat.question
    cat.all_is_sent()
    cat.page.go_back()
    assert cat.gone_on_from(three) == two
    cat.page.go_back()
    assert cat.gone_on_from(two) == one
    cat.says("You labelled this task: score 1")
    cat.page.go_forward()
    assert cat.gone_on_from(one) == two
    cat.page.keyboard.press("b")
    assert cat.gone_on_from(two) == one
    cat.page.keyboard.press("5")
    cat.page.keyboard.press("Enter")
    assert cat.gone_on_from(one) == three
    cat.all_is_sent()
    assert [(label.question, label.revision, label.score) for label in cat.on_record()] == [
        (one, 1, 1),
        (two, 1, 2),
        (one, 2, 5),
    ]
    cat.page.go_back()
    assert cat.gone_on_from(three) == one
    cat.page.reload()
    assert cat.question == one
    cat.says("You labelled this task: score 5")
    cat.page.keyboard.press("Enter")  # nothing is changed: no revision
    assert cat.gone_on_from(one) == three
    assert len(cat.on_record()) == 3


def test_what_is_half_entered_is_there_again_after_going_back_and_forward(desk: Callable[..., Desk]) -> None:
    cat = desk()
    one, two = cat.label(3), cat.question
    cat.page.keyboard.press("4")
    cat.type("half a thought")
    cat.page.keyboard.press("b")
    assert cat.gone_on_from(two) == one
    cat.page.get_by_role("button", name="Return to current task").click()
    assert cat.gone_on_from(one) == two
    expect(cat.page.get_by_label("Comment")).to_have_value("half a thought")
    expect(cat.page.locator("[name=score][value='4']")).to_be_checked()


# --- The network ------------------------------------------------------------------------------------------------------


def test_a_draft_is_kept_without_network_and_sent_when_it_is_back(desk: Callable[..., Desk]) -> None:
    cat = desk()
    cat.context.set_offline(True)
    cat.page.keyboard.press("3")
    cat.type("typed without network")
    cat.says("Offline: saved in this browser, will be sent later")
    cat.context.set_offline(False)
    cat.draft_is_saved()
    cat.page.close()
    cat.page = cat.open()
    expect(cat.page.get_by_label("Comment")).to_have_value("typed without network")


def test_a_window_that_dies_without_network_loses_nothing(desk: Callable[..., Desk]) -> None:
    cat = desk()
    cat.context.set_offline(True)
    cat.page.keyboard.press("5")
    cat.type("the last words")
    cat.page.close()
    cat.context.set_offline(False)
    cat.page = cat.open()
    expect(cat.page.get_by_label("Comment")).to_have_value("the last words")
    expect(cat.page.locator("[name=score][value='5']")).to_be_checked()
    cat.draft_is_saved()


def test_a_window_closed_while_typing_loses_nothing(desk: Callable[..., Desk]) -> None:
    cat = desk()
    cat.type("closed in the middle of")
    cat.page.close()
    cat.page = cat.open()
    expect(cat.page.get_by_label("Comment")).to_have_value("closed in the middle of")


def test_a_submission_whose_answer_is_lost_is_one_label(desk: Callable[..., Desk]) -> None:
    cat = desk()
    arrived: list[int] = []

    def lose_the_answer(route: Route) -> None:
        if not arrived:
            arrived.append(route.fetch().status)
            route.abort("connectionreset")
        else:
            route.continue_()

    cat.page.route("**/submit/", lose_the_answer)
    first = cat.label(4)
    cat.says("Offline: 1 saved in this browser, will be sent later")
    cat.all_is_sent()
    assert arrived == [200]
    assert [(label.question, label.revision) for label in cat.on_record()] == [(first, 1)]


def test_labels_made_without_network_are_sent_in_order_even_from_another_window(
    desk: Callable[..., Desk],
) -> None:
    cat = desk()
    cat.context.set_offline(True)
    one = cat.question
    cat.page.keyboard.press("1")
    cat.page.keyboard.press("Enter")
    two = cat.gone_on_from(one)
    cat.page.keyboard.press("2")
    cat.type("written in a tunnel")
    cat.page.keyboard.press("Enter")
    cat.says("Cannot load the next task")
    cat.says("Offline: 2 saved in this browser, will be sent later")
    assert cat.on_record() == []
    cat.page.close()
    cat.context.set_offline(False)
    cat.page = cat.open()
    cat.all_is_sent()
    assert cat.question not in {one, two}
    assert [(label.question, label.score, label.comment) for label in cat.on_record()] == [
        (one, 1, ""),
        (two, 2, "written in a tunnel"),
    ]
    expect(cat.page.locator("[data-done]")).to_have_text("2 labelled by you")


def test_a_change_of_what_is_not_sent_yet_builds_on_it(desk: Callable[..., Desk]) -> None:
    cat = desk()
    cat.context.set_offline(True)
    one = cat.label(1)
    cat.page.keyboard.press("b")
    assert cat.question == one
    cat.page.keyboard.press("5")
    cat.page.keyboard.press("Enter")
    cat.gone_on_from(one)
    cat.context.set_offline(False)
    cat.all_is_sent()
    assert [(label.question, label.revision, label.score) for label in cat.on_record()] == [
        (one, 1, 1),
        (one, 2, 5),
    ]


def test_what_the_server_refuses_is_shown_with_a_way_back_and_its_text(desk: Callable[..., Desk]) -> None:
    cat = desk()

    def refuse(route: Route) -> None:
        problem = '{"code": "invalid", "detail": "It does not like this."}'
        route.fulfill(status=400, content_type="application/problem+json", body=problem)

    cat.page.route("**/submit/", refuse)
    first = cat.question
    cat.page.keyboard.press("4")
    cat.type("dear words")
    cat.page.keyboard.press("Enter")
    cat.gone_on_from(first)
    cat.says("was not accepted: It does not like this")
    cat.page.unroute("**/submit/")
    cat.errors.clear()
    cat.page.reload()
    cat.page.get_by_role("button", name="Go to that task").click()
    expect(cat.page.locator("[data-question]")).to_have_text(first)
    expect(cat.page.get_by_label("Comment")).to_have_value("dear words")
    cat.page.get_by_role("button", name="Submit").click()
    cat.all_is_sent()
    expect(cat.page.get_by_text("was not accepted")).to_have_count(0)
    assert [(label.question, label.comment) for label in cat.on_record()] == [(first, "dear words")]
