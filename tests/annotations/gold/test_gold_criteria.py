"""Releases by criteria: what is seen before, what is kept with them, and what a later one changed."""

import hashlib
import json
import uuid

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from annotations.gold.selectors.gold import release_differences
from annotations.gold.services.gold import preview_gold, release_gold
from annotations.labelling.services.labels import submit_label
from annotations.models import Assignment, Campaign, GoldRelease, ValidationReport
from annotations.signals import gold_released
from core.errors import Conflict, DomainError
from core.models import AuditEvent
from perg import __version__
from perg.stats.base.result import dump
from perg.stats.gold.gold_criteria import EVERY_TASK, GoldCriteria
from perg.stats.items.validation_input import ValidationSettings
from tests import build
from tests.gold_lines import gold_file, gold_lines

pytestmark = pytest.mark.django_db


def _campaign(*scores: tuple[int, ...]) -> Campaign:
    """A task for each tuple, in this order, with a label from ann, bob, cat as far as it goes."""
    people = [build.person(name) for name in ("ann", "bob", "cat")]
    campaign = build.campaign(build.run_with_items(len(scores)), people, overlap=3)
    for task, given in zip(campaign.tasks.order_by("response__item__position"), scores, strict=True):
        for person, score in zip(people, given, strict=False):
            build.vote(task, person, score)
    return campaign


def _questions(release: GoldRelease) -> list[int]:
    return [json.loads(line)["position"] for line in gold_lines(release)]


def test_what_is_seen_is_what_is_released() -> None:
    campaign = _campaign((5, 5, 5), (5, 5, 1), (1,), ())
    criteria = EVERY_TASK.model_copy(update={"minimum_labels": 2, "include_unresolved": False})
    preview = preview_gold(campaign=campaign, criteria=criteria)
    release = release_gold(campaign=campaign, criteria=criteria, seen=preview.fingerprint)
    assert preview.counts.left_out == {"unlabelled": 1, "few_labels": 1}
    assert release.counts == dump(preview.counts)
    assert _questions(release) == [1, 2]
    assert GoldCriteria(**release.criteria) == criteria
    assert release.code_version == __version__


def test_looking_writes_nothing() -> None:
    campaign = _campaign((5,))
    preview_gold(campaign=campaign, criteria=EVERY_TASK)
    assert not GoldRelease.objects.exists()
    assert not AuditEvent.objects.filter(action="gold.released").exists()


def test_labels_that_came_since_the_preview_stop_the_release() -> None:
    campaign = _campaign((5,), (4,))
    seen = preview_gold(campaign=campaign, criteria=EVERY_TASK).fingerprint
    assignment = Assignment.objects.order_by("pk").first()
    assert assignment is not None
    submit_label(assignment=assignment, score=1, comment="", submission_key=uuid.uuid4(), based_on=1)
    with pytest.raises(Conflict, match="changed since the preview"):
        release_gold(campaign=campaign, criteria=EVERY_TASK, seen=seen)
    assert not GoldRelease.objects.exists()


def test_criteria_that_nothing_clears_release_nothing() -> None:
    with pytest.raises(Conflict) as raised:
        release_gold(campaign=_campaign((5,)), criteria=EVERY_TASK.model_copy(update={"minimum_labels": 2}))
    assert raised.value.code == "nothing_selected"


