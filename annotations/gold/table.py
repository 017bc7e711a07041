"""A gold release as a table. Its rows are the records as they were stored: nothing is read that came later."""

from collections.abc import Iterator
from typing import Any

from annotations.exports.tables.card_facts import CardFacts
from annotations.exports.tables.columns import (
    CURSOR_ROWS,
    Column,
    Filter,
    FilterKind,
    Kind,
    Row,
    Scope,
    Source,
    Table,
)
from annotations.gold.release_card import release_facts
from annotations.gold.selectors.gold import raters_of
from annotations.models import GoldRelease
from core.errors import DomainError

GOLD = (
    Column("task", Kind.INTEGER, "Key of the task."),
    Column("run", Kind.TEXT, "Name of the run."),
    Column("model", Kind.TEXT, "The model that answered."),
    Column("method", Kind.TEXT, "How it was prompted."),
    Column("setting", Kind.TEXT, "Which preferences it was told."),
    Column("position", Kind.INTEGER, "Place of the item in the run."),
    Column("question", Kind.TEXT, "The question."),
    Column("options", Kind.TEXTS, "Its options, A first."),
    Column("gold_option", Kind.TEXT, "Letter of the right one."),
    Column("source", Kind.TEXT, "The benchmark it is from."),
    Column("category", Kind.TEXT, "Its category there."),
    Column("preference", Kind.TEXT, "The preference that the model was told."),
    Column("preference_category", Kind.TEXT, "What that is about."),
    Column("baseline_response", Kind.TEXT, "What the model wrote without the preference."),
    Column("personalised_response", Kind.TEXT, "What it wrote with it: this is what was rated."),
    Column("followed", Kind.FLAG, "The gold: was the preference followed? Empty: unresolved."),
    Column("score", Kind.NUMBER, "Median of the votes, or the adjudicator's score, 1 to 5."),
    Column(
        "status",
        Kind.TEXT,
        "How the gold fell: unanimous, majority, single (1 label), median, model, adjudicated, tied or unlabelled.",
    ),
    Column("how", Kind.TEXT, "The same in words, with rule and threshold."),
    Column("votes", Kind.INTEGER, "Labels that it rests on."),
    Column("agreement", Kind.NUMBER, "Share of the votes that say the gold; empty for 1 vote."),
    Column("confidence", Kind.NUMBER, "Probability of the gold under Dawid–Skene or MACE."),
    Column("adjudicator", Kind.PERSON, "Who decided, if an adjudicator did."),
    Column("rationale", Kind.TEXT, "Why they did, as written."),
    Column("inclusion_probability", Kind.NUMBER, "Chance that the sampling had of drawing this response."),
    Column("labels", Kind.RATINGS, "Each person's score.", prefix="label: ", rated_by_people=True),
    Column(
        "surplus_labels",
        Kind.RATINGS,
        "Scores that came too late to have a vote.",
        prefix="surplus label: ",
        rated_by_people=True,
    ),
    Column(
        "set_aside_labels",
        Kind.RATINGS,
        "Scores of people whose labels were set aside.",
        prefix="label set aside: ",
        rated_by_people=True,
    ),
    Column("judges", Kind.RATINGS, "Each judge's score, in no vote.", prefix="judge: "),
)
RATING_COLUMNS = tuple(column.name for column in GOLD if column.kind == Kind.RATINGS)


def of_release(release: GoldRelease) -> Source:
    """A release's records, in the order in which they were written."""
    labels = release.gold_labels.order_by("pk").values_list("record", flat=True)

    def lines() -> Iterator[dict[str, Any]]:
        return labels.iterator(chunk_size=CURSOR_ROWS // 2)

    def rows() -> Iterator[Row]:
        for record in lines():
            yield tuple(record[column.name] for column in GOLD)

    return Source(
        columns=GOLD,
        rows=rows,
        count=lambda limit: labels[:limit].count(),
        lines=lines,
        raters=lambda: {name: raters_of(release, name) for name in RATING_COLUMNS},
    )


def gold(scope: Scope) -> Source:
    return of_release(_release(scope))


def gold_card(scope: Scope, raters: str, licence: str) -> CardFacts:
    """The facts of a release's dataset card."""
    return release_facts(_release(scope), raters=raters, licence=licence)


def _release(scope: Scope) -> GoldRelease:
    if scope.release is None:
        raise DomainError("Which gold release?", field="release")
    return scope.release


GOLD_TABLE = Table(
    "gold",
    "Gold release",
    "A release of a campaign's gold: each task with its decision, how it came about, and every rater's score.",
    GOLD,
    (Filter("release", FilterKind.RELEASE, "Release", is_required=True),),
    gold,
    card=gold_card,
)
TABLES = (GOLD_TABLE,)
