"""The check of banned words finds them, and nothing else."""

import pytest

from tests.banned_words import banned_words


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("Drawn anew.", [(1, "anew")]),
        ("First line\nall of it, Save\n  for one", [(2, "save for")]),
        ("Kept for ever, whoever asks", [(1, "for ever"), (1, "whoever")]),
        ("a new one, saved forever for everybody; renewed", []),
    ],
)
def test_banned_words_are_found_as_whole_words(text: str, places: list[tuple[int, str]]) -> None:
    assert banned_words(text) == places
