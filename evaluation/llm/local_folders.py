"""Folders that local models and adapters may be read from: LOCAL_MODEL_FOLDERS, which the operator sets.

A model is a name on the hub or a path, and so any admin could have a worker read any folder of its machine. No option
lets a model bring code of its own: transformers would run it in the worker.
"""

import os
import re
from pathlib import Path

from core.secrets.environment import reserve_variable, variable

LOCAL_MODEL_FOLDERS = "LOCAL_MODEL_FOLDERS"
reserve_variable(LOCAL_MODEL_FOLDERS)

HUB_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9][A-Za-z0-9_.-]*)?")


class FolderRefused(ValueError):
    """The path is in none of the operator's folders; the message says what to set."""


def model_folders() -> list[Path]:
    """The operator's folders, or `models` in PERG_HOME and in the working folder."""
    if stated := variable(LOCAL_MODEL_FOLDERS):
        return [Path(part.strip()).expanduser() for part in stated.split(os.pathsep) if part.strip()]
    return [Path(variable("PERG_HOME") or ".perg") / "models", Path("models")]


def check_model(model: str) -> None:
    """Raises FolderRefused where the model is a path outside the operator's folders."""
    if HUB_NAME.fullmatch(model) and ".." not in model and not Path(model).exists():
        return
    check_folder(model, what="model")


def check_folder(folder: str, *, what: str) -> None:
    """Raises FolderRefused where the folder is outside the operator's folders, links followed."""
    try:
        path = Path(folder).expanduser().resolve()
    except (OSError, ValueError, RuntimeError) as error:
        raise FolderRefused(f"The {what} is no path.") from error
    if not any(path.is_relative_to(root.resolve()) for root in model_folders()):
        raise FolderRefused(
            f"The {what} is in none of the folders that local models are read from. The operator lists them in "
            f"{LOCAL_MODEL_FOLDERS}, separated by “{os.pathsep}”."
        )
