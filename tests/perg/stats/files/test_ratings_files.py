import json
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from perg.stats.base.resampling import Draws
from perg.stats.files.rating_set import rating_set
from perg.stats.files.ratings_files import FileRating, FileRatings, Kind, RatingsFileError, Scale
from perg.stats.files.ratings_parsing import FileFormat, format_of, parse_ratings
from perg.stats.measures.matrix import rater_matrix
from perg.stats.ratings.pooled import PooledTable
from perg.stats.ratings.ratings import SCALE

LONG = "item,rater,kind,score\nq1,ann,human,4\nq1,gpt,judge,5\nq2,ann,human,\n"


def read(
    text: str, file_format: FileFormat = "csv", scale: Scale = "ordinal", kind: Kind | None = None
) -> FileRatings:
    return parse_ratings(text, file_format=file_format, scale=scale, kind=kind)


def errors(
    text: str, file_format: FileFormat = "csv", scale: Scale = "ordinal", kind: Kind | None = "human"
) -> list[str]:
    with pytest.raises(RatingsFileError) as caught:
        read(text, file_format, scale, kind)
    return [str(error) for error in caught.value.errors]


def test_long_csv_keeps_its_lines_and_counts_what_is_empty() -> None:
    assert read(LONG) == FileRatings(
        (FileRating("q1", "ann", "human", 4.0, 2), FileRating("q1", "gpt", "judge", 5.0, 3)), missing=1
    )


def test_long_jsonl_says_the_same_as_long_csv() -> None:
    rows = [
        {"item": "q1", "rater": "ann", "kind": "human", "score": 4},
        {"item": "q1", "rater": "gpt", "kind": "judge", "score": 5},
        {"item": "q2", "rater": "ann", "kind": "human", "score": None},
    ]
    found = read("\n".join(json.dumps(row) for row in rows), "jsonl")
    expected = read(LONG)
    assert [(r.item, r.rater, r.kind, r.label) for r in found.ratings] == [
        (r.item, r.rater, r.kind, r.label) for r in expected.ratings
    ]
    assert [r.line for r in found.ratings] == [1, 2]
    assert found.missing == 1


def test_wide_csv_and_jsonl_have_a_column_a_rater() -> None:
    wide = read("item;ann;bob\nq1;4;2\nq2;;3\n", kind="human")
    assert {(r.item, r.rater): r.label for r in wide.ratings} == {
        ("q1", "ann"): 4,
        ("q1", "bob"): 2,
        ("q2", "bob"): 3,
    }
    assert wide.missing == 1
    rows = read('{"item": 1, "ann": 4}\n\n{"item": 2, "bob": 3}\n', "jsonl", kind="human")
    assert [(r.item, r.rater, r.label, r.line) for r in rows.ratings] == [
        ("1", "ann", 4, 1),
        ("2", "bob", 3, 3),
    ]


def test_pairs_are_raters_of_labels_by_item() -> None:
    found = read('{"w1": {"a": "Yes", "b": "No"}, "w2": {"a": null}}', "pairs", "nominal", "human")
    assert [(r.item, r.rater, r.label) for r in found.ratings] == [("a", "w1", "Yes"), ("b", "w1", "No")]
    assert found.missing == 1


def test_quoted_cells_byte_order_marks_tabs_and_other_spellings() -> None:
    text = '\ufeffInstance\tRater\tLabel\r\n"a\tb ""c"""\tann\tx\r\n'
    (rating,) = read(text, scale="nominal", kind="judge").ratings
    assert (rating.item, rating.rater, rating.kind, rating.label) == ('a\tb "c"', "ann", "judge", "x")
    assert read("item,rater,kind,score\nq,a,LLM,3").ratings[0].kind == "judge"


def test_the_line_of_a_rating_is_where_its_record_ends() -> None:
    text = 'item,rater,score\n"q\n1",ann,4\nq2,ann,x\n'
    assert errors(text) == ["line 4: ann on q2: 'x' is not a finite number"]


@pytest.mark.parametrize(
    ("score", "label"), [(1, "1"), (1.0, "1"), (1.5, "1.5"), (" a ", "a"), (True, "true")]
)
def test_nominal_labels_are_strings(score: object, label: str) -> None:
    row = json.dumps({"item": "q", "rater": "a", "score": score})
    assert read(row, "jsonl", "nominal", "human").ratings[0].label == label


