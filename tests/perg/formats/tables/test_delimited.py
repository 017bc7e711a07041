"""Delimited text in the dialects that people have."""

import io
from dataclasses import replace

import pytest

from perg.formats.tables.layout import TableUnreadable
from perg.formats.tables.opening import open_table, recognised
from tests.perg.formats.tables.reading import cells_of, problems_of, table_of

GERMAN = "id;Frage;Antwort;Anna\n1;Wie geht's, 1?;„Gut“, für Müller;3,5\n2;Und, du?;Ja, ja;4\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_a_german_file_is_read_in_every_encoding(encoding: str) -> None:
    table = table_of(GERMAN.encode(encoding))

    assert table.columns == ("id", "Frage", "Antwort", "Anna")
    assert cells_of(table) == [
        ["1", "Wie geht's, 1?", "„Gut“, für Müller", "3,5"],
        ["2", "Und, du?", "Ja, ja", "4"],
    ]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1251", "Ответ вежливый, но неполный, и не помогает"),
        ("cp1253", "Η απάντηση είναι ευγενική αλλά ελλιπής"),
        ("shift_jis", "回答は丁寧ですが不完全です。もう一度お願いします"),
        ("euc_kr", "답변은 공손하지만 불완전합니다. 다시 해주세요"),
    ],
)
def test_other_alphabets_are_recognised_in_legacy_encodings(encoding: str, text: str) -> None:
    content = ("id;text\n" + "".join(f"{number};{text}\n" for number in range(5))).encode(encoding)

    assert cells_of(table_of(content))[0] == ["0", text]


def test_a_wrong_guess_of_the_encoding_can_be_corrected() -> None:
    stream = io.BytesIO("id;text\n1;więc źle\n".encode("cp1250"))
    layout = recognised(stream, "file.csv")

    table = open_table(stream, replace(layout, encoding="cp1250"))

    assert cells_of(table) == [["1", "więc źle"]]


def test_an_encoding_that_does_not_fit_is_named() -> None:
    stream = io.BytesIO("id;text\n1;süß\n".encode("cp1252"))
    layout = replace(recognised(stream, "file.csv"), encoding="utf-8")

    with pytest.raises(TableUnreadable, match="not utf-8") as refusal:
        list(open_table(stream, layout).rows())
    assert refusal.value.code == "wrong_encoding"


@pytest.mark.parametrize(
    ("content", "delimiter"),
    [
        ("id,text\n1,a; b; c\n2,d; e; f\n", ","),
        ("id\ttext\n1\ta, b; c\n2\td, e; f\n", "\t"),
        ("id|text\n1|a, b, c\n2|d, e, f\n", "|"),
        ("id;value\n1;2,5\n2;3,5\n3;4,5\n", ";"),
        ('id;answer\n1;"Well, yes, no; maybe"\n2;"Well, yes, no; maybe"\n', ";"),
        ('id,payload\n1,"{""a"": 1, ""b"": [1, 2]}"\n2,"{""a"": 1}"\n', ","),
        ("sep=|\nid|text\n1|a, b\n", "|"),
        ("Ratings of July\n\nid;a;b\n1;2;3\n4;5;6\n", ";"),
        ("id\rtext\r", None),
        ("text\nHello, world, this is\nno\nwell, yes\n", None),
    ],
)
def test_the_delimiter_is_the_one_that_gives_equal_rows(content: str, delimiter: str | None) -> None:
    layout = recognised(io.BytesIO(content.encode()), "file.csv")

    assert layout.delimiter == (delimiter or "\x1f")


def test_a_cell_may_hold_lines_quotes_emoji_and_two_hundred_thousand_characters() -> None:
    long = "x" * 200_000
    content = f'id,text\n1,{long}\n2,"a ""b""\r\n\r\n😀, c"\n3,plain\n'

    assert [row[1] for row in cells_of(table_of(content.encode()))] == [long, 'a "b"\r\n\r\n😀, c', "plain"]


