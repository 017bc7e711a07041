"""The page that imports ratings, and the pages of a campaign that holds them."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from annotations.models import Campaign, ImportedRating, Member
from annotations.validation.services.ratings_import import RatingsFile, RatingsSpec, import_ratings
from core.errors import Conflict
from core.models import User
from tests import build
from tests.imports import import_by_page, is_refused

pytestmark = pytest.mark.django_db

PEOPLE = b"item,ann,bob\nq1,1,2\nq2,4,\n"
JUDGE = b'{"gpt": {"q1": 1, "q2": 5}}'


@pytest.fixture
def staff() -> User:
    return build.person("staff", staff=True)


@pytest.fixture
def client(staff: User) -> Client:
    client = Client()
    client.force_login(staff)
    return client


@pytest.fixture
def campaign(staff: User) -> Campaign:
    files = [RatingsFile("a.csv", PEOPLE.decode(), "human"), RatingsFile("b.json", JUDGE.decode(), "judge")]
    return import_ratings(
        spec=RatingsSpec(name="ours", files=files, scale="ordinal", threshold=3), created_by=staff
    ).campaign


def post(client: Client, *, people: list[bytes] | None = None, **fields: str) -> HttpResponse:
    files = [PEOPLE] if people is None else people
    human = [SimpleUploadedFile(f"people{i}.csv", content) for i, content in enumerate(files)]
    judge = [SimpleUploadedFile("judge.json", JUDGE)]
    form = {"name": "ours", "scale": "ordinal", "human": human, "judge": judge} | fields
    return import_by_page(client, reverse("ratings_import"), form)


def test_uploaded_files_become_a_campaign_led_by_who_imports_them(client: Client, staff: User) -> None:
    answer = post(client, people=[PEOPLE, b"item,cid\nq1,3\n"])
    campaign = Campaign.objects.get()
    assert reverse("campaign_detail", args=[campaign.pk]) in answer.content.decode()
    assert ImportedRating.objects.filter(kind="human").count() == 4
    assert ImportedRating.objects.filter(kind="judge").count() == 2
    assert Member.objects.get().user == staff
    assert Member.objects.get().role == "lead"


def test_what_is_wrong_with_a_file_is_told_with_its_line(client: Client) -> None:
    answer = post(client, people=[b"item,ann\nq1,<b>\n"])
    assert is_refused(answer)
    assert (
        "people0.csv: line 2: ann on q1: &#x27;&lt;b&gt;&#x27; is not a finite number"
        in answer.content.decode()
    )
    assert not Campaign.objects.exists()


@pytest.mark.parametrize(
    ("people", "fields", "message"),
    [
        ([b"item,Zo\xeb\nq1,3\n"], {}, "people0.csv: not UTF-8 (at byte 7): save it as UTF-8"),
        ([PEOPLE], {"threshold": "9"}, "The threshold lies above 1"),
        ([PEOPLE], {"threshold": "2", "is_not_cut": "on"}, "Enter a threshold"),
        ([PEOPLE], {"name": " "}, "This field is required."),
    ],
)
def test_a_form_that_cannot_be_taken_says_why(
    client: Client, people: list[bytes], fields: dict[str, str], message: str
) -> None:
    answer = post(client, people=people, **fields)
    assert is_refused(answer)
    assert message in answer.content.decode()


def test_at_least_one_file_is_required(client: Client) -> None:
    answer = client.post(reverse("ratings_import"), {"name": "ours", "scale": "ordinal"})
    assert answer.status_code == 422
    assert "Choose at least one file." in answer.content.decode()


def test_too_large_a_file_is_refused(client: Client, settings: pytest.FixtureRequest) -> None:
    settings.UPLOAD_MAX_BYTES = 10  # type: ignore[attr-defined]
    answer = post(client)
    assert "at most 10" in answer.content.decode()


def test_a_lead_may_import_and_an_annotator_may_not() -> None:
    lead, annotator = build.person("lead"), build.person("annotator")
    build.campaign(build.run_with_items(1), [annotator], leads=[lead], overlap=1)
    for person, status in ((lead, 200), (annotator, 404)):
        client = Client()
        client.force_login(person)
        assert client.get(reverse("ratings_import")).status_code == status


@pytest.mark.parametrize("threshold", [2.5, None])
def test_rest_does_not_say_of_imported_ratings_how_they_were_labelled(
    client: Client, staff: User, threshold: float | None
) -> None:
    files = [RatingsFile("a.csv", "item,ann\nq1,1\nq2,2\nq3,4\n", "human")]
    campaign = import_ratings(
        spec=RatingsSpec(name="ours", files=files, scale="interval", threshold=threshold), created_by=staff
    ).campaign
    detail = client.get(f"/api/v1/campaigns/{campaign.pk}/").json()
    listed = client.get("/api/v1/campaigns/").json()["results"][0]
    stated = client.get(f"/api/v1/campaigns/{campaign.pk}/settings/").json()
    (criterion,) = stated["criteria"]
    assert (criterion["key"], criterion["kind"], criterion["scale"]) == ("rating", "numeric", "interval")
    assert (criterion["threshold"], criterion["failure_labels"]) == (threshold, None)
    for answer in (detail, listed, stated):
        assert answer["threshold"] is None
        assert [answer[field] for field in ("overlap", "sampling", "lease_seconds")] == [None] * 3
        assert answer["sample_size"] == 3
    assert [stated[field] for field in ("seed", "max_overlap", "disagreement")] == [None] * 3


PAGES = [
    *("campaign_detail", "campaign_people", "campaign_audit", "campaign_settings"),
    *("campaign_guidelines", "begin_labelling", "label_next"),
]


@pytest.mark.parametrize("route", PAGES)
def test_no_page_of_a_campaign_breaks_on_imported_ratings(
    client: Client, campaign: Campaign, route: str
) -> None:
    assert client.get(reverse(route, args=[campaign.pk])).status_code == 200


def test_list_and_page_show_it_as_imported(client: Client, campaign: Campaign) -> None:
    listed = client.get(reverse("campaign_list")).content.decode()
    assert "imported ratings" in listed
    assert reverse("label_next", args=[campaign.pk]) not in listed
    page = client.get(reverse("campaign_detail", args=[campaign.pk])).content.decode()
    for rater in ("ann", "bob", "gpt"):
        assert f'<th scope="row">{rater}</th>' in page
    assert reverse("validation", args=[campaign.pk]) in page


def test_imported_ratings_are_not_open_before_labelling_begins(client: Client, campaign: Campaign) -> None:
    answer = client.post(reverse("campaign_status", args=[campaign.pk]), {"status": "open"})
    assert answer.status_code == Conflict.status


def test_the_database_keeps_imported_campaigns_in_order(campaign: Campaign) -> None:
    with pytest.raises(IntegrityError, match="campaign_rubric_unless_imported"), transaction.atomic():
        Campaign.objects.update(is_imported=False)


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"scale": "taste"}, "criterion_kind_and_scale_known"),
        ({"kind": "essay"}, "criterion_kind_and_scale_known"),
        ({"scale": "nominal"}, "criterion_names_have_no_threshold"),
        ({"failure_labels": ["1"]}, "criterion_failure_labels_are_names"),
        ({"categories": ["1"]}, "criterion_scale_has_two_categories"),
        ({"key": ""}, "criterion_has_key"),
    ],
)
def test_the_database_keeps_criteria_in_order(
    campaign: Campaign, changes: dict[str, object], constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        campaign.criteria.update(**changes)


@pytest.mark.parametrize(
    ("same", "constraint"),
    [({"key": "rating"}, "criterion_key_once"), ({"position": 0}, "criterion_position_once")],
)
def test_a_campaign_has_each_criterion_once(
    campaign: Campaign, same: dict[str, object], constraint: str
) -> None:
    another = {"key": "tone", "position": 1, "kind": "ordinal", "scale": "ordinal"} | same
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        campaign.criteria.create(**another)


@pytest.mark.parametrize(
    ("same", "constraint"),
    [
        ({"external_id": "q1"}, "imported_item_once"),
        ({"position": 0}, "imported_item_position_once"),
        ({"external_id": ""}, "imported_item_has_id"),
    ],
)
def test_a_campaign_has_each_item_once(campaign: Campaign, same: dict[str, object], constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        campaign.imported_items.create(**{"external_id": "q9", "position": 9} | same)


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"rater": ""}, "imported_rating_whole"),
        ({"value": ""}, "imported_rating_whole"),
        ({"kind": "bot"}, "imported_rating_kind_known"),
        ({"rater": "ann"}, "imported_rating_once"),
    ],
)
def test_the_database_keeps_imported_ratings_in_order(
    campaign: Campaign, changes: dict[str, object], constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        ImportedRating.objects.update(**changes)


def test_a_rater_may_answer_once_for_each_order_of_two_outputs(campaign: Campaign) -> None:
    rating = ImportedRating.objects.filter(rater="ann").first()
    assert rating is not None
    swapped = ImportedRating.objects.create(
        criterion=rating.criterion, item=rating.item, rater="ann", kind="human", value="1", swapped=True
    )
    assert swapped.pk != rating.pk