def test_all_errors_of_a_file_are_listed_with_their_lines() -> None:
    text = (
        "item,rater,kind,score\nq1,ann,human,4\nq1,ann,human,3\nq2,ann,robot,3\n,ann,human,3\nq3,,human,3\n"
    )
    text += "q3,ann,human,nan?\nq4,ann,judge,2\nq5,ann,human\nq6,ann,human,inf\n"
    assert errors(text, kind=None) == [
        "line 3: ann on q1 twice, first on line 2",
        "line 4: the kind 'robot' is neither human nor judge",
        "line 5: no item",
        "line 6: no rater",
        "line 7: ann on q3: 'nan?' is not a finite number",
        "line 8: ann is both human and judge",
        "line 9: 3 cells under 4 columns",
        "line 10: ann on q6: 'inf' is not a finite number",
    ]


@pytest.mark.parametrize(
    ("text", "file_format", "message"),
    [
        ("", "csv", "the file holds no ratings"),
        ("item,rater,score\n", "csv", "the file holds no ratings"),
        ("item,a,a\nq,1,2\n", "csv", "line 1: the columns must have distinct names"),
        ("name,a\nq,1\n", "csv", "line 2: no column named item"),
        ("item,rater\nq,1\n", "csv", "line 2: no column named score"),
        ("item,score\nq,1\n", "csv", "line 2: a column named score and none named rater"),
        ("item\nq\n", "csv", "line 2: no rater: neither a column named rater nor a column for each"),
        ('item,a\n"q,1\n', "csv", "line 2: not CSV: unexpected end of data"),
        ('{"item": 1', "jsonl", "line 1: not JSON: Expecting ',' delimiter: line 1 column 11 (char 10)"),
        ('{"item": "q", "a": 1, "a": 2}', "jsonl", "line 1: not JSON: 'a' appears twice"),
        ("[1]", "jsonl", "line 1: not a JSON object"),
        ('{"item": "q", "rater": "a", "score": [1]}', "jsonl", "line 1: a on q: [1] is not a finite number"),
        (
            '{"item": "q", "rater": "a", "score": true}',
            "jsonl",
            "line 1: a on q: True is not a finite number",
        ),
        ('{"a": {"q": 1},\n "b" {}}', "pairs", "line 2: not JSON: Expecting ':' delimiter"),
        ('{"a": {"q": 1, "q": 2}}', "pairs", "not JSON: 'q' appears twice"),
        ('{"a": [1]}', "pairs", "the ratings of a are not an object of labels by item"),
        ("[]", "pairs", "not a JSON object of raters"),
        ("{}", "pairs", "the file holds no ratings"),
    ],
)
def test_what_cannot_be_read_says_why(text: str, file_format: FileFormat, message: str) -> None:
    assert [error.partition(": the columns are ")[0] for error in errors(text, file_format)] == [message]


def test_a_refused_header_is_reported_with_the_accepted_names() -> None:
    assert errors("question_id,annotator,label\nq,ann,1\n") == [
        "line 2: no column named item: the columns are “question_id”, “annotator” and “label”, but a long file has "
        "item/instance/unit/id, rater, score/label/rating and maybe kind, a wide one item/instance/unit/id and a "
        "column for each rater"
    ]


def test_ratings_without_a_kind_are_refused() -> None:
    assert errors("item,ann\nq,3\n", kind=None) == ["line 2: nothing says whether ann is human or judge"]


def test_a_long_list_of_errors_is_cut_in_the_message_only() -> None:
    with pytest.raises(RatingsFileError, match="and 10 more") as caught:
        read("item,ann\n" + "".join(f"q{i},x\n" for i in range(30)), kind="human")
    assert len(caught.value.errors) == 30


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.CSV", "", "csv"),
        ("a.json", "", "pairs"),
        ("a.jsonl", "", "jsonl"),
        ("a", '{"item": 1}\n{"item": 2}', "jsonl"),
        ("a", '{"w": {"q": 1}}', "pairs"),
        ("a", '{\n"w": {}}', "pairs"),
        ("a", "item,rater", "csv"),
    ],
)
def test_the_format_of_a_file(name: str, text: str, expected: str) -> None:
    assert format_of(name, text) == expected


