"""Keys as keyboards send them that once went wrong: on the annotation screen they do what is right."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Site
from tests.browser.workplace import Desk, desks, make_campaigns
from tests.fault_inputs.case import FAULTS

SEND = """([type, key, code, more]) => {
    const event = new KeyboardEvent(type, { key, code, bubbles: true, cancelable: true, ...more });
    (document.activeElement ?? document.body).dispatchEvent(event);
}"""


class Keyboard:
    """Sends the events of a keyboard one by one, as a system would."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def send(self, kind: str, key: str, code: str = "", **more: object) -> None:
        self.desk.page.evaluate(SEND, [kind, key, code or key, more])

    def play(self, event: str) -> None:
        """An event in the words of the inputs: `press 4`, `keydown Enter (metaKey)`, `keyup Meta`."""
        kind, key, *more = event.split()
        if kind == "press":
            self.desk.page.keyboard.press(key)
        else:
            flags = {flag.strip("()"): True for flag in more}
            self.send(kind, key, "MetaLeft" if key == "Meta" else key, **flags)


@pytest.fixture
def desk(browser: Browser, site: Site) -> Iterator[Callable[..., Desk]]:
    with ExitStack() as stack:

        def sit() -> Desk:
            (campaign,) = make_campaigns(site, count=1, items=6)
            return stack.enter_context(desks(browser, site, campaign))("cat")

        yield sit


def _labels(desk: Desk, count: int) -> list[int]:
    expect(desk.page.locator("[data-done]")).to_have_text(f"{count} labelled by you")
    desk.all_is_sent()
    return [label.score for label in desk.on_record()]


@pytest.mark.skipif(not FAULTS.is_dir(), reason="the inputs are not on this machine")
def test_command_and_enter_on_a_mac(
    desk: Callable[..., Desk], record_property: Callable[[str, object], None]
) -> None:
    case = json.loads((FAULTS / "keys_mac.json").read_text())
    cat = desk()
    keyboard = Keyboard(cat)
    record_property("fault input", "keys_mac.json")
    record_property("right", case["right"])
    for event in case["events"]:
        question = cat.question
        keyboard.play(event)
        if event.startswith("keydown Enter"):
            cat.gone_on_from(question)
    scores = _labels(cat, 2)
    record_property("got", f"{len(scores)} labels submitted")
    assert case["right"] == "two labels submitted"
    assert scores == [4, 4]


def test_what_repeats_while_command_is_down_submits_once(desk: Callable[..., Desk]) -> None:
    cat = desk()
    first, keyboard = cat.question, Keyboard(cat)
    cat.page.keyboard.press("4")
    keyboard.send("keydown", "Meta", "MetaLeft", metaKey=True)
    keyboard.send("keydown", "Enter", metaKey=True)
    second = cat.gone_on_from(first)
    cat.page.keyboard.press("2")
    for _ in range(3):
        keyboard.send("keydown", "Enter", metaKey=True, repeat=True)
    assert _labels(cat, 1) == [4]
    assert cat.question == second
    keyboard.send("keydown", "Enter", metaKey=True)  # let go, without a word, and pressed again
    cat.gone_on_from(second)
    assert _labels(cat, 2) == [4, 2]


def test_a_key_used_with_command_works_alone_afterwards(desk: Callable[..., Desk]) -> None:
    """Command and C copies; no browser on a Mac then says that C went up."""
    cat = desk()
    keyboard = Keyboard(cat)
    keyboard.send("keydown", "Meta", "MetaLeft", metaKey=True)
    keyboard.send("keydown", "c", "KeyC", metaKey=True)
    keyboard.send("keyup", "Meta", "MetaLeft")
    keyboard.send("keydown", "c", "KeyC")
    expect(cat.page.get_by_label("Comment")).to_be_focused()


def test_a_key_released_as_another_character_is_not_held_down(desk: Callable[..., Desk]) -> None:
    cat = desk()
    keyboard, dialog = Keyboard(cat), cat.page.get_by_role("dialog", name="Keys")
    for is_open in (1, 0, 1):
        keyboard.send("keydown", "?", "Slash", shiftKey=True)
        expect(dialog).to_have_count(is_open)
        keyboard.send("keyup", "Shift", "ShiftLeft")
        keyboard.send("keyup", "/", "Slash")


def test_composing_a_character_submits_nothing(desk: Callable[..., Desk]) -> None:
    cat = desk()
    question, keyboard = cat.question, Keyboard(cat)
    cat.page.keyboard.press("4")
    keyboard.send("keydown", "Enter", ctrlKey=True, isComposing=True)
    keyboard.send("keydown", "Enter", keyCode=229)
    keyboard.send("keydown", "Process", "Digit2", isComposing=True)
    assert cat.question == question
    expect(cat.page.locator("[name=score]:checked")).to_have_value("4")
    assert cat.on_record() == []


@pytest.mark.parametrize(
    ("key", "code", "more"),
    [
        ("&", "Digit1", {}),  # French: digits need Shift
        ("١", "Digit1", {}),  # Arabic
        ("1", "Digit1", {"shiftKey": True}),
        ("1", "Numpad1", {}),
    ],
)
def test_digits_of_other_layouts_choose_scores(
    desk: Callable[..., Desk], key: str, code: str, more: dict[str, bool]
) -> None:
    cat = desk()
    Keyboard(cat).send("keydown", key, code, **more)
    expect(cat.page.locator("[name=score]:checked")).to_have_value("1")


def test_letters_of_other_scripts_are_the_keys_in_their_place(desk: Callable[..., Desk]) -> None:
    cat = desk()
    keyboard = Keyboard(cat)
    keyboard.send("keydown", "ц", "KeyW")
    expect(cat.page.get_by_role("button", name="Original text")).to_have_attribute("aria-pressed", "true")
    keyboard.send("keyup", "ц", "KeyW")
    keyboard.send("keydown", ",", "KeyW")  # Dvorak: a comma is a comma
    expect(cat.page.get_by_role("button", name="Original text")).to_have_attribute("aria-pressed", "true")
    keyboard.send("keydown", "!", "Digit1", shiftKey=True)
    expect(cat.page.locator("[name=score]:checked")).to_have_count(0)


@pytest.mark.parametrize(("key", "name"), [("f", "Flag for the leads"), ("s", "Skip this task")])
def test_nothing_is_chosen_for_somebody_who_flags_or_skips(
    desk: Callable[..., Desk], key: str, name: str
) -> None:
    cat = desk()
    first, keys = cat.question, cat.page.keyboard
    dialog = cat.page.get_by_role("dialog", name=name)
    keys.press(key)
    expect(dialog.locator("[name=reason]:checked")).to_have_count(0)
    keys.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("Choose a reason first")
    keys.press("2")
    expect(dialog.get_by_role("alert")).to_have_text("")
    keys.press("Escape")
    cat.label(3)
    cat.gone_on_from(first)
    keys.press(key)
    expect(dialog.locator("[name=reason]:checked")).to_have_count(0)  # what was chosen was about another task
    keys.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("Choose a reason first")
    keys.press("Escape")
    cat.all_is_sent()
    here = (
        "FROM annotations_assignment a JOIN annotations_task t ON t.id = a.task_id WHERE t.campaign_id = %s"
    )
    assert cat.site.query(f"SELECT count(*) {here} AND a.status = 'skipped'", cat.campaign) == [(0,)]
    assert cat.site.query(
        f"SELECT count(*) FROM annotations_flag f WHERE f.assignment_id IN (SELECT a.id {here})", cat.campaign
    ) == [(0,)]
