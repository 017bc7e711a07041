"""Annotators at work: campaigns set up, people logged in, and the records of what they did."""

import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import PASSWORD, Site

PEOPLE = ("cat", "dan")

MAKE = """
import itertools, json
from core.models import User
from annotations.models import Campaign, Guidelines
from tests import build

made = []
first = 1000 * (1 + Campaign.objects.count())
build._numbers = itertools.count(first)  # its names are unique within one process only
known = {{user.username: user for user in User.objects.all()}}
people = [known.get(name) or build.person(name, password={password!r}) for name in {people!r}]
run = build.run()
for number in range({items}):
    question = build.question(run.dataset, text=f"Question {{first + number}}: which one is it?")
    build.item(run, about=question, texts=("The answer is A because it is so, and so on. " * (1 + number % 9), "A."))
for number in range({count}):
    campaign = build.campaign(run, people, overlap=1, size={items})
    Guidelines.objects.get_or_create(campaign=campaign, version=1, defaults={{"text": "Read **all** of it."}})
    made.append(campaign.pk)
print("made", json.dumps(made))
"""

LABELS = """
    SELECT u.username, q.text, l.revision, l.score, l.answer_correct, l.comment, a.is_surplus, l.seconds
    FROM annotations_label l
    JOIN annotations_assignment a ON a.id = l.assignment_id
    JOIN annotations_task t ON t.id = a.task_id
    JOIN evaluation_response r ON r.id = t.response_id
    JOIN evaluation_item i ON i.id = r.item_id
    JOIN evaluation_question q ON q.id = i.question_id
    JOIN annotations_member m ON m.id = a.member_id
    JOIN core_user u ON u.id = m.user_id
    WHERE t.campaign_id = %s
    ORDER BY l.id
"""


@dataclass(frozen=True)
class Recorded:
    """A label as the database has it."""

    by: str
    question: str
    revision: int
    score: int
    answer_correct: str
    comment: str
    is_surplus: bool
    seconds: float


def make_campaigns(site: Site, *, count: int, items: int) -> list[int]:
    """Campaigns of the same responses with two annotators, one label wanted for each."""
    printed = site.run(MAKE.format(password=PASSWORD, people=PEOPLE, items=items, count=count))
    return list(json.loads(printed.split("made ")[1]))


class Desk:
    """A person's browser on a campaign's annotation screen."""

    def __init__(self, browser: Browser, site: Site, campaign: int, username: str, **options: Any) -> None:
        self.site, self.campaign, self.username = site, campaign, username
        options = {"viewport": {"width": 1280, "height": 900}} | options
        self.context: BrowserContext = browser.new_context(base_url=site.address, **options)
        self.context.set_default_timeout(10_000)
        self.errors: list[str] = []
        self.log_in(self.context.new_page(), username)
        self.page = self.open()

    def log_in(self, page: Page, username: str) -> None:
        page.goto("/login/")
        page.get_by_label("Username").fill(username)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Log out")).to_be_visible()
        page.close()

    def open(self, path: str = "", *, ready: Callable[[Page], None] | None = None) -> Page:
        """The screen in a new window; a script error or an error page fails the test at its end."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.errors.append(f"script error: {error.message}"))
        page.on("response", lambda answer: self._failed(answer.status, answer.url))
        if ready:
            ready(page)
        with page.expect_response("**/next/"):  # it has asked for the next task, or whether there is one
            page.goto(f"/campaigns/{self.campaign}/label/{path}")
        return page

    def _failed(self, status: int, url: str) -> None:
        if status >= 500 or (status in {400, 403, 404} and "favicon" not in url):
            self.errors.append(f"{status} {url}")

    @property
    def question(self) -> str:
        shown = self.page.locator("[data-question]")
        expect(shown).to_be_visible()
        return shown.inner_text()

    def gone_on_from(self, question: str) -> str:
        """Wait for another task than this one; give its question."""
        expect(self.page.locator("[data-question]")).not_to_have_text(question)
        return self.question

    def label(self, score: int) -> str:
        """Label the task in view by keys, and wait for the next; give the question of the first."""
        question = self.question
        self.page.keyboard.press(str(score))
        self.page.keyboard.press("Enter")
        expect(self.page.locator("[data-question]").filter(has_text=question)).not_to_be_visible()
        return question

    def type(self, comment: str) -> None:
        self.page.get_by_label("Comment").fill("")
        self.page.get_by_label("Comment").press_sequentially(comment)
        self.page.keyboard.press("Escape")

    def says(self, words: str, *, within: float = 10_000) -> None:
        expect(self.page.get_by_text(re.compile(words)).locator("visible=true").first).to_be_visible(
            timeout=within
        )

    def all_is_sent(self) -> None:
        expect(self.page.locator("[data-outbox-state]")).to_have_text("All sent", timeout=40_000)

    def draft_is_saved(self) -> None:
        expect(self.page.locator("[data-draft-state]")).to_have_text("Saved")

    def log_out_behind_the_page(self) -> None:
        """The login ends on the server alone, as when it expires: the browser still has its cookie."""
        cookies = {str(c.get("name")): str(c.get("value")) for c in self.context.cookies()}
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
            "X-CSRFToken": cookies["csrftoken"],
        }
        urllib.request.urlopen(
            urllib.request.Request(f"{self.site.address}/logout/", b"", headers), timeout=10
        ).close()

    def on_record(self) -> list[Recorded]:
        return [Recorded(*row) for row in self.site.query(LABELS, self.campaign)]


@contextmanager
def desks(browser: Browser, site: Site, campaign: int) -> Iterator[Callable[..., Desk]]:
    """Sit people down at the campaign; at the end, nobody has seen an error that the test did not ask for."""
    sat: list[Desk] = []

    def sit(username: str = "cat", **options: object) -> Desk:
        sat.append(Desk(browser, site, campaign, username, **options))
        return sat[-1]

    yield sit
    for each in sat:
        each.context.close()
    assert [error for each in sat for error in each.errors] == []
