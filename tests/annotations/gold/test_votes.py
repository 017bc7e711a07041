"""Labels that are set aside and restored, and which votes the report and gold count."""

import pytest

from annotations.gold.services.gold import release_gold
from annotations.labelling.selectors.labels import judge_scores, label_counts
from annotations.models import Adjudication, Assignment, Label, Task
from annotations.quality.services.quality import restore_labels, set_aside_labels
from annotations.validation.selectors.agreement import agreement_report
from core.errors import Conflict
from core.models import AuditEvent
from evaluation.models import Judge, Judgment
from perg.stats.base.result import dump
from perg.stats.gold.gold_criteria import EVERY_TASK
from tests import build
from tests.labelled_campaign import free_slots, label_as, labelled_campaign, member_named

pytestmark = pytest.mark.django_db

GOOD = [1, 2, 3, 4, 5] * 8


# Setting aside and restoring


def test_labels_set_aside_lose_their_vote_and_their_places_go_to_others_first() -> None:
    campaign = labelled_campaign({"ann": [4, 4], "bob": [4, 2]}, controls={"ann": [3, 3], "bob": [3, 3]})
    lead = member_named(campaign, "lead").user
    assert set_aside_labels(member=member_named(campaign, "bob"), actor=lead) == 2
    for task in campaign.tasks.filter(kind="regular"):
        assert (task.open_slots, task.priority, task.state, task.score_range) == (1, 1, "open", None)
    assert Label.objects.count() == 8
    aside = Assignment.objects.filter(is_set_aside=True)
    assert {a.task.kind for a in aside} == {"regular"}
    assert member_named(campaign, "bob").set_aside_at is not None
    assert AuditEvent.objects.get(action="labels.set_aside").details["labels"] == 2
    with pytest.raises(Conflict, match="has a vote"):
        set_aside_labels(member=member_named(campaign, "bob"), actor=lead)


def test_restoring_takes_the_slots_back() -> None:
    campaign = labelled_campaign({"ann": [4, 4], "bob": [4, 2]})
    lead = member_named(campaign, "lead").user
    set_aside_labels(member=member_named(campaign, "bob"), actor=lead)
    assert restore_labels(member=member_named(campaign, "bob"), actor=lead) == 2
    states = campaign.tasks.order_by("response__item__position").values_list("open_slots", "state")
    assert list(states) == [(0, "agreed"), (0, "disputed")]
    assert member_named(campaign, "bob").set_aside_at is None
    with pytest.raises(Conflict, match="is set aside"):
        restore_labels(member=member_named(campaign, "bob"), actor=lead)


@pytest.mark.parametrize(("most", "surplus"), [(2, True), (3, False)])
def test_a_restored_label_whose_slot_has_gone_is_surplus_unless_one_more_is_allowed(
    most: int, surplus: bool
) -> None:
    campaign = labelled_campaign({"ann": [4], "bob": [4]}, max_overlap=most)
    lead = member_named(campaign, "lead").user
    set_aside_labels(member=member_named(campaign, "bob"), actor=lead)
    campaign.members.create(user=build.person("cat"))
    label_as(campaign, "cat", list(campaign.tasks.all()), [4])
    assert restore_labels(member=member_named(campaign, "bob"), actor=lead) == (0 if surplus else 1)
    assignment = Assignment.objects.get(member=member_named(campaign, "bob"))
    assert (assignment.is_set_aside, assignment.is_surplus) == (False, surplus)
    task = campaign.tasks.get()
    assert (task.open_slots, task.state) == (0, "agreed")
    assert free_slots(task) == 0


def test_an_adjudicated_task_stays_so_and_asks_nobody_in_place_of_what_is_set_aside() -> None:
    campaign = labelled_campaign({"ann": [1], "bob": [5]})
    lead = member_named(campaign, "lead").user
    task = campaign.tasks.get()
    Task.objects.filter(pk=task.pk).update(state="adjudicated")
    for name in ("ann", "bob"):
        set_aside_labels(member=member_named(campaign, name), actor=lead)
        task.refresh_from_db()
        assert (task.state, task.open_slots) == ("adjudicated", 0)
    for name in ("ann", "bob"):
        restore_labels(member=member_named(campaign, name), actor=lead)
    task.refresh_from_db()
    assert (task.state, task.wanted_labels, task.open_slots) == ("adjudicated", 2, 0)


