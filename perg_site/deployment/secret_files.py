"""Secrets from files: `NAME_FILE` names a file with what `NAME` would hold, so that it is in no list of variables."""

import os
from pathlib import Path


def environment_value(name: str) -> str:
    """A variable of the environment, or the content of the file that `NAME_FILE` names; empty without either.

    Raises OSError where the file cannot be read: to start without a secret would be worse.
    """
    if value := os.environ.get(name):
        return value
    path = os.environ.get(f"{name}_FILE")
    return Path(path).read_text().strip() if path else ""
