"""Names of what an import makes."""

from core.names import name_problem
from evaluation.importers.report import ImportRefused


def require_name(name: str, *, longest: int, field: str, whose: str) -> None:
    """Raise `ImportRefused` (`invalid_name`) for a name that is blank, too long, or that pages cannot show."""
    require_length(name, longest=longest, field=field, whose=whose)
    if problem := name_problem(name):
        raise ImportRefused(problem, code="invalid_name", field=field)


def require_length(name: str, *, longest: int, field: str, whose: str) -> None:
    """Raise `ImportRefused` (`invalid_name`) for a name that is blank or too long; `whose` it is opens the message."""
    if not name.strip() or len(name) > longest or "\0" in name:
        raise ImportRefused(f"{whose} has 1 to {longest} characters.", code="invalid_name", field=field)
