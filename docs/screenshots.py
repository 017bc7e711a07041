"""Makes the pictures that README.md and docs/ show: `make screenshots`, or some of them with ARGS="gold-preview.png".

A platform of its own is started on the demonstration, in a folder that is thrown away, and brought by hand, as a user
would, to where there is something to see. So the pictures show what the pages are, not what they were. What differs
from one time to the next is made equal: dates, names made at random. A picture whose pixels are the same is not
written again.
"""

import argparse
import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageChops
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.conftest import CHROMIUM, running_site

DOCS = Path(__file__).parent
WIDTH = 1280
MOST_BYTES = 250_000
WAIT_SECONDS = 120

# Dates, times and the random parts of tokens and checksums; what stands in their place has the same length or so.
SAME_EACH_TIME = """
() => {
  const put = [
    [/\\b\\d{1,2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec)[a-z]* \\d{4}\\b/g, "1 Mar 2026"],
    [/\\b\\d{4}-\\d\\d-\\d\\d\\b/g, "2026-03-01"],
    [/\\b\\d\\d:\\d\\d(:\\d\\d)?\\b/g, "09:00"],
    [/\\b[0-9a-f]{12}…/g, "5f2b9c01d7e4…"],
    [/\\b[0-9a-f]{64}\\b/g, "5f2b9c01d7e4".repeat(6).slice(0, 64)],
    [/\\bperg_[A-Za-z0-9_-]{4,}…?/g, "perg_3kQ9…"],
  ];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.parentElement.closest("script, style, textarea")) continue;
    for (const [pattern, text] of put) if (pattern.test(node.data)) node.data = node.data.replace(pattern, text);
  }
  if (document.activeElement) document.activeElement.blur();
}
"""

ASK_FOR_EXPORT = """
async (wanted) => {
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const headers = {"Content-Type": "application/json", "X-CSRFToken": token};
  return (await fetch("/api/v1/exports/", {method: "POST", headers, body: JSON.stringify(wanted)})).status;
}
"""


@dataclass(frozen=True)
class People:
    """The demonstration's visitors, each logged in, in a window of their own."""

    admin: Page
    lead: Page
    annotator: Page
    passwords: dict[str, str]


@dataclass(frozen=True)
class Picture:
    """A picture: its file, and how to come to what it shows.

    `show` leaves the page on it. `top`: what stands at the upper edge, else the page's beginning. `height`: in pixels.
    """

    file: str
    show: Callable[[People], Page]
    top: str = ""
    height: int = 800


def open_page(page: Page, path: str) -> Page:
    page.goto(path)
    page.wait_for_load_state("networkidle")
    return page


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait for a worker's work."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            raise SystemExit(f"This did not come within {WAIT_SECONDS} s: {what}")
        time.sleep(0.5)


def campaign(page: Page, part: str) -> Page:
    """A page of the demonstration's campaign."""
    open_page(page, "/campaigns/")
    page.get_by_role("link", name="Demonstration").first.click()
    found = re.search(r"/campaigns/(\d+)/", page.url)
    assert found, page.url
    return open_page(page, f"/campaigns/{found[1]}/{part}")


# --- One function for each picture, in the order in which they are taken --------------------------------------------


def results(people: People) -> Page:
    page = people.admin
    until(
        lambda: (
            open_page(page, "/results/").locator("table tbody tr").count() >= 4
            and not page.get_by_text("being computed").count()
        ),
        "the results of the demonstration's runs",
    )
    return page


def comparison(people: People) -> Page:
    page = open_page(people.admin, "/results/")
    runs = page.locator("input[name=run]")
    for value in sorted({str(box.get_attribute("value")) for box in runs.all()}, key=int):
        page.locator(f"input[name=run][value='{value}']").first.check()
    page.get_by_role("button", name="Compare selected runs").click()
    page.wait_for_load_state("networkidle")
    return page


def figures(people: People) -> Page:
    return open_page(people.admin, "/results/figures/")


def stages(people: People) -> Page:
    return open_page(people.admin, "/results/stages/")


def label(people: People) -> Page:
    page = campaign(people.annotator, "label/")
    expect(page.get_by_text("Preference").first).to_be_visible()
    page.wait_for_timeout(500)
    return page


def report(people: People) -> Page:
    page = campaign(people.lead, "validation/")
    page.get_by_role("button", name=re.compile("Compute")).first.click()
    until(
        lambda: (
            campaign(people.lead, "validation/").get_by_role("heading", name="Verdict").count() > 0
            or people.lead.locator(".verdict").count() > 0
        ),
        "the validation report",
    )
    return people.lead


def agreement(people: People) -> Page:
    return campaign(people.lead, "agreement/")


