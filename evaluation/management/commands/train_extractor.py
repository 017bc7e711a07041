"""`manage.py train_extractor RUN… --base PATH --out PATH`: fine-tune an extractor from recorded extractions."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from core.errors import DomainError
from evaluation.llm.local.options import LocalOptions
from evaluation.llm.local.training import TrainingProgress, TrainingSettings
from evaluation.llm.providers import ProviderNotAvailable
from evaluation.runs.selectors.runs import run_named
from evaluation.runs.services.extractor_training import ExtractorTraining, train_extractor
from perg.stats.base.estimate import Estimate


class Command(BaseCommand):
    help = (
        "Fine-tune a LoRA adapter that extracts answers, from the extractions recorded with imported runs, and compare "
        "it with the rules on questions held out. The same command resumes a training that was stopped. Needs the "
        "packages of docs/gpu.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", nargs="+", help="name or id of an imported run")
        parser.add_argument(
            "--base", required=True, help="the model to adapt: a folder, or a name on the hub"
        )
        parser.add_argument("--out", required=True, help="folder for the adapter and, meanwhile, checkpoints")
        parser.add_argument(
            "--held-out",
            type=float,
            default=0.1,
            help="share of the questions held out (default: %(default)s)",
        )
        parser.add_argument("--epochs", type=float, default=3.0, help="(default: %(default)s)")
        parser.add_argument("--learning-rate", type=float, default=2e-4, help="(default: %(default)s)")
        parser.add_argument("--rank", type=int, default=16, help="of each update (default: %(default)s)")
        parser.add_argument("--batch-size", type=int, default=16, help="(default: %(default)s)")
        parser.add_argument(
            "--max-length", type=int, default=2048, help="tokens of an example at most (default: %(default)s)"
        )
        parser.add_argument(
            "--checkpoint-steps", type=int, default=50, help="between checkpoints (default: %(default)s)"
        )
        parser.add_argument("--seed", type=int, default=0, help="of split, order and weights (default: 0)")
        parser.add_argument(
            "--options", default="{}", help='JSON, those of the endpoint, e.g. {"dtype": "bfloat16"}'
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            trained = train_extractor(
                runs=[run_named(reference) for reference in options["run"]],
                settings=_settings(options),
                folder=Path(options["out"]),
                held_out=options["held_out"],
                progress=(lambda _: None) if options["json"] else self._print_progress,
            )
        except DomainError as error:
            raise CommandError(error.message) from error
        if options["json"]:
            self.stdout.write(json.dumps(trained.as_dict(), ensure_ascii=False, allow_nan=False))
        else:
            self._print(trained)

    def _print_progress(self, progress: TrainingProgress) -> None:
        self.stdout.write(f"step {progress.step} of {progress.steps}: loss {progress.loss:.4f}")
        self.stdout.flush()

    def _print(self, trained: ExtractorTraining) -> None:
        adapter = trained.adapter
        resumed = f", resumed at step {adapter.resumed_at}" if adapter.resumed_at else ""
        self.stdout.write(f"Trained on {adapter.examples} responses in {adapter.steps} steps{resumed}.")
        for reason, count in trained.left_out.items():
            self.stdout.write(f"  left out: {count} ({reason})")
        if adapter.too_long:
            self.stdout.write(
                f"  left out: {adapter.too_long} (longer than --max-length or the model's context)"
            )
        for reason, count in trained.unanswered.items():
            self.stdout.write(f"  no reply of the adapter to {count} held-out responses: {reason}")
        table = Table("extractor", "decided", "equal", "undecided as recorded", title_justify="left")
        table.title = f"{trained.held_out} responses to questions held out"
        for name, agreement in trained.agreements.items():
            table.add_row(name, *map(_cell, (agreement.decided, agreement.equal, agreement.undecided)))
        console = Console(width=120)
        with console.capture() as printed:
            console.print(table)
        self.stdout.write(printed.get())
        self.stdout.write(
            "decided: of the responses with a letter on record. equal: of those decided. undecided as recorded: of the "
            "responses whose record is that no option was chosen."
        )
        self.stdout.write("To use it, make an endpoint with the provider transformers and")
        self.stdout.write(f"  model: {trained.endpoint_model}")
        self.stdout.write(f"  options: {json.dumps(trained.endpoint_options, ensure_ascii=False)}")


def _settings(options: dict[str, Any]) -> TrainingSettings:
    for name in ("epochs", "learning_rate", "rank", "batch_size", "max_length", "checkpoint_steps"):
        if not options[name] > 0:
            raise DomainError(f"--{name.replace('_', '-')} is more than 0, not {options[name]}.", field=name)
    try:
        return TrainingSettings(
            base=options["base"],
            options=LocalOptions.parse(_object(options["options"])),
            rank=options["rank"],
            learning_rate=options["learning_rate"],
            epochs=options["epochs"],
            batch_size=options["batch_size"],
            seed=options["seed"],
            max_length=options["max_length"],
            checkpoint_steps=options["checkpoint_steps"],
        )
    except ProviderNotAvailable as error:
        raise DomainError(str(error), field="options") from error


def _object(text: str) -> dict[str, object]:
    try:
        options = json.loads(text)
    except json.JSONDecodeError as error:
        raise DomainError(f"The options are not JSON: {error}", field="options") from error
    if not isinstance(options, dict):
        raise DomainError("The options are a JSON object.", field="options")
    return options


def _cell(estimate: Estimate) -> str:
    if estimate.value is None:
        return f"undefined: {estimate.undefined}"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.3f}, n={estimate.n}"
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}], n={estimate.n}"
