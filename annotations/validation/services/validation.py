"""Validation reports: jobs that a lead requests, kept with the hash of what they were computed from."""

from dataclasses import replace

from django.conf import settings as site
from django.db import transaction

from annotations.models import Campaign, Criterion, ValidationReport
from annotations.models.validation import ReportStatus
from annotations.signals import report_ready
from annotations.validation.selectors.criteria import criterion_named, rated_criteria
from annotations.validation.selectors.input_hash import input_hash
from annotations.validation.selectors.reports import reports_on
from annotations.validation.selectors.validation import has_ratings, validation_input
from core.audit.writing import record as audit
from core.errors import Conflict, DomainError
from core.jobs.heartbeat import Heartbeat
from core.jobs.kinds import JobKind
from core.jobs.leasing import enqueue, finish
from core.models import User
from perg import __version__
from perg.stats.base.result import dump
from perg.stats.items.annotator_test import Scoring
from perg.stats.items.validation_input import Progress, ValidationSettings
from perg.stats.report.validation import ValidationReport as Computed
from perg.stats.report.validation import validation_report

NOTHING_RATED = "Neither people nor judges have rated anything yet, so there is nothing to report."


def report_settings(*, epsilon: float | None = None, scoring: Scoring | None = None) -> ValidationSettings:
    """The settings of a report; what is not given is as usual. Raises DomainError outside the range."""
    usual = ValidationSettings()
    try:
        return replace(usual, epsilon=usual.epsilon if epsilon is None else epsilon, scoring=scoring)
    except ValueError as error:
        raise DomainError(f"This report cannot be computed: {error}.", field="epsilon") from error


@transaction.atomic
def request_report(
    *,
    campaign: Campaign,
    settings: ValidationSettings,
    criterion: Criterion | None = None,
    requested_by: User | None = None,
) -> ValidationReport:
    """A report by these settings: the one that is there or under way, or else a new one.

    It is on the campaign or, of imported ratings, on the criterion, which need not be named where it is the only one.
    The same input gives the same report, so nothing is computed twice. Raises Conflict where there are no ratings
    yet, or where a report by other settings is being computed; CriterionNeeded.
    """
    criterion = criterion or criterion_named(campaign, None)
    _locked(campaign)
    if not has_ratings(campaign, criterion):
        raise Conflict(NOTHING_RATED, code="nothing_rated")
    return _report(campaign, criterion, settings, requested_by)


@transaction.atomic
def request_all_reports(
    *, campaign: Campaign, settings: ValidationSettings, requested_by: User | None = None
) -> list[ValidationReport]:
    """A report on each criterion that anybody rated by, as `request_report` has them.

    Where one by other settings is being computed, it is that one. Raises Conflict where there are no ratings yet.
    """
    _locked(campaign)
    reports = []
    for criterion in rated_criteria(campaign):
        unfinished = reports_on(campaign, criterion).unfinished().first()
        reports.append(unfinished or _report(campaign, criterion, settings, requested_by))
    if not reports:
        raise Conflict(NOTHING_RATED, code="nothing_rated")
    return reports


def _locked(campaign: Campaign) -> None:
    """One request at a time, so that two windows find each other's report."""
    Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)


def _report(
    campaign: Campaign, criterion: Criterion | None, settings: ValidationSettings, requested_by: User | None
) -> ValidationReport:
    """The report that is there, under way, or requested now."""
    reports, stored_settings = reports_on(campaign, criterion), dump(settings)
    unfinished = reports.unfinished().first()
    if unfinished is not None:
        if unfinished.settings != stored_settings:
            raise Conflict(
                "A report by other settings is being computed; ask again when it is ready.",
                code="report_under_way",
            )
        return unfinished
    ready = reports.filter(status=ReportStatus.READY, settings=stored_settings).first()
    if ready is not None and ready.input_hash == input_hash(campaign, stored_settings, criterion=criterion):
        return ready
    report = ValidationReport.objects.create(
        campaign=campaign, criterion=criterion, settings=stored_settings, requested_by=requested_by
    )
    audit(
        "validation_report.requested",
        actor=requested_by,
        scope=campaign,
        subject=report,
        settings=stored_settings,
        **_named(criterion),
    )
    enqueue(report)
    return report


def _named(criterion: Criterion | None) -> dict[str, str]:
    """The criterion, for the audit log."""
    return {} if criterion is None else {"criterion": criterion.key}


class ValidationReports(JobKind[ValidationReport]):
    """Computes reports."""

    model = ValidationReport
    lease_setting = "VALIDATION_LEASE_SECONDS"
    doing = "computed this report"

    def run(self, report: ValidationReport) -> None:
        heartbeat = Heartbeat(report)

        def progress(step: str, share: float) -> None:
            heartbeat.tell(step=step[:200], share_done=min(max(share, 0.0), 1.0))

        settings = ValidationSettings(**report.settings)
        computed, digest = computed_report(
            report.campaign, settings, criterion=report.criterion, progress=progress
        )
        finish(
            report,
            document=dump(computed),
            input_hash=digest,
            code_version=__version__,
            share_done=1.0,
        )

    def ended(self, report: ValidationReport) -> None:
        is_ready = report.status == ReportStatus.READY
        audit(
            f"validation_report.{'computed' if is_ready else 'failed'}",
            actor=None,
            scope=report.campaign,
            subject=report,
            **_named(report.criterion),
        )
        if is_ready:
            report_ready.send(sender=ValidationReport, report=report)
        prune_reports(campaign=report.campaign, criterion=report.criterion)


def computed_report(
    campaign: Campaign,
    settings: ValidationSettings,
    *,
    criterion: Criterion | None = None,
    progress: Progress | None = None,
) -> tuple[Computed, str]:
    """The report as the campaign is now, and the hash of its input; of imported ratings, those by the criterion.

    The hash is taken first: what changes while the input is read makes the report stale, never wrongly fresh. Raises
    CriterionNeeded.
    """
    if progress is not None:
        progress("reading ratings and items", 0.0)
    criterion = criterion or criterion_named(campaign, None)
    digest = input_hash(campaign, dump(settings), criterion=criterion)
    data = validation_input(campaign, criterion)
    return validation_report(data, settings=settings, progress=progress), digest


@transaction.atomic
def prune_reports(*, campaign: Campaign, criterion: Criterion | None = None) -> int:
    """Delete the reports on the campaign, or on the criterion, beyond the newest `VALIDATION_REPORTS_KEPT`; how many
    these were.

    What is not finished stays, and so do the newest report that is ready and those that gold releases name: they tell
    what was known of the judges then.
    """
    finished = reports_on(campaign, criterion).filter(finished_at__isnull=False)
    ready = finished.filter(status=ReportStatus.READY)
    keys = {*finished.values_list("pk", flat=True)[: site.VALIDATION_REPORTS_KEPT]}
    keys |= {*ready.values_list("pk", flat=True)[:1]}
    keys |= {*campaign.gold_releases.filter(report__isnull=False).values_list("report", flat=True)}
    pruned, _ = finished.exclude(pk__in=keys).delete()
    if pruned:
        audit(
            "validation_report.pruned",
            actor=None,
            scope=campaign,
            subject=campaign,
            reports=pruned,
            **_named(criterion),
        )
    return pruned
