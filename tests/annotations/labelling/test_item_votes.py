"""Labels of imported items are ratings by people, beside the imported ones, in the next report."""

import uuid
from typing import Any

import pytest

from annotations.labelling.selectors.item_votes import ItemVote, votes_on
from annotations.labelling.services.labels import submit_label
from annotations.models import Assignment, Campaign
from annotations.quality.services.quality import set_aside_labels
from annotations.validation.selectors.imported_ratings import imported_rating_set
from annotations.validation.selectors.input_hash import input_hash
from annotations.validation.selectors.validation import has_ratings
from perg.rubrics.criterion import Criterion as Definition
from tests import build
from tests.imported_items import (
    BETTER,
    ERRORS,
    EVERY_KIND,
    HELPFUL,
    LENGTH,
    SAFE,
    WHY,
    claimed,
    imported_campaign,
    labelled_campaign,
)

pytestmark = pytest.mark.django_db

STARS = Definition.model_validate(
    {"key": "stars", "kind": "ordinal", "options": [{"key": str(level)} for level in range(5)]}
)


def _label(
    campaign: Campaign, answers: dict[str, Any], position: int = 0, *, swapped: bool = False
) -> Assignment:
    assignment = claimed(campaign, position)
    Assignment.objects.filter(pk=assignment.pk).update(is_swapped=swapped)
    submit_label(assignment=assignment, answers=answers, comment="", submission_key=uuid.uuid4())
    return assignment


def _values(campaign: Campaign, key: str) -> list[str]:
    return [vote.value for vote in votes_on(campaign.criteria.get(key=key))]


def test_every_answer_is_the_value_that_an_import_would_have() -> None:
    campaign = labelled_campaign([*EVERY_KIND, STARS], pairs=True)
    _label(
        campaign,
        {
            "safe": "no",
            "helpful": "good",
            "topic": "law",
            "errors": ["cut"],
            "better": "second",
            "percent": 35,
            "why": "so",
            "stars": "0",
        },
    )
    assert {row.key: _values(campaign, row.key) for row in campaign.criteria.all()} == {
        "safe": ["no"],
        "helpful": ["3"],
        "topic": ["law"],
        "errors:facts": ["no"],
        "errors:style": ["no"],
        "errors:cut": ["yes"],
        "better": ["second"],
        "percent": ["35"],
        "why": [],
        "stars": ["0"],
    }


def test_a_vote_says_whose_it_is_and_in_which_order_a_pair_was_shown() -> None:
    ann = build.person("ann")
    campaign = labelled_campaign([BETTER], [ann], pairs=True)
    _label(campaign, {"better": "first"}, swapped=True)
    item = campaign.tasks.get(state="agreed").imported_item
    assert item is not None
    assert list(votes_on(campaign.criteria.get())) == [
        ItemVote(item.external_id, "ann", "better", "second", swapped=True)
    ]


def test_only_current_answers_with_a_vote_count() -> None:
    ann, bob = build.person(), build.person()
    campaign = labelled_campaign([SAFE], [ann, bob], items=2, labels_per_item=2)
    first = _label(campaign, {"safe": "no"})
    submit_label(assignment=first, answers={"safe": "yes"}, comment="", submission_key=uuid.uuid4())
    _label(campaign, {"safe": "cannot_tell"}, 1)
    assert sorted(_values(campaign, "safe")) == ["cannot_tell", "yes"]
    set_aside_labels(member=campaign.members.order_by("pk")[0], actor=build.person(staff=True))
    assert _values(campaign, "safe") == ["cannot_tell"]


def test_what_was_not_asked_or_not_answered_is_no_rating() -> None:
    campaign = labelled_campaign([ERRORS, SAFE, WHY])
    _label(campaign, {"safe": "yes"})
    assert _values(campaign, "errors:facts") == []
    _label(campaign, {"safe": "yes", "errors": []})
    assert _values(campaign, "errors:facts") == ["no"]


def test_after_items_are_labelled_by_a_fourth_person_the_ratings_have_a_fourth_person() -> None:
    dora = build.person("dora")
    campaign = labelled_campaign([SAFE], [dora], items=50, rated_by={"ann": 50, "bob": 50, "cy": 50})
    criterion = campaign.criteria.get()
    before = imported_rating_set(criterion)
    stamp = input_hash(campaign, {}, criterion=criterion)
    assert before.people == ("ann", "bob", "cy")
    for _ in range(50):
        _label(campaign, {"safe": "no"})
    after = imported_rating_set(criterion)
    assert after.people == ("ann", "bob", "cy", "dora")
    assert after.table.values.shape == (50, 4)
    assert (after.table.values[:, 3] != after.table.values[:, 0]).all()
    assert input_hash(campaign, {}, criterion=criterion) != stamp


def test_a_person_who_is_called_as_an_imported_rater_is_another_rater() -> None:
    ann = build.person("ann")
    campaign = labelled_campaign([SAFE], [ann], items=2, rated_by={"ann": 2})
    _label(campaign, {"safe": "no"})
    assert imported_rating_set(campaign.criteria.get()).people == ("ann", "ann (labelled here)")


@pytest.mark.parametrize(("definition", "answer"), [(LENGTH, 40), (STARS, "3"), (SAFE, "no")])
def test_a_campaign_without_imported_ratings_has_those_that_people_make(
    definition: Definition, answer: object
) -> None:
    campaign = labelled_campaign([definition], items=1)
    assert not has_ratings(campaign, campaign.criteria.get())
    _label(campaign, {definition.key: answer})
    assert has_ratings(campaign, campaign.criteria.get())
    assert imported_rating_set(campaign.criteria.get()).table.values.shape == (1, 1)


def test_a_criterion_without_a_definition_has_no_votes() -> None:
    campaign = imported_campaign([HELPFUL])
    campaign.criteria.update(definition={})
    assert _values(campaign, "helpful") == []
