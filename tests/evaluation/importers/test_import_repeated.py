"""The same file again, two at once, and failures half way: nothing twice, nothing left."""

import threading
from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any

import pytest
from django.db import connection

from core.errors import Conflict
from evaluation.importers.recorded_run import import_recorded_run
from evaluation.importers.report import ImportRefused, ImportReport
from evaluation.models import (
    Catalogue,
    Completion,
    Dataset,
    Endpoint,
    Item,
    Judge,
    Judgment,
    Preference,
    Question,
    Response,
    Run,
    RunImport,
)

Row = dict[str, str]
MakeRow = Callable[..., Row]
MakeFile = Callable[[Sequence[Row]], BytesIO]
Import = Callable[..., ImportReport]

TABLES = (
    Catalogue, Completion, Dataset, Endpoint, Item, Judge, Judgment, Preference, Question, Response, Run, RunImport
)  # fmt: skip


def counts() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in TABLES}


@pytest.fixture
def rated_rows(row: MakeRow) -> list[Row]:
    cells = {"pref_eval_rating": "4", "pref_eval_explanation": "Good.", "pref_eval_cost": "0.001"}
    return [row(number, **cells) for number in range(1, 6)]


@pytest.mark.django_db
def test_the_same_file_again_changes_nothing(import_rows: Import, rated_rows: list[Row]) -> None:
    rows = [*rated_rows, rated_rows[0], rated_rows[0] | {"gold_option": "Z"}]
    first = import_rows(rows)
    before = counts()
    again = import_rows(rows)
    assert again.status == "unchanged"
    assert again.message == "already imported as “m · Direct · Relevant · runs”; nothing changed"
    assert again.run == first.run
    assert (again.rows_read, again.rows_imported, again.items) == (7, 6, 6)
    assert again.problems == first.problems != ()
    assert again.delivery_failures == first.delivery_failures
    assert counts() == before


@pytest.mark.django_db
@pytest.mark.parametrize("other", [{"model": "n"}, {"method": "cot"}, {"setting": "mixed"}, {"name": "Mine"}])
def test_another_model_method_setting_or_name_is_another_run(
    import_rows: Import, rated_rows: list[Row], other: dict[str, str]
) -> None:
    first = import_rows(rated_rows)
    second = import_rows(rated_rows, **other)
    assert second.status == "imported"
    assert first.run != second.run
    assert Question.objects.count() == 5
    assert import_rows(rated_rows, **other).run == second.run


@pytest.mark.django_db
def test_a_name_of_other_content_is_a_conflict(import_rows: Import, row: MakeRow) -> None:
    import_rows([row(1)], name="Mine")
    with pytest.raises(Conflict, match="“Mine” already"):
        import_rows([row(2)], name="Mine")
    with pytest.raises(Conflict):
        import_rows([row(1)], name="Mine", method="cot")
    assert Run.objects.count() == 1


@pytest.mark.django_db
def test_a_default_name_that_is_taken_gets_a_number(import_rows: Import, row: MakeRow) -> None:
    names = [import_rows([row(number)]).run.name for number in range(3)]
    assert names == [f"m · Direct · Relevant · runs{number}" for number in ("", " (2)", " (3)")]


@pytest.mark.django_db
def test_a_deleted_run_can_be_imported_again_and_its_calls_are_taken_up(
    import_rows: Import, rated_rows: list[Row]
) -> None:
    import_rows(rated_rows).run.delete()
    assert Completion.objects.count() == 5
    assert import_rows(rated_rows).status == "imported"
    assert Completion.objects.count() == 5
    assert Judgment.objects.filter(completion__isnull=False).count() == 5


@pytest.mark.django_db
def test_a_broken_late_row_leaves_nothing_under_strict(
    import_rows: Import, row: MakeRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evaluation.importers.recorded_run.CHUNK_ROWS", 2)
    before = counts()
    rows = [row(number, pref_eval_rating="4") for number in range(7)]
    with pytest.raises(
        ImportRefused, match=r"1 row is not acceptable.*row 8, line 9, gold_option"
    ) as refusal:
        import_rows([*rows, row(8, gold_option="Z", pref_eval_rating="")], strict=True)
    assert refusal.value.code == "rows_rejected"
    assert [problem.row for problem in refusal.value.problems] == [8]
    assert counts() == before


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("failing", "at_call"),
    [(Item, 2), (Response, 3), (Response, 4), (Completion, 3), (Judgment, 3), (RunImport, 1)],
)
def test_a_failure_of_the_database_half_way_leaves_nothing(
    import_rows: Import, rated_rows: list[Row], monkeypatch: pytest.MonkeyPatch, failing: Any, at_call: int
) -> None:
    monkeypatch.setattr("evaluation.importers.recorded_run.CHUNK_ROWS", 2)
    manager_class = type(failing.objects)
    calls: list[str] = []

    def breaking(name: str) -> Callable[..., Any]:
        original = getattr(manager_class, name)

        def call(manager: Any, *arguments: Any, **named: Any) -> Any:
            if manager.model is failing:
                calls.append(name)
                if len(calls) == at_call:
                    raise RuntimeError("the database is gone")
            return original(manager, *arguments, **named)

        return call

    for name in ("bulk_create", "create"):
        monkeypatch.setattr(manager_class, name, breaking(name))
    before = counts()
    with pytest.raises(RuntimeError, match="gone"):
        import_rows(rated_rows)
    assert len(calls) == at_call
    assert counts() == before


