"""Pages of the judges of imported items: the list, a new one with preview and test, and one with its replies."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from annotations.access import led_campaign
from annotations.item_judging.forms import ItemJudgeForm, JudgingForm, initial_of
from annotations.item_judging.selectors.judges import (
    calls_tried_again,
    counts_by_criterion,
    item_judge_of,
    judges_of,
    judging_of,
    last_replies,
    report_is_stale,
    unanswered_by_reason,
)
from annotations.item_judging.selectors.prompts import first_prompt
from annotations.item_judging.services.judges import (
    check_judged,
    check_may_call,
    create_item_judge,
    next_version_of,
)
from annotations.item_judging.services.trials import (
    answers_in,
    preview_item_judge,
    trial_of,
    try_item_judge,
)
from annotations.models import Campaign, ItemJudge, ItemJudgeTrial
from core.http.access import PersonRequest
from core.http.form_pages import carried_out, form_page
from core.http.page_query import PageQuery
from perg.rubrics.presets import PRESETS

FOLDER = "annotations/item_judging"


@require_GET
def item_judge_list(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """The judges of a campaign; to htmx, only how far they are."""
    campaign = _judged_campaign(request, campaign_id)
    judges = judges_of(campaign)
    context = {
        "campaign": campaign,
        "judges": judges,
        "is_moving": any(progress.is_moving for progress in judges),
        "is_stale": report_is_stale(campaign),
    }
    template = "_judges.html" if request.htmx else "item_judge_list.html"
    return render(request, f"{FOLDER}/{template}", context)


@require_http_methods(["GET", "POST"])
def item_judge_create(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """A new judge, or another version of one; the buttons show its prompt, test it, or make it."""
    campaign = _judged_campaign(request, campaign_id)
    check_may_call(request.user)
    form = ItemJudgeForm(
        request.POST or None,
        campaign=campaign,
        person=request.user,
        initial=_initial(campaign, PageQuery(request)),
    )
    if request.POST.get("act") != "create":
        return form_page(request, f"{FOLDER}/item_judge_form.html", form, _looked_at(request, form))
    judge = carried_out(
        form, lambda: create_item_judge(campaign=campaign, spec=form.spec(), actor=request.user)
    )
    if judge is None:
        return form_page(request, f"{FOLDER}/item_judge_form.html", form, _page(campaign))
    messages.success(request, f"The judge “{judge}” has been created. Choose below what it judges.")
    return redirect("item_judge_detail", campaign_id=campaign.pk, judge_id=judge.pk)


@require_GET
def item_judge_detail(request: PersonRequest, campaign_id: int, judge_id: int) -> HttpResponse:
    """A judge; to htmx, only how far it is."""
    campaign = _judged_campaign(request, campaign_id)
    judge = item_judge_of(campaign, judge_id)
    if request.htmx:
        return render(request, f"{FOLDER}/_judging.html", judging_shown(judge))
    form = JudgingForm(initial={"money_budget": judge.money_budget, "call_budget": judge.call_budget})
    return render(request, f"{FOLDER}/item_judge_detail.html", judge_page(judge, form))


@require_GET
def item_judge_trial(request: PersonRequest, campaign_id: int, trial_id: int) -> HttpResponse:
    """The outcome of a test; to htmx, the part of a page that waits for it."""
    trial = trial_of(_judged_campaign(request, campaign_id), trial_id)
    template = "_item_trial.html" if request.htmx else "item_judge_trial.html"
    return render(request, f"{FOLDER}/{template}", {"campaign": trial.campaign, **_trial(trial)})


def judge_page(judge: ItemJudge, form: JudgingForm) -> dict[str, object]:
    """What the page of a judge shows."""
    context = judging_shown(judge)
    return context | {
        "form": form,
        "replies": last_replies(judge),
        "examples": judge.examples.order_by("position"),
        "is_stale": report_is_stale(judge.campaign),
    }


def judging_shown(judge: ItemJudge) -> dict[str, object]:
    """How far a judge is, and what went wrong."""
    return {
        "campaign": judge.campaign,
        "judge": judge,
        "progress": judging_of([judge])[0],
        "counts": counts_by_criterion(judge),
        "unanswered": unanswered_by_reason(judge),
        "tried_again": calls_tried_again(judge),
    }


def _judged_campaign(request: PersonRequest, campaign_id: int) -> Campaign:
    campaign = led_campaign(request.user, campaign_id)
    check_judged(campaign)
    return campaign


def _page(campaign: Campaign) -> dict[str, object]:
    return {"campaign": campaign, "presets": PRESETS}


def _looked_at(request: PersonRequest, form: ItemJudgeForm) -> dict[str, object]:
    """The form's page with a preview, of a valid form, and with a test where that was asked for."""
    context = _page(form.campaign)
    spec = {"campaign": form.campaign, "actor": request.user}
    preview = carried_out(
        form,
        lambda: preview_item_judge(**spec, spec=form.spec(), item=form.cleaned_data["item"]),  # type: ignore[arg-type]
    )
    context["preview"] = preview
    if preview is not None and request.POST.get("act") == "test":
        trial = carried_out(
            form,
            lambda: try_item_judge(**spec, spec=form.spec(), item=form.cleaned_data["item"]),  # type: ignore[arg-type]
        )
        context |= _trial(trial) if trial is not None else {}
    return context


def _trial(trial: ItemJudgeTrial) -> dict[str, object]:
    return {"trial": trial, "call": trial.completion, "answers": answers_in(trial)}


def _initial(campaign: Campaign, query: PageQuery) -> dict[str, object]:
    """What the form shows at first: a judge that is to be changed, or the default prompt."""
    if (judge_id := query.key("from")) is not None:
        return initial_of(next_version_of(item_judge_of(campaign, judge_id)))
    prompt = first_prompt(campaign, query.choice("preset", PRESETS))
    return {"system": prompt.system, "template": prompt.template}
