"""How published benchmarks lay out their questions, and how each layout becomes a checked question."""

import hashlib
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from evaluation.importers.cells.literal import LiteralError, Value, parse_value
from evaluation.importers.cells.question_draft import (
    QuestionDraft,
    check_options,
    draft_question,
    excerpt,
    gold_letter,
    is_option_letter,
    parse_options,
    preference_text,
)
from evaluation.importers.report import ImportRefused, RowRejected
from evaluation.importers.rows.question_records import Values
from evaluation.models import Question
from evaluation.models.dataset import LETTERS


@dataclass(frozen=True)
class Layout:
    """A layout: the columns it needs (one of each group), where its questions come from, how to read a row."""

    name: str
    needs: tuple[tuple[str, ...], ...]
    source: str
    read: Callable[[Values], QuestionDraft]
    knows: tuple[str, ...] = ()

    @property
    def columns(self) -> set[str]:
        return {*(name for group in self.needs for name in group), *self.knows}

    def missing(self, columns: Collection[str]) -> list[str]:
        return [" or ".join(group) for group in self.needs if not set(group) & set(columns)]


def read_perg(values: Values) -> QuestionDraft:
    """`question, options, gold_option and/or gold_answer`, and `id, category, source`. Raises `RowRejected`."""
    options = values.get("options")
    options = parse_options(options) if isinstance(options, str) else check_options(_list("options", options))
    gold = gold_letter(options, letter=_text(values, "gold_option"), answer=_text(values, "gold_answer"))
    return _draft(values, options, gold)


def read_mmlu(values: Values) -> QuestionDraft:
    """`question, subject, choices` and `answer`, an index from 0 or a letter. Raises `RowRejected`."""
    options = check_options(_list("choices", values.get("choices")), "choices")
    answer = _text(values, "answer").strip().removesuffix(".0")
    if answer.isascii() and answer.isdigit() and len(answer) < 3:
        answer = LETTERS[int(answer)] if int(answer) < len(options) else answer
    if not is_option_letter(answer, options):
        raise RowRejected("answer", _no_option(answer, "an index from 0 or the letter of an option"))
    return _draft(values, options, answer, category=_text(values, "subject"))


def read_truthful_qa(values: Values) -> QuestionDraft:
    """`question` and `mc1_targets: {choices, labels}`, of which the one with label 1 is gold.

    These files list the gold option first, which no model may learn to rely on, so the options are shuffled. The
    order is drawn from the question's own key: the same question always gets the same order.

    Raises `RowRejected`.
    """
    targets = _mapping("mc1_targets", values.get("mc1_targets"))
    options = check_options(_list("mc1_targets", targets.get("choices")), "mc1_targets")
    labels = [str(label).removesuffix(".0") for label in _list("mc1_targets", targets.get("labels"))]
    if len(labels) != len(options) or labels.count("1") != 1:
        raise RowRejected("mc1_targets", "needs one label for each choice, and exactly one label 1")
    gold = labels.index("1")
    key = Question.key_of(_text(values, "question"), list(options), LETTERS[gold])
    order = shuffled_order(key, len(options))
    return _draft(values, [options[old] for old in order], LETTERS[order.index(gold)])


def shuffled_order(key: str, number: int) -> list[int]:
    """An order of `number` things that depends on the key alone, the same on every machine and Python."""
    return sorted(range(number), key=lambda position: hashlib.sha256(f"{key}:{position}".encode()).digest())


def read_commonsense_qa(values: Values) -> QuestionDraft:
    """`id, question, choices: {label, text}, answerKey`; without an answerKey it is no question to score.

    Raises `RowRejected`.
    """
    choices = _mapping("choices", values.get("choices"))
    options = check_options(_list("choices", choices.get("text")), "choices")
    labels = [str(label) for label in _list("choices", choices.get("label"))]
    answer = _text(values, "answerKey").strip()
    if not answer:
        raise RowRejected("answerKey", "has no answer, as in the benchmark's test split")
    if len(labels) != len(options) or labels.count(answer) != 1:
        raise RowRejected("answerKey", _no_option(answer, "the label of one option"))
    return _draft(values, options, LETTERS[labels.index(answer)])


def read_lettered(values: Values) -> QuestionDraft:
    """`question, A, B, …, answer`: a column for each option; the answer is a letter, or the text of an option.

    Raises `RowRejected`.
    """
    texts = [_text(values, letter).strip() for letter in LETTERS]
    options = check_options([text for text in texts if text], "A")
    if any(texts[len(options) :]):
        raise RowRejected(LETTERS[texts.index("")], "is empty, and a later option is not")
    answer = _text(values, "answer").strip()
    is_letter = is_option_letter(answer.upper(), options)
    gold = gold_letter(
        options, letter=answer.upper() if is_letter else "", answer="" if is_letter else answer
    )
    return _draft(values, options, gold)


