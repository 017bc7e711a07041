"""The pages, files, command and REST views of a campaign with several criteria."""

import json
import re
from io import StringIO
from typing import Any
from urllib.parse import quote

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from annotations.models import Campaign, ImportedRating, ValidationReport
from annotations.validation.services.validation import request_all_reports, request_report
from core.jobs.leasing import run_job
from core.models import User
from tests import build
from tests.pages import one_line
from tests.rated_criteria import CRITERIA, HOSTILE, campaign_of_criteria
from tests.rating_inputs import QUICK

pytestmark = pytest.mark.django_db

PERG_WORDS = re.compile(
    r"follow|preference|baseline (?:answer|is)|alignment|robustness|personalis|those whose baseline",
    re.IGNORECASE,
)


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
    return campaign_of_criteria(lead=lead)


def compute_all(campaign: Campaign) -> None:
    request_all_reports(campaign=campaign, settings=QUICK)
    for report in campaign.validation_reports.unfinished():
        assert run_job(report).status == "ready"


def page(client: Client, campaign: Campaign, key: str = "") -> str:
    answer = client.get(reverse("validation", args=[campaign.pk], query={"criterion": key} if key else None))
    assert answer.status_code == 200
    return one_line(answer.content.decode())


def test_before_any_report_the_page_lists_the_criteria_and_asks_for_all_with_one_click(
    client: Client, campaign: Campaign
) -> None:
    shown = page(client, campaign)
    assert shown.count("No report yet.") == len(CRITERIA)
    assert "Compute all reports" in shown
    assert f"5 of {len(CRITERIA)} are not current" in shown
    answer = client.post(reverse("validation_request_all", args=[campaign.pk]), {"epsilon": "0.2"})
    assert (answer.status_code, answer.headers["Location"]) == (
        302,
        reverse("validation", args=[campaign.pk]),
    )
    assert campaign.validation_reports.unfinished().count() == len(CRITERIA)
    shown = page(client, campaign)
    assert "Compute all reports" not in shown
    assert shown.count("Being computed") == len(CRITERIA)


def test_each_criterion_has_a_line_for_each_judge_and_a_tab(client: Client, campaign: Campaign) -> None:
    compute_all(campaign)
    shown = page(client, campaign)
    table = shown.partition('<table class="criteria">')[2].partition("</table>")[0]
    assert table.count("&lt;dice&gt;") == table.count("<td>gpt</td>") == len(CRITERIA)
    assert "Is the answer &lt;i&gt;correct&lt;/i&gt;?" in table
    assert table.count("Can replace a human annotator") + table.count("Not trustworthy here") >= 4
    assert '<th scope="colgroup" colspan="7">topics</th>' in table
    assert table.count("Current") == len(CRITERIA)
    assert "it is not stated which label is a failure" in table
    for key in CRITERIA:
        address = reverse("validation", args=[campaign.pk], query={"criterion": key})
        assert shown.count(f'href="{escape(address)}#report"') == 2, key
    assert shown.count('aria-current="page"') >= 1


def test_the_chosen_report_is_below_in_the_words_of_its_criterion(client: Client, campaign: Campaign) -> None:
    compute_all(campaign)
    shown = page(client, campaign, HOSTILE)
    assert f'<h2 id="report">{escape(HOSTILE)}</h2>' in shown
    assert "passes from 3" in shown
    assert "<b>" not in shown
    shown = page(client, campaign, "correct")
    assert "failure: “no”" in shown
    assert "Failure rate" in shown
    shown = page(client, campaign, "topics: money")
    assert "Label of topics." in shown


