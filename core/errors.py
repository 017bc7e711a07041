"""Errors of the domain, in words for the person who made the request.

`core.http.problem_details` turns it into HTTP.
"""

from collections.abc import Mapping
from http import HTTPStatus


class DomainError(Exception):
    """A request that the domain refuses.

    `code` is for programs and stays the same; `message` is for people; `status` is the HTTP status it becomes;
    `field` names the input at fault, where there is one. `extra` are facts that a program needs to go on.
    """

    code = "invalid"
    status = HTTPStatus.BAD_REQUEST

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        status: HTTPStatus | None = None,
        field: str | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.status = status or self.status
        self.field = field
        self.extra = extra or {}


class NotFound(DomainError):
    """The thing does not exist, or not for the person who asks."""

    code = "not_found"
    status = HTTPStatus.NOT_FOUND


class NotAllowed(DomainError):
    """The person may see the thing but not do this with it."""

    code = "not_allowed"
    status = HTTPStatus.FORBIDDEN


class Conflict(DomainError):
    """The state of the thing does not allow this, or somebody else was first."""

    code = "conflict"
    status = HTTPStatus.CONFLICT
