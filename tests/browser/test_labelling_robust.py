"""The annotation screen under what goes wrong: held keys, double clicks, two windows, no network, no login, no lease.

Each test ends by asking the database: one label for each task, the text that was typed, and no error page.
"""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import Site
from tests.browser.workplace import Desk, make_campaigns

COUNT = 20


@pytest.fixture(scope="module")
def campaigns(site: Site) -> Iterator[int]:
    return iter(make_campaigns(site, count=COUNT, items=12))


@pytest.fixture
def campaign(campaigns: Iterator[int]) -> int:
    """A campaign that no other test has touched."""
    return next(campaigns)


@pytest.fixture
def desk(browser: Browser, site: Site, campaign: int) -> Iterator[Callable[..., Desk]]:
    """Sit people down at the campaign; at the end, nobody has seen an error that the test did not ask for."""
    sat: list[Desk] = []

    def sit(username: str = "cat", **options: object) -> Desk:
        sat.append(Desk(browser, site, campaign, username, **options))
        return sat[-1]

    yield sit
    for each in sat:
        each.context.close()
    assert [error for each in sat for error in each.errors] == []


def _lease_runs_out(desk: Desk) -> None:
    """All leases of the campaign end, as if the page had been asleep for long."""
    desk.site.query(
        "UPDATE annotations_assignment a SET leased_until = now() - interval '1 hour' "
        "FROM annotations_task t WHERE t.id = a.task_id AND t.campaign_id = %s AND a.status = 'leased'",
        desk.campaign,
    )


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
    cat.says("Choose a score from 1 to 5 first")
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
    cat.says("You labelled this one: score 1")
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
    cat.says("You labelled this one: score 5")
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
    cat.page.get_by_role("button", name="On to the task in hand").click()
    assert cat.gone_on_from(one) == two
    expect(cat.page.get_by_label("Comment")).to_have_value("half a thought")
    expect(cat.page.locator("[name=score][value='4']")).to_be_checked()


# --- The network ------------------------------------------------------------------------------------------------------


def test_a_draft_is_kept_without_network_and_sent_when_it_is_back(desk: Callable[..., Desk]) -> None:
    cat = desk()
    cat.context.set_offline(True)
    cat.page.keyboard.press("3")
    cat.type("typed without network")
    cat.says("Offline: kept here, sent later")
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
    cat.says("Offline: 1 kept here, sent later")
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
    cat.says("The next task cannot be had just now")
    cat.says("Offline: 2 kept here, sent later")
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


# --- Lease and login --------------------------------------------------------------------------------------------------


def test_a_lost_lease_stops_nothing_and_the_late_label_is_kept(desk: Callable[..., Desk]) -> None:
    cat = desk()
    first = cat.question
    cat.page.keyboard.press("2")
    cat.type("I was at lunch")
    cat.draft_is_saved()
    _lease_runs_out(cat)
    dan = desk("dan")
    # What was given back goes first to whoever asks next.
    given = {dan.label(5), dan.label(5), dan.label(5)}
    dan.all_is_sent()
    assert first in given
    cat.page.evaluate(
        "document.dispatchEvent(new Event('visibilitychange'))"
    )  # as on coming back: a heartbeat
    cat.says("somebody else may have it; what you submit is kept")
    cat.page.keyboard.press("Enter")
    cat.gone_on_from(first)
    cat.all_is_sent()
    mine = [label for label in cat.on_record() if label.by == "cat"]
    assert [(label.question, label.comment, label.is_surplus) for label in mine] == [
        (first, "I was at lunch", True)
    ]


def test_an_expired_login_keeps_everything_and_work_goes_on_after_the_next_one(
    desk: Callable[..., Desk],
) -> None:
    cat = desk()
    cat.log_out_behind_the_page()
    one = cat.label(3)
    cat.says("You are logged out. What you enter is kept")
    cat.says("Logged out: 1 kept here")
    two = cat.question
    cat.type("and more text")
    cat.says("Logged out: kept here, sent later")
    assert cat.on_record() == []
    with cat.context.expect_page() as login:
        cat.page.get_by_role("link", name="Log in in a new tab").click()
    cat.log_in(login.value, "cat")
    cat.all_is_sent()
    cat.draft_is_saved()
    expect(cat.page.get_by_text("You are logged out")).to_have_count(0)
    assert cat.question == two
    expect(cat.page.get_by_label("Comment")).to_have_value("and more text")
    assert [label.question for label in cat.on_record()] == [one]


