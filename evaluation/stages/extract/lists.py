"""Parts of a response that repeat the options without choosing one: echoed lists, lists of remarks, tables."""

import re

from evaluation.stages.extract.spelling import FIRST_MARK, MARK
from evaluation.stages.extract.tokens import Reading, letter_of

# “A. <its text>”, on lines or in a row.
_ENTRY = re.compile(
    rf"(?:(?i:option|choice)\s)?[(\[]?(?P<letter>[A-Z])[.):\]]{{1,2}}\s{{0,3}}[\"']?(?P<mark>[{MARK}])"
)
_CUT_OFF = re.compile(r"[\s.,;]{0,6}[(\[]?(?P<letter>[A-Z])[.):\]]{0,2}\s*\Z")
_BETWEEN = re.compile(r"[\"'\s.,;|/*•\-–—)\]]{0,8}(?:(?:and|or)\s)?")
LINE_LABEL = re.compile(
    rf"\s*(?:[-*•#>]+\s?|\d{{1,2}}[.)]\s)?(?:(?i:option|choice)\s)?[(\[]?([A-Z{MARK}])[.):\]\s]"
)
_INLINE_LABEL = re.compile(r"[.!?;,] [(\[]?([A-Z])[.):\]]{1,2}\s")
_ROW = re.compile(r"(?m)^[ ]*\|.*\|[ ]*$")
_RULE = re.compile(r"[\s|:\-–—=]*")
_YES = re.compile(
    r"(?i)\W{0,4}(?:yes|y|correct|right|true|best|chosen|selected|answer|best (?:answer|option"
    r"|fit))\b(?!,? but)\W{0,4}\Z"
    r"|\s*[✓✔✅☑]\ufe0f?\s*\Z"
)
_CELL_LABEL = re.compile(rf"\W{{0,4}}(?:(?i:option|choice)\s)?[(\[]?([A-Z{MARK}])(?:\W|\Z)")


def without_echo(text: str, options: int) -> str:
    """The text without lists of at least three options, or all of them, each with its letter and its own text."""
    parts, position = [], 0
    entry = _ENTRY.search(text)
    while entry is not None:
        start, end, size, last = entry.start(), entry.end(), 0, chr(ord(entry["letter"]) - 1)
        following: re.Match[str] | None = entry
        while following is not None and following["letter"] > last and _is_own(following):
            size, end, last = size + 1, following.end(), following["letter"]
            gap = _BETWEEN.match(text, end)
            following = _ENTRY.match(text, gap.end() if gap else end)
        # What starts later than with the first options is a choice among them: “C. Rome, D. Berlin”.
        if size >= min(3, options) and (entry["letter"] == "A" or size > options // 2):
            if (cut_off := _CUT_OFF.match(text, end)) is not None and ord(cut_off["letter"]) == ord(last) + 1:
                end = cut_off.end()
            parts += [text[position:start], "\n\n"]
            position = end
        entry = _ENTRY.search(text, max(end, entry.end()))
    return "".join([*parts, text[position:]])


def _is_own(entry: re.Match[str]) -> bool:
    return ord(entry["letter"]) - ord("A") == ord(entry["mark"]) - FIRST_MARK


def without_tables(text: str, letters: str) -> tuple[str, str | None]:
    """The text without its tables, and the one option to which a table says yes, if it is only one.

    A row of two cells that starts with a word, such as “| Answer | B |”, stays as “Answer: B”.
    """
    affirmed: list[str] = []

    def replaced(match: re.Match[str]) -> str:
        cells = [cell.strip() for cell in match[0].strip().strip("|").split("|")]
        if _RULE.fullmatch(match[0]):
            return ""
        label = _CELL_LABEL.match(cells[0])
        if label is not None:
            if len(cells) == 1:
                return cells[0]
            if any(_YES.match(cell) for cell in cells[1:]):
                position = ord(label[1]) - FIRST_MARK
                affirmed.append(label[1] if position < 0 else chr(ord("A") + position))
            return ""
        return f"{cells[0]}: {cells[1]}" if len(cells) == 2 and re.match(r"\W*\w{3}", cells[0]) else ""

    rest = _ROW.sub(replaced, text)
    unique = {letter for letter in affirmed if letter in letters}
    return rest, unique.pop() if len(unique) == 1 else None


def is_listed(reading: Reading, position: int) -> bool:
    """Whether the letter at a position heads an entry of a list of options, and the next letter the next entry."""
    text, letter = reading.plain, letter_of(reading, reading.plain[position])
    if letter is None:
        return False
    before = text[max(0, position - 20) : position].rpartition("\n")[2].strip(" ([-\t*#•>\"'").lower()
    if before.rstrip("0123456789.) ") not in ("", "option", "choice"):
        return False
    following = chr(ord(letter) + 1)
    rest = text[position + 1 : position + 1500]
    label = LINE_LABEL.match(rest.partition("\n")[2].lstrip())
    if label is not None and letter_of(reading, label[1]) == following:
        return True
    inline = [match[1] for match in _INLINE_LABEL.finditer(rest.partition("\n")[0])]
    return inline[:2] == [following, chr(ord(letter) + 2)]
