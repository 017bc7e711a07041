"""Every page there is, in a real browser: accessible, as wide as its window, and without a complaint in the console.

Which pages there are, and who may open them, is what the matrix of tests/perg_site/access_matrix.py says: a new page is
visited without a line here, unless its address has a part that `furnish` does not give. With PERG_SCREENSHOTS set to a
folder, pictures of all of them are kept there.
"""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import get_resolver
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, ViewportSize, expect

from tests.browser.conftest import Site, running_site
from tests.perg_site.access_matrix import COLUMNS, MATRIX

PEOPLE = {"nobody": "", "annotator": "annotator", "lead": "lead", "staff": "admin"}
"""Who of the matrix's columns looks at pages, with their name in the demonstration."""

WIDTHS: tuple[int, ...] = (320, 768, 1440)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

# Addresses that answer GET but are no pages of their own.
NO_PAGE = {
    "health": "a word for programs",
    "run_progress": "a part of the page of a run, asked for by it",
    "run_judging": "a part of the page of a run, asked for by it",
    "gold_export": "a file",
    "export_stream": "a file",
    "export_download": "a file",
    "export_manifest": "JSON beside a file",
    "audit_export": "a file",
    "campaign_audit_export": "a file",
    "controls_candidates": "a file",
    "validation_download": "a file",
    "results_export": "a file",
    "results_figure": "a file",
    "validation_figure": "a picture of the page of validation",
}

# Pages of the campaign with a qualification round and control items, which the demonstration has not.
ON_TRIAL = {
    "control_edit",
    "controls",
    "controls_browse",
    "qualification",
    "qualification_answer",
    "qualification_people",
}

ON_IMPORTED = {"begin_labelling", "imported_item"}
ON_JUDGING = {"item_judge_create", "item_judge_detail", "item_judge_list", "item_judge_trial"}

# Looked at besides: what a page shows in another state.
BESIDES = [
    ("staff", "/no/such/page/"),
    ("staff", "/api/v1/docs/"),
    ("staff", "/results/?by=source&sort=-breakage_rate"),
    ("staff", "/results/?sort=nonsense"),
    ("staff", "/results/compare/?run={run_id}&run={other_run_id}"),
    ("staff", "/runs/{run_id}/items/?show=not_followed"),
    ("staff", "/runs/{run_id}/items/?show=broken"),
    ("staff", "/runs/{run_id}/items/?show=answered&only={other_run_id}&score=3"),
    ("staff", "/runs/{troubled_run_id}/"),
    ("staff", "/runs/{failed_run_id}/"),
    ("staff", "/runs/{failed_run_id}/items/?stage=baseline&call=failed"),
    ("staff", "/runs/{failed_run_id}/items/?endpoint={dead_endpoint_id}&error=connection"),
    ("staff", "/batches/{failed_batch_id}/"),
    ("staff", "/endpoints/{dead_endpoint_id}/edit/"),
    ("staff", "/endpoints/{dead_endpoint_id}/health/"),
    ("staff", "/people/?q=nobody-is-called-that"),
    ("staff", "/audit/?action=label.submitted&person=demo-ada"),
    ("staff", "/audit/?since=nonsense"),
    ("annotator", "/campaigns/{trial}/qualification/item/"),
    ("annotator", "/campaigns/{trial}/label/"),
    ("annotator", "/campaigns/{campaign_id}/history/?q=nothing-has-this-in-it"),
    ("annotator", "/campaigns/{imported}/label/"),
    ("annotator", "/campaigns/{imported}/history/"),
    ("lead", "/campaigns/{imported}/"),
    ("lead", "/campaigns/{imported}/items/{imported_item}/"),
    ("lead", "/campaigns/{trial}/"),
    ("lead", "/campaigns/{trial}/adjudication/"),
    ("lead", "/campaigns/{trial}/agreement/"),
    ("lead", "/campaigns/{trial}/validation/"),
    ("lead", "/campaigns/{trial}/quality/"),
    ("nobody", "/invitations/no-such-invitation/"),
    ("nobody", "/password/reset/MQ/no-such-link/"),
]


