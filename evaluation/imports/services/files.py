"""The files of imports on the disk: readable by the server's own user only, and deleted after the import."""

import os
import shutil
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from evaluation.imports.kinds import StoredFile
from evaluation.models import ImportJob

CHUNK = 1 << 20
LONGEST_NAME = 200


def store_files(files: Sequence[tuple[str, UploadedFile[bytes]]]) -> tuple[str, list[dict[str, Any]]]:
    """Copy uploads into a folder of their own. Gives its name, and of each file its field, name and size.

    Where the transaction is undone, the folder is left behind; `delete_strays` deletes it.
    """
    name = uuid.uuid4().hex
    folder = Path(settings.IMPORT_ROOT) / name
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700)
    facts = []
    for number, (field, file) in enumerate(files):
        size = 0
        descriptor = os.open(folder / str(number), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as target:
            for chunk in file.chunks(CHUNK):
                size += target.write(chunk)
        file_name = (file.name or "file").replace("\0", "")[-LONGEST_NAME:]
        facts.append({"field": field, "name": file_name, "size": size})
    return name, facts


def stored_files(job: ImportJob) -> list[StoredFile]:
    """The files of a job."""
    folder = Path(settings.IMPORT_ROOT) / job.folder
    return [
        StoredFile(file["field"], file["name"], folder / str(number)) for number, file in enumerate(job.files)
    ]


def delete_files(folder: str) -> None:
    """Delete a folder of files once the transaction is committed."""
    path = Path(settings.IMPORT_ROOT) / folder
    transaction.on_commit(lambda: shutil.rmtree(path, ignore_errors=True))


def delete_strays(seconds: float) -> None:
    """Delete folders that no job names and that are older than this: left by requests that were interrupted."""
    root = Path(settings.IMPORT_ROOT)
    if not root.is_dir():
        return
    named = set(ImportJob.objects.exclude(folder="").values_list("folder", flat=True))
    for path in root.iterdir():
        if (
            path.name not in named
            and _is_folder_of_ours(path)
            and time.time() - path.stat().st_mtime > seconds
        ):
            shutil.rmtree(path, ignore_errors=True)


def _is_folder_of_ours(path: Path) -> bool:
    try:
        return path.is_dir() and not path.is_symlink() and uuid.UUID(path.name).hex == path.name
    except ValueError:
        return False
