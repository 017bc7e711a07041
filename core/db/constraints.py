"""Constraints of the shapes that many tables share. Each has its name in the database, and a message for people."""

from django.db.models import CheckConstraint, Q, TextChoices, UniqueConstraint


def unique(
    name: str, message: str, *fields: str, condition: Q | None = None, nulls_distinct: bool | None = None
) -> UniqueConstraint:
    """No two rows (of those that meet the condition) have the same values in these fields."""
    return UniqueConstraint(
        fields=fields,
        condition=condition,
        nulls_distinct=nulls_distinct,
        name=name,
        violation_error_message=message,
    )


def check(name: str, message: str, condition: Q) -> CheckConstraint:
    """A condition of another shape than those below."""
    return CheckConstraint(condition=condition, name=name, violation_error_message=message)


def known(name: str, message: str = "", **choices: type[TextChoices]) -> CheckConstraint:
    """Each field has one of its choices. Without a message the first field is named."""
    condition = Q(**{f"{field}__in": options.values for field, options in choices.items()})
    return check(name, message or f"The {next(iter(choices))} is one of the known ones.", condition)


def not_blank(name: str, message: str, *fields: str) -> CheckConstraint:
    """None of these texts is empty."""
    condition = Q()
    for field in fields:
        condition &= ~Q(**{field: ""})
    return check(name, message, condition)


def at_least(name: str, message: str, *, or_none: bool = False, **lowest: float) -> CheckConstraint:
    """Each field is no lower than its number or, with `or_none`, empty."""
    condition = Q()
    for field, low in lowest.items():
        condition &= _or_none(field, or_none) | Q(**{f"{field}__gte": low})
    return check(name, message, condition)


def within(
    name: str, message: str, *, or_none: bool = False, **ranges: tuple[float, float]
) -> CheckConstraint:
    """Each field is in its range, ends included, or, with `or_none`, empty."""
    condition = Q()
    for field, (low, high) in ranges.items():
        condition &= _or_none(field, or_none) | Q(**{f"{field}__gte": low, f"{field}__lte": high})
    return check(name, message, condition)


def filled_exactly_when(name: str, message: str, *fields: str, **state: object) -> CheckConstraint:
    """The fields are filled in the state that the lookups describe, and empty in every other."""
    filled = Q(**state, **{f"{field}__isnull": False for field in fields})
    empty = Q(**{f"{field}__isnull": True for field in fields})
    return check(name, message, filled | (~Q(**state) & empty))


def _or_none(field: str, or_none: bool) -> Q:
    return Q(**{f"{field}__isnull": True}) if or_none else Q()
