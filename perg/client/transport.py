"""Requests with retries: which may be repeated, and how long to wait."""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Any, BinaryIO
from urllib.parse import parse_qs, urlsplit

import httpx2

from perg.client.errors import NotReached, error_of

SAFE = {"GET", "HEAD", "OPTIONS"}
AGAIN_ANYWAY = {429}
"""Refused before anything happened."""
AGAIN_IF_SAFE = {502, 503, 504}
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 60.0

Json = dict[str, Any]  # Any: JSON of any depth


class Transport:
    """One connection pool to the platform, with a token.

    A request is always retried on 429, and on 502 to 504 and broken connections if repeating it is harmless:
    reads, and requests with an idempotency key or, as labels have, a key in the body. `Retry-After` is honoured.
    """

    def __init__(self, address: str, token: str, *, timeout: float, retries: int) -> None:
        self._retries = retries
        self._http = httpx2.Client(
            base_url=f"{address.rstrip('/')}/api/v1/",
            headers={
                "Authorization": f"Bearer {token}",
                "Accept": "application/json",
                "User-Agent": "perg-client/1",
            },
            timeout=timeout,
        )

    def close(self) -> None:
        self._http.close()

    def json(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        query: Mapping[str, Any] | None = None,
        key: str = "",
        repeatable: bool = False,
    ) -> Any:
        """The JSON of the answer, None if it is empty. Raises ApiError and NotReached."""
        # Any: JSON of any depth
        response = self._send(
            method,
            path,
            json=body,
            params={name: value for name, value in (query or {}).items() if value is not None},
            headers={"Idempotency-Key": key} if key else {},
            repeatable=repeatable or bool(key) or method in SAFE,
        )
        return response.json() if response.content else None

    def upload(
        self,
        path: str,
        fields: Mapping[str, Any],
        files: Sequence[tuple[str, tuple[str, BinaryIO]]],
        *,
        key: str,
    ) -> Any:
        """The JSON of the answer to files, each with its field and name. Raises ApiError and NotReached."""
        # Any: JSON of any depth
        headers = {"Idempotency-Key": key}
        response = self._send(
            "POST", path, data=dict(fields), files=list(files), headers=headers, repeatable=True
        )
        return response.json()

    def pages(self, path: str, query: Mapping[str, Any]) -> Iterator[Json]:
        """The rows of a list, fetched page by page as they are consumed."""
        parameters = dict(query)
        while True:
            page = self.json("GET", path, query=parameters)
            yield from page["results"]
            if not page["next"]:
                return
            # Only the cursor is taken from the address: behind a proxy, its host may differ from ours.
            parameters["cursor"] = parse_qs(urlsplit(page["next"]).query)["cursor"][0]

    @contextmanager
    def stream(self, path: str, headers: Mapping[str, str]) -> Iterator[httpx2.Response]:
        """A response whose body is read in pieces. Raises ApiError, and httpx2's errors unchanged."""
        with self._http.stream("GET", path, headers={**headers, "Accept": "*/*"}) as response:
            if response.status_code >= 400 and response.status_code != 416:
                response.read()
                raise error_of(response.status_code, _json_or_none(response))
            yield response

    def _send(self, method: str, path: str, *, repeatable: bool, **request: Any) -> httpx2.Response:
        # Any: what httpx2 takes
        for attempt in range(self._retries + 1):
            is_last = attempt == self._retries
            try:
                response = self._http.request(method, path, **request)
            except httpx2.TransportError as error:
                if not repeatable or is_last:
                    raise NotReached(f"{self._http.base_url} does not answer: {error}") from error
                time.sleep(pause(attempt))
                continue
            if response.status_code < 400:
                return response
            if is_last or not _may_repeat(response, repeatable):
                raise error_of(response.status_code, _json_or_none(response))
            time.sleep(pause(attempt, response.headers.get("Retry-After")))
        raise AssertionError


def pause(attempt: int, retry_after: str | None = None) -> float:
    """Seconds to wait after an attempt, counted from 0: `retry_after` if there is one, else longer each time."""
    seconds = _seconds(retry_after)
    if seconds is not None:
        return min(seconds, LONGEST_PAUSE)
    return min(FIRST_PAUSE * 2.0**attempt, LONGEST_PAUSE) * random.uniform(0.5, 1.0)


def _may_repeat(response: httpx2.Response, repeatable: bool) -> bool:
    if response.status_code in AGAIN_ANYWAY:
        return True
    if response.status_code == 409 and repeatable:
        # The first attempt is still running under the same key; its answer will be sent again.
        document = _json_or_none(response)
        return isinstance(document, dict) and document.get("code") == "idempotency_key_in_use"
    return repeatable and response.status_code in AGAIN_IF_SAFE


def _seconds(retry_after: str | None) -> float | None:
    """`Retry-After` in seconds: it is a number, or a date."""
    if not retry_after:
        return None
    if retry_after.strip().isdigit():
        return float(retry_after)
    try:
        return max(parsedate_to_datetime(retry_after).timestamp() - time.time(), 0.0)
    except (TypeError, ValueError):
        return None


def _json_or_none(response: httpx2.Response) -> Any:
    # Any: JSON of any depth
    try:
        return response.json()
    except ValueError:
        return None