def test_what_one_person_did_never_goes_out_as_anothers(desk: Callable[..., Desk]) -> None:
    cat = desk()
    cat.log_out_behind_the_page()
    one = cat.label(1)
    cat.log_in(cat.context.new_page(), "dan")
    cat.says("Somebody else is logged in in this browser")
    dans = cat.open()
    expect(dans.locator("[data-question]")).to_be_visible()
    dans.wait_for_timeout(1500)
    assert cat.on_record() == []
    dans.get_by_role("button", name="Log out").click()
    expect(dans.get_by_label("Username")).to_be_visible()
    cat.errors.clear()  # Dan's window was left by logging out
    cat.log_in(dans, "cat")
    cat.all_is_sent()
    assert [(label.by, label.question) for label in cat.on_record()] == [("cat", one)]


# --- Two windows ------------------------------------------------------------------------------------------------------


def test_two_windows_on_two_machines_make_one_label_and_lose_no_text(desk: Callable[..., Desk]) -> None:
    here, there = desk(), desk()
    first = here.question
    assert there.question == first
    here.page.keyboard.press("2")
    here.type("written here")
    here.draft_is_saved()
    there.page.keyboard.press("4")
    there.type("written there")
    there.says("There is another version of this")
    there.says("written here")
    there.page.get_by_role("button", name="Keep the one below").click()
    there.draft_is_saved()
    here.page.keyboard.press("Enter")
    here.gone_on_from(first)
    here.all_is_sent()
    there.page.keyboard.press("Enter")
    there.gone_on_from(first)
    there.says("was labelled in another window: score 2, “written here”")
    assert [label.comment for label in here.on_record()] == ["written here"]
    there.page.get_by_role("button", name="Submit mine as a change").click()
    there.all_is_sent()
    assert [(label.revision, label.score, label.comment) for label in here.on_record()] == [
        (1, 2, "written here"),
        (2, 4, "written there"),
    ]


def test_the_other_label_can_stay_as_it_is(desk: Callable[..., Desk]) -> None:
    here, there = desk(), desk()
    first = here.label(2)
    here.all_is_sent()
    assert there.label(4) == first
    there.says("was labelled in another window: score 2")
    there.page.get_by_role("button", name="Keep the other").click()
    expect(there.page.get_by_text("was labelled in another window")).to_have_count(0)
    assert [(label.question, label.score) for label in here.on_record()] == [(first, 2)]


def test_two_tabs_of_one_browser_do_not_label_the_same_task_twice(desk: Callable[..., Desk]) -> None:
    cat = desk()
    tab = cat.page
    other = cat.open()
    first = cat.question
    expect(other.locator("[data-question]")).to_have_text(first)
    other.wait_for_timeout(500)
    tab.bring_to_front()
    for score in "123":
        cat.label(int(score))
    cat.all_is_sent()
    expect(other.locator("[data-notices]")).to_contain_text("You have just labelled this task")
    other.get_by_role("button", name="Go on to the next task").click()
    cat.page = other
    cat.label(4)
    cat.all_is_sent()
    labels = cat.on_record()
    assert sorted(label.score for label in labels) == [1, 2, 3, 4]
    assert len({label.question for label in labels}) == 4


def _with_clock(page: Page) -> None:
    page.clock.install()


def test_the_screen_says_why_there_is_no_task_and_looks_again_by_itself(desk: Callable[..., Desk]) -> None:
    cat = desk()
    cat.site.query("UPDATE annotations_campaign SET status = 'paused' WHERE id = %s", cat.campaign)
    one, _two = cat.label(1), cat.label(2)  # those in hand are still accepted
    cat.says("This campaign is paused")
    cat.page.get_by_role("link", name="My history").click()
    expect(cat.page.get_by_role("link", name=one)).to_be_visible()
    cat.page.close()
    cat.page = cat.open(ready=_with_clock)
    cat.says("This campaign is paused")
    cat.site.query("UPDATE annotations_campaign SET status = 'open' WHERE id = %s", cat.campaign)
    cat.page.clock.fast_forward(20_000)
    assert cat.question
    cat.label(3)
    cat.all_is_sent()
    assert [label.score for label in cat.on_record()] == [1, 2, 3]
