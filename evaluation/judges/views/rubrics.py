"""Pages of rubrics, for staff: editing one makes its next version."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from core.errors import DomainError
from core.http.access import PersonRequest, staff_or_404
from core.http.page_query import PageQuery
from core.text.word_differences import differences
from evaluation.judges.forms import NewRubricForm, RubricForm
from evaluation.judges.selectors import latest_rubrics, versions_of
from evaluation.judges.services.judges import default_rubric
from evaluation.judges.services.rubrics import create_rubric, revise_rubric
from evaluation.models import Rubric


@require_GET
@staff_or_404
def rubric_list(request: PersonRequest) -> HttpResponse:
    default_rubric()  # a fresh installation has none before the first judge
    return render(request, "evaluation/judges/rubric_list.html", {"rubrics": latest_rubrics()})


@require_http_methods(["GET", "POST"])
@staff_or_404
def rubric_create(request: PersonRequest) -> HttpResponse:
    form = NewRubricForm(request.POST or None)
    if form.is_valid():
        try:
            rubric = create_rubric(
                name=form.cleaned_data["name"],
                instructions=form.cleaned_data["instructions"],
                anchors=form.anchors(),
                actor=request.user,
            )
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, f"{rubric} created.")
            return redirect("rubric_detail", rubric_id=rubric.pk)
    return render(
        request, "evaluation/judges/rubric_form.html", {"form": form}, status=422 if form.errors else 200
    )


@require_GET
@staff_or_404
def rubric_detail(request: PersonRequest, rubric_id: int) -> HttpResponse:
    """A version, with what it changed of the one before it or of any other."""
    rubric = get_object_or_404(Rubric, pk=rubric_id)
    versions = list(versions_of(rubric))
    base = _base(versions, rubric, PageQuery(request).key("since"))
    context = {
        "rubric": rubric,
        "versions": versions,
        "base": base,
        "changes": _changes(base, rubric) if base is not None else [],
        "judges": rubric.judges.select_related("endpoint"),
        "is_latest": rubric == versions[0],
    }
    return render(request, "evaluation/judges/rubric_detail.html", context)


@require_http_methods(["GET", "POST"])
@staff_or_404
def rubric_edit(request: PersonRequest, rubric_id: int) -> HttpResponse:
    """Make the next version out of this one."""
    rubric = get_object_or_404(Rubric, pk=rubric_id)
    form = RubricForm(request.POST) if request.method == "POST" else RubricForm(showing=rubric)
    if form.is_valid():
        try:
            revised = revise_rubric(
                rubric=rubric,
                instructions=form.cleaned_data["instructions"],
                anchors=form.anchors(),
                actor=request.user,
            )
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, f"{revised} created. {rubric} has not changed.")
            return redirect("rubric_detail", rubric_id=revised.pk)
    context = {"form": form, "rubric": rubric}
    return render(request, "evaluation/judges/rubric_form.html", context, status=422 if form.errors else 200)


def _base(versions: Sequence[Rubric], rubric: Rubric, since: int | None) -> Rubric | None:
    """What a version is compared with: the one that was asked for, or the one before it."""
    others = [version for version in versions if version != rubric]
    asked = [version for version in others if version.version == since]
    return next(iter(asked + [version for version in others if version.version < rubric.version]), None)


def _changes(base: Rubric, rubric: Rubric) -> list[tuple[str, object]]:
    """What differs between two versions: instructions and anchors, word by word."""
    parts = [("Instructions", base.instructions, rubric.instructions)]
    parts += [
        (f"What {score} means", old, new)
        for (score, old), (_, new) in zip(base.scale, rubric.scale, strict=True)
    ]
    return [(name, differences(old, new)) for name, old, new in parts if old != new]
