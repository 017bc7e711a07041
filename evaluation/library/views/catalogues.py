"""Pages on which a catalogue of preferences is built, for staff."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import DomainError
from core.http.access import PersonRequest, staff_or_404
from core.http.form_pages import carried_out, form_page
from core.http.page_query import PageQuery
from core.text.keys import key_in
from evaluation.library.forms.catalogues import (
    BuildBudgetForm,
    BuildForm,
    MergeForm,
    ProposalForm,
    ReleaseForm,
)
from evaluation.library.selectors.catalogues import (
    BuildProgress,
    build_failures,
    build_progress,
    near_duplicates,
)
from evaluation.library.services.catalogue_building import (
    BuildSpec,
    ask_again,
    estimate_build,
    set_build_budget,
    start_build,
)
from evaluation.library.services.catalogue_review import (
    DECISIONS,
    edit_proposal,
    merge_proposals,
    release_catalogue,
)
from evaluation.models import CatalogueBuild, Proposal
from evaluation.models.catalogue_build import ProposalStatus

GROUPS_PER_PAGE = 25
FILTERS = {
    "all": "All",
    **{
        status.value: status.label
        for status in (ProposalStatus.PROPOSED, ProposalStatus.ACCEPTED, ProposalStatus.REJECTED)
    },
}


@require_http_methods(["GET", "POST"])
@staff_or_404
def build_create(request: PersonRequest) -> HttpResponse:
    form = BuildForm(request.POST or None)
    build = carried_out(form, lambda: start_build(spec=BuildSpec(**form.cleaned_data), actor=request.user))
    if build is None:
        return form_page(request, "evaluation/library/build_create.html", form, _estimate(form))
    messages.success(request, f"The build has started. {build.endpoint} is proposing preferences.")
    return redirect("build_detail", build_id=build.pk)


@require_POST
@staff_or_404
def build_estimate(request: PersonRequest) -> HttpResponse:
    """What the form's build would take, or what is missing: a fragment, or the page where no script asks."""
    form = BuildForm(request.POST)
    template = (
        "evaluation/library/_estimate_of_build.html"
        if request.htmx
        else "evaluation/library/build_create.html"
    )
    return render(request, template, {"form": form, **_estimate(form)})


@require_GET
@staff_or_404
def build_detail(request: PersonRequest, build_id: int) -> HttpResponse:
    """The review page; for htmx, the fragment on it that shows how far asking is."""
    build = get_object_or_404(
        CatalogueBuild.objects.select_related("dataset", "endpoint", "prompt", "catalogue"), pk=build_id
    )
    progress = build_progress(build)
    context = {
        "build": build,
        "progress": progress,
        "failures": build_failures(build),
        "budget": BuildBudgetForm(initial={"money_budget": build.money_budget}),
    }
    if request.htmx:
        return render(request, "evaluation/library/_build_progress.html", context)
    context |= _review(request, build, progress) | {"release": ReleaseForm()}
    return render(request, "evaluation/library/build_detail.html", context)


@require_POST
@staff_or_404
def build_ask_again(request: PersonRequest, build_id: int) -> HttpResponse:
    """Ask once more about the questions without proposals."""
    count = ask_again(build=get_object_or_404(CatalogueBuild, pk=build_id), actor=request.user)
    messages.success(request, f"Trying again: {count} question{'' if count == 1 else 's'}.")
    return redirect("build_detail", build_id=build_id)


@require_POST
@staff_or_404
def build_budget(request: PersonRequest, build_id: int) -> HttpResponse:
    """Set what the build may spend, and go on with what has not been asked."""
    form = BuildBudgetForm(request.POST)
    _check(form)
    set_build_budget(
        build=get_object_or_404(CatalogueBuild, pk=build_id), **form.cleaned_data, actor=request.user
    )
    messages.success(request, "The budget has been saved.")
    return redirect("build_detail", build_id=build_id)


@require_POST
@staff_or_404
def build_release(request: PersonRequest, build_id: int) -> HttpResponse:
    """Release what was accepted as a version of the catalogue."""
    build = get_object_or_404(CatalogueBuild, pk=build_id)
    form = ReleaseForm(request.POST)
    _check(form)
    catalogue = release_catalogue(build=build, **form.cleaned_data, actor=request.user)
    messages.success(request, f"{catalogue} has been released.")
    return redirect("catalogue_detail", catalogue_id=catalogue.pk)


@require_POST
@staff_or_404
def build_merge(request: PersonRequest, build_id: int) -> HttpResponse:
    """Merge proposals into the one with the given number."""
    form = MergeForm(get_object_or_404(CatalogueBuild, pk=build_id), request.POST)
    _check(form)
    into = form.cleaned_data["into"]
    count = merge_proposals(proposals=form.cleaned_data["proposals"], into=into, actor=request.user)
    messages.success(request, f"{count} proposal{'' if count == 1 else 's'} merged into no. {into.pk}.")
    return _back_to(into, request)


@require_POST
@staff_or_404
def proposal_review(request: PersonRequest, proposal_id: int) -> HttpResponse:
    """Keep the entered text and category of a proposal, then accept or reject it where that was pressed."""
    proposal = get_object_or_404(Proposal, pk=proposal_id)
    action = request.POST.get("action", "save")
    if action not in {"save", *DECISIONS}:
        raise Http404
    if action in {"save", "accept"}:
        form = ProposalForm(request.POST)
        _check(form)
        edit_proposal(proposal=proposal, **form.cleaned_data, actor=request.user)
    if action in DECISIONS:
        DECISIONS[action](proposal=proposal, actor=request.user)
    return _back_to(proposal, request)


def _estimate(form: BuildForm) -> dict[str, object]:
    """What a valid form's build would take."""
    if not form.is_valid():
        return {}
    size = ("dataset", "endpoint", "sample_size", "per_question")
    return {"estimate": estimate_build(**{name: form.cleaned_data[name] for name in size})}


def _check(form: BuildBudgetForm | MergeForm | ProposalForm | ReleaseForm) -> None:
    """Raise DomainError with the first thing that is wrong with what was posted."""
    if not form.is_valid():
        field, errors = next(iter(form.errors.items()))
        raise DomainError(str(errors[0]), field=field)


def _back_to(proposal: Proposal, request: PersonRequest) -> HttpResponse:
    """The review page as it was filtered, at the proposal."""
    address = reverse("build_detail", args=[proposal.build_id])
    show, page = _shown(request.POST.get("show")), key_in(request.POST.get("page"))
    query = f"?show={show}" + (f"&page={page}" if page is not None else "")
    return redirect(f"{address}{query}#proposal-{proposal.pk}")


def _shown(show: str | None) -> str:
    return show if show in FILTERS else "all"


def _review(request: PersonRequest, build: CatalogueBuild, progress: BuildProgress) -> dict[str, object]:
    """A page of groups that have a proposal of the status to show, each proposal with its form."""
    query = PageQuery(request)
    show = query.choice("show", FILTERS, "all")
    groups = near_duplicates(build)
    counts = {"all": sum(map(len, groups)), **progress.proposals}
    if show != "all":
        groups = [group for group in groups if any(proposal.status == show for proposal in group)]
    page = Paginator(groups, GROUPS_PER_PAGE).get_page(query.page_number())
    return {
        "show": show,
        "filters": [(name, FILTERS[name], counts[name]) for name in FILTERS],
        "page": page,
        "groups": [[(proposal, ProposalForm.showing(proposal)) for proposal in group] for group in page],
    }
