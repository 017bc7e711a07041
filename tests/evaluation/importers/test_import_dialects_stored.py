"""Profile, aligner and evaluated files, as they end up in the database."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from evaluation.importers.report import ImportRefused, ImportReport
from evaluation.models import Completion, Endpoint, Judge, Judgment, Response, Rubric
from tests import build

Row = dict[str, str]
MakeRow = Callable[..., Row]
Import = Callable[..., ImportReport]

pytestmark = pytest.mark.django_db

ALIGNER = {
    "aligner_res": "aligned", "aligner_answer": "B", "aligner_invalid": "1", "aligner_thoughts": "I shortened it."
}  # fmt: skip
PROFILES = {
    "question": "Q?", "options": "['x', 'y']", "gold_answer": "y", "profile_0_res": "none", "profile_0_answer": "B",
    "profile_1_res": "one", "profile_1_answer": "A", "profile_2_res": "two", "profile_2_answer": "-1",
}  # fmt: skip


def test_every_profile_of_a_row_is_an_item_with_the_same_baseline(import_rows: Import) -> None:
    report = import_rows([PROFILES], preferences=["First.", "Second."])
    assert (report.rows_imported, report.items, report.warnings) == (1, 2, ())
    assert report.as_dict()["delivery_failures"] == {"baseline": 0, "personalised": 1}
    shown = report.run.items.filter(responses__condition="personalised").order_by("position")
    assert list(shown.values_list("preference__text", "responses__text", "responses__answer")) == [
        ("First.", "one", "A"), ("Second.", "two", "")
    ]  # fmt: skip
    baselines = Response.objects.filter(condition="baseline").values_list("text", flat=True)
    assert list(baselines) == ["none", "none"]


def test_the_text_of_a_profile_in_the_file_comes_before_the_one_given(import_rows: Import) -> None:
    row = PROFILES | {"profile_1": "From the file.", "profile_2_preference": "Also from it."}
    report = import_rows([row], preferences=["Given.", "Given, too."])
    assert list(report.run.items.values_list("preference__text", flat=True)) == [
        "From the file.",
        "Also from it.",
    ]


def test_a_profile_without_text_gets_a_placeholder_and_a_warning(import_rows: Import) -> None:
    report = import_rows([PROFILES], preferences=["First."])
    texts = report.run.items.order_by("position").values_list("preference__text", flat=True)
    assert list(texts) == ["First.", "Profile 2 (its text is not in the file)"]
    assert report.warnings == (
        "The texts of the preferences of these profiles are not known; placeholders stand in: 2.",
    )


def test_two_profiles_with_the_same_preference_are_two_items(import_rows: Import) -> None:
    report = import_rows([PROFILES], preferences=["Same.", "Same. "])
    shown = report.run.items.order_by("position").values_list("repetition", "preference__text")
    assert list(shown) == [(1, "Same."), (2, "Same.")]
    assert report.warnings == (
        "1 item repeats the question and preference of an earlier one. It counts, as in the study.",
    )


def test_a_rating_beside_profiles_is_not_imported(import_rows: Import) -> None:
    report = import_rows([PROFILES | {"pref_eval_rating": "5"}], preferences=["First.", "Second."])
    assert report.warnings == (
        "The ratings were not imported: the file does not say which profile they rate.",
    )
    assert not Judgment.objects.exists()


def test_pref_aligner_takes_the_aligners_responses_and_leaves_the_direct_runs_ratings(
    import_rows: Import, row: MakeRow
) -> None:
    rows = [row(number, pref_eval_rating="5", **ALIGNER) for number in (1, 2)]
    report = import_rows([*rows, row(3, pref_eval_rating="", **ALIGNER)], method="pref_aligner")
    response = Response.objects.filter(condition="personalised").order_by("pk")[0]
    assert (response.text, response.answer, response.thoughts) == ("aligned", "B", "I shortened it.")
    assert response.extraction == "recorded_second"
    assert Response.objects.filter(condition="baseline").order_by("pk")[0].text == "baseline 1"
    assert not Judgment.objects.exists()
    assert not report.run.judges.exists()
    assert report.warnings == (
        "2 ratings were not imported: they are taken to rate pref_res, and the responses imported are those of "
        "aligner_res. If they rate aligner_res, import the file with --ratings-of aligner.",
    )


def test_ratings_that_are_said_to_be_of_the_aligner_are_imported_with_its_responses(
    import_rows: Import, row: MakeRow
) -> None:
    rows = [row(pref_eval_rating="5", pref_correct="1", **ALIGNER)]
    left_out = import_rows(rows, method="pref_aligner", judge="gpt-x")
    report = import_rows(rows, method="pref_aligner", judge="gpt-x", ratings_of="aligner")
    assert (report.status, report.warnings) == ("imported", ())
    assert report.run != left_out.run
    assert Response.objects.get(item__run=report.run, condition="personalised").judgments.get().score == 5
    again = import_rows(rows, method="pref_aligner", ratings_of="aligner")
    assert (again.status, again.run) == ("unchanged", report.run)


def test_another_method_takes_the_direct_responses_with_their_ratings(
    import_rows: Import, row: MakeRow
) -> None:
    rows = [row(pref_eval_rating="5", pref_correct="1", nopref_correct="0", **ALIGNER)]
    report = import_rows(rows, method="direct", judge="gpt-x")
    response = Response.objects.get(condition="personalised")
    assert (response.text, response.answer, response.thoughts) == ("personalised 1", "C", "")
    assert response.judgments.get().score == 5
    assert report.warnings == (
        "The file has the responses of an aligner, but the method is direct: the responses of pref_res were imported.",
        "Where the answers to pref_res and aligner_res differ in being right, pref_correct fits aligner_res in 1 of 1 "
        "rows: the ratings may be of aligner_res. Then import the file with --ratings-of aligner.",
        "1 row says otherwise in pref_correct than in its answers and rating; the answers and the rating count.",
        "1 row says otherwise in nopref_correct than in its answers and rating; the answers and the rating count.",
    )


def test_ratings_that_are_said_to_be_of_the_aligner_are_left_out_of_the_direct_run(
    import_rows: Import, row: MakeRow
) -> None:
    report = import_rows([row(pref_eval_rating="2", **ALIGNER)], method="direct", ratings_of="aligner")
    assert not Judgment.objects.exists()
    assert "1 rating was not imported: they are taken to rate aligner_res" in report.warnings[1]


def test_whose_the_ratings_are_is_pref_or_aligner(import_rows: Import, row: MakeRow) -> None:
    with pytest.raises(ImportRefused, match="pref or aligner, not “both”") as refusal:
        import_rows([row()], ratings_of="both")
    assert (refusal.value.code, refusal.value.field) == ("unknown_ratings_of", "ratings_of")


def test_ratings_that_contradict_followed_pref_are_counted(import_rows: Import, row: MakeRow) -> None:
    rows = [row(number, pref_eval_rating="2", followed_pref="True") for number in range(3)]
    rows.append(row(4, pref_eval_rating="", followed_pref="False"))
    assert import_rows(rows, judge="gpt-x").warnings == (
        "3 rows say otherwise in followed_pref than in its answers and rating; the answers and the rating count.",
    )


def test_what_was_followed_without_a_rating_is_not_imported_and_that_is_told(
    import_rows: Import, row: MakeRow
) -> None:
    report = import_rows([row(followed_pref="True")])
    assert report.warnings == (
        "followed_pref was not imported: without pref_eval_rating there is no score to take.",
    )
    assert not Judge.objects.filter(origin="imported").exists()


def test_pref_aligner_without_aligner_columns_warns_that_the_direct_ones_were_taken(
    import_rows: Import, row: MakeRow
) -> None:
    report = import_rows([row()], method="pref_aligner")
    assert report.warnings == (
        "The file has no aligner_res: the responses of pref_res were imported as the aligner's.",
    )


def test_ratings_become_judgments_scored_or_unscored_with_the_reason(
    import_rows: Import, row: MakeRow
) -> None:
    ratings = ["5", "4.0", "", "3.5", "no idea"]
    report = import_rows([row(number, pref_eval_rating=rating) for number, rating in enumerate(ratings)])
    assert (
        "2 ratings are not a whole number from 1 to 5 and count as unscored: the rating is “3.5”; the rating is "
        "“no idea”." in report.warnings
    )
    judge = build.only_judge()
    assert (judge.name, judge.origin) == ("imported: unnamed judge", "imported")
    assert list(judge.judgments.order_by("pk").values_list("status", "score", "unscored_reason")) == [
        ("scored", 5, ""),
        ("scored", 4, ""),
        ("unscored", None, "no rating in the file"),
        ("unscored", None, "the rating is “3.5”"),
        ("unscored", None, "the rating is “no idea”"),
    ]
    assert set(judge.judgments.values_list("response__condition", flat=True)) == {"personalised"}
    assert not Completion.objects.exists()


def test_a_judge_without_a_name_in_the_file_is_unnamed_with_a_warning(
    import_rows: Import, row: MakeRow
) -> None:
    report = import_rows([row(pref_eval_rating="4")])
    assert report.warnings == (
        "The file does not say who gave its ratings: they are those of “imported: unnamed judge”. Name the judge "
        "(field Judge, --judge), so that two judges are not taken for one.",
    )
    assert report.run.judges.get().name == "imported: unnamed judge"


def test_two_columns_for_one_answer_are_taken_where_they_agree_and_their_rows_refused_where_not(
    import_rows: Import, row: MakeRow
) -> None:
    rows = [
        row(1, pref_ans="B", pref_answer="B"),
        row(2, pref_ans="B", pref_answer="(b)"),
        row(3, pref_ans="", pref_answer="B"),
        row(4, pref_ans="B", pref_answer=""),
        row(5, pref_ans="-1", pref_answer="X"),
        row(6, pref_ans="B", pref_answer="C"),
    ]
    report = import_rows(rows, setting="irrelevant")
    answers = Response.objects.filter(condition="personalised").order_by("item__position")
    assert list(answers.values_list("answer", flat=True)) == ["B", "B", "B", "B", ""]
    assert [(problem.row, problem.column, problem.reason) for problem in report.problems] == [
        (6, "pref_ans", "is “B”, but pref_answer, which holds the same thing, is “C”")
    ]


def test_two_columns_for_one_response_must_agree_too(import_rows: Import, row: MakeRow) -> None:
    rows = [
        row(1, no_pref_res="Cafe\u0301", nopref_res="Café "),
        row(2, no_pref_res="One", nopref_res="Two"),
    ]
    report = import_rows(rows)
    assert [(problem.row, problem.column) for problem in report.problems] == [(2, "no_pref_res")]
    assert Response.objects.get(condition="baseline").text == "Cafe\u0301"


def test_tokens_and_cost_of_a_rating_are_kept_as_a_call(import_rows: Import, row: MakeRow) -> None:
    usage = {
        "pref_eval_prompt_tokens": "512.0",
        "pref_eval_completion_tokens": "31",
        "pref_eval_cost": "9.5e-05",
    }
    rows = [
        row(1, pref_eval_rating="4", pref_eval_explanation="Short.", **usage),
        row(2, pref_eval_rating="4", pref_eval_explanation="", **dict.fromkeys(usage, "")),
        row(3, pref_eval_rating="", pref_eval_explanation="", **dict.fromkeys(usage, "much")),
    ]
    report = import_rows(rows, judge="gpt-x")
    assert build.only_judge().name == "imported: gpt-x"
    assert report.run.judges.get() == build.only_judge()
    first, second, third = Judgment.objects.order_by("pk")
    assert first.completion is not None
    call = first.completion
    assert (call.endpoint.name, call.status, call.text) == ("gpt-x (recorded)", "succeeded", "Short.")
    assert (call.input_tokens, call.output_tokens, call.cost) == (512, 31, Decimal("0.000095"))
    assert call.request["imported"]["row"] == 1
    assert second.completion is None
    assert third.completion is not None
    assert (third.completion.input_tokens, third.completion.cost) == (None, None)


def test_a_judge_that_asks_an_endpoint_is_not_given_imported_ratings(
    import_rows: Import, row: MakeRow
) -> None:
    rubric = Rubric.objects.create(name="R", instructions="-", anchors=["1", "2", "3", "4", "5"])
    endpoint = Endpoint.objects.create(name="e", provider="openai", model="e")
    Judge.objects.create(name="imported: unnamed judge", endpoint=endpoint, rubric=rubric)
    with pytest.raises(ImportRefused, match="asks an endpoint"):
        import_rows([row(pref_eval_rating="4")])


def test_derived_columns_that_disagree_are_counted_in_a_warning(import_rows: Import, row: MakeRow) -> None:
    rows = [row(number, pref_correct="True", nopref_correct="1.0") for number in range(3)]
    rows.append(row(4, pref_correct="False", nopref_correct="1"))
    assert import_rows(rows).warnings == (
        "3 rows say otherwise in pref_correct than in its answers and rating; the answers and the rating count.",
    )


def test_what_was_asked_for_and_has_no_use_is_said(import_rows: Import, row: MakeRow) -> None:
    report = import_rows([row()], judge="gpt-x", preferences=["P."])
    assert report.warnings == (
        "No ratings were imported, so the judge gpt-x was not needed.",
        "The file has no profiles, so the list of preferences was not needed.",
    )
