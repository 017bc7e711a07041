"""How a judge may write the answer of a criterion: what it calls the criterion, and the words of its answers."""

import re
from functools import cached_property

from pydantic import JsonValue

from perg.rubrics.answers import Answer, NoSuchAnswer, answer_of, usual_words
from perg.rubrics.criterion import Criterion

NUMBER_WORDS = {
    word: number
    for number, word in enumerate("zero one two three four five six seven eight nine ten".split())  # noqa: SIM905
}
OUT_OF = r"(?:\s{0,3}(?:/|out\s+of|of)\s{0,3}(?P<of>\d{1,6}(?:\.0)?)\b)?"
_AGAIN = r"(?:(?:final|overall|revised|corrected|updated|new)[ _-]?)?"
_ANY_NUMBER = r"score|rating|grade"
_ANY_LABEL = (
    r"label|answer|verdict|choice|winner|preference|preferred|decision"
    r"|judgment|judgement|category|better|result"
)
_PUNCTUATION = " \t\r\n,;:!()[]{}\"'“”‘’*_`"


class Grammar:
    """The names and values by which replies state the answer of one criterion.

    `alone`: the judge was asked nothing else, so that "Score: 4" or "Answer: yes" can mean this criterion only.
    """

    def __init__(self, criterion: Criterion, *, alone: bool) -> None:
        self.criterion = criterion
        self.alone = alone

    @cached_property
    def is_number(self) -> bool:
        """Whether answers are numbers: levels that are called by numbers, or any number."""
        return self.criterion.kind == "numeric" or (
            self.criterion.kind == "ordinal"
            and all(option.key.isdecimal() for option in self.criterion.options)
        )

    @cached_property
    def range(self) -> str:
        """A pattern for the scale in brackets: "Score (1-5): 4"."""
        keys = [option.key for option in self.criterion.options]
        ends = (keys[0], keys[-1]) if self.is_number and keys else (r"\d{1,6}", r"\d{1,6}")
        return rf"(?:\(\s?{ends[0]}\s?(?:-|–|to)\s?{ends[1]}\s?\)\s{{0,3}})?"

    @cached_property
    def has_labels(self) -> bool:
        """Whether answers are words: of options that are not all called by numbers."""
        return bool(self.labels)

    @cached_property
    def highest(self) -> float | None:
        """The number that "4/5" must be out of."""
        if self.criterion.kind == "numeric":
            return self.criterion.highest
        return max(float(option.key) for option in self.criterion.options) if self.is_number else None

    @cached_property
    def number_pattern(self) -> str:
        """A pattern for a number as replies write it, also in words where it is a level."""
        if self.criterion.kind == "numeric":
            return r"\d{1,6}(?:\.\d{1,6})?|\.\d{1,6}"
        levels = {option.key for option in self.criterion.options}
        return "|".join(
            [r"\d{1,6}(?:\.\d{1,6})?", *(word for word, n in NUMBER_WORDS.items() if str(n) in levels)]
        )

    @cached_property
    def name(self) -> str:
        """A pattern for what the criterion is called."""
        own = re.escape(self.criterion.key).replace("_", "[ _-]?")
        if not self.alone:
            return own
        kinds = [_ANY_NUMBER] if self.is_number else [_ANY_NUMBER, _ANY_LABEL]
        return f"{own}|{_AGAIN}(?:{'|'.join(kinds)})"

    @cached_property
    def loose_name(self) -> str:
        """The same where JSON is broken: fewer beginnings, as less is certain."""
        return self.name.replace(_AGAIN, r"(?:final[ _]|overall[ _])?")

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """The tags that hold the answer."""
        if not self.alone:
            return (self.criterion.key,)
        words = ("score", "rating") if self.is_number else ("score", "rating", "answer", "label", "verdict")
        return tuple(dict.fromkeys((self.criterion.key, *words)))

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The words that mean an option, the longest first."""
        names = [name for option in self.criterion.choices for name in (option.key, option.label) if name]
        words = [*names, *usual_words(self.criterion)]
        spoken = {name for name in words if not re.fullmatch(r"[\d.]+|\?", name)}
        return tuple(sorted(spoken, key=lambda word: (-len(word), word)))

    @cached_property
    def label(self) -> str:
        """A pattern for a word that means an option; never matches where there is none."""
        words = [re.sub(r"(?:\\ |[ _-])+", "[ _-]", re.escape(word)) for word in self.labels]
        return rf"(?<!\w)(?:{'|'.join(words)})(?!\w)" if words else r"(?!)"

    @cached_property
    def value(self) -> str:
        """A pattern for a value in words, with the groups `value` and, for numbers, `of`."""
        if self.is_number:
            return rf"(?P<value>(?:{self.number_pattern})\b(?![.,]\d)|{self.label}){OUT_OF}"
        return rf"(?P<value>{self.label})(?P<of>(?!))?"

    def answer(self, value: JsonValue) -> Answer | None:
        """The answer that a value in JSON, or in words, is; None: it is none."""
        if isinstance(value, str):
            return self._answer_in(value)
        if self.criterion.kind == "multilabel":
            return self._option(value) if isinstance(value, list | dict) else None
        if isinstance(value, bool):
            return self._option(value) if self.criterion.kind == "binary" else None
        return self._option(value) if isinstance(value, int | float) else None

    def _answer_in(self, text: str) -> Answer | None:
        match = re.fullmatch(rf"(?P<number>{self.number_pattern})\b{OUT_OF}", text.strip(), re.IGNORECASE)
        if self.is_number and match:
            return self.number(match["number"], match["of"])
        stripped = text.strip(_PUNCTUATION).rstrip(".")
        if self.is_number and not self.labels:
            return None
        answer = self._option(stripped if self.criterion.kind != "text" else text.strip())
        if answer is not None or self.criterion.kind in ("text", "multilabel"):
            return answer
        if self.is_number:
            match = re.match(rf"(?:{self.number_pattern})", stripped, re.IGNORECASE)
            return self.number(match.group(), None) if match and self.is_level_with_label(stripped) else None
        # A word with a remark: "Yes, since …".
        beginning = re.match(rf"{self.value}\s{{0,3}}[-–—:,.(]", stripped, re.IGNORECASE)
        return None if beginning is None else self.number_or_label(beginning["value"], beginning["of"])

    def is_level_with_label(self, text: str) -> bool:
        """Whether a text is a level by its number, followed by its own label: "4 - Good"."""
        match = re.match(
            rf"(?P<number>{self.number_pattern})\s{{0,3}}[-–—:=(]\s{{0,3}}(?P<label>{self.label})",
            text,
            re.IGNORECASE,
        )
        if match is None:
            return False
        answer = self.number(match["number"], None)
        return answer is not None and answer == self._option(match["label"])

    def number_or_label(self, value: str, out_of: str | None) -> Answer | None:
        """The answer of a value that `value` has matched."""
        if self.is_number and re.fullmatch(self.number_pattern, value, re.IGNORECASE):
            return self.number(value, out_of)
        return self._option(value)

    def number(self, digits: str, out_of: str | None) -> Answer | None:
        """A number on the scale; None where it is out of another number than the scale's highest."""
        if out_of is not None and float(out_of) != self.highest:
            return None
        word = NUMBER_WORDS.get(digits.strip().lower())
        return self._option(float(digits) if word is None else word)

    def _option(self, value: object) -> Answer | None:
        try:
            return answer_of(self.criterion, value)
        except NoSuchAnswer:
            return None
