"""CSV cells that a spreadsheet does not run, and a file for csv.writer to feed a stream with.

A text that begins with a sign which spreadsheets take for a formula's gets an apostrophe in front (OWASP, CSV
injection), unless it is a plain number; so does one that begins with apostrophes before such a sign, so that taking
one apostrophe away again from every cell in which apostrophes stand before such a sign gives back what was there.
"""

import re

SIGNS = "=+\\-@\t\r\n＝＋－＠"
DANGEROUS = re.compile(f"'*[{SIGNS}]")
PLAIN_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")


class Echo:
    """A file whose write gives the text back, so that csv.writer can feed a stream."""

    def write(self, text: str) -> str:
        return text


def defused(cell: object) -> object:
    """The cell, with an apostrophe in front where a spreadsheet would take it for a formula."""
    if isinstance(cell, str) and DANGEROUS.match(cell) and not PLAIN_NUMBER.fullmatch(cell):
        return "'" + cell
    return cell