@pytest.mark.parametrize("key", list(CRITERIA))
def test_nothing_in_a_report_on_imported_ratings_is_of_preferences(
    client: Client, campaign: Campaign, key: str
) -> None:
    run_job(request_report(campaign=campaign, criterion=campaign.criteria.get(key=key), settings=QUICK))
    shown = page(client, campaign, key)
    text = re.sub(r"<[^>]*>", " ", re.sub(r'(?:id|class|href|name)="[^"]*"', "", shown))
    assert PERG_WORDS.findall(text) == []
    titles = " ".join(re.findall(r'(?:title|aria-label)="([^"]*)"', shown))
    assert PERG_WORDS.findall(titles) == []
    query = {"criterion": key}
    file = client.get(reverse("validation_download", args=[campaign.pk, "html"], query=query))
    body = file.content.decode().partition("</style>")[2]
    assert PERG_WORDS.findall(re.sub(r"<[^>]*>", " ", body)) == []
    names = set(re.findall(r"/figures/([\w-]+)\.svg", shown))
    assert {"skill", "distributions"} <= names
    for name in names:
        address = reverse("validation_figure", args=[campaign.pk, name], query=query)
        answer = client.get(address)
        assert answer.status_code == 200
        assert PERG_WORDS.findall(answer.content.decode()) == []
    document = client.get(reverse("validation_download", args=[campaign.pk, "json"], query=query)).json()
    assert PERG_WORDS.findall(" ".join(texts(document))) == []


def texts(value: Any) -> list[str]:
    """All texts in a JSON value; not its keys."""
    match value:
        case str():
            return [value]
        case list():
            return [text for part in value for text in texts(part)]
        case dict():
            return [text for part in value.values() for text in texts(part)]
        case _:
            return []


def test_names_of_ordered_levels_stand_in_figures(client: Client, lead: User) -> None:
    campaign = campaign_of_criteria({"tone": CRITERIA[HOSTILE]}, lead=lead, items=20)
    run_job(request_report(campaign=campaign, settings=QUICK))
    levels = ["rude", "cool", "fine", "warm", "<kind>"]
    campaign.criteria.update(categories=levels)
    answer = client.get(reverse("validation_figure", args=[campaign.pk, "distributions"]))
    for level in levels:
        assert escape(level) in answer.content.decode()


def test_with_one_criterion_the_page_has_no_table_of_criteria(client: Client, lead: User) -> None:
    campaign = campaign_of_criteria({"correct": CRITERIA["correct"]}, lead=lead, items=20)
    run_job(request_report(campaign=campaign, settings=QUICK))
    shown = page(client, campaign)
    assert 'class="criteria"' not in shown
    assert "Compute all" not in shown
    assert "/validation/?criterion=" not in shown
    assert "failure: “no”" in shown


def test_an_unknown_criterion_is_not_found_anywhere(client: Client, campaign: Campaign) -> None:
    compute_all(campaign)
    for route, arguments in (
        ("validation", []),
        ("validation_download", ["html"]),
        ("validation_figure", ["skill"]),
    ):
        for key in ("nothing", "x" * 5000, "CORRECT"):
            address = reverse(route, args=[campaign.pk, *arguments])
            assert client.get(f"{address}?criterion={quote(key)}").status_code == 404
    address = reverse("validation_request", args=[campaign.pk])
    assert client.post(f"{address}?criterion=nothing", {"epsilon": "0.2"}).status_code == 404
    api = reverse("api_validation", args=[campaign.pk])
    assert client.get(f"{api}?criterion=nothing").status_code == 404
    assert client.post(f"{api}?criterion=nothing").status_code == 404


def test_a_file_or_request_needs_a_criterion_where_there_are_several(
    client: Client, campaign: Campaign
) -> None:
    assert client.get(reverse("validation_download", args=[campaign.pk, "json"])).status_code == 400
    answer = client.post(reverse("validation_request", args=[campaign.pk]), {"epsilon": "0.2"})
    assert answer.status_code == 400
    assert not ValidationReport.objects.exists()


