"""What people label here counts as what they said: for the choice of items, and for examples."""

import uuid

import pytest

from annotations.item_judging.selectors.people_answers import drawn_examples, labelled_items
from annotations.item_judging.selectors.questions import questions_of
from annotations.labelling.services.labels import submit_label
from tests import build
from tests.imported_items import SAFE, claimed, labelled_campaign
from tests.judged_items import item_judge, judge_items
from tests.stub_llm import StubProcess

pytestmark = pytest.mark.django_db


def test_items_labelled_here_are_judged_and_can_be_examples(providers: StubProcess) -> None:
    campaign = labelled_campaign([SAFE], items=4)
    assignment = claimed(campaign)
    submit_label(assignment=assignment, answers={"safe": "yes"}, comment="", submission_key=uuid.uuid4())
    questions = questions_of(campaign)
    labelled = list(labelled_items(campaign, questions))
    assert [item.pk for item in labelled] == [assignment.task.imported_item_id]
    (example,) = drawn_examples(campaign, questions, 3)
    assert (example.item, example.answers) == (labelled[0], {"safe": "yes"})
    judge = judge_items(item_judge(campaign, build.stub_endpoint(providers)), labelled_only=True)
    assert [judgment.item for judgment in judge.judgments.all()] == labelled
