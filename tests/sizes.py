"""How much the heavy tests do: as much as proves the behaviour every day, and all there is at full size.

`make test` takes the first number of each pair; `make test-full` sets PERG_TEST_SIZE=full and takes the
second. No assertion depends on the size; only the amount of work does. A test with many cases that go the same way
is marked `one_in(number)`: `tests/conftest.py` leaves out the other cases every day.
"""

import os
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

_SIZE = os.environ.get("PERG_TEST_SIZE", "everyday")
if _SIZE not in ("everyday", "full"):
    raise ValueError(f"PERG_TEST_SIZE is “everyday” or “full”, not “{_SIZE}”")
IS_FULL = _SIZE == "full"


def _either(everyday: T, full: T) -> T:
    return full if IS_FULL else everyday


# Processes that are killed in the middle of their work.
CHAOS_ITEMS = _either(300, 2_000)
JUDGED_ITEMS = _either(200, 400)
EXPORTED_ROWS = _either(100_000, 400_000)
RELEASED_TASKS = _either(20_000, 60_000)
IMPORTED_ITEMS = _either(8_000, 20_000)

# A person's tasks behind which a claim goes on, and all tasks of the campaign.
HAD_TASKS = _either(1_800, 6_000)
ALL_TASKS = _either(6_000, 20_000)
# How long the web server waits for a slow request: None is as long as on a site.
SERVER_DEADLINE_SECONDS: float | None = _either(1.0, None)

# Threads that do everything at the same moment, over and over.
RACE_SECONDS = _either(1.0, 6.0)

# Samples that are drawn to see whether each response comes as often as it should.
SAMPLES = _either(150, 1_500)

# One in so many of the people who ask for a route, besides a stranger; they take turns.
PEOPLE_ONE_IN = _either(4, 1)
# One in so many of the routes that are asked while Redis is dead.
ROUTES_WITHOUT_REDIS_ONE_IN = _either(8, 1)
# One in so many of the texts, for each reader; the readers take turns, so that all texts are read.
HOSTILE_TEXTS_ONE_IN = _either(16, 1)
# One in so many of the values, for each parameter, field or address; they take turns.
HOSTILE_VALUES_ONE_IN = _either(24, 1)
# One in so many of the links of a page that are followed to the items behind a number; they take turns.
LINKS_ONE_IN = _either(6, 1)
# One in so many of the sizes of a campaign, people and judges, whose verdicts are read, for each scale and shape.
VERDICTS_ONE_IN = _either(8, 1)
# Lists of p-values that are adjusted beside statsmodels, which takes a fiftieth of a second for each.
P_VALUE_LISTS = _either(10, 200)
# Requests that schemathesis makes to each operation of the API: good ones and bad ones.
GOOD_REQUESTS = _either(1, 6)
BAD_REQUESTS = _either(1, 5)
# One in so many of these that are sent by people other than the owner; they take turns.
REQUESTS_OF_OTHERS_ONE_IN = _either(4, 1)
# Calls that are queued for each endpoint that is dead, throttled or slow.
BUSY_CALLS = _either(10, 40)
# One in so many of the scales and levels of measurement on which a report is computed.
SCALES_ONE_IN = _either(6, 1)
# Generated campaigns of pairwise votes whose report is computed, and votes of a judge that are tested for position.
VOTED_CAMPAIGNS = _either(25, 300)
JUDGES_OF_PAIRS = _either(60, 500)
# Items of a report on labels or scores that hardly repeat.
ITEMS_OF_MANY_LABELS = _either(5_000, 20_000)


def seeds(number: int) -> range:
    """Of random cases beside a second implementation: every case must agree, so that a fifth shows much every day."""
    return range(_either(number // 5, number))


def turn(values: Sequence[T], place: int, one_in: int) -> Sequence[T]:
    """One in so many of the values, one at least, beginning with another one for each place."""
    one_in = min(one_in, len(values))
    return values[place % one_in :: one_in]
