"""Gold releases and their export."""

from collections.abc import Callable, Iterator

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from annotations.access import led_campaign, led_release
from annotations.exporters import csv, jsonl
from annotations.models import GoldRelease
from annotations.services import gold
from evaluation.access import PersonRequest

EXPORTERS: dict[str, tuple[str, Callable[[GoldRelease], Iterator[bytes]]]] = {
    "csv": (csv.CONTENT_TYPE, csv.export),
    "jsonl": (jsonl.CONTENT_TYPE, jsonl.export),
}


@require_POST
def gold_release(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """Release the campaign's gold as the labels are now."""
    campaign = led_campaign(request.user, campaign_id)
    release = gold.release_gold(campaign=campaign, created_by=request.user)
    messages.success(request, f"Gold release {release.number} is made.")
    return redirect("campaign_detail", campaign_id=campaign.pk)


@require_GET
def gold_export(request: PersonRequest, release_id: int, extension: str) -> StreamingHttpResponse:
    """A gold release as a file, streamed."""
    release = led_release(request.user, release_id)
    if extension not in EXPORTERS:
        raise Http404
    content_type, export = EXPORTERS[extension]
    name = f"perg-gold-campaign{release.campaign_id}-release{release.number}.{extension}"
    return StreamingHttpResponse(
        export(release),
        content_type=content_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Gold-Checksum": release.checksum,
        },
    )
