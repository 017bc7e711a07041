"""Pages of adjudication: the queue, one task, and the flags that annotators have raised."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations.access import campaign_on_runs, led_campaign
from annotations.adjudication.forms import AdjudicationForm, FlagForm
from annotations.adjudication.selectors import (
    adjudicator_measures,
    case_of,
    next_in_queue,
    queue_of,
    settled_tasks,
    task_of,
)
from annotations.adjudication.services import (
    adjudicate,
    reopen_adjudication,
    resolve_flag,
    reveal_judges,
    send_to_adjudication,
)
from annotations.models import Flag, Task
from annotations.models.task import TaskState
from core.errors import NotFound
from core.http.access import PersonRequest
from core.http.form_pages import carried_out, form_page
from core.http.page_query import PageQuery

TASKS_ON_A_PAGE = 50
SHOWN_STATES = [TaskState.DISPUTED, TaskState.ADJUDICATED, TaskState.AGREED]
ACTS = {"send": send_to_adjudication, "reopen": reopen_adjudication}
DONE = {
    "send": "The task is now waiting for adjudication.",
    "reopen": "The task is waiting for a decision again.",
}


@require_GET
def adjudication_queue(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """What waits, what is decided, what people agree on, and how adjudicators decide."""
    campaign = campaign_on_runs(request.user, campaign_id)
    query = PageQuery(request)
    state = TaskState(query.choice("state", SHOWN_STATES, TaskState.DISPUTED))
    tasks = Paginator(settled_tasks(campaign, state), TASKS_ON_A_PAGE)
    context = {
        "campaign": campaign,
        "state": state,
        "states": SHOWN_STATES,
        "page": tasks.get_page(query.page_number()),
        "waiting": queue_of(campaign, request.user).count(),
        "measures": adjudicator_measures(campaign),
    }
    return render(request, "annotations/adjudication/adjudication.html", context)


@require_GET
def adjudication_next(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """To the first task that waits for this adjudicator, or to the one behind `after`."""
    campaign = campaign_on_runs(request.user, campaign_id)
    task_id = next_in_queue(campaign, request.user, after=PageQuery(request).key("after"))
    if task_id is None:
        messages.success(request, "No tasks are waiting for you.")
        return redirect("adjudication_queue", campaign_id=campaign.pk)
    return redirect("adjudication_task", campaign_id=campaign.pk, task_id=task_id)


@require_http_methods(["GET", "POST"])
def adjudication_task(request: PersonRequest, campaign_id: int, task_id: int) -> HttpResponse:
    """A task with its labels shown anonymously, and the decision on it."""
    task = task_of(campaign_on_runs(request.user, campaign_id), task_id)
    case = case_of(task, request.user)
    form = AdjudicationForm(request.POST or None, initial={"based_on": case.revision})
    if form.is_valid():
        # Looked up before the decision takes the task out of the queue.
        following = next_in_queue(task.campaign, request.user, after=task.pk)
        if carried_out(form, lambda: adjudicate(task=task, adjudicator=request.user, **form.cleaned_data)):
            messages.success(request, f"Your decision on task {task.pk} has been saved.")
            return redirect(_after_decision(request, task, following))
        case = case_of(task_of(task.campaign, task_id), request.user)
        form.data = request.POST.dict() | {"based_on": str(case.revision)}
    waiting = queue_of(task.campaign, request.user).count()
    context: dict[str, object] = {"campaign": task.campaign, "case": case, "waiting": waiting}
    return form_page(request, "annotations/adjudication/adjudication_task.html", form, context)


def _after_decision(request: PersonRequest, task: Task, following: int | None) -> str:
    if "stay" in request.POST:
        return reverse("adjudication_task", args=[task.campaign_id, task.pk])
    if following is None or following == task.pk:
        return reverse("adjudication_queue", args=[task.campaign_id])
    return reverse("adjudication_task", args=[task.campaign_id, following])


@require_POST
def adjudication_act(request: PersonRequest, campaign_id: int, task_id: int, act: str) -> HttpResponse:
    """Send a labelled task to adjudication, or reopen an adjudicated one."""
    task = task_of(campaign_on_runs(request.user, campaign_id), task_id)
    if act not in ACTS:
        raise NotFound("This action does not exist.")
    ACTS[act](task=task, actor=request.user)
    messages.success(request, DONE[act])
    return redirect("adjudication_task", campaign_id=campaign_id, task_id=task_id)


@require_POST
def adjudication_reveal(request: PersonRequest, campaign_id: int, task_id: int) -> HttpResponse:
    """Show the judges' scores on a task to this adjudicator, from now on."""
    task = task_of(campaign_on_runs(request.user, campaign_id), task_id)
    reveal_judges(task=task, adjudicator=request.user)
    return redirect("adjudication_task", campaign_id=campaign_id, task_id=task_id)


@require_POST
def flag_resolve(request: PersonRequest, campaign_id: int, flag_id: int) -> HttpResponse:
    """Close an annotator's flag with its resolution."""
    campaign = led_campaign(request.user, campaign_id)
    flag = Flag.objects.filter(assignment__task__campaign=campaign, pk=flag_id).first()
    if flag is None:
        raise NotFound("This flag does not exist.")
    form = FlagForm(request.POST)
    if form.is_valid():
        resolve_flag(flag=flag, actor=request.user, **form.cleaned_data)
        messages.success(request, "The flag has been resolved.")
    else:
        messages.error(request, "Enter a resolution.")
    return redirect("campaign_detail", campaign_id=campaign_id)
