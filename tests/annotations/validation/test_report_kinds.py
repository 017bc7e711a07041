"""Imported ratings of every kind, from the rows in the database to the page: pairs, named levels, numbers, labels."""

import json
from collections.abc import Iterable, Mapping
from io import StringIO
from typing import Any

import numpy as np
import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from annotations.models import Campaign, Criterion, ImportedItem, ImportedRating, Member, ValidationReport
from annotations.models.campaign import CampaignStatus, Role
from annotations.templatetags.label_question import label_question as shown_question
from annotations.validation.rendering import as_html
from annotations.validation.selectors.imported_ratings import imported_input, imported_rating_set
from annotations.validation.selectors.label_question import label_question, labels_of
from annotations.validation.services import cached_labels
from annotations.validation.services.validation import computed_report
from core.models import User
from perg.formats.rated_items import Block, Exhibit, dump_exhibit
from perg.stats.base.result import dump, load
from perg.stats.base.undefined import Undefined
from perg.stats.files.ratings_files import RatingsFileError
from perg.stats.report.pair_strengths import SystemPairs, SystemStrengths
from perg.stats.report.validation import ValidationReport as Document
from tests import build
from tests.pages import one_line
from tests.pair_votes import SYSTEMS
from tests.rating_inputs import QUICK

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def lead() -> User:
    return build.person("boss")


@pytest.fixture
def campaign(lead: User) -> Campaign:
    campaign = Campaign.objects.create(
        name="imported",
        is_imported=True,
        status=CampaignStatus.CLOSED,
        overlap=1,
        max_overlap=1,
        sample_size=1,
        seed=0,
    )
    Member.objects.create(campaign=campaign, user=lead, role=Role.LEAD)
    return campaign


def items(
    campaign: Campaign,
    count: int,
    *,
    attributes: Iterable[Mapping[str, str]] = (),
    outputs: Iterable[tuple[str, ...]] = (),
) -> list[ImportedItem]:
    of_attributes, of_outputs = [*attributes] or [{}] * count, [*outputs] or [()] * count
    return ImportedItem.objects.bulk_create(
        ImportedItem(
            campaign=campaign,
            external_id=f"q{place}",
            position=place,
            attributes=dict(of_attributes[place]),
            exhibit=dump_exhibit(
                Exhibit(outputs=tuple((Block("text", text),) for text in of_outputs[place]))
            ),
        )
        for place in range(count)
    )


def criterion(campaign: Campaign, key: str, kind: str, scale: str, **more: Any) -> Criterion:
    return Criterion.objects.create(
        campaign=campaign, position=campaign.criteria.count(), key=key, kind=kind, scale=scale, **more
    )


def rate(
    of: Criterion, on: list[ImportedItem], rater: str, values: Iterable[object], *, swapped: bool = False
) -> None:
    kind = "judge" if rater in ("gpt", HOSTILE) else "human"
    ImportedRating.objects.bulk_create(
        ImportedRating(criterion=of, item=item, rater=rater, kind=kind, value=str(value), swapped=swapped)
        for item, value in zip(on, values, strict=True)
        if value is not None
    )


def report_on(of: Criterion) -> Document:
    return computed_report(of.campaign, QUICK, criterion=of)[0]


@pytest.fixture
def pairs(campaign: Campaign) -> Criterion:
    """Sixty pairs of six systems: people prefer the later in the alphabet, the judge often what is shown first."""
    rng = np.random.default_rng(0)
    compared = [rng.choice(SYSTEMS, 2, replace=False).tolist() for _ in range(60)]
    of_items = items(
        campaign,
        60,
        attributes=[
            {"model_a": one, "model_b": other, "topic": "xy"[i % 2]}
            for i, (one, other) in enumerate(compared)
        ],
        outputs=[("a" * (10 + i), "b" * 20) for i in range(60)],
    )
    made = criterion(campaign, "better", "pairwise", "nominal", categories=["second", "tie", "first"])
    wins = ["first" if (one > other) != (rng.random() < 0.25) else "second" for one, other in compared]
    rate(made, of_items[:40], "ann", wins[:40])
    rate(made, of_items, "gpt", [win if i % 2 else "first" for i, win in enumerate(wins)])
    rate(made, of_items, "gpt", [win if i % 2 else "second" for i, win in enumerate(wins)], swapped=True)
    return made


def test_pairs_are_ordered_both_orders_count_once_and_attributes_name_systems(pairs: Criterion) -> None:
    data = imported_input(pairs)
    assert data.ratings.scale == "ordinal"
    assert data.ratings.labels == ("second", "tie", "first")
    judge = data.table.column("gpt")
    assert (judge[::2] == 2).all()  # said the place in both orders: a tie
    assert set(judge[1::2].tolist()) == {1.0, 3.0}
    assert data.pairs is not None
    assert data.pairs.rater.size == 160
    assert data.pairs.systems is not None
    assert data.response_length is not None
    assert data.response_length.tolist() == [i - 10 for i in range(60)]
    assert data.facets.keys() == {"model_a", "model_b", "topic"}