def import_warm_up(csv_file: MakeFile, row: MakeRow) -> None:
    """Make endpoint, dataset and catalogue, lest two imports wait for each other already where they make them."""
    import_recorded_run(
        file=csv_file([row(10_000)]),
        file_name="first.csv",
        model="m",
        method="direct",
        setting="relevant",
        actor=None,
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("names", [(None, None), ("Mine", "Mine")])
def test_of_two_imports_of_one_file_at_once_one_wins_and_one_finds_it_there(
    csv_file: MakeFile, row: MakeRow, names: tuple[str | None, str | None]
) -> None:
    import_warm_up(csv_file, row)
    content = csv_file([row(number) for number in range(600)]).getvalue()
    start = threading.Barrier(2)
    outcomes: list[str] = []

    def run(name: str | None) -> None:
        try:
            start.wait(timeout=600)
            outcomes.append(
                import_recorded_run(
                    file=BytesIO(content),
                    file_name="runs.csv",
                    model="m",
                    method="direct",
                    setting="relevant",
                    name=name,
                    actor=None,
                ).status
            )
        except Exception as error:  # shown by the assertion below
            outcomes.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=600)
    assert sorted(outcomes) == ["imported", "unchanged"]
    assert (Run.objects.count(), Item.objects.count(), Response.objects.count()) == (2, 601, 1_202)


@pytest.mark.django_db(transaction=True)
def test_different_files_with_the_same_questions_at_once_share_them(csv_file: MakeFile, row: MakeRow) -> None:
    import_warm_up(csv_file, row)
    rows = [row(number) for number in range(300)]
    files = [csv_file(rows).getvalue(), csv_file(rows[::-1]).getvalue()]
    start = threading.Barrier(2)
    outcomes: list[tuple[str, int]] = []

    def run(content: bytes) -> None:
        try:
            start.wait(timeout=600)
            report = import_recorded_run(
                file=BytesIO(content),
                file_name="runs.csv",
                model="m",
                method="direct",
                setting="relevant",
                actor=None,
            )
            outcomes.append((report.status, report.items))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(content,)) for content in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=600)
    assert outcomes == [("imported", 300), ("imported", 300)]
    assert Question.objects.count() == 301
    assert Run.objects.filter(name="m · Direct · Relevant · runs (2)").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"judge": "claude"}, "the judge is gpt, not claude"),
        ({"dataset": "other"}, "the dataset is “Recorded runs”, not “other”"),
    ],
)
def test_the_same_file_with_something_else_is_not_called_unchanged(
    import_rows: Import, rated_rows: list[Row], changed: dict[str, str], words: str
) -> None:
    import_rows(rated_rows, judge="gpt")
    before = counts()
    with pytest.raises(Conflict, match=words) as refused:
        import_rows(rated_rows, **{"judge": "gpt"} | changed)
    assert refused.value.code == "imported_differently"
    assert counts() == before
    assert import_rows(rated_rows).status == "unchanged"
    assert import_rows(rated_rows, name="second", **{"judge": "gpt"} | changed).status == "imported"


@pytest.mark.django_db
def test_the_same_file_with_other_preferences_is_not_called_unchanged(import_rows: Import) -> None:
    cells = {"profile_0_res": "A.", "profile_0_answer": "A", "profile_1_res": "B.", "profile_1_answer": "B"}
    rows = [{"question": "Which?", "options": "['x', 'y']", "gold_option": "A"} | cells]
    import_rows(rows, preferences=["I like it short."])
    assert import_rows(rows, preferences=["I like it short."]).status == "unchanged"
    with pytest.raises(Conflict, match="no item has the preference “I like it long"):
        import_rows(rows, preferences=["I like it long."])
