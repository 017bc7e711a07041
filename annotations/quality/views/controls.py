"""Control and qualification items: the list, three ways to add some, changing, withdrawing and restoring them."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations.access import campaign_on_runs
from annotations.labelling.selectors.baselines import baseline_texts
from annotations.models import Campaign, Task
from annotations.quality.forms import GoldItemsForm, ItemsUploadForm, KnownScoreForm, ScoreChangeForm
from annotations.quality.import_kind import CONTROLS
from annotations.quality.selectors.controls import (
    candidates,
    control_items,
    known_item,
    random_candidates,
    withdrawn_items,
)
from annotations.quality.services.controls import (
    KnownItem,
    add_controls,
    add_controls_from_gold,
    change_known_score,
    restore_control,
    withdraw_control,
)
from annotations.quality.services.known_items import COLUMNS
from core.errors import NotFound
from core.http.access import PersonRequest
from core.http.form_pages import carried_out, form_page
from core.http.page_query import PageQuery
from core.text.keys import key_in
from evaluation.imports.views import start_import
from evaluation.models import Response
from perg.formats.spreadsheet import csv_line

CANDIDATES_IN_FILE = 200


@require_GET
def control_list(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """The items in use with how people do on them, and the forms that add some in bulk."""
    return _list_page(request, campaign_on_runs(request.user, campaign_id))


def _list_page(
    request: PersonRequest,
    campaign: Campaign,
    *,
    gold: GoldItemsForm | None = None,
    upload: ItemsUploadForm | None = None,
) -> HttpResponse:
    refused = [form for form in (gold, upload) if form is not None]
    context = {
        "campaign": campaign,
        "items": control_items(campaign),
        "withdrawn": withdrawn_items(campaign),
        "gold": gold or GoldItemsForm(led=_led(request), prefix="gold"),
        "upload": upload or ItemsUploadForm(prefix="upload"),
    }
    return render(request, "annotations/quality/controls.html", context, status=422 if refused else 200)


def _led(request: PersonRequest) -> list[int]:
    return list(Campaign.objects.led_by(request.user).values_list("pk", flat=True))


@require_http_methods(["GET", "POST"])
def control_browse(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """A response at random, or a chosen one, with a form for its known score."""
    campaign = campaign_on_runs(request.user, campaign_id)
    form = KnownScoreForm(request.POST or None)
    if form.is_valid():
        values = dict(form.cleaned_data)
        kind, response_id = values.pop("kind"), _candidate(campaign, values["response"]).pk
        add_controls(campaign=campaign, items=[KnownItem(**values)], kind=kind, actor=request.user)
        messages.success(request, f"Response {response_id} is now a {kind} item. Here is another response.")
        return redirect("controls_browse", campaign_id=campaign.pk)
    key = key_in(request.POST.get("response")) or PageQuery(request).key("response")
    responses = random_candidates(campaign, 1) if key is None else [_candidate(campaign, key)]
    response = next(iter(responses), None)
    if not form.is_bound:
        form = KnownScoreForm(initial={"response": response and response.pk})
    context: dict[str, object] = {
        "campaign": campaign,
        "response": response,
        "baseline": next(iter(baseline_texts([response]).values()), None) if response else "",
        "rubric": campaign.rubric,
    }
    return form_page(request, "annotations/quality/controls_browse.html", form, context)


def _candidate(campaign: Campaign, response_id: int) -> Response:
    response = candidates(campaign).filter(pk=response_id).first()
    if response is None:
        raise NotFound("This response does not exist, or it is already a task of the campaign.")
    return response


@require_GET
def control_candidates(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """Responses at random as a CSV file, to fill in and upload."""
    campaign = campaign_on_runs(request.user, campaign_id)
    drawn = random_candidates(campaign, CANDIDATES_IN_FILE)
    baselines = baseline_texts(drawn)
    lines = [csv_line([*COLUMNS, "question", "preference", "baseline_response", "personalised_response"])]
    for response in drawn:
        item = response.item
        preference = item.preference.text if item.preference else ""
        texts = [item.question.text, preference, baselines.get(item.pk, ""), response.text]
        lines.append(csv_line([response.pk, None, None, None, *texts]))
    name = f"perg-campaign{campaign.pk}-candidates.csv"
    return HttpResponse(
        "".join(lines),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_POST
def control_upload(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """A CSV file of items, which a worker adds: all of them or none."""
    campaign = campaign_on_runs(request.user, campaign_id)
    form = ItemsUploadForm(request.POST, request.FILES, prefix="upload")
    if not form.is_valid():
        return _list_page(request, campaign, upload=form)
    arguments = {"campaign": campaign.pk, "kind": form.cleaned_data["kind"]}
    return start_import(request, CONTROLS, arguments, [("file", form.cleaned_data["file"])])


@require_POST
def controls_from_gold(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """Add items from a gold release."""
    campaign = campaign_on_runs(request.user, campaign_id)
    form = GoldItemsForm(request.POST, led=_led(request), prefix="gold")
    tasks = carried_out(
        form, lambda: add_controls_from_gold(campaign=campaign, actor=request.user, **form.cleaned_data)
    )
    if tasks is None:
        return _list_page(request, campaign, gold=form)
    messages.success(request, f"{len(tasks)} item{'' if len(tasks) == 1 else 's'} added.")
    return redirect("controls", campaign_id=campaign.pk)


@require_POST
def control_withdraw(request: PersonRequest, campaign_id: int, task_id: int) -> HttpResponse:
    """Withdraw an item."""
    campaign = campaign_on_runs(request.user, campaign_id)
    withdraw_control(task=_item(campaign, task_id), actor=request.user)
    messages.success(request, "The item has been withdrawn. Its answers are kept but do not count.")
    return redirect("controls", campaign_id=campaign.pk)


@require_POST
def control_restore(request: PersonRequest, campaign_id: int, task_id: int) -> HttpResponse:
    """Use a withdrawn item again."""
    campaign = campaign_on_runs(request.user, campaign_id)
    task = restore_control(task=_item(campaign, task_id), actor=request.user)
    messages.success(
        request,
        f"The item has been restored as a {task.get_kind_display().lower()}, and its answers count again.",
    )
    return redirect("controls", campaign_id=campaign.pk)


@require_http_methods(["GET", "POST"])
def control_edit(request: PersonRequest, campaign_id: int, task_id: int) -> HttpResponse:
    """An item, with its known score to change."""
    campaign = campaign_on_runs(request.user, campaign_id)
    task = _item(campaign, task_id)
    initial = {field: getattr(task.known_score, field) for field in ScoreChangeForm.base_fields}
    form = ScoreChangeForm(request.POST or None, initial=initial)
    if form.is_valid():
        change_known_score(task=task, actor=request.user, **form.cleaned_data)
        messages.success(
            request, "The item has been saved. Earlier labels are also compared with the new score."
        )
        return redirect("controls", campaign_id=campaign.pk)
    context: dict[str, object] = {
        "campaign": campaign,
        "task": task,
        "baseline": next(iter(baseline_texts([task.response]).values()), None),
        "rubric": campaign.rubric,
    }
    return form_page(request, "annotations/quality/controls_edit.html", form, context)


def _item(campaign: Campaign, task_id: int) -> Task:
    task = known_item(campaign, task_id)
    if task is None:
        raise NotFound("This item does not exist.")
    return task
