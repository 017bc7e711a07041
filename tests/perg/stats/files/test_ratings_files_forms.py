"""Files as spreadsheets, pandas and R write them: columns, encodings, numbers, what is missing, what stands twice."""

import io

import pytest

from perg.stats.files.ratings_files import FileRatings, RatingsFileError, Scale
from perg.stats.files.ratings_parsing import parse_ratings
from perg.stats.files.ratings_rows import delimiter_of, encoding_of


def read(text: str, scale: Scale = "ordinal", **more: object) -> FileRatings:
    start = text.lstrip()[:1]
    file_format = "csv" if start != "{" else "jsonl" if '"item"' in text else "pairs"
    return parse_ratings(text, file_format=file_format, scale=scale, kind="human", **more)  # type: ignore[arg-type]


def errors(text: str, scale: Scale = "ordinal", **more: object) -> list[str]:
    with pytest.raises(RatingsFileError) as caught:
        read(text, scale, **more)
    return [str(error) for error in caught.value.errors]


def labels(file: FileRatings) -> list[object]:
    return [rating.label for rating in file.ratings]


def raters(file: FileRatings) -> set[str]:
    return {rating.rater for rating in file.ratings}


@pytest.mark.parametrize("scale", ["nominal", "ordinal"])
def test_one_number_in_many_spellings_is_one_rating_on_every_scale(scale: Scale) -> None:
    csv = read('item,a,b,c\nq1,1.0," 1 ",1e0\nq2,1.00,+1,1\n', scale)
    json = read('{"a": {"q1": 1, "q2": 1.0, "q3": "1", "q4": "1.0"}}', scale)
    assert set(labels(csv)) == set(labels(json)) == ({"1"} if scale == "nominal" else {1.0})


def test_booleans_are_one_label_however_they_are_written_and_no_number() -> None:
    assert labels(read('{"a": {"q1": true, "q2": "True", "q3": "TRUE", "q4": 1}}', "nominal")) == [
        *("true", "true", "true", "1")
    ]
    assert errors('{"a": {"q1": true}}') == ["a on q1: True is not a finite number"]


@pytest.mark.parametrize(
    "cell", ["1_0", "１", "0x10", "inf", "Infinity", '"1,000"', '"4,5"', "1e400", "−1", "½"]
)
def test_what_is_no_number_is_an_error_and_never_another_number(cell: str) -> None:
    (error,) = errors(f"item,a\nq1,{cell}\n")
    assert error.startswith("line 2: a on q1: ")
    assert "is not a finite number" in error


def test_an_error_says_which_number_a_cell_looks_like() -> None:
    assert errors("item,a\nq1,−1\n") == ["line 2: a on q1: '−1' is not a finite number (it looks like -1)"]


@pytest.mark.parametrize(
    "text",
    [
        "item,a,b\nq1,NaN,yes\nq2,NA,no\nq3,None,\n",
        '{"item": "q1", "a": NaN, "b": "yes"}\n{"item": "q2", "a": null, "b": "no"}\n'
        '{"item": "q3", "a": "nan", "b": ""}',
        '{"a": {"q1": NaN, "q2": null, "q3": "N/A"}, "b": {"q1": "yes", "q2": "no", "q3": "-"}}',
    ],
)
def test_what_is_missing_is_counted_and_is_no_label(text: str) -> None:
    file = read(text, "nominal")
    assert (labels(file), file.missing) == (["yes", "no"], 4)


def test_a_stated_label_is_one_even_where_the_word_means_a_missing_rating() -> None:
    text = "item,a\nq1,NA\nq2,DE\nq3,\n"
    assert labels(read(text, "nominal")) == ["DE"]
    assert labels(read(text, "nominal", categories=("NA", "DE"))) == ["NA", "DE"]
    assert labels(read(text, "nominal", names=["NA"])) == ["NA", "DE"]


@pytest.mark.parametrize(
    ("scale", "categories", "message"),
    [
        ("ordinal", (1.0, 2.0), "line 3: a on q2: '3' is not on the stated scale"),
        ("nominal", ("1", "2"), "line 3: a on q2: '3' is not on the stated scale"),
    ],
)
def test_a_rating_outside_a_stated_scale_is_an_error_by_its_line(
    scale: Scale, categories: tuple[object, ...], message: str
) -> None:
    assert errors("item,a\nq1,1.0\nq2,3.0\n", scale, categories=categories) == [message]


@pytest.mark.parametrize(
    ("header", "delimiter"),
    [
        ('item;"Doe, J., Dr., MSc";"Roe, K."', ";"),
        ("item;Doe, J., Dr., MSc;Roe, K.", ";"),
        ('item,"a;b;c;d;e"', ","),
        ('"item","a ""b; c; d"" e"', ","),
        ("item\ta, b, c", "\t"),
        ("item|a|b", "|"),
        ("\n\nitem;a", ";"),
        ("name;a", ";"),
    ],
)
def test_delimiters_inside_names_part_no_columns(header: str, delimiter: str) -> None:
    assert delimiter_of(f"{header}\nq1;1;2\n") == delimiter


