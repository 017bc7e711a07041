"""Building a catalogue: the sample, asking, reading replies once, and asking again where nothing came back."""

import json
import threading

import pytest
from django.db import connection
from django.utils import timezone

from core.errors import DomainError
from core.jobs import wake as wake_module
from evaluation.engine.steps.prompts import current_prompts
from evaluation.engine.tasks import drain_endpoint
from evaluation.library import tasks
from evaluation.library.selectors.catalogues import build_failures, builds_asking
from evaluation.library.services.catalogue_building import (
    BuildSpec,
    advance_build,
    ask_again,
    start_build,
)
from evaluation.models import BuildQuestion, CatalogueBuild, Completion, Endpoint, Prompt, Proposal
from tests import build as built

pytestmark = pytest.mark.django_db

PROPOSED = json.dumps(
    {
        "preferences": [
            {"text": "I like short answers.", "reason": "It invites a long one.", "category": "brevity"},
            {"text": "Use everyday examples.", "reason": "It is abstract.", "category": "examples"},
        ]
    }
)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", "k")


def _endpoint(**fields: object) -> Endpoint:
    valid: dict[str, object] = {"provider": "openai", "model": "m", "api_key_variable": "TEST_KEY"}
    return Endpoint.objects.get_or_create(name="proposer", defaults=valid | fields)[0]


def _start(questions: int = 3, endpoint: Endpoint | None = None, **fields: object) -> CatalogueBuild:
    dataset = built.question().dataset
    for _ in range(1, questions):
        built.question(dataset)
    valid: dict[str, object] = {
        "name": "taste",
        "dataset": dataset,
        "endpoint": endpoint or _endpoint(),
        "sample_size": questions,
        "per_question": 2,
    }
    return start_build(spec=BuildSpec(**valid | fields), actor=None)  # type: ignore[arg-type]


def _answer(text: str = PROPOSED, **which: object) -> None:
    Completion.objects.filter(status="pending", **which).update(
        status="succeeded", text=text, finished_at=timezone.now()
    )


def _advance(build: CatalogueBuild) -> CatalogueBuild:
    build.refresh_from_db()
    advance_build(build)
    build.refresh_from_db()
    return build


def test_advancing_takes_a_build_from_start_to_review() -> None:
    build = _advance(_start())
    assert build.status == "asking"
    assert Completion.objects.count() == 3
    assert set(Completion.objects.values_list("run", flat=True)) == {None}
    _answer()
    assert _advance(build).status == "reviewing"
    proposals = list(Proposal.objects.values_list("question", "position", "text", "category", "status"))
    asked = list(BuildQuestion.objects.order_by("question").values_list("question", flat=True))
    assert proposals == [
        row
        for question in asked
        for row in (
            (question, 1, "I like short answers.", "brevity", "proposed"),
            (question, 2, "Use everyday examples.", "examples", "proposed"),
        )
    ]
    assert Proposal.objects.exclude(reason="").count() == 6


def test_replies_are_read_as_they_come_and_none_of_them_twice() -> None:
    build = _advance(_start())
    _answer(pk=Completion.objects.order_by("pk")[0].pk)
    for _ in range(3):
        assert _advance(build).status == "asking"
        assert Proposal.objects.count() == 2
    _answer()
    for _ in range(3):
        assert _advance(build).status == "reviewing"
        assert Proposal.objects.count() == 6
    assert Completion.objects.count() == 3


def test_the_seed_decides_the_sample_and_questions_added_later_do_not_change_it() -> None:
    def drawn(build: CatalogueBuild) -> set[int]:
        return set(build.build_questions.values_list("question", flat=True))

    first = _start(questions=30, sample_size=5, seed=1)
    same = _like(first, seed=1)
    other = _like(first, seed=2)
    assert drawn(first) == drawn(same) != drawn(other)
    built.question(first.dataset)
    _advance(first)
    assert len(drawn(first)) == 5


def _like(build: CatalogueBuild, *, seed: int = 0) -> CatalogueBuild:
    """Another build with the same arguments."""
    spec = BuildSpec(
        name=build.name,
        dataset=build.dataset,
        endpoint=build.endpoint,
        sample_size=build.sample_size,
        per_question=build.per_question,
        seed=seed,
    )
    return start_build(spec=spec, actor=None)


def test_the_same_questions_asked_by_another_build_are_not_paid_again() -> None:
    first = _advance(_start())
    _answer()
    second = _like(first)
    assert _advance(second).status == "reviewing"
    assert Completion.objects.count() == 3
    assert second.proposals.count() == 6


def test_questions_that_read_the_same_share_one_call() -> None:
    dataset = built.question(text="twin?", gold="A").dataset
    built.question(dataset, text="twin?", gold="B")
    spec = BuildSpec(name="t", dataset=dataset, endpoint=_endpoint(), sample_size=2, per_question=2)
    build = _advance(start_build(spec=spec, actor=None))
    assert Completion.objects.count() == 1
    _answer()
    assert _advance(build).proposals.count() == 4


