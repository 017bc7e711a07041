"""Each named constraint of labelling refuses what it is there to refuse, and what is append-only stays as it is."""

import uuid
from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from annotations import models
from annotations.gold.services.gold import release_gold
from annotations.labelling.services.assignment import claim_task
from annotations.labelling.services.labels import submit_label
from perg.stats.gold.gold_criteria import EVERY_TASK
from tests import build

pytestmark = pytest.mark.django_db


def _campaign(**fields: object) -> models.Campaign:
    campaign = build.campaign(build.run_with_items(1), [build.person(), build.person()])
    models.Campaign.objects.filter(pk=campaign.pk).update(**fields)
    return campaign


def _same_campaign_name() -> None:
    first, second = _campaign(), _campaign()
    models.Campaign.objects.filter(pk=second.pk).update(name=first.name)


def _member(**fields: object) -> None:
    models.Member.objects.filter(pk=_campaign().members.all()[0].pk).update(**fields)


def _same_member_twice() -> None:
    member = _campaign().members.all()[0]
    models.Member.objects.create(campaign=member.campaign, user=member.user)


def _task(**fields: object) -> None:
    _campaign().tasks.update(**fields)


def _same_task_twice() -> None:
    task = _campaign().tasks.get()
    task.pk = None
    task.save()


def _assignment() -> models.Assignment:
    campaign = _campaign()
    assignment = claim_task(member=campaign.members.all()[0])
    assert assignment is not None
    return assignment


def _change_assignment(**fields: object) -> None:
    models.Assignment.objects.filter(pk=_assignment().pk).update(**fields)


def _same_assignment_twice() -> None:
    assignment = _assignment()
    assignment.pk = None
    assignment.save()


def _label(**fields: object) -> models.Label:
    valid: dict[str, object] = {"score": 3, "submission_key": uuid.uuid4()}
    return models.Label.objects.create(assignment=_assignment(), **valid | fields)


def _same_label(**fields: object) -> None:
    label = _label()
    valid: dict[str, object] = {"revision": 2, "submission_key": uuid.uuid4(), "score": 3}
    models.Label.objects.create(assignment=label.assignment, **valid | fields)


def _same_submission_key() -> None:
    _same_label(
        submission_key=models.Label.objects.create(
            assignment=_assignment(), score=3, submission_key=uuid.UUID(int=1)
        ).submission_key
    )


def _draft(score: int) -> None:
    models.Draft.objects.create(assignment=_assignment(), score=score)


def _adjudication(**fields: object) -> models.Adjudication:
    task = _campaign().tasks.get()
    valid: dict[str, object] = {"adjudicator": build.person(), "score": 3, "rationale": "because"}
    return models.Adjudication.objects.create(task=task, **valid | fields)


def _same_adjudication() -> None:
    adjudication = _adjudication()
    adjudication.pk = None
    adjudication.save()


def _released() -> models.GoldRelease:
    assignment = _assignment()
    submit_label(assignment=assignment, score=4, comment="", submission_key=uuid.uuid4())
    return release_gold(campaign=assignment.task.campaign, criteria=EVERY_TASK)


def _gold_release(**fields: object) -> None:
    valid: dict[str, object] = {"number": 1, "threshold": 3, "checksum": "c", "code_version": "v"}
    documents: dict[str, object] = {"criteria": {}, "counts": {}, "notes": {}, "report_figures": {}}
    models.GoldRelease.objects.create(campaign=_campaign(), **valid | documents | fields)


def _same_release_number() -> None:
    release = _released()
    release.pk = None
    release.save()


def _gold_label(**fields: object) -> None:
    release = _released()
    task = release.campaign.tasks.get()
    valid: dict[str, object] = {
        "release": release,
        "task": task,
        "status": "unanimous",
        "followed": True,
        "record": {},
    }
    models.GoldLabel.objects.create(**valid | fields)


def _unresolved_gold(**fields: object) -> None:
    task = build.campaign(build.run_with_items(1), [build.person()], overlap=1).tasks.get()
    _gold_label(task=task, **fields)


