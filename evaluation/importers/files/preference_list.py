"""A text file with the preferences of the profiles 1, 2, … of a recorded run, one a line."""

from pathlib import Path

from evaluation.importers.files.csv_file import check_text
from evaluation.importers.files.source_file import opened, text_of


def read_preferences(file: Path) -> list[str]:
    """The lines of the file; an empty one leaves its profile without a text.

    Raises `ImportRefused`: `file_not_found`, `not_a_file`, `empty_file`, `wrong_encoding`, `not_text`.
    """
    with opened(file) as stream:
        check_text(stream, "text")
        text, _ = text_of(stream)
        return [line.strip() for line in text.read().splitlines()]
