"""A section of a report that cannot be computed, with the reason."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Undefined:
    """Takes the place of a result, with the reason in words; a defined result has no key `undefined` in its JSON."""

    undefined: str