LAYOUTS: Mapping[str, Layout] = {
    layout.name: layout
    for layout in (
        Layout(
            "truthful_qa",
            (("question",), ("mc1_targets",)),
            "truthful_qa",
            read_truthful_qa,
            ("mc2_targets",),
        ),
        Layout(
            "commonsense_qa",
            (("question",), ("choices",), ("answerKey",)),
            "commonsense_qa",
            read_commonsense_qa,
            ("question_concept",),
        ),
        Layout("mmlu", (("question",), ("choices",), ("answer",)), "cais/mmlu", read_mmlu, ("subject",)),
        Layout(
            "lettered", (("question",), ("A",), ("B",), ("answer",)), "", read_lettered, tuple(LETTERS[2:])
        ),
        Layout("perg", (("question",), ("options",), ("gold_option", "gold_answer")), "", read_perg),
    )
}
ANY_LAYOUT = {"id", "source", "category", "preference"}
"""Columns that are read in every layout."""
KNOWN_COLUMNS = ANY_LAYOUT.union(*(layout.columns for layout in LAYOUTS.values()))
OTHER_NAMES = {
    **{f"{word} {letter.lower()}": letter for word in ("option", "choice", "answer") for letter in LETTERS},
    **dict.fromkeys(("correct answer", "correct", "correct option", "gold", "key"), "answer"),
}
"""What people call columns, beside their names: in lower case, with blanks between the words."""


LAST_SMALL_LETTER = "h"
"""A column `n` has numbers rather than the fourteenth option."""


def known_column(heading: str) -> str:
    """The known column that a heading means, whatever its case and whatever parts its words; else the heading."""
    words = " ".join(heading.replace("_", " ").replace("-", " ").split()).lower()
    if len(words) == 1 and words > LAST_SMALL_LETTER:
        return heading
    by_words = {name.replace("_", " ").lower(): name for name in sorted(KNOWN_COLUMNS)} | OTHER_NAMES
    return heading if heading in KNOWN_COLUMNS else by_words.get(words, heading)


def layout_of(columns: Collection[str], name: str) -> Layout:
    """The layout of this name, or for `auto` the one whose columns are there.

    Raises `ImportRefused`: `unknown_layout`, `missing_columns`.
    """
    if name == "auto":
        for layout in LAYOUTS.values():
            if not layout.missing(columns):
                return layout
        needs = "; ".join(
            f"{layout.name}: {', '.join(' or '.join(group) for group in layout.needs)}"
            for layout in LAYOUTS.values()
        )
        raise ImportRefused(
            f"The columns ({_listed(columns)}) fit no layout. The layouts need: {needs}.",
            code="missing_columns",
        )
    if name not in LAYOUTS:
        raise ImportRefused(
            f"There is no layout “{name}”; there are auto, {', '.join(LAYOUTS)}.",
            code="unknown_layout",
            field="layout",
        )
    missing = LAYOUTS[name].missing(columns)
    if missing:
        raise ImportRefused(
            f"The layout {name} also needs: {'; '.join(missing)}. The file has: {_listed(columns)}.",
            code="missing_columns",
        )
    return LAYOUTS[name]


def preference_of(values: Values) -> str:
    """The record's own preference; empty if it has none. Raises `RowRejected` if it cannot be stored."""
    return preference_text("preference", _text(values, "preference"))


def _listed(columns: Collection[str]) -> str:
    return ", ".join(sorted(columns)[:30]) or "none"


def _no_option(answer: str, needed: str) -> str:
    return f"{excerpt(answer)} is not {needed}" if answer else f"has no answer; {needed} is needed"


def _draft(values: Values, options: Sequence[str], gold: str, *, category: str = "") -> QuestionDraft:
    return draft_question(
        text=_text(values, "question"),
        options=options,
        gold_option=gold,
        source=_text(values, "source"),
        category=_text(values, "category") or category,
        external_id=_text(values, "id"),
    )


def _text(values: Values, column: str) -> str:
    value = values.get(column)
    if isinstance(value, list | dict):
        raise RowRejected(column, "is a list or an object, not a text")
    is_nothing = value is None or (isinstance(value, float) and math.isnan(value))
    return "" if is_nothing else str(value)


def _nested(column: str, value: object) -> object:
    """A nested value; in a CSV file it is a text that has to be read first."""
    if not isinstance(value, str):
        return value
    try:
        return parse_value(value)
    except LiteralError as error:
        raise RowRejected(column, f"cannot be read: {excerpt(value)}") from error


def _list(column: str, value: object) -> list[Value]:
    value = _nested(column, value)
    if not isinstance(value, list):
        raise RowRejected(column, "is not a list" if value is not None else "is missing")
    return value


def _mapping(column: str, value: object) -> dict[str, Value]:
    value = _nested(column, value)
    if not isinstance(value, dict):
        raise RowRejected(column, "is not an object" if value is not None else "is missing")
    return value
