"""A criterion: one question to raters, the answers it allows, and which of them are failures."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Kind = Literal["binary", "ordinal", "nominal", "multilabel", "pairwise", "numeric", "text"]
Scale = Literal["nominal", "ordinal", "interval"]

MOST_LEVELS = 11
MOST_LABELS_OF_ONE = 62
"""Of a multilabel criterion: its answer is a whole number with a bit for each label."""
FIRST, SECOND, TIE, BOTH_BAD = "first", "second", "tie", "both_bad"
YES, NO, CANNOT_TELL = "yes", "no", "cannot_tell"


class Option(BaseModel):
    """One answer that can be chosen: its key in files, what raters read, and when to choose it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(min_length=1, max_length=200)
    label: str = ""
    anchor: str = ""

    @property
    def shown(self) -> str:
        return self.label or self.key


class OnlyIf(BaseModel):
    """A condition: the criterion is asked if another one has one of these answers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    criterion: str
    answers: tuple[str, ...] = Field(min_length=1)


class Criterion(BaseModel):
    """One question to raters.

    The code of an answer is the place of its option, from 0; of a multilabel answer the sum of 2^place over its labels.

    Attributes:
        key: what files and programs call it. question, instructions: what raters read.
        kind: of the answer. options: of `ordinal`, from the lowest level; of `nominal` and `multilabel`. Those of
            `binary` and `pairwise` follow from `cannot_tell`, `ties` and `both_bad`.
        lowest, highest, step: of `numeric`. No step: every number between them.
        failures: keys of the options that are a failure. Of `numeric`, and instead of them on an ordinal scale,
            `fails_below`: a lower number, or place of the level from 1, is one. Neither: no failure is defined.
        required: whether an answer must be there. only_if: when it is asked.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(pattern=r"^[a-z][a-z0-9_]{0,49}$")
    question: str = ""
    instructions: str = ""
    kind: Kind
    options: tuple[Option, ...] = ()
    cannot_tell: bool = False
    ties: bool = True
    both_bad: bool = False
    lowest: float | None = None
    highest: float | None = None
    step: float | None = Field(default=None, gt=0)
    failures: tuple[str, ...] = ()
    fails_below: float | None = None
    required: bool = True
    only_if: OnlyIf | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        for problem in (self._problem_of_options(), self._problem_of_range(), self._problem_of_failures()):
            if problem:
                raise ValueError(f"{self.key}: {problem}")
        return self

    def _problem_of_options(self) -> str:
        keys = [option.key for option in self.options]
        if len(set(keys)) < len(keys):
            return "two options have the same key"
        if self.kind in ("binary", "pairwise", "numeric", "text"):
            return f"a {self.kind} criterion has no options of its own" if keys else ""
        if len(keys) < (1 if self.kind == "multilabel" else 2):
            return f"a {self.kind} criterion needs options"
        if self.kind == "ordinal" and len(keys) > MOST_LEVELS:
            return f"an ordinal criterion has at most {MOST_LEVELS} levels; use a numeric one"
        if self.kind == "multilabel" and len(keys) > MOST_LABELS_OF_ONE:
            return f"a multilabel criterion has at most {MOST_LABELS_OF_ONE} labels"
        return ""

    def _problem_of_range(self) -> str:
        if self.kind != "numeric":
            ranges = (self.lowest, self.highest, self.step)
            return "only a numeric criterion has a range" if any(end is not None for end in ranges) else ""
        if self.lowest is not None and self.highest is not None and self.lowest >= self.highest:
            return "the range ends before it begins"
        return ""

    def _problem_of_failures(self) -> str:
        if self.kind == "text" and (self.failures or self.fails_below is not None):
            return "a text is no failure"
        if self.failures and self.fails_below is not None:
            return "failures are named or lie below a value, not both"
        if self.fails_below is not None and self.kind not in ("ordinal", "numeric"):
            return "only ordered answers can lie below a value"
        unknown = [key for key in self.failures if key not in self.codes]
        return f"there is no option {unknown[0]}, which should be a failure" if unknown else ""

    @property
    def choices(self) -> tuple[Option, ...]:
        """The options, of `binary` and `pairwise` too; of the others that have none, empty."""
        if self.kind == "binary":
            keys = [NO, YES, *([CANNOT_TELL] if self.cannot_tell else [])]
            return tuple(Option(key=key, label=_LABELS[key]) for key in keys)
        if self.kind == "pairwise":
            keys = [SECOND, *([TIE] if self.ties else []), FIRST, *([BOTH_BAD] if self.both_bad else [])]
            return tuple(Option(key=key, label=_LABELS[key]) for key in keys)
        return self.options

    @property
    def codes(self) -> Mapping[str, int]:
        """The code of each option, by its key."""
        return {option.key: code for code, option in enumerate(self.choices)}

    @property
    def scale(self) -> Scale | None:
        """The scale of agreement; None for a text, and for several labels, each of which is a yes or no."""
        if self.kind in ("ordinal", "numeric"):
            return "ordinal" if self.kind == "ordinal" else "interval"
        if self.kind == "pairwise":
            return "nominal" if self.both_bad else "ordinal"
        return "nominal" if self.kind in ("binary", "nominal") else None

    def is_failure(self, answer: float) -> bool | None:
        """Whether the answer with this code (of `numeric`: this number) is a failure; None: none is defined.

        Of several labels the answer is a failure if one of them is.
        """
        if self.fails_below is not None:
            return answer < self.fails_below - (1 if self.kind == "ordinal" else 0)
        if not self.failures:
            return None
        failing = [self.codes[key] for key in self.failures]
        if self.kind == "multilabel":
            return any(int(answer) >> code & 1 for code in failing)
        return int(answer) in failing


_LABELS = {
    YES: "Yes",
    NO: "No",
    CANNOT_TELL: "Cannot tell",
    FIRST: "The first is better",
    SECOND: "The second is better",
    TIE: "Tie",
    BOTH_BAD: "Both are bad",
}


def problem_of_order(criteria: tuple[Criterion, ...]) -> str:
    """Why these criteria are no rubric: a key twice, a condition on a later or unknown criterion; empty: they are."""
    keys = [criterion.key for criterion in criteria]
    if repeated := next((key for key, other in pairwise(sorted(keys)) if key == other), None):
        return f"Two criteria have the key “{repeated}”."
    for place, criterion in enumerate(criteria):
        condition = criterion.only_if
        if condition is None:
            continue
        earlier = {other.key: other for other in criteria[:place]}
        if condition.criterion not in earlier:
            return f"“{criterion.key}” depends on “{condition.criterion}”, which is not asked before it."
        unknown = [key for key in condition.answers if key not in earlier[condition.criterion].codes]
        if unknown:
            return (
                f"“{condition.criterion}” has no answer “{unknown[0]}”, on which “{criterion.key}” depends."
            )
    return ""
