"""Plain questions, in the layouts and file kinds of the published benchmarks."""

import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from openpyxl import Workbook

from evaluation.importers.questions import import_questions
from evaluation.importers.report import ImportRefused, QuestionsReport
from evaluation.importers.rows.question_layouts import shuffled_order
from evaluation.models import Catalogue, Dataset, Preference, PreferenceAssignment, Question

Record = dict[str, Any]

FAULTS = Path(__file__).resolve().parents[4] / "shared" / "data" / "faults"

pytestmark = pytest.mark.django_db

PERG = {
    "id": "1", "question": "Q?", "options": "['x', 'y']", "gold_option": "B", "gold_answer": "y",
    "category": "c", "source": "s", "preference": "Be brief.",
}  # fmt: skip
MMLU = {"question": "M?", "subject": "law", "choices": ["w", "x", "y", "z"], "answer": 2}
TRUTHFUL = {"question": "T?", "mc1_targets": {"choices": ["right", "no", "nay"], "labels": [1, 0, 0]}}
COMMONSENSE = {
    "id": "c1", "question": "C?", "question_concept": "sense",
    "choices": {"label": ["A", "B", "C"], "text": ["x", "y", "z"]}, "answerKey": "C",
}  # fmt: skip


def as_csv(records: Sequence[Record]) -> bytes:
    cells = [[str(value).replace('"', '""') for value in record.values()] for record in records]
    lines = [list(records[0]), *cells]
    return "\n".join(",".join(f'"{cell}"' for cell in line) for line in lines).encode()


def as_lines(records: Sequence[Record]) -> bytes:
    return "\n".join(json.dumps(record) for record in records).encode()


def as_json(records: Sequence[Record]) -> bytes:
    return json.dumps(records).encode()


def as_data(records: Sequence[Record]) -> bytes:
    return json.dumps({"data": records}).encode()


def as_parquet(records: Sequence[Record]) -> bytes:
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(list(records)), buffer, row_group_size=2)
    return buffer.getvalue()


KINDS = [
    ("q.csv", as_csv),
    ("q.jsonl", as_lines),
    ("q.json", as_json),
    ("q.json", as_data),
    ("q.parquet", as_parquet),
]


def run(content: bytes, name: str = "q.jsonl", **arguments: Any) -> QuestionsReport:
    return import_questions(
        file=io.BytesIO(content), file_name=name, **({"dataset": "D"} | arguments), actor=None
    )


@pytest.mark.parametrize(("name", "encode"), KINDS)
@pytest.mark.parametrize(
    ("record", "layout", "expected"),
    [
        (PERG, "perg", ("Q?", ["x", "y"], "B", "s", "c", "1")),
        (MMLU, "mmlu", ("M?", ["w", "x", "y", "z"], "C", "cais/mmlu", "law", "")),
        (COMMONSENSE, "commonsense_qa", ("C?", ["x", "y", "z"], "C", "commonsense_qa", "", "c1")),
    ],
)
@pytest.mark.one_in(4)
def test_a_layout_is_recognised_in_every_kind_of_file(
    name: str,
    encode: Callable[[Sequence[Record]], bytes],
    record: Record,
    layout: str,
    expected: tuple[object, ...],
) -> None:
    report = run(encode([record]), name, strict=True)
    question = Question.objects.get()
    assert report.layout == layout
    assert (
        question.text, question.options, question.gold_option, question.source, question.category, question.external_id
    ) == expected  # fmt: skip


@pytest.mark.parametrize(("name", "encode"), KINDS)
def test_truthful_qa_is_shuffled_the_same_way_every_time_and_the_gold_follows(
    name: str, encode: Callable[[Sequence[Record]], bytes]
) -> None:
    records = [TRUTHFUL | {"question": f"T{number}?"} for number in range(40)]
    assert run(encode(records), name).questions_created == 40
    assert run(as_lines(records)).status == "unchanged"
    questions = Question.objects.all()
    assert all(dict(question.lettered_options)[question.gold_option] == "right" for question in questions)
    assert {question.gold_option for question in questions} == {"A", "B", "C"}
    assert {question.source for question in questions} == {"truthful_qa"}


def test_the_shuffled_order_never_changes() -> None:
    # A value written down once: another order would make all imported questions new ones.
    assert shuffled_order("key", 5) == [4, 0, 1, 2, 3]


def test_nested_values_in_csv_cells_are_read_as_pandas_prints_them() -> None:
    choices = "{'label': array(['A', 'B'], dtype=object), 'text': array(['x',\n 'y'], dtype=object)}"
    run(as_csv([COMMONSENSE | {"choices": choices, "answerKey": "B"}]), "q.csv")
    run(as_csv([MMLU | {"choices": "['one' 'two']", "answer": "1"}]), "q.csv")
    assert list(Question.objects.values_list("options", "gold_option")) == [
        (["x", "y"], "B"),
        (["one", "two"], "B"),
    ]


