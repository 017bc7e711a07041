"""Labels of imported items: answers to criteria, by the same code as scores of responses."""

import threading
import uuid
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from annotations.labelling.selectors.labelling import shown_task
from annotations.labelling.services.assignment import claim_task
from annotations.labelling.services.labels import AlreadyLabelled, save_draft, submit_label
from annotations.models import Assignment, Draft, Label, Task
from core.errors import Conflict, DomainError
from core.models import AuditEvent
from perg.rubrics.criterion import Criterion
from tests import build
from tests.imported_items import BETTER, EVERY_KIND, SAFE, WHY, claimed, labelled_campaign

pytestmark = pytest.mark.django_db

WHOLE: dict[str, Any] = {
    "safe": "no",
    "helpful": "good",
    "topic": "law",
    "errors": ["cut", "facts"],
    "better": "first",
    "percent": 35,
    "why": "It says how.",
}


def _submit(assignment: Assignment, answers: object, **more: Any) -> Label:
    key = more.pop("submission_key", None) or uuid.uuid4()
    entries = {"comment": "", "submission_key": key, "answers": answers} | more
    return submit_label(assignment=assignment, **entries)


def test_answers_to_criteria_of_every_kind_are_stored_by_their_keys() -> None:
    assignment = claimed(labelled_campaign(EVERY_KIND, pairs=True))
    Assignment.objects.filter(pk=assignment.pk).update(is_swapped=False)
    label = _submit(assignment, WHOLE, comment="hm")
    stored = Label.objects.get(pk=label.pk)
    assert stored.answers == WHOLE | {"errors": ["facts", "cut"]}
    assert (stored.score, stored.answer_correct, stored.comment) == (None, "", "hm")
    assert Task.objects.get(pk=assignment.task_id).state == "agreed"


def test_of_swapped_outputs_the_first_in_the_stored_answer_is_the_first_of_the_item() -> None:
    assignment = claimed(labelled_campaign([BETTER], pairs=True))
    Assignment.objects.filter(pk=assignment.pk).update(is_swapped=True)
    assert _submit(assignment, {"better": "first"}).answers == {"better": "second"}
    shown = shown_task(assignment)
    assert shown.label is not None
    assert shown.label.answers == {"better": "first"}
    with pytest.raises(AlreadyLabelled) as refusal:
        _submit(assignment, {"better": "tie"}, based_on=0)
    assert refusal.value.extra["label"] == {
        "revision": 1,
        "score": None,
        "answer_correct": "",
        "comment": "",
        "answers": {"better": "first"},
    }


def test_the_order_of_two_outputs_is_drawn_for_each_person_and_stays() -> None:
    campaign = labelled_campaign([BETTER], items=40, pairs=True)
    for _ in range(40):
        _submit(claimed(campaign), {"better": "tie"})
    swapped = list(Assignment.objects.values_list("is_swapped", flat=True))
    assert 5 < sum(swapped) < 35
    assert list(Assignment.objects.values_list("is_swapped", flat=True)) == swapped


def test_conditions_on_a_pair_hold_in_the_order_that_was_shown() -> None:
    only_first = Criterion.model_validate(
        {"key": "how", "kind": "text", "only_if": {"criterion": "better", "answers": ["first"]}}
    )
    assignment = claimed(labelled_campaign([BETTER, only_first], pairs=True))
    Assignment.objects.filter(pk=assignment.pk).update(is_swapped=True)
    item = shown_task(assignment).item
    assert item is not None
    assert item.criteria[1].only_if is not None
    assert item.criteria[1].only_if.answers == ("second",)
    assert _submit(assignment, {"better": "second", "how": "clearer"}).answers == {
        "better": "first",
        "how": "clearer",
    }


