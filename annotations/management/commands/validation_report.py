"""`manage.py validation_report CAMPAIGN [--criterion KEY] [--json]`: may its judges be trusted? Computed at once."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table

from annotations.models import Campaign, Criterion
from annotations.validation.figures.validation import rate_notes
from annotations.validation.rendering import terms_of
from annotations.validation.selectors.criteria import criterion_named, rated_criteria
from annotations.validation.selectors.validation import has_ratings
from annotations.validation.services.validation import computed_report, report_settings
from core.errors import Conflict, DomainError, NotFound
from perg import __version__
from perg.stats.base.estimate import Estimate
from perg.stats.base.result import dump
from perg.stats.base.terms import Terms
from perg.stats.base.undefined import Undefined
from perg.stats.correction.corrected_runs import CorrectedRuns
from perg.stats.correction.correction import CorrectedRates
from perg.stats.correction.run_rates import Rate, StackedRate
from perg.stats.items.annotator_test import EPSILON
from perg.stats.items.validation_input import Progress
from perg.stats.report.section_words import section_lines
from perg.stats.report.validation import ValidationReport


class Command(BaseCommand):
    help = (
        "May the judges of a campaign be trusted, and what are the true rates? The report is computed in this process "
        "and printed, not stored."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        usual = ", ".join(f"{value:g} beside {kind} people" for kind, value in EPSILON.items())
        parser.add_argument("campaign", help="name or id of the campaign")
        parser.add_argument(
            "--criterion",
            metavar="KEY",
            help="Of imported ratings; all criteria, one after another, if unsaid.",
        )
        parser.add_argument(
            "--json",
            action="store_true",
            help="Print the whole report as one JSON object; several criteria as a list of them.",
        )
        parser.add_argument(
            "--epsilon", type=float, help=f"Of the alternative annotator test ({usual}; skilled without it)."
        )
        parser.add_argument(
            "--scoring",
            choices=["accuracy", "neg_rmse"],
            help="Of the same test (accuracy on nominal scales, neg_rmse on others).",
        )

    def handle(self, **options: Any) -> None:
        try:
            settings = report_settings(epsilon=options["epsilon"], scoring=options["scoring"])
            campaign = campaign_named(options["campaign"])
            reports = []
            for criterion in _criteria(campaign, options["criterion"]):
                with progress_bar(campaign.name) as progress:
                    report, digest = computed_report(
                        campaign, settings, criterion=criterion, progress=progress
                    )
                reports.append((criterion, report, digest))
        except DomainError as error:
            if options["json"]:
                refused = {"status": "refused", "code": error.code, "message": error.message}
                self.stdout.write(json.dumps(refused, ensure_ascii=False))
                sys.exit(1)
            raise CommandError(error.message) from error
        if options["json"]:
            documents = [_document(campaign, *one) for one in reports]
            whole = documents if len(documents) > 1 else documents[0]
            self.stdout.write(json.dumps(whole, ensure_ascii=False, allow_nan=False))
            return
        for criterion, report, _ in reports:
            if len(reports) > 1 and criterion is not None:
                self.stdout.write(f"\n{criterion.title}\n")
            self.stdout.write(_in_words(report, terms_of(criterion), is_terminal=self.stdout.isatty()))


def _criteria(campaign: Campaign, key: str | None) -> list[Criterion] | list[None]:
    """What to report on: the named criterion, or all by which anybody rated; of a campaign on runs, the whole.

    Raises NotFound and Conflict.
    """
    if not campaign.is_imported:
        if key:
            criterion_named(campaign, key)
        if has_ratings(campaign):
            return [None]
    elif criteria := rated_criteria(campaign):
        chosen = criterion_named(campaign, key) if key else None
        criteria = criteria if chosen is None else [one for one in criteria if one == chosen]
        if criteria:
            return criteria
    raise Conflict("Neither people nor judges have rated anything yet.", code="nothing_rated")


def _document(
    campaign: Campaign, criterion: Criterion | None, report: ValidationReport, digest: str
) -> dict[str, object]:
    """A report as JSON, with what it is on."""
    computed: dict[str, object] = {"campaign": {"id": campaign.pk, "name": campaign.name}}
    if criterion is not None:
        computed["criterion"] = criterion.key
    return {"report": computed | {"input_hash": digest, "code_version": __version__}, **dump(report)}


def _in_words(report: ValidationReport, terms: Terms, *, is_terminal: bool) -> str:
    """The report for people: a table of the judges, and why each has its verdict."""
    written = StringIO()
    console = Console(file=written, force_terminal=is_terminal, width=None if is_terminal else 120)
    counts = report.summary
    console.print(
        f"{counts.items} items, {counts.labelled} rated by people "
        f"({counts.ratings_by_people} ratings). People with one another: α = "
        f"{_figure(report.people.alpha)}."
    )
    table = Table("Judge", "Verdict", "α with people", "ω", "ρ", "Sensitivity", "Specificity")
    for judge in report.judges:
        test, against = judge.alternative_annotator_test, judge.confusion
        table.add_row(
            escape(judge.name),
            "no verdict" if judge.verdict is None else judge.verdict.kind,
            _figure(judge.alpha_with_humans),
            _figure(test.winning_rate),
            _figure(test.advantage_probability),
            "—" if isinstance(against, Undefined) else _figure(against.sensitivity),
            "—" if isinstance(against, Undefined) else _figure(against.specificity),
        )
    for warning in counts.warnings:
        console.print(f"Warning: {escape(warning)}")
    console.print(table)
    for judge in report.judges:
        verdict = judge.verdict
        says = f"no verdict, {judge.no_verdict}" if verdict is None else verdict.sentence
        console.print(f"[bold]{escape(judge.name)}[/bold]: {says}")
        for reason in () if verdict is None else verdict.reasons:
            console.print(f"  {escape(reason)}")
    _print_rates(report.rates, terms, console)
    for line in section_lines(report):
        console.print(escape(line))
    return written.getvalue()


def _print_rates(rates: CorrectedRuns | Undefined, terms: Terms, console: Console) -> None:
    """Failure rates of each run: by people alone, by each judge uncorrected and corrected, and which to report."""
    if isinstance(rates, Undefined):
        console.print(f"Failure rates are undefined: {rates.undefined}.")
        return
    name = terms.rate.capitalize()
    for run in rates.runs:
        of = f"Rates of {escape(run.run)}" if terms.has_baseline else f"{name}"
        console.print(f"\n[bold]{of}[/bold] ({run.counted} counted: {run.population})")
        if run.people_alone is not None:
            console.print(f"{name} by people's labels alone: {_share(run.people_alone)}")
        rates_of_run = [(name, run.alignment_failure)]
        if terms.has_baseline:
            rates_of_run.append(("Robustness error", run.robustness_error))
        for title, rate in rates_of_run:
            if isinstance(rate, Undefined):
                console.print(f"{title} by judges is undefined: {rate.undefined}.")
            else:
                _print_rate(title, rate, console)


def _print_rate(title: str, rate: Rate, console: Console) -> None:
    """One rate by each judge, in a table, and what it is over."""
    table = Table(title, "People's labels alone", "Judge uncorrected", "Recommended")
    for judge in rate.judges:
        table.add_row(
            escape(judge.judge),
            _share(judge.rates.human.estimate, judge.rates.human.warnings),
            _share(judge.rates.naive.estimate, judge.rates.naive.warnings),
            _recommended(judge.rates),
        )
    stacked = rate.stacked
    if isinstance(stacked, StackedRate):
        together = _share(stacked.rate.estimate, stacked.rate.warnings)
        table.add_row("all judges, stacked", "", "", f"PPI++ {together}")
    console.print(table)
    for judge in rate.judges:
        console.print(f"  {escape(judge.judge)}: {escape(judge.over)}")
    for sentence in rate_notes(rate):
        console.print(escape(sentence))


def _recommended(rates: CorrectedRates) -> str:
    """The corrected rate to report with one judge."""
    for rate in (rates.powered, rates.rogan_gladen, rates.human):
        if rate.method == rates.recommended:
            return f"{rate.method} {_share(rate.estimate)}"
    return f"none. {rates.recommended_reason}"


def _share(estimate: Estimate, warnings: Sequence[str] = ()) -> str:
    """A rate in percent with its interval and n, ⚠ with warnings; the reason where it is undefined."""
    if estimate.value is None:
        return f"undefined: {estimate.undefined}"
    low, high = estimate.low, estimate.high
    interval = "" if low is None or high is None else f" [{low:.1%}, {high:.1%}]"
    warned = " ⚠" if warnings or estimate.warnings else ""
    return f"{estimate.value:.1%}{interval} n={estimate.n}{warned}"


def _figure(estimate: Estimate) -> str:
    """An estimate with its interval and n, in a table's cell; a dash where it is undefined, ⚠ with warnings."""
    if estimate.value is None:
        return "—"
    low, high = estimate.low, estimate.high
    interval = "" if low is None or high is None else f" [{low:.2f}, {high:.2f}]"
    warned = " ⚠" if estimate.warnings else ""
    return f"{estimate.value:.2f}{interval} n={estimate.n}{warned}"


def campaign_named(name_or_id: str) -> Campaign:
    """The campaign of this name or, failing that, of this id. Raises NotFound."""
    campaign = Campaign.objects.filter(name=name_or_id).first()
    if campaign is None and name_or_id.isdecimal():
        campaign = Campaign.objects.filter(pk=int(name_or_id)).first()
    if campaign is None:
        raise NotFound(f"There is no campaign named “{name_or_id}”.")
    return campaign


@contextmanager
def progress_bar(description: str) -> Iterator[Progress | None]:
    """A progress callback that draws a bar on stderr; none where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(description, total=1.0)

        def advance(step: str, share: float) -> None:
            bar.update(task, completed=share, description=step)

        yield advance