@pytest.mark.parametrize(("answer", "gold"), [(0, "A"), ("3", "D"), ("D", "D"), (2.0, "C")])
def test_an_mmlu_answer_is_an_index_or_a_letter(answer: object, gold: str) -> None:
    run(as_lines([MMLU | {"answer": answer}]))
    assert Question.objects.get().gold_option == gold


@pytest.mark.parametrize(
    ("record", "column", "reason"),
    [
        (MMLU | {"answer": 4}, "answer", "“4” is not an index"),
        (MMLU | {"answer": -1}, "answer", "“-1” is not an index"),
        (MMLU | {"answer": None}, "answer", "has no answer"),
        (MMLU | {"choices": ["x"]}, "choices", "1 option"),
        (MMLU | {"choices": "x"}, "choices", "cannot be read"),
        (MMLU | {"question": ""}, "question", "has no text"),
        (MMLU | {"question": ["list"]}, "question", "not a text"),
        (COMMONSENSE | {"answerKey": ""}, "answerKey", "the benchmark's test split"),
        (COMMONSENSE | {"answerKey": "E"}, "answerKey", "“E” is not the label"),
        (TRUTHFUL | {"mc1_targets": {"choices": ["x", "y"], "labels": [1, 1]}}, "mc1_targets", "exactly one"),
        (
            TRUTHFUL | {"mc1_targets": {"choices": ["x", "y"], "labels": [1]}},
            "mc1_targets",
            "one label for each",
        ),
        (TRUTHFUL | {"mc1_targets": {"choices": ["x", "y"]}}, "mc1_targets", "is missing"),
        (PERG | {"options": "x"}, "options", "is not a list"),
        (PERG | {"gold_answer": "x"}, "gold_answer", "not the text of the gold option"),
    ],
)
def test_a_bad_record_is_rejected_and_the_good_one_imported(record: Record, column: str, reason: str) -> None:
    good = next(each for each in (MMLU, COMMONSENSE, TRUTHFUL, PERG) if each.keys() == record.keys())
    report = run(as_lines([record, good | {"question": "Another?"}]))
    (problem,) = report.problems
    assert (problem.row, problem.line, problem.column) == (1, 1, column)
    assert reason in problem.reason
    assert Question.objects.get().text == "Another?"
    with pytest.raises(ImportRefused) as refusal:
        run(as_lines([record, good | {"question": "A third?"}]), strict=True)
    assert refusal.value.code == "rows_rejected"
    assert Question.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("q.xlsx", b"fish", "unknown_columns"),
        ("q.csv", b"", "empty_file"),
        ("q.parquet", b"", "empty_file"),
        ("q.csv", b"question,choices,answer\n", "no_rows"),
        ("q.csv", b"fish,fowl\n1,2\n", "unknown_columns"),
        ("q.csv", b"question,text\n1,2\n", "missing_columns"),
        ("q.csv", b"question,choices,answer,answer\n1,2,3,4\n", "duplicate_columns"),
        ("q.json", b"{", "not_a_table"),
        ("q.json", b'{"rows": []}', "empty_file"),
        ("q.json", b"[]", "empty_file"),
        ("q.json", b"{\x00\x01}", "not_a_table"),
        ("q.json", b"[" * 100_000, "not_a_table"),
        ("q.jsonl", b"\n\n", "not_a_table"),
        ("q.jsonl", b"no json\n", "not_a_table"),
        ("q.jsonl", as_lines([MMLU | {"answer": 9}]), "no_rows_accepted"),
        ("q.parquet", b"PAR1 and not", "not_a_table"),
        ("q.parquet", as_parquet([MMLU])[:-9] + b"\x00" * 9, "not_a_table"),
        ("q.parquet", as_parquet([MMLU])[:4] + b"\xff" * 30 + as_parquet([MMLU])[34:], "not_a_table"),
        ("q.parquet", as_parquet([MMLU]).replace(b"subject", b"sub\x00ect")[:200], "not_a_table"),
    ],
)
def test_a_file_without_questions_is_refused_and_leaves_nothing(name: str, content: bytes, code: str) -> None:
    with pytest.raises(ImportRefused) as refusal:
        run(content, name)
    assert refusal.value.code == code
    assert not Dataset.objects.exists()


def _workbook(rows: Sequence[Sequence[object]]) -> bytes:
    workbook, content = Workbook(), io.BytesIO()
    workbook.active.title = "Notes"
    workbook.active["A1"] = "Our questions"
    sheet = workbook.create_sheet("Questions")
    for row in rows:
        sheet.append(list(row))
    workbook.save(content)
    return content.getvalue()


