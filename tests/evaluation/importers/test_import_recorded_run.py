"""What a recorded run becomes in the database."""

from collections.abc import Callable

import pytest
from django.contrib.auth import get_user_model

from evaluation.importers.report import ImportReport
from evaluation.models import Catalogue, ItemPreference, Preference, Question, Response

Row = dict[str, str]
MakeRow = Callable[..., Row]
Import = Callable[..., ImportReport]

pytestmark = pytest.mark.django_db


def test_a_row_becomes_an_item_with_both_responses(import_rows: Import, row: MakeRow) -> None:
    lead = get_user_model().objects.create_user("lead")
    cells = {"id": "q-1", "source": "cais/mmlu", "category": "law", "pref_invalid": "1"}
    report = import_rows([row(**cells)], actor=lead)
    run = report.run
    assert (run.status, run.created_by, run.dataset.name) == ("complete", lead, "Recorded runs")
    assert run.finished_at is not None
    assert (run.endpoint.name, run.endpoint.provider, run.model_name) == ("m (recorded)", "recorded", "m")
    item = run.items.get()
    question = item.question
    assert (question.text, question.options, question.gold_option) == (
        "Question 1?", ["one", "two", "three", "four"], "B"
    )  # fmt: skip
    assert (question.external_id, question.source, question.category) == ("q-1", "cais/mmlu", "law")
    assert item.preference is not None
    assert (item.preference.text, item.preference.kind) == ("Be brief.", "relevant")
    assert str(item.preference.catalogue) == "Recorded preferences v1"
    baseline, personalised = item.responses.order_by("condition")
    assert (baseline.text, baseline.answer, baseline.extraction) == ("baseline 1", "B", "recorded")
    assert (personalised.text, personalised.answer, personalised.extraction) == (
        "personalised 1", "C", "recorded_second"
    )  # fmt: skip


