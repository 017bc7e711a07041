"""A whole section of a report that cannot be had, and why."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Undefined:
    """Stands where a result would, with the reason in words; what is defined has no key `undefined` in its JSON."""

    undefined: str
