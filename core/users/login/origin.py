"""Where a request comes from, as it is noted: the address and the browser, cut to a length and free of control
characters.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from django.http import HttpRequest, HttpResponseBase

from core.audit import writing as audit
from core.http.proxies import parsed

LONGEST_AGENT = 200
# The first that is in the name counts: most browsers also name others.
BROWSERS = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("python", "a Python program"),
]
SYSTEMS = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
]


@dataclass(frozen=True, slots=True)
class Origin:
    address: str
    user_agent: str

    @classmethod
    def of(cls, request: HttpRequest) -> "Origin":
        return cls(
            str(parsed(request.META.get("REMOTE_ADDR", "")) or ""),
            plain(request.META.get("HTTP_USER_AGENT", ""), LONGEST_AGENT),
        )


class OriginMiddleware:
    """Lets the audit log know where the request under way comes from, and forget by which token it came."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        before = audit.origin.set(asdict(Origin.of(request)))
        means_before = audit.means.set(None)
        try:
            return self.get_response(request)
        finally:
            audit.means.reset(means_before)
            audit.origin.reset(before)


def plain(text: str, longest: int) -> str:
    """The text in one line that PostgreSQL can store: no NUL, no line break, no half of a surrogate pair."""
    cut = text[:longest]
    return "".join(letter if letter.isprintable() else "�" for letter in cut)


def device(user_agent: str) -> str:
    """The browser and the system, such as “Firefox on Linux”; a browser can claim to be any other."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    return " on ".join(part for part in (browser, system) if part) or "Unknown device"