@pytest.mark.parametrize(
    ("answers", "wrong"),
    [
        ({}, "safe"),
        (WHOLE | {"safe": "maybe"}, "safe"),
        (WHOLE | {"safe": True}, "safe"),
        (WHOLE | {"safe": ["no"]}, "safe"),
        (WHOLE | {"safe": {"no": 1}}, "safe"),
        (WHOLE | {"helpful": 3}, "helpful"),
        (WHOLE | {"helpful": "Not helpful"}, "helpful"),
        (WHOLE | {"errors": ["facts", "lies"]}, "errors"),
        (WHOLE | {"errors": "facts"}, "errors"),
        (WHOLE | {"errors": [["facts"]]}, "errors"),
        (WHOLE | {"better": "left"}, "better"),
        (WHOLE | {"percent": 101}, "percent"),
        (WHOLE | {"percent": 33}, "percent"),
        (WHOLE | {"percent": -5}, "percent"),
        (WHOLE | {"percent": True}, "percent"),
        (WHOLE | {"percent": 10**400}, "percent"),
        (WHOLE | {"percent": "1e999"}, "percent"),
        (WHOLE | {"why": "x" * 10_001}, "why"),
        (WHOLE | {"why": "nul\0"}, "why"),
        (WHOLE | {"why": 7}, "why"),
        (WHOLE | {"why": ""}, "why"),
        (WHOLE | {"safe": "yes"}, "why"),
        (WHOLE | {"unheard_of": 1}, "unheard_of"),
        (WHOLE | {"x" * 5000: 1}, "x" * 60),
    ],
)
def test_answers_that_are_none_are_refused_with_the_criterion_and_nothing_is_stored(
    answers: dict[str, Any], wrong: str
) -> None:
    assignment = claimed(labelled_campaign(EVERY_KIND, pairs=True))
    with pytest.raises(DomainError) as refusal:
        _submit(assignment, answers)
    assert refusal.value.code == "answers_refused"
    assert f"answers.{wrong}" in [error["field"] for error in refusal.value.extra["errors"]]  # type: ignore[attr-defined]
    assert not Label.objects.exists()


def test_every_problem_is_named_at_once() -> None:
    assignment = claimed(labelled_campaign(EVERY_KIND, pairs=True))
    with pytest.raises(DomainError) as refusal:
        _submit(assignment, {"safe": "no", "percent": 1000})
    errors: Any = refusal.value.extra["errors"]
    assert {error["field"].removeprefix("answers.") for error in errors} == {
        "helpful",
        "topic",
        "better",
        "percent",
        "why",
    }
    assert refusal.value.message.endswith("(and 4 more)")


def test_what_is_not_asked_need_not_be_answered_and_what_is_optional_may_be_empty() -> None:
    assignment = claimed(labelled_campaign([SAFE, WHY]))
    assert _submit(assignment, {"safe": "yes", "why": ""}).answers == {"safe": "yes"}


def test_an_item_gets_no_score_and_a_response_no_answers() -> None:
    item = claimed(labelled_campaign())
    with pytest.raises(DomainError, match="Answer the criteria"):
        submit_label(assignment=item, score=3, comment="", submission_key=uuid.uuid4())
    campaign = build.campaign(build.run_with_items(1), [build.person()], overlap=1)
    response = claim_task(member=campaign.members.get())
    assert response is not None
    with pytest.raises(DomainError, match="A score is 1 to 5"):
        _submit(response, {"safe": "yes"})


def test_the_same_submission_twice_is_one_label_and_a_second_window_overwrites_nothing() -> None:
    assignment = claimed(labelled_campaign())
    key = uuid.uuid4()
    first = _submit(assignment, {"safe": "yes"}, submission_key=key, based_on=0)
    assert _submit(assignment, {"safe": "yes"}, submission_key=key, based_on=0) == first
    with pytest.raises(AlreadyLabelled):
        _submit(assignment, {"safe": "no"}, based_on=0)
    assert _submit(assignment, {"safe": "no"}, based_on=1).revision == 2
    event = AuditEvent.objects.filter(action="label.revised").get()
    assert event.details["before"] == {"safe": "yes"}
    assert event.details["answers"] == {"safe": "no"}


