"""A table and its mapping → rated items, with every problem by row."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

from perg.formats.mapping.uses import ColumnUse, TableMapping
from perg.formats.mapping.words import kind_of_rater
from perg.formats.rated_items import Block, BlockKind, Exhibit, RatedItem, RaterKind, Rating
from perg.formats.tables.headings import clean
from perg.formats.tables.layout import BrokenRow, Row, Table
from perg.formats.tables.summary import is_missing, number_in

KINDS: dict[str, RaterKind] = {
    "human": "person",
    "person": "person",
    "people": "person",
    "judge": "judge",
    "llm": "judge",
    "model": "judge",
    "ai": "judge",
}
TURN_KEYS = ({"role", "content"}, {"role", "text"}, {"from", "value"}, {"speaker", "text"})
STEP_KEYS = frozenset({"action", "thought", "tool", "tool_calls", "observation", "tool_call_id"})


@dataclass(frozen=True, slots=True)
class Problem:
    """What cannot be read, and where: the number of the data row, and its line or row in the file."""

    row: int
    place: int | None
    column: str
    message: str


@dataclass(frozen=True)
class MappedItems:
    """The items in the order of the file, and everything that could not be read."""

    items: tuple[RatedItem, ...]
    problems: tuple[Problem, ...]


def mapped_items(table: Table, mapping: TableMapping) -> MappedItems:
    """Apply a mapping. All items are held in memory. Raises TableUnreadable.

    Rows with the same id are one item. Without an id column, rows with the same exhibit are.
    """
    items: dict[str, RatedItem] = {}
    problems: list[Problem] = []
    for row in table.rows():
        if isinstance(row, BrokenRow):
            problems.append(Problem(row.number, row.place, "", row.problem))
            continue
        try:
            _add(items, row, mapping, problems)
        except UnusableRow as reason:
            problems.append(Problem(row.number, row.place, reason.column, str(reason)))
    return MappedItems(tuple(items.values()), tuple(problems))


class UnusableRow(ValueError):
    """A row that cannot be used."""

    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column = column


def _add(items: dict[str, RatedItem], row: Row, mapping: TableMapping, problems: list[Problem]) -> None:
    exhibit = exhibit_of(row, mapping)
    external_id = _external_id(row, mapping)
    if not external_id and exhibit == Exhibit():
        raise UnusableRow("", "has neither an id nor a text")
    external_id = external_id or content_id(exhibit)
    item = items.get(external_id)
    if item is None:
        item = items[external_id] = RatedItem(
            external_id,
            exhibit,
            _attributes(row, mapping),
            _cluster(row, mapping),
            place=row.place,
            row=row.number,
        )
    elif exhibit != item.exhibit:
        column = next(iter(mapping.of("output", "context")), "")
        raise UnusableRow(column, f"has the id “{external_id}” of an earlier row, but another text")
    ratings = _long_ratings(row, mapping) if mapping.is_long else _wide_ratings(row, mapping, problems)
    for rating in ratings:
        _add_rating(item, rating, row, problems)


def _add_rating(item: RatedItem, rating: Rating, row: Row, problems: list[Problem]) -> None:
    """Add a rating unless it is there. Two answers of one rater are a problem, unless the outputs were swapped."""
    key = (rating.rater, rating.criterion, rating.swapped)
    for before in item.ratings:
        if (before.rater, before.criterion, before.swapped) == key:
            if before.answer != rating.answer:
                problems.append(
                    Problem(
                        row.number,
                        row.place,
                        "",
                        f"has a second answer of {rating.rater} for {item.external_id}: "
                        f"{rating.answer!r}, before {before.answer!r}",
                    )
                )
            return
    item.ratings.append(rating)


def _external_id(row: Row, mapping: TableMapping) -> str:
    parts = [name_in(row.cells.get(column)) for column in mapping.of("id")]
    if parts and not all(parts):
        raise UnusableRow(mapping.of("id")[parts.index("")], "has no id")
    return " / ".join(parts)


def content_id(exhibit: Exhibit) -> str:
    """An id that depends on the exhibit alone, so that the same file read again gives the same items."""
    blocks = [exhibit.context, exhibit.outputs]
    content = json.dumps(blocks, default=_block_json, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _block_json(value: object) -> object:
    if isinstance(value, Block):
        return [value.kind, value.content, value.heading]
    return str(value)


def name_in(value: object) -> str:
    """The id or name in a cell: text without blanks around it; 7.0 is 7."""
    if value is None or isinstance(value, bool | list | dict):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = clean(value)
    return text[:-2] if text.endswith(".0") and text[:-2].isdigit() else text


def exhibit_of(row: Row, mapping: TableMapping) -> Exhibit:
    """What a rater sees of a row. Raises UnusableRow: an output is empty."""
    context = tuple(_blocks(row, mapping, "context", headed=True))
    outputs = tuple(
        blocks for role in ("output", "second_output") if (blocks := tuple(_blocks(row, mapping, role)))
    )
    if mapping.of("output") and len(outputs) < (2 if mapping.of("second_output") else 1):
        column = mapping.of("output", "second_output")[len(outputs)]
        raise UnusableRow(column, f"has nothing in “{column}”")
    return Exhibit(context, outputs, tuple(_blocks(row, mapping, "reference")))


def _blocks(row: Row, mapping: TableMapping, role: str, *, headed: bool = False) -> Iterator[Block]:
    columns = mapping.of(role)
    for column in columns:
        value, use = row.cells.get(column), mapping.columns[column]
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        heading = use.heading or (column if headed or len(columns) > 1 else "")
        yield Block(use.block or block_kind(value), value if _is_nested(value) else str(value), heading)


def block_kind(value: object) -> BlockKind:
    """How a cell is shown: a list of turns as a chat, of steps as a trace, other nested values as JSON."""
    if isinstance(value, list) and value:
        steps = [step for turn in value for step in (turn if isinstance(turn, list) else [turn])]
        if all(isinstance(step, dict) for step in steps):
            if any(STEP_KEYS & set(step) for step in steps):
                return "trace"
            if all(any(keys <= set(step) for keys in TURN_KEYS) for step in steps):
                return "chat"
    return "json" if _is_nested(value) else "text"


def _is_nested(value: object) -> bool:
    return isinstance(value, list | dict)


def _attributes(row: Row, mapping: TableMapping) -> dict[str, str]:
    return {
        mapping.columns[column].heading or column: name_in(row.cells.get(column))
        for column in mapping.of("attribute")
        if not is_missing(row.cells.get(column))
    }


def _cluster(row: Row, mapping: TableMapping) -> str:
    return "" if mapping.cluster is None else name_in(row.cells.get(mapping.cluster))


def _long_ratings(row: Row, mapping: TableMapping) -> Iterator[Rating]:
    """The one rating of a row; none if its answer is missing."""
    answer_column = mapping.of("answer")[0]
    answer = _answer(row.cells.get(answer_column), mapping.columns[answer_column])
    if answer is None:
        return
    rater = name_in(row.cells.get(mapping.of("rater")[0]))
    if not rater:
        raise UnusableRow(mapping.of("rater")[0], "has an answer and no rater")
    kind = kind_of_rater(rater)
    for column in mapping.of("rater_kind"):
        stated = clean(row.cells.get(column)).lower()
        if stated and stated not in KINDS:
            raise UnusableRow(column, f"has the kind “{stated}”, which is neither human nor judge")
        kind = KINDS.get(stated, kind)
    criterion = next((name_in(row.cells.get(column)) for column in mapping.of("criterion")), "")
    explanation = " ".join(name_in(row.cells.get(column)) for column in mapping.of("explanation"))
    use = mapping.columns[answer_column]
    yield Rating(
        rater, kind, criterion or use.criterion, answer, explanation, use.swapped, row.place, row.number
    )


def _wide_ratings(row: Row, mapping: TableMapping, problems: list[Problem]) -> Iterator[Rating]:
    for column in mapping.of("rating"):
        use, value = mapping.columns[column], row.cells.get(column)
        if isinstance(value, list) and (use.raters_column or _are_objects(value)):
            yield from _listed_ratings(row, mapping, column, value, problems)
            continue
        answer = _answer(value, use)
        if answer is not None:
            yield Rating(
                use.rater or column,
                use.rater_kind,
                use.criterion,
                answer,
                _explanation(row, mapping, use.rater or column),
                use.swapped,
                row.place,
                row.number,
            )


def _listed_ratings(
    row: Row, mapping: TableMapping, column: str, answers: list[object], problems: list[Problem]
) -> Iterator[Rating]:
    """A list with an answer of each rater, or with an object of each rater: criterion → answer."""
    use = mapping.columns[column]
    raters = row.cells.get(use.raters_column) if use.raters_column else None
    if use.raters_column and (not isinstance(raters, list) or len(raters) != len(answers)):
        problems.append(
            Problem(
                row.number,
                row.place,
                column,
                f"has {len(answers)} answers in “{column}”, and not as many raters in “{use.raters_column}”",
            )
        )
        return
    for position, entry in enumerate(answers):
        rater = (
            name_in(raters[position]) if isinstance(raters, list) else f"{use.rater} {position + 1}".strip()
        )
        by_criterion = entry if isinstance(entry, dict) else {use.criterion: entry}
        for criterion, value in by_criterion.items():
            answer = _answer(value, use)
            if answer is not None:
                yield Rating(
                    rater, use.rater_kind, str(criterion), answer, "", use.swapped, row.place, row.number
                )


def _are_objects(values: list[object]) -> bool:
    return bool(values) and all(isinstance(value, dict) for value in values)


def _explanation(row: Row, mapping: TableMapping, rater: str) -> str:
    return "\n".join(
        str(row.cells.get(column))
        for column in mapping.of("explanation")
        if mapping.columns[column].rater == rater and not is_missing(row.cells.get(column))
    )


def _answer(value: object, use: ColumnUse) -> object:
    """A cell as an answer: a number where it writes one, else a text; None if it is missing."""
    if is_missing(value):
        return None
    if isinstance(value, bool | list | dict):
        return value
    number = number_in(value, decimal_comma=use.decimal_comma)
    if number is None:
        return clean(value)
    return int(number) if number.is_integer() and abs(number) < 2**53 else number
