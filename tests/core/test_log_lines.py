"""Log lines: nobody writes one by what they send, and times are in UTC."""

import logging
import re

import pytest

from core.logs.lines import LineFormatter

FORMAT = "{asctime} {levelname} {name}: {message}"


def _line(message: str, *args: object) -> str:
    record = logging.LogRecord("perg", logging.WARNING, __file__, 1, message, args, None)
    return LineFormatter(FORMAT, style="{").format(record)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("x\n2026-01-01 INFO perg: forged", r"x\n2026-01-01 INFO perg: forged"),
        ("x\r\x1b[31m", r"x\r\x1b[31m"),
        ("a\u2028b\u202ec", r"a\u2028b\u202ec"),
        ("a\x85b", r"a\x85b"),
        ("Zoë 你好", "Zoë 你好"),
    ],
)
def test_a_message_stays_on_one_line(name: str, written: str) -> None:
    line = _line("No user %s", name)
    assert line.endswith(f"No user {written}")
    assert len(line.splitlines()) == 1


def test_times_are_in_utc() -> None:
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z WARNING perg: ", _line("x"))


def test_a_traceback_keeps_its_lines() -> None:
    try:
        raise ValueError("boom")
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
        record = logging.LogRecord("perg", logging.ERROR, __file__, 1, "failed", (), info)
    assert len(LineFormatter(FORMAT, style="{").format(record).splitlines()) > 2
