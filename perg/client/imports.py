"""Importing files, and waiting for the result."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from perg.client.base import Base, key_of
from perg.client.errors import ImportFailed, PergError
from perg.client.transport import Json
from perg.client.waiting import Deadline, bars

PATHS = {
    "recorded_run": "runs/import/",
    "questions": "datasets/import/",
    "catalogue": "catalogues/import/",
    "ratings": "campaigns/import/",
}


class Imports(Base):
    """The part of the client that imports files."""

    def import_files(
        self,
        kind: str,
        files: Mapping[str, Path | str | Sequence[Path | str]],
        *,
        idempotency_key: str = "",
        progress: bool = False,
        timeout: float | None = None,
        **fields: Any,
    ) -> Json:
        """The report of an import, once a worker has run it. Raises ImportFailed, and PergError for an unknown kind.

        `kind` is one of `PATHS`; `files` are paths by field, such as `{"human": ["ann.csv", "bob.csv"]}`; the other
        fields are those of the REST API.
        """
        if kind not in PATHS:
            raise PergError(f"There are no imports called “{kind}”. They are: {', '.join(PATHS)}.")
        deadline = Deadline(timeout, "The import")
        data = {name: value for name, value in fields.items() if value is not None}
        with ExitStack() as stack:
            parts = []
            for field, paths in files.items():
                for path in [paths] if isinstance(paths, Path | str) else paths:
                    name = Path(path).name
                    parts.append((field, (name, stack.enter_context(Path(path).open("rb")))))
            job: Json = self._transport.upload(PATHS[kind], data, parts, key=key_of(idempotency_key))
        with bars(progress, console=self._console) as display:
            while True:
                display.show(job["id"], "Import", job["bytes_done"], job["bytes_total"])
                if job["status"] == "done":
                    report: Json = job["report"]
                    return report
                if job["status"] in ("refused", "failed"):
                    raise ImportFailed(job["failure"], job["failure_code"], job["problems"])
                deadline.sleep(self._poll)
                job = self.get(f"imports/{job['id']}/")
