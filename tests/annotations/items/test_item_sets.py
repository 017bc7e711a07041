"""Sets of items by their ratings: equal to what a plain count and the validation report say."""

import random
import re
from collections import Counter, defaultdict
from statistics import median
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from annotations.items.selectors.answers import FAILURE, NO_FAILURE, Answers
from annotations.items.selectors.items import ItemFilter, filtered_items, neighbours, with_rank
from annotations.items.selectors.ratings import ratings_of
from annotations.models import Campaign, Criterion, ImportedItem, ImportedRating
from annotations.validation.services.validation import request_report
from core.jobs.leasing import run_job
from core.models import User
from perg.stats.base.result import load
from perg.stats.report.validation import ValidationReport
from tests import build
from tests.rated_criteria import CRITERIA, HOSTILE, campaign_of_criteria
from tests.rated_exhibits import campaign_of_exhibits
from tests.rating_inputs import QUICK

pytestmark = pytest.mark.django_db

NAMED = "named levels"
MORE = {
    **CRITERIA,
    NAMED: {
        "kind": "ordinal",
        "scale": "ordinal",
        "categories": ["bad", "fair", "good", "best"],
        "threshold": 2.0,
    },
    "uneven": {"kind": "ordinal", "scale": "ordinal", "categories": ["1", "2", "10"]},
    "colour": {"kind": "nominal", "scale": "nominal", "categories": ["red", "green", "blue"]},
    "free": {"kind": "nominal", "scale": "nominal"},
    "cut number": {"kind": "numeric", "scale": "interval", "threshold": 1.0},
}


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


@pytest.fixture
def sparse(lead: User) -> Campaign:
    """With criteria of more kinds; of each item some ratings are missing, of some all by people."""
    values = {name: {**meaning, "categories": meaning.get("categories")} for name, meaning in MORE.items()}
    values[NAMED]["categories"] = ["1", "2", "3", "4"]  # what is stored are the places
    campaign = campaign_of_criteria(values, lead=lead, name="sparse", items=40)
    campaign.criteria.filter(key=NAMED).update(categories=MORE[NAMED]["categories"])
    rng = random.Random(5)
    ratings = list(ImportedRating.objects.filter(criterion__campaign=campaign))
    gone = [
        rating.pk
        for rating in ratings
        if rng.random() < 0.3 or (rating.item_id % 11 == 0 and rating.kind == "human")
    ]
    ImportedRating.objects.filter(pk__in=gone).delete()
    return campaign


def found(campaign: Campaign, criterion: Criterion, **chosen: str) -> set[int]:
    items = filtered_items(campaign, ItemFilter(criterion=criterion, **chosen))  # type: ignore[arg-type]
    keys = list(items.values_list("pk", flat=True))
    assert len(keys) == len(set(keys))
    return set(keys)


class Counted:
    """What people and judges say of each item, counted in Python."""

    def __init__(self, criterion: Criterion) -> None:
        self.answers = Answers(criterion)
        self.people, self.judges = defaultdict[int, list[str]](list), defaultdict[int, dict[str, str]](dict)
        for row in criterion.ratings.all():
            if row.kind == "human":
                self.people[row.item_id].append(row.value)
            else:
                self.judges[row.item_id][row.rater] = row.value

    def majority(self, item: int) -> bool | None:
        failures = [self.answers.is_failure(value) for value in self.people[item]]
        return None if 2 * sum(failures) == len(failures) else 2 * sum(failures) > len(failures)

    def label(self, item: int) -> str | float | None:
        """The most common label of people, or the median of the places or numbers."""
        values = self.people[item]
        if not values:
            return None
        if self.answers.are_names:
            (label, most), *others = Counter(values).most_common()
            return None if others and others[0][1] == most else label
        return median(self.rank(value) for value in values)

    def rank(self, value: str) -> float:
        categories = self.answers.criterion.categories
        if self.answers.criterion.scale != "ordinal" or not categories or self.answers.levels:
            return float(value)
        return float(categories.index(value))

    def differs(self, item: int, value: str) -> bool:
        if self.answers.is_cut:
            majority = self.majority(item)
            return majority is not None and self.answers.is_failure(value) != majority
        label = self.label(item)
        return label is not None and label != (value if self.answers.are_names else self.rank(value))


@pytest.mark.parametrize("key", MORE)
def test_labels_of_people_and_judges_are_those_of_a_plain_count(sparse: Campaign, key: str) -> None:
    criterion = sparse.criteria.get(key=key)
    counted, items = Counted(criterion), sparse.imported_items.values_list("pk", flat=True)
    for value in set(criterion.ratings.values_list("value", flat=True)):
        label = counted.answers.label(value)
        code = value if counted.answers.are_names else counted.rank(value)
        by_people = {item for item in items if counted.label(item) == code}
        assert found(sparse, criterion, people_label=label) == by_people, value
        for judge in ("gpt", "<dice>"):
            by_judge = {item for item in items if counted.judges[item].get(judge) == value}
            assert found(sparse, criterion, judge=judge, judge_label=label) == by_judge
            both = found(sparse, criterion, judge=judge, judge_label=label, people_label=label)
            assert both == by_judge & by_people
    for token, is_failure in ((FAILURE, True), (NO_FAILURE, False)):
        by_people = {
            item for item in items if counted.answers.is_cut and counted.majority(item) is is_failure
        }
        assert found(sparse, criterion, people_label=token) == by_people


