"""What imported ratings mean: a failure and a scale are stated or asked for, by command, page and REST alike."""

import json
import re
from html import unescape
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from annotations.models import Campaign, Criterion, ImportedRating
from annotations.validation.selectors.validation import validation_input
from annotations.validation.services.ratings_import import RatingsFile, RatingsSpec, import_ratings
from annotations.validation.services.validation import computed_report
from core.errors import Conflict
from core.models import AuditEvent, User
from perg.stats.base.result import dump
from tests import build
from tests.imports import import_by_page, import_over_rest
from tests.rating_inputs import QUICK

pytestmark = pytest.mark.django_db

# Ann and Bob agree on all ten: 7 pass, 3 fail. The judge fails two of the three, and one that passes.
SAID = ["pass"] * 7 + ["fail"] * 3
JUDGED = ["pass"] * 6 + ["fail"] * 3 + ["pass"]
PEOPLE = "item,ann,bob\n" + "".join(f"q{i},{label},{label}\n" for i, label in enumerate(SAID))
JUDGE = "item,gpt\n" + "".join(f"q{i},{label}\n" for i, label in enumerate(JUDGED))
QUESTION = "All ratings are “fail” or “pass”. Which of the two is a failure?"


@pytest.fixture
def lead() -> User:
    return build.person("boss", staff=True)


@pytest.fixture
def client(lead: User) -> Client:
    client = Client()
    client.force_login(lead)
    return client


def files(people: str = PEOPLE, judge: str = JUDGE) -> list[RatingsFile]:
    return [RatingsFile("people.csv", people, "human"), RatingsFile("judge.csv", judge, "judge")]


def in_numbers(text: str) -> str:
    return text.replace("pass", "1").replace("fail", "0")


def command(tmp_path: Path, *options: str) -> dict[str, Any]:
    for name, text in (("people.csv", PEOPLE), ("judge.csv", JUDGE)):
        (tmp_path / name).write_text(text)
    out = StringIO()
    arguments = ["--human", str(tmp_path / "people.csv"), "--judge", str(tmp_path / "judge.csv")]
    call_command(
        "import_ratings", *arguments, "--scale", "nominal", "--campaign", "ours", *options, stdout=out
    )
    said: dict[str, Any] = json.loads(out.getvalue()) if "--json" in options else {"text": out.getvalue()}
    return said


