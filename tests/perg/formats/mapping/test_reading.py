"""A mapping applied: items, and every problem by row."""

import io

import pytest
from pydantic import ValidationError

from perg.formats.mapping.reading import MappedItems, mapped_items
from perg.formats.mapping.uses import ColumnUse, TableMapping
from perg.formats.tables.opening import open_table, recognised
from tests.perg.formats.mapping.guessing import guess, json_lines


def _apply(content: str, **uses: ColumnUse) -> MappedItems:
    stream = io.BytesIO(content.encode())
    return mapped_items(open_table(stream, recognised(stream, "x.csv")), TableMapping(columns=uses))


ID, OUTPUT, CONTEXT = ColumnUse(role="id"), ColumnUse(role="output"), ColumnUse(role="context")
ANNA = ColumnUse(role="rating", rater="Anna")


def test_ids_that_a_spreadsheet_made_decimal_are_whole_again() -> None:
    items = _apply("id,text,a\n1.0,x,3\n2.0,y,4.0\n", id=ID, text=OUTPUT, a=ANNA)

    assert [item.external_id for item in items.items] == ["1", "2"]
    assert [item.ratings[0].answer for item in items.items] == [3, 4]


def test_without_an_id_the_same_text_gives_the_same_id_in_every_order() -> None:
    first = _apply("text,a\nx,3\ny,4\n", text=OUTPUT, a=ANNA)
    again = _apply("text,a\ny,4\nx,3\n", text=OUTPUT, a=ANNA)

    assert {item.external_id for item in first.items} == {item.external_id for item in again.items}


@pytest.mark.parametrize("missing", ["", "NA", "n/a", "NaN", "-", " None "])
def test_a_missing_answer_is_no_rating(missing: str) -> None:
    assert _apply(f"id,text,a\n1,x,{missing}\n", id=ID, text=OUTPUT, a=ANNA).items[0].ratings == []


def test_every_problem_has_its_row_and_its_line() -> None:
    items = _apply(
        'id,text,a\n1,x,3\n,y,4\n1,another,5\n2,"\n\n",4\n3,z\n1,x,2\n4,w,5\n', id=ID, text=OUTPUT, a=ANNA
    )

    assert [(problem.row, problem.place, problem.message) for problem in items.problems] == [
        (2, 3, "has no id"),
        (3, 4, "has the id “1” of an earlier row, but another text"),
        (4, 7, "has nothing in “text”"),
        (5, 8, "has only 2 cells under 3 columns"),
        (6, 9, "has a second answer of Anna for 1: 2, before 3"),
    ]
    assert [item.external_id for item in items.items] == ["1", "4"]


def test_a_row_without_an_id_and_a_text_is_named() -> None:
    items = _apply("text,a\nx,3\n,4\n,5\n", text=CONTEXT, a=ANNA)

    assert len(items.items) == 1
    assert [problem.message for problem in items.problems] == ["has neither an id nor a text"] * 2


def test_answers_in_both_orders_stand_beside_one_another() -> None:
    items = _apply(
        "id,a,b,ab,ba\n1,x,y,A>B,B>A\n",
        id=ID,
        a=OUTPUT,
        b=ColumnUse(role="second_output"),
        ab=ColumnUse(role="rating", rater="judge", rater_kind="judge"),
        ba=ColumnUse(role="rating", rater="judge", rater_kind="judge", swapped=True),
    )

    assert [(rating.answer, rating.swapped) for rating in items.items[0].ratings] == [
        ("A>B", False),
        ("B>A", True),
    ]
    assert items.problems == ()


def test_lists_of_answers_need_as_many_raters() -> None:
    rows = [
        {
            "id": n,
            "completion": f"A long enough text number {n}",
            "labels": [True] * (n % 2 + 1),
            "physician_ids": ["a", "b"],
        }
        for n in range(4)
    ]

    _, items = guess(json_lines(rows), "x.jsonl")

    assert [len(item.ratings) for item in items.items] == [0, 2, 0, 2]
    assert [problem.column for problem in items.problems] == ["labels", "labels"]


@pytest.mark.parametrize(
    ("uses", "message"),
    [
        ({"a": ColumnUse(role="rater")}, "needs a column for the rater and one for the answer"),
        (
            {"a": ColumnUse(role="rater"), "b": ColumnUse(role="rater"), "c": ColumnUse(role="answer")},
            "Only one",
        ),
        ({"a": ColumnUse(role="rater"), "b": ColumnUse(role="answer"), "c": ANNA}, "each row has its rater"),
        ({"a": ColumnUse(role="second_output")}, "no first one"),
        ({"a": ColumnUse(role="rating", raters_column="z")}, "no column “z”"),
        (
            {"a": ColumnUse(role="cluster"), "b": ColumnUse(role="id", groups=True)},
            "Only one column can be the cluster",
        ),
    ],
)
def test_a_mapping_that_contradicts_itself_is_refused(uses: dict[str, ColumnUse], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        TableMapping(columns=uses)


def test_a_mapping_survives_as_json() -> None:
    mapping = TableMapping(columns={"a": ANNA, "b": ID})

    assert TableMapping.model_validate_json(mapping.model_dump_json()) == mapping