@pytest.mark.parametrize("key", MORE)
def test_disagreements_are_those_of_a_plain_count(sparse: Campaign, key: str) -> None:
    criterion = sparse.criteria.get(key=key)
    counted, items = Counted(criterion), sparse.imported_items.values_list("pk", flat=True)
    for judge in ("gpt", "<dice>", ""):
        expected = {
            item
            for item in items
            for name, value in counted.judges[item].items()
            if judge in {"", name} and counted.differs(item, value)
        }
        assert found(sparse, criterion, judge=judge, show="judge_differs") == expected, judge
    divided = {item for item in items if len(set(counted.people[item])) > 1}
    assert found(sparse, criterion, show="people_disagree") == divided
    unrated = {item for item in items if not counted.people[item]}
    assert unrated
    assert found(sparse, criterion, show="unrated") == unrated


def test_labels_that_are_none_find_nothing(sparse: Campaign) -> None:
    for criterion in sparse.criteria.all():
        for label in ("no such label", "NaN", "1e400", "' OR 1=1 --", "%", "\\"):
            assert found(sparse, criterion, people_label=label) == set(), (criterion.key, label)
            assert found(sparse, criterion, judge_label=label) == set()


def test_the_cells_of_a_report_lead_to_as_many_items_as_they_count(
    client: Client, campaign: Campaign, sparse: Campaign
) -> None:
    checked = 0
    for of in (campaign, sparse):
        for criterion in of.criteria.exclude(threshold=None, failure_labels=None):
            report = request_report(campaign=of, criterion=criterion, settings=QUICK)
            assert run_job(report).status == "ready"
            report.refresh_from_db()
            page = client.get(
                reverse("validation", args=[of.pk]), {"criterion": criterion.key}
            ).content.decode()
            cells = re.findall(r'<a href="([^"]*/items/\?[^"]*people_label[^"]*)">(\d+)<', page)
            assert len(cells) == 4 * len(load(ValidationReport, report.document).judges)
            for address, count in cells:
                listed = client.get(address.replace("&amp;", "&"))
                assert listed.status_code == 200
                assert listed.context["count"] == int(count), (criterion.key, address)
                assert parse_qs(urlsplit(address).query)
                checked += int(count) > 0
    assert checked > 20


def test_a_judge_is_known_by_the_name_that_a_report_gives_it(client: Client, campaign: Campaign) -> None:
    ImportedRating.objects.filter(rater="gpt").update(rater="constant")
    address = reverse("imported_items", args=[campaign.pk])
    query = {"criterion": "correct", "judge_label": "yes"}
    own = client.get(address, {**query, "judge": "constant"}).context["count"]
    assert own > 0
    assert client.get(address, {**query, "judge": "constant (imported)"}).context["count"] == own
    assert client.get(address, {**query, "judge": "nobody"}).status_code == 422


@pytest.mark.parametrize("key", ["correct", HOSTILE, "length", "colour", NAMED])
def test_by_disagreement_the_highest_come_first_and_every_item_once(sparse: Campaign, key: str) -> None:
    criterion = sparse.criteria.get(key=key)
    chosen = ItemFilter(criterion=criterion, order="disagreement")
    items = list(filtered_items(sparse, chosen))
    assert len(items) == 40
    shown = ratings_of(items, [criterion])
    apart = [next((of.disagreement or 0 for of in shown[item.pk]), 0) for item in items]
    assert apart == sorted(apart, reverse=True)
    for (one, before), (other, behind) in zip(
        zip(items, apart, strict=True), zip(items[1:], apart[1:], strict=True), strict=False
    ):
        assert before != behind or one.position < other.position


@pytest.mark.parametrize("order", ["file", "disagreement"])
def test_neighbours_lead_through_the_whole_list_and_back(sparse: Campaign, order: str) -> None:
    chosen = ItemFilter(criterion=sparse.criteria.get(key="correct"), show="people_disagree", order=order)  # type: ignore[arg-type]
    items = filtered_items(sparse, chosen)
    keys = list(items.values_list("pk", flat=True))
    assert len(keys) > 3
    around = [
        neighbours(items, with_rank(ImportedItem.objects.all(), chosen).get(pk=key), chosen.key)
        for key in keys
    ]
    assert around == list(zip([None, *keys], [*keys[1:], None], strict=False))


def test_a_search_finds_texts_and_ids_and_no_names_of_fields(campaign: Campaign) -> None:
    def search(text: str) -> list[int]:
        return list(filtered_items(campaign, ItemFilter(search=text)).values_list("position", flat=True))

    assert search("question 7?") == [7]
    assert search("“Answer” <41>") == [41]
    assert search("q41") == [41]
    assert search("content") == []
    assert search("markdown") == []
    for hostile in ("%", "_", "\\", '"', "' OR 1=1", "$.**", "a.c", "}", '" || true', "\n", "?*"):
        assert search(hostile) == list(range(60)) if hostile == "?" else len(search(hostile)) in {0, 60}


def test_texts_nested_in_a_chat_are_searched(campaign: Campaign) -> None:
    item = campaign.imported_items.get(position=3)
    turns = [{"role": "user", "content": [{"type": "text", "text": 'He said "hi"\nand left\\'}]}]
    item.exhibit = {
        "context": [{"kind": "chat", "content": turns, "heading": ""}],
        "outputs": [],
        "reference": [],
    }
    item.save()
    for text in ('said "hi"', "HI", "left\\", '"\nand'):
        assert list(filtered_items(campaign, ItemFilter(search=text))) == [item], text