def test_the_command_asks_which_label_is_the_failure_and_names_its_options(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as caught:
        command(tmp_path)
    assert QUESTION in str(caught.value)
    assert "Use --failure LABEL, or --no-failure." in str(caught.value)
    assert not Campaign.objects.exists()


@pytest.mark.parametrize(("failure", "rate"), [("fail", 0.3), ("pass", 0.7), (" fail\u00a0", 0.3)])
def test_the_stated_label_is_the_failure_whatever_the_alphabet_says(
    tmp_path: Path, failure: str, rate: float
) -> None:
    said = command(tmp_path, "--failure", failure, "--json")
    assert said["failures"] == [failure.strip()]
    report, _ = computed_report(Campaign.objects.get(), QUICK)
    document: Any = dump(report)
    assert document["summary"]["failures"] == [failure.strip()]
    failures = document["rates"]["runs"][0]["alignment_failure"]["judges"][0]["rates"]
    assert failures["human"]["estimate"]["value"] == pytest.approx(rate)
    confusion = document["judges"][0]["confusion"]
    expected = {"fail": (2, 1, 1), "pass": (6, 1, 1)}[failure.strip()]
    assert (confusion["true_positive"], confusion["false_negative"], confusion["false_positive"]) == expected


def test_without_a_failure_rates_are_undefined_and_agreement_is_not(tmp_path: Path) -> None:
    assert "No failure is stated" in command(tmp_path, "--no-failure")["text"]
    report, _ = computed_report(Campaign.objects.get(), QUICK)
    document: Any = dump(report)
    assert document["rates"]["undefined"] == "it is not stated which label is a failure"
    assert document["judges"][0]["confusion"]["undefined"] == "it is not stated which label is a failure"
    assert document["people"]["alpha"]["value"] == 1
    assert document["judges"][0]["alternative_annotator_test"]["scoring"] == "accuracy"


@pytest.mark.parametrize("scale", ["ordinal", "interval"])
def test_of_two_numbers_the_failure_is_asked_for_too(scale: Any) -> None:
    numbers = files(in_numbers(PEOPLE), in_numbers(JUDGE))
    with pytest.raises(Exception, match="All ratings are “0” or “1”"):
        import_ratings(spec=RatingsSpec(name="ours", files=numbers, scale=scale))
    stated = import_ratings(spec=RatingsSpec(name="ours", files=numbers, scale=scale, failures=["0"]))
    assert stated.criterion.threshold == 1


def test_several_labels_can_be_failures() -> None:
    people = PEOPLE.replace("q9,fail,fail", "q9,rude,rude")
    made = import_ratings(
        spec=RatingsSpec(name="ours", files=files(people), scale="nominal", failures=["rude", "fail"])
    )
    assert made.criterion.failure_labels == ["fail", "rude"]
    ratings = validation_input(made.campaign)
    assert ratings.ratings.labels == ("fail", "rude", "pass")
    assert (ratings.threshold, ratings.failures) == (2, ("fail", "rude"))


def test_the_same_ratings_again_state_the_failure_of_a_campaign_that_had_none() -> None:
    old = import_ratings(spec=RatingsSpec(name="ours", files=files(), scale="nominal", is_cut=False)).campaign
    again = import_ratings(spec=RatingsSpec(name="ours", files=files(), scale="nominal", failures=["fail"]))
    assert (again.campaign, again.status) == (old, "failure stated")
    assert Criterion.objects.get().failure_labels == ["fail"]
    assert AuditEvent.objects.latest("pk").action == "ratings.failure_stated"
    assert (
        import_ratings(
            spec=RatingsSpec(name="ours", files=files(), scale="nominal", failures=["fail"])
        ).status
        == "unchanged"
    )
    with pytest.raises(Conflict):
        import_ratings(spec=RatingsSpec(name="ours", files=files(), scale="nominal", failures=["pass"]))


def test_who_does_not_lead_a_campaign_states_nothing_of_it() -> None:
    import_ratings(spec=RatingsSpec(name="ours", files=files(), scale="nominal", is_cut=False))
    with pytest.raises(Conflict):
        import_ratings(
            spec=RatingsSpec(name="ours", files=files(), scale="nominal", failures=["fail"]),
            created_by=build.person("other"),
        )


def test_a_stated_scale_is_kept_and_includes_unused_scores() -> None:
    people, judge = "item,ann,bob\nq1,1,2\nq2,4,4\n", "item,gpt\nq1,2\nq2,4\n"
    loose = import_ratings(spec=RatingsSpec(name="loose", files=files(people, judge), scale="ordinal"))
    assert (loose.criterion.categories, loose.criterion.threshold) == (None, None)
    stated = import_ratings(
        spec=RatingsSpec(name="stated", files=files(people, judge), scale="ordinal", categories=["1..5"])
    )
    assert stated.criterion.categories == ["1", "2", "3", "4", "5"]
    assert stated.criterion.threshold == 3
    assert validation_input(stated.campaign).table.categories == (1, 2, 3, 4, 5)


def test_a_rating_outside_a_stated_scale_is_refused_by_file_and_line() -> None:
    with pytest.raises(Exception, match="There is one problem") as caught:
        import_ratings(
            spec=RatingsSpec(
                name="ours",
                files=files("item,ann\nq1,5\nq2,6\n"),
                scale="nominal",
                categories=["5", "pass", "fail"],
            )
        )
    problems: Any = getattr(caught.value, "problems")  # noqa: B009
    assert problems == ("people.csv: line 3: ann on q2: '6' is not on the stated scale",)


def test_warnings_of_an_import_are_in_its_result_on_its_page_and_in_the_report(
    client: Client, lead: User
) -> None:
    people = "item,ann,bob\n" + "".join(f"q{i},{1 + i % 5},{1 + i % 4}\n" for i in range(30))
    judge = "item,gpt\n" + "".join(f"q{i},{i % 5 / 4}\n" for i in range(30))
    made = import_ratings(
        spec=RatingsSpec(name="ours", files=files(people, judge), scale="ordinal"), created_by=lead
    )
    (warning,) = made.warnings
    assert warning.startswith("The ratings of gpt run from 0 to 1, those of people run from 1 to 5")
    page = client.get(reverse("campaign_detail", args=[made.campaign.pk])).content.decode()
    assert warning in page
    report, _ = computed_report(made.campaign, QUICK)
    assert dump(report)["summary"]["warnings"] == [warning]
    out = StringIO()
    call_command("validation_report", "ours", stdout=out)
    assert "Warning: The ratings of gpt run from 0 to 1" in out.getvalue()


def test_ratings_imported_before_labels_had_one_form_are_read_in_it() -> None:
    campaign = import_ratings(
        spec=RatingsSpec(
            name="old",
            files=files("item,ann\nq1,1\nq2,2\nq3,3\n", "item,gpt\nq1,1\nq2,2\nq3,3\n"),
            scale="nominal",
        )
    ).campaign
    ImportedRating.objects.filter(rater="ann", item__external_id="q1").update(value="1.0")
    ImportedRating.objects.filter(rater="ann", item__external_id="q2").update(value="NaN")
    ratings = validation_input(campaign)
    assert ratings.ratings.labels == ("1", "2", "3")
    assert ratings.threshold is None


# --- The page and REST --------------------------------------------------------------------------------------


def upload(text: str, name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode())


def post(client: Client, **fields: object) -> Any:
    form = {"human": [upload(PEOPLE, "people.csv")], "judge": [upload(JUDGE, "judge.csv")]}
    return import_by_page(
        client, reverse("ratings_import"), {"name": "ours", "scale": "nominal"} | form | fields
    )


def corrected_form(client: Client, page: Any) -> str:
    """The form that the page of a refused import leads to."""
    address = re.search(r'href="([^"]*\?from=\d+)"', page.content.decode())
    assert address is not None
    return client.get(address[1]).content.decode()


def test_the_page_asks_which_label_is_the_failure_beside_its_field(client: Client) -> None:
    form = corrected_form(client, post(client))
    assert QUESTION in unescape(form)
    assert 'href="#id_failure"' in form
    post(client, failure="fail")
    assert Criterion.objects.get().failure_labels == ["fail"]
    page = client.get(reverse("campaign_detail", args=[Campaign.objects.get().pk])).content.decode()
    assert "“fail”" in page


def test_the_page_imports_without_a_failure_where_that_is_ticked(client: Client) -> None:
    post(client, is_not_cut="on")
    page = client.get(reverse("campaign_detail", args=[Campaign.objects.get().pk])).content.decode()
    assert "not set" in page


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"failure": "Fail"}, "failure", "No rating is “Fail”"),
        ({"failure": "fail, pass"}, "failure", "Not all ratings"),
        ({"categories": "pass"}, "categories", "two categories or more"),
        ({"scale": "ordinal", "categories": "1-5"}, "categories", "neither a number nor a range"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(
    client: Client, fields: dict[str, str], field: str, message: str
) -> None:
    answer = post(client, **fields)
    if answer.status_code == 422:
        assert message in answer.context["form"].errors[field][0]
        return
    form = corrected_form(client, answer)
    assert message in unescape(form)
    assert f'href="#id_{field}"' in form


def test_rest_asks_states_and_returns_the_same(client: Client) -> None:
    def send(**fields: object) -> Any:
        form = {"human": upload(PEOPLE, "people.csv"), "judge": upload(JUDGE, "judge.csv")}
        return import_over_rest(
            client, reverse("api_ratings_import"), {"name": "ours", "scale": "nominal"} | form | fields
        )

    refused = send()
    assert (refused["status"], refused["failure_code"]) == ("refused", "failure_not_stated")
    document = send(failure=["fail"], categories=["pass", "fail", "unclear"])["report"]
    assert (document["failures"], document["categories"]) == (["fail"], ["pass", "fail", "unclear"])
    assert document["warnings"] == []


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"failure_labels": []}, "criterion_failure_labels_are_names"),
        ({"scale": "ordinal"}, "criterion_failure_labels_are_names"),
        ({"categories": ["1"]}, "criterion_scale_has_two_categories"),
    ],
)
def test_the_database_keeps_what_is_stated_in_order(changes: dict[str, object], constraint: str) -> None:
    import_ratings(spec=RatingsSpec(name="ours", files=files(), scale="nominal", failures=["fail"]))
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Criterion.objects.update(**changes)