def test_a_rule_that_cannot_be_fitted_is_refused_by_its_field(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perg.stats.gold.gold_selection.MOST_RATINGS", 1)
    with pytest.raises(DomainError) as raised:
        preview_gold(campaign=_campaign((5, 5)), criteria=EVERY_TASK.model_copy(update={"rule": "mace"}))
    assert (raised.value.code, raised.value.field) == ("too_many_ratings", "rule")


def test_surplus_labels_vote_only_where_they_are_to() -> None:
    campaign = _campaign((5, 1))
    Assignment.objects.filter(member__user__username="bob").update(is_surplus=True)
    plain, with_surplus = (
        release_gold(
            campaign=campaign, criteria=EVERY_TASK.model_copy(update={"include_surplus": chosen})
        ).gold_labels.get()
        for chosen in (False, True)
    )
    assert (plain.status, plain.record["votes"]) == ("single", 1)
    assert (with_surplus.status, with_surplus.record["votes"]) == ("tied", 2)
    assert with_surplus.record["surplus_labels"] == {"bob": 1}


def test_a_record_says_how_sure_its_gold_is() -> None:
    campaign = _campaign((5, 5, 1), (5, 5, 5), (1, 1, 1))
    record = release_gold(campaign=campaign, criteria=EVERY_TASK).gold_labels.order_by("pk").first().record  # type: ignore[union-attr]
    assert (record["votes"], record["agreement"], record["confidence"]) == (3, 2 / 3, None)
    fitted = release_gold(campaign=campaign, criteria=EVERY_TASK.model_copy(update={"rule": "dawid_skene"}))
    assert fitted.rule == "dawid_skene"
    for label in fitted.gold_labels.all():
        assert label.status == "model"
        assert 0.5 < label.record["confidence"] <= 1
        assert label.record["how"].startswith("Dawid–Skene, fitted to all labels, from 3 labels")


@pytest.mark.parametrize("rule", ["majority", "median", "dawid_skene", "mace"])
def test_the_checksum_is_that_of_the_jsonl_by_every_rule(rule: str) -> None:
    criteria = GoldCriteria.model_validate({"rule": rule})
    release = release_gold(campaign=_campaign((5, 5, 1), (1, 2, 1), (3,)), criteria=criteria)
    assert release.checksum == hashlib.sha256(gold_file(release)).hexdigest()


def test_the_report_at_that_moment_is_kept() -> None:
    campaign = _campaign((5, 5), (1, 2))
    estimate = {"value": 0.8, "n": 2, "low": 0.5, "high": 0.9, "undefined": None}
    report = ValidationReport.objects.create(
        campaign=campaign,
        status="ready",
        settings=dump(ValidationSettings()),
        input_hash="0" * 64,
        code_version="0.0.9",
        document={
            "people": {"alpha": estimate, "alpha_followed": estimate, "people": [{}, {}]},
            "judges": [
                {"name": "rules", "n": 2, "verdict": None, "no_verdict": "a yardstick"},
                {"name": "gpt", "n": 2, "verdict": {"kind": "k", "sentence": "can be used with correction"}},
            ],
        },
        finished_at=timezone.now(),
    )
    release = release_gold(campaign=campaign, criteria=EVERY_TASK)
    assert release.report == report
    assert release.report_figures is not None
    assert release.report_figures["alpha"] == estimate
    assert release.report_figures["raters"] == 2
    (verdict,) = release.report_figures["verdicts"]
    assert (verdict["judge"], verdict["sentence"]) == ("gpt", "can be used with correction")
    assert release.report_figures["stale"], "it was computed by an earlier version from another input"


def test_without_a_report_the_release_says_that_there_is_none() -> None:
    figures = release_gold(campaign=_campaign((5,)), criteria=EVERY_TASK).report_figures
    assert figures is not None
    assert figures["undefined"] == "no validation report had been computed"
    assert figures["alpha"] is None


def test_a_later_release_tells_what_it_added_removed_and_changed() -> None:
    campaign = _campaign((5, 5), (5, 5), (1, 1), ())
    first = release_gold(
        campaign=campaign, criteria=EVERY_TASK.model_copy(update={"include_unresolved": False})
    )
    tasks = list(campaign.tasks.order_by("response__item__position"))
    build.vote(tasks[3], campaign.members.get(user__username="ann").user, 4)
    assignment = Assignment.objects.get(task=tasks[0], member__user__username="ann")
    submit_label(assignment=assignment, score=1, comment="", submission_key=uuid.uuid4(), based_on=1)
    second = release_gold(
        campaign=campaign,
        criteria=EVERY_TASK.model_copy(update={"include_unresolved": False, "minimum_agreement": 0.6}),
    )
    third = release_gold(campaign=campaign, criteria=EVERY_TASK)
    differences = release_differences(first, third)
    assert (differences.added, differences.removed, differences.changed, differences.same) == (1, 0, 1, 2)
    (changed,) = differences.rows("changed")
    assert changed.task == tasks[0].pk
    assert (changed.before.followed, changed.before.score) == (True, 5.0)  # type: ignore[union-attr]
    assert (changed.after.followed, changed.after.score) == (None, 3.0)  # type: ignore[union-attr]
    (added,) = differences.rows("added")
    assert (added.task, added.before) == (tasks[3].pk, None)
    assert [row.task for row in release_differences(first, second).rows("removed")] == [tasks[0].pk]
    assert differences.rows("changed", behind=tasks[0].pk) == []


def test_the_database_refuses_to_change_criteria_counts_and_figures() -> None:
    release = release_gold(campaign=_campaign((5,)), criteria=EVERY_TASK)
    for column in ("criteria", "counts", "report_figures"):
        with (
            pytest.raises(DatabaseError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"UPDATE annotations_goldrelease SET {column} = '{{}}' WHERE id = {release.pk}")


def test_a_release_sends_its_signal_and_is_logged() -> None:
    heard: list[GoldRelease] = []

    def listen(release: GoldRelease, **_: object) -> None:
        heard.append(release)

    gold_released.connect(listen)
    try:
        release = release_gold(campaign=_campaign((5,)), criteria=EVERY_TASK)
    finally:
        gold_released.disconnect(listen)
    assert heard == [release]
    event = AuditEvent.objects.get(action="gold.released")
    assert (event.details["tasks"], event.details["checksum"]) == (1, release.checksum)


def test_queries_do_not_grow_with_the_tasks(django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    campaign = _campaign(*[(5, 5)] * 6)
    with django_assert_max_num_queries(25):
        release_gold(campaign=campaign, criteria=EVERY_TASK)
