"""What somebody asks of a table, checked: outsiders find nothing, leads name a campaign of theirs, staff get all."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from annotations.access import led_campaign, led_release, manages_campaigns
from annotations.exports.tables.columns import Filter, FilterKind, Scope, Source, Table
from annotations.exports.tables.pseudonyms import under_pseudonyms
from annotations.exports.tables.registry import tables
from annotations.models import Campaign, GoldRelease
from annotations.models.export import RaterNames
from core.errors import DomainError, NotFound
from core.models import User

LARGEST_KEY = 2**63 - 1


def exportable_tables(user: User) -> list[Table]:
    """The tables that the person may export something of."""
    if not manages_campaigns(user):
        return []
    return [table for table in tables().values() if user.is_staff or not table.is_for_staff]


def exportable_table(user: User, name: str) -> Table:
    """One of them, by name. Raises NotFound."""
    for table in exportable_tables(user):
        if table.name == name:
            return table
    raise NotFound("There is no such table.", field="table")


def checked_scope(user: User, table: Table, filters: Mapping[str, object]) -> Scope:
    """What is asked for; empty filters narrow nothing. Raises DomainError with the field at fault, and NotFound."""
    values: dict[str, Any] = {}
    for name, value in filters.items():
        option = table.filter_named(name)
        if option is None:
            raise DomainError(f"This table has no filter {name}.", code="unknown_filter", field=name)
        if value not in {None, ""}:
            values[name] = _value(option, value)
    for required in table.filters:
        if required.is_required and required.name not in values:
            raise DomainError(f"{required.label} is needed.", code="required", field=required.name)
    campaign, release = _campaign(user, table, values), _release(user, values)
    return Scope(user, campaign or (release.campaign if release else None), release, values)


def stored_filters(scope: Scope) -> dict[str, Any]:
    """The filters as JSON; `checked_scope` takes them back."""
    return {
        name: value.isoformat() if isinstance(value, date) else value for name, value in scope.filters.items()
    }


def source_for(table: Table, scope: Scope, raters: str) -> Source:
    """The rows that the scope leaves, people under the names that were asked for."""
    source = table.source(scope)
    return under_pseudonyms(source, scope.campaign) if raters == RaterNames.PSEUDONYMS else source


def _campaign(user: User, table: Table, values: Mapping[str, Any]) -> Campaign | None:
    if key := values.get("campaign"):
        return led_campaign(user, key)
    if not user.is_staff and not values.get("release"):
        raise DomainError("Choose one of your campaigns.", code="required", field="campaign")
    return None


def _release(user: User, values: Mapping[str, Any]) -> GoldRelease | None:
    return led_release(user, values["release"]) if values.get("release") else None


def _value(option: Filter, value: object) -> object:
    if option.kind == FilterKind.CHOICE:
        if value not in dict(option.choices):
            raise DomainError(f"{option.label} is none of the choices.", field=option.name)
        return value
    if option.kind == FilterKind.TEXT:
        return str(value)[:200]
    try:
        return _day(value) if option.kind == FilterKind.DAY else _key(value)
    except ValueError:
        raise DomainError(f"{option.label} cannot be read.", field=option.name) from None


def _day(value: object) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _key(value: object) -> int:
    key = int(str(value))
    if not 0 < key <= LARGEST_KEY:
        raise ValueError
    return key
