"""One row of a recorded run: cells in, a checked frozen dataclass out. No database."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.importers.cells.answer_cell import read_answer
from evaluation.importers.cells.literal import LiteralError, parse_value
from evaluation.importers.cells.question_draft import (
    NOTHING,
    QuestionDraft,
    check_storable,
    draft_question,
    excerpt,
    gold_letter,
    parse_options,
    preference_text,
)
from evaluation.importers.files.csv_file import CsvRecord, is_blank
from evaluation.importers.report import RowRejected
from evaluation.importers.rows.dialect import Dialect, ResponseColumns
from evaluation.importers.rows.rating import Rating, parse_rating
from evaluation.models.run import Setting

_TRUE, _FALSE = {"true", "1", "1.0"}, {"false", "0", "0.0"}


@dataclass(frozen=True)
class RecordedResponse:
    """A response. `answer`: an option letter, or empty (a delivery failure); `recorded_answer`: the cell.

    `is_interpreted`: the cell is another writing of the letter. `is_missing`: the row has neither text nor answer.
    """

    text: str
    answer: str
    recorded_answer: str
    is_interpreted: bool = False
    is_missing: bool = False
    is_second_extraction: bool = False
    thoughts: str = ""

    @property
    def has_text(self) -> bool:
        return not _is_nothing(self.text)


@dataclass(frozen=True)
class RecordedItem:
    """A personalised response and the preferences it was given: one, except in the irrelevant setting."""

    preferences: tuple[str, ...]
    personalised: RecordedResponse


@dataclass(frozen=True)
class RecordedRow:
    """A row that can be written."""

    row: int
    characters: int
    """Of all its cells: what it takes to hold."""
    question: QuestionDraft
    baseline: RecordedResponse
    items: tuple[RecordedItem, ...]
    rating: Rating | None = None
    """Of the response that the evaluation speaks of, which need not be the one imported."""
    claims: tuple[tuple[str, bool], ...] = ()
    """What the derived columns of the file say, by column."""
    evaluated_answer: str | None = None
    """The letter that they speak of; None where the file does not have it."""
    other_answer: str | None = None
    """The letter of the other response, of two in the row."""


def parse_row(
    record: CsvRecord, dialect: Dialect, *, setting: str, preferences: Sequence[str] = ()
) -> RecordedRow:
    """Read a row. Raises `RowRejected` with the column at fault.

    `preferences` are the texts of the profiles 1, 2, … where the file does not have them.
    """
    options = parse_options(dialect.cell(record.cells, "options") or "")
    cells = _merged(record.cells, dialect, options)
    question = draft_question(
        text=dialect.cell(cells, "question") or "",
        options=options,
        gold_option=gold_letter(
            options, letter=dialect.cell(cells, "gold_option"), answer=dialect.cell(cells, "gold_answer")
        ),
        source=dialect.cell(cells, "source") or "",
        category=dialect.cell(cells, "category") or "",
        external_id=dialect.cell(cells, "id") or "",
    )
    items = tuple(
        RecordedItem(
            _preferences(cells, dialect, columns, setting, preferences),
            _response(cells, dialect, columns, options),
        )
        for columns in dialect.personalised
    )
    evaluation = dialect.evaluation
    return RecordedRow(
        row=record.row,
        characters=sum(map(len, record.cells)),
        question=question,
        baseline=_response(cells, dialect, dialect.baseline, options),
        items=items,
        rating=parse_rating(cells, dialect) if dialect.has_ratings else None,
        claims=_claims(cells, dialect),
        evaluated_answer=_letter(cells, evaluation.answer, options),
        other_answer=_letter(cells, evaluation.other_answer, options),
    )


def _merged(cells: Sequence[str], dialect: Dialect, options: Sequence[str]) -> Sequence[str]:
    """The cells, with what only the second of two columns for the same thing says in the first.

    Raises `RowRejected` where the two say different things.
    """
    if not dialect.twins:
        return cells
    merged = list(cells)
    for twin in dialect.twins:
        first, second = merged[twin.first], cells[twin.second]
        if is_blank(first):
            merged[twin.first] = second
        elif not is_blank(second) and not _say_the_same(first, second, options if twin.is_answer else None):
            raise RowRejected(
                dialect.name_at(twin.first),
                f"is {excerpt(first.strip())}, but {dialect.name_at(twin.second)}, which holds the same thing, is "
                f"{excerpt(second.strip())}",
            )
    return merged


def _say_the_same(first: str, second: str, options: Sequence[str] | None) -> bool:
    if unicodedata.normalize("NFC", first.strip()) == unicodedata.normalize("NFC", second.strip()):
        return True
    return options is not None and read_answer(first, options).letter == read_answer(second, options).letter


def _letter(cells: Sequence[str], position: int | None, options: Sequence[str]) -> str | None:
    return None if position is None else read_answer(cells[position], options).letter


def _response(
    cells: Sequence[str], dialect: Dialect, columns: ResponseColumns, options: Sequence[str]
) -> RecordedResponse:
    positions = [columns.response, columns.answer]
    positions += [] if columns.thoughts is None else [columns.thoughts]
    for position in positions:
        check_storable(dialect.name_at(position), cells[position])
    text, recorded = cells[columns.response], cells[columns.answer]
    reading = read_answer(recorded, options)
    return RecordedResponse(
        text=text,
        answer=reading.letter,
        recorded_answer=recorded,
        is_interpreted=reading.is_interpreted,
        is_missing=_is_nothing(text) and _is_nothing(recorded),
        is_second_extraction=columns.invalid is not None and cells[columns.invalid].strip().lower() in _TRUE,
        thoughts="" if columns.thoughts is None else cells[columns.thoughts],
    )


def _is_nothing(cell: str) -> bool:
    return is_blank(cell) or cell.strip() in NOTHING


def _preferences(
    cells: Sequence[str], dialect: Dialect, columns: ResponseColumns, setting: str, preferences: Sequence[str]
) -> tuple[str, ...]:
    if columns.preference is not None:
        column, text = dialect.name_at(columns.preference), cells[columns.preference]
    elif columns.profile:
        placeholder = f"Profile {columns.profile} (its text is not in the file)"
        column, text = "", preference_of_profile(columns.profile, preferences) or placeholder
    else:
        column, text = "preference", ""
    if setting == Setting.IRRELEVANT:
        return _several(column, text)
    text = preference_text(column, text)
    if not text:
        raise RowRejected(column, "has no preference")
    return (text,)


def preference_of_profile(profile: int, preferences: Sequence[str]) -> str:
    """The preference of a profile in a list that starts with profile 1; empty where the list has none."""
    return preferences[profile - 1].strip() if profile <= len(preferences) else ""


def _several(column: str, text: str) -> tuple[str, ...]:
    """Irrelevant preferences: a list of them, a single one, or none. The same one counts once."""
    texts = [text]
    if text.lstrip().startswith("["):
        try:
            value = parse_value(text)
        except LiteralError:
            value = None
        if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
            texts = [str(entry) for entry in value]
    cleaned = [preference_text(column, entry) for entry in texts]
    return tuple(dict.fromkeys(entry for entry in cleaned if entry))


def _claims(cells: Sequence[str], dialect: Dialect) -> tuple[tuple[str, bool], ...]:
    claims = []
    for name in dialect.checks:
        value = (dialect.cell(cells, name) or "").strip().lower()
        if value in _TRUE or value in _FALSE:
            claims.append((name, value in _TRUE))
    return tuple(claims)


def disputed_claims(row: RecordedRow, *, setting: str, threshold: int) -> list[str]:
    """The derived columns in which the file says otherwise than its own answers and rating do.

    What cannot be derived, such as `followed_pref` without a rating, is not disputed.
    """
    score = row.rating.score if row.rating else None
    followed = None if score is None else score >= threshold
    is_correct = None if row.evaluated_answer is None else row.evaluated_answer == row.question.gold_option
    if setting == Setting.IRRELEVANT:
        robust = is_correct
    else:
        robust = None if followed is None or is_correct is None else is_correct and followed
    derived: dict[str, bool | None] = {
        "nopref_correct": None
        if row.baseline.is_missing
        else row.baseline.answer == row.question.gold_option,
        "pref_correct": is_correct,
        "followed_pref": followed,
        "is_robust": robust,
    }
    return [name for name, claim in row.claims if derived[name] is not None and derived[name] is not claim]


def fits_only_other_answer(row: RecordedRow) -> bool | None:
    """Whether `pref_correct` is true of the other response's answer and not of the one it should speak of.

    None where it cannot tell the two apart.
    """
    claim = dict(row.claims).get("pref_correct")
    if claim is None or row.evaluated_answer is None or row.other_answer is None:
        return None
    of_evaluated, of_other = (
        answer == row.question.gold_option for answer in (row.evaluated_answer, row.other_answer)
    )
    return None if of_evaluated == of_other else claim == of_other