def test_a_quoted_name_with_commas_is_a_name() -> None:
    file = read('item;"Doe, J., Dr., MSc";"Roe, K."\nq1;1;2\n')
    assert raters(file) == {"Doe, J., Dr., MSc", "Roe, K."}


def test_a_line_above_the_header_may_say_what_parts_columns() -> None:
    file = read("sep=;\r\nitem;a\r\nq1;4,5\r\n", "interval")
    assert (labels(file), file.ratings[0].line) == ([4.5], 3)


def test_empty_rows_and_columns_of_a_spreadsheet_are_nothing() -> None:
    file = read("item;a;b;;\nq1;1;2;;\n;;;;\nq2;2;3;;;\n;;;;\n")
    assert (raters(file), file.missing, file.notes.unread) == ({"a", "b"}, 0, ())


def test_row_numbers_without_a_name_and_second_ids_are_no_raters() -> None:
    assert raters(read(",item,a\n0,q1,1\n1,q2,2\n")) == {"a"}
    assert raters(read("Unnamed: 0,item,a\n0,q1,1\n1,q2,2\n")) == {"a"}
    assert raters(read("id,item,a\n0,q1,1\n1,q2,2\n")) == {"a"}


def test_a_person_in_two_unicode_forms_is_one() -> None:
    file = read("item,rater,score\nq1,Zoë,1\nq2,Zoe\u0308,2\nq3,\u200fZoë\u200b,3\nq4,Zoë\u00a0,4\n")
    assert raters(file) == {"Zoë"}
    assert errors("item,Zoë,Zoe\u0308\nq1,1,2\n") == ["line 1: the columns must have distinct names"]


def test_an_item_has_one_name_as_number_and_as_text() -> None:
    text = '{"item": 7, "a": 1}\n{"item": "8", "a": 1}\n{"item": 9.0, "a": 1}\n{"item": "007", "a": 1}'
    assert [rating.item for rating in read(text).ratings] == ["7", "8", "9", "007"]


def test_the_same_rating_twice_is_one_and_another_is_an_error() -> None:
    text = "item,rater,score\nq1,a,1\nq1,a,1.0\nq2,a,\nq2,a,2\nq3,a,2\nq3,a,NA\n"
    file = read(text)
    assert [(rating.item, rating.label) for rating in file.ratings] == [("q1", 1), ("q2", 2), ("q3", 2)]
    assert (file.missing, file.notes.repeated) == (0, 2)
    assert errors(text + "q1,a,3\n") == ["line 8: a on q1 twice, first on line 2"]


def test_a_column_of_text_among_numbers_is_one_error_not_one_for_each_row() -> None:
    rows = "".join(f"q{i},{1 + i % 3},remark {i}\n" for i in range(30))
    assert errors(f"item,a,comment\n{rows}") == [
        "line 2: comment has no readable rating: remove the column (comment on q0: 'remark 0' is not a finite "
        "number)"
    ]


def test_a_column_that_is_not_there_is_one_error_not_one_for_each_row() -> None:
    (error,) = errors("question,a\nq1,1\nq2,2\nq3,3\n")
    assert error.startswith(
        "line 2: no column named item (in 3 rows): the columns are “question” and “a”, but "
    )


def test_a_long_cell_is_shown_by_its_beginning() -> None:
    (error,) = errors(f"item,a\nq1,{'x' * 300}\n")
    assert len(error) < 130
    assert labels(read(f"item,a\nq1,{'x' * 300}\nq2,y\n", "nominal")) == ["x" * 300, "y"]


@pytest.mark.parametrize("text", ['{"item": "q", "a": Infinity}', '{"a": {"q": -Infinity}}'])
def test_an_infinite_number_in_json_is_an_error(text: str) -> None:
    assert "Infinity is not a finite number" in errors(text)[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_in_a_known_encoding_is_read(encoding: str) -> None:
    content = "item,Zoë\nq1,3\n".encode(encoding)
    assert content.decode(encoding_of(io.BytesIO(content))) == "item,Zoë\nq1,3\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("item,Zoë\nq1,3\n".encode("cp1252"), r"not UTF-8 \(at byte 7\): save it as UTF-8"),
        ("item,Zoë\nq1,3\n".encode("utf-16-le"), "not UTF-8"),
        ("item,Zoe\nq1,3\n".encode("utf-16-be"), "UTF-16 without a byte order mark"),
        (b"\xff\xfea", "not UTF-16"),
    ],
)
def test_a_file_in_another_encoding_is_refused_with_what_to_do(content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        encoding_of(io.BytesIO(content))
