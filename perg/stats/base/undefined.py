"""A whole section of a report that cannot be had, and why."""

from dataclasses import dataclass
from typing import TypedDict, final


@final
class UndefinedDict(TypedDict):
    """`Undefined`, ready for JSON; final, so that asking for a key of another result tells the two apart."""

    undefined: str


@dataclass(frozen=True, slots=True)
class Undefined:
    """Stands where a result would, with the reason in words; what is defined has no key `undefined` in its JSON."""

    reason: str

    def as_dict(self) -> UndefinedDict:
        """One JSON-ready object."""
        return {"undefined": self.reason}
