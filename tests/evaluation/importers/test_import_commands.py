"""The commands: a readable report, or exactly one JSON object; refusals with exit status 1."""

import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from evaluation.models import Catalogue, Dataset, Run

Row = dict[str, str]
MakeRow = Callable[..., Row]
MakeFile = Callable[[Sequence[Row]], io.BytesIO]

pytestmark = pytest.mark.django_db

RUN = ("--model", "m", "--method", "direct", "--setting", "relevant")


@pytest.fixture
def write(tmp_path: Path, csv_file: MakeFile) -> Callable[[Sequence[Row]], str]:
    def make(rows: Sequence[Row]) -> str:
        path = tmp_path / "runs.csv"
        path.write_bytes(csv_file(rows).getvalue())
        return str(path)

    return make


def output(*arguments: str) -> str:
    stdout = io.StringIO()
    call_command(*arguments, stdout=stdout)
    return stdout.getvalue()


def refused(*arguments: str) -> dict[str, Any]:
    stdout = io.StringIO()
    with pytest.raises(SystemExit) as exit_:
        call_command(*arguments, "--json", stdout=stdout)
    assert exit_.value.code == 1
    refusal: dict[str, Any] = json.loads(stdout.getvalue())
    assert refusal["status"] == "refused"
    return refusal


def test_a_run_is_imported_with_a_report_for_people(write: Callable[..., str], row: MakeRow) -> None:
    text = output(
        "import_recorded_run", write([row(1, pref_ans="-1"), row(2, mood=""), row(3, options="x")][:1]), *RUN
    )
    assert "imported 1 of 1 rows as “m · Direct · Relevant · runs”" in text
    assert "1 items; without a readable answer: 0 baseline, 1 personalised responses" in text
    assert "nothing changed" in output("import_recorded_run", write([row(1, pref_ans="-1")]), *RUN)


def test_rejected_rows_are_listed_for_people(write: Callable[..., str], row: MakeRow) -> None:
    text = output("import_recorded_run", write([row(1), *(row(n, options="x") for n in range(25))]), *RUN)
    assert "25 rows were rejected:\n  row 2, line 3, options: is not a list: “x”\n" in text
    assert "… and 5 more" in text


def test_json_is_one_object_with_the_run(write: Callable[..., str], row: MakeRow) -> None:
    report = json.loads(output("import_recorded_run", write([row(1), row(2, options="x")]), *RUN, "--json"))
    run = Run.objects.get()
    assert report["run"] == {"id": run.pk, "name": run.name}
    assert (report["status"], report["rows_read"], report["rows_imported"]) == ("imported", 2, 1)
    assert report["problems"] == [{"row": 2, "line": 3, "column": "options", "reason": "is not a list: “x”"}]


def test_all_options_reach_the_importer(write: Callable[..., str], row: MakeRow, tmp_path: Path) -> None:
    Catalogue.objects.create(name="C", version=2).preferences.create(text="First.")
    texts = tmp_path / "preferences.txt"
    texts.write_text("First.\nSecond.\n", encoding="utf-8")
    profiles = {
        "question": "Q?", "options": "['x', 'y']", "gold_option": "A", "profile_0_res": "", "profile_0_answer": "A",
        "profile_1_res": "", "profile_1_answer": "A", "profile_2_res": "", "profile_2_answer": "B",
    }  # fmt: skip
    options = (
        "--name",
        "N",
        "--dataset",
        "D",
        "--catalogue",
        "C v2",
        "--preferences",
        str(texts),
    )
    output("import_recorded_run", write([profiles]), *RUN, *options)
    run = Run.objects.get()
    assert (run.name, run.dataset.name) == ("N", "D")
    assert list(
        run.items.order_by("position").values_list("preference__text", "preference__catalogue__name")
    ) == [
        ("First.", "C"),
        ("Second.", "Recorded preferences"),
    ]
    rated = write([row(pref_eval_rating="5")])
    output("import_recorded_run", rated, *RUN, "--name", "Rated", "--judge", "gpt-x")
    assert Run.objects.get(name="Rated").judges.get().name == "imported: gpt-x"


def test_a_refusal_is_a_command_error_with_its_problems(write: Callable[..., str], row: MakeRow) -> None:
    file = write([row(1), row(2, options="x")])
    with pytest.raises(CommandError, match=r"strict(.|\n)*\n  row 2, line 3, options: is not a list"):
        output("import_recorded_run", file, *RUN, "--strict")
    refusal = refused("import_recorded_run", file, *RUN, "--strict")
    assert refusal["code"] == "rows_rejected"
    assert [problem["row"] for problem in refusal["problems"]] == [2]
    assert not Run.objects.exists()


@pytest.mark.parametrize(("name", "words"), [("nowhere.csv", "There is no file"), (".", "is a directory")])
@pytest.mark.parametrize(
    "command",
    [
        ("import_recorded_run", *RUN),
        ("import_questions", "--dataset", "D"),
        ("import_catalogue", "--name", "C"),
    ],
)
def test_a_path_that_is_not_a_file_is_a_clear_error(
    tmp_path: Path, name: str, words: str, command: tuple[str, ...]
) -> None:
    with pytest.raises(CommandError, match=words):
        output(command[0], str(tmp_path / name), *command[1:])


def test_a_wrong_method_or_catalogue_is_refused_in_json_too(write: Callable[..., str], row: MakeRow) -> None:
    file = write([row()])
    assert (
        refused("import_recorded_run", file, *RUN[:2], "--method", "x", "--setting", "mixed")["code"]
        == "unknown_method"
    )
    assert refused("import_recorded_run", file, *RUN, "--catalogue", "None such")["code"] == "not_found"
    assert (
        refused("import_recorded_run", file, *RUN, "--preferences", "nowhere.txt")["code"] == "file_not_found"
    )


def test_questions_are_imported_with_a_catalogues_preferences(tmp_path: Path) -> None:
    preferences, questions = tmp_path / "p.csv", tmp_path / "q.jsonl"
    preferences.write_text("text\nBe brief.\n", encoding="utf-8")
    record = {"question": "Q?", "subject": "law", "choices": ["x", "y"], "answer": 1}
    questions.write_text(json.dumps(record), encoding="utf-8")
    assert "imported 1 preferences as P v1" in output("import_catalogue", str(preferences), "--name", "P")
    arguments = ("import_questions", str(questions), "--dataset", "D", "--catalogue", "P", "--source", "mine")
    assert "layout mmlu; 1 preferences newly assigned" in output(*arguments)
    assert json.loads(output(*arguments, "--json"))["status"] == "unchanged"
    assert Dataset.objects.get().questions.get().source == "mine"
    again = json.loads(output("import_catalogue", str(preferences), "--name", "P", "--json"))
    assert (again["status"], again["catalogue"]["version"]) == ("unchanged", 1)


def test_the_command_takes_whose_the_ratings_are(
    row: MakeRow, write: Callable[[Sequence[Row]], str], capsys: pytest.CaptureFixture[str]
) -> None:
    cells = {"aligner_res": "al", "aligner_answer": "B", "pref_eval_rating": "4"}
    empty = {"no_pref_res": "", "no_pref_ans": ""}
    options = ["--model", "m", "--method", "pref_aligner", "--setting", "relevant", "--ratings-of", "aligner"]
    call_command("import_recorded_run", write([row(**cells, **empty)]), *options, "--judge", "j")
    assert list(Run.objects.get().judges.values_list("name", flat=True)) == ["imported: j"]
    printed = capsys.readouterr().out
    assert "0 baseline, 0 personalised responses; without a baseline response: 1" in printed