def test_the_report_on_pairs_is_whole_without_a_failure(pairs: Criterion) -> None:
    report = report_on(pairs)
    section = report.pairwise
    assert section is not None
    judge = section.raters[1]
    assert (judge.pairs_in_both_orders, judge.same_winner, judge.first_shown_twice) == (60, 30, 30)
    assert judge.biased
    assert isinstance(section.system_pairs, SystemPairs)
    assert isinstance(section.strengths, SystemStrengths)
    assert isinstance(report.rates, Undefined)
    page = as_html(load(Document, json.loads(json.dumps(dump(report)))), title="t")
    for words in (
        "Which of two is better",
        "The place decides with gpt",
        "Strengths of systems",
        "against birch",
    ):
        assert words in one_line(page)


@pytest.mark.parametrize(
    ("failures", "threshold", "scale"),
    [(["second"], 2.0, "ordinal"), (["second", "tie"], 3.0, "ordinal"), (["tie"], 1.0, "nominal")],
)
def test_failures_of_pairs_that_are_the_lowest_answers_are_a_threshold(
    pairs: Criterion, failures: list[str], threshold: float, scale: str
) -> None:
    pairs.failure_labels = failures
    data = imported_input(pairs)
    assert (data.threshold, data.ratings.scale) == (threshold, scale)
    assert set(data.failures) == set(failures)


def test_both_bad_makes_names_of_the_answers(pairs: Criterion) -> None:
    Criterion.objects.filter(pk=pairs.pk).update(categories=None)
    ImportedRating.objects.filter(rater="ann", item__external_id="q0").update(value="both_bad")
    data = imported_input(Criterion.objects.get(pk=pairs.pk))
    assert data.ratings.scale == "nominal"
    assert set(data.ratings.labels) == {"first", "second", "tie", "both_bad"}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("model_a", "model_b"),
        ("system_a", "system_b"),
        ("model_1", "model_2"),
        ("Model A", "Model B"),
        ("modelLeft", "modelRight"),
        ("left", "right"),
        ("response_a_model", "response_b_model"),
    ],
)
def test_two_attributes_that_differ_in_a_word_name_the_systems(
    campaign: Campaign, first: str, second: str
) -> None:
    of_items = items(
        campaign, 12, attributes=[{second: f"m{i % 3}", first: f"m{(i + 1) % 3}"} for i in range(12)]
    )
    made = criterion(campaign, "better", "pairwise", "nominal")
    rate(made, of_items, "gpt", ["first"] * 12)
    data = imported_input(made)
    assert data.pairs is not None
    assert data.pairs.systems is not None
    assert [names[0] for names in data.pairs.systems] == ["m1", "m0"]


@pytest.mark.parametrize(("first", "second"), [("length_a", "length_b"), ("left", "right"), ("a", "c")])
def test_texts_and_numbers_are_no_systems(campaign: Campaign, first: str, second: str) -> None:
    of_items = items(campaign, 12, attributes=[{first: f"{i}", second: f"{i + 40}"} for i in range(12)])
    made = criterion(campaign, "better", "pairwise", "nominal")
    rate(made, of_items, "gpt", ["first"] * 12)
    data = imported_input(made)
    assert data.pairs is not None
    assert data.pairs.systems is None


@pytest.mark.parametrize("values", [["poor", "fair", "good", "fair"], ["1", "2", "3", "2"]])
def test_named_levels_are_their_places_from_one_whatever_the_alphabet_says(
    campaign: Campaign, values: list[str]
) -> None:
    of_items = items(campaign, 4)
    made = criterion(
        campaign, "quality", "ordinal", "ordinal", categories=["poor", "fair", "good"], threshold=2
    )
    rate(made, of_items, "ann", values)
    rate(made, of_items, "gpt", ["poor", "good", "good", "fair"])
    data = imported_input(made)
    assert data.table.column("ann").tolist() == [1, 2, 3, 2]
    assert data.ratings.labels == ("poor", "fair", "good")
    assert report_on(made).summary.failure == "a rating below “fair”"


def test_a_level_that_is_not_stated_is_refused_with_its_name(campaign: Campaign) -> None:
    made = criterion(campaign, "quality", "ordinal", "ordinal", categories=["poor", "fair", "good"])
    rate(made, items(campaign, 2), "ann", ["poor", "great"])
    with pytest.raises(RatingsFileError, match="great is not on the scale"):
        imported_rating_set(made)


def test_of_one_output_in_both_orders_the_own_order_counts(campaign: Campaign) -> None:
    of_items = items(campaign, 3)
    made = criterion(campaign, "quality", "numeric", "interval")
    rate(made, of_items, "gpt", [0.5, 0.6, None])
    rate(made, of_items, "gpt", [0.1, 0.2, 0.3], swapped=True)
    assert imported_rating_set(made).table.column("gpt").tolist() == [0.5, 0.6, 0.3]


