"""Recorded extractions as examples for training an extractor: cleaned, and split into two parts by question."""

import hashlib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from evaluation.llm.requests import ChatRequest
from evaluation.stages.plan import extraction_request, read_letter
from evaluation.stages.prompts import PromptText

NONE = "NONE"
"""What an extractor says of a response that chooses no option; the prompt asks for this word."""

# `-1`; a letter beyond the options, which the study's second extractor put where it found none; words for nothing.
_NO_OPTION = re.compile(r"-\s?1(?:\.0)?|[A-Z]|none|null|nan|n/?a|no answer|unknown", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RecordedExtraction:
    """A response to a question, and the letter on record for it; an empty letter: it chooses no option."""

    question: str
    options: tuple[str, ...]
    response: str
    letter: str

    def request(self, prompt: PromptText, model: str) -> ChatRequest:
        """What the extraction stage asks an extractor of the response."""
        return extraction_request(
            prompt, model=model, question=self.question, options=self.options, response=self.response
        )

    @property
    def answer(self) -> str:
        """What an extractor is to reply."""
        return self.letter or NONE


@dataclass(frozen=True, slots=True)
class Examples:
    """`extractions`: each once, in an order that follows from their content. `left_out`: how many, by reason."""

    extractions: tuple[RecordedExtraction, ...]
    left_out: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Split:
    """Both parts; no question has responses in both."""

    training: tuple[RecordedExtraction, ...]
    held_out: tuple[RecordedExtraction, ...]


def recorded_letter(answer: str, recorded: str, options: int) -> str | None:
    """The letter on record; empty where the record says that no option is chosen; None where it says nothing usable.

    `answer` is the letter that the import read, `recorded` the cell as it was. A cell that is empty, or holds a text
    that the import did not take for an option, is no evidence that nothing was chosen.
    """
    if answer:
        return answer
    cell = recorded.strip()
    return read_letter(cell, options) or ("" if _NO_OPTION.fullmatch(cell) else None)


def examples_from(extractions: Iterable[RecordedExtraction]) -> Examples:
    """Each extraction once. Where the same response has different letters on record, none of them is an example."""
    letters: defaultdict[tuple[str, tuple[str, ...], str], set[str]] = defaultdict(set)
    left_out: Counter[str] = Counter()
    for extraction in extractions:
        of_response = letters[extraction.question, extraction.options, extraction.response]
        if extraction.letter in of_response:
            left_out["the same response to the same question, again"] += 1
        of_response.add(extraction.letter)
    unique = []
    for (question, options, response), recorded in letters.items():
        if len(recorded) > 1:
            left_out["the same response with different letters on record"] += len(recorded)
        else:
            unique.append(RecordedExtraction(question, options, response, *recorded))
    unique.sort(key=lambda extraction: (extraction.question, extraction.options, extraction.response))
    return Examples(tuple(unique), dict(left_out))


def split_by_question(extractions: Sequence[RecordedExtraction], *, share: float, seed: int) -> Split:
    """Hold the responses to a share of the questions out; the same questions for the same seed.

    Which questions are held out follows from a hash of seed and text, so that more runs change little. Spellings of a
    question that differ in case, white space or Unicode form are one question. ValueError where there are not two
    questions, or the share is not between 0 and 1.
    """
    if not 0 < share < 1:
        raise ValueError("the share held out is between 0 and 1")
    keys = [question_key(extraction.question) for extraction in extractions]
    questions = sorted(set(keys), key=lambda key: hashlib.sha256(f"{seed}\n{key}".encode()).digest())
    if len(questions) < 2:
        raise ValueError("holding questions out needs at least two of them")
    number = min(max(round(share * len(questions)), 1), len(questions) - 1)
    held_out = set(questions[:number])
    return Split(
        training=tuple(
            extraction for extraction, key in zip(extractions, keys, strict=True) if key not in held_out
        ),
        held_out=tuple(
            extraction for extraction, key in zip(extractions, keys, strict=True) if key in held_out
        ),
    )


def question_key(question: str) -> str:
    """A question's text without what does not tell two questions apart."""
    return " ".join(unicodedata.normalize("NFKC", question).casefold().split())
