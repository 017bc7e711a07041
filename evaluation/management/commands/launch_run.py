"""`manage.py launch_run`: launch a batch of runs, and watch it."""

import json
import time
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Model
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from core.audit.writing import acting_by
from core.errors import DomainError, NotFound
from evaluation.importers.stores.preference_store import catalogue_called
from evaluation.models import Batch, Dataset, Endpoint, Judge
from evaluation.models.run import Method, RunStatus, Setting
from evaluation.runs.selectors.progress import run_progress
from evaluation.runs.services.estimate import LaunchEstimate, estimate_launch
from evaluation.runs.services.launching import BatchSpec, check_launch, launch_batch
from evaluation.stages.plan import RunOptions

M = TypeVar("M", bound=Model)


class Command(BaseCommand):
    help = "Launch runs over a dataset: every model by every method in every setting. A Celery worker does the work."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="name of the batch")
        parser.add_argument("--dataset", required=True)
        parser.add_argument("--catalogue", required=True, help='"NAME" (its newest version) or "NAME v2"')
        parser.add_argument(
            "--model", action="append", required=True, help="name of an endpoint; may be repeated"
        )
        parser.add_argument("--method", action="append", required=True, choices=Method.values)
        parser.add_argument("--setting", action="append", required=True, choices=Setting.values)
        parser.add_argument("--judge", action="append", default=[], help="name of a judge; may be repeated")
        parser.add_argument("--aligner", help="endpoint of the aligner (default: the model itself)")
        parser.add_argument("--extractor", help="endpoint asked for the answer where the rules abstain")
        parser.add_argument("--sample", type=int, help="number of questions (default: all)")
        parser.add_argument("--money", help="budget of each run in US dollars")
        parser.add_argument("--calls", type=int, help="budget of each run in calls")
        parser.add_argument("--options", default="{}", help='JSON, e.g. {"temperature": 0.7, "seed": 1}')
        parser.add_argument(
            "--estimate", action="store_true", help="say what it would take, and launch nothing"
        )
        parser.add_argument(
            "--wait",
            action="store_true",
            help="show progress until every run has ended; fail unless all are complete",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            spec = _spec(options)
            check_launch(spec)
            self._print_estimate(estimate_launch(spec))
            if options["estimate"]:
                return
            with acting_by(command="launch_run"):
                batch = launch_batch(spec=spec, actor=None)
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"Launched “{batch}”: {batch.runs.count()} runs.")
        if options["wait"]:
            self._watch(batch)

    def _print_estimate(self, estimate: LaunchEstimate) -> None:
        for line in estimate.lines:
            unpriced = "free" if line.endpoint.costs_nothing else "unpriced"
            price = unpriced if line.cost is None else f"${line.cost:.4f}"
            self.stdout.write(
                f"  {line.endpoint}: {line.calls} calls, "
                f"about {line.input_tokens} + {line.output_tokens} tokens, {price}"
            )
        self.stdout.write(f"  {estimate.runs} runs, {estimate.items} items, {estimate.calls} calls")

    def _watch(self, batch: Batch) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True)) as progress:
            bars = {run.pk: progress.add_task(run.name) for run in batch.runs.all()}
            while True:
                runs = list(batch.runs.select_related("endpoint"))
                for run in runs:
                    stages = run_progress(run).stages
                    progress.update(
                        bars[run.pk],
                        total=sum(stage.wanted for stage in stages) or None,
                        completed=sum(stage.finished for stage in stages),
                    )
                if all(run.status != RunStatus.RUNNING for run in runs):
                    break
                time.sleep(1)
        for run in runs:
            self.stdout.write(f"{run}: {run.get_status_display().lower()}")
        stopped = sum(run.status != RunStatus.COMPLETE for run in runs)
        if stopped:
            raise CommandError(f"{stopped} of {len(runs)} runs did not complete.")


def _spec(options: dict[str, Any]) -> BatchSpec:
    endpoint = _finder(Endpoint, "endpoint")
    return BatchSpec(
        name=options["name"],
        dataset=_finder(Dataset, "dataset")(options["dataset"]),
        catalogue=catalogue_called(options["catalogue"]),
        models=[endpoint(name) for name in dict.fromkeys(options["model"])],
        methods=list(dict.fromkeys(options["method"])),
        settings=list(dict.fromkeys(options["setting"])),
        judges=[_finder(Judge, "judge")(name) for name in dict.fromkeys(options["judge"])],
        aligner=endpoint(options["aligner"]) if options["aligner"] else None,
        extractor=endpoint(options["extractor"]) if options["extractor"] else None,
        sample_size=options["sample"],
        money_budget=_money(options["money"]),
        call_budget=options["calls"],
        options=_run_options(options["options"]),
    )


def _finder(model: type[M], kind: str) -> Callable[[str], M]:
    """Finds a row by its name; the error lists the names that there are."""

    def find(name: str) -> M:
        manager = model._default_manager
        thing = manager.filter(name=name).first()
        if thing is None:
            names = ", ".join(manager.values_list("name", flat=True)[:20]) or "none"
            raise NotFound(f"There is no {kind} “{name}”. There are: {names}.")
        return thing

    return find


def _money(text: str | None) -> Decimal | None:
    try:
        return None if text is None else Decimal(text)
    except InvalidOperation as error:
        raise DomainError(f"“{text}” is no amount of money.", field="money") from error


def _run_options(text: str) -> RunOptions:
    try:
        return RunOptions.model_validate(json.loads(text))
    except (ValidationError, json.JSONDecodeError) as error:
        raise DomainError(f"The options are not valid: {error}", field="options") from error