@dataclass(frozen=True)
class Visit:
    """A page in somebody's window."""

    who: str
    route: str
    address: str


def pages_for(who: str) -> list[str]:
    """The routes that this column of the matrix opens by GET."""
    return [
        route
        for route, (method, *statuses) in MATRIX.items()
        if method == "get"
        and statuses[COLUMNS.index(who)] == 200
        and route not in NO_PAGE
        and not route.startswith("api_")
    ]


def furnish() -> None:
    """Run inside the site's own Django: put something on every page and print what their addresses are made of."""
    from django.urls import reverse
    from django.utils import timezone

    from annotations.gold.services.gold import release_gold
    from annotations.models import Campaign, Flag, QualificationAnswer, QualificationAttempt, Task
    from annotations.people.services.invitations import invite
    from annotations.people.services.people import make_reset_link
    from annotations.quality.services.controls import withdraw_control
    from annotations.quality.services.qualification import start_attempt
    from annotations.validation.services.validation import report_settings, request_report
    from core.jobs.leasing import run_job
    from core.models import User
    from evaluation.judges.selectors import heuristic_judge
    from evaluation.models import Batch, ComputingTrouble, Run
    from evaluation.results.services.results import refresh_result
    from perg.stats.gold.gold_criteria import EVERY_TASK
    from perg_site.webhooks.managing import create_webhook, ping_webhook
    from tests import build, imported_items, judged_items
    from tests.table_uploads import table_upload

    campaign = Campaign.objects.get(is_demonstration=True)
    run = campaign.runs.get()
    people = {user.username: user for user in User.objects.all()}
    lead, admin, annotator = (people[name] for name in ("lead", "admin", "annotator"))
    member = campaign.members.get(user=people["demo-ada"])
    labelled = member.assignments.first()
    disputed = Task.objects.filter(campaign=campaign, state="disputed").first()
    assert labelled is not None
    assert disputed is not None
    Flag.objects.create(assignment=labelled, reason="other", note="Which of the two is meant?")
    release = release_gold(campaign=campaign, criteria=EVERY_TASK, created_by=lead)
    batch = Batch.objects.create(name="A batch of recorded runs")
    Run.objects.filter(pk=run.pk).update(batch=batch)
    proposal = build.proposal()
    judge = heuristic_judge()
    uidb64, token = make_reset_link(user=lead, actor=admin)
    invitation = invite(role="annotator", campaign=campaign, created_by=lead, note="Ada")
    invite(role="admin", campaign=None, created_by=admin, note="Chi")
    # A second one, with what the demonstration has not: a qualification round under way, and control items.
    other_run = Run.objects.exclude(pk=run.pk).get(is_demonstration=True)
    trial = build.campaign(
        other_run, [annotator, people["demo-ben"]], size=20, leads=[lead], pass_mark=0.6, control_every=5
    )
    spare = [
        item.responses.get(condition="personalised")
        for item in other_run.items.exclude(responses__tasks__campaign=trial)
    ]
    for response, kind in zip(spare, ["control"] * 3 + ["qualification"] * 4, strict=False):
        item = build.control(
            campaign=trial,
            response=response,
            score=4,
            tolerance=1,
            explanation="It is short.",
            kind=kind,
            actor=lead,
        )
    for task in trial.tasks.filter(kind="regular")[:3]:
        build.vote(task, annotator, 1, comment="Far too long.")
        build.vote(task, people["demo-ben"], 5)
    # One of imported items, of which one is labelled and flagged.
    imported = imported_items.labelled_campaign(imported_items.EVERY_KIND, [annotator], pairs=True, lead=lead)
    imported_items.label_one(imported, annotator)
    judging = judged_items.add_judges(imported)
    upload = table_upload(lead)
    # An answer to an item that is no longer asked, and an attempt under way.
    taker = trial.members.get(user=annotator)
    over = QualificationAttempt.objects.create(
        member=taker, number=1, finished_at=timezone.now(), passed=False
    )
    answer = QualificationAnswer.objects.create(attempt=over, task=item, score=1, is_right=False)
    withdraw_control(task=item, actor=lead)
    start_attempt(member=taker)
    for each in Run.objects.all():
        refresh_result(run=each)
    troubled = build.run("A run whose results could not be computed")
    # So often that no worker of the site tries again meanwhile.
    ComputingTrouble.objects.create(
        run=troubled, computed="result", begun_at=timezone.now(), failed_at=timezone.now(), tries=30,
        why="Internal error (ZeroDivisionError: division by zero). The workers’ log has the details.",
    )  # fmt: skip
    failed = build.failed_run(admin)
    run_job(request_report(campaign=campaign, settings=report_settings()))
    webhook = create_webhook(
        name="dashboard", url="https://dashboard.invalid/perg", events=["gold.released"], actor=admin
    ).webhook
    delivery = ping_webhook(webhook=webhook, actor=admin)
    world = {
        "run_id": run.pk,
        "other_run_id": other_run.pk,
        "troubled_run_id": troubled.pk,
        "failed_run_id": failed.pk,
        "failed_batch_id": failed.batch_id,
        "dead_endpoint_id": failed.endpoint_id,
        "item_id": labelled.task.response.item_id,
        "batch_id": batch.pk,
        "catalogue_id": build.preference().catalogue_id,
        "dataset_id": run.dataset_id,
        "endpoint_id": judge.endpoint_id,
        "rubric_id": judge.rubric_id,
        "judge_id": judge.pk,
        "completion_id": build.trial(judge.endpoint).pk,
        "build_id": proposal.build_id,
        "campaign_id": campaign.pk,
        "trial": trial.pk,
        "imported": imported.pk,
        "imported_item": imported.tasks.get(state="agreed").imported_item_id,
        "judging": judging.pk,
        "item_judge": judging.item_judges.get(name="Running").pk,
        "trial_id": judging.item_judge_trials.get().pk,
        "upload_id": upload.pk,
        "control": trial.tasks.filter(kind="control").values_list("pk", flat=True)[0],
        "release_id": release.pk,
        "request_id": build.gold_request(campaign, lead).pk,
        "job_id": build.import_job(lead).pk,
        "member_id": member.pk,
        "task_id": disputed.pk,
        "answer_id": answer.pk,
        "user_id": lead.pk,
        "reason": "tied",
        "table": "gold",
        "webhook_id": webhook.pk,
        "delivery_id": delivery.pk,
        "token": invitation.token,
        "reset": reverse("password_reset_confirm", kwargs={"uidb64": uidb64, "token": token}),
    }
    sys.stdout.write(json.dumps(world))