BREAKING: list[tuple[str, Callable[[], object]]] = [
    ("campaign_name_unique", _same_campaign_name),
    ("campaign_name_given", lambda: _campaign(name="")),
    ("campaign_overlap_positive", lambda: _campaign(overlap=0)),
    ("campaign_sample_positive", lambda: _campaign(sample_size=0)),
    ("campaign_threshold_on_scale", lambda: _campaign(threshold=6)),
    ("campaign_lease_positive", lambda: _campaign(lease_seconds=0)),
    ("campaign_status_known", lambda: _campaign(status="odd")),
    ("campaign_sampling_known", lambda: _campaign(sampling="odd")),
    ("member_once_in_campaign", _same_member_twice),
    ("member_role_known", lambda: _member(role="odd")),
    ("task_response_once_in_campaign", _same_task_twice),
    ("task_wants_a_label", lambda: _task(wanted_labels=0, open_slots=0)),
    ("task_open_slots_in_range", lambda: _task(open_slots=3)),
    ("annotations_task_open_slots_check", lambda: _task(open_slots=-1)),
    ("task_inclusion_probability_in_range", lambda: _task(inclusion_probability=0)),
    ("task_inclusion_probability_in_range", lambda: _task(inclusion_probability=1.1)),
    ("assignment_once_per_person", _same_assignment_twice),
    ("assignment_status_known", lambda: _change_assignment(status="odd", leased_until=None)),
    ("assignment_leased_iff_deadline", lambda: _change_assignment(leased_until=None)),
    ("assignment_leased_iff_deadline", lambda: _change_assignment(status="released")),
    ("assignment_submitted_has_time", lambda: _change_assignment(status="submitted", leased_until=None)),
    ("assignment_submitted_has_time", lambda: _change_assignment(submitted_at=timezone.now())),
    ("assignment_submitted_has_time", lambda: _change_assignment(is_surplus=True)),
    ("label_score_on_scale", lambda: _label(score=0)),
    ("label_score_on_scale", lambda: _label(score=6)),
    ("label_revision_from_1", lambda: _label(revision=0)),
    ("label_revision_unique", lambda: _same_label(revision=1)),
    ("label_submission_once", _same_submission_key),
    ("draft_score_on_scale", lambda: _draft(6)),
    ("adjudication_score_on_scale", lambda: _adjudication(score=0)),
    ("adjudication_has_rationale", lambda: _adjudication(rationale="")),
    ("adjudication_revision_unique", _same_adjudication),
    ("gold_release_rule_known", lambda: _gold_release(rule="coin")),
    ("gold_release_number_unique", _same_release_number),
    ("gold_label_once_in_release", _gold_label),
    ("gold_followed_iff_resolved", lambda: _unresolved_gold(followed=None)),
    ("gold_followed_iff_resolved", lambda: _unresolved_gold(status="tied")),
    ("gold_followed_iff_resolved", lambda: _unresolved_gold(status="odd")),
]


@pytest.mark.parametrize(("constraint", "attempt"), BREAKING, ids=[name for name, _ in BREAKING])
def test_database_refuses(constraint: str, attempt: Callable[[], object]) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        attempt()


AppendOnly = models.Label | models.Adjudication | models.GoldRelease | models.GoldLabel
MAKE: dict[type[AppendOnly], Callable[[], object]] = {
    models.Label: _label,
    models.Adjudication: _adjudication,
    models.GoldRelease: _released,
    models.GoldLabel: _released,
}


@pytest.mark.parametrize(
    ("model", "change"),
    [
        (models.Label, {"score": 5}),
        (models.Adjudication, {"score": 5}),
        (models.GoldRelease, {"checksum": "forged"}),
        (models.GoldLabel, {"followed": False}),
    ],
)
def test_append_only_rows_can_be_neither_changed_nor_deleted(
    model: type[AppendOnly],
    change: dict[str, object],
) -> None:
    MAKE[model]()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        model.objects.update(**change)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        model.objects.all()._raw_delete(model.objects.db)
    assert model.objects.count() == 1
