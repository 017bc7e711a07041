"""The page of a campaign's validation report: asking, waiting, staleness, files."""

import pytest
from django.test import Client
from django.urls import reverse

from annotations.models import Campaign, ImportedRating, ValidationReport
from annotations.validation.services.ratings_import import RatingsFile, RatingsSpec, import_ratings
from core.jobs.leasing import run_job
from core.models import User
from perg.stats.files.ratings_files import Scale
from tests import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead() -> User:
    return build.person("lead")


@pytest.fixture
def client(lead: User) -> Client:
    client = Client()
    client.force_login(lead)
    return client


@pytest.fixture
def campaign(lead: User) -> Campaign:
    rows = [(i, 1 + i % 5, 1 + (i + i % 6 // 5) % 5, 1 + i % 5) for i in range(40)]
    people = "item,ann,bob\n" + "".join(f"q{i},{ann},{bob}\n" for i, ann, bob, _ in rows)
    judges = "item,<gpt>\n" + "".join(f"q{i},{judge}\n" for i, _, _, judge in rows)
    files = [RatingsFile("people.csv", people, "human"), RatingsFile("judges.csv", judges, "judge")]
    return import_ratings(
        spec=RatingsSpec(name="ours", files=files, scale="ordinal"), created_by=lead
    ).campaign


def address(campaign: Campaign, route: str = "validation", **more: object) -> str:
    return reverse(route, kwargs={"campaign_id": campaign.pk, **more})


def ask(client: Client, campaign: Campaign, **form: object) -> None:
    form = {"epsilon": "0.15", "scoring": ""} | form
    answer = client.post(address(campaign, "validation_request"), form)
    assert answer.status_code == 302
    assert answer.headers["Location"] == address(campaign)


def page(client: Client, campaign: Campaign, **headers: str) -> str:
    answer = client.get(address(campaign), headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def compute() -> ValidationReport:
    return run_job(ValidationReport.objects.get(status="queued"))


def test_from_nothing_over_waiting_to_the_report(client: Client, campaign: Campaign, lead: User) -> None:
    assert "No report has been computed yet." in page(client, campaign)
    ask(client, campaign, epsilon="0.1")
    report = ValidationReport.objects.get()
    assert report.settings["epsilon"] == 0.1
    assert report.requested_by == lead
    waiting = page(client, campaign)
    assert "Report queued" in waiting
    assert 'hx-trigger="every 2s"' in waiting
    fragment = page(client, campaign, **{"HX-Request": "true"})
    assert "<html" not in fragment
    assert "Report queued" in fragment
    compute()
    done = page(client, campaign, **{"HX-Request": "true"})
    assert "The report is ready." in done
    assert "hx-trigger" not in done
    ready = page(client, campaign)
    assert "&lt;gpt&gt;" in ready
    assert "<gpt>" not in ready
    assert "Can replace a human annotator" in ready
    assert "out of date" not in ready


def test_how_far_the_worker_is(client: Client, campaign: Campaign) -> None:
    ask(client, campaign)
    ValidationReport.objects.update(
        status="computing", leased_until=campaign.created_at, step="judge gpt", share_done=0.3
    )
    shown = page(client, campaign)
    assert "Computing the report" in shown
    assert '<progress value="0.30" max="1"' in shown
    assert "Judge gpt." in shown


def test_a_report_goes_stale_visibly_and_is_computed_again(client: Client, campaign: Campaign) -> None:
    ask(client, campaign)
    first = compute()
    ask(client, campaign)
    assert ValidationReport.objects.count() == 1  # still true
    ImportedRating.objects.filter(item__external_id="q1", rater="ann").update(value="5")
    shown = page(client, campaign)
    assert "This report is out of date." in shown
    assert "Compute again" in shown
    assert "&lt;gpt&gt;" in shown  # the old one stays to be read
    ask(client, campaign)
    second = compute()
    assert second.pk != first.pk
    assert "out of date" not in page(client, campaign)


def test_a_report_that_failed_says_why_and_the_one_before_stays(client: Client, campaign: Campaign) -> None:
    ask(client, campaign)
    first = compute()
    ValidationReport.objects.create(
        campaign=campaign,
        criterion=campaign.criteria.get(),
        status="failed",
        settings={},
        failure="ValueError: <b>",
        failure_code="broken_off",
        finished_at=first.finished_at,
    )
    shown = page(client, campaign)
    assert "could not be computed.</strong> ValueError: &lt;b&gt;" in shown
    assert "&lt;gpt&gt;" in shown


def test_a_wrong_setting_is_shown_on_the_page(client: Client, campaign: Campaign) -> None:
    answer = client.post(address(campaign, "validation_request"), {"epsilon": "2"})
    assert answer.status_code == 422
    assert "less than or equal to 0.99" in answer.content.decode()
    assert not ValidationReport.objects.exists()


def test_files_of_the_report(client: Client, campaign: Campaign) -> None:
    for extension in ("html", "json"):
        missing = client.get(address(campaign, "validation_download", extension=extension))
        assert missing.status_code == 404
    ask(client, campaign)
    stored = compute()
    html = client.get(address(campaign, "validation_download", extension="html"))
    text = html.content.decode()
    assert html.headers["Content-Disposition"] == 'attachment; filename="perg-validation-ours-report.html"'
    for fetched in ("<script", "<link", "src=", "@import", "url("):
        assert fetched not in text
    assert stored.input_hash in text
    whole = client.get(address(campaign, "validation_download", extension="json"))
    assert whole.json() == stored.document
    assert client.get(address(campaign, "validation_download", extension="exe")).status_code == 404


def test_figures_are_svg_files(client: Client, campaign: Campaign) -> None:
    ask(client, campaign)
    compute()
    shown = page(client, campaign)
    figure = address(campaign, "validation_figure", figure="matrix")
    assert figure in shown
    answer = client.get(figure)
    assert answer.headers["Content-Type"].startswith("image/svg+xml")
    assert "<svg" in answer.content.decode()
    assert client.get(address(campaign, "validation_figure", figure="nothing")).status_code == 404


@pytest.mark.parametrize("has_judge", [True, False])
@pytest.mark.parametrize(
    ("scale", "people"),
    [
        ("nominal", "item,ann,bob\nq1,yes,no\nq2,maybe,maybe\nq3,yes,\n"),
        ("nominal", "item,ann\nq1,1\nq2,1\n"),
        ("interval", "item,ann,bob\nq1,0.5,1.5\nq2,20,20\n"),
        ("ordinal", "item,ann,bob\nq1,0,1\nq2,1,1\n"),
        ("nominal", "item,ann,bob\nq1,yes,1\nq2,1,1\n"),
    ],
)
@pytest.mark.one_in(3)
def test_whatever_was_imported_has_its_page_and_files(
    client: Client, lead: User, scale: Scale, people: str, has_judge: bool
) -> None:
    files = [RatingsFile("people.csv", people, "human")]
    if has_judge:
        files.append(RatingsFile("judge.csv", "item,gpt\nq1,1\nq9,1\n", "judge"))
    campaign = import_ratings(
        spec=RatingsSpec(name="small", files=files, scale=scale, is_cut=False), created_by=lead
    ).campaign
    ask(client, campaign)
    assert compute().status == "ready"
    assert "Can the judges be trusted?" in page(client, campaign)
    html = client.get(address(campaign, "validation_download", extension="html"))
    assert html.status_code == 200


def test_labels_that_are_failures_have_their_page_and_files(client: Client, lead: User) -> None:
    """Three labels, two of them failures, and two judges, so that they are stacked and compared as well."""
    labels = ["good", "rude", "wrong"]
    people = "item,ann,bob\n" + "".join(f"q{i},{labels[i % 3]},{labels[i % 3]}\n" for i in range(30))
    judges = "item,gpt,claude\n" + "".join(
        f"q{i},{labels[(i + i % 7 // 6) % 3]},{labels[(i + i % 5 // 4) % 3]}\n" for i in range(30)
    )
    files = [RatingsFile("people.csv", people, "human"), RatingsFile("judges.csv", judges, "judge")]
    campaign = import_ratings(
        spec=RatingsSpec(name="small", files=files, scale="nominal", failures=["rude", "wrong"]),
        created_by=lead,
    ).campaign
    ask(client, campaign)
    assert compute().status == "ready"
    text = page(client, campaign)
    assert "the label “rude” or “wrong”" in text
    assert client.get(address(campaign, "validation_download", extension="html")).status_code == 200
