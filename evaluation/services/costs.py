"""What calls cost, what they may cost at most, and what a run's budget still allows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal

from django.db import connection

from evaluation.models import Endpoint
from evaluation.models.run import RunStatus

MILLION = 1_000_000
CENT_OF_A_MICRODOLLAR = Decimal("0.00000001")  # the last place of the money columns
NOTHING = Decimal(0)
BYTES_PER_TOKEN = 3
"""Fewer than any tokeniser's mean on any language, so that an estimate is rarely too low."""
DEFAULT_OUTPUT_TOKENS = 4096


def cost_of(endpoint: Endpoint, input_tokens: int | None, output_tokens: int | None) -> Decimal | None:
    """US dollars for a call; None where the endpoint is unpriced or the tokens are not known."""
    if endpoint.input_price is None or endpoint.output_price is None:
        return None
    if input_tokens is None or output_tokens is None:
        return None
    cost = (endpoint.input_price * input_tokens + endpoint.output_price * output_tokens) / MILLION
    return cost.quantize(CENT_OF_A_MICRODOLLAR)


def most_it_may_cost(endpoint: Endpoint, request: str, max_tokens: int | None) -> Decimal:
    """US dollars to hold back for a call whose request is this JSON text; 0 where the endpoint is unpriced."""
    if endpoint.input_price is None or endpoint.output_price is None:
        return NOTHING
    input_tokens = len(request.encode()) // BYTES_PER_TOKEN + 1
    output_tokens = DEFAULT_OUTPUT_TOKENS if max_tokens is None else max_tokens
    cost = (endpoint.input_price * input_tokens + endpoint.output_price * output_tokens) / MILLION
    return cost.quantize(CENT_OF_A_MICRODOLLAR, rounding=ROUND_UP)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a run may still start. None: no limit."""

    running: bool
    calls: int | None
    money: Decimal | None

    def fitting(self, estimates: Sequence[Decimal]) -> int:
        """How many of the calls, in order, may start, given what each may cost at most."""
        if not self.running:
            return 0
        count = len(estimates) if self.calls is None else min(len(estimates), max(self.calls, 0))
        if self.money is None:
            return count
        left = self.money
        for number, estimate in enumerate(estimates[:count]):
            left -= estimate
            # Money that is used up stops what is free too: the run has reached its budget.
            if left < 0 or (left == 0 and estimate == 0):
                return number
        return count


def lock_allowances(runs: Iterable[int]) -> Mapping[int, Allowance]:
    """What the runs may still start. Their rows are locked, in order, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT id, status, call_budget - calls, money_budget - spent - reserved
            FROM evaluation_run WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
            """,
            [list(runs)],
        )
        return {
            run: Allowance(status == RunStatus.RUNNING, calls, money)
            for run, status, calls, money in cursor.fetchall()
        }


@dataclass(slots=True)
class Change:
    """To be added to a run's sums."""

    calls: int = 0
    spent: Decimal = NOTHING
    reserved: Decimal = NOTHING


def add_to_runs(changes: Mapping[int, Change]) -> None:
    """Add to the runs' sums. The last thing in a transaction, and in order: workers wait here for one another."""
    with connection.cursor() as cursor:
        for run, change in sorted(changes.items()):
            cursor.execute(
                "UPDATE evaluation_run SET calls = calls + %s, spent = spent + %s, reserved = reserved + %s"
                " WHERE id = %s",
                [change.calls, change.spent, change.reserved, run],
            )