def address_of(route: str, world: dict[str, object]) -> str:
    """The address of a route, made of what its parts are called."""
    if route == "password_reset_confirm":
        return str(world["reset"])
    if route in ON_TRIAL:
        world = world | {"campaign_id": world["trial"]}
    if route in ON_IMPORTED:
        world = world | {"campaign_id": world["imported"], "item_id": world["imported_item"]}
    if route in ON_JUDGING:
        world = world | {"campaign_id": world["judging"], "judge_id": world["item_judge"]}
    if route == "control_edit":
        world = world | {"task_id": world["control"]}
    ((template, parts),) = get_resolver().reverse_dict.getlist(route)[0][0]
    return "/" + str(template) % {part: world[part] for part in parts}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A platform of this module's own, with the demonstration."""
    with running_site(tmp_path_factory.mktemp("demonstration")) as started:
        yield started


@pytest.fixture(scope="module")
def world(site: Site) -> dict[str, object]:
    command = "from tests.browser.test_pages import furnish; furnish()"
    printed = site.manage("shell", "--no-imports", "-c", command)
    made: dict[str, object] = json.loads(printed.splitlines()[-1])
    return made


@pytest.fixture(scope="module")
def windows(browser: Browser, site: Site) -> Iterator[dict[str, Page]]:
    """A window for each of PEOPLE, logged in."""
    logins = json.loads((Path(site.environment["PERG_HOME"]) / "demonstration-logins.json").read_text())
    opened = {}
    for who, username in PEOPLE.items():
        page = opened[who] = _window(browser, site)
        if username:
            page.goto("/login/")
            page.locator("[name=username]").fill(username)
            page.locator("[name=password]").fill(logins[username])
            page.keyboard.press("Enter")
            expect(page.get_by_role("heading", name="Home", level=1)).to_be_visible()
    yield opened
    for page in opened.values():
        page.context.close()


