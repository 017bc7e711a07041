"""Prints, after the tests, what came out of every input beside what is right."""

import pytest
from rich.console import Console
from rich.table import Table


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One row for each input that was tried; none where the folder of inputs is absent."""
    table = Table("input", "right", "got", "ok", show_lines=True)
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            row = dict(report.user_properties)
            if "fault input" in row:
                table.add_row(
                    row["fault input"],
                    row["right"],
                    row.get("got", "an error"),
                    "yes" if outcome == "passed" else "NO",
                )
    if table.row_count:
        Console(width=120, markup=False).print(table)