def test_quotes_escaped_by_backslashes_are_read() -> None:
    content = 'id,text,n\n1,"say \\"hi, you\\" now",3\n2,"b, c",4\n'

    assert cells_of(table_of(content.encode())) == [["1", 'say "hi, you" now', "3"], ["2", "b, c", "4"]]


def test_lines_may_end_as_on_old_macintoshes() -> None:
    assert cells_of(table_of(b"id,text\r1,a\r2,b\r")) == [["1", "a"], ["2", "b"]]


def test_blank_rows_and_blank_cells_behind_the_last_column_are_no_data() -> None:
    table = table_of(b"id,text,,\n\n1,a,,\n,,,\n2,b\n")

    assert table.columns == ("id", "text")
    assert cells_of(table) == [["1", "a"], ["2", "b"]]


def test_rows_with_too_many_or_too_few_cells_are_named() -> None:
    table = table_of(b"id,text,x\n1,a\n2,b,c,d\n3,e,f\n")

    assert problems_of(table) == [
        "1, 2: has only 2 cells under 3 columns",
        "2, 3: has 4 cells under 3 columns",
    ]
    assert cells_of(table) == [["3", "e", "f"]]


@pytest.mark.parametrize("excess", [1, 4])
@pytest.mark.parametrize(("right", "wrong"), [(6, 7), (1, 20), (0, 5)])
def test_the_heading_decides_however_many_rows_have_more_cells(excess: int, right: int, wrong: int) -> None:
    rows = ["x,y,A,Short"] * right + ["x,y,A,Short" + ", sweet" * excess] * wrong
    table = table_of("\n".join(["first,second,answer,preference", *rows]).encode())

    assert table.columns == ("first", "second", "answer", "preference")
    assert len(cells_of(table)) == right
    assert len(problems_of(table)) == wrong
    assert problems_of(table)[0].endswith(f"has {4 + excess} cells under 4 columns")


def test_a_guessed_encoding_is_noted() -> None:
    assert table_of("id,text\n1,süß\n".encode()).notes == ()
    (note,) = table_of("id,text\n1,süß\n".encode("cp1252")).notes
    assert "read as Windows-1252" in note


def test_utf8_that_is_broken_in_one_place_is_not_taken_for_another_encoding() -> None:
    content = "id,text\n1,größer\n2,süß\n".encode() + b"3,br\xfcchig\n" + "4,Käse\n".encode()

    with pytest.raises(TableUnreadable, match="UTF-8, but broken in line 4"):
        table_of(content)


def test_reading_goes_on_after_a_broken_quote() -> None:
    table = table_of(b'id,text\n1,"a"b\n2,b\n3,"c, d"\n')

    assert problems_of(table) == [
        "1, 2: has text behind a closing quote (line 2); quotes inside a cell must be doubled"
    ]
    assert cells_of(table) == [["2", "b"], ["3", "c, d"]]


def test_a_quote_that_is_never_closed_names_the_lines_it_swallows() -> None:
    assert problems_of(table_of(b'id,text\n1,a\n2,"open\n3,b\n')) == [
        "2, 4: has a quote that is never closed (lines 3 to 4)"
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "has 0 bytes"),
        (b"\n \n", "only blank lines"),
        (b"\x89PNG\r\n\x1a\n\0\0", "a picture"),
        (bytes(range(256)) * 10, "binary"),
        (b"\x1f\x8b\x08\0", "gzip"),
        ("id,text\n".encode("utf-16")[:-1], "broken at byte"),
        (",".join(map(str, range(5001))).encode() + b"\n", "5,001 columns"),
        (b"id,text\n1," + b"," * 1_000_001, "more than 1,000,000 cells"),
    ],
)
def test_what_holds_no_table_is_refused_with_the_reason(content: bytes, message: str) -> None:
    with pytest.raises(TableUnreadable, match=message):
        list(table_of(content).rows())


def test_rows_can_be_read_twice_and_the_stream_stays_open() -> None:
    stream = io.BytesIO(b"id,text\n1,a\n")
    table = open_table(stream, recognised(stream, "x"))

    assert cells_of(table) == cells_of(table) == [["1", "a"]]
    assert not stream.closed
