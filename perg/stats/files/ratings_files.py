"""Ratings from files, one by one: checked, normalised, and every problem noted (`ratings_parsing` reads the files).

Text in, frozen dataclasses out. What cannot be read is an error with its line, all errors of a file at once;
nothing is dropped silently: missing ratings are counted, and `FileNotes` lists what was read differently from how it
is written, or ignored. Names, numbers and labels are normalised (`label_forms`).
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Self

from perg.formats.label_forms import (
    DECIMAL_COMMA,
    LONGEST_SHOWN,
    clean_name,
    clean_text,
    is_missing,
    label_of,
    look_alike_key,
    number_of,
    shown,
)
from perg.stats.files.ratings_rows import column_names

Kind = Literal["human", "judge"]
Scale = Literal["nominal", "ordinal", "interval"]
Label = str | float

KIND_NAMES: dict[str, Kind] = {
    "human": "human",
    "person": "human",
    "people": "human",
    "judge": "judge",
    "llm": "judge",
}
ERRORS_SHOWN = 20
ERRORS_AT_MOST = 100_000
NOT_A_NUMBER = "is not a finite number"
NOT_ON_SCALE = "is not on the stated scale"


@dataclass(frozen=True, slots=True)
class LineError:
    """What is wrong, and on which line (from 1; None if the file as a whole is meant).

    `problem` is the message without the names in it, so that errors of one kind can be counted; empty where the message
    has none. `label` is what the cell holds, where that is the problem.
    """

    line: int | None
    message: str
    problem: str = field(default="", compare=False)
    label: str | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return self.message if self.line is None else f"line {self.line}: {self.message}"


class RatingsFileError(ValueError):
    """A file of ratings that cannot be read whole; `errors` has everything found in its `cells` (0: not counted)."""

    def __init__(self, errors: Sequence[LineError], cells: int = 0) -> None:
        self.errors, self.cells = tuple(errors), cells
        lines = [str(error) for error in self.errors[:ERRORS_SHOWN]]
        if len(self.errors) > ERRORS_SHOWN:
            lines.append(f"and {len(self.errors) - ERRORS_SHOWN} more")
        super().__init__("; ".join(lines))

    @classmethod
    def of_whole(cls, message: str) -> Self:
        """What is wrong with the file as a whole."""
        return cls([LineError(None, message)])


class TooMuch(Exception):
    """The file has more ratings or problems than are held in memory."""


@dataclass(frozen=True, slots=True)
class FileRating:
    """One rating: a name on the nominal scale, else a finite number. `line` is None in JSON pairs."""

    item: str
    rater: str
    kind: Kind
    label: Label
    line: int | None


@dataclass(frozen=True, slots=True)
class FileNotes:
    """What was read differently from how it is written, or ignored.

    Attributes:
        missing_as: how often each spelling other than an empty cell was read as a missing rating.
        decimal_commas: how often a comma was read as a decimal point.
        repeated: duplicate ratings with the same value.
        unread: columns that belong to no rater. silent: raters without a rating in the file.
    """

    missing_as: Mapping[str, int] = field(default_factory=dict)
    decimal_commas: int = 0
    repeated: int = 0
    unread: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileRatings:
    """The ratings of one file in its order, and how many cells or entries it left empty."""

    ratings: tuple[FileRating, ...]
    missing: int
    notes: FileNotes = field(default_factory=FileNotes, compare=False)


class RatingsReader:
    """Collects ratings and errors, so that one pass reports everything wrong with a file."""

    def __init__(
        self,
        scale: Scale,
        kind: Kind | None,
        categories: Collection[Label] | None,
        names: Collection[str],
        most: int | None,
    ) -> None:
        self.most = most
        self.nominal, self.kind = scale == "nominal", kind
        self.categories = None if categories is None else frozenset(categories)
        self.names = frozenset(names) | (self.categories or frozenset())
        self.decimal_comma = False
        self.unread = dict[str, None]()
        self._errors: list[LineError] = []
        self._rows_without = Counter[str]()
        self._unreadable: dict[str, list[int]] = {}  # places in the errors, by rater
        self._ratings: dict[tuple[str, str], FileRating | None] = {}  # None: missing
        self._names: dict[str, str | None] = {}  # one object for each name, however often it is in the file
        self._kinds: dict[str, Kind] = {}
        self._missing_as = Counter[str]()
        self._commas = self._repeated = 0
        self._cells = 0

    def fail(self, line: int | None, message: str, problem: str = "", label: str | None = None) -> None:
        if len(self._errors) == ERRORS_AT_MOST:
            raise TooMuch(f"there are more than {ERRORS_AT_MOST:,} problems; reading stopped at line {line}")
        self._errors.append(LineError(line, message, problem, label))

    def stop(self, why: str) -> None:
        """Note why the file was not read to its end."""
        self._errors.append(LineError(None, why))

    def fail_row(self, line: int, problem: str, row: Mapping[str, object]) -> None:
        """A row without a column that it needs: the first one with the problem stands for all."""
        if not self._rows_without[problem]:
            self.fail(line, f"{problem}: {column_names(row)}", problem)
        self._rows_without[problem] += 1

    def add(self, line: int | None, item: object, rater: object, score: object, kind: object = None) -> None:
        """One rating as the file has it."""
        self._cells += not self._is_missing(score)
        item_name, rater_name = self._name(item), self._name(rater)
        if item_name is None or rater_name is None:
            self.fail(line, "no item" if item_name is None else "no rater")
            return
        of_kind = self._kind(line, rater_name, kind)
        if of_kind is None:
            return
        rating: FileRating | None = None
        if not self._is_missing(score):
            label = self._label(score)
            problem = self._problem(score, label)
            if label is None or problem:
                self._unreadable.setdefault(rater_name, []).append(len(self._errors))
                repeated = NOT_A_NUMBER if label is None else NOT_ON_SCALE
                self.fail(line, f"{rater_name} on {item_name}: {problem}", repeated, clean_text(str(score)))
                return
            rating = FileRating(item_name, rater_name, of_kind, label, line)
        elif isinstance(score, str) and clean_text(score):
            self._missing_as[clean_text(score)] += 1
        self._store((item_name, rater_name), rating, line)

    def _store(self, key: tuple[str, str], rating: FileRating | None, line: int | None) -> None:
        """Keep the rating; a duplicate is counted, and one with another value is an error."""
        before = self._ratings.get(key)
        if key not in self._ratings or before is None:
            self._repeated += key in self._ratings and rating is None
            if len(self._ratings) == self.most:
                raise TooMuch(f"there are more than {self.most:,} ratings")
            self._ratings[key] = rating
        elif rating is None or rating.label == before.label:
            self._repeated += 1
        else:
            first = before.line
            where = "" if first is None else f", first on line {first}"
            self.fail(line, f"{key[1]} on {key[0]} twice{where}", "a rater rates an item twice")

    def _name(self, name: object) -> str | None:
        if not isinstance(name, str):
            return clean_name(name)
        if name not in self._names:
            self._names[name] = clean_name(name)
        return self._names[name]

    def _is_missing(self, score: object) -> bool:
        if self.nominal and isinstance(score, str) and label_of(score) in self.names:
            return False
        return is_missing(score, nominal=self.nominal)

    def _label(self, score: object) -> Label | None:
        """A score as the scale has it; None if it cannot be one."""
        if isinstance(score, dict | list) or (isinstance(score, bool) and not self.nominal):
            return None
        text = clean_text(str(score))
        if self.decimal_comma and DECIMAL_COMMA.fullmatch(text):
            self._commas += 1
            text = text.replace(",", ".")
        if self.nominal:
            return label_of(score if isinstance(score, bool) else text)
        number = number_of(text)
        return None if number is None else float(number)

    def _problem(self, score: object, label: Label | None) -> str:
        """Why a score is not a rating; empty where it is one."""
        if label is None:
            problem = f"{_quoted(score)} {'is not a label' if self.nominal else NOT_A_NUMBER}"
            likely = number_of(look_alike_key(str(score)))
            return problem if likely is None else f"{problem} (it looks like {likely:f})"
        if self.categories is not None and label not in self.categories:
            return f"{_quoted(shown(label))} {NOT_ON_SCALE}"
        return ""

    def _kind(self, line: int | None, rater: str, stated: object) -> Kind | None:
        kind = self.kind
        if stated is not None and clean_text(str(stated)):
            known = KIND_NAMES.get(clean_text(str(stated)).lower())
            if known is None:
                self.fail(
                    line, f"the kind {_quoted(stated)} is neither human nor judge", "neither human nor judge"
                )
                return None
            kind = known
        if kind is None:
            self.fail(line, f"nothing says whether {rater} is human or judge", "human or judge")
            return None
        if self._kinds.setdefault(rater, kind) != kind:
            self.fail(line, f"{rater} is both human and judge", "both human and judge")
            return None
        return kind

    def result(self) -> FileRatings:
        """What was read. Raises RatingsFileError."""
        ratings = tuple(rating for rating in self._ratings.values() if rating is not None)
        rated = {rating.rater for rating in ratings}
        errors = self._errors_of_columns(rated)
        if not ratings and not errors:
            errors = [LineError(None, "the file holds no ratings")]
        if errors:
            raise RatingsFileError(errors, self._cells)
        notes = FileNotes(
            missing_as=dict(self._missing_as),
            decimal_commas=self._commas,
            repeated=self._repeated,
            unread=tuple(self.unread),
            silent=tuple(rater for rater in self._kinds if rater not in rated),
        )
        return FileRatings(ratings, len(self._ratings) - len(ratings), notes)

    def _errors_of_columns(self, rated: Collection[str]) -> list[LineError]:
        """The errors; a column in which nothing is a rating, beside others that can be read, has only one."""
        errors = list(self._errors)
        are_most = 2 * sum(map(len, self._unreadable.values())) > self._cells
        for rater, places in self._unreadable.items():
            if are_most and 2 * len({errors[place].label for place in places}) <= len(places):
                continue  # names such as yes and no: another scale is meant
            if rated and rater not in rated and len(places) > 2:
                first = self._errors[places[0]]
                message = f"{rater} has no readable rating: remove the column ({first.message})"
                for place in places:
                    errors[place] = LineError(first.line, message if place == places[0] else "")
        for problem, rows in self._rows_without.items():
            if rows > 1:
                place = next(place for place, error in enumerate(errors) if error.problem == problem)
                message = errors[place].message.replace(problem, f"{problem} (in {rows} rows)", 1)
                errors[place] = LineError(errors[place].line, message)
        return [error for error in errors if error.message]


def _quoted(score: object) -> str:
    """A score in an error message: quoted if it is text, cut if it is long."""
    text = repr(score) if isinstance(score, str | bool | dict | list) else str(score)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
