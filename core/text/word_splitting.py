"""The words of a text, as a comparison of two texts takes them."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

# Han, kana and their punctuation; Thai, Lao, Tibetan, Burmese, Khmer and Tai scripts: written without spaces.
_UNSPACED = (
    "\u2e80-\u2fdf\u3001-\u30ff\u3100-\u312f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01-\uff0f"
    "\uff1a-\uff20\uff3b-\uff40\uff5b-\uff9f\U00020000-\U0003ffff\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff"
    "\u1950-\u19df\u1a20-\u1aaf\ua9e0-\ua9ff\uaa60-\uaa7f"
)
_PIECE = re.compile(rf"\s+|[{_UNSPACED}]|[^\s{_UNSPACED}]+")


MOST_WORDS = 3_000
MOST_PAIRS = 100_000
"""Comparing takes time in proportion to the pairs of equal words, one of each text."""


def are_comparable(first: Sequence[str], second: Sequence[str]) -> bool:
    """Whether two texts, as words, can be compared while somebody waits."""
    if max(len(first), len(second)) > MOST_WORDS:
        return False
    counts = Counter(second)
    return sum(counts[word] for word in first) <= MOST_PAIRS


def words(text: str) -> list[str]:
    """White space and words by turns, which together are the text.

    In scripts without spaces each character, with the marks on it, is a word: a line of Chinese would be one otherwise.
    """
    parts: list[str] = []
    for piece in _PIECE.findall(text):
        is_mark = unicodedata.category(piece[0]).startswith("M")
        if is_mark and parts and not parts[-1].isspace():
            parts[-1] += piece
        else:
            parts.append(piece)
    return parts
