"""The client: methods for frequent tasks; `get`, `post` and `rows` for everything else."""

import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from perg.client.answers import (
    Batch,
    Campaign,
    Export,
    GoldRelease,
    GoldRequest,
    NextTask,
    Preset,
    Run,
    RunProgress,
    Submitted,
    ValidationReport,
)
from perg.client.base import key_of
from perg.client.catalogues import Catalogues
from perg.client.download import Part, fetch, forget, part_of
from perg.client.errors import Conflict, ExportFailed, NotFound, ReleaseFailed, RunFailed, RunNotFinished
from perg.client.imports import Imports
from perg.client.qualifying import Qualifying
from perg.client.transport import Json
from perg.client.waiting import Bars, Deadline, bars

STOPPED = {"cancelled", "budget_reached"}
ENDED = {"complete", "failed"}


class Client(Catalogues, Imports, Qualifying):
    """The platform, as the owner of a token sees it. Use it in a `with`, or close it.

    `get`, `post` and `rows` work with any path.
    """

    # --- Runs -----------------------------------------------------------------------------------------------

    def runs(self, **filters: Any) -> Iterator[Run]:
        """Runs, newest first; filters such as `status="running"`, `method="direct"`."""
        return self._listed(Run, "runs/", filters)

    def run(self, run: int) -> Run:
        return self._read(Run, f"runs/{run}/")

    def metrics(self, run: int) -> Json:
        """The PERG metrics of a run, each with n and a 95% interval."""
        metrics: Json = self.get(f"runs/{run}/metrics/")
        return metrics

    def stages(self, **filters: Any) -> Iterator[Json]:
        """Where Pref-Aligner runs fail, stage by stage, by judge; filters are `run`, `dataset`, `model`, `setting`."""
        return self.rows("results/stages/", **filters)

    def costs(self, **filters: Any) -> Iterator[Json]:
        """Robustness error of each run, the cost per item, and the gain over the direct run."""
        return self.rows("results/costs/", **filters)

    def preset(self, key: str) -> Preset:
        """One of the study's first experiments, with its methods and settings. Raises KeyError."""
        for preset in self.get("batches/presets/"):
            if preset["key"] == key:
                return Preset.model_validate(preset)
        raise KeyError(key)

    def launch_batch(
        self,
        *,
        name: str,
        dataset: str,
        catalogue: int,
        models: Sequence[str],
        methods: Sequence[str],
        settings: Sequence[str],
        judges: Sequence[str] = (),
        idempotency_key: str = "",
        **more: Any,
    ) -> Batch:
        """Launch models × methods × settings over a dataset; `more`: options such as `sample_size`, `money_budget`.

        A retry after a broken connection launches nothing twice. For the same safety across restarts of the
        program, pass an `idempotency_key` that it remembers.
        """
        # Any: what the API's schema says of them
        body = {
            "name": name,
            "dataset": dataset,
            "catalogue": catalogue,
            "models": list(models),
            "methods": list(methods),
            "settings": list(settings),
            "judges": list(judges),
            **more,
        }
        return self._created(Batch, "batches/", body, idempotency_key)

    def progress(self, run: int) -> RunProgress:
        return RunProgress.model_validate(self.get(f"runs/{run}/progress/")["progress"])

    def wait_for_run(self, run: int, *, progress: bool = False, timeout: float | None = None) -> Run:
        """The run, once it is complete. Some of its items may have failed: `progress` counts them.

        Raises RunNotFinished if it is cancelled or reaches its budget, RunFailed if every item or every judgment of
        a judge failed, TookTooLong after `timeout` seconds.
        """
        return self.wait_for_runs([run], progress=progress, timeout=timeout)[0]

    def wait_for_batch(
        self, batch: Batch, *, progress: bool = False, timeout: float | None = None
    ) -> list[Run]:
        """The runs of a batch, once all of them are complete. Raises as `wait_for_run` does, RunFailed at the end."""
        return self.wait_for_runs([run.id for run in batch.runs], progress=progress, timeout=timeout)

    def wait_for_runs(
        self, runs: Sequence[int], *, progress: bool = False, timeout: float | None = None
    ) -> list[Run]:
        deadline = Deadline(timeout, "The run" if len(runs) == 1 else "The runs")
        finished: dict[int, Run] = {}
        with bars(progress, console=self._console) as display:
            while True:
                for run in runs:
                    if run not in finished and (ended_run := self._look_at(run, display)) is not None:
                        finished[run] = ended_run
                if len(finished) == len(set(runs)):
                    ended = [finished[run] for run in runs]
                    if failed := [run.id for run in ended if run.status == "failed"]:
                        raise RunFailed(failed, ended)
                    return ended
                deadline.sleep(self._poll)

    def _look_at(self, key: int, display: Bars) -> Run | None:
        """The run if it has ended, else None. Updates its progress bar."""
        answer = self.get(f"runs/{key}/progress/")
        run, at = Run.model_validate(answer["run"]), RunProgress.model_validate(answer["progress"])
        display.show(key, run.name, at.done + at.failed, at.items)
        if run.status in STOPPED:
            raise RunNotFinished(key, run.status)
        return run if run.status in ENDED else None

    # --- Campaigns and labels -------------------------------------------------------------------------------

    def campaigns(self, **filters: Any) -> Iterator[Campaign]:
        return self._listed(Campaign, "campaigns/", filters)

    def create_campaign(
        self,
        *,
        name: str,
        runs: Sequence[int],
        sample_size: int,
        annotators: Sequence[str],
        idempotency_key: str = "",
        **more: Any,
    ) -> Campaign:
        """A new open campaign with its tasks; `more`: options such as `leads`, `overlap`, `sampling`, `guidelines`.

        For admins, and for leads with runs and people of the campaigns that they lead.
        """
        body = {
            "name": name,
            "runs": list(runs),
            "sample_size": sample_size,
            "annotators": list(annotators),
            **more,
        }
        return self._created(Campaign, "campaigns/", body, idempotency_key)

    def next_task(self, campaign: int, *, holding: Sequence[int] = ()) -> NextTask:
        """A task to label that is not among the assignments `holding`, or the reason why there is none."""
        return NextTask.model_validate(self._sent(f"campaigns/{campaign}/next/", {"holding": list(holding)}))

    def submit_label(
        self,
        assignment: int,
        *,
        score: int | None = None,
        answers: Mapping[str, object] | None = None,
        comment: str = "",
        answer_correct: str = "",
        seconds: float | None = None,
        based_on: int | None = 0,
        submission_key: uuid.UUID | None = None,
    ) -> Submitted:
        """Label one of your tasks: a response by its `score`, an imported item by `answers` to its criteria.

        `based_on`: the revision that this label replaces; 0: none. It counts once, however often it is sent.
        """
        body = {
            "score": score,
            "answers": None if answers is None else dict(answers),
            "comment": comment,
            "answer_correct": answer_correct,
            "seconds": seconds,
            "based_on": based_on,
            "submission_key": str(submission_key or uuid.uuid4()),
        }
        return Submitted.model_validate(self._sent(f"assignments/{assignment}/submit/", body))

    def validation_report(
        self,
        campaign: int,
        *,
        criterion: str | None = None,
        epsilon: float | None = None,
        progress: bool = False,
        timeout: float | None = None,
    ) -> ValidationReport:
        """The current report on whether the campaign's judges can be trusted; computed if necessary.

        `criterion` is the key of one of imported ratings, and is needed where there are several.
        """
        deadline = Deadline(timeout, "The report")
        body: Json = {} if epsilon is None else {"epsilon": epsilon}
        path = f"campaigns/{campaign}/validation/"
        # No idempotency key: a second request gives the same report, but a key would give yesterday's answer.
        query = {} if criterion is None else {"criterion": criterion}
        asked = self._transport.json("POST", path, body=body, query=query, repeatable=True)
        state = asked["report"]
        report_id = state["id"]
        with bars(progress, console=self._console) as display:
            while True:
                answer = self.get(path, **query)
                at = answer["report"]
                display.show(report_id, "Validation report", round(100 * at["share_done"]), 100)
                if at["id"] >= report_id and at["status"] == "ready":
                    return ValidationReport.of(answer)
                deadline.sleep(self._poll)

    # --- Gold -----------------------------------------------------------------------------------------------

    def gold_releases(self, campaign: int) -> Iterator[GoldRelease]:
        """Newest first."""
        return self._listed(GoldRelease, f"campaigns/{campaign}/gold/", {})

    def release_gold(
        self,
        campaign: int,
        *,
        criteria: Mapping[str, Any] | None = None,
        seen: str = "",
        idempotency_key: str = "",
        progress: bool = False,
        timeout: float | None = None,
    ) -> GoldRelease:
        """A numbered, immutable release of the campaign's gold from the present labels.

        `seen` is the `fingerprint` of a preview: with it, only what the preview showed is released. A worker makes a
        large release, and this method waits for it; a second call meanwhile waits for the same one. Raises
        ReleaseFailed if the worker releases nothing, Conflict if that is known at once.
        """
        body: Json = {"seen": seen} if seen else {}
        if criteria is not None:
            body["criteria"] = dict(criteria)
        deadline = Deadline(timeout, "The release")
        answer = self.post(f"campaigns/{campaign}/gold/", body, idempotency_key=key_of(idempotency_key))
        if "number" in answer:
            return GoldRelease.model_validate(answer)
        with bars(progress, console=self._console) as display:
            while True:
                at = GoldRequest.model_validate(answer)
                if at.failure:
                    raise ReleaseFailed(at.failure, at.failure_code)
                display.show(at.id, "Gold release", at.written, at.tasks)
                if at.release is not None:
                    return GoldRelease.model_validate(self.get(f"gold/{at.release}/"))
                deadline.sleep(self._poll)
                answer = self.get(f"gold/requests/{at.id}/")

    def download_gold(
        self,
        release: int,
        path: str | os.PathLike[str],
        *,
        format: str = "jsonl",
        raters: str = "",
        progress: bool = False,
        timeout: float | None = None,
    ) -> Path:
        """Download a gold release to `path` as `jsonl`, `csv`, `parquet`, or `dataset` (a zip for Hugging Face).

        An interrupted download resumes, even after a restart of the program. The file gets its name only when it is
        complete and its checksum is right.
        """
        return self.download(
            "gold",
            path,
            format=format,
            filters={"release": release},
            raters=raters,
            progress=progress,
            timeout=timeout,
        )

    def download(
        self,
        table: str,
        path: str | os.PathLike[str],
        *,
        format: str = "jsonl",
        filters: Mapping[str, Any] | None = None,
        raters: str = "",
        progress: bool = False,
        timeout: float | None = None,
    ) -> Path:
        """Download any table to `path`; `exports/tables/` lists the tables and their filters."""
        body = {"table": table, "format": format, "filters": dict(filters or {}), "raters": raters}
        target, of = Path(path), repr(sorted(body.items(), key=str))
        begun = part_of(target, of=of)
        deadline = Deadline(timeout, "The export")
        with bars(progress, console=self._console) as display:
            export = self._begun_export(begun) or self._written(body, deadline, display)
            if begun is None or begun.export != export.id:
                forget(target)
                begun = Part(export.id, of, "")
            fetch(
                self._transport,
                begun,
                target,
                size=export.size or 0,
                checksum=export.checksum,
                retries=self._retries,
                on_progress=lambda done, size: display.show(-1, f"Downloading {target.name}", done, size),
            )
        return target

    def _begun_export(self, begun: Part | None) -> Export | None:
        """The export of an interrupted download, if its file still exists."""
        if begun is None:
            return None
        try:
            export = self._read(Export, f"exports/{begun.export}/")
        except (NotFound, Conflict):
            return None
        return export if export.status == "ready" else None

    def _written(self, body: Mapping[str, Any], deadline: Deadline, display: Bars) -> Export:
        """A new export, once it is written."""
        export = self._created(Export, "exports/", body, "")
        while export.status != "ready":
            if export.status in {"failed", "expired"}:
                raise ExportFailed(export.failure or "The file was deleted before the download.")
            display.show(export.id, f"Writing {export.table}", export.rows, export.rows_expected)
            deadline.sleep(self._poll)
            export = self._read(Export, f"exports/{export.id}/")
        display.show(export.id, f"Writing {export.table}", export.rows, export.rows)
        return export
