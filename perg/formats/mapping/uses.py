"""What each column of a table is for. A mapping is JSON, so that it can be saved under a name."""

from collections.abc import Iterable
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from perg.formats.rated_items import BlockKind, RaterKind

Role = Literal[
    "id",
    "context",
    "output",
    "second_output",
    "reference",
    "attribute",
    "cluster",
    "rating",
    "explanation",
    "rater",
    "rater_kind",
    "criterion",
    "answer",
    "ignore",
]
LONG_ROLES = frozenset({"rater", "rater_kind", "criterion", "answer"})
"""Roles of a table with one rating a row."""
CRITERION = "rating"
"""The criterion of a table that names none."""


class ColumnUse(BaseModel):
    """What one column is for.

    Attributes:
        heading: above a block; the name of an attribute. Empty: the column's own name.
        block: how a context, output or reference is shown; None: by what the cell holds.
        rater, rater_kind, criterion: whose rating this is, of what. Of an explanation: of whose rating.
        raters_column: the column with the names of the raters, if a cell is a list with an answer of each.
        swapped: whether this rater was shown the two outputs in the other order.
        decimal_comma: whether `3,5` is a number.
        groups: whether it is the cluster too, beside its role: an id of several columns begins with the question's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Role
    heading: str = ""
    block: BlockKind | None = None
    rater: str = ""
    rater_kind: RaterKind = "person"
    criterion: str = CRITERION
    raters_column: str = ""
    swapped: bool = False
    decimal_comma: bool = False
    groups: bool = False


class TableMapping(BaseModel):
    """The uses of a table's columns, by name. A column that is not named is ignored.

    Raises pydantic.ValidationError where the uses contradict one another.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: dict[str, ColumnUse] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        for role in ("rater", "rater_kind", "criterion", "answer"):
            if len(names := self.of(role)) > 1:
                raise ValueError(f"Only one column can be the {_words(role)}; {_listed(names)} are.")
        if (
            len(groups := [name for name, use in self.columns.items() if use.role == "cluster" or use.groups])
            > 1
        ):
            raise ValueError(f"Only one column can be the cluster; {_listed(groups)} are.")
        if bool(self.of("rater")) != bool(self.of("answer")):
            raise ValueError(
                "A table with a row for each rating needs a column for the rater and one for the answer."
            )
        if self.of("rater") and self.of("rating"):
            raise ValueError(
                f"{_listed(self.of('rating'))} cannot be a rater's column: each row has its rater in "
                f"{_listed(self.of('rater'))}."
            )
        if self.of("second_output") and not self.of("output"):
            raise ValueError("There is a second output and no first one.")
        missing = [
            use.raters_column for use in self.columns.values() if use.raters_column not in {"", *self.columns}
        ]
        if missing:
            raise ValueError(f"There is no column {_listed(missing)}.")
        return self

    def of(self, *roles: str) -> list[str]:
        """The columns with one of these roles, in the table's order."""
        return [name for name, use in self.columns.items() if use.role in roles]

    def in_order(self, columns: Iterable[str]) -> "TableMapping":
        """The same uses in the order of these columns, others behind them: not every store of JSON preserves it."""
        names = dict.fromkeys([*columns, *self.columns])
        return TableMapping(columns={name: self.columns[name] for name in names if name in self.columns})

    @property
    def cluster(self) -> str | None:
        """The column whose equal values make a cluster."""
        return next((name for name, use in self.columns.items() if use.role == "cluster" or use.groups), None)

    @property
    def is_long(self) -> bool:
        """Whether a row is one rating, so that an item has several rows."""
        return bool(self.of("rater"))


def _words(role: str) -> str:
    return role.replace("_", " ")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)
