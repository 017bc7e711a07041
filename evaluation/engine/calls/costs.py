"""What calls cost, what they may cost at most, and what a run's budget still allows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal

from django.db import connection

from evaluation.llm.replies import CallFailure, Outcome
from evaluation.llm.requests import ChatRequest
from evaluation.models import Endpoint
from evaluation.models.run import RunStatus

MILLION = 1_000_000
CENT_OF_A_MICRODOLLAR = Decimal("0.00000001")  # the last place of the money columns
NOTHING = Decimal(0)
MOST_MONEY = Decimal("999999.99999999")
"""The largest amount that the money columns hold. A reply that claims to have cost more must not fail the others."""
FEWEST_BYTES_PER_TOKEN = 2
"""As few as in numbers and rare scripts, so that an estimate is rarely too low; English has twice as many."""
USUAL_BYTES_PER_TOKEN = 4
DEFAULT_OUTPUT_TOKENS = 4096


def cost_of(endpoint: Endpoint, input_tokens: int | None, output_tokens: int | None) -> Decimal | None:
    """US dollars for a call; None where the endpoint is unpriced or the tokens are not known."""
    if endpoint.input_price is None or endpoint.output_price is None:
        return None
    if input_tokens is None or output_tokens is None:
        return None
    cost = (endpoint.input_price * input_tokens + endpoint.output_price * output_tokens) / MILLION
    return min(cost.quantize(CENT_OF_A_MICRODOLLAR), MOST_MONEY)


@dataclass(frozen=True, slots=True)
class Charge:
    """What a call has cost in US dollars (None: nothing, or unpriced), as far as its usage is known."""

    cost: Decimal | None
    is_estimated: bool = False


def charge_for(endpoint: Endpoint, request: ChatRequest, outcome: Outcome) -> Charge:
    """What a call has cost: by the tokens that the server counted, or by the most that are plausible.

    A budget must hold too where a server counts no tokens, or not in numbers.
    """
    input_tokens, output_tokens = outcome.input_tokens, outcome.output_tokens
    text = "" if isinstance(outcome, CallFailure) else outcome.text + getattr(outcome, "reasoning", "")
    if input_tokens == 0 and output_tokens == 0 and text:
        input_tokens = output_tokens = None  # zeros, where a server counts nothing
    is_known = input_tokens is not None and output_tokens is not None
    if is_known or (isinstance(outcome, CallFailure) and not outcome.may_be_billed):
        return Charge(cost_of(endpoint, input_tokens, output_tokens))
    if input_tokens is None:
        input_tokens = _most_tokens(
            request.response_schema, *(message.content for message in request.messages)
        )
    if output_tokens is None:
        output_tokens = DEFAULT_OUTPUT_TOKENS if request.max_tokens is None else request.max_tokens
        if not isinstance(outcome, CallFailure):
            # No more than was allowed, unless the server has paid no attention to that.
            allowed = max(output_tokens, len(text.encode(errors="replace")) // USUAL_BYTES_PER_TOKEN)
            output_tokens = min(_most_tokens(text), allowed)
    cost = cost_of(endpoint, input_tokens, output_tokens)
    return Charge(cost, is_estimated=cost is not None)


def _most_tokens(*texts: str) -> int:
    return sum(len(text.encode(errors="replace")) // FEWEST_BYTES_PER_TOKEN + 1 for text in texts)


def most_it_may_cost(endpoint: Endpoint, request: str, max_tokens: int | None) -> Decimal:
    """US dollars to hold back for a call whose request is this JSON text; 0 where the endpoint is unpriced."""
    if endpoint.input_price is None or endpoint.output_price is None:
        return NOTHING
    input_tokens = _most_tokens(request)
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
    estimated: Decimal = NOTHING
    reserved: Decimal = NOTHING


def add_to_runs(changes: Mapping[int, Change]) -> None:
    """Add to the runs' sums. The last thing in a transaction, and in order: workers wait here for one another."""
    with connection.cursor() as cursor:
        for run, change in sorted(changes.items()):
            cursor.execute(
                "UPDATE evaluation_run SET calls = calls + %(calls)s, spent = LEAST(spent + %(spent)s, %(most)s),"
                " spent_estimated = LEAST(spent_estimated + %(estimated)s, %(most)s),"
                " reserved = reserved + %(reserved)s WHERE id = %(run)s",
                {
                    "calls": change.calls,
                    "spent": change.spent,
                    "estimated": change.estimated,
                    "reserved": change.reserved,
                    "most": MOST_MONEY,
                    "run": run,
                },
            )