def progress(people: People) -> Page:
    return campaign(people.lead, "")


def adjudication(people: People) -> Page:
    page = campaign(people.lead, "adjudication/")
    page.locator("main table a, main .card a").first.click()
    page.wait_for_load_state("networkidle")
    return page


def gold_preview(people: People) -> Page:
    """A first release; then what a second one by other criteria would be."""
    page = campaign(people.lead, "gold/")
    page.get_by_role("button", name="Release gold").click()
    page.wait_for_load_state("networkidle")
    return campaign(
        people.lead,
        "gold/?shown=1&rule=majority&states=open&states=agreed&states=adjudicated&adjudicated_first=on"
        "&minimum_labels=2&minimum_agreement=60&minimum_confidence=0",
    )


def gold_release(people: People) -> Page:
    page = people.lead
    page.get_by_role("button", name="Release gold").click()
    page.wait_for_load_state("networkidle")
    campaign(page, "gold/")
    page.locator("section[aria-labelledby=releases] tbody th a").first.click()
    page.wait_for_load_state("networkidle")
    return page


def story(people: People) -> Page:
    page = open_page(people.admin, "/results/")
    page.locator("a.behind").nth(1).click()
    page.wait_for_load_state("networkidle")
    page.locator("main a[href^='/items/']").first.click()
    page.wait_for_load_state("networkidle")
    return page


def judge_test(people: People) -> Page:
    page = open_page(people.admin, "/judges/")
    page.get_by_role("link", name="heuristic").first.click()
    page.get_by_role("link", name=re.compile("Test")).first.click()
    page.get_by_role("button", name="Run test").click()
    until(lambda: page.get_by_role("heading", name="Result", exact=True).count() > 0, "the judge's answer")
    return page


def injected_responses(people: People) -> Page:
    page = open_page(people.admin, "/judges/")
    page.get_by_role("link", name="heuristic (floor)").first.click()
    page.get_by_role("link", name="Test the judge with injected responses").click()
    page.get_by_role("button", name="Start the test").click()
    until(lambda: page.get_by_role("button", name="Test again").count() > 0, "the judge's answers")
    return page


def launch(people: People) -> Page:
    page = open_page(people.admin, "/batches/new/?preset=aligner")
    page.get_by_label("Name", exact=True).fill("Pref-Aligner against direct")
    page.get_by_label("Dataset", exact=True).select_option(index=1)
    page.get_by_label(re.compile("catalogue|Preferences", re.IGNORECASE)).first.select_option(index=1)
    page.get_by_label(re.compile("demo-model")).first.check()
    page.get_by_label(re.compile("heuristic")).first.check()
    page.wait_for_timeout(2000)
    page.wait_for_load_state("networkidle")
    return page


def batch(people: People) -> Page:
    """The same batch, launched: the record has no answers for settings other than relevant, so calls fail."""
    page = people.admin
    page.get_by_role("button", name="Launch", exact=True).click()
    page.wait_for_load_state("networkidle")
    address = page.url
    until(
        lambda: not open_page(page, address).locator(".badge-running, .badge-waiting").count(),
        "the batch",
    )
    return page


def home(people: People) -> Page:
    return open_page(people.admin, "/")


def exports(people: People) -> Page:
    """The page streams a table as small as this one at once; over the API a worker writes it."""
    page = open_page(people.admin, "/exports/")
    assert page.evaluate(ASK_FOR_EXPORT, {"table": "labels", "format": "dataset"}) == 202
    until(
        lambda: (
            open_page(page, "/exports/").locator("section[aria-labelledby=exports] .badge-complete").count()
            > 0
        ),
        "the export",
    )
    return page


def import_columns(people: People) -> Page:
    """A small table of a user's own, read and guessed."""
    rows = [
        f'q{row},"Can I return order {row}?","Yes, within 30 days: open your orders.",{1 + row % 5},{1 + row * 2 % 5}'
        for row in range(1, 41)
    ]
    page = open_page(people.admin, "/campaigns/import-items/")
    table = "\n".join(["id,question,answer,Anna,gpt-4o", *rows]).encode()
    page.set_input_files("[name=file]", {"name": "answers.csv", "mimeType": "text/csv", "buffer": table})
    page.get_by_role("button", name="Upload").click()
    page.wait_for_load_state("networkidle")
    return page


def tokens(people: People) -> Page:
    page = open_page(people.admin, "/account/tokens/")
    page.get_by_label("Name", exact=True).fill("our dashboard")
    page.get_by_label("Your password").fill(people.passwords["admin"])
    page.get_by_role("button", name="Create token").click()
    return open_page(page, "/account/tokens/")


