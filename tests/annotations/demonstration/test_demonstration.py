"""The demonstration shows a newcomer every state that a task can be in before a lead has done anything."""

from collections import Counter

import pytest

from annotations.adjudication.selectors import queue_of
from annotations.demonstration.loading import ANNOTATORS, load_demonstration
from annotations.models import Assignment, Campaign
from tests import build

pytestmark = pytest.mark.django_db


def test_the_demonstration_has_open_labelled_and_disputed_tasks() -> None:
    visitors = {name: build.person(name, staff=name == "admin") for name in ("admin", "lead", "annotator")}
    assert load_demonstration(visitors=visitors, say=lambda step: None)
    campaign = Campaign.objects.get()
    states = Counter(campaign.tasks.values_list("state", flat=True))
    assert states == {"open": 66 - 23 - 4, "agreed": 23, "disputed": 4}
    assert queue_of(campaign, visitors["lead"]).count() == 4
    assert campaign.guidelines is not None
    # Those on which people disagree come first: they want one more label, by a fourth person.
    assert campaign.tasks.filter(priority=1, wanted_labels=4, open_slots=1).count() == 3
    assert not Assignment.objects.filter(is_surplus=True).exists()
    assert set(campaign.members.values_list("user__username", flat=True)) == {*ANNOTATORS, *visitors}
    assert not load_demonstration(visitors=visitors, say=lambda step: None)
