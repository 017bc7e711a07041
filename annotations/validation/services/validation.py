"""Validation reports: asked for by a lead, computed by a worker, kept with the hash of what they were computed from.

A report is claimed for a while by a conditional update, and `attempts` is the claim's number: a worker that comes
back after its claim ran out finds another number there and writes nothing. So a report may be queued twice, computed
at once by two workers, or lose its worker to a kill, and is written once.
"""

import time
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings as site
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from annotations.audit.services import record as audit
from annotations.models import Campaign, ValidationReport
from annotations.models.validation import UNFINISHED, ReportStatus
from annotations.signals import report_ready
from annotations.validation.selectors.input_hash import input_hash
from annotations.validation.selectors.validation import has_ratings, validation_input
from core.errors import Conflict, DomainError
from core.jobs.broken_off import why_it_broke_off
from core.jobs.wake import wake
from evaluation import __version__
from perg.stats.base.result import dump
from perg.stats.items.annotator_test import Scoring
from perg.stats.items.validation_input import Progress, ValidationSettings
from perg.stats.report.validation import ValidationReport as Computed
from perg.stats.report.validation import validation_report

COMPUTE = "annotations.tasks.compute_validation_report"
MAX_ATTEMPTS = 3
"""A report whose worker was lost so often is given up: it may be what kills the worker."""
HEARTBEAT_SECONDS = 1.0


def report_settings(*, epsilon: float | None = None, scoring: Scoring | None = None) -> ValidationSettings:
    """The settings of a report; what is not given is as usual. Raises DomainError outside the range."""
    usual = ValidationSettings()
    try:
        return replace(usual, epsilon=usual.epsilon if epsilon is None else epsilon, scoring=scoring)
    except ValueError as error:
        raise DomainError(f"This report cannot be computed: {error}.", field="epsilon") from error


@transaction.atomic
def request_report(
    *, campaign: Campaign, settings: ValidationSettings, requested_by: User | None = None
) -> ValidationReport:
    """A report of the campaign by these settings: the one that is there or under way, or else a new one.

    The same input gives the same report, so nothing is computed twice. Raises Conflict where there are no ratings
    yet, or where a report by other settings is being computed.
    """
    # One request at a time, so that two windows find each other's report.
    Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    if not has_ratings(campaign):
        raise Conflict(
            "Neither people nor judges have rated anything yet, so there is nothing to report.",
            code="nothing_rated",
        )
    wanted = dump(settings)
    unfinished = campaign.validation_reports.filter(status__in=UNFINISHED).first()
    if unfinished is not None:
        if unfinished.settings != wanted:
            raise Conflict(
                "A report by other settings is being computed; ask again when it is ready.",
                code="report_under_way",
            )
        return unfinished
    ready = campaign.validation_reports.filter(status=ReportStatus.READY, settings=wanted).first()
    if ready is not None and ready.input_hash == input_hash(campaign, wanted):
        return ready
    report = ValidationReport.objects.create(campaign=campaign, settings=wanted, requested_by=requested_by)
    audit(
        "validation_report.requested", actor=requested_by, campaign=campaign, subject=report, settings=wanted
    )
    wake(COMPUTE, report.pk)
    return report


def compute_report(*, report: ValidationReport) -> ValidationReport:
    """Compute a report that waits for it, or whose worker was lost; anything else is left as it is."""
    if not _claim(report):
        report.refresh_from_db()
        return report
    try:
        computed, digest = computed_report(report.campaign, _settings_of(report), progress=_heartbeat(report))
    except _ClaimLost:
        report.refresh_from_db()
        return report
    _finish(
        report,
        status=ReportStatus.READY,
        document=dump(computed),
        input_hash=digest,
        code_version=__version__,
        share_done=1.0,
    )
    return report


def fail_report(*, report: ValidationReport, error: BaseException) -> ValidationReport:
    """Note that computing this report, by the claim that `report` has, broke off with an error."""
    _finish(report, status=ReportStatus.FAILED, failure=why_it_broke_off(error))
    return report


