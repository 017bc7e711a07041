"""What the address of a page asks for, value by value: each reader gives one of its type, else its default.

Filters that a person fills in are forms. This is for what links carry: a page, a key to go on behind, a choice.
"""

from collections.abc import Container

from django.http import HttpRequest, QueryDict

from core.text.keys import key_in

LONGEST_TEXT = 300


class PageQuery:
    """The parameters of a page's address. One that is there twice counts as its last."""

    def __init__(self, request: HttpRequest) -> None:
        self._query: QueryDict = request.GET

    def text(self, name: str, *, longest: int = LONGEST_TEXT) -> str:
        """A text without blanks around it, cut where it is longer than any that is expected."""
        return (self._query.get(name) or "").strip()[:longest]

    def choice(self, name: str, choices: Container[str], default: str = "") -> str:
        """One of the choices."""
        value = self._query.get(name)
        return value if value is not None and value in choices else default

    def key(self, name: str) -> int | None:
        """The primary key of that name."""
        return key_in(self._query.get(name))

    def keys(self, name: str) -> list[int]:
        """Every primary key of that name."""
        return [key for key in map(key_in, self._query.getlist(name)) if key is not None]

    def page_number(self) -> int:
        """Which page of a list, from 1."""
        return self.key("page") or 1

    def has(self, name: str) -> bool:
        return name in self._query

    def texts(self) -> dict[str, str]:
        """Every parameter, for a form to start with."""
        return {name: self.text(name) for name in self._query}

    def without(self, *names: str) -> str:
        """The query again, for a link, without some of its parameters."""
        return self.changed(*names).urlencode()

    def changed(self, *without: str, **parameters: str) -> QueryDict:
        """A copy without some parameters, and with others set."""
        query = self._query.copy()
        for name in without:
            query.pop(name, None)
        for name, value in parameters.items():
            query[name] = value
        return query