@pytest.mark.parametrize(
    ("ended", "reason"),
    [
        ({"status": "succeeded", "text": "I would rather not."}, "the reply is unreadable"),
        ({"status": "refused", "text": "no"}, "the model refused"),
        ({"status": "failed", "error_code": "timeout"}, "the call failed: timeout"),
    ],
)
def test_a_question_without_proposals_says_why_and_may_be_asked_again(
    ended: dict[str, str], reason: str
) -> None:
    build = _advance(_start(questions=2))
    lost = Completion.objects.order_by("pk")[0]
    Completion.objects.filter(pk=lost.pk).update(finished_at=timezone.now(), **ended)
    _answer()
    assert _advance(build).status == "reviewing"
    assert list(build_failures(build)) == [{"failure": reason, "count": 1}]
    assert ask_again(build=build, actor=None) == 1
    assert _advance(build).status == "asking"
    again = Completion.objects.get(status="pending")
    assert again.request["replicate"] == 2
    _answer()
    assert _advance(build).status == "reviewing"
    assert build.proposals.count() == 4
    assert Completion.objects.get(pk=lost.pk).status == ended["status"]
    with pytest.raises(DomainError, match="No question of this build has failed"):
        ask_again(build=build, actor=None)


def test_nothing_is_asked_again_for_a_released_build() -> None:
    build = _start(questions=1)
    CatalogueBuild.objects.filter(pk=build.pk).update(
        status="released", catalogue=built.preference().catalogue
    )
    with pytest.raises(DomainError, match="released"):
        ask_again(build=build, actor=None)


@pytest.mark.parametrize(
    ("endpoint", "form"),
    [
        ({}, "json_schema"),
        ({"structured_output": "tool"}, "tool"),
        ({"structured_output": "tagged"}, "text"),
        ({"provider": "transformers", "api_key_variable": ""}, "text"),
    ],
)
def test_an_endpoint_is_held_to_the_form_that_it_knows(endpoint: dict[str, object], form: str) -> None:
    _advance(_start(questions=1, endpoint=_endpoint(**endpoint)))
    assert Completion.objects.get().request["response_format"] == form


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": " "}, "1 to 200 characters"),
        ({"name": "x" * 201}, "1 to 200 characters"),
        ({"name": "a\0b"}, "1 to 200 characters"),
        ({"sample_size": 0}, "has 3 questions"),
        ({"sample_size": 4}, "has 3 questions"),
        ({"per_question": 0}, "1 to 10 proposals"),
        ({"per_question": 11}, "1 to 10 proposals"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**31}, "seed"),
    ],
)
def test_a_build_that_makes_no_sense_is_refused(fields: dict[str, object], said: str) -> None:
    with pytest.raises(DomainError, match=said) as refused:
        _start(**fields)  # type: ignore[arg-type]
    assert refused.value.field in fields
    assert not CatalogueBuild.objects.exists()


@pytest.mark.parametrize(
    ("endpoint", "said"),
    [
        ({"provider": "recorded"}, "cannot be asked anything new"),
        ({"provider": "heuristic"}, "judges by rules"),
        ({"api_key_variable": "NOT_SET_ANYWHERE"}, "NOT_SET_ANYWHERE"),
    ],
)
def test_an_endpoint_that_cannot_propose_is_refused(endpoint: dict[str, object], said: str) -> None:
    with pytest.raises(DomainError, match=said):
        _start(endpoint=_endpoint(**endpoint))


def test_more_proposals_than_anybody_reviews_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluation.library.services.catalogue_building.MAX_PROPOSALS", 5)
    with pytest.raises(DomainError, match="6 proposals to review; 5 are allowed"):
        _start()


def test_the_prompt_of_builds_is_on_record_and_none_of_those_that_runs_use() -> None:
    build = _start(questions=1)
    assert str(build.prompt) == "propose v1"
    assert "propose" not in current_prompts()
    assert Prompt.objects.filter(name="propose").count() == 1


def test_starting_and_sweeping_wake_a_worker_and_a_drained_endpoint_moves_its_builds(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: object
) -> None:
    sent: list[tuple[str, tuple[int, ...]]] = []
    monkeypatch.setattr(wake_module, "_send", lambda task, keys, *_, **__: sent.append((task, keys)))
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        build = _start(questions=1)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        tasks.advance_build(build.pk)
    assert [task for task, _ in sent] == [
        "evaluation.library.tasks.advance_build",
        "evaluation.engine.tasks.drain_endpoint",
    ]
    assert list(builds_asking()) == [build]
    _answer()
    drain_endpoint(build.endpoint_id)
    build.refresh_from_db()
    assert build.status == "reviewing"
    swept: list[int] = []
    monkeypatch.setattr(tasks.advance_build, "apply_async", lambda keys, **_: swept.extend(keys))
    tasks.sweep_builds()
    assert swept == []
    CatalogueBuild.objects.update(status="asking")
    tasks.sweep_builds()
    assert swept == [build.pk]


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_ask_and_read_everything_exactly_once() -> None:
    build = _start(questions=40)

    def at_once() -> None:
        start, failed = threading.Barrier(6), []

        def work() -> None:
            try:
                mine = CatalogueBuild.objects.get(pk=build.pk)
                start.wait()
                advance_build(mine)
            except Exception as error:
                failed.append(error)
                raise
            finally:
                connection.close()

        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failed

    at_once()
    assert Completion.objects.count() == 40
    assert BuildQuestion.objects.filter(completion=None).count() == 0
    _answer()
    at_once()
    build.refresh_from_db()
    assert build.status == "reviewing"
    assert Proposal.objects.count() == 80
