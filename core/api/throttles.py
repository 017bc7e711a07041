"""How often a program may ask. Without Redis each process counts for itself: see `core.http.throttle`."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from core.http.throttle import Throttle
from core.scopes import Scope

if TYPE_CHECKING:  # at run time it imports this module
    from rest_framework.views import APIView

SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


@dataclass(frozen=True, slots=True)
class Rate:
    """Requests in a window of time that begins with each full second, minute, hour or day; as settings say."""

    name: str

    def wait_after_counting(self, key: str) -> float | None:
        """Count a request; the seconds until the next window if it was one too many."""
        number, _, unit = settings.API_RATES[self.name].partition("/")
        seconds = SECONDS[unit]
        window, gone = divmod(time.time(), seconds)
        counter = Throttle(f"api-{self.name}", limit=int(number), seconds=seconds)
        return None if counter.attempt(key, str(int(window))) else seconds - gone


ANONYMOUS = Rate("anonymous")
REQUESTS = Rate("token")
LABELLING = Rate("labelling")


class ApiThrottle(BaseThrottle):
    """Each token by itself, and each person in the browser. Labelling has its own rate for tokens, and none for people
    in the browser, who are no faster than they can read.
    """

    def __init__(self) -> None:
        self._wait: float | None = None

    def allow_request(self, request: Request, view: "APIView") -> bool:
        is_labelling = getattr(view, "scope", None) == Scope.ANNOTATE
        if is_labelling and not request.auth:
            return True
        rate = LABELLING if is_labelling else REQUESTS
        who = f"token {request.auth.pk}" if request.auth else f"person {request.user.pk}"
        self._wait = rate.wait_after_counting(who)
        return self._wait is None

    def wait(self) -> float | None:
        return self._wait
