"""What a checked table will become, for the pages: counts, criteria, problems and the first items."""

from collections.abc import Iterable
from dataclasses import replace

from annotations.item_import.tables.checking import CheckedTable, counted
from annotations.item_import.tables.documents import (
    MOST_PROBLEMS,
    CriterionFacts,
    PreviewedItem,
    PreviewedRating,
    TableOutcome,
)
from perg.formats.mapping.uses import TableMapping
from perg.formats.rated_items import Block, Exhibit, RatedItem, Rating
from perg.rubrics.criterion import Criterion

ITEMS_SHOWN = 3
ANSWERS_SHOWN = 30
RATERS_SHOWN = 200
RATINGS_SHOWN = 100
LONGEST_BLOCK = 20_000
LONGEST_NESTED = 100_000


def outcome_of(
    checked: CheckedTable, mapping: TableMapping, columns: Iterable[str], notes: Iterable[str]
) -> TableOutcome:
    """What is stored of it until the person decides."""
    raters: dict[str, dict[str, None]] = {"person": {}, "judge": {}}
    for ratings in checked.ratings.values():
        for entry in ratings:
            raters[entry.rating.kind][entry.rating.rater] = None
    return TableOutcome(
        items=len(checked.items),
        ratings=sum(map(len, checked.ratings.values())),
        people=tuple(raters["person"])[:RATERS_SHOWN],
        judges=tuple(raters["judge"])[:RATERS_SHOWN],
        clusters=len({item.cluster for item in checked.items if item.cluster}),
        criteria=tuple(_facts(checked, name) for name in checked.criteria),
        problems=tuple(checked.problems[:MOST_PROBLEMS]),
        problem_count=len(checked.problems),
        ignored=ignored_columns(mapping, columns),
        notes=tuple(notes),
        preview=tuple(_previewed(item, checked) for item in checked.items[:ITEMS_SHOWN]),
    )


def ignored_columns(mapping: TableMapping, columns: Iterable[str]) -> tuple[str, ...]:
    """The columns that are not imported, in the table's order. Columns that name the raters of lists are."""
    named = {use.raters_column for use in mapping.columns.values()}
    used = {name for name, use in mapping.columns.items() if use.role != "ignore"} | named
    return tuple(name for name in columns if name not in used)


def _facts(checked: CheckedTable, name: str) -> CriterionFacts:
    criterion, ratings = checked.criteria[name], checked.ratings.get(name, [])
    kinds = {entry.rating.rater: entry.rating.kind for entry in ratings}
    return CriterionFacts(
        name=name,
        definition=criterion.definition,
        asks_failure=criterion.asks_failure,
        answers=tuple(counted(checked.answers[name]).most_common(ANSWERS_SHOWN)),
        people=sum(kind == "person" for kind in kinds.values()),
        judges=sum(kind == "judge" for kind in kinds.values()),
        ratings=len(ratings),
        problem=criterion.problem,
    )


def _previewed(item: RatedItem, checked: CheckedTable) -> PreviewedItem:
    definitions = {name: criterion.definition for name, criterion in checked.criteria.items()}
    stored = {
        id(entry.rating): entry.values
        for ratings in checked.ratings.values()
        for entry in ratings
        if entry.item is item
    }
    return PreviewedItem(
        external_id=item.external_id,
        cluster=item.cluster,
        attributes=dict(item.attributes),
        exhibit=_cut(item.exhibit),
        ratings=tuple(
            PreviewedRating(
                rater=rating.rater,
                kind=rating.kind,
                criterion=definitions[rating.criterion].question or definitions[rating.criterion].key,
                answer=_in_words(definitions[rating.criterion], rating, stored[id(rating)]),
            )
            for rating in item.ratings[:RATINGS_SHOWN]
            if id(rating) in stored
        ),
    )


def _in_words(definition: Criterion, rating: Rating, values: Iterable[str]) -> str:
    if definition.kind == "multilabel":
        pairs = zip(definition.options, values, strict=True)
        return ", ".join(option.shown for option, value in pairs if value == "yes") or "none"
    if definition.kind == "ordinal":
        return str(rating.answer)
    return ", ".join(values)


def _cut(exhibit: Exhibit) -> Exhibit:
    return Exhibit(
        tuple(map(_cut_block, exhibit.context)),
        tuple(tuple(map(_cut_block, blocks)) for blocks in exhibit.outputs),
        tuple(map(_cut_block, exhibit.reference)),
    )


def _cut_block(block: Block) -> Block:
    if isinstance(block.content, str):
        if len(block.content) <= LONGEST_BLOCK:
            return block
        left = len(block.content) - LONGEST_BLOCK
        return replace(block, content=f"{block.content[:LONGEST_BLOCK]}\n… {left:,} more characters")
    text = str(block.content)
    if len(text) <= LONGEST_NESTED:
        return block
    return Block(
        "text", f"{text[:LONGEST_BLOCK]}\n… {len(text) - LONGEST_BLOCK:,} more characters", block.heading
    )
