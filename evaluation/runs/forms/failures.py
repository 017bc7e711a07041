"""Which cause of failures is to be tried again."""

from collections.abc import Mapping

from core.errors import DomainError
from core.text.keys import key_in
from evaluation.runs.selectors.failures import Cause


def posted_cause(posted: Mapping[str, str]) -> Cause | None:
    """The cause that was chosen; None: all. Raises DomainError for one that is no cause."""
    endpoint, code = posted.get("endpoint", ""), posted.get("error_code", "")
    if not endpoint and not code:
        return None
    key = key_in(endpoint)
    if key is None or not 0 < len(code) <= 50:
        raise DomainError("This cause does not exist.", field="error_code")
    return Cause(key, code)
