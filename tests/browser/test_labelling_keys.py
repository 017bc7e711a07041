"""Labelling by keyboard alone: two hundred tasks, every action, one's own keys; and the time that is measured."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Site
from tests.browser.workplace import Desk, make_campaigns

TASKS = 200


@pytest.fixture(scope="module")
def campaigns(site: Site) -> Iterator[int]:
    return iter(make_campaigns(site, count=5, items=TASKS))


@pytest.fixture
def desk(browser: Browser, site: Site, campaigns: Iterator[int]) -> Iterator[Callable[..., Desk]]:
    sat: list[Desk] = []

    def sit(before: str = "") -> Desk:
        campaign = next(campaigns)
        if before:
            site.query(f"UPDATE annotations_campaign SET {before} WHERE id = %s", campaign)
        sat.append(Desk(browser, site, campaign, "cat"))
        return sat[-1]

    yield sit
    for each in sat:
        each.context.close()
    assert [error for each in sat for error in each.errors] == []


def _score_of(question: str) -> int:
    number = re.search(r"\d+", question)
    assert number
    return 1 + int(number[0]) % 5


def test_two_hundred_tasks_by_keyboard_alone_are_on_record_once_each_with_their_scores(
    desk: Callable[..., Desk],
) -> None:
    cat = desk()
    given = {}
    for _ in range(TASKS):
        question = cat.question
        assert question not in given
        given[question] = _score_of(question)
        cat.label(given[question])
    cat.says("Every task of this campaign is labelled")
    cat.all_is_sent()
    labels = cat.on_record()
    assert len(labels) == TASKS
    assert {label.question: label.score for label in labels} == given


def test_every_action_has_its_key(desk: Callable[..., Desk]) -> None:
    cat = desk("asks_correctness = true")
    first, keys = cat.question, cat.page.keyboard
    keys.press("d")
    expect(cat.page.get_by_role("button", name="Differences")).to_have_attribute("aria-pressed", "true")
    expect(cat.page.locator(".response-text del").first).to_be_visible()
    keys.press("d")
    expect(cat.page.locator(".response-text del")).to_have_count(0)
    keys.press("g")
    expect(cat.page.get_by_role("dialog", name="Guidelines")).to_contain_text("Read all of it")
    keys.press("g")
    expect(cat.page.get_by_role("dialog")).to_have_count(0)
    keys.press("f")
    keys.press("3")  # the third reason
    keys.press("Tab")
    keys.type("its key is wrong")
    keys.press("Control+Enter")
    expect(cat.page.locator("[data-flags]")).to_have_text("Flagged by you")
    keys.press("4")
    keys.press("Enter")
    cat.says("Also choose whether the answer is correct")
    keys.press("t")
    keys.press("c")
    keys.type("with a word")
    keys.press("Control+Enter")
    second = cat.gone_on_from(first)
    keys.press("s")
    keys.press("2")
    keys.press("Enter")
    cat.gone_on_from(second)
    cat.all_is_sent()
    assert [(label.score, label.answer_correct, label.comment) for label in cat.on_record()] == [
        (4, "cannot_tell", "with a word")
    ]
    flags = (
        "SELECT reason, note FROM annotations_flag f JOIN annotations_assignment a ON a.id = f.assignment_id"
    )
    skips = "SELECT skip_reason FROM annotations_assignment a"
    here = " JOIN annotations_task t ON t.id = a.task_id WHERE t.campaign_id = %s"
    assert cat.site.query(flags + here, cat.campaign) == [("wrong_key", "its key is wrong")]
    assert cat.site.query(f"{skips}{here} AND a.status = 'skipped'", cat.campaign) == [("cannot_judge",)]
    keys.press("h")
    expect(cat.page.get_by_role("heading", name="My history")).to_be_visible()
    cat.page.get_by_role("link", name=second).click()
    cat.says("You skipped this task. You can still label it")
    for key in ("5", "y", "Enter"):
        keys.press(key)
    cat.gone_on_from(second)
    cat.all_is_sent()
    assert {label.question for label in cat.on_record()} == {first, second}


def test_keys_can_be_changed_and_are_remembered(desk: Callable[..., Desk]) -> None:
    cat = desk()
    cat.page.keyboard.press("?")
    dialog = cat.page.get_by_role("dialog", name="Keys")
    change = dialog.get_by_role("button", name="Change the key for: Choose score 5")
    change.click()
    cat.page.keyboard.press("b")
    expect(dialog).to_contain_text("“b” is already used for “Go back to the previous task”")
    cat.page.keyboard.press("ArrowUp")
    expect(dialog).to_contain_text("cannot be used. Press another key")
    cat.page.keyboard.press("Q")
    expect(dialog).to_contain_text("Saved.")
    cat.page.keyboard.press("Escape")
    cat.page.reload()
    first = cat.question
    cat.page.keyboard.press("5")
    expect(cat.page.locator("[name=score]:checked")).to_have_count(0)
    cat.page.keyboard.press("q")
    cat.page.keyboard.press("Enter")
    cat.gone_on_from(first)
    cat.all_is_sent()
    assert [label.score for label in cat.on_record()] == [5]
    cat.page.keyboard.press("?")
    dialog.get_by_role("button", name="Disable single-key shortcuts").click()
    expect(dialog).to_contain_text("Saved.")
    dialog.get_by_role("button", name="Close").click()
    cat.page.keyboard.press("q")
    expect(cat.page.locator("[name=score]:checked")).to_have_count(0)
    cat.page.get_by_role("button", name="Keys").click()
    dialog.get_by_role("button", name="Reset to defaults").click()
    expect(dialog).to_contain_text("Saved.")
    dialog.get_by_role("button", name="Close").click()
    cat.page.keyboard.press("5")
    expect(cat.page.locator("[name=score]:checked")).to_have_count(1)


TIME = """async () => {
    const { WorkTime } = await import("/static/js/labelling/work_time.js");
    let now = 0;
    const time = new WorkTime({ now: () => now });
    const at = {};
    time.start(5);
    time.input();
    now = 20_000; time.input(); at.busy = time.seconds;            // 20 s, with input at both ends
    now = 200_000; at.idle = time.seconds;                         // of these 180 s, the first 30 count
    time.input();
    now = 210_000; time.visible(false);                            // 10 s more, then hidden
    now = 220_000; at.hidden = time.seconds; time.visible(true);
    now = 230_000; at.back = time.seconds;                         // back, but nothing done yet
    time.input(); now = 231_000; at.again = time.seconds;
    time.start(0); now = 232_000; at.next = time.seconds;          // the key that led here counts for the next task
    return at;
}"""


def test_idle_and_hidden_time_does_not_count(desk: Callable[..., Desk]) -> None:
    assert desk().page.evaluate(TIME) == {
        "busy": 25,
        "idle": 55,
        "hidden": 65,
        "back": 65,
        "again": 66,
        "next": 1,
    }


def test_time_goes_on_after_a_reload_and_comes_with_the_label(desk: Callable[..., Desk]) -> None:
    cat = desk()
    for _ in range(6):
        cat.page.mouse.move(200, 200)
        cat.page.wait_for_timeout(300)
        cat.page.mouse.move(400, 400)
    cat.type("a")
    cat.draft_is_saved()
    cat.page.reload()
    cat.label(3)
    cat.all_is_sent()
    assert 1.5 < cat.on_record()[0].seconds < 60
