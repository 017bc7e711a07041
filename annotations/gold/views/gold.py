"""Gold: what would be released and why not, releasing it, releases and what differs between them, their files."""

import uuid
from collections.abc import Iterable
from operator import itemgetter

from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from annotations.access import campaign_on_runs, led_release
from annotations.exports.streaming import file_stream
from annotations.gold.forms import GoldForm, ReleaseForm, form_data
from annotations.gold.release_card import LEFT_OUT, criteria_in_words
from annotations.gold.selectors.gold import (
    KINDS,
    DifferenceKind,
    figures_of_report,
    left_out_tasks,
    release_differences,
)
from annotations.gold.selectors.requests import request_to_show
from annotations.gold.services.cached_preview import preview_now
from annotations.gold.services.gold import NO_KEYS
from annotations.gold.services.requests import request_release
from annotations.gold.table import GOLD_TABLE
from annotations.gold.views.requests import shown_at
from annotations.models import Campaign, GoldRelease
from annotations.models.gold import GoldStatus
from annotations.validation.services.cached_staleness import reports_shown
from core.errors import Conflict, DomainError
from core.http.access import PersonRequest
from core.http.page_query import PageQuery
from perg.stats.gold.gold_criteria import GoldCriteria
from perg.stats.gold.gold_selection import REASONS

SHOWN = 50


