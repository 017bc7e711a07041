"""A small input that went wrong once, how it goes through the product, and what must come out."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import CommandError, call_command

FAULTS = Path(__file__).resolve().parents[3] / "shared" / "data" / "faults"

Figures = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class FaultCase:
    """`measure` puts the files of `name` through the product; it must give exactly the figures of `right`."""

    name: str
    right: Figures
    measure: Callable[[], Figures]


def run_command(command: str, *arguments: object) -> str:
    """What a management command prints; where it refuses, the refusal."""
    out = StringIO()
    try:
        call_command(command, *map(str, arguments), stdout=out)
    except CommandError as error:
        return f"refused: {error}"
    except SystemExit:
        return out.getvalue()
    return out.getvalue()


def run_json(command: str, *arguments: object) -> dict[str, Any]:
    """The one object that a command prints with --json, also where it refuses."""
    output = run_command(command, *arguments, "--json")
    if output.startswith("refused: "):  # by the parser of the arguments, before the command itself
        return {"status": "refused", "message": output, "problems": []}
    document: dict[str, Any] = json.loads(output)
    return document


def rounded(value: float | None, digits: int) -> float | None:
    """The value as the table of right values writes it."""
    return None if value is None else round(value, digits)
