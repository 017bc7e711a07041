"""Reviewing proposals and releasing a catalogue: what each decision does, what is refused, and what comes of it."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from core.errors import Conflict, DomainError
from evaluation.engine.steps.prompts import current_prompt
from evaluation.library.selectors.catalogues import build_progress, near_duplicates
from evaluation.library.services.catalogue_review import (
    accept_proposal,
    edit_proposal,
    merge_proposals,
    reject_proposal,
    release_catalogue,
    reopen_proposal,
)
from evaluation.models import (
    BuildQuestion,
    Catalogue,
    CatalogueBuild,
    Completion,
    Endpoint,
    Preference,
    Proposal,
    Question,
)
from tests import build as built

pytestmark = pytest.mark.django_db


def _build(**fields: object) -> CatalogueBuild:
    question = built.question()
    endpoint, _ = Endpoint.objects.get_or_create(
        name="proposer", defaults={"provider": "openai", "model": "m"}
    )
    valid: dict[str, object] = {
        "name": "taste",
        "dataset": question.dataset,
        "endpoint": endpoint,
        "prompt": current_prompt("propose"),
        "sample_size": 1,
        "per_question": 3,
        "status": "reviewing",
    }
    return CatalogueBuild.objects.create(**valid | fields)


def _proposal(build: CatalogueBuild, text: str = "I like it short.", **fields: object) -> Proposal:
    question = Question.objects.filter(dataset=build.dataset).order_by("pk")[0]
    completion, _ = Completion.objects.get_or_create(
        request_key=f"k{build.pk}",
        defaults={
            "endpoint": build.endpoint,
            "request": {},
            "status": "succeeded",
            "finished_at": timezone.now(),
        },
    )
    valid: dict[str, object] = {
        "build": build,
        "question": question,
        "completion": completion,
        "position": build.proposals.count() + 1,
        "text": text,
        "category": "brevity",
    }
    return Proposal.objects.create(**valid | fields)


def _statuses(build: CatalogueBuild) -> list[str]:
    return list(build.proposals.order_by("position").values_list("status", flat=True))


def test_a_proposal_is_accepted_rejected_and_taken_back_as_often_as_wanted() -> None:
    proposal = _proposal(_build())
    assert accept_proposal(proposal=proposal, actor=None).status == "accepted"
    assert reject_proposal(proposal=proposal, actor=None).status == "rejected"
    assert accept_proposal(proposal=proposal, actor=None).status == "accepted"
    assert reopen_proposal(proposal=proposal, actor=None).status == "proposed"


def test_an_edit_changes_text_and_category_and_keeps_the_decision() -> None:
    proposal = accept_proposal(proposal=_proposal(_build()), actor=None)
    edited = edit_proposal(proposal=proposal, text="  I like it\r\n brief. ", category="tone", actor=None)
    assert (edited.text, edited.category, edited.status) == ("I like it brief.", "tone", "accepted")


@pytest.mark.parametrize(
    ("text", "category", "said"),
    [
        ("", "tone", "1 to 500"),
        (" \n", "tone", "1 to 500"),
        ("x" * 501, "tone", "1 to 500"),
        ("x", "speed", "known"),
    ],
)
def test_an_edit_that_will_not_do_is_refused(text: str, category: str, said: str) -> None:
    with pytest.raises(DomainError, match=said):
        edit_proposal(proposal=_proposal(_build()), text=text, category=category, actor=None)


def test_merging_lets_one_stand_for_all_also_for_those_merged_before() -> None:
    build = _build()
    first, second, third, fourth = (_proposal(build, text) for text in "abcd")
    assert merge_proposals(proposals=[third, fourth], into=second, actor=None) == 2
    assert merge_proposals(proposals=[second], into=first, actor=None) == 1
    assert _statuses(build) == ["proposed", "merged", "merged", "merged"]
    assert {each.pk for each in first.merged.all()} == {second.pk, third.pk, fourth.pk}
    assert reopen_proposal(proposal=third, actor=None).merged_into is None
    assert _statuses(build) == ["proposed", "merged", "proposed", "merged"]


def test_merges_that_make_no_sense_are_refused_and_change_nothing() -> None:
    build, other = _build(), _build()
    first, second, third = (_proposal(build, text) for text in "abc")
    with pytest.raises(Conflict, match="into itself"):
        merge_proposals(proposals=[second, first], into=first, actor=None)
    with pytest.raises(DomainError, match="of one build"):
        merge_proposals(proposals=[second, _proposal(other)], into=first, actor=None)
    assert _statuses(build) == ["proposed"] * 3
    merge_proposals(proposals=[second], into=first, actor=None)
    with pytest.raises(Conflict, match=f"No. {second.pk} is merged"):
        merge_proposals(proposals=[third], into=second, actor=None)
    with pytest.raises(Conflict, match="merged meanwhile"):
        merge_proposals(proposals=[third, second], into=first, actor=None)
    assert _statuses(build) == ["proposed", "merged", "proposed"]


def test_a_merged_proposal_is_neither_decided_on_nor_edited() -> None:
    build = _build()
    first, second = _proposal(build, "a"), _proposal(build, "b")
    merge_proposals(proposals=[second], into=first, actor=None)
    for change in (accept_proposal, reject_proposal):
        with pytest.raises(Conflict, match="merged into another"):
            change(proposal=second, actor=None)
    with pytest.raises(Conflict, match="merged into another"):
        edit_proposal(proposal=second, text="c", category="tone", actor=None)


def test_a_release_makes_the_next_version_of_what_was_accepted_and_nothing_else() -> None:
    Catalogue.objects.create(name="taste", version=4)
    build = _build()
    for text, status in (("a", "accepted"), ("b", "rejected"), ("c", "proposed"), ("d", "accepted")):
        _proposal(build, text, status=status, category="tone")
    catalogue = release_catalogue(build=build, actor=None)
    assert str(catalogue) == "taste v5"
    assert list(catalogue.preferences.values_list("text", "category", "kind")) == [
        ("a", "tone", "relevant"),
        ("d", "tone", "relevant"),
    ]
    assert (build.status, build.catalogue) == ("released", catalogue)


def test_irrelevant_preferences_of_another_catalogue_come_with_a_release() -> None:
    build = _build()
    _proposal(build, "a", status="accepted")
    liked = built.preference("x", kind="irrelevant", category="other")
    built.preference("y", kind="relevant")
    catalogue = release_catalogue(build=build, irrelevant_from=liked.catalogue, actor=None)
    assert list(catalogue.preferences.values_list("text", "kind")) == [("a", "relevant"), ("x", "irrelevant")]
    assert Preference.objects.count() == 4


def test_a_release_is_refused_while_asking_without_anything_accepted_and_with_a_text_twice() -> None:
    build = _build(status="asking")
    _proposal(build, "a")
    with pytest.raises(Conflict, match="still being asked"):
        release_catalogue(build=build, actor=None)
    CatalogueBuild.objects.update(status="reviewing")
    with pytest.raises(Conflict, match="at least one"):
        release_catalogue(build=build, actor=None)
    build.proposals.update(status="accepted")
    with pytest.raises(DomainError, match="no irrelevant preference"):
        release_catalogue(build=build, irrelevant_from=built.preference().catalogue, actor=None)
    with pytest.raises(Conflict, match="“a” is there 2 times"):
        release_catalogue(
            build=build, irrelevant_from=built.preference("a", kind="irrelevant").catalogue, actor=None
        )
    _proposal(build, "a", status="accepted")
    with pytest.raises(Conflict, match="“a” is there 2 times"):
        release_catalogue(build=build, actor=None)
    assert not Catalogue.objects.filter(name="taste").exists()


def test_nothing_changes_after_a_release() -> None:
    build = _build()
    first, second = _proposal(build, "a", status="accepted"), _proposal(build, "b")
    release_catalogue(build=build, actor=None)
    attempts: list[Callable[[], object]] = [
        lambda: accept_proposal(proposal=second, actor=None),
        lambda: reject_proposal(proposal=first, actor=None),
        lambda: reopen_proposal(proposal=first, actor=None),
        lambda: edit_proposal(proposal=first, text="c", category="tone", actor=None),
        lambda: merge_proposals(proposals=[second], into=first, actor=None),
        lambda: release_catalogue(build=build, actor=None),
    ]
    for attempt in attempts:
        with pytest.raises(Conflict, match="released"):
            attempt()
    assert _statuses(build) == ["accepted", "proposed"]
    assert Catalogue.objects.filter(name="taste").count() == 1


def test_near_duplicates_stand_together_without_what_is_merged() -> None:
    build = _build()
    texts = ["I prefer short answers.", "Use examples.", "I prefer short answers!", "I prefer short answers"]
    proposals = [_proposal(build, text) for text in texts]
    merge_proposals(proposals=[proposals[3]], into=proposals[1], actor=None)
    assert [[each.text for each in group] for group in near_duplicates(build)] == [
        [texts[0], texts[2]],
        [texts[1]],
    ]
    assert near_duplicates(_build()) == []


def test_progress_counts_questions_and_proposals_and_pays_a_shared_call_once() -> None:
    build = _build(sample_size=2)
    completion = _proposal(build, status="accepted").completion
    Completion.objects.update(cost="0.25")
    for question in (build.dataset.questions.all()[0], built.question()):
        BuildQuestion.objects.create(build=build, question=question, completion=completion, status="read")
    BuildQuestion.objects.create(build=build, question=built.question())
    progress = build_progress(build)
    assert (progress.waiting, progress.read, progress.failed, progress.settled) == (1, 2, 0, 2)
    assert progress.proposals == {"proposed": 0, "accepted": 1, "rejected": 0, "merged": 0}
    assert str(progress.cost).startswith("0.25")


def test_a_build_is_deleted_with_its_merged_proposals() -> None:
    build = _build()
    first, second = _proposal(build, "a"), _proposal(build, "b")
    merge_proposals(proposals=[second], into=first, actor=None)
    build.delete()
    assert not Proposal.objects.exists()


def _question_of(**fields: object) -> None:
    build = _build()
    completion = _proposal(build).completion if fields.pop("called", True) else None
    valid: dict[str, object] = {"build": build, "question": built.question(), "completion": completion}
    BuildQuestion.objects.create(**valid | fields)


def _merged_into_itself() -> None:
    proposal = _proposal(_build())
    Proposal.objects.filter(pk=proposal.pk).update(status="merged", merged_into=proposal)


def _merged_without_saying_so() -> None:
    build = _build()
    _proposal(build, merged_into=_proposal(build))


def _same_question_twice() -> None:
    build, question = _build(), built.question()
    for _ in range(2):
        BuildQuestion.objects.create(build=build, question=question)


BREAKING: list[tuple[str, Callable[[], object]]] = [
    ("build_name_given", lambda: _build(name="")),
    ("build_sample_size_positive", lambda: _build(sample_size=0)),
    ("build_per_question_1_to_10", lambda: _build(per_question=0)),
    ("build_per_question_1_to_10", lambda: _build(per_question=11)),
    ("build_status_known", lambda: _build(status="odd")),
    ("build_released_iff_catalogue", lambda: _build(status="released")),
    ("build_released_iff_catalogue", lambda: _build(catalogue=built.preference().catalogue)),
    ("build_question_once", _same_question_twice),
    ("build_question_replicate_from_1", lambda: _question_of(replicate=0)),
    ("build_question_failed_iff_reason", lambda: _question_of(status="failed")),
    ("build_question_failed_iff_reason", lambda: _question_of(status="read", failure="why")),
    ("build_question_failed_iff_reason", lambda: _question_of(status="odd")),
    ("build_question_settled_has_call", lambda: _question_of(status="read", called=False)),
    ("build_question_settled_has_call", lambda: _question_of(status="failed", failure="why", called=False)),
    ("proposal_position_unique", lambda: [_proposal(build, position=1) for build in [_build()] * 2]),
    ("proposal_text_given", lambda: _proposal(_build(), "")),
    ("proposal_position_from_1", lambda: _proposal(_build(), position=0)),
    ("proposal_category_known", lambda: _proposal(_build(), category="speed")),
    ("proposal_status_known", lambda: _proposal(_build(), status="odd")),
    ("proposal_merged_iff_into", lambda: _proposal(_build(), status="merged")),
    ("proposal_merged_iff_into", _merged_without_saying_so),
    ("proposal_not_merged_into_itself", _merged_into_itself),
]


@pytest.mark.parametrize(("constraint", "attempt"), BREAKING, ids=[name for name, _ in BREAKING])
def test_database_refuses(constraint: str, attempt: Callable[[], object]) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        attempt()
