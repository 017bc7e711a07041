"""How long an annotator waits between two tasks: from the key press that submits to the next task painted.

`.venv/bin/python bench/labelling_latency.py [--tasks 200 --think 400]`. The platform as `manage.py up` starts it, a
real Chromium, labelling by keyboard alone. The clock is the page's: from the time stamp of the Enter key's event to
the frame after the one in which the next question's text was put into the page. Measured twice: with a pause before
each answer (`--think`, in ms; far shorter than any person's), and with none at all, where the next task cannot always
be here yet. The last line is a JSON object. Needs the packages of requirements-dev.lock and a Chromium.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

WATCH = """() => {
    window.waits = [];
    let pressed = null;
    document.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && document.querySelector("[name=score]:checked")) pressed = event.timeStamp;
    }, { capture: true });
    new MutationObserver(() => {
        const began = pressed;
        pressed = null;
        // The frame that shows the change is out when the one after it begins.
        if (began !== null) requestAnimationFrame(() => requestAnimationFrame((now) => waits.push(now - began)));
    }).observe(document.querySelector("[data-question]"), { childList: true, characterData: true, subtree: true });
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description="The wait between two tasks on the annotation screen.")
    parser.add_argument("--tasks", type=int, default=200, help="tasks to label in each of the two rounds")
    parser.add_argument(
        "--think", type=int, default=400, help="pause before each answer of the first round, in ms"
    )
    arguments = parser.parse_args()

    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import CHROMIUM, running_site
    from tests.browser.workplace import Desk, make_campaigns

    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="perg-bench-") as home:
        Path(home).chmod(0o711)
        with running_site(Path(home), "--no-demo") as site, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
            )
            campaigns = make_campaigns(site, count=2, items=arguments.tasks)
            print(
                f"{'':22} {'p50':>7} {'p95':>7} {'p99':>7} {'worst':>7}  ms, from Enter to the next task painted"
            )
            for campaign, name, think in zip(campaigns, ("", "at_once_"), (arguments.think, 0), strict=True):
                desk = Desk(browser, site, campaign, "cat")
                waits = label_all(desk, arguments.tasks, think)
                desk.all_is_sent()
                labels = len({label.question for label in desk.on_record()})
                if labels != arguments.tasks or len(desk.on_record()) != labels or desk.errors:
                    raise SystemExit(f"{labels} of {arguments.tasks} on record; {desk.errors}")
                shown = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
                for quantile, share in shown.items():
                    found[f"{name}{quantile}"] = waits[round(share * (len(waits) - 1))]
                values = " ".join(f"{found[name + quantile]:7.1f}" for quantile in shown)
                print(f"{f'after {think} ms' if think else 'without a pause':22} {values}")
                desk.context.close()
            browser.close()
    print(json.dumps({"tasks": arguments.tasks} | {name: round(value, 1) for name, value in found.items()}))


def label_all(desk, tasks: int, think: int) -> list[float]:
    """Label all; give the waits, shortest first. The last task has none: nothing comes after it."""
    page = desk.page
    page.evaluate(WATCH)
    for number in range(tasks):
        question = desk.question
        page.wait_for_timeout(think)
        page.keyboard.press(str(1 + number % 5))
        page.keyboard.press("Enter")
        page.wait_for_function(
            "text => document.querySelector('[data-task]').hidden === false"
            " && document.querySelector('[data-question]').textContent !== text"
            " || !document.querySelector('[data-nothing]').hidden",
            arg=question,
        )
    return sorted(page.evaluate("waits"))


if __name__ == "__main__":
    main()