SHEET: list[list[object]] = [
    ["Question", "Option A", "Option B", "Option C", "Correct answer"],
    ["Why?", "So", "Nö, nie", None, "B"],
]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("german.csv", "Question;A;B;answer\nWhy?;So;Nö, nie;B\n".encode("utf-8-sig")),
        ("windows.csv", "question;a;b;answer\nWhy?;So;Nö, nie;b\n".encode("cp1252")),
        ("excel.txt", "Question\tOption A\tOption B\tAnswer\nWhy?\tSo\tNö, nie\tNö, nie\n".encode("utf-16")),
        ("titled.csv", "Our questions;;;\n;;;\nQuestion;A;B;answer\nWhy?;So;Nö, nie;B\n".encode()),
        ("sheet.xlsx", _workbook(SHEET)),
    ],
)
def test_a_column_for_each_option_is_read_as_spreadsheets_save_it(name: str, content: bytes) -> None:
    report = run(content, name)

    assert (report.layout, report.problems) == ("lettered", ())
    question = Question.objects.get()
    assert (question.text, question.options, question.gold_option) == ("Why?", ["So", "Nö, nie"], "B")


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("Why?;So;;No;A", "B", "a later option is not"),
        ("Why?;So;No;;D", "gold_answer", "none of the options"),
        ("Why?;So;No;;", "gold_option", ""),
    ],
)
def test_a_row_of_lettered_options_says_what_is_wrong(row: str, column: str, reason: str) -> None:
    with pytest.raises(ImportRefused) as refusal:
        run(f"question;A;B;C;answer\n{row}\n".encode(), "q.csv")
    (problem,) = refusal.value.problems
    assert problem.column == column
    assert reason in problem.reason


def test_a_line_that_is_not_a_json_object_is_rejected_with_its_number() -> None:
    report = run(as_lines([MMLU]) + b"\n\nbroken\n[1]\n")
    assert [(problem.row, problem.line, problem.reason) for problem in report.problems] == [
        (2, 3, "is not JSON: Expecting value at character 1"),
        (3, 4, "is not a JSON object"),
    ]


def test_a_wished_layout_that_does_not_fit_or_exist_is_refused() -> None:
    with pytest.raises(ImportRefused, match="also needs: mc1_targets"):
        run(as_lines([MMLU]), layout="truthful_qa")
    with pytest.raises(ImportRefused, match="auto, truthful_qa, commonsense_qa, mmlu, lettered, perg"):
        run(as_lines([MMLU]), layout="gsm8k")


def test_defaults_fill_what_the_file_does_not_say() -> None:
    run(as_lines([COMMONSENSE]), default_source="mine", default_category="sense")
    run(as_lines([PERG | {"source": "", "category": ""}]), default_source="mine", default_category="all")
    assert list(Question.objects.values_list("source", "category")) == [("mine", "sense"), ("mine", "all")]


def test_preferences_of_the_file_go_into_a_catalogue_named_after_the_dataset() -> None:
    others = [{"question": "R?"}, {"preference": "Be long."}, {"question": "S?", "preference": ""}]
    records = [PERG, *(PERG | other for other in others)]
    report = run(as_lines(records))
    catalogue = Catalogue.objects.get()
    assert (str(catalogue), report.catalogue, report.assignments_created) == ("D v1", "D v1", 2)
    assigned = PreferenceAssignment.objects.order_by("pk").values_list("question__text", "preference__text")
    assert list(assigned) == [("Q?", "Be brief."), ("R?", "Be brief.")]
    assert report.warnings == (
        "1 rows have another preference than their question has in the catalogue D v1; the catalogue's was kept.",
    )
    assert run(as_lines(records)).status == "unchanged"


