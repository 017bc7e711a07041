"""The audit log: of a campaign for its leads, of everything for admins. Nobody changes it."""

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from annotations.access import led_campaign
from annotations.audit import csv_file as exporter
from annotations.audit.forms import AuditFilterForm
from annotations.audit.selectors import Filters, events
from annotations.models import Campaign
from core.http.access import PersonRequest, staff_or_404
from core.http.keyset import NewestPage, newest_page
from core.http.page_query import PageQuery
from core.models import AuditEvent

CHUNK = 2000


@require_GET
def campaign_audit(request: PersonRequest, campaign_id: int) -> HttpResponse:
    return _log(request, led_campaign(request.user, campaign_id))


@require_GET
def campaign_audit_export(request: PersonRequest, campaign_id: int) -> HttpResponseBase:
    return _export(request, led_campaign(request.user, campaign_id))


@require_GET
@staff_or_404
def audit_log(request: PersonRequest) -> HttpResponse:
    return _log(request, None)


@require_GET
@staff_or_404
def audit_export(request: PersonRequest) -> HttpResponseBase:
    return _export(request, None)


def _log(request: PersonRequest, campaign: Campaign | None) -> HttpResponse:
    """A page of the log, newest first; `before` is the number of the event that the page before ended with."""
    form = AuditFilterForm(request.GET, campaign=campaign)
    query = PageQuery(request)
    page: NewestPage[AuditEvent] = NewestPage()
    if form.is_valid():
        page = newest_page(events(campaign=campaign, filters=form.filters), query)
    context = {
        "campaign": campaign,
        "form": form,
        "page": page,
        "filters": query.without("before"),
        "is_narrowed": form.is_valid() and form.filters != Filters(),
    }
    return render(request, "annotations/audit/audit.html", context, status=422 if form.errors else 200)


def _export(request: PersonRequest, campaign: Campaign | None) -> HttpResponseBase:
    """All that the filters leave, as CSV, streamed."""
    form = AuditFilterForm(request.GET, campaign=campaign)
    if not form.is_valid():
        return _log(request, campaign)
    rows = events(campaign=campaign, filters=form.filters)
    whose = f"-campaign{campaign.pk}" if campaign else ""
    name = f"perg-audit{whose}-{timezone.now():%Y%m%d-%H%M}.csv"
    return StreamingHttpResponse(
        exporter.export(rows.iterator(chunk_size=CHUNK)),
        content_type=exporter.CONTENT_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
