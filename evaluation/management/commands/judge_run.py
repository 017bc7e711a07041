"""`manage.py judge_run RUN [--judge NAME] [--wait]`: have a judge rate a run."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.audit.writing import acting_by
from core.errors import DomainError
from evaluation.engine.steps.judging import launch_judging
from evaluation.judges.selectors import HEURISTIC_JUDGE
from evaluation.models import Judge
from evaluation.models.run import RunStatus
from evaluation.runs.selectors.runs import run_named


class Command(BaseCommand):
    help = "Have a judge rate a run; a Celery worker does the work."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", help="name or id of the run")
        parser.add_argument(
            "--judge", default=HEURISTIC_JUDGE, help="name of the judge (default: %(default)s)"
        )
        parser.add_argument(
            "--wait",
            action="store_true",
            help="return when the run has ended, and fail unless it is complete",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            judge = Judge.objects.get(name=options["judge"])
            run = run_named(options["run"])
            with acting_by(command="judge_run"):
                launch_judging(run=run, judge=judge, actor=None)
        except Judge.DoesNotExist as error:
            names = ", ".join(Judge.objects.values_list("name", flat=True))
            raise CommandError(f"There is no judge “{options['judge']}”. There are: {names}.") from error
        except DomainError as error:
            raise CommandError(error.message) from error
        while options["wait"]:
            run.refresh_from_db(fields=["status"])
            if run.status != RunStatus.RUNNING:
                break
            time.sleep(0.5)
        self.stdout.write(f"{judge} on “{run}”: {run.get_status_display().lower()}.")
        if options["wait"] and run.status != RunStatus.COMPLETE:
            raise CommandError("The run did not complete.")
