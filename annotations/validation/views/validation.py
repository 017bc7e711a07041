"""The validation reports of a campaign: their page, requests for them, and their files.

A campaign of imported ratings has a report for each criterion; the address names it by its key.
"""

import json
from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_GET, require_POST

from annotations.access import led_campaign
from annotations.models import Campaign, Criterion, ValidationReport
from annotations.models.validation import ReportStatus
from annotations.validation.criteria_page import criteria_page
from annotations.validation.forms import ReportForm
from annotations.validation.rendering import (
    HTML_CONTENT_TYPE,
    SVG_CONTENT_TYPE,
    as_html,
    as_svg,
    figure_names,
    report_body,
    terms_of,
)
from annotations.validation.selectors.criteria import criterion_named, first_criterion, has_several_criteria
from annotations.validation.selectors.reports import report_progress, reports_on
from annotations.validation.services.cached_staleness import reports_shown
from annotations.validation.services.validation import report_settings, request_all_reports, request_report
from core.errors import NotFound
from core.http.access import PersonRequest
from core.http.page_query import PageQuery
from perg.stats.base.result import load
from perg.stats.report.validation import ValidationReport as ReportDocument


@require_GET
def validation(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """The newest report, and how far the next one is; to htmx, only the latter."""
    campaign = led_campaign(request.user, campaign_id)
    criterion = _chosen(request, campaign)
    if request.htmx:
        now = report_progress(campaign, criterion)
        context = {"campaign": campaign, "now": now, "named": _key(request)}
        return render(request, "annotations/validation/_report_progress.html", context)
    return _page(request, campaign, criterion)


@require_POST
def validation_request(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """Have a worker compute a report."""
    campaign = led_campaign(request.user, campaign_id)
    criterion = criterion_named(campaign, _key(request))
    form = ReportForm(request.POST)
    if not form.is_valid():
        return _page(request, campaign, criterion, form)
    report = request_report(
        campaign=campaign,
        criterion=criterion,
        settings=report_settings(**form.arguments()),
        requested_by=request.user,
    )
    if report.status == ReportStatus.READY:
        messages.info(request, "Nothing has changed since the report was computed, so it is still valid.")
    return redirect(_address(request, campaign))


@require_POST
def validation_request_all(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """Have workers compute the report on each criterion of imported ratings, where it is not current."""
    campaign = led_campaign(request.user, campaign_id)
    form = ReportForm(request.POST)
    if not form.is_valid():
        return _page(request, campaign, _chosen(request, campaign), form)
    reports = request_all_reports(
        campaign=campaign, settings=report_settings(**form.arguments()), requested_by=request.user
    )
    if all(report.status == ReportStatus.READY for report in reports):
        messages.info(
            request, "Nothing has changed since the reports were computed, so they are still valid."
        )
    return redirect(_address(request, campaign))


@require_GET
def validation_download(request: PersonRequest, campaign_id: int, extension: str) -> HttpResponse:
    """The newest report as a file."""
    campaign = led_campaign(request.user, campaign_id)
    criterion = criterion_named(campaign, _key(request))
    if extension not in FILES:
        raise Http404
    content_type, written = FILES[extension]
    content = written(campaign, criterion, _ready(campaign, criterion))
    return _file(campaign, criterion, content, f"report.{extension}", content_type)


@require_GET
def validation_figure(request: PersonRequest, campaign_id: int, figure: str) -> HttpResponse:
    """A figure of the newest report as an SVG file."""
    campaign = led_campaign(request.user, campaign_id)
    criterion = criterion_named(campaign, _key(request))
    document = _document(_ready(campaign, criterion))
    if figure not in figure_names(document, criterion):
        raise Http404
    drawn = as_svg(document, figure, criterion)
    return _file(campaign, criterion, drawn, f"{figure}.svg", SVG_CONTENT_TYPE)


def _key(request: PersonRequest) -> str:
    return PageQuery(request).text("criterion")


def _chosen(request: PersonRequest, campaign: Campaign) -> Criterion | None:
    """The criterion that the page shows: the named one, else the first. Raises NotFound."""
    key = _key(request)
    return criterion_named(campaign, key) if key else first_criterion(campaign)


def _address(request: PersonRequest, campaign: Campaign) -> str:
    """Of the page, with the criterion that the request names."""
    key = {"criterion": _key(request)} if _key(request) else {}
    return reverse("validation", args=[campaign.pk], query=key)


def _page(
    request: PersonRequest, campaign: Campaign, criterion: Criterion | None, refused: ReportForm | None = None
) -> HttpResponse:
    criteria = criteria_page(campaign) if has_several_criteria(campaign) else None
    now = reports_shown(campaign, criterion)
    form = refused or ReportForm(initial=now.ready.settings if now.ready else None)
    context: dict[str, object] = {
        "campaign": campaign,
        "criterion": criterion,
        "criteria": criteria,
        "named": criterion.key if criterion is not None and criteria is not None else "",
        "terms": terms_of(criterion),
        "now": now,
        "stored": now.ready,
        "form": form,
    }
    if now.ready is not None:
        document = _document(now.ready)
        context |= {
            "summary": document.summary,
            "body": report_body(now.ready),
            "figure_names": figure_names(document, criterion),
        }
    return render(
        request, "annotations/validation/validation.html", context, status=200 if refused is None else 422
    )


def _ready(campaign: Campaign, criterion: Criterion | None) -> ValidationReport:
    """The newest report that is ready. Raises NotFound."""
    stored = reports_on(campaign, criterion).filter(status=ReportStatus.READY).first()
    if stored is None:
        of = "campaign" if criterion is None else "criterion"
        raise NotFound(f"No validation report has been computed for this {of} yet.", code="no_report")
    return stored


def _document(stored: ValidationReport) -> ReportDocument:
    return load(ReportDocument, stored.document)


def _html(campaign: Campaign, criterion: Criterion | None, stored: ValidationReport) -> str:
    computed = f"Computed {stored.finished_at:%-d %B %Y, %H:%M} UTC by version {stored.code_version}"
    return as_html(
        _document(stored),
        title=f"{campaign.name}: can the judges be trusted?",
        computed=f"{computed} from the input {stored.input_hash}.",
        criterion=criterion,
    )


def _json(campaign: Campaign, criterion: Criterion | None, stored: ValidationReport) -> str:
    return json.dumps(stored.document, ensure_ascii=False, indent=1)


def _file(
    campaign: Campaign, criterion: Criterion | None, content: str, ending: str, content_type: str
) -> HttpResponse:
    parts = [slugify(campaign.name) or str(campaign.pk)]
    if criterion is not None and has_several_criteria(campaign):
        parts.append(slugify(criterion.key) or str(criterion.position + 1))
    return HttpResponse(
        content,
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="perg-validation-{"-".join(parts)}-{ending}"'},
    )


FILES: dict[str, tuple[str, Callable[[Campaign, Criterion | None, ValidationReport], str]]] = {
    "html": (HTML_CONTENT_TYPE, _html),
    "json": ("application/json", _json),
}
