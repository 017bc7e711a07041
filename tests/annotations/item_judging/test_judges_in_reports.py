"""What a judge said of items stands in the reports, beside people, for each kind of criterion."""

import pytest

from annotations.models import Campaign
from annotations.validation.services.validation import computed_report
from perg.rubrics.criterion import Criterion
from perg.stats.items.validation_input import ValidationSettings
from tests import build
from tests.judged_items import (
    BETTER,
    CLARITY,
    FAITHFUL,
    LENGTH,
    TONE,
    TOPICS,
    item_campaign,
    item_judge,
    judge_items,
    rate,
)
from tests.stub_llm import StubProcess

pytestmark = pytest.mark.django_db

VALUES = {
    "clarity": ("1", "4", "5"),
    "faithful": ("yes", "no"),
    "topics: sport": ("yes", "no"),
    "words_missing": ("0", "3", "7"),
    "tone": ("dry", "warm", "rude"),
    "better": ("first", "second", "tie"),
}


def _rated(definition: Criterion, key: str) -> Campaign:
    campaign = item_campaign(definition, items=24)
    values = VALUES[key]
    for shift, person in enumerate(("ann", "bob")):
        rate(
            campaign,
            key,
            {place: values[(place + shift * (place % 3 == 0)) % len(values)] for place in range(24)},
            by=person,
        )
    return campaign


@pytest.mark.parametrize(
    ("definition", "key"),
    [
        (CLARITY, "clarity"),
        (FAITHFUL, "faithful"),
        (TOPICS, "topics: sport"),
        (LENGTH, "words_missing"),
        (TONE, "tone"),
        (BETTER, "better"),
    ],
)
def test_a_judge_is_reported_on_by_each_kind_of_criterion(
    providers: StubProcess, definition: Criterion, key: str
) -> None:
    campaign = _rated(definition, key)
    template = "{output_a} {output_b} {criteria}" if key == "better" else "{output} {criteria}"
    endpoint = build.stub_endpoint(providers)
    judge_items(item_judge(campaign, endpoint, template=template, output_order="both"))
    criterion = campaign.criteria.get(key=key)
    report, _ = computed_report(campaign, ValidationSettings(resamples=20), criterion=criterion)
    assert "GPT v1" in [judge.name for judge in report.judges]
    assert next(judge.n for judge in report.judges if judge.name == "GPT v1") == 24