@pytest.mark.parametrize("chunk", [1, 500])
def test_a_catalogues_relevant_preferences_go_round_within_each_source(
    monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr("evaluation.importers.questions.CHUNK_ROWS", chunk)
    catalogue = Catalogue.objects.create(name="P")
    for text, kind in (
        ("one", "relevant"),
        ("off", "irrelevant"),
        ("two", "relevant"),
        ("three", "relevant"),
    ):
        Preference.objects.create(catalogue=catalogue, text=text, kind=kind)

    def records(first: int, last: int) -> bytes:
        return as_lines([MMLU | {"question": f"{n}?", "source": "ab"[n % 2]} for n in range(first, last)])

    def assigned(source: str) -> list[str]:
        found = catalogue.assignments.filter(question__source=source).order_by("question__pk")
        return list(found.values_list("preference__text", flat=True))

    assert run(records(0, 5), catalogue=catalogue).assignments_created == 5
    assert (assigned("a"), assigned("b")) == (["one", "two", "three"], ["one", "two"])
    assert run(records(0, 5), catalogue=catalogue).status == "unchanged"
    assert run(records(3, 9), catalogue=catalogue).assignments_created == 4
    assert (assigned("a"), assigned("b")) == (
        ["one", "two", "three", "one", "two"],
        ["one", "two", "three", "one"],
    )


def test_a_catalogue_without_relevant_preferences_is_refused() -> None:
    with pytest.raises(ImportRefused, match="no relevant preferences"):
        run(as_lines([MMLU]), catalogue=Catalogue.objects.create(name="P"))
    assert not Question.objects.exists()


def test_progress_ends_with_the_size_of_the_file() -> None:
    for name, encode in KINDS:
        content, calls = encode([MMLU] * 3), []
        run(content, name, progress=lambda *call: calls.append(call))  # noqa: B023
        assert calls[-1] == (len(content), len(content))


def import_bytes(content: bytes, name: str) -> QuestionsReport:
    return import_questions(file=io.BytesIO(content), file_name=name, dataset="d", actor=None)


RIGHT = '{"question": "Q?", "options": ["x", "y"], "gold_option": "B"%s}'


@pytest.mark.parametrize("kind", ["jsonl", "json", "csv", "parquet"])
@pytest.mark.parametrize("field", ["category", "source", "id", "preference"])
@pytest.mark.one_in(3)
def test_nan_is_nothing(kind: str, field: str) -> None:
    cells: dict[str, list[Any]] = {
        "question": ["Q?"],
        "options": ["['x', 'y']"],
        "gold_option": ["B"],
        field: [float("nan")],
    }
    if kind == "parquet":
        buffer = io.BytesIO()
        pyarrow.parquet.write_table(pyarrow.table(cells), buffer)
        content = buffer.getvalue()
    elif kind == "csv":
        content = as_csv([{name: values[0] for name, values in cells.items()}])
    else:
        line = RIGHT % f', "{field}": NaN'
        content = (f"[{line}]" if kind == "json" else line).encode()
    report = import_bytes(content, f"q.{kind}")
    question = Question.objects.get()
    assert (question.category, question.source, question.external_id) == ("", "", "")
    assert (report.problems, report.assignments_created) == ((), 0)


def test_a_key_that_occurs_twice_rejects_its_line() -> None:
    lines = [
        RIGHT % "",
        RIGHT % ', "gold_option": "A"',
        RIGHT.replace("Q?", "N?") % ', "note": {"a": 1, "a": 1}',
    ]
    report = import_bytes("\n".join(lines).encode(), "q.jsonl")
    assert [(problem.row, problem.reason) for problem in report.problems] == [
        (2, "cannot be read: the key “gold_option” occurs more than once in an object"),
        (3, "cannot be read: the key “a” occurs more than once in an object"),
    ]
    assert Question.objects.get().gold_option == "B"


@pytest.mark.parametrize("name", ["q.json", "q.jsonl"])
def test_a_file_of_only_a_doubled_key_is_refused_with_the_key(name: str) -> None:
    line = RIGHT % ', "gold_option": "A"'
    with pytest.raises(ImportRefused, match="the key “gold_option” occurs more than once") as refusal:
        import_bytes((f"[{line}]" if name == "q.json" else line).encode(), name)
    assert refusal.value.code == "not_a_table"
    assert not Question.objects.exists()


def test_a_doubled_key_in_a_nested_cell_rejects_its_row() -> None:
    targets = "{'choices': ['x', 'y'], 'choices': ['y', 'x'], 'labels': [1, 0]}"
    rows = [
        {"question": "T?", "mc1_targets": targets},
        {"question": "U?", "mc1_targets": targets.replace("'", '"')},
    ]
    with pytest.raises(ImportRefused) as refusal:
        import_bytes(as_csv(rows), "q.csv")
    assert [problem.column for problem in refusal.value.problems] == ["mc1_targets"] * 2


@pytest.mark.parametrize("number", ["Infinity", "-Infinity", "1e999"])
def test_a_number_without_bounds_is_no_json(number: str) -> None:
    report = import_bytes("\n".join([RIGHT % "", RIGHT % f', "id": {number}']).encode(), "q.jsonl")
    (problem,) = report.problems
    assert problem.row == 2
    assert problem.reason.startswith("is not JSON: ")


@pytest.mark.skipif(not FAULTS.is_dir(), reason="the inputs that went wrong are not part of the project")
def test_questions_that_went_wrong_are_read_or_refused() -> None:
    import_questions(
        file=FAULTS / "questions_nan_category.jsonl", file_name="n.jsonl", dataset="d", actor=None
    )
    assert Question.objects.get().category == ""
    with pytest.raises(ImportRefused, match="gold_option"):
        import_questions(
            file=FAULTS / "questions_duplicate_key.jsonl", file_name="k.jsonl", dataset="d", actor=None
        )
