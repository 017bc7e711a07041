"""Templates can be read: one tag a line, and no line that runs off the screen."""

import re
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
LONGEST_LINE = 130


def test_no_line_of_a_template_is_longer_than_the_screen() -> None:
    too_long = [
        f"{path.relative_to(REPOSITORY)}:{number}: {len(line)} characters"
        for path in sorted((REPOSITORY / "templates").rglob("*.*"))
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if len(line) > LONGEST_LINE
    ]
    assert not too_long, "\n".join(too_long)


def test_a_row_a_cell_and_a_list_item_each_start_a_line() -> None:
    crowded = [
        f"{path.relative_to(REPOSITORY)}:{number}"
        for path in sorted((REPOSITORY / "templates").rglob("*.html"))
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if len(re.findall(r"<(?:tr|th|td|li)\b", line)) > 1
    ]
    assert not crowded, "\n".join(crowded)
