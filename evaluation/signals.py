"""What others may want to know of the evaluation.

`run_finished` and `run_failed` are sent inside the transaction that makes them true. A receiver that raises undoes the
transaction: it writes down what is to be done, and does it after the commit.
"""

from django.dispatch import Signal

run_finished = Signal()
"""`run`: nothing of it is left to do."""

run_failed = Signal()
"""`run`, `reason` (`budget_reached`, `cancelled`, `every_item_failed` or `every_judgment_failed`): it ended without
what it was to bring. One that has reached its budget goes on when that is raised."""

calls_recorded = Signal()
"""`endpoint_id`: results of calls to it have just been stored, about once a second. Sent outside transactions; what a
receiver raises is logged."""