def test_files_are_named_after_campaign_and_criterion(client: Client, campaign: Campaign) -> None:
    compute_all(campaign)
    names = set()
    for key in CRITERIA:
        query = {"criterion": key}
        answer = client.get(reverse("validation_download", args=[campaign.pk, "html"], query=query))
        assert answer.status_code == 200
        names.add(answer.headers["Content-Disposition"])
    assert len(names) == len(CRITERIA)
    assert 'attachment; filename="perg-validation-several-correct-report.html"' in names


def test_a_criterion_is_requested_on_its_tab_and_its_progress_is_polled_there(
    client: Client, campaign: Campaign
) -> None:
    address = reverse("validation_request", args=[campaign.pk], query={"criterion": HOSTILE})
    answer = client.post(address, {"epsilon": "0.2"})
    own = reverse("validation", args=[campaign.pk], query={"criterion": HOSTILE})
    assert answer.headers["Location"] == own
    assert f'hx-get="{escape(own)}"' in page(client, campaign, HOSTILE)
    other = page(client, campaign, "correct")
    assert "1 report on other criteria is being computed" in other
    polled = client.get(own, headers={"hx-request": "true"}).content.decode()
    assert "Report queued" in polled
    run_job(campaign.validation_reports.unfinished().get())
    polled = client.get(own, headers={"hx-request": "true"}).content.decode()
    assert f'<a href="{escape(own)}">Show it</a>' in polled


def test_a_report_out_of_date_says_so_in_its_line_and_the_button_counts_it(
    client: Client, campaign: Campaign
) -> None:
    compute_all(campaign)
    assert "Compute all reports" not in page(client, campaign)
    ImportedRating.objects.filter(criterion__key="correct", rater="gpt").update(value="no")
    shown = page(client, campaign, HOSTILE)
    assert "1 of 5 is not current" in shown
    assert "This report is out of date" not in shown
    assert "This report is out of date" in page(client, campaign, "correct")


def test_the_overview_has_criteria_with_verdicts_and_links_and_raters_by_criterion(
    client: Client, campaign: Campaign
) -> None:
    run_job(request_report(campaign=campaign, criterion=campaign.criteria.get(key="correct"), settings=QUICK))
    ImportedRating.objects.filter(criterion__key="length", rater="cal").delete()
    shown = one_line(client.get(reverse("campaign_detail", args=[campaign.pk])).content.decode())
    for key in CRITERIA:
        address = reverse("validation", args=[campaign.pk], query={"criterion": key})
        assert f'href="{escape(address)}"' in shown
    assert "gpt: can replace a human annotator" in shown
    assert shown.count("Not computed") == len(CRITERIA) - 1
    assert "label of topics" in shown
    assert "<b>" not in shown
    row = shown.partition('<th scope="row">cal</th>')[2].partition("</tr>")[0]
    assert re.findall(r'<td class="number">(\d+)</td>', row) == ["60", "60", "60", "60", "0"]


def test_the_agreement_of_imported_ratings_is_in_the_reports(client: Client, campaign: Campaign) -> None:
    shown = one_line(client.get(reverse("campaign_agreement", args=[campaign.pk])).content.decode())
    for key in CRITERIA:
        address = reverse("validation", args=[campaign.pk], query={"criterion": key})
        assert f'href="{escape(address)}#matrix"' in shown
    answer = client.get(reverse("api_agreement", args=[campaign.pk]))
    assert (answer.status_code, answer.json()["code"]) == (409, "report_needed")
    assert answer.json()["criteria"] == reverse("api_criteria", args=[campaign.pk])


# REST


def test_rest_answers_without_a_criterion_with_the_keys_to_name(client: Client, campaign: Campaign) -> None:
    address = reverse("api_validation", args=[campaign.pk])
    for answer in (client.get(address), client.post(address, content_type="application/json")):
        assert answer.status_code == 400
        assert (answer.json()["code"], answer.json()["criteria"]) == ("criterion_needed", list(CRITERIA))