def webhooks(people: People) -> Page:
    page = open_page(people.admin, "/webhooks/new/")
    page.get_by_label("Name", exact=True).fill("our dashboard")
    page.get_by_label(re.compile("Address|URL")).fill("https://dashboard.example.org/perg")
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="Create webhook").click()
    return open_page(page, "/webhooks/")


def api_docs(people: People) -> Page:
    page = open_page(people.admin, "/api/v1/docs/")
    page.locator("#operations-tag-batches button, [data-tag=batches] button").first.click()
    page.wait_for_timeout(1500)  # it unfolds
    return page


PICTURES = (
    Picture("results-explorer.png", results),
    Picture("results-compare.png", comparison, top="section.section"),
    Picture("results-figures.png", figures, height=1120),
    Picture("aligner-stages.png", stages),
    Picture("annotation-screen.png", label),
    Picture("campaign-page.png", progress),
    Picture("adjudication.png", adjudication),
    Picture("validation-page.png", report),
    Picture("agreement-page.png", agreement),
    Picture("gold-preview.png", gold_preview),
    Picture("gold-release.png", gold_release),
    Picture("item-story.png", story),
    Picture("judge-test.png", judge_test),
    Picture("injected-responses.png", injected_responses),
    Picture("launch-page.png", launch),
    Picture("batch-page.png", batch, height=1240),
    Picture("exports.png", exports),
    Picture("home.png", home, height=1150),
    Picture("import-columns.png", import_columns, height=1150),
    Picture("tokens.png", tokens),
    Picture("webhooks.png", webhooks),
    Picture("api-docs.png", api_docs, height=900),
)
"""All pictures, in this order: some need what the one before has done."""


@contextmanager
def logged_in(browser: Browser, address: str, home_folder: Path) -> Iterator[People]:
    """The three visitors' windows: light, of one size, without motion."""
    passwords = json.loads((home_folder / "demonstration-logins.json").read_text())
    windows = {}
    for name in ("admin", "lead", "annotator"):
        context = browser.new_context(
            base_url=address,
            viewport={"width": WIDTH, "height": 800},
            color_scheme="light",
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="UTC",
        )
        windows[name] = page = context.new_page()
        page.goto("/login/")
        page.get_by_label("Username").fill(name)
        page.get_by_label("Password").fill(passwords[name])
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url(f"{address}/")
    yield People(**windows, passwords=passwords)


def taken(page: Page, picture: Picture) -> bytes:
    """The picture as PNG of 256 colours, which is a third of the bytes and looks the same on pages like these."""
    page.set_viewport_size({"width": WIDTH, "height": picture.height})
    page.evaluate(SAME_EACH_TIME)
    if picture.top:
        page.locator(picture.top).first.evaluate("element => element.scrollIntoView({block: 'start'})")
    else:
        page.evaluate("scrollTo(0, 0)")
    page.mouse.move(0, 0)
    page.wait_for_timeout(200)
    image = Image.open(BytesIO(page.screenshot(animations="disabled", caret="hide"))).convert("RGB")
    small = BytesIO()
    image.quantize(256, method=Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE).save(
        small, "PNG", optimize=True
    )
    return small.getvalue()


def kept(path: Path, png: bytes) -> str:
    """Write the picture, unless the one that is there has the same pixels; say which."""
    if path.exists():
        before, after = (Image.open(source).convert("RGB") for source in (path, BytesIO(png)))
        if before.size == after.size and not ImageChops.difference(before, after).getbbox():
            return "unchanged"
    path.write_bytes(png)
    return f"made, {len(png) / 1000:.0f} kB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "names", nargs="*", help="pictures to write (default: all); all are taken in any case"
    )
    wanted = set(parser.parse_args().names)
    if unknown := wanted - {picture.file for picture in PICTURES}:
        raise SystemExit(f"There is no such picture: {', '.join(sorted(unknown))}")
    if CHROMIUM is None:
        raise SystemExit("There is no Chromium on this machine (Debian: apt install chromium).")
    os.environ["SECRET_KEY"] = (
        "for-pictures-alone-" * 3
    )  # names that are made up from it are the same each time
    with (
        tempfile.TemporaryDirectory(prefix="perg-screenshots-") as folder,
        running_site(Path(folder)) as site,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        with logged_in(browser, site.address, Path(folder)) as people:
            for picture in PICTURES:
                png = taken(picture.show(people), picture)
                if len(png) > MOST_BYTES:
                    raise SystemExit(f"{picture.file} has {len(png):,} bytes, more than {MOST_BYTES:,}.")
                if not wanted or picture.file in wanted:
                    print(f"docs/{picture.file}: {kept(DOCS / picture.file, png)}", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
