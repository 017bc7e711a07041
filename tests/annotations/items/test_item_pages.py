"""The pages of imported items, and the same over REST: what they show, to whom, and how they lead on."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from annotations.models import Campaign, ImportedItem, ImportedRating, Member
from annotations.models.campaign import Role
from core.models import User
from perg.formats.rated_items import Block, Exhibit, dump_exhibit
from tests import build
from tests.pages import one_line
from tests.query_counts import check_query_count
from tests.rated_criteria import CRITERIA, HOSTILE, rate
from tests.rated_exhibits import campaign_of_exhibits

pytestmark = pytest.mark.django_db

SCRIPT = "<script>alert(1)</script>"


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
    return campaign_of_exhibits(lead)


def listed(
    client: Client, campaign: Campaign, query: Mapping[str, str] | None = None, *, status: int = 200
) -> str:
    answer = client.get(reverse("imported_items", args=[campaign.pk]), query or {})
    assert answer.status_code == status
    return one_line(answer.content.decode())


def ids(page: str) -> list[str]:
    return re.findall(r'<bdi translate="no">(q\d+)</bdi></a>', page)


def item_page(client: Client, item: ImportedItem, query: Mapping[str, str] | None = None) -> str:
    answer = client.get(reverse("imported_item", args=[item.campaign_id, item.pk]), query or {})
    assert answer.status_code == 200
    return one_line(answer.content.decode())


def fetched(client: Client, campaign: Campaign, query: Mapping[str, Any] | None = None) -> Any:
    # Any: JSON
    answer = client.get(reverse("api_imported_item_list", args=[campaign.pk]), query or {})
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_the_list_shows_ids_beginnings_attributes_and_counts_by_criterion(
    client: Client, campaign: Campaign
) -> None:
    page = listed(client, campaign)
    assert ids(page) == [f"q{number}" for number in range(50)]
    assert "“Answer” &lt;7&gt;" in page
    assert "attribute=source%3Da" in page
    assert page.count("3 people:") == page.count("2 judges:") == 50 * len(CRITERIA)
    assert "<strong>60</strong> items." in page
    assert "Items</a>" in one_line(
        client.get(reverse("campaign_detail", args=[campaign.pk])).content.decode()
    )


def test_pages_lead_forth_and_back_in_either_order(client: Client, campaign: Campaign) -> None:
    for query in ({}, {"order": "disagreement", "criterion": HOSTILE}):
        first = listed(client, campaign, query)
        (onwards,) = re.findall(r'href="\?([^"]*)">Next<', first)
        second = client.get(
            f"{reverse('imported_items', args=[campaign.pk])}?{onwards.replace('&amp;', '&')}"
        )
        rest = one_line(second.content.decode())
        assert len(ids(first)) == 50
        assert len({*ids(first), *ids(rest)}) == 60
        (backwards,) = re.findall(r'href="\?([^"]*)">Previous<', rest)
        back = client.get(
            f"{reverse('imported_items', args=[campaign.pk])}?{backwards.replace('&amp;', '&')}"
        )
        assert ids(one_line(back.content.decode())) == ids(first)


def test_filters_narrow_the_list_and_stay_in_its_links(client: Client, campaign: Campaign) -> None:
    page = listed(client, campaign, {"attribute": "source=b", "search": "Question 1"})
    assert ids(page) == ["q1", "q11", "q13", "q15", "q17", "q19"]
    assert "?attribute=source%3Db&amp;search=Question+1" in page
    assert listed(client, campaign, {"attribute": "no such=x"}).count("No items match.") == 1
    assert "Write it as name=value." in listed(client, campaign, {"attribute": "x"}, status=422)


@pytest.mark.parametrize(
    "query",
    [
        {"criterion": "no such"},
        {"judge": "no such"},
        {"show": "x"},
        {"order": "x"},
        {"search": "x" * 201},
        {"judge_label": "x" * 1001},
    ],
    ids=str,
)
def test_what_cannot_be_asked_is_said_on_the_page_and_over_rest(
    client: Client, campaign: Campaign, query: dict[str, str]
) -> None:
    listed(client, campaign, query, status=422)
    answer = client.get(reverse("api_imported_item_list", args=[campaign.pk]), query)
    assert answer.status_code == 400
    assert next(iter(query)) in answer.content.decode()


def test_an_item_has_its_exhibit_and_every_rating_with_explanation_and_mark(
    client: Client, campaign: Campaign
) -> None:
    item = campaign.imported_items.get(position=7)
    ImportedRating.objects.filter(item=item, rater="gpt", criterion__key="correct").update(
        explanation=f"Since {SCRIPT}\u202e it is.", swapped=True, value="no"
    )
    page = item_page(client, item)
    for words in (
        "Question 7?",
        "“Answer” &lt;7&gt;",
        "Is the answer &lt;i&gt;correct&lt;/i&gt;?",
        "&lt;dice&gt;",
    ):
        assert words in page
    assert SCRIPT not in page
    assert "Since &lt;script&gt;" in page
    assert ">RLO</span> it is." in page
    assert page.count("swapped</span>") == 1
    assert "failure</span>" in page
    assert page.count('<th scope="row">') == 5 * len(CRITERIA)


def test_neighbours_of_an_item_are_those_of_the_filtered_list(client: Client, campaign: Campaign) -> None:
    query = {"attribute": "source=b", "search": "Question 1"}
    keys = dict(campaign.imported_items.values_list("external_id", "pk"))
    page = item_page(client, campaign.imported_items.get(external_id="q11"), query)
    addresses = re.findall(r'rel="(?:prev|next)" href="([^"]*)"', page)
    for address, name in zip(addresses, ["q1", "q13"], strict=True):
        assert address.startswith(reverse("imported_item", args=[campaign.pk, keys[name]]) + "?attribute=")
    assert 'rel="prev"' not in item_page(client, campaign.imported_items.get(external_id="q1"), query)
    assert 'rel="next"' not in item_page(client, campaign.imported_items.get(external_id="q19"), query)


def test_an_item_is_shown_under_a_filter_that_makes_no_sense(client: Client, campaign: Campaign) -> None:
    assert "Question 0?" in item_page(client, campaign.imported_items.get(position=0), {"criterion": "x"})


def test_an_imported_item_without_texts_says_so(client: Client, campaign: Campaign) -> None:
    item = ImportedItem.objects.create(campaign=campaign, external_id="bare", position=100)
    page = item_page(client, item)
    assert "ratings of this item, but no texts" in page
    assert "This item has no ratings." in page
    assert "no ratings" in listed(client, campaign, {"search": "bare"})


def test_hostile_names_ids_and_attributes_are_text_everywhere(
    client: Client, lead: User, campaign: Campaign
) -> None:
    name = f"{SCRIPT}\u202e&\"'"
    item = ImportedItem.objects.create(
        campaign=campaign,
        external_id=name,
        position=100,
        cluster=name,
        attributes={name: name},
        exhibit=dump_exhibit(Exhibit((Block("text", name, name),))),
    )
    criterion = campaign.criteria.get(key="correct")
    criterion.question = name
    criterion.save()
    texts = dict.fromkeys(("rater", "value", "explanation"), name)
    ImportedRating.objects.create(criterion=criterion, item=item, kind="judge", **texts)
    pages = [
        listed(client, campaign, {"search": "alert"}),
        listed(
            client,
            campaign,
            {"judge": name, "judge_label": name, "people_label": name, "attribute": f"a={name}"},
        ),
        item_page(client, item),
    ]
    for page in pages:
        assert SCRIPT not in page
        assert "&lt;script&gt;" in page


def test_only_those_who_lead_the_campaign_see_its_items(campaign: Campaign) -> None:
    item = campaign.imported_items.all()[0]
    annotator, outsider, staff = build.person("ann"), build.person("out"), build.person("admin", staff=True)
    Member.objects.create(campaign=campaign, user=annotator, role=Role.ANNOTATOR)
    for user, status in ((annotator, 404), (outsider, 404), (staff, 200)):
        browser = Client()
        browser.force_login(user)
        for route in ("imported_items", "api_imported_item_list"):
            assert browser.get(reverse(route, args=[campaign.pk])).status_code == status
        for route in ("imported_item", "api_imported_item_detail"):
            assert browser.get(reverse(route, args=[campaign.pk, item.pk])).status_code == status


def test_an_item_of_another_campaign_is_not_found(client: Client, lead: User, campaign: Campaign) -> None:
    other = campaign_of_exhibits(build.person("other lead"), name="other")
    key = other.imported_items.all()[0].pk
    for route in ("imported_item", "api_imported_item_detail"):
        assert client.get(reverse(route, args=[campaign.pk, key])).status_code == 404
        assert client.get(reverse(route, args=[other.pk, key])).status_code == 404


def test_rest_lists_items_with_ratings_and_its_pages_lead_through_all(
    client: Client, campaign: Campaign
) -> None:
    first = fetched(client, campaign, {"criterion": "correct"})["results"][0]
    assert first["external_id"] == "q0"
    assert first["beginning"] == "“Answer” <0>"
    assert first["attributes"] == {"source": "a"}
    assert {rating["rater"] for rating in first["ratings"]} == {"ann", "bob", "cal", "gpt", "<dice>"}
    assert {rating["criterion"] for rating in first["ratings"]} == {"correct"}
    assert [(of["criterion"], of["people"], of["judges"]) for of in first["criteria"]] == [("correct", 3, 2)]
    for query in ({}, {"order": "disagreement"}):
        names, page = list[str](), fetched(client, campaign, {**query, "page_size": 7})
        while True:
            names += [item["external_id"] for item in page["results"]]
            if page["next"] is None:
                break
            page = client.get(page["next"]).json()
        assert len(names) == len(set(names)) == 60


def test_rest_and_page_leave_the_same_items(client: Client, campaign: Campaign) -> None:
    for query in (
        {"show": "judge_differs", "judge": "<dice>"},
        {"show": "people_disagree", "criterion": HOSTILE, "order": "disagreement"},
        {"criterion": "correct", "judge": "gpt", "judge_label": "failure:yes", "people_label": "failure:no"},
        {"attribute": "source=b", "search": "question 2"},
    ):
        by_rest = [
            item["external_id"] for item in fetched(client, campaign, {**query, "page_size": 50})["results"]
        ]
        assert by_rest == ids(listed(client, campaign, query))


def test_rest_has_the_exhibit_of_an_item(client: Client, campaign: Campaign) -> None:
    item = campaign.imported_items.get(position=3)
    answer = client.get(reverse("api_imported_item_detail", args=[campaign.pk, item.pk])).json()
    assert answer["exhibit"] == json.loads(json.dumps(item.exhibit))
    assert len(answer["ratings"]) == 5 * len(CRITERIA)


@pytest.mark.parametrize("route", ["imported_items", "api_imported_item_list"])
def test_the_queries_do_not_grow_with_the_items(client: Client, lead: User, route: str) -> None:
    campaign = campaign_of_exhibits(lead)
    campaign.imported_items.all().delete()

    def add(number: int) -> None:
        start = campaign.imported_items.count()
        items = [
            ImportedItem.objects.create(campaign=campaign, external_id=f"n{start + n}", position=start + n)
            for n in range(number)
        ]
        for criterion in campaign.criteria.all():
            rate(criterion, items)

    check_query_count(
        route,
        add_rows=add,
        ask=lambda: client.get(reverse(route, args=[campaign.pk]), {"order": "disagreement"}),
    )
