"""A judge's reply as answers: the one answer to each criterion that it states, or the reason for having none.

Judges do not keep to the form that they are asked for. A reply is read as JSON and tags, then as something like JSON,
then as words, and the first that states an answer decides. A reply that states two different answers has none: it is
not for us to choose.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from perg.rubrics.answers import Answer
from perg.rubrics.criterion import Criterion
from perg.rubrics.grammar import Grammar
from perg.rubrics.reply_structure import in_loose_json, in_structure
from perg.rubrics.reply_words import in_words
from perg.rubrics.statements import Statement

UNREADABLE = "the judge's reply is unreadable"
AMBIGUOUS = "the judge's reply states more than one score"
CUT_OFF = "the judge's reply ended at the limit of tokens"
ABSTAINED = "the judge abstained"

LONGEST_REPLY = 40_000
"""Characters that are read of a reply, half of them from its end."""


@dataclass(frozen=True, slots=True)
class ReadAnswer:
    """The answer to one criterion, or None with the reason."""

    answer: Answer | None
    explanation: str
    unscored_reason: str = ""


def read_reply(criteria: Sequence[Criterion], reply: str, *, cut_off: bool = False) -> dict[str, ReadAnswer]:
    """The answer to each criterion in a judge's reply, by its key; `cut_off`: it ended at the limit of tokens."""
    half = LONGEST_REPLY // 2
    text = reply if len(reply) <= LONGEST_REPLY else f"{reply[:half]}\n{reply[-half:]}"
    return {
        criterion.key: _answer(_grammar(criterion, len(criteria) == 1), text, cut_off)
        for criterion in criteria
    }


@lru_cache(maxsize=1_000)
def _grammar(criterion: Criterion, alone: bool) -> Grammar:
    return Grammar(criterion, alone=alone)


def _answer(grammar: Grammar, text: str, cut_off: bool) -> ReadAnswer:
    if grammar.criterion.kind == "text" and grammar.alone:
        return ReadAnswer(text.strip(), "") if text.strip() else ReadAnswer(None, "", UNREADABLE)
    for read in (in_structure, in_loose_json, in_words):
        if statements := list(read(text, grammar)):
            return _decided(grammar, statements)
    return ReadAnswer(None, "", CUT_OFF if cut_off else UNREADABLE)


def _decided(grammar: Grammar, statements: Sequence[Statement]) -> ReadAnswer:
    """The one answer of all statements."""
    explanation = next((statement.explanation for statement in statements if statement.explanation), "")
    answers = set(_answers(grammar, statements))
    if len(answers) > 1:
        return ReadAnswer(None, explanation, AMBIGUOUS)
    ((is_stated, answer),) = answers
    if answer is None:
        return ReadAnswer(None, explanation, UNREADABLE if is_stated else ABSTAINED)
    return ReadAnswer(answer, explanation)


def _answers(grammar: Grammar, statements: Sequence[Statement]) -> Iterator[tuple[bool, Answer | None]]:
    """Whether each statement states something, and the answer that it is, if it is one."""
    for statement in statements:
        if statement.value is None:
            yield False, None
        else:
            yield True, grammar.answer(statement.value)
