"""A guess of what each column is for, by its name and by what it holds. People correct it, so it never refuses."""

import re
from collections.abc import Callable

from perg.formats.mapping import words as known
from perg.formats.mapping.holding import (
    LONG_TEXT,
    holds_answers,
    holds_few_labels,
    holds_names,
    holds_nested,
    holds_reading,
    holds_records,
    holds_scale,
)
from perg.formats.mapping.uses import CRITERION, ColumnUse, Role, TableMapping
from perg.formats.mapping.words import kind_of_rater, last_word, rater_and_criterion, split, words_of
from perg.formats.tables.summary import ColumnSummary, TableSummary

KIND_VALUES = frozenset({"human", "person", "people", "judge", "llm", "model", "ai"})
_ROW_NUMBER = re.compile(r"unnamed: [0-9]+|column [a-z]+")


def guessed_mapping(summary: TableSummary) -> TableMapping:
    """What each column of this table is probably for. A column of which nothing is known is ignored."""
    uses = _Guess(summary).uses
    return TableMapping(
        columns={column.name: uses.get(column.name, ColumnUse(role="ignore")) for column in summary.columns}
    )


class _Guess:
    """The uses of the columns; each step decides some of those that are still open."""

    def __init__(self, summary: TableSummary) -> None:
        self._columns = [column for column in summary.columns if column.filled]
        self._rows = summary.rows
        self.uses: dict[str, ColumnUse] = {}
        self._long_layout()
        self._ids()
        self._lists_of_answers()
        self._exhibit()
        if not self._has("rater"):
            self._ratings(self._is_rating)
            self._ratings(self._has_answers_of_a_rater)
        self._explanations()
        self._attributes()

    def _open(self) -> list[ColumnSummary]:
        return [column for column in self._columns if column.name not in self.uses]

    def _has(self, role: Role) -> bool:
        return any(use.role == role for use in self.uses.values())

    def _use(self, column: ColumnSummary, role: Role) -> None:
        self.uses[column.name] = ColumnUse(role=role, decimal_comma=column.decimal_comma)

    def _long_layout(self) -> None:
        """A row a rating: one column names the rater, another has the answer."""
        raters = [
            column
            for column in self._columns
            if words_of(column.name) & known.RATER
            and not words_of(column.name) & (known.ANSWER | known.EXPLANATION)
            and column.texts + column.whole == column.filled
            and (column.texts or _ends_in_id(column))
            and column.values is not None
            and 1 < len(column.values) < self._rows
            and not holds_scale(column)
        ]
        answers = [
            column
            for column in self._columns
            if column not in raters and words_of(column.name) & known.ANSWER and holds_answers(column)
        ]
        if not raters or not answers:
            return
        self._use(raters[0], "rater")
        # Of several, the one whose name says least else: `score` rather than `final_score`.
        self._use(min(answers, key=lambda column: len(split(column.name))), "answer")
        for column in self._open():
            words = words_of(column.name)
            if words & known.RATER_KIND and {value.lower() for value in column.values or {""}} <= KIND_VALUES:
                self._use(column, "rater_kind")
            elif words <= known.CRITERION and holds_few_labels(column) and not self._has("criterion"):
                self._use(column, "criterion")

    def _ids(self) -> None:
        """The column with the ids of the items, and the one that groups them."""
        candidates = [
            column
            for column in self._open()
            if (_ends_in_id(column) or words_of(column.name) <= known.NUMBERED)
            and column.filled == self._rows
            and not (column.lists or column.objects or column.sentences)
        ]
        unique = [column for column in candidates if column.differ is not False]
        if unique and not self._has("rater"):
            # The shortest name: `id` rather than `prompt_id`.
            self._use(min(unique, key=lambda column: len(split(column.name))), "id")
        elif candidates and self._has("rater"):
            self._use(candidates[0], "id")
        for column in candidates:
            is_group = column.differ is False and words_of(column.name) & known.CLUSTER
            if is_group and column.name not in self.uses and not self._has("cluster"):
                self._use(column, "cluster")

    def _lists_of_answers(self) -> None:
        """Lists with an answer of each rater beside lists of the raters; lists of objects of criterion and answer."""
        lists = [column for column in self._open() if column.lists == column.filled]
        raters = next(
            (column for column in lists if words_of(column.name) & known.RATER and holds_names(column)), None
        )
        for column in lists:
            words = words_of(column.name)
            if raters is not None and column is not raters and words & known.ANSWER:
                self.uses[column.name] = ColumnUse(role="rating", raters_column=raters.name)
                self.uses[raters.name] = ColumnUse(role="ignore")
            elif words & {"annotations", "annotation", "ratings"} and holds_records(column):
                rater = " ".join(
                    word.text for word in split(column.name) if word.text not in {"annotations", "annotation"}
                )
                self.uses[column.name] = ColumnUse(
                    role="rating", rater=rater or column.name, rater_kind=kind_of_rater(column.name)
                )

    def _exhibit(self) -> None:
        """The context, the outputs and the reference."""
        readable = [
            column
            for column in self._open()
            if holds_reading(column, named=bool(words_of(column.name) & _TEXT_WORDS))
        ]
        # A comment is what was rated where there is nothing else to read.
        explanations = [column for column in readable if words_of(column.name) & known.EXPLANATION]
        texts = [column for column in readable if column not in explanations] or explanations[:1]
        self._two_outputs(texts)
        for column in texts:
            if column.name in self.uses:
                continue
            words = words_of(column.name)
            if words & known.REFERENCE:
                self._use(column, "reference")
            elif words & known.OUTPUT and not self._has("output"):
                self._use(column, "output")
            elif words & (known.OUTPUT | known.CONTEXT):
                self._use(column, "context")
        if not self._has("output") and texts:
            self._last_text_is_output(texts)

    def _two_outputs(self, texts: list[ColumnSummary]) -> None:
        """Columns whose names differ in their end alone: `answer_a` and `answer_b`."""
        firsts = [column for column in texts if last_word(column.name) in known.FIRST]
        seconds = [column for column in texts if last_word(column.name) in known.SECOND]
        if firsts and seconds:
            self._use(firsts[0], "output")
            self._use(seconds[0], "second_output")

    def _last_text_is_output(self, texts: list[ColumnSummary]) -> None:
        """If no name says what the output is, it is the last text of which nothing is known, or the last context."""
        unnamed = [column for column in texts if column.name not in self.uses]
        contexts = [column for column in texts if self.uses.get(column.name, _NO_USE).role == "context"]
        for column in unnamed:
            self._use(column, "context")
        if last := (unnamed or contexts)[-1:]:
            self._use(last[0], "output")

    def _ratings(self, is_rating: Callable[[ColumnSummary], bool]) -> None:
        """A column a rater: `anna`, `gpt4`, `expert_1_coherence`, `Helpful (Anna)`, `judge_score`."""
        columns = [column for column in self._open() if is_rating(column)]
        names = [
            column.name for column in self._columns if column in columns or self._is_used_for_rating(column)
        ]
        judge = self._only_judge()
        for column in columns:
            rater, criterion = rater_and_criterion(column.name, names)
            kind = kind_of_rater(column.name)
            if not rater:
                rater = judge if kind == "judge" and judge else last_word(column.name) or column.name
            self.uses[column.name] = ColumnUse(
                role="rating",
                rater=rater,
                rater_kind=kind,
                criterion=criterion or CRITERION,
                swapped=bool(words_of(column.name) & known.SWAPPED),
                decimal_comma=column.decimal_comma,
            )

    @staticmethod
    def _is_rating(column: ColumnSummary) -> bool:
        words = words_of(column.name)
        says_rating = bool(words & (known.ANSWER | known.JUDGE | known.PERSON | known.SWAPPED))
        if words & known.ATTRIBUTE and not words & known.ANSWER:
            return False
        return (
            holds_answers(column) and (says_rating or holds_scale(column)) and not _is_constant_name(column)
        )

    def _is_used_for_rating(self, column: ColumnSummary) -> bool:
        return self.uses.get(column.name, _NO_USE).role == "rating"

    def _has_answers_of_a_rater(self, column: ColumnSummary) -> bool:
        """Whether a column has labels, and all of them are answers that a column of ratings has."""
        if column.texts != column.filled or not holds_few_labels(column):
            return False
        labels = set(column.values or ())
        return any(
            labels <= set(other.values or ()) and len(labels) > 1
            for other in self._columns
            if self._is_used_for_rating(other)
        )

    def _only_judge(self) -> str:
        """The name of the judge, where a column `judge` has the same one in every row; else empty."""
        for column in self._open():
            if words_of(column.name) & {"judge", "evaluator", "grader"} and _is_constant_name(column):
                return str(column.example)
        return ""

    def _explanations(self) -> None:
        """Reasons: of the rater whose name the column has, else of the only judge."""
        ratings = [use for use in self.uses.values() if use.role == "rating" and use.rater]
        judges = {use.rater for use in ratings if use.rater_kind == "judge"}
        for column in self._open():
            words = words_of(column.name)
            if not words & known.EXPLANATION or not column.texts:
                continue
            named = [use.rater for use in ratings if words_of(use.rater) <= words]
            rater = named[0] if named else next(iter(judges)) if len(judges) == 1 else ""
            if rater or self._has("rater"):
                self.uses[column.name] = ColumnUse(
                    role="explanation", rater=rater, rater_kind="judge" if rater in judges else "person"
                )

    def _attributes(self) -> None:
        """What has a few short values, or is a number, describes the items."""
        for column in self._open():
            if _ROW_NUMBER.fullmatch(column.name.lower()) or holds_nested(column):
                continue
            if column.longest <= LONG_TEXT and (column.values is not None or column.numbers == column.filled):
                self._use(column, "attribute")


_NO_USE = ColumnUse(role="ignore")
_TEXT_WORDS = known.CONTEXT | known.OUTPUT | known.REFERENCE


def _ends_in_id(column: ColumnSummary) -> bool:
    return last_word(column.name) in known.ID or column.name.lower().endswith(("id", "ids"))


def _is_constant_name(column: ColumnSummary) -> bool:
    """Whether all cells have the same text, which is no answer."""
    return (
        column.texts == column.filled
        and column.values is not None
        and len(column.values) == 1
        and column.filled > 1
        and not holds_scale(column)
    )
