"""A campaign labelled through the services by eight good annotators, a careless one and one who always says 5.

The platform pauses the two and nobody else; setting their labels aside changes the report, restoring them brings it
back exactly. How often the rule is right, over 100 seeds, is in `agreement/test_quality.py`.
"""

import random
import uuid

import pytest

from annotations.labelling.services.assignment import claim_task
from annotations.labelling.services.labels import submit_label
from annotations.models import Assignment, Campaign, Member, Task
from annotations.quality import tasks as celery_tasks
from annotations.quality.selectors.controls import candidates
from annotations.quality.services.controls import KnownItem, add_controls
from annotations.quality.services.quality import restore_labels, set_aside_labels
from annotations.validation.selectors.agreement import agreement_report
from perg.stats.base.result import dump
from perg.stats.raters.quality import DEFAULT_LOWEST_AGREEMENT, DEFAULT_LOWEST_CONTROL_ACCURACY
from tests import build

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

ERROR_RATES = {
    "ann": 0.05,
    "bob": 0.08,
    "cat": 0.12,
    "dan": 0.15,
    "eve": 0.18,
    "fay": 0.22,
    "gus": 0.26,
    "hal": 0.3,
}
BAD = {"careless", "five"}
TASKS, CONTROLS = 140, 15


def _answer(name: str, truth: int, rng: random.Random) -> int:
    if name == "five":
        return 5
    if name == "careless":
        return rng.randint(1, 5)
    wrong = rng.choice([score for score in range(1, 6) if score != truth])
    return wrong if rng.random() < ERROR_RATES[name] else truth


@pytest.fixture
def labelled() -> Campaign:
    """Three labels on each of 140 responses, a fourth where they disagree; every third task a control item."""
    rng = random.Random(7)
    run = build.run_with_items(TASKS + CONTROLS)
    people = [build.person(name) for name in [*ERROR_RATES, *sorted(BAD)]]
    campaign = build.campaign(run, people, overlap=3, size=TASKS, leads=[build.person("lead")])
    Campaign.objects.filter(pk=campaign.pk).update(
        max_overlap=4,
        control_every=3,
        lowest_control_accuracy=DEFAULT_LOWEST_CONTROL_ACCURACY,
        lowest_agreement=DEFAULT_LOWEST_AGREEMENT,
    )
    campaign.refresh_from_db()
    truth = {
        response: rng.choices(range(1, 6), (15, 12, 18, 25, 30))[0]
        for response in campaign.tasks.values_list("response", flat=True)
    }
    known = {response.pk: number % 5 + 1 for number, response in enumerate(candidates(campaign))}
    add_controls(
        campaign=campaign,
        items=[KnownItem(response, score) for response, score in known.items()],
        actor=None,
    )
    truth |= known
    at_work = list(campaign.members.filter(role="annotator").select_related("user"))
    while at_work:
        for member in list(at_work):
            assignment = claim_task(member=member)
            if assignment is None:
                at_work.remove(member)
                continue
            task = Task.objects.get(pk=assignment.task_id)
            submit_label(
                assignment=Assignment.objects.get(pk=assignment.pk),
                score=_answer(member.user.username, truth[task.response.pk], rng),
                comment="",
                submission_key=uuid.uuid4(),
            )
    return campaign


def _member(campaign: Campaign, name: str) -> Member:
    return campaign.members.get(user__username=name)


def _slots_add_up(campaign: Campaign) -> bool:
    return all(
        task.wanted_labels - task.open_slots == Assignment.objects.voting().filter(task=task).count()
        for task in campaign.tasks.filter(kind="regular")
    )


def test_the_two_are_paused_and_setting_their_labels_aside_changes_the_report_until_they_are_restored(
    labelled: Campaign,
) -> None:
    celery_tasks.pause_surely_below_bars()
    paused = labelled.members.filter(paused_at__isnull=False).values_list("user__username", flat=True)
    assert set(paused) == BAD
    assert claim_task(member=_member(labelled, "five")) is None

    before, lead = dump(agreement_report(labelled)), _member(labelled, "lead").user
    states = list(labelled.tasks.order_by("pk").values_list("state", "wanted_labels", "open_slots"))
    assert _slots_add_up(labelled)
    votes = sum(set_aside_labels(member=_member(labelled, name), actor=lead) for name in sorted(BAD))
    after = agreement_report(labelled)
    assert {rater.name for rater in after.raters} == set(ERROR_RATES)
    assert after.labels["set_aside"] == votes
    assert after.labels["given"] == before["labels"]["given"] - votes
    assert (after.people.alpha_ordinal.value or 0) > (before["people"]["alpha_ordinal"]["value"] or 0) + 0.1
    assert _slots_add_up(labelled)
    # What was given up is what people get before anything else.
    assert set(labelled.tasks.filter(open_slots__gt=0).values_list("priority", flat=True)) == {1}

    for name in sorted(BAD):
        restore_labels(member=_member(labelled, name), actor=lead)
    assert dump(agreement_report(labelled)) == before
    assert list(labelled.tasks.order_by("pk").values_list("state", "wanted_labels", "open_slots")) == states
    assert _slots_add_up(labelled)
