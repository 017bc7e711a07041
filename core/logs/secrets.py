"""Keys and secrets of the settings are kept out of logs, in messages and in tracebacks."""

import logging

from core.secrets.redaction import redacted

_formatter = logging.Formatter()


class SecretFilter(logging.Filter):
    """Takes known secrets out of a record's message, its traceback and its stack.

    A handler behind it that formats the record gets the traceback without secrets, since a record has it as text.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if (clean := redacted(message)) != message:
            record.msg, record.args = clean, ()
        if record.exc_info and not record.exc_text:
            record.exc_text = _formatter.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redacted(record.exc_text)
        if record.stack_info:
            record.stack_info = redacted(record.stack_info)
        return True
