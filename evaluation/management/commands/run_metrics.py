"""`manage.py run_metrics RUN [--json] [--by DIMENSION]`: the PERG metrics of a run."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from core.errors import DomainError
from evaluation.results.figures.forest_plots import named_metrics
from evaluation.results.metrics.run_metrics import DIMENSIONS, RunOutcomes
from evaluation.runs.selectors.runs import run_named
from perg.stats.base.estimate import Estimate
from perg.stats.base.result import dump
from perg.stats.runs.perg_metrics import PergMetrics


class Command(BaseCommand):
    help = "Print the PERG metrics of a run, each with n and a 95% interval."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", help="name or id of the run")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument("--by", choices=sorted(DIMENSIONS), help="also for each value of this dimension")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            outcomes = RunOutcomes(run_named(options["run"]))
        except DomainError as error:
            raise CommandError(error.message) from error
        metrics = outcomes.metrics()
        slices = outcomes.slices(options["by"]) if options["by"] else []
        if options["json"]:
            document: dict[str, object] = {
                "run": {"id": outcomes.run.pk, "name": outcomes.run.name, "setting": outcomes.run.setting},
                **dump(metrics),
            }
            if options["by"]:
                document["by"] = {options["by"]: {part.value: dump(part.metrics) for part in slices}}
            self.stdout.write(json.dumps(document, ensure_ascii=False, allow_nan=False))
            return
        tables = [_table(outcomes.run.name, metrics)]
        tables += [_table(f"{options['by']}: {part.value}", part.metrics) for part in slices]
        console = Console()
        with console.capture() as printed:
            console.print(*tables)
        self.stdout.write(printed.get())


def _table(title: str, metrics: PergMetrics) -> Table:
    table = Table("metric", "value", "95% interval", "n", "", title=title, title_justify="left")
    for metric in named_metrics(metrics):
        warnings = " ".join(f"⚠ {warning}" for warning in metric.estimate.warnings)
        table.add_row(metric.name, *_cells(metric.estimate), warnings)
    return table


def _cells(estimate: Estimate) -> tuple[str, str, str]:
    if estimate.value is None:
        return f"undefined: {estimate.undefined}", "", str(estimate.n)
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.4f}", "", str(estimate.n)
    return f"{estimate.value:.4f}", f"{estimate.low:.4f} – {estimate.high:.4f}", str(estimate.n)
