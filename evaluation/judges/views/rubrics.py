"""Pages of rubrics, for staff: editing one makes its next version."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from core.http.access import PersonRequest, staff_or_404
from core.http.form_pages import carried_out, form_page
from core.http.page_query import PageQuery
from core.text.word_differences import differences
from evaluation.judges.forms import NewRubricForm, RubricForm
from evaluation.judges.selectors import latest_rubrics, versions_of
from evaluation.judges.services.rubrics import create_rubric, revise_rubric
from evaluation.models import Rubric


@require_GET
@staff_or_404
def rubric_list(request: PersonRequest) -> HttpResponse:
    return render(request, "evaluation/judges/rubric_list.html", {"rubrics": latest_rubrics()})


@require_http_methods(["GET", "POST"])
@staff_or_404
def rubric_create(request: PersonRequest) -> HttpResponse:
    form = NewRubricForm(request.POST or None)
    rubric = carried_out(form, lambda: create_rubric(**form.words(), actor=request.user))
    if rubric is None:
        return form_page(request, "evaluation/judges/rubric_form.html", form)
    messages.success(request, f"{rubric} created.")
    return redirect("rubric_detail", rubric_id=rubric.pk)


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
    revised = carried_out(form, lambda: revise_rubric(rubric=rubric, **form.words(), actor=request.user))
    if revised is None:
        return form_page(request, "evaluation/judges/rubric_form.html", form, {"rubric": rubric})
    messages.success(request, f"{revised} created. {rubric} has not changed.")
    return redirect("rubric_detail", rubric_id=revised.pk)


def _base(versions: Sequence[Rubric], rubric: Rubric, since: int | None) -> Rubric | None:
    """What a version is compared with: the one that was asked for, or the one before it."""
    others = [version for version in versions if version != rubric]
    named = [version for version in others if version.version == since]
    return next(iter(named + [version for version in others if version.version < rubric.version]), None)


def _changes(base: Rubric, rubric: Rubric) -> list[tuple[str, object]]:
    """What differs between two versions: instructions and anchors, word by word."""
    parts = [("Instructions", base.instructions, rubric.instructions)]
    parts += [
        (f"What {score} means", old, new)
        for (score, old), (_, new) in zip(base.scale, rubric.scale, strict=True)
    ]
    return [(name, differences(old, new)) for name, old, new in parts if old != new]
