"""Each named constraint of the evaluation refuses what it is there to refuse."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from evaluation import models
from evaluation.judges.selectors import default_rubric, heuristic_judge
from evaluation.models.completion import CompletionStatus
from tests import build

pytestmark = pytest.mark.django_db


def _question(**fields: object) -> None:
    dataset = models.Dataset.objects.create(name="d")
    valid: dict[str, object] = {"key": "k", "text": "t", "options": ["a", "b"], "gold_option": "A"}
    models.Question.objects.create(dataset=dataset, **valid | fields)


def _endpoint(**fields: object) -> models.Endpoint:
    return models.Endpoint.objects.create(**{"name": "e", "provider": "openai", "model": "m"} | fields)


def _trouble(run: models.Run, **fields: object) -> models.ComputingTrouble:
    return models.ComputingTrouble.objects.create(
        **{"run": run, "computed": "result", "begun_at": timezone.now()} | fields
    )


def _judge(**fields: object) -> None:
    valid: dict[str, object] = {"name": "j", "endpoint": _endpoint(), "rubric": default_rubric()}
    models.Judge.objects.create(**valid | fields)


def _completion(**fields: object) -> None:
    models.Completion.objects.create(endpoint=_endpoint(), request_key="k", request={}, **fields)


def _judgment(**fields: object) -> None:
    response = build.item(build.run()).responses.get(condition="personalised")
    models.Judgment.objects.create(response=response, judge=heuristic_judge(), **fields)


def _response(**fields: object) -> None:
    made = build.item(build.run())
    made.responses.all().delete()
    valid: dict[str, object] = {"condition": "baseline", "extraction": "recorded"}
    models.Response.objects.create(item=made, **valid | fields)


def _run(**fields: object) -> None:
    models.Run.objects.filter(pk=build.run().pk).update(**fields)


def _same_question_twice() -> None:
    dataset = models.Dataset.objects.create(name="d")
    for _ in range(2):
        build.question(dataset, text="the same")


def _same_item_twice() -> None:
    run = build.run()
    first = build.item(run)
    build.item(run, about=first.question)


def _same_item_without_preference_twice() -> None:
    run = build.run(setting="irrelevant")
    first = build.item(run)
    build.item(run, about=first.question)


def _same_judgment_twice() -> None:
    response = build.item(build.run()).responses.get(condition="personalised")
    for _ in range(2):
        models.Judgment.objects.create(response=response, judge=heuristic_judge())


def _two_baselines() -> None:
    made = build.item(build.run())
    models.Response.objects.create(item=made, condition="baseline", extraction="recorded")


def _same_request_twice() -> None:
    endpoint = _endpoint()
    for _ in range(2):
        models.Completion.objects.create(endpoint=endpoint, request_key="k", request={})


def _two_preferences_in_a_catalogue() -> None:
    asked = build.question()
    for text in ("short", "long"):
        liked = build.preference(text)
        models.PreferenceAssignment.objects.create(
            question=asked, catalogue=liked.catalogue, preference=liked
        )


BREAKING: list[tuple[str, Callable[[], object]]] = [
    ("dataset_name_given", lambda: models.Dataset.objects.create(name="")),
    ("dataset_name_unique", lambda: [models.Dataset.objects.create(name="d") for _ in range(2)]),
    ("question_text_given", lambda: _question(text="")),
    ("question_options_2_to_26", lambda: _question(options=["only"])),
    ("question_gold_is_an_option", lambda: _question(options=[])),
    ("question_options_2_to_26", lambda: _question(options=[str(n) for n in range(27)])),
    ("question_gold_is_an_option", lambda: _question(gold_option="C")),
    ("question_gold_is_an_option", lambda: _question(gold_option="a")),
    ("question_gold_is_an_option", lambda: _question(gold_option="")),
    ("question_unique_in_dataset", _same_question_twice),
    ("catalogue_name_given", lambda: models.Catalogue.objects.create(name="")),
    ("catalogue_version_unique", lambda: [models.Catalogue.objects.create(name="c") for _ in range(2)]),
    ("preference_text_given", lambda: build.preference("")),
    ("preference_category_known", lambda: build.preference("p", category="speed")),
    ("preference_kind_known", lambda: build.preference("p", kind="maybe")),
    ("assignment_one_preference_per_catalogue", _two_preferences_in_a_catalogue),
    ("endpoint_name_unique", lambda: [_endpoint() for _ in range(2)]),
    ("endpoint_provider_known", lambda: _endpoint(provider="oracle")),
    ("endpoint_price_whole_or_absent", lambda: _endpoint(input_price=1)),
    ("endpoint_price_whole_or_absent", lambda: _endpoint(input_price=1, output_price=1)),
    (
        "endpoint_price_whole_or_absent",
        lambda: _endpoint(input_price=-1, output_price=1, priced_on="2026-01-01"),
    ),
    ("rubric_anchor_per_score", lambda: models.Rubric.objects.create(name="r", anchors=["1", "2"])),
    (
        "judge_name_unique",
        lambda: [models.Judge.objects.create(name="j", origin="imported") for _ in range(2)],
    ),
    ("judge_threshold_on_scale", lambda: _judge(threshold=6)),
    ("judge_threshold_on_scale", lambda: _judge(threshold=0)),
    ("judge_replicates_positive", lambda: _judge(replicates=0)),
    ("judge_asks_endpoint_or_imported", lambda: _judge(endpoint=None)),
    ("judge_asks_endpoint_or_imported", lambda: _judge(rubric=None)),
    ("judge_asks_endpoint_or_imported", lambda: _judge(origin="imported")),
    ("completion_request_unique", _same_request_twice),
    ("completion_status_known", lambda: _completion(status="lost")),
    ("completion_leased_iff_called", lambda: _completion(status=CompletionStatus.LEASED)),
    ("completion_leased_iff_called", lambda: _completion(leased_until=timezone.now())),
    ("completion_finished_has_time", lambda: _completion(status=CompletionStatus.SUCCEEDED)),
    ("completion_finished_has_time", lambda: _completion(finished_at=timezone.now())),
    (
        "completion_failure_has_code",
        lambda: _completion(status=CompletionStatus.FAILED, finished_at=timezone.now()),
    ),
    ("run_name_given", lambda: _run(name="")),
    ("run_name_unique", lambda: [build.run("the same") for _ in range(2)]),
    ("run_method_known", lambda: _run(method="magic")),
    ("run_setting_known", lambda: _run(setting="odd")),
    ("run_status_known", lambda: _run(status="odd")),
    ("computing_trouble_once", lambda: [_trouble(run) for run in [build.run()] * 2]),
    ("computing_trouble_says_why", lambda: _trouble(build.run(), failed_at=timezone.now())),
    ("computing_trouble_kind_known", lambda: _trouble(build.run(), computed="mood")),
    (
        "import_rows_not_more_than_read",
        lambda: models.RunImport.objects.create(
            run=build.run(), file_name="f", sha256="s", rows_read=1, rows_imported=2
        ),
    ),
    ("item_question_and_preference_unique", _same_item_twice),
    ("item_question_and_preference_unique", _same_item_without_preference_twice),
    ("item_repetition_from_1", lambda: build.item(build.run()).run.items.update(repetition=0)),
    (
        "import_ratings_of_known",
        lambda: models.RunImport.objects.create(
            run=build.run(), file_name="f", sha256="s", rows_read=1, rows_imported=1, ratings_of="both"
        ),
    ),
    ("response_one_per_condition", _two_baselines),
    ("response_condition_known", lambda: _response(condition="odd")),
    ("response_answer_is_letter", lambda: _response(answer="a")),
    ("response_answer_is_letter", lambda: _response(answer="1")),
    ("judgment_once_per_replicate", _same_judgment_twice),
    ("judgment_scored_iff_score", lambda: _judgment(status="scored")),
    ("judgment_scored_iff_score", lambda: _judgment(status="scored", score=6)),
    ("judgment_scored_iff_score", lambda: _judgment(status="scored", score=0)),
    ("judgment_scored_iff_score", lambda: _judgment(status="pending", score=3)),
    ("judgment_unscored_says_why", lambda: _judgment(status="unscored")),
    ("judgment_replicate_from_1", lambda: _judgment(replicate=0)),
]


@pytest.mark.parametrize(("constraint", "attempt"), BREAKING, ids=[name for name, _ in BREAKING])
def test_database_refuses(constraint: str, attempt: Callable[[], object]) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        attempt()


def test_a_question_may_have_26_options_with_the_last_as_gold() -> None:
    _question(options=[str(n) for n in range(26)], gold_option="Z")
    assert models.Question.objects.get().lettered_options[-1] == ("Z", "25")
