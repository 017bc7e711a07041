"""The basis of every part of the client: the connection, and requests for any path."""

import os
import uuid
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

from rich.console import Console

from perg.client.answers import Answer
from perg.client.transport import Json, Transport

POLL_SECONDS = 1.0
Kind = TypeVar("Kind", bound=Answer)


class Base:
    """The platform, as the owner of a token sees it. Use it in a `with`, or close it.

    `timeout` is for one request, in seconds; `retries` is how often a request is retried if that is safe.
    Progress bars go to `console`, by default the terminal.
    """

    def __init__(
        self,
        address: str = "",
        *,
        token: str = "",
        timeout: float = 30.0,
        retries: int = 5,
        poll_seconds: float = POLL_SECONDS,
        console: Console | None = None,
    ) -> None:
        """Address and token default to PERG_ADDRESS and PERG_TOKEN. Raises ValueError without a token."""
        address = address or os.environ.get("PERG_ADDRESS", "http://127.0.0.1:8000")
        token = token or os.environ.get("PERG_TOKEN", "")
        if not token:
            raise ValueError("A token is needed: make one in the browser, and give it or set PERG_TOKEN.")
        self._retries = retries
        self._poll = poll_seconds
        self._console = console
        self._transport = Transport(address, token, timeout=timeout, retries=retries)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._transport.close()

    def get(self, path: str, **query: Any) -> Any:
        """GET a path below /api/v1/, such as `runs/1/metrics/`."""
        # Any: JSON of any depth
        return self._transport.json("GET", path, query=query)

    def post(self, path: str, body: Mapping[str, Any] | None = None, *, idempotency_key: str = "") -> Any:
        """POST to a path; with a key, it can be retried and is executed once."""
        return self._transport.json("POST", path, body=dict(body or {}), key=idempotency_key)

    def rows(self, path: str, **query: Any) -> Iterator[Json]:
        """All rows of a list, fetched page by page."""
        return self._transport.pages(path, query)

    def _read(self, kind: type[Kind], path: str) -> Kind:
        return kind.model_validate(self.get(path))

    def _listed(self, kind: type[Kind], path: str, filters: Mapping[str, Any]) -> Iterator[Kind]:
        return (kind.model_validate(row) for row in self.rows(path, **filters))

    def _created(self, kind: type[Kind], path: str, body: Mapping[str, Any], idempotency_key: str) -> Kind:
        return kind.model_validate(self.post(path, body, idempotency_key=key_of(idempotency_key)))

    def _sent(self, path: str, body: Mapping[str, Any]) -> Any:
        """The answer to a POST that may be repeated: sent twice, it does what it does once."""
        # Any: JSON of any depth
        return self._transport.json("POST", path, body=dict(body), repeatable=True)


def key_of(key: str) -> str:
    """This idempotency key, or a new one if it is empty."""
    return key or str(uuid.uuid4())
