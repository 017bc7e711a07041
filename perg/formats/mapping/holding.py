"""What a column can be for, by what its cells hold."""

from perg.formats.mapping.words import BINARY
from perg.formats.tables.summary import ColumnSummary

LONG_TEXT = 60
"""Characters from which a text is one to read."""
MOST_LABELS = 20
MOST_WHOLE_LEVELS = 11


def holds_nested(column: ColumnSummary) -> bool:
    """Whether the cells are lists or objects, as JSON and Parquet nest them."""
    return column.lists + column.objects == column.filled


def holds_names(column: ColumnSummary) -> bool:
    """Whether the cells are lists of names or labels."""
    example = column.example
    return isinstance(example, list) and all(isinstance(entry, str | int | float) for entry in example)


def holds_records(column: ColumnSummary) -> bool:
    """Whether the cells are lists of objects."""
    example = column.example
    return isinstance(example, list) and bool(example) and all(isinstance(entry, dict) for entry in example)


def holds_reading(column: ColumnSummary, *, named: bool) -> bool:
    """Whether the cells are something to read: texts that are long or of several words, chats, traces.

    `named`: the column's name says so, and shorter texts will do.
    """
    if column.lists or column.objects:
        return holds_nested(column) and not (holds_names(column) and not named)
    are_sentences = 2 * column.sentences > column.filled and column.differ is not False
    is_long = column.longest > LONG_TEXT or column.lines > 0 or are_sentences
    return column.texts > 0 and (
        is_long or (named and (column.sentences > 0 or not holds_few_labels(column)))
    )


def holds_few_labels(column: ColumnSummary) -> bool:
    """Whether the cells are a few short labels or numbers."""
    return column.values is not None and len(column.values) <= MOST_LABELS and column.longest <= LONG_TEXT


def holds_answers(column: ColumnSummary) -> bool:
    """Whether the cells can be answers: one of a few labels, numbers, truth values, lists of labels."""
    if column.objects:
        return False
    if column.lists:
        return holds_names(column)
    if column.numbers == column.filled:
        return column.values is not None or column.whole < column.filled
    return holds_few_labels(column)


def holds_scale(column: ColumnSummary) -> bool:
    """Whether the cells are answers whatever the column is called: yes and no, a few levels, scores of 0 to 1."""
    if column.truths == column.filled:
        return True
    if column.texts == column.filled:
        return column.values is not None and {value.strip().lower() for value in column.values} <= BINARY
    if column.numbers != column.filled or column.smallest is None or column.largest is None:
        return False
    if column.smallest < 0:
        return False
    is_few = column.values is not None and len(column.values) <= MOST_WHOLE_LEVELS
    return (is_few and column.largest <= 10) or (column.whole < column.filled and column.largest <= 1)
