"""What can go wrong, as exceptions. All of them are a PergError."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any


class PergError(Exception):
    """Something went wrong between this program and the platform."""


class NotReached(PergError):
    """The platform does not answer, also after trying again."""


class TookTooLong(PergError):
    """What was waited for did not come in time. Waiting again is safe."""


class ChecksumDiffers(PergError):
    """A downloaded file is not what the platform says that it is. It has been deleted."""


class ExportFailed(PergError):
    """The platform could not write a file."""


class ReleaseFailed(PergError):
    """No gold was released; `code` says why: `preview_outdated` and the like, `broken_off`, `worker_lost`."""

    def __init__(self, detail: str, code: str) -> None:
        super().__init__(detail)
        self.code = code


class ImportFailed(PergError):
    """Nothing was imported; `code` says why, `problems` list what is wrong with single rows."""

    def __init__(self, detail: str, code: str, problems: Sequence[Any] = ()) -> None:
        super().__init__(detail)
        self.code = code
        self.problems = tuple(problems)


class RunNotFinished(PergError):
    """A run that was waited for has been cancelled, or has reached its budget; `status` says which."""

    def __init__(self, run: int, status: str) -> None:
        super().__init__(f"Run {run} did not finish: it is {status.replace('_', ' ')}.")
        self.run = run
        self.status = status


class RunFailed(RunNotFinished):
    """A run that was waited for has ended, and every item failed, or every judgment of one of its judges.

    `runs` are all the runs that were waited for, by now at an end; those that have failed have the status `failed`.
    """

    def __init__(self, failed: Sequence[int], runs: Sequence[Any]) -> None:
        super().__init__(failed[0], "failed")
        self.args = (
            f"Failed: run {', '.join(map(str, failed))}. See runs/{failed[0]}/progress/ for the causes.",
        )
        self.runs = runs


@dataclasses.dataclass(eq=False)
class ApiError(PergError):
    """The platform refuses a request (problem details, RFC 9457).

    `code` is for programs and stays the same; `field` names the input at fault, where there is one; `problem` is all
    that was said.
    """

    status: int
    code: str
    detail: str
    field: str = ""
    errors: Sequence[Mapping[str, str]] = ()
    problem: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def __str__(self) -> str:
        at = f" ({self.field})" if self.field else ""
        return f"{self.status} {self.code}{at}: {self.detail}"


class NotAllowed(ApiError):
    """The token is unknown or has not the scope, or the person may not do this."""


class NotFound(ApiError):
    """There is no such thing, or not for this person."""


class Conflict(ApiError):
    """The state of the thing does not allow it, or somebody else was first."""


KINDS: Mapping[int, type[ApiError]] = {401: NotAllowed, 403: NotAllowed, 404: NotFound, 409: Conflict}


def error_of(status: int, problem: object) -> ApiError:
    """The exception for an answer; one that is no problem details, as a proxy gives, is told by its status."""
    details = problem if isinstance(problem, Mapping) else {}
    return KINDS.get(status, ApiError)(
        status,
        str(details.get("code", "error")),
        str(details.get("detail", "The answer says no more.")),
        str(details.get("field", "")),
        details.get("errors", ()),
        details,
    )
