"""A question as a file has it: its options and gold option read and checked, before the database is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from evaluation.importers.cells.literal import LiteralError, Value, parse_value
from evaluation.importers.report import RowRejected
from evaluation.models import Question
from evaluation.models.dataset import LETTERS, MAX_OPTIONS, MIN_OPTIONS

MAX_LABEL = 200
NOTHING = {"nan", "NaN", "<NA>", "NaT"}
"""What data frames write as text where there is nothing."""
# The text of a preference is in a unique index, and PostgreSQL keeps no index entry above 2,704 bytes.
MAX_PREFERENCE_BYTES = 2_500
LONGEST_QUESTION = 100_000
LONGEST_OPTION = 20_000
"""Characters. Longer ones are no question that a person reads, and make a page of megabytes."""


@dataclass(frozen=True)
class QuestionDraft:
    """A question that can be written: everything in it was checked."""

    text: str
    options: tuple[str, ...]
    gold_option: str
    source: str = ""
    category: str = ""
    external_id: str = ""

    @cached_property
    def key(self) -> str:
        return Question.key_of(self.text, list(self.options), self.gold_option)


def draft_question(
    *,
    text: str,
    options: Sequence[str],
    gold_option: str,
    source: str = "",
    category: str = "",
    external_id: str = "",
) -> QuestionDraft:
    """Check the parts of a question and put them together. Raises `RowRejected`."""
    if not text.strip():
        raise RowRejected("question", "has no text")
    check_storable("question", text)
    if len(text) > LONGEST_QUESTION:
        raise RowRejected("question", f"has {len(text):,} characters; at most {LONGEST_QUESTION:,} are taken")
    for option in options:
        check_storable("options", option)
        if len(option) > LONGEST_OPTION:
            raise RowRejected(
                "options",
                f"has an option of {len(option):,} characters; at most {LONGEST_OPTION:,} are taken",
            )
    return QuestionDraft(
        text=text,
        options=tuple(options),
        gold_option=gold_option,
        source=label("source", source),
        category=label("category", category),
        external_id=label("id", external_id),
    )


def parse_options(text: str) -> tuple[str, ...]:
    """The options out of a cell: a list as Python, NumPy or JSON writes it. Raises `RowRejected`."""
    try:
        value = parse_value(text)
    except LiteralError:
        value = None
    if not isinstance(value, list):
        raise RowRejected("options", f"is not a list: {excerpt(text)}")
    return check_options(value)


def check_options(values: Sequence[Value], column: str = "options") -> tuple[str, ...]:
    """Options as texts, 2 to 26 of them; the same text may occur twice. Raises `RowRejected`."""
    options = [_option(value, column) for value in values]
    if not MIN_OPTIONS <= len(options) <= MAX_OPTIONS:
        number = "1 option" if len(options) == 1 else f"{len(options)} options"
        raise RowRejected(column, f"has {number}; {MIN_OPTIONS} to {MAX_OPTIONS} are needed")
    return tuple(options)


def _option(value: Value, column: str) -> str:
    if value is None or isinstance(value, list | dict):
        raise RowRejected(column, f"is not a list of texts: one of them is {excerpt(repr(value))}")
    return str(value)


def gold_letter(options: Sequence[str], *, letter: str | None, answer: str | None) -> str:
    """The gold option's letter, from its letter, its text or both, which must agree. Raises `RowRejected`.

    None stands for a column that the file does not have.
    """
    letter, answer = (letter or "").strip(), (answer or "").strip()
    if letter:
        if not is_option_letter(letter, options):
            raise RowRejected(
                "gold_option", f"{excerpt(letter)} is none of the options A to {LETTERS[len(options) - 1]}"
            )
        if answer and options[LETTERS.index(letter)].strip() != answer:
            raise RowRejected("gold_answer", f"{excerpt(answer)} is not the text of the gold option {letter}")
        return letter
    if not answer:
        raise RowRejected("gold_option", "has no gold option")
    matches = [LETTERS[position] for position, option in enumerate(options) if option.strip() == answer]
    if not matches:
        raise RowRejected("gold_answer", f"{excerpt(answer)} is none of the options")
    if len(matches) > 1:
        raise RowRejected(
            "gold_answer", f"is the text of the options {' and '.join(matches)}; gold_option must say which"
        )
    return matches[0]


def is_option_letter(text: str, options: Sequence[str]) -> bool:
    """Whether the text is exactly the upper-case letter of one of the options."""
    return len(text) == 1 and text in LETTERS[: len(options)]


def preference_text(column: str, text: str) -> str:
    """A preference without the space around it, empty for none. Raises `RowRejected` if it cannot be stored."""
    text = "" if text.strip() in NOTHING else text.strip()
    check_storable(column, text)
    size = len(text.encode())
    if size > MAX_PREFERENCE_BYTES:
        raise RowRejected(
            column, f"the preference has {size:,} bytes; a preference has at most {MAX_PREFERENCE_BYTES:,}"
        )
    return text


def label(column: str, text: str) -> str:
    """A short text such as a source; empty for what data frames write where there is none.

    Raises `RowRejected` if it is too long or cannot be stored.
    """
    text = text.strip()
    if text in NOTHING:
        return ""
    check_storable(column, text)
    if len(text) > MAX_LABEL:
        raise RowRejected(column, f"has {len(text):,} characters; at most {MAX_LABEL} are allowed")
    return text


def check_storable(column: str, text: str) -> None:
    """Raise `RowRejected` if PostgreSQL cannot store the text: zero characters, half surrogate pairs."""
    if "\0" in text:
        raise RowRejected(column, "has a zero (NUL) character, which cannot be stored")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise RowRejected(
            column, "has half a surrogate pair, which is no character and cannot be stored"
        ) from error


def excerpt(text: str) -> str:
    """The beginning of a text, in quotation marks, for a message."""
    text = text.replace("\0", "␀").encode(errors="replace").decode()
    return f"“{text[:60]}…”" if len(text) > 60 else f"“{text}”"
