"""Launch parameters against the data: what the data cannot supply in full is refused, by every way to launch."""

from dataclasses import replace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from core.errors import DomainError
from evaluation.engine.steps.examples import Examples, example_pool
from evaluation.judges.selectors import default_rubric
from evaluation.models import Batch, Endpoint, Judge, Preference, Question
from evaluation.runs.selectors.runs import launch_spec_of
from evaluation.runs.services.launching import BatchSpec, check_launch, launch_batch
from evaluation.stages.plan import RunOptions
from tests import build

pytestmark = pytest.mark.django_db

KEY = "LAUNCH_PARAMETERS_TEST_KEY"
PRICES: dict[str, Any] = {"input_price": 1, "output_price": 1, "priced_on": "2026-01-01"}


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, "k")


def endpoint(name: str = "model", **fields: Any) -> Endpoint:
    known = {"provider": "openai", "model": name, "api_key_variable": KEY}
    return Endpoint.objects.get_or_create(name=name, defaults=known | fields)[0]


def spec(*, questions: int = 5, irrelevant: int = 2, **fields: Any) -> BatchSpec:
    """A batch in `mixed` on a catalogue with so many irrelevant preferences, of which it wants two."""
    dataset = build.question().dataset
    for _ in range(questions - 1):
        build.question(dataset)
    catalogue = build.preference(text="I like short answers.").catalogue
    for number in range(irrelevant):
        Preference.objects.create(catalogue=catalogue, text=f"I like the number {number}.", kind="irrelevant")
    valid: dict[str, Any] = {
        "name": "b",
        "dataset": dataset,
        "catalogue": catalogue,
        "models": [endpoint(**PRICES)],
        "methods": ["direct"],
        "settings": ["mixed"],
        "options": RunOptions(irrelevant_count=2),
    }
    return BatchSpec(**(valid | fields))


def refusal(of: BatchSpec) -> tuple[str | None, str]:
    """The field at fault and what is said; nothing is launched."""
    with pytest.raises(DomainError) as caught:
        launch_batch(spec=of, actor=None)
    assert not Batch.objects.exists()
    return caught.value.field, caught.value.message


@pytest.mark.parametrize("setting", ["mixed", "irrelevant"])
def test_more_irrelevant_preferences_than_the_catalogue_has_are_refused(setting: str) -> None:
    field, message = refusal(spec(settings=[setting], options=RunOptions(irrelevant_count=4)))
    assert field == "irrelevant_count"
    assert "has 2 irrelevant preferences, so 4 cannot be shown" in message


def test_as_many_as_there_are_are_shown_and_in_the_setting_relevant_none_are_needed() -> None:
    of = spec()
    batch = launch_batch(spec=of, actor=None)
    assert {item.shown_irrelevant.count() for item in batch.runs.get().items.all()} == {2}
    Preference.objects.filter(kind="irrelevant").update(kind="relevant")
    check_launch(replace(of, settings=["relevant"], name="other"))


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        (
            {"options": RunOptions(irrelevant_count=2, relevant_position=4)},
            "relevant_position",
            "3 positions",
        ),
        (
            {"settings": ["relevant"], "options": RunOptions(irrelevant_count=2, relevant_position=1)},
            "relevant_position",
            "Only the setting “mixed”",
        ),
        ({"sample_size": 6}, "sample_size", "5 questions"),
        ({"sample_size": 0}, "sample_size", "5 questions"),
        (
            {"methods": ["icl"], "options": RunOptions(irrelevant_count=2, icl_examples=5)},
            "icl_examples",
            "has 4",
        ),
        ({"settings": ["relevant", "irrelevant"], "irrelevant": 0}, "catalogue", "no irrelevant preference"),
        ({"call_budget": 0}, "call_budget", "above 0"),
    ],
)
def test_what_the_data_do_not_have_is_refused_and_said(fields: Any, field: str, said: str) -> None:
    at, message = refusal(spec(**fields))
    assert at == field
    assert said in message


def test_a_judge_that_no_run_would_ask_is_refused() -> None:
    judge = Judge.objects.create(name="j", endpoint=endpoint("judge"), rubric=default_rubric())
    assert refusal(spec(settings=["irrelevant"], judges=[judge]))[0] == "judges"


def test_an_aligner_that_no_method_asks_is_refused() -> None:
    assert refusal(spec(aligner=endpoint("aligner")))[0] == "aligner"


def test_a_money_budget_on_an_endpoint_without_a_price_is_refused() -> None:
    field, message = refusal(spec(models=[endpoint("unpriced")], money_budget=1))
    assert field == "money_budget"
    assert "unpriced" in message


def test_examples_count_only_questions_of_another_text() -> None:
    of = spec(methods=["icl"], options=RunOptions(irrelevant_count=2, icl_examples=3))
    same, other = list(of.dataset.questions.order_by("pk"))[:2]
    Question.objects.filter(pk=other.pk).update(text=same.text)
    check_launch(of)
    field, message = refusal(replace(of, options=RunOptions(irrelevant_count=2, icl_examples=4)))
    assert (field, "has 3 other questions" in message) == ("icl_examples", True)
    examples = Examples(tuple(example_pool(of.dataset.pk, of.dataset.questions.all(), 3)), 3, 0)
    assert {len(examples.of(question)) for question in of.dataset.questions.all()} == {3}


def test_every_way_to_launch_refuses_alike(staff: Client) -> None:
    of = spec(options=RunOptions(irrelevant_count=4))
    said = "has 2 irrelevant preferences"
    named = {"name": "b", "dataset": of.dataset.name, "catalogue": of.catalogue.pk, "models": ["model"]}
    body = named | {"methods": ["direct"], "settings": ["mixed"], "options": {"irrelevant_count": 4}}
    for path in ("batches/", "batches/estimate/"):
        answer = staff.post(f"/api/v1/{path}", body, content_type="application/json")
        assert (answer.status_code, answer.json()["field"]) == (400, "irrelevant_count")
        assert said in answer.json()["detail"]

    form = body | {"dataset": of.dataset.pk, "models": [of.models[0].pk], "irrelevant_count": "4"}  # type: ignore[index]
    form |= {"seed": "0", "max_tokens": "100", "icl_examples": "1", "temperature": "0"}
    del form["options"]
    for url in (
        reverse("batch_launch"),
        reverse("batch_launch") + "?preset=relevance",
        reverse("batch_estimate"),
    ):
        assert said in staff.post(url, form).content.decode()

    with pytest.raises(CommandError, match=said):
        call_command(
            "launch_run", "b", dataset=of.dataset.name, catalogue=of.catalogue.name, model=["model"],
            method=["direct"], setting=["mixed"],
        )  # fmt: skip
    assert not Batch.objects.exists()


def test_launching_again_is_refused_once_the_catalogue_has_too_few(staff: Client) -> None:
    batch = launch_batch(spec=spec(settings=["irrelevant"]), actor=None)
    again = launch_spec_of(batch)
    assert again is not None
    first = Preference.objects.filter(kind="irrelevant").earliest("pk")
    Preference.objects.filter(pk=first.pk).update(kind="relevant")
    body = staff.get(f"/api/v1/batches/{batch.pk}/settings/").json()
    answer = staff.post("/api/v1/batches/", body, content_type="application/json")
    assert answer.status_code == 400
    assert "has 1 irrelevant preference, so 2" in answer.json()["detail"]
