"""What is stored of an upload between its pages, as JSON."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from perg.formats.mapping.uses import TableMapping
from perg.formats.rated_items import Exhibit
from perg.formats.tables.layout import TableLayout
from perg.rubrics.criterion import Criterion, Kind

MOST_PROBLEMS = 1_000
"""Problems that are listed; all are counted."""


class Document(BaseModel):
    """JSON with known keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def dumped(self) -> dict[str, Any]:  # Any: JSON of any depth
        """The JSON of it."""
        return self.model_dump(mode="json")


class RowProblem(Document):
    """What cannot be used, and where: the number of the data row, from 1 (0: no one row), its line in the file."""

    row: int
    line: int | None
    column: str
    reason: str


class ColumnFacts(Document):
    """What a column holds.

    Attributes:
        filled, missing: cells. distinct: different values, if they are few. smallest, largest: of numbers alone.
        longest: characters of the longest text. examples: the first different values, shortened.
    """

    name: str
    filled: int
    missing: int
    distinct: int | None
    smallest: float | None
    largest: float | None
    longest: int
    examples: tuple[str, ...]


class TableReading(Document):
    """What a file is, and what its columns hold.

    Attributes:
        rows: those that can be read. broken_rows: the others; broken lists the first of them.
        guess: what each column is probably for.
    """

    layout: TableLayout
    rows: int
    broken_rows: int
    broken: tuple[RowProblem, ...]
    columns: tuple[ColumnFacts, ...]
    notes: tuple[str, ...]
    guess: TableMapping


class CriterionChoice(Document):
    """What a person says of a criterion, by its name in the table. What is left out is inferred from the answers.

    Attributes:
        options: of levels from the lowest, or of labels. fails_below: lower numbers, or places of levels, are failures.
        no_failure: it is said that no answer is a failure.
    """

    name: str = Field(max_length=1000)
    kind: Kind | None = None
    question: str | None = Field(default=None, max_length=10_000)
    options: tuple[str, ...] | None = Field(default=None, max_length=1000)
    lowest: float | None = None
    highest: float | None = None
    failures: tuple[str, ...] = Field(default=(), max_length=1000)
    fails_below: float | None = None
    no_failure: bool = False


class CriterionFacts(Document):
    """A criterion that follows from the answers and from what was said of it.

    Attributes:
        name: in the table. definition: how it can be asked.
        asks_failure: whether it must still be said which answers are failures.
        answers: the most frequent ones as the table has them, and how often.
        problem: why its answers cannot be imported, as a sentence; empty: they can.
    """

    name: str
    definition: Criterion
    asks_failure: bool
    answers: tuple[tuple[str, int], ...]
    people: int
    judges: int
    ratings: int
    problem: str = ""


class PreviewedRating(Document):
    """A rating as it will be stored."""

    rater: str
    kind: Literal["person", "judge"]
    criterion: str
    answer: str


class PreviewedItem(Document):
    """An item as a rater will see it. Long texts are cut."""

    external_id: str
    cluster: str
    attributes: dict[str, str]
    exhibit: Exhibit
    ratings: tuple[PreviewedRating, ...]


class TableOutcome(Document):
    """What the table holds by its mapping.

    Attributes:
        ratings: those that can be stored. problems: the first of all that cannot be used; problem_count: all.
        ignored: columns that are not imported. notes: what is stored differently from how the file has it.
    """

    items: int
    ratings: int
    people: tuple[str, ...]
    judges: tuple[str, ...]
    clusters: int
    criteria: tuple[CriterionFacts, ...]
    problems: tuple[RowProblem, ...]
    problem_count: int
    ignored: tuple[str, ...]
    notes: tuple[str, ...]
    preview: tuple[PreviewedItem, ...]