def test_a_draft_keeps_what_is_entered_as_it_is_and_goes_with_the_label() -> None:
    assignment = claimed(labelled_campaign(EVERY_KIND, pairs=True))
    entered = {"percent": "3", "why": "half a sen", "errors": ["facts"]}
    save_draft(assignment=assignment, score=None, comment="", version=0, answers=entered)
    draft = shown_task(assignment).draft
    assert (draft.version, draft.answers) == (1, entered)
    with pytest.raises(Conflict):
        save_draft(assignment=assignment, score=None, comment="", version=0, answers={})
    Assignment.objects.filter(pk=assignment.pk).update(is_swapped=False)
    _submit(assignment, WHOLE)
    assert not Draft.objects.exists()


@pytest.mark.parametrize(
    "answers",
    [
        [],
        "safe",
        {"safe": {"a": 1}},
        {"safe": [[1]]},
        {"why": "x" * 10_001},
        {"why": "\0"},
        {str(n): 1 for n in range(201)},
        {"errors": ["a"] * 201},
    ],
)
def test_hostile_drafts_are_refused(answers: Any) -> None:
    assignment = claimed(labelled_campaign())
    with pytest.raises(DomainError) as refusal:
        save_draft(assignment=assignment, score=None, comment="", version=0, answers=answers)
    assert refusal.value.field == "answers"


def test_a_late_label_is_surplus_and_a_skipped_item_goes_to_others() -> None:
    ann, bob = build.person(), build.person()
    campaign = labelled_campaign(people=[ann, bob], items=1)
    late = claimed(campaign, 0)
    Assignment.objects.filter(pk=late.pk).update(leased_until="2020-01-01T00:00Z")
    _submit(claimed(campaign, 1), {"safe": "no"})
    assert _submit(late, {"safe": "yes"}).assignment.is_surplus
    assert Task.objects.get(pk=late.task_id).state == "agreed"


def test_items_on_which_people_differ_are_settled_when_they_have_their_labels() -> None:
    campaign = labelled_campaign(people=[build.person(), build.person()], items=1, labels_per_item=2)
    first, second = claimed(campaign, 0), claimed(campaign, 1)
    _submit(first, {"safe": "yes"})
    task = Task.objects.get(pk=first.task_id)
    assert (task.state, task.open_slots) == ("open", 0)
    _submit(second, {"safe": "no"})
    task.refresh_from_db()
    assert (task.state, task.wanted_labels, task.score_range) == ("agreed", 2, None)


def test_a_task_is_on_a_response_or_on_an_item() -> None:
    campaign = labelled_campaign(items=1)
    on_response = build.campaign(build.run_with_items(1), [build.person()], overlap=1).tasks.get()
    for change in (
        {"imported_item": None},
        {"response": on_response.response},
    ):
        with pytest.raises(IntegrityError, match="task_on_response_or_item"), transaction.atomic():
            campaign.tasks.update(**change)
    twice = campaign.tasks.get()
    twice.pk = None
    with pytest.raises(IntegrityError, match="task_item_once_in_campaign"), transaction.atomic():
        twice.save()


@pytest.mark.parametrize(
    "fields", [{}, {"score": 3, "answers": {}}, {"answers": {}, "answer_correct": "yes"}]
)
def test_a_label_has_a_score_or_answers(fields: dict[str, Any]) -> None:
    assignment = claimed(labelled_campaign())
    with pytest.raises(IntegrityError, match="label_score_or_answers"), transaction.atomic():
        Label.objects.create(assignment=assignment, submission_key=uuid.uuid4(), **fields)


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_get_different_items_and_each_item_one_label() -> None:
    people = [build.person(), build.person()]
    campaign = labelled_campaign(people=people, items=20)

    def work(position: int) -> None:
        try:
            while True:
                assignment = claim_task(member=campaign.members.order_by("pk")[position])
                if assignment is None:
                    return
                _submit(assignment, {"safe": "yes"})
        finally:
            connection.close()

    workers = [threading.Thread(target=work, args=(position,)) for position in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert Label.objects.count() == 20
    assert set(campaign.tasks.values_list("state", "open_slots")) == {("agreed", 0)}
