"""What somebody says of columns and criteria in words of a command line."""

from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from annotations.item_import.tables.documents import CriterionChoice
from core.errors import DomainError
from perg.formats.mapping.uses import ColumnUse, TableMapping
from perg.formats.tables.layout import StatedLayout
from perg.rubrics.answers import label_names

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
PLACES: Mapping[str, Sequence[str]] = {
    "id": (),
    "context": ("heading", "block"),
    "output": ("heading", "block"),
    "second_output": ("heading", "block"),
    "reference": ("heading", "block"),
    "attribute": ("heading",),
    "cluster": (),
    "person": ("rater", "criterion"),
    "judge": ("rater", "criterion"),
    "explanation": ("rater",),
    "rater": (),
    "rater_kind": (),
    "criterion": (),
    "answer": ("criterion",),
    "ignore": (),
}
"""What follows each role behind colons, in this order."""
RATED_BY = ("person", "judge")


class NotUnderstood(DomainError):
    """Words that say nothing that is known, or uses of columns of which nothing can be made."""

    code = "not_understood"


def stated_use(words: str) -> tuple[str, ColumnUse]:
    """A column and its use, of `COLUMN=ROLE[:…]`. Raises NotUnderstood."""
    column, separator, use = words.rpartition("=")
    role, *places = use.split(":")
    if not separator or role not in PLACES:
        raise NotUnderstood(f"“{words}” is not COLUMN=ROLE; roles are {', '.join(PLACES)}.")
    names = PLACES[role]
    if len(places) > len(names):
        raise NotUnderstood(f"“{words}” has more than {len(names)} parts behind the role {role}.")
    stated = {name: place for name, place in zip(names, places, strict=False) if place}
    if role in RATED_BY:
        stated |= {"rater": stated.get("rater", column), "rater_kind": role}
        role = "rating"
    try:
        return column, ColumnUse.model_validate({"role": role, **stated})
    except ValidationError as error:
        raise NotUnderstood(f"“{words}”: {first_message(error)}") from error


def corrected_mapping(mapping: TableMapping, stated: Sequence[str], columns: Sequence[str]) -> TableMapping:
    """A mapping with stated uses in the place of its own. Raises NotUnderstood."""
    uses = dict(mapping.columns)
    for words in stated:
        column, use = stated_use(words)
        if column not in columns:
            raise NotUnderstood(f"There is no column “{column}”. There are {', '.join(columns)}.")
        uses[column] = use.model_copy(
            update={"decimal_comma": uses[column].decimal_comma if column in uses else False}
        )
    return whole_mapping(uses)


def fitted_mapping(saved: TableMapping, columns: Sequence[str]) -> TableMapping:
    """A saved mapping on a table with these columns: others of it are left out. Raises NotUnderstood."""
    uses = {column: saved.columns.get(column, ColumnUse(role="ignore")) for column in columns}
    return whole_mapping(uses)


def whole_mapping(uses: Mapping[str, ColumnUse]) -> TableMapping:
    """The mapping of these uses. Raises NotUnderstood where they contradict one another, or give nothing to import."""
    try:
        mapping = TableMapping(columns=dict(uses))
    except ValidationError as error:
        raise NotUnderstood(first_message(error)) from error
    if problem := problem_of(mapping):
        raise NotUnderstood(problem)
    return mapping


def problem_of(mapping: TableMapping) -> str:
    """Why nothing, or not all, can be imported by a mapping, as a sentence; empty: it can."""
    if mapping.is_long and not mapping.of("id", "context", "output"):
        return (
            "Which column has the id of the item? Without it, ratings of one item cannot be told from others."
        )
    if not mapping.of("id", "context", "output", "second_output"):
        return "No column has an id or a text, so there are no items. Say which column has one."
    raters = {
        mapping.columns[name].rater or name
        for name in mapping.of("rating")
        if not mapping.columns[name].raters_column
    }
    for name in mapping.of("explanation"):
        if not mapping.is_long and mapping.columns[name].rater not in raters:
            return f"Whose explanations are in “{name}”? Name a rater who has a column of ratings, or use it otherwise."
    return ""


def stated_choices(
    names: Sequence[str], stated: Mapping[str, Sequence[str]], before: Sequence[CriterionChoice] = ()
) -> list[CriterionChoice]:
    """Choices of criteria, of `CRITERION=WORDS` for each of kind, question, options, failure, below and no_failure.

    Without a criterion, the words are of the only one, `no_failure` of all. Raises NotUnderstood.
    """
    fields: dict[str, dict[str, object]] = {choice.name: choice.dumped() for choice in before}
    for option, entries in stated.items():
        for entry in entries:
            for name, words in _addressed(names, entry, option):
                fields.setdefault(name, {"name": name})[_FIELDS[option]] = _value(option, words)
    try:
        return [CriterionChoice.model_validate(choice) for choice in fields.values()]
    except ValidationError as error:
        raise NotUnderstood(first_message(error)) from error


_FIELDS = {
    "kind": "kind",
    "question": "question",
    "options": "options",
    "failure": "failures",
    "below": "fails_below",
    "no_failure": "no_failure",
}


def _addressed(names: Sequence[str], entry: str, option: str) -> list[tuple[str, str]]:
    """The criteria that an entry is of, with its words."""
    if option == "no_failure":
        chosen = [name for name in names if entry in ("", name)]
        if not chosen:
            raise NotUnderstood(f"There is no criterion “{entry}”. There are {', '.join(names)}.")
        return [(name, "") for name in chosen]
    name, separator, words = entry.partition("=")
    if separator and name in names:
        return [(name, words)]
    if len(names) == 1:
        return [(names[0], entry)]
    raise NotUnderstood(f"“{entry}” does not begin with a criterion. There are {', '.join(names)}.")


def _value(option: str, words: str) -> object:
    if option in ("options", "failure"):
        return tuple(label_names(words))
    return True if option == "no_failure" else words


def layout_of_words(
    *, encoding: str | None, delimiter: str | None, sheet: str | None, header_row: int | None
) -> StatedLayout:
    """A layout, where a delimiter may be called by its name."""
    named = None if delimiter is None else DELIMITERS.get(delimiter, delimiter)
    return StatedLayout(encoding or None, named or None, sheet or None, header_row)


def first_message(error: ValidationError) -> str:
    """What is wrong first, as a sentence."""
    first = error.errors()[0]
    message = str(first["msg"]).removeprefix("Value error, ")
    place = ".".join(str(part) for part in first["loc"])
    sentence = message if first["type"] == "value_error" else f"{place}: {message}"
    return sentence if sentence.endswith(".") else f"{sentence}."
