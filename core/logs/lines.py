"""The format of a log line: UTC, and one record's message on one line, whatever a user put into it."""

import logging
import re
import time

UNPRINTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Control characters, line separators and marks that turn the direction of what follows."""


def on_one_line(message: str) -> str:
    """The message with these characters as escapes, so that nobody can write a line of the log."""
    return UNPRINTED.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), message)


class LineFormatter(logging.Formatter):
    """A traceback still follows on lines of its own."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        record.message = on_one_line(record.message)
        return super().formatMessage(record)
