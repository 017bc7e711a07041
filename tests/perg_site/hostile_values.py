"""Values that no parameter or field expects, and those that a page reads."""

from collections.abc import Callable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponseBase, QueryDict

from tests.sizes import HOSTILE_VALUES_ONE_IN, turn

HOSTILE = (
    "",
    "   ",
    "%00",
    "a%00b",
    "%ED%A0%80",  # a lone surrogate
    "%FF%FE",
    "-1",
    "0",
    "1e9",
    "1.0",
    "1_0",
    "NaN",
    "-inf",
    "%EF%BC%91%EF%BC%92",  # 12 in full-width digits
    "%C2%B2",  # a superscript two: a digit by str.isdigit, no number for int
    str(2**31),
    str(2**63),
    str(10**30),
    "9" * 5000,
    "true",
    "2026-02-30",
    "0000-00-00",
    "999999999-01-01",
    "9999-12-31",  # a day after it is none
    "0001-01-01",
    "%E2%80%AE" + "x" * 3000,  # a right-to-left override, and a long text
    "' OR 1=1 --",
    "%25_%5C",
    "[]",
    "{}",
    '{"a":',
    "cD0=",  # looks like a cursor
)
"""As they stand in an address, percent-encoded."""


class RecordingQuery(QueryDict):
    """The parameters of an address or the fields of a form; `read` has the names that somebody has looked for."""

    read: set[str] = set()

    def __getitem__(self, key: str) -> Any:
        self.read.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.read.add(str(key))
        return super().__contains__(key)

    def getlist(self, key: str, default: Any = None) -> Any:
        self.read.add(key)
        return super().getlist(key, default)


class RecordingMiddleware:
    """Notes which parameters are read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.GET = RecordingQuery(request.META["QUERY_STRING"])
        if request.method == "POST":
            request.POST = RecordingQuery(request.POST.urlencode())
        return self.get_response(request)


WORST = (
    "a%00b",
    "%C2%B2",
    str(2**63),
    str(10**30),
    "9" * 5000,
    "NaN",
    "9999-12-31",
    "0001-01-01",
)
"""Those that have been errors of the server somewhere."""

PARTS = ("a%00b", "%ED%A0%80", "%C2%B2", str(2**31), str(2**63), "9" * 5000)
"""What stands in an address in place of a number."""


def hostile_queries(names: set[str], place: int) -> Iterator[str]:
    """Addresses' queries: each value in all parameters at once, and the worst in each of them alone.

    Every day one in so many of the values, according to the place of the address among others.
    """
    if not names:
        return
    for value in turn(HOSTILE, place, HOSTILE_VALUES_ONE_IN):
        yield "&".join(f"{name}={value}" for name in sorted(names))
    for number, name in enumerate(sorted(names), start=place):
        yield from (f"{name}={value}" for value in turn(WORST, number, HOSTILE_VALUES_ONE_IN))
        yield f"{name}=1&{name}=2"
