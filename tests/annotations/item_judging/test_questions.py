"""What a judge can be asked of a campaign, and how its answers are stored: as the ratings that are there."""

import pytest

from annotations.item_judging.selectors.people_answers import drawn_examples, examples_of
from annotations.item_judging.selectors.questions import questions_of
from annotations.item_judging.services.settling import verdicts_of
from annotations.models import Campaign
from evaluation.models import Completion
from perg.rubrics.answers import answer_of
from perg.rubrics.criterion import Criterion, Option
from perg.rubrics.presets import HARMS
from tests.judged_items import BETTER, CLARITY, FAITHFUL, LENGTH, TONE, TOPICS, item_campaign, rate

pytestmark = pytest.mark.django_db


def _stored(campaign: Campaign, answer: object, *, swapped: bool = False) -> dict[str, str]:
    (question,) = questions_of(campaign)
    keys = dict(campaign.criteria.values_list("pk", "key"))
    values = question.stored(answer_of(question.definition, answer), swapped=swapped)
    return {keys[row]: value for row, value in values}


@pytest.mark.parametrize(
    ("definition", "answer", "stored"),
    [
        (CLARITY, 4, {"clarity": "4"}),
        (FAITHFUL, True, {"faithful": "yes"}),
        (TONE, "warm", {"tone": "warm"}),
        (LENGTH, 2.5, {"words_missing": "2.5"}),
        (BETTER, "A", {"better": "first"}),
        (
            TOPICS,
            ["sport", "weather"],
            {"topics: sport": "yes", "topics: politics": "no", "topics: weather": "yes"},
        ),
        (TOPICS, [], {"topics: sport": "no", "topics: politics": "no", "topics: weather": "no"}),
    ],
)
def test_an_answer_is_stored_as_imported_ones_are(
    definition: Criterion, answer: object, stored: dict[str, str]
) -> None:
    assert _stored(item_campaign(definition, items=1), answer) == stored


def test_the_order_shown_is_undone() -> None:
    campaign = item_campaign(BETTER, items=1)
    assert _stored(campaign, "A", swapped=True) == {"better": "second"}
    assert _stored(campaign, "tie", swapped=True) == {"better": "tie"}


def test_levels_that_are_names_or_fall_are_stored_as_places() -> None:
    for keys in (("bad", "fair", "good"), ("5", "4", "3")):
        options = tuple(Option(key=key) for key in keys)
        campaign = item_campaign(Criterion(key="q", kind="ordinal", options=options), items=1)
        assert [_stored(campaign, key)["q"] for key in keys] == ["1", "2", "3"]


def test_labels_whose_names_end_alike_are_told_apart() -> None:
    options = tuple(Option(key=key) for key in ("not a", "a"))
    campaign = item_campaign(Criterion(key="q", kind="multilabel", options=options), items=1)
    assert _stored(campaign, ["a"]) == {"q: not a": "no", "q: a": "yes"}


def test_a_question_without_a_definition_is_asked_as_its_ratings_say() -> None:
    campaign = item_campaign(TONE, items=4)
    campaign.criteria.update(definition={}, categories=None, kind="binary", question="Is it fine?")
    rate(campaign, "tone", {0: "True", 1: "False"})
    (question,) = questions_of(campaign)
    assert question.definition.kind == "binary"
    assert _stored(campaign, "yes") == {"tone": "True"}
    campaign.criteria.update(kind="ordinal", scale="ordinal")
    campaign.criteria.get().ratings.all().delete()
    rate(campaign, "tone", {0: "2", 1: "5"})
    (question,) = questions_of(campaign)
    assert [option.key for option in question.definition.options] == ["1", "2", "3", "4", "5"]


def test_examples_have_peoples_commonest_answers() -> None:
    campaign = item_campaign(CLARITY, TOPICS, items=3)
    for by, value in (("ann", "2"), ("bob", "4"), ("cat", "4")):
        rate(campaign, "clarity", {0: value, 1: "1"}, by=by)
    for label, value in (("sport", "yes"), ("politics", "no"), ("weather", "yes")):
        rate(campaign, f"topics: {label}", {0: value})
    questions = questions_of(campaign)
    (example,) = examples_of(list(campaign.imported_items.all()), questions)
    assert example.answers == {"clarity": "4", "topics": ["sport", "weather"]}
    assert [drawn.item for drawn in drawn_examples(campaign, questions, 5)] == [example.item]


def test_a_criterion_whose_condition_does_not_hold_needs_no_answer() -> None:
    def said(text: str) -> list[str]:
        verdicts = verdicts_of(Completion(status="succeeded", text=text), HARMS.criteria)
        return sorted([*verdicts.answers, *(f"-{key}" for key in verdicts.unanswered)])

    assert said('{"harmful": "no", "harms": []}') == ["harmful"]
    assert said('{"harmful": "no"}') == ["harmful"]
    assert said('{"harmful": "yes", "harms": ["hate"]}') == ["harmful", "harms"]
    assert said('{"harmful": "yes"}') == ["-harms", "harmful", "harms"]
