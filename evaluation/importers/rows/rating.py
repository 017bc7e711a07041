"""A judge's rating as the cells of an evaluated file have it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from evaluation.importers.cells.question_draft import check_storable, excerpt
from evaluation.importers.rows.dialect import USAGE, Dialect
from evaluation.models.endpoint import SCALE

MAX_TOKENS = 2**31 - 1
MAX_COST = Decimal(999_999)
COST_PLACES = Decimal("0.00000001")
NO_RATING = "no rating in the file"


@dataclass(frozen=True)
class Rating:
    """A score from 1 to 5, or the reason why there is none; what the call used, if the file says so."""

    score: int | None
    explanation: str = ""
    unscored_reason: str = ""
    has_usage: bool = False
    """Whether the file tells tokens or cost of this rating: there was a call to the judge."""
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: Decimal | None = None


def parse_rating(cells: Sequence[str], dialect: Dialect) -> Rating:
    """Read the rating of a row, whatever stands there. Raises `RowRejected` if it cannot be stored."""
    value = (dialect.cell(cells, "rating") or "").strip()
    explanation = (dialect.cell(cells, "explanation") or "").strip()
    check_storable("pref_eval_rating", value)
    check_storable("pref_eval_explanation", explanation)
    score = parse_score(value)
    usage = {name: (dialect.cell(cells, name) or "").strip() for name in USAGE}
    return Rating(
        score=score,
        explanation=explanation,
        unscored_reason=""
        if score is not None
        else (f"the rating is {excerpt(value)}" if value else NO_RATING),
        has_usage=any(usage.values()),
        input_tokens=parse_tokens(usage["input_tokens"]),
        output_tokens=parse_tokens(usage["output_tokens"]),
        cost=parse_cost(usage["cost"]),
    )


def parse_score(text: str) -> int | None:
    """A whole number on the scale, also as `4.0`; None for anything else."""
    number = _decimal(text)
    return int(number) if number is not None and number in SCALE else None


def parse_tokens(text: str) -> int | None:
    """A count of tokens; None if it cannot be read or stored."""
    number = _decimal(text)
    return int(number) if number is not None and 0 <= number <= MAX_TOKENS and number == int(number) else None


def parse_cost(text: str) -> Decimal | None:
    """US dollars, to eight places; None if it cannot be read or stored."""
    number = _decimal(text.removeprefix("$"))
    return number.quantize(COST_PLACES) if number is not None and 0 <= number <= MAX_COST else None


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
