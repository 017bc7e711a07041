"""The folder of a training: what is trained with which settings, its checkpoints, and at the end the adapter.

Written so that a process killed at any moment leaves a folder from which the same command goes on: a checkpoint counts
only once it bears its mark, and the adapter's configuration, without which no endpoint loads it, comes last.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from evaluation.llm.local.adapters import CONFIG_FILE, WEIGHTS_FILE

RECORD_FILE = "training.json"
_CHECKPOINTS, _UNFINISHED, _MARK = "checkpoints", "unfinished", "complete"


class TrainingRefused(ValueError):
    """This training cannot start or continue; the message says why and what to do."""


class TrainingFolder:
    """`settings` are all that decides what comes out; a folder belongs to one set of them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.checkpoints = path / _CHECKPOINTS

    @contextmanager
    def opened(self, settings: Mapping[str, JsonValue]) -> Iterator[None]:
        """Makes the folder that of these settings and holds it, until the block or the process ends.

        Raises TrainingRefused where another process holds it, or it has something else in it than this training. A
        training that has not come to a checkpoint is given up for one with other settings.
        """
        if self.path.exists() and not self.path.is_dir():
            raise TrainingRefused(f"{self.path} is not a folder.")
        self.path.mkdir(parents=True, exist_ok=True)
        folder = os.open(self.path, os.O_RDONLY)
        try:
            try:
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise TrainingRefused(f"Another process is training in {self.path}.") from error
            self._claim(settings)
            yield
        finally:
            os.close(folder)

    def _claim(self, settings: Mapping[str, JsonValue]) -> None:
        recorded = self._record().get("settings")
        if not isinstance(recorded, dict):
            if any(self.path.iterdir()):
                raise TrainingRefused(
                    f"{self.path} exists and is not the folder of a training. Name another one."
                )
            recorded = {}
        differing = sorted(
            name for name in {*recorded, *settings} if recorded.get(name) != settings.get(name)
        )
        if not differing:
            return
        if self.result() is None and self.last_checkpoint() is None:
            self._write_record({"settings": dict(settings)})
            return
        changes = "; ".join(
            f"{name} was {json.dumps(recorded.get(name), ensure_ascii=False)} and is now "
            f"{json.dumps(settings.get(name), ensure_ascii=False)}"
            for name in differing
        )
        raise TrainingRefused(
            f"{self.path} holds a training with other settings: {changes}. Name another folder, or repeat the "
            "command as it was to resume."
        )

    def result(self) -> Mapping[str, JsonValue] | None:
        """What `finish` has recorded; None while the training has not finished."""
        result = self._record().get("result")
        return result if isinstance(result, dict) else None

    def last_checkpoint(self) -> Path | None:
        """The newest complete checkpoint. Those that a killed process left incomplete are deleted."""
        complete: list[tuple[int, Path]] = []
        for path in self.checkpoints.glob("checkpoint-*"):
            step = path.name.removeprefix("checkpoint-")
            if step.isdigit() and (path / _MARK).exists():
                complete.append((int(step), path))
            else:
                shutil.rmtree(path)
        return max(complete)[1] if complete else None

    def mark_checkpoint(self, step: int) -> None:
        """Says that the checkpoint of this step has been written to its end."""
        (self.checkpoints / f"checkpoint-{step}" / _MARK).touch()

    def finish(self, model: Any, result: Mapping[str, JsonValue]) -> None:
        """Saves the adapter of a model of peft, records the result, and deletes the checkpoints."""
        unfinished = self.path / _UNFINISHED
        model.save_pretrained(unfinished, save_embedding_layers=False)
        # Lists that peft makes from sets come in any order; the same training is to give the same bytes.
        config = json.loads((unfinished / CONFIG_FILE).read_text(encoding="utf-8"))
        ordered = {
            name: sorted(value) if name == "target_modules" else value for name, value in config.items()
        }
        (unfinished / CONFIG_FILE).write_text(
            json.dumps(ordered, indent=2, sort_keys=True) + "\n", encoding="utf-8"
        )
        # safetensors lets only its own user read the file, and a worker may be another.
        (unfinished / WEIGHTS_FILE).chmod((unfinished / CONFIG_FILE).stat().st_mode)
        for name in (WEIGHTS_FILE, CONFIG_FILE):
            (unfinished / name).replace(self.path / name)
        shutil.rmtree(unfinished)
        self._write_record(self._record() | {"result": dict(result)})
        shutil.rmtree(self.checkpoints, ignore_errors=True)

    def _record(self) -> dict[str, Any]:
        try:
            record = json.loads((self.path / RECORD_FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return record if isinstance(record, dict) else {}

    def _write_record(self, record: Mapping[str, JsonValue]) -> None:
        draft = self.path / f"{RECORD_FILE}.draft"
        draft.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        os.replace(draft, self.path / RECORD_FILE)