def _window(browser: Browser, site: Site) -> Page:
    # Without motion: a colour that is on its way from light to dark is neither.
    return browser.new_context(base_url=site.address, reduced_motion="reduce").new_page()


def _faults(page: Page, visit: Visit) -> Iterator[str]:
    """What is wrong with the page that is open, at every width, light and dark."""
    for width in WIDTHS:
        page.set_viewport_size(ViewportSize(width=width, height=900))
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            where = f"{visit.who} at {visit.address}, {width} px, {scheme}"
            overflow = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            if overflow > 0:
                yield f"{where}: the page is {overflow} px wider than its window"
            found = Axe().run(page, options={"resultTypes": ["violations"]})
            if found.violations_count:
                yield f"{where}: {found.generate_report()}"
            if folder := os.environ.get("PERG_SCREENSHOTS"):
                name = f"{visit.route}-{visit.who}-{width}-{scheme}.png"
                page.screenshot(path=Path(folder) / name, full_page=True)


def _visit(page: Page, visit: Visit, *, status: int | None = 200) -> list[str]:
    """Open the page and give what is wrong with it. A refusal's own status is one that the console tells, too."""
    faults: list[str] = []

    def complain(message: ConsoleMessage) -> None:
        if message.type == "error" and (status is not None or "status of 4" not in message.text):
            faults.append(f"{visit.address}: the console says {message.text}")

    def fail(error: Error) -> None:
        faults.append(f"{visit.address}: {error}")

    page.on("console", complain)
    page.on("pageerror", fail)
    try:
        response = page.goto(visit.address)
        assert response is not None
        assert status is None or response.status == status, visit
        faults.extend(_faults(page, visit))
    finally:
        page.remove_listener("console", complain)
        page.remove_listener("pageerror", fail)
    return faults


def test_every_page_is_visited_by_somebody() -> None:
    visited = {route for who in PEOPLE for route in pages_for(who)}
    read = {
        route for route, (method, *_) in MATRIX.items() if method == "get" and not route.startswith("api_")
    }
    # What only ever leads on to another page has no status of 200 in the matrix.
    leads_on = {route for route in read if 200 not in MATRIX[route][1:]}
    assert visited | set(NO_PAGE) == read - leads_on
    assert set(NO_PAGE) <= read


@pytest.mark.parametrize(("who", "route"), [(who, route) for who in PEOPLE for route in pages_for(who)])
def test_a_page_is_accessible_fits_its_window_and_complains_of_nothing(
    windows: dict[str, Page], world: dict[str, object], who: str, route: str
) -> None:
    faults = _visit(windows[who], Visit(who, route, address_of(route, world)))
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(("who", "address"), BESIDES)
def test_a_page_in_another_state_is_accessible_too(
    windows: dict[str, Page], world: dict[str, object], who: str, address: str
) -> None:
    name = "besides" + address.replace("/", "-").replace("?", "-")
    faults = _visit(windows[who], Visit(who, name, address.format(**world)), status=None)
    assert not faults, "\n".join(faults)


def test_the_documentation_of_the_api_does_not_move_for_those_who_want_no_motion(
    windows: dict[str, Page],
) -> None:
    page = windows["staff"]
    page.goto("/api/v1/docs/")
    for moving in (page.locator(".opblock-tag").first, page.locator(".btn.authorize")):
        assert moving.evaluate("element => getComputedStyle(element).transitionDuration") == "0s"