def test_rest_computes_and_returns_the_report_on_a_criterion(client: Client, campaign: Campaign) -> None:
    address = reverse("api_validation", args=[campaign.pk], query={"criterion": HOSTILE})
    assert client.get(address).status_code == 404
    asked = client.post(address, content_type="application/json")
    assert asked.status_code == 202
    assert asked.json()["report"]["criterion"] == HOSTILE
    assert client.get(address).status_code == 202
    run_job(campaign.validation_reports.get())
    answer = client.get(address)
    assert (answer.status_code, answer.json()["report"]["criterion"]) == (200, HOSTILE)
    assert client.get(address, headers={"if-none-match": answer.headers["ETag"]}).status_code == 304
    assert client.post(address, content_type="application/json").status_code == 200


def test_rest_computes_all_reports_and_lists_what_they_say(client: Client, campaign: Campaign) -> None:
    everything = reverse("api_validation_all", args=[campaign.pk])
    asked = client.post(everything, content_type="application/json")
    assert asked.status_code == 202
    assert [report["criterion"] for report in asked.json()["reports"]] == list(CRITERIA)
    for report in campaign.validation_reports.unfinished():
        run_job(report)
    assert client.post(everything, content_type="application/json").status_code == 200
    listed = client.get(reverse("api_criteria", args=[campaign.pk])).json()["criteria"]
    assert [line["key"] for line in listed] == list(CRITERIA)
    assert {line["state"] for line in listed} == {"current"}
    gpt = listed[0]["judges"][0]
    assert (gpt["judge"], gpt["code"], gpt["n"]) == ("gpt", "replace_human", 60)
    assert 0 <= gpt["corrected_rate"]["low"] <= gpt["corrected_rate"]["high"] <= 1


def test_rest_lists_no_criteria_of_a_campaign_on_runs_and_computes_none(client: Client, lead: User) -> None:
    campaign = build.campaign(build.run_with_items(1), [build.person()], leads=[lead], overlap=1)
    assert client.get(reverse("api_criteria", args=[campaign.pk])).json() == {"criteria": []}
    everything = reverse("api_validation_all", args=[campaign.pk])
    assert client.post(everything, content_type="application/json").status_code == 409
    assert (
        client.post(reverse("validation_request_all", args=[campaign.pk]), {"epsilon": "0.2"}).status_code
        == 409
    )
    assert client.get(reverse("api_validation", args=[campaign.pk]) + "?criterion=x").status_code == 404


def test_only_who_leads_the_campaign_sees_or_asks_for_anything(campaign: Campaign) -> None:
    compute_all(campaign)
    member = build.person("member")
    campaign.members.create(user=member, role="annotator")
    for person in (member, build.person("outsider")):
        client = Client()
        client.force_login(person)
        for route in ("validation", "api_validation", "api_criteria", "campaign_agreement"):
            assert client.get(reverse(route, args=[campaign.pk]), {"criterion": "correct"}).status_code == 404
        for route in ("validation_request_all", "api_validation_all", "validation_request"):
            assert client.post(reverse(route, args=[campaign.pk])).status_code == 404


# The command


def run(*arguments: object) -> str:
    out = StringIO()
    call_command("validation_report", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_the_command_reports_on_all_criteria_or_the_named_one(campaign: Campaign) -> None:
    everything = run("several")
    places = [everything.index(f"\n{criterion.title}\n") for criterion in campaign.criteria.all()]
    assert places == sorted(places)
    assert PERG_WORDS.findall(everything) == []
    documents = json.loads(run("several", "--json"))
    assert [document["report"]["criterion"] for document in documents] == list(CRITERIA)
    named = json.loads(run("several", "--criterion", HOSTILE, "--json"))
    assert named["report"]["criterion"] == HOSTILE
    with pytest.raises(CommandError, match="no such criterion"):
        run("several", "--criterion", "nothing")
    ImportedRating.objects.filter(criterion__key="correct").delete()
    with pytest.raises(CommandError, match="rated anything"):
        run("several", "--criterion", "correct")
    assert len(json.loads(run("several", "--json"))) == len(CRITERIA) - 1
