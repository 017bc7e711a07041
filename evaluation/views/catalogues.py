"""Pages of preference catalogues, and of building one, for staff."""

from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from evaluation.access import PersonRequest, staff_or_404
from evaluation.errors import DomainError
from evaluation.forms.catalogues import BuildForm, MergeForm, ProposalForm, ReleaseForm
from evaluation.models import CatalogueBuild, Proposal
from evaluation.models.catalogue_build import ProposalStatus
from evaluation.selectors.catalogues import (
    BuildProgress,
    build_failures,
    build_progress,
    builds_with_counts,
    catalogues_with_counts,
    near_duplicates,
)
from evaluation.services.catalogue_building import ask_again, start_build
from evaluation.services.catalogue_review import (
    accept_proposal,
    edit_proposal,
    merge_proposals,
    reject_proposal,
    release_catalogue,
    reopen_proposal,
)

GROUPS_PER_PAGE = 25
FILTERS = {
    "all": "All",
    **{
        status.value: status.label
        for status in (ProposalStatus.PROPOSED, ProposalStatus.ACCEPTED, ProposalStatus.REJECTED)
    },
}
DECISIONS: dict[str, Callable[..., Proposal]] = {
    "accept": accept_proposal,
    "reject": reject_proposal,
    "reopen": reopen_proposal,
}


@require_GET
@staff_or_404
def catalogue_list(request: PersonRequest) -> HttpResponse:
    context = {
        "catalogues": catalogues_with_counts(),
        "builds": builds_with_counts(),
    }
    return render(request, "evaluation/catalogue_list.html", context)


@require_GET
@staff_or_404
def catalogue_detail(request: PersonRequest, catalogue_id: int) -> HttpResponse:
    catalogue = get_object_or_404(catalogues_with_counts(), pk=catalogue_id)
    context = {
        "catalogue": catalogue,
        "preferences": catalogue.preferences.order_by("-kind", "category", "pk"),
        "build": CatalogueBuild.objects.filter(catalogue=catalogue).first(),
    }
    return render(request, "evaluation/catalogue_detail.html", context)


@require_http_methods(["GET", "POST"])
@staff_or_404
def build_create(request: PersonRequest) -> HttpResponse:
    form = BuildForm(request.POST or None)
    if form.is_valid():
        try:
            build = start_build(created_by=request.user, **form.cleaned_data)
        except DomainError as error:
            form.add_error(error.field, error.message)
        else:
            messages.success(request, f"{build.endpoint} is being asked.")
            return redirect("build_detail", build_id=build.pk)
    return render(request, "evaluation/build_create.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
@staff_or_404
def build_detail(request: PersonRequest, build_id: int) -> HttpResponse:
    """The review page; for htmx, the fragment on it that shows how far asking is."""
    build = get_object_or_404(
        CatalogueBuild.objects.select_related("dataset", "endpoint", "prompt", "catalogue"), pk=build_id
    )
    progress = build_progress(build)
    context = {"build": build, "progress": progress, "failures": build_failures(build)}
    if request.htmx:
        return render(request, "evaluation/_build_progress.html", context)
    context |= _review(request, build, progress) | {"release": ReleaseForm()}
    return render(request, "evaluation/build_detail.html", context)


@require_POST
@staff_or_404
def build_ask_again(request: PersonRequest, build_id: int) -> HttpResponse:
    """Ask once more about the questions without proposals."""
    count = ask_again(build=get_object_or_404(CatalogueBuild, pk=build_id))
    messages.success(request, f"Asking again about {count} question{'' if count == 1 else 's'}.")
    return redirect("build_detail", build_id=build_id)


@require_POST
@staff_or_404
def build_release(request: PersonRequest, build_id: int) -> HttpResponse:
    """Release what was accepted as a version of the catalogue."""
    build = get_object_or_404(CatalogueBuild, pk=build_id)
    form = ReleaseForm(request.POST)
    _check(form)
    catalogue = release_catalogue(build=build, **form.cleaned_data)
    messages.success(request, f"{catalogue} is released.")
    return redirect("catalogue_detail", catalogue_id=catalogue.pk)


@require_POST
@staff_or_404
def build_merge(request: PersonRequest, build_id: int) -> HttpResponse:
    """Merge proposals into the one with the given number."""
    form = MergeForm(get_object_or_404(CatalogueBuild, pk=build_id), request.POST)
    _check(form)
    into = form.cleaned_data["into"]
    count = merge_proposals(proposals=form.cleaned_data["proposals"], into=into)
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
        edit_proposal(proposal=proposal, **form.cleaned_data)
    if action in DECISIONS:
        DECISIONS[action](proposal=proposal)
    return _back_to(proposal, request)


def _check(form: BuildForm | MergeForm | ProposalForm | ReleaseForm) -> None:
    """Raise DomainError with the first thing that is wrong with what was posted."""
    if not form.is_valid():
        field, errors = next(iter(form.errors.items()))
        raise DomainError(str(errors[0]), field=field)


def _back_to(proposal: Proposal, request: PersonRequest) -> HttpResponse:
    """The review page as it was filtered, at the proposal."""
    address = reverse("build_detail", args=[proposal.build_id])
    show, page = _shown(request.POST.get("show")), request.POST.get("page", "")
    query = f"?show={show}" + (f"&page={page}" if page.isascii() and page.isdigit() else "")
    return redirect(f"{address}{query}#proposal-{proposal.pk}")


def _shown(wanted: str | None) -> str:
    return wanted if wanted in FILTERS else "all"


def _review(request: PersonRequest, build: CatalogueBuild, progress: BuildProgress) -> dict[str, object]:
    """A page of groups that have a proposal of the status to show, each proposal with its form."""
    show = _shown(request.GET.get("show"))
    groups = near_duplicates(build)
    counts = {"all": sum(map(len, groups)), **progress.proposals}
    wanted = [group for group in groups if show == "all" or any(each.status == show for each in group)]
    page = Paginator(wanted, GROUPS_PER_PAGE).get_page(request.GET.get("page"))
    return {
        "show": show,
        "filters": [(name, FILTERS[name], counts[name]) for name in FILTERS],
        "page": page,
        "groups": [[(proposal, ProposalForm.showing(proposal)) for proposal in group] for group in page],
    }