@require_GET
def campaign_gold(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """The releases, and what a new one would be by the criteria in the address."""
    campaign = campaign_on_runs(request.user, campaign_id)
    return _gold_page(request, campaign, _form(request, campaign))


@require_POST
def gold_release(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """Release the campaign's gold by the criteria that were previewed, if the labels are still as they were then.

    That of a small campaign is there at once; else the page of the request tells how far it is.
    """
    campaign = campaign_on_runs(request.user, campaign_id)
    form = ReleaseForm(request.POST)
    if not form.is_valid():
        return _gold_page(request, campaign, form)
    try:
        release_request = request_release(
            campaign=campaign,
            requested_by=request.user,
            criteria=form.criteria,
            seen=form.cleaned_data["seen"],
            submission_key=form.cleaned_data["key"],
        )
    except Conflict as error:
        form.add_error(None, error.message)
        return _gold_page(request, campaign, form, status=error.status)
    return redirect(*shown_at(request, release_request))


@require_GET
def gold_left_out(request: PersonRequest, campaign_id: int, reason: str) -> HttpResponse:
    """The tasks that would not go in for one reason, a page at a time."""
    campaign = campaign_on_runs(request.user, campaign_id)
    form = _form(request, campaign)
    if reason not in REASONS or not reason or not form.is_valid():
        raise Http404
    cached = preview_now(campaign=campaign, criteria=form.criteria)
    keys = cached.value.left_out_for(reason) if cached.value else NO_KEYS
    keys = keys[keys > _behind(request)]
    tasks = left_out_tasks(campaign, keys[:SHOWN].tolist())
    context = {
        "campaign": campaign,
        "reason": LEFT_OUT[reason],
        "reason_key": reason,
        "count": cached.value.counts.left_out.get(reason, 0) if cached.value else None,
        "kept": cached,
        "tasks": tasks,
        "more": tasks[-1].pk if keys.size > SHOWN else None,
        "criteria": PageQuery(request).without("behind"),
    }
    return render(request, "annotations/gold/gold_left_out.html", context)


@require_GET
def gold_detail(request: PersonRequest, release_id: int) -> HttpResponse:
    """A release: its criteria, counts, report, files, and what it changed of an earlier one."""
    release = led_release(request.user, release_id)
    earlier = list(
        release.campaign.gold_releases.filter(number__lt=release.number).order_by("-number")[:SHOWN]
    )
    number = PageQuery(request).key("against")
    against = next((other for other in earlier if other.number == number), earlier[0] if earlier else None)
    context: dict[str, object] = {
        "campaign": release.campaign,
        "release": release,
        "criteria": criteria_in_words(release.criteria),
        "statuses": _statuses(sorted(release.counts["statuses"].items(), key=itemgetter(1), reverse=True)),
        "left_out": [(LEFT_OUT[reason], n) for reason, n in release.counts["left_out"].items()],
        "earlier": earlier,
        "against": against,
    }
    if against is not None:
        context |= _differences(request, against, release)
    return render(request, "annotations/gold/gold_detail.html", context)


def _differences(request: PersonRequest, before: GoldRelease, after: GoldRelease) -> dict[str, object]:
    """What the later release has changed, with the tasks of one kind, a page at a time."""
    kinds: list[DifferenceKind] = list(KINDS)
    kind = next((name for name in kinds if name == PageQuery(request).text("kind")), kinds[-1])
    differences = release_differences(before, after)
    rows = differences.rows(kind, behind=_behind(request), limit=SHOWN + 1)
    return {
        "kind": kind,
        "differences": differences,
        "rows": rows[:SHOWN],
        "more": rows[SHOWN - 1].task if len(rows) > SHOWN else None,
    }


@require_GET
def gold_export(request: PersonRequest, release_id: int, extension: str) -> HttpResponseBase:
    """A gold release as a file, streamed, whatever its size: an interrupted download has to start again."""
    release = led_release(request.user, release_id)
    response = file_stream(
        request,
        GOLD_TABLE,
        {"release": release.pk},
        extension,
        name=f"perg-gold-campaign{release.campaign_id}-release{release.number}",
    )
    response.headers["X-Gold-Checksum"] = release.checksum
    return response


def _form(request: PersonRequest, campaign: Campaign) -> GoldForm:
    """Filled from the address; with the defaults where that says nothing."""
    if PageQuery(request).has("shown"):
        return GoldForm(request.GET)
    return GoldForm(form_data(GoldCriteria().for_overlap(campaign.overlap)))


def _gold_page(
    request: PersonRequest, campaign: Campaign, form: GoldForm, *, status: int | None = None
) -> HttpResponse:
    context: dict[str, object] = {
        "campaign": campaign,
        "form": form,
        "releases": campaign.gold_releases.select_related("created_by"),
        "asked": request_to_show(campaign),
        "key": uuid.uuid4(),
        "figures": figures_of_report(reports_shown(campaign)),
    }
    if form.is_valid() or (form.is_bound and not set(form.errors) - {"__all__"}):
        try:
            context |= _preview(campaign, form)
        except DomainError as error:
            form.add_error(error.field, error.message)
    # Who only opens the page, before anything is labelled, has asked for nothing wrong.
    is_refused = bool(form.errors) and (request.method == "POST" or PageQuery(request).has("shown"))
    status = status or (422 if is_refused else 200)
    return render(request, "annotations/gold/campaign_gold.html", context, status=status)


def _preview(campaign: Campaign, form: GoldForm) -> dict[str, object]:
    """What a valid form would release, as the page shows it."""
    cached = preview_now(campaign=campaign, criteria=form.criteria)
    shown: dict[str, object] = {"kept": cached, "criteria": _as_address(form)}
    if cached.value is not None:
        counts = cached.value.counts
        shown |= {
            "preview": cached.value,
            "again": GoldForm(form.data, auto_id=False),
            "statuses": _statuses(counts.statuses.items()),
            "left_out": [(name, LEFT_OUT[name], n) for name, n in counts.left_out.items()],
        }
    return shown


def _as_address(form: GoldForm) -> str:
    """The criteria for an address; empty where they are as the page has them to begin with."""
    if not isinstance(form.data, QueryDict):
        return ""
    criteria = form.data.copy()
    for name in {*criteria} - {*GoldForm.base_fields}:
        del criteria[name]
    return criteria.urlencode()


def _statuses(counts: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    return [(GoldStatus(status).label, n) for status, n in counts]


def _behind(request: PersonRequest) -> int:
    return PageQuery(request).key("behind") or 0