def computed_report(
    campaign: Campaign, settings: ValidationSettings, *, progress: Progress | None = None
) -> tuple[Computed, str]:
    """The report as the campaign is now, and the hash of its input.

    The hash is taken first: what changes while the input is read makes the report stale, never wrongly fresh.
    """
    if progress is not None:
        progress("reading ratings and items", 0.0)
    digest = input_hash(campaign, dump(settings))
    given = validation_input(campaign)
    return validation_report(given, settings=settings, progress=progress), digest


class _ClaimLost(Exception):
    """Another worker has taken the report up: this one was silent for longer than its lease."""


def _claim(report: ValidationReport) -> bool:
    """Take the report for a while. What was taken up too often already is given up instead."""
    now = timezone.now()
    free = Q(status=ReportStatus.QUEUED) | Q(status=ReportStatus.COMPUTING, leased_until__lt=now)
    waiting = ValidationReport.objects.filter(free, pk=report.pk)
    waiting.filter(attempts__gte=MAX_ATTEMPTS).update(
        status=ReportStatus.FAILED,
        failure=f"The worker was lost {MAX_ATTEMPTS} times while it computed this report.",
        leased_until=None,
        finished_at=now,
    )
    claimed = waiting.update(
        status=ReportStatus.COMPUTING,
        leased_until=_lease_end(),
        attempts=F("attempts") + 1,
        share_done=0,
        step="",
    )
    report.refresh_from_db()
    return claimed == 1


def _held(report: ValidationReport) -> QuerySet[ValidationReport]:
    """The report, as long as it is this worker's."""
    return ValidationReport.objects.filter(
        pk=report.pk, status=ReportStatus.COMPUTING, attempts=report.attempts
    )


def _heartbeat(report: ValidationReport) -> Progress:
    """A progress callback that notes how far the report is, and keeps it for this worker."""
    last = float("-inf")

    def beat(step: str, share: float) -> None:
        nonlocal last
        if time.monotonic() - last < HEARTBEAT_SECONDS:
            return
        last = time.monotonic()
        share_done = min(max(share, 0.0), 1.0)
        if not _held(report).update(step=step[:200], share_done=share_done, leased_until=_lease_end()):
            raise _ClaimLost

    return beat


def _finish(report: ValidationReport, **end: object) -> None:
    """Write the end of a report that is still this worker's."""
    with transaction.atomic():
        done = _held(report).update(leased_until=None, finished_at=timezone.now(), **end)
        report.refresh_from_db()
        if done:
            audit(
                f"validation_report.{'computed' if report.status == ReportStatus.READY else 'failed'}",
                actor=None,
                campaign=report.campaign,
                subject=report,
            )
            if report.status == ReportStatus.READY:
                report_ready.send(sender=ValidationReport, report=report)
            prune_reports(campaign=report.campaign)


@transaction.atomic
def prune_reports(*, campaign: Campaign) -> int:
    """Delete the campaign's reports beyond the newest `VALIDATION_REPORTS_KEPT`; how many these were.

    What is not finished stays, and so do the newest report that is ready and, for each gold release, the one that it
    names or, of releases that name none, the one that was the newest when it was made: it tells what was known of the
    judges then.
    """
    finished = campaign.validation_reports.exclude(status__in=UNFINISHED).order_by("-pk")
    ready = finished.filter(status=ReportStatus.READY)
    kept = {*finished.values_list("pk", flat=True)[: site.VALIDATION_REPORTS_KEPT]}
    kept |= {*ready.values_list("pk", flat=True)[:1]}
    for named, released_at in campaign.gold_releases.values_list("report", "created_at"):
        at_release = ready.filter(finished_at__lte=released_at).values_list("pk", flat=True)[:1]
        kept |= {named} if named else {*at_release}
    pruned, _ = finished.exclude(pk__in=kept).delete()
    if pruned:
        audit("validation_report.pruned", actor=None, campaign=campaign, subject=campaign, reports=pruned)
    return pruned


def _settings_of(report: ValidationReport) -> ValidationSettings:
    return ValidationSettings(**report.settings)


def _lease_end() -> datetime:
    return timezone.now() + timedelta(seconds=site.VALIDATION_LEASE_SECONDS)