def test_slices_lengths_and_places_come_from_items(campaign: Campaign) -> None:
    attributes = [
        {
            "topic": "xy"[i % 2],
            "url": f"http://{i}",
            "rare": f"{i % 30}",
            "position": str(i + 1),
            "one": "same",
        }
        for i in range(40)
    ]
    of_items = items(campaign, 40, attributes=attributes, outputs=[("é" * i,) for i in range(1, 41)])
    made = criterion(
        campaign,
        "quality",
        "numeric",
        "interval",
        definition={"key": "quality", "lowest": 0, "highest": 1, "kind": "numeric"},
    )
    rate(made, of_items, "ann", [i / 40 for i in range(40)])
    rate(made, of_items, "gpt", [i / 40 for i in range(40)])
    data = imported_input(made)
    assert data.facets.keys() == {"topic"}
    assert data.response_length is not None
    assert data.response_length.tolist() == list(range(1, 41))
    assert data.position is not None
    assert data.position.tolist() == list(range(1, 41))
    assert data.value_range == (0, 1)
    report = report_on(made)
    assert report.numeric is not None
    assert report.numeric.range_is_stated
    page = one_line(as_html(report, title="t"))
    assert "How to read a judge’s score" in page
    assert "runs from 0 to 1" in page


@pytest.fixture
def question(campaign: Campaign) -> list[Criterion]:
    """Forty items with any of three labels, by two people and a judge."""
    rng = np.random.default_rng(1)
    of_items = items(campaign, 40)
    made = []
    for label, share in (("toxic", 0.5), ("spam", 0.3), (HOSTILE, 0.2)):
        one = criterion(
            campaign, f"labels: {label}", "binary", "nominal", part_of="labels", categories=["no", "yes"]
        )
        truth = rng.random(40) < share
        for rater in ("ann", "bob", "gpt"):
            said = truth ^ (rng.random(40) < 0.1)
            rate(one, of_items, rater, ["yes" if has else "no" for has in said])
        made.append(one)
    criterion(
        campaign, "labels: never rated", "binary", "nominal", part_of="labels", categories=["no", "yes"]
    )
    criterion(campaign, "alone", "nominal", "nominal")
    return made


def test_a_question_with_any_of_several_labels_is_summarised_as_a_whole(question: list[Criterion]) -> None:
    assert labels_of(question[1]) == question
    whole = label_question(labels_of(question[1]))
    assert whole is not None
    assert whole.labels == ("toxic", "spam", HOSTILE)
    assert whole.masi.value is not None
    assert 0.3 < whole.masi.value < 1
    (judge,) = whole.judges
    own = report_on(question[0]).label_shares
    assert own is not None
    (row,) = (row for row in own.judges[0].rows if row.label == "yes")
    assert judge.rows[0].corrected == row.corrected
    assert labels_of(Criterion.objects.get(key="alone")) == []


def test_the_page_of_a_label_shows_all_labels_and_runs_nothing(
    client: Client, lead: User, question: list[Criterion]
) -> None:
    document, digest = computed_report(question[0].campaign, QUICK, criterion=question[0])
    ValidationReport.objects.create(
        campaign=question[0].campaign,
        criterion=question[0],
        status="ready",
        settings=dump(QUICK),
        input_hash=digest,
        document=dump(document),
        finished_at="2026-01-01T00:01Z",
    )
    client.force_login(lead)
    address = reverse("validation", args=[question[0].campaign_id])
    page = one_line(client.get(address, {"criterion": question[0].key}).content.decode())
    assert "All labels of labels" in page
    assert "MASI" in page
    assert "Every label" in page
    assert HOSTILE not in page


def test_a_large_question_is_left_to_a_worker(
    question: list[Criterion], monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.clear()
    monkeypatch.setattr(cached_labels, "LIVE_RATINGS", 10)
    shown = cached_labels.label_question_shown(question[0])
    assert shown is not None
    assert shown.value is None
    cached_labels.keep_label_question(criterion=question[2])
    again = cached_labels.label_question_shown(question[0])
    assert again is not None
    assert again.is_current
    assert again.value == label_question(question)
    rate(question[0], items_without(question[0]), "gpt", ["yes"])
    changed = cached_labels.label_question_shown(question[0])
    assert changed is not None
    assert not changed.is_current
    assert shown_question(None)["question"] is None


def items_without(of: Criterion) -> list[ImportedItem]:
    return [ImportedItem.objects.create(campaign=of.campaign, external_id="new", position=99)]


def test_the_command_prints_the_sections(pairs: Criterion) -> None:
    out = StringIO()
    call_command("validation_report", pairs.campaign.name, stdout=out)
    text = out.getvalue()
    assert "Place, ties and both orders" in text
    assert "first against second, gpt" in text
    assert "60 pairs in both orders" in text


def test_names_of_raters_and_labels_execute_nothing(campaign: Campaign) -> None:
    of_items = items(campaign, 30)
    made = criterion(campaign, "topic", "nominal", "nominal")
    rate(made, of_items, "ann", [HOSTILE if i % 3 else "b" for i in range(30)])
    rate(made, of_items, HOSTILE, [HOSTILE if i % 2 else "b" for i in range(30)])
    page = as_html(report_on(made), title="t")
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page
