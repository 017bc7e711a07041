"""Names that people give to things: every page shows them on one line, beside other text."""

import unicodedata

from core.errors import DomainError

HIDDEN = {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Categories of characters that are no part of a name: control characters, surrogates, line separators."""

DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
"""Characters that turn the direction of the text that follows: a name could read as another one."""


def name_problem(name: str) -> str | None:
    """Why pages cannot show a text as a name; None: they can."""
    if any(unicodedata.category(character) in HIDDEN for character in name):
        return "A name has no control characters and no line breaks."
    if any(character in DIRECTIONS for character in name):
        return "A name has no characters that change the direction of text."
    if not any(unicodedata.category(character)[0] in "LNPS" for character in name):
        return "A name has at least one visible character."
    return None


def check_name(name: str, *, field: str = "name") -> None:
    """Raise DomainError for a text that cannot be a name."""
    if problem := name_problem(name):
        raise DomainError(problem, code="invalid_name", field=field)
