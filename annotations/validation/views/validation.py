"""The validation report of a campaign: its page, the request for one, and its files."""

import json
from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.views.decorators.http import require_GET, require_POST

from annotations.access import led_campaign
from annotations.models import Campaign, ValidationReport
from annotations.models.validation import ReportStatus
from annotations.validation.forms import ReportForm
from annotations.validation.rendering import (
    HTML_CONTENT_TYPE,
    SVG_CONTENT_TYPE,
    as_html,
    as_svg,
    figure_names,
    report_body,
)
from annotations.validation.selectors.validation import ReportsNow, report_progress
from annotations.validation.services.cached_staleness import reports_shown
from annotations.validation.services.validation import report_settings, request_report
from core.errors import NotFound
from core.http.access import PersonRequest
from perg.stats.base.result import load
from perg.stats.report.validation import ValidationReport as ReportDocument


@require_GET
def validation(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """The newest report, and how far the next one is; to htmx, only the latter."""
    campaign = led_campaign(request.user, campaign_id)
    if request.htmx:
        context = {"campaign": campaign, "now": report_progress(campaign)}
        return render(request, "annotations/validation/_report_progress.html", context)
    now = reports_shown(campaign)
    return _page(request, campaign, now, ReportForm(initial=now.ready.settings if now.ready else None))


@require_POST
def validation_request(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """Have a worker compute a report."""
    campaign = led_campaign(request.user, campaign_id)
    form = ReportForm(request.POST)
    if not form.is_valid():
        return _page(request, campaign, reports_shown(campaign), form, status=422)
    report = request_report(
        campaign=campaign, settings=report_settings(**form.arguments()), requested_by=request.user
    )
    if report.status == ReportStatus.READY:
        messages.info(request, "Nothing has changed since the report was computed, so it is still valid.")
    return redirect("validation", campaign_id=campaign.pk)


@require_GET
def validation_download(request: PersonRequest, campaign_id: int, extension: str) -> HttpResponse:
    """The newest report as a file."""
    campaign = led_campaign(request.user, campaign_id)
    if extension not in FILES:
        raise Http404
    content_type, written = FILES[extension]
    return _file(campaign, written(campaign, _ready(campaign)), f"report.{extension}", content_type)


@require_GET
def validation_figure(request: PersonRequest, campaign_id: int, figure: str) -> HttpResponse:
    """A figure of the newest report as an SVG file."""
    campaign = led_campaign(request.user, campaign_id)
    document = _document(_ready(campaign))
    if figure not in figure_names(document):
        raise Http404
    return _file(campaign, as_svg(document, figure), f"{figure}.svg", SVG_CONTENT_TYPE)


def _page(
    request: PersonRequest, campaign: Campaign, now: ReportsNow, form: ReportForm, *, status: int = 200
) -> HttpResponse:
    context: dict[str, object] = {"campaign": campaign, "now": now, "stored": now.ready, "form": form}
    if now.ready is not None:
        document = _document(now.ready)
        context |= {
            "summary": document.summary,
            "body": report_body(now.ready),
            "figure_names": figure_names(document),
        }
    return render(request, "annotations/validation/validation.html", context, status=status)


def _ready(campaign: Campaign) -> ValidationReport:
    """The newest report that is ready. Raises NotFound."""
    stored = campaign.validation_reports.filter(status=ReportStatus.READY).first()
    if stored is None:
        raise NotFound("No validation report has been computed for this campaign yet.", code="no_report")
    return stored


def _document(stored: ValidationReport) -> ReportDocument:
    return load(ReportDocument, stored.document)


def _html(campaign: Campaign, stored: ValidationReport) -> str:
    computed = f"Computed {stored.finished_at:%-d %B %Y, %H:%M} UTC by version {stored.code_version}"
    return as_html(
        _document(stored),
        title=f"{campaign.name}: can the judges be trusted?",
        computed=f"{computed} from the input {stored.input_hash}.",
    )


def _json(campaign: Campaign, stored: ValidationReport) -> str:
    return json.dumps(stored.document, ensure_ascii=False, indent=1)


def _file(campaign: Campaign, content: str, ending: str, content_type: str) -> HttpResponse:
    name = f"perg-validation-{slugify(campaign.name) or campaign.pk}-{ending}"
    return HttpResponse(
        content,
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


FILES: dict[str, tuple[str, Callable[[Campaign, ValidationReport], str]]] = {
    "html": (HTML_CONTENT_TYPE, _html),
    "json": ("application/json", _json),
}
