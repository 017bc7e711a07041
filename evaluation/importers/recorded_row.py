"""One row of a recorded run: cells in, a checked frozen dataclass out. No database."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.importers.csv_file import CsvRecord
from evaluation.importers.dialect import Dialect, ResponseColumns
from evaluation.importers.literal import LiteralError, parse_value
from evaluation.importers.question_draft import (
    QuestionDraft,
    check_storable,
    draft_question,
    gold_letter,
    is_option_letter,
    parse_options,
    preference_text,
)
from evaluation.importers.rating import Rating, parse_rating
from evaluation.importers.report import RowRejected
from evaluation.models.run import Setting

_TRUE, _FALSE = {"true", "1", "1.0"}, {"false", "0", "0.0"}


@dataclass(frozen=True)
class RecordedResponse:
    """A response. `answer`: an option letter, or empty (a delivery failure); `recorded_answer`: the cell."""

    text: str
    answer: str
    recorded_answer: str
    is_second_extraction: bool = False
    thoughts: str = ""


@dataclass(frozen=True)
class RecordedItem:
    """A personalised response and the preferences it was given: one, save in the irrelevant setting."""

    preferences: tuple[str, ...]
    personalised: RecordedResponse


@dataclass(frozen=True)
class RecordedRow:
    """A row that can be written."""

    row: int
    line: int
    question: QuestionDraft
    baseline: RecordedResponse
    items: tuple[RecordedItem, ...]
    rating: Rating | None = None
    claims: tuple[tuple[str, bool], ...] = ()
    """What the derived columns of the file say, by column."""


def parse_row(
    record: CsvRecord, dialect: Dialect, *, setting: str, preferences: Sequence[str] = ()
) -> RecordedRow:
    """Read a row. Raises `RowRejected` with the column at fault.

    `preferences` are the texts of the profiles 1, 2, … where the file does not have them.
    """
    cells = record.cells
    options = parse_options(dialect.cell(cells, "options") or "")
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
    _refuse_same_preference_twice(items)
    return RecordedRow(
        row=record.row,
        line=record.line,
        question=question,
        baseline=_response(cells, dialect, dialect.baseline, options),
        items=items,
        rating=parse_rating(cells, dialect) if dialect.has_ratings else None,
        claims=_claims(cells, dialect),
    )


def _response(
    cells: Sequence[str], dialect: Dialect, columns: ResponseColumns, options: Sequence[str]
) -> RecordedResponse:
    positions = [columns.response, columns.answer]
    positions += [] if columns.thoughts is None else [columns.thoughts]
    for position in positions:
        check_storable(dialect.name_at(position), cells[position])
    recorded = cells[columns.answer]
    return RecordedResponse(
        text=cells[columns.response],
        answer=recorded.strip() if is_option_letter(recorded.strip(), options) else "",
        recorded_answer=recorded,
        is_second_extraction=columns.invalid is not None and cells[columns.invalid].strip().lower() in _TRUE,
        thoughts="" if columns.thoughts is None else cells[columns.thoughts],
    )


def _preferences(
    cells: Sequence[str], dialect: Dialect, columns: ResponseColumns, setting: str, preferences: Sequence[str]
) -> tuple[str, ...]:
    if columns.preference is not None:
        column, text = dialect.name_at(columns.preference), cells[columns.preference]
    elif columns.profile:
        placeholder = f"Profile {columns.profile} (its text is not in the file)"
        column, text = "", given_preference(columns.profile, preferences) or placeholder
    else:
        column, text = "preference", ""
    if setting == Setting.IRRELEVANT:
        return _several(column, text)
    text = preference_text(column, text)
    if not text:
        raise RowRejected(column, "has no preference")
    return (text,)


def given_preference(profile: int, preferences: Sequence[str]) -> str:
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


def _refuse_same_preference_twice(items: Sequence[RecordedItem]) -> None:
    shown = [item.preferences for item in items]
    if len(set(shown)) < len(shown):
        raise RowRejected("", "has two profiles with the same preference")


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
    personalised = row.items[0].personalised
    is_correct = personalised.answer == row.question.gold_option
    score = row.rating.score if row.rating else None
    followed = None if score is None else score >= threshold
    robust = (
        is_correct
        if setting == Setting.IRRELEVANT
        else (None if followed is None else is_correct and followed)
    )
    derived: dict[str, bool | None] = {
        "nopref_correct": row.baseline.answer == row.question.gold_option,
        "pref_correct": is_correct,
        "followed_pref": followed,
        "is_robust": robust,
    }
    return [name for name, claim in row.claims if derived[name] is not None and derived[name] is not claim]
