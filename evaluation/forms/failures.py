"""Which cause of failures is to be tried again."""

from collections.abc import Mapping

from evaluation.errors import DomainError
from evaluation.selectors.failures import Cause


def posted_cause(posted: Mapping[str, str]) -> Cause | None:
    """The cause that was chosen; None: all. Raises DomainError for one that is no cause."""
    endpoint, code = posted.get("endpoint", ""), posted.get("error_code", "")
    if not endpoint and not code:
        return None
    if not (endpoint.isascii() and endpoint.isdigit() and len(endpoint) < 19 and 0 < len(code) <= 50):
        raise DomainError("There is no such cause.", field="error_code")
    return Cause(int(endpoint), code)
