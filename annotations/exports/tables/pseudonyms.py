"""Pseudonyms for people in files that are passed on."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from django.utils.crypto import salted_hmac

from annotations.exports.tables.columns import Column, Kind, Row, Source
from annotations.models import Campaign

LENGTH = 10
SALT = "annotations.exporters.pseudonyms"
"""Stays as it is wherever this module lies: another one gives everybody another pseudonym."""


def pseudonyms_of(campaign: Campaign | None) -> Callable[[str], str]:
    """From user name to pseudonym: the same in all files of a campaign, another in every other campaign.

    Without the site's secret key nobody can tell who is behind one, or test a guess.
    """
    salt = f"{SALT}:{campaign.pk if campaign else 'all'}"

    @cache
    def pseudonym(name: str) -> str:
        digest = salted_hmac(salt, name, algorithm="sha256").hexdigest()
        return f"rater-{digest[:LENGTH]}"

    return pseudonym


def under_pseudonyms(source: Source, campaign: Campaign | None) -> Source:
    """The source with people under pseudonyms, and without what may name people in passing."""
    pseudonym = pseudonyms_of(campaign)
    changes = {
        column.name: change for column in source.columns if (change := _change(column, pseudonym)) is not None
    }
    places = {column.name: place for place, column in enumerate(source.columns)}
    by_place = [
        (places[column.name], changes[column.name], _condition(column, places))
        for column in source.columns
        if column.name in changes
    ]

    def rows() -> Iterator[Row]:
        for row in source.rows():
            cells = list(row)
            for place, change, is_of_a_person in by_place:
                if is_of_a_person(row):
                    cells[place] = change(cells[place])
            yield tuple(cells)

    def lines() -> Iterator[dict[str, Any]]:
        for record in source.lines() if source.lines else ():
            yield {name: changes[name](value) if name in changes else value for name, value in record.items()}

    def raters() -> dict[str, list[str]]:
        people = {column.name for column in source.columns if column.rated_by_people}
        return {
            name: sorted(map(pseudonym, names)) if name in people else names
            for name, names in source.raters().items()
        }

    return replace(source, rows=rows, lines=lines if source.lines else None, raters=raters)


def _condition(column: Column, places: Mapping[str, int]) -> Callable[[Row], bool]:
    """Whether the column is of a person in a row."""
    if column.person_if is None:
        return lambda _: True
    place, value = places[column.person_if[0]], column.person_if[1]
    return lambda row: bool(row[place] == value)


def _change(column: Column, pseudonym: Callable[[str], str]) -> Callable[[Any], Any] | None:
    if column.is_private:
        return lambda _: None
    if column.kind == Kind.PERSON:
        return lambda name: pseudonym(name) if name else name
    if column.rated_by_people:
        return lambda ratings: ratings and {pseudonym(name): score for name, score in ratings.items()}
    return None
