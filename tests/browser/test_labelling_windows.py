"""The annotation screen in two windows, without a lease, without a login, and while there is no task.

Each test ends by asking the database: one label for each task, the text that was typed, and no error page.
"""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site
from tests.browser.workplace import Desk, desks, make_campaigns
from tests.live import wait_until


@pytest.fixture(scope="module")
def campaigns(site: Site) -> Iterator[int]:
    return iter(make_campaigns(site, count=10, items=12))


@pytest.fixture
def desk(browser: Browser, site: Site, campaigns: Iterator[int]) -> Iterator[Callable[..., Desk]]:
    """At a campaign that no other test has touched."""
    with desks(browser, site, next(campaigns)) as sit:
        yield sit


def _lease_runs_out(desk: Desk) -> None:
    """All leases of the campaign end, as if the page had been asleep for long, and the sweep takes the tasks back.

    Until it does, a heartbeat of the page, which is awake, may renew a lease: then it ends once more.
    """
    expire = (
        "UPDATE annotations_assignment a SET leased_until = now() - interval '1 hour' "
        "FROM annotations_task t WHERE t.id = a.task_id AND t.campaign_id = %s AND a.status = 'leased' "
        "RETURNING a.id"
    )

    def none_is_left() -> bool:
        try:
            return not desk.site.query(expire, desk.campaign)
        except psycopg.errors.DeadlockDetected:  # the sweep takes the same rows, one by one, in its own order
            return False

    wait_until(none_is_left)


# --- Lease and login --------------------------------------------------------------------------------------------------


def test_a_lost_lease_stops_nothing_and_the_late_label_is_kept(desk: Callable[..., Desk]) -> None:
    cat = desk()
    first = cat.question
    cat.page.keyboard.press("2")
    cat.type("I was at lunch")
    cat.draft_is_saved()
    _lease_runs_out(cat)
    dan = desk("dan")
    # What was given back goes first to the next person who asks.
    given = {dan.label(5), dan.label(5), dan.label(5)}
    dan.all_is_sent()
    assert first in given
    cat.page.evaluate(
        "document.dispatchEvent(new Event('visibilitychange'))"
    )  # as on coming back: a heartbeat
    cat.says("another annotator may have it. You can still submit your label")
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
    cat.says("You are logged out. Your entries are saved")
    cat.says("Logged out: 1 saved in this browser")
    two = cat.question
    cat.type("and more text")
    cat.says("Logged out: saved in this browser, will be sent later")
    assert cat.on_record() == []
    with cat.context.expect_page() as login:
        cat.page.get_by_role("link", name="Log in (new tab)").click()
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
    cat.says("Another person is now logged in in this browser")
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
    there.page.get_by_role("button", name="Keep the version below").click()
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
    there.page.get_by_role("button", name="Keep the other label").click()
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
    expect(other.locator("[data-notices]")).to_contain_text("You have labelled this task")
    other.get_by_role("button", name="Continue to the next task").click()
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