def test_surplus_labels_are_neither_set_aside_nor_restored() -> None:
    campaign = labelled_campaign({"ann": [4, 4], "bob": [4, 4]})
    lead = member_named(campaign, "lead").user
    Assignment.objects.filter(
        member=member_named(campaign, "bob"), task=campaign.tasks.order_by("pk")[0]
    ).update(is_surplus=True)
    assert set_aside_labels(member=member_named(campaign, "bob"), actor=lead) == 1
    assert restore_labels(member=member_named(campaign, "bob"), actor=lead) == 1
    assert Assignment.objects.filter(is_surplus=True).count() == 1


# Votes in the agreement report and in gold


def test_the_report_counts_votes_only_and_comes_back_as_it_was() -> None:
    campaign = labelled_campaign(
        {"ann": GOOD, "bob": GOOD[1:] + GOOD[:1], "five": [5] * 40}, controls={"ann": [3] * 3}
    )
    before, lead = dump(agreement_report(campaign)), member_named(campaign, "lead").user
    set_aside_labels(member=member_named(campaign, "five"), actor=lead)
    after = agreement_report(campaign)
    assert [rater.name for rater in after.raters] == ["ann", "bob"]
    assert (after.labels["given"], after.labels["set_aside"], after.labels["tasks_done"]) == (80, 40, 0)
    assert dump(after)["people"] != before["people"]
    restore_labels(member=member_named(campaign, "five"), actor=lead)
    assert dump(agreement_report(campaign)) == before
    assert (before["labels"]["tasks"], before["labels"]["tasks_done"]) == (40, 40)


def test_judges_are_compared_on_regular_tasks_only() -> None:
    campaign = labelled_campaign({"ann": [4]}, controls={"ann": [3]})
    judge = Judge.objects.create(name="imported: x", origin="imported")
    for task in campaign.tasks.all():
        Judgment.objects.create(response=task.response, judge=judge, status="scored", score=5)
    assert judge_scores(campaign) == [(campaign.tasks.get(kind="regular").pk, "imported: x", 5)]


def test_gold_is_of_votes_on_regular_tasks_with_labels_set_aside_beside_them() -> None:
    campaign = labelled_campaign({"ann": [5], "bob": [4], "cat": [1]}, controls={"ann": [1], "bob": [1]})
    set_aside_labels(member=member_named(campaign, "cat"), actor=member_named(campaign, "lead").user)
    record = release_gold(campaign=campaign, criteria=EVERY_TASK).gold_labels.get().record
    assert (record["labels"], record["set_aside_labels"]) == ({"ann": 5, "bob": 4}, {"cat": 1})
    assert (record["status"], record["score"]) == ("unanimous", 4.5)


def test_the_gold_of_an_adjudicated_task_is_the_newest_decision_and_says_so() -> None:
    campaign = labelled_campaign({"ann": [1], "bob": [5]})
    lead, task = member_named(campaign, "lead").user, campaign.tasks.get()
    for revision, score in ((1, 5), (2, 2)):
        Adjudication.objects.create(
            task=task, revision=revision, adjudicator=lead, score=score, rationale=f"Why {score}."
        )
    Task.objects.filter(pk=task.pk).update(state="adjudicated")
    release = release_gold(campaign=campaign, criteria=EVERY_TASK)
    gold = release.gold_labels.get()
    assert (gold.status, gold.followed, gold.score) == ("adjudicated", False, 2.0)
    assert (gold.record["adjudicator"], gold.record["rationale"]) == ("lead", "Why 2.")
    assert gold.record["how"] == "decided by an adjudicator, followed if score >= 3"
    assert gold.record["labels"] == {"ann": 1, "bob": 5}
    assert AuditEvent.objects.get(action="gold.released").details["number"] == release.number
    # Reopened, its decision is not in force: the labels are tied.
    Task.objects.filter(pk=task.pk).update(state="disputed")
    assert release_gold(campaign=campaign, criteria=EVERY_TASK).gold_labels.get().status == "tied"


def test_counts_of_an_empty_campaign_are_0() -> None:
    campaign = build.campaign(build.run_with_items(2), [build.person()], overlap=1)
    counts = label_counts(campaign)
    assert (counts.wanted, counts.given, counts.tasks, counts.tasks_done) == (2, 0, 2, 0)
