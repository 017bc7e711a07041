"""The client's exceptions. All of them are PergErrors."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any


class PergError(Exception):
    """Something went wrong between this program and the platform."""


class NotReached(PergError):
    """The platform does not answer, even after retries."""


class TookTooLong(PergError):
    """The result did not arrive in time. Waiting again is safe."""


class ChecksumDiffers(PergError):
    """The checksum of a downloaded file is wrong. The file has been deleted."""


class ExportFailed(PergError):
    """The platform could not write a file."""


class ReleaseFailed(PergError):
    """No gold was released; `code` says why: a refusal such as `preview_outdated`, or `broken_off`, `worker_lost`."""

    def __init__(self, detail: str, code: str) -> None:
        super().__init__(detail)
        self.code = code


class ImportFailed(PergError):
    """Nothing was imported; `code` says why, `problems` lists the errors of single rows."""

    def __init__(self, detail: str, code: str, problems: Sequence[Any] = ()) -> None:
        super().__init__(detail)
        self.code = code
        self.problems = tuple(problems)


class RunNotFinished(PergError):
    """A run was cancelled or reached its budget while the client waited; `status` says which."""

    def __init__(self, run: int, status: str) -> None:
        super().__init__(f"Run {run} did not finish: it is {status.replace('_', ' ')}.")
        self.run = run
        self.status = status


class RunFailed(RunNotFinished):
    """A run ended in which every item failed, or every judgment of one of its judges.

    `runs` are all the runs of the call, which have all ended; the failed ones have the status `failed`.
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

    `code` is for programs and is stable; `field` names the invalid input, if there is one; `problem` is the whole
    document.
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
    """The token is unknown or lacks the scope, or the person may not do this."""


class NotFound(ApiError):
    """It does not exist, or not for this person."""


class Conflict(ApiError):
    """The present state does not allow it, or somebody else was first."""


KINDS: Mapping[int, type[ApiError]] = {401: NotAllowed, 403: NotAllowed, 404: NotFound, 409: Conflict}


def error_of(status: int, problem: object) -> ApiError:
    """The exception for an answer. Without problem details, as from a proxy, only the status decides."""
    details = problem if isinstance(problem, Mapping) else {}
    return KINDS.get(status, ApiError)(
        status,
        str(details.get("code", "error")),
        str(details.get("detail", "The answer has no details.")),
        str(details.get("field", "")),
        details.get("errors", ()),
        details,
    )