def test_an_empty_file_without_a_name_has_no_format() -> None:
    with pytest.raises(RatingsFileError, match="empty"):
        format_of("a", " ")


def test_people_and_judges_become_one_table() -> None:
    people = read("item,ann,bob\nq1,4,2\nq2,,3\n", kind="human")
    judges = read('{"gpt": {"q2": 5, "q3": 1}}', "pairs", kind="judge")
    found = rating_set([judges, people], "ordinal")
    assert (found.people, found.judges, found.table.raters) == (
        ("ann", "bob"),
        ("gpt",),
        ("ann", "bob", "gpt"),
    )
    assert found.table.units == ("q2", "q3", "q1")
    assert found.table.categories == SCALE  # all five occur
    assert found.missing == 1
    expected = [[np.nan, 3, 5], [np.nan, np.nan, 1], [4, 2, np.nan]]
    assert np.array_equal(found.table.values, np.array(expected), equal_nan=True)


def test_nominal_labels_have_codes_and_keep_their_names() -> None:
    text = json.dumps({f"w{i}": {"a": f"label {i:02d}", "b": "label 00"} for i in range(12)})
    found = rating_set([read(text, "pairs", "nominal", "human")], "nominal")
    assert found.labels == tuple(f"label {i:02d}" for i in range(12))
    assert found.table.categories == tuple(range(12))
    column = found.table.column("w7")
    assert [found.labels[int(value)] for value in column] == ["label 07", "label 00"]


def test_nominal_numbers_are_ordered_by_size() -> None:
    found = rating_set([read('{"w": {"a": 10, "b": 9, "c": "x"}}', "pairs", "nominal", "human")], "nominal")
    assert found.labels == ("9", "10", "x")


@pytest.mark.parametrize("scale", ["ordinal", "interval"])
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 5], (1, 5)),
        ([4, 1, 2, 3, 2], (1, 2, 3, 4)),
        ([0, 4, 10], (0, 4, 10)),
        ([0.1, 0.3, 0.2], (0.1, 0.2, 0.3)),
        ([0.3, 0.1 + 0.2, 0.1], (0.1, 0.3)),
        ([1, 2, 2.5], (1, 2, 2.5)),
        ([7], (7,)),
        ([-1, 1e-1], (-1, 0.1)),
        ([0.00001, 7, 3], (0.00001, 3, 7)),
    ],
)
def test_a_scale_that_is_not_stated_has_the_categories_that_occur(
    values: list[float], expected: tuple[float, ...], scale: Scale
) -> None:
    text = json.dumps({"ann": {f"q{i}": value for i, value in enumerate(values)}})
    assert rating_set([read(text, "pairs", scale, "human")], scale).table.categories == expected


def test_a_stated_scale_applies_whatever_occurs() -> None:
    people = read("item,ann\nq1,4\nq2,2\n", kind="human")
    assert rating_set([people], "ordinal", categories=SCALE).table.categories == SCALE
    labels = read('{"w": {"a": "no", "b": "yes"}}', "pairs", "nominal", "human")
    stated = rating_set([labels], "nominal", categories=["yes", "no", "cannot tell"])
    assert stated.labels == ("yes", "no", "cannot tell")
    assert stated.table.values.ravel().tolist() == [1, 0]
    assert rating_set(
        [read('{"w": {"a": "1"}}', "pairs", "nominal", "human")], "nominal", categories=[1.0, 2]
    ).labels == ("1", "2")


def test_ratings_off_a_stated_scale_are_refused() -> None:
    people = read("item,ann\nq1,4\nq2,7\n", kind="human")
    with pytest.raises(RatingsFileError, match="line 3: ann on q2: 7 is not on the scale"):
        rating_set([people], "ordinal", categories=SCALE)
    labels = read('{"w": {"a": "no", "b": "maybe"}}', "pairs", "nominal", "human")
    with pytest.raises(RatingsFileError, match="w on b: maybe is not on the scale"):
        rating_set([labels], "nominal", categories=["no", "yes"])
    with pytest.raises(RatingsFileError, match="not a number"):
        rating_set([people], "ordinal", categories=["low", "high"])
    with pytest.raises(RatingsFileError, match="finite"):
        rating_set([people], "ordinal", categories=[float("nan")])
    with pytest.raises(RatingsFileError, match="no ratings"):
        rating_set([], "nominal")