def test_items_keep_the_order_of_the_file_over_several_chunks(
    import_rows: Import, row: MakeRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evaluation.importers.recorded_run.CHUNK_ROWS", 2)
    report = import_rows([row(number) for number in range(1, 6)])
    texts = list(report.run.items.order_by("position").values_list("position", "question__text"))
    assert texts == [(number, f"Question {number}?") for number in range(1, 6)]


def test_answers_that_are_no_letter_are_delivery_failures_not_rejections(
    import_rows: Import, row: MakeRow
) -> None:
    odd = ["-1", "", "X", "R", "l", "None of the above.", " A "]
    report = import_rows([row(number, pref_ans=answer) for number, answer in enumerate(odd)])
    assert (report.rows_imported, report.problems) == (len(odd), ())
    assert report.as_dict()["delivery_failures"] == {"baseline": 0, "personalised": 6}
    stored = Response.objects.filter(condition="personalised").order_by("item__position")
    assert list(stored.values_list("recorded_answer", flat=True)) == odd
    assert list(stored.values_list("answer", flat=True)) == [""] * 6 + ["A"]


@pytest.mark.parametrize("chunk", [1, 2, 500])
def test_a_repeated_question_and_preference_is_an_item_of_its_own(
    import_rows: Import, row: MakeRow, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr("evaluation.importers.recorded_run.CHUNK_ROWS", chunk)
    rows = [
        row(1, options="none"),
        row(1),
        row(2),
        row(1, preference="Be long."),
        row(1, pref_res="again"),
        row(1),
    ]
    report = import_rows(rows)
    assert [problem.row for problem in report.problems] == [1]
    assert list(report.run.items.order_by("position").values_list("position", "repetition")) == [
        (1, 1), (2, 1), (3, 1), (4, 2), (5, 3)
    ]  # fmt: skip
    assert (report.items, Question.objects.count()) == (5, 2)
    assert report.warnings == (
        "2 items repeat the question and preference of an earlier one. Each counts, as in the study.",
    )


def test_problems_are_listed_in_the_order_of_the_rows(import_rows: Import, row: MakeRow) -> None:
    report = import_rows([row(1), row(1, gold_option="Z"), row(2, options="none")])
    assert [problem.row for problem in report.problems] == [2, 3]


def test_a_question_already_there_is_reused_and_its_blanks_filled(import_rows: Import, row: MakeRow) -> None:
    import_rows([row()])
    assert import_rows([row(source="s", category="c", id="1")], model="n").warnings == ()
    question = Question.objects.get()
    assert (question.source, question.category, question.external_id) == ("s", "c", "1")
    assert question.items.count() == 2


def test_another_source_of_the_same_question_is_a_warning_and_the_first_stays(
    import_rows: Import, row: MakeRow
) -> None:
    import_rows([row(source="first")])
    report = import_rows([row(source="second")], model="n")
    assert report.warnings == (
        "1 row has another source than the question has in the dataset “Recorded runs”; the dataset's was kept.",
    )
    assert Question.objects.get().source == "first"


def test_the_same_text_with_other_options_or_gold_is_another_question(
    import_rows: Import, row: MakeRow
) -> None:
    report = import_rows([row(), row(options="['one', 'two']"), row(gold_option="A")])
    assert report.items == 3
    assert Question.objects.count() == 3


def test_numpy_options_stay_apart(import_rows: Import, row: MakeRow) -> None:
    import_rows([row(options="['8' '13'\n '29' '34']", gold_answer="13")])
    assert Question.objects.get().options == ["8", "13", "29", "34"]


def test_preferences_are_taken_from_the_catalogue_given_and_others_said(
    import_rows: Import, row: MakeRow
) -> None:
    catalogue = Catalogue.objects.create(name="Given", version=3)
    known = Preference.objects.create(catalogue=catalogue, text="Be brief.", category="brevity")
    report = import_rows(
        [row(1), row(2, preference=" Be brief. "), row(3, preference="Rhyme.")], catalogue=catalogue
    )
    assert known.items.count() == 2
    other = Preference.objects.exclude(catalogue=catalogue).get()
    assert (other.text, other.category, other.catalogue.name) == ("Rhyme.", "other", "Recorded preferences")
    assert report.warnings == (
        "1 preferences are not in the catalogue Given v3 and were taken into “Recorded preferences”, such as “Rhyme.”.",
    )


def test_irrelevant_preferences_are_shown_and_the_item_has_none_of_its_own(
    import_rows: Import, row: MakeRow
) -> None:
    several = "['I like tea.', 'I like rain.', 'I like tea.']"
    rows = [row(1), row(2, preference=several), row(3, preference=""), row(1, preference="Other.")]
    report = import_rows(rows, setting="irrelevant")
    assert report.warnings == ("1 item repeats the question of an earlier one. It counts, as in the study.",)
    assert not report.run.items.filter(preference__isnull=False).exists()
    shown = ItemPreference.objects.order_by("item__position", "position")
    assert list(shown.values_list("item__position", "position", "preference__text")) == [
        (1, 1, "Be brief."), (2, 1, "I like tea."), (2, 2, "I like rain."), (4, 1, "Other.")
    ]  # fmt: skip
    assert set(shown.values_list("preference__kind", flat=True)) == {"irrelevant"}


def test_progress_goes_up_to_the_size_of_the_file(
    import_rows: Import, row: MakeRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evaluation.importers.recorded_run.CHUNK_ROWS", 100)
    calls: list[tuple[int, int]] = []
    import_rows(
        [row(number, pref_res="x" * 2_000) for number in range(300)],
        progress=lambda *call: calls.append(call),
    )
    done = [done for done, _ in calls]
    assert done == sorted(done)
    assert 0 < done[0] < done[-1] == calls[0][1]
    assert len({total for _, total in calls}) == 1


def test_the_report_and_the_database_list_a_thousand_problems_and_count_the_rest(
    import_rows: Import, row: MakeRow
) -> None:
    report = import_rows([row(1), *(row(number, options="none") for number in range(1_200))])
    assert (len(report.problems), report.problems_not_listed) == (1_000, 200)
    stored = report.run.imported_from.problems
    assert len(stored) == 1_001
    assert stored[-1]["reason"] == "and 200 more rows were rejected"
    again = import_rows([row(1), *(row(number, options="none") for number in range(1_200))])
    assert (again.status, len(again.problems), again.problems_not_listed) == ("unchanged", 1_000, 200)
