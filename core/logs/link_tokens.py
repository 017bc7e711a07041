"""Links with a secret in them, of invitations and for a new password, are logged without it."""

import logging
import re

SLASH = r"(?:/|%2F)"  # as it is in a path, and as it may be in a query such as ?next=
SECRET = re.compile(
    rf"({SLASH}invitations{SLASH})(?!\d+{SLASH}revoke)[^\s/%?&\"']+"
    rf"|({SLASH}password{SLASH}reset{SLASH}[^\s/%?&\"']+{SLASH})[^\s/%?&\"']+",
    re.IGNORECASE,
)
LEFT_OUT = "[left out]"


def without_tokens(text: str) -> str:
    return SECRET.sub(lambda match: f"{match[1] or match[2]}{LEFT_OUT}", text)


class TokenFilter(logging.Filter):
    """Takes the secrets out of a record's message; the request line and the referrer of an access log are in it."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if SECRET.search(message):
            record.msg, record.args = without_tokens(message), ()
        return True
