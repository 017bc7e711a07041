"""No text of 200,000 characters, however it is made, takes a reader of it a second."""

import time

import pytest

from tests.hostile.readers import READERS
from tests.hostile.texts import SIZE, TEXTS
from tests.sizes import HOSTILE_TEXTS_ONE_IN, turn

pytestmark = pytest.mark.slow

SECONDS = 1.0
PIECE_SECONDS = 0.03
"""What `_piece_of_work` takes of the processor of a machine that is not busy; a slower one may have more time."""


@pytest.mark.parametrize("reader", READERS)
def test_a_hostile_text_is_read_within_a_second(reader: str) -> None:
    """Of the processor, so that other programs on the machine do not count. Slow ones are named with their time."""
    slow = {}
    for name in turn(list(TEXTS), list(READERS).index(reader), HOSTILE_TEXTS_ONE_IN):
        # A loaded machine makes a processor slower, too: what seems slow is read again, beside work of a known length.
        if _seconds(reader, TEXTS[name]) >= SECONDS:
            least = min(_seconds(reader, TEXTS[name]) / _slowness() for _ in range(3))
            if least >= SECONDS:
                slow[name] = round(least, 2)
    assert not slow


def _seconds(reader: str, text: str) -> float:
    started = time.process_time()
    READERS[reader](text)
    return time.process_time() - started


def _slowness() -> float:
    """How many times as long as on a quiet machine things take now; 1 at least."""
    started = time.process_time()
    _piece_of_work()
    return max(1.0, (time.process_time() - started) / PIECE_SECONDS)


def _piece_of_work() -> None:
    total = 0
    for number in range(1_000_000):
        total += number


def test_the_texts_have_the_size_that_is_promised() -> None:
    assert all(len(text) > SIZE * 0.7 for text in TEXTS.values())