def test_one_rater_in_two_files_must_not_contradict_itself() -> None:
    human = read("item,ann\nq1,4\n", kind="human")
    with pytest.raises(RatingsFileError, match="ann is both human and judge"):
        rating_set([human, read("item,ann\nq2,4\n", kind="judge")], "ordinal")
    with pytest.raises(RatingsFileError, match="ann on q1 in two files"):
        rating_set([human, read("item,ann\nq1,3\n", kind="human")], "ordinal")
    more = rating_set([human, read("item,ann\nq2,3\n", kind="human")], "ordinal")
    assert more.table.column("ann").tolist() == [4, 3]


@pytest.mark.parametrize("file_format", ["csv", "jsonl", "pairs"])
def test_every_format_makes_the_same_table(file_format: Literal["csv", "jsonl", "pairs"]) -> None:
    scores = {"ann": {"q1": 1, "q2": 3}, "bob": {"q1": 2, "q2": 5}}
    texts = {
        "csv": "item,ann,bob\nq1,1,2\nq2,3,5\n",
        "jsonl": "\n".join(
            json.dumps({"item": item, "rater": rater, "score": score})
            for rater, of_rater in scores.items()
            for item, score in of_rater.items()
        ),
        "pairs": json.dumps(scores),
    }
    found = rating_set([read(texts[file_format], file_format, kind="human")], "ordinal")
    assert found.table.units == ("q1", "q2")
    assert found.table.values.tolist() == [[1, 2], [3, 5]]


PUBLISHED = Path(__file__).resolve().parents[5] / "shared" / "data" / "human_vs_llm"


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published annotations are not on this machine")
@pytest.mark.parametrize(
    ("name", "scale", "shape", "categories"),
    [("wax", "nominal", (246, 14), 17), ("cebab_stars", "ordinal", (711, 16), 5)],
)
def test_the_published_annotations_are_read_whole(
    name: str, scale: Scale, shape: tuple[int, int], categories: int
) -> None:
    """Every label of the files is in the table under its own name, and every pair of raters has coefficients."""
    raw: dict[str, dict[str, object]] = {}
    files = []
    kinds: tuple[tuple[Kind, str], ...] = (("human", "human"), ("judge", "llm"))
    for kind, file in kinds:
        text = (PUBLISHED / name / f"{file}_annotations.json").read_text()
        raw |= json.loads(text)
        files.append(read(text, "pairs", scale, kind))
    found = rating_set(files, scale)
    assert found.table.values.shape == shape
    assert len(found.table.categories) == categories
    assert np.count_nonzero(~np.isnan(found.table.values)) == sum(map(len, raw.values()))
    row = {unit: i for i, unit in enumerate(found.table.units)}
    for rater, labels in raw.items():
        column = found.table.column(rater)
        for item, label in labels.items():
            value = column[row[item]]
            assert (found.labels[int(value)] if scale == "nominal" else value) == label
    pooled = PooledTable.of(found.table, draws=Draws(rng=np.random.default_rng(0), resamples=20))
    for pair in rater_matrix(pooled, level=scale).pairs:
        assert (pair.n > 0) == (pair.scale["gwet_ac1"].value is not None)


def test_semicolons_leave_the_comma_to_decimals() -> None:
    text = "item;rater;score\na;ann;2,5\nb;ann;3\n"
    found = parse_ratings(text, file_format="csv", scale="interval", kind="human")
    assert [rating.label for rating in found.ratings] == [2.5, 3.0]
    named = parse_ratings(text, file_format="csv", scale="nominal", kind="human")
    assert [rating.label for rating in named.ratings] == ["2.5", "3"]  # one form on every scale
    assert named.notes.decimal_commas == 1
    with pytest.raises(RatingsFileError, match="not a finite number"):
        parse_ratings('item,rater,score\na,ann,"2,5"\n', file_format="csv", scale="interval", kind="human")
    with pytest.raises(RatingsFileError, match="not a finite number"):
        parse_ratings("item;rater;score\na;ann;1.000,5\n", file_format="csv", scale="interval", kind="human")
