"""Imports: how far one is, its outcome, and running again what failed."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from core.http.access import PersonRequest
from core.http.page_query import PageQuery
from evaluation.imports.kinds import kind_called
from evaluation.imports.selectors import imports_of, own_import
from evaluation.imports.services.jobs import Upload, request_import, retry_import
from evaluation.models import ImportJob

SHOWN_PROBLEMS = 50
JOBS_SHOWN = 100


@require_GET
def import_list(request: PersonRequest) -> HttpResponse:
    """The person's newest imports."""
    jobs = [(job, kind_called(job.kind).title) for job in imports_of(request.user)[:JOBS_SHOWN]]
    return render(request, "evaluation/imports/import_list.html", {"jobs": jobs})


@require_GET
def import_job(request: PersonRequest, job_id: int) -> HttpResponse:
    """How far an import is, or its outcome. To htmx, the part that changes."""
    job = own_import(request.user, job_id)
    kind = kind_called(job.kind)
    context = {
        "job": job,
        "kind": kind,
        "report": job.report,
        "problems": job.problems[:SHOWN_PROBLEMS],
        "more": max(len(job.problems) - SHOWN_PROBLEMS, 0),
        "are_rows": bool(job.problems) and isinstance(job.problems[0], dict),
    }
    template = "_import_job.html" if request.htmx else "import_job.html"
    return render(request, f"evaluation/imports/{template}", context)


@require_POST
def import_retry(request: PersonRequest, job_id: int) -> HttpResponse:
    """Run an import again that failed."""
    retry_import(job=own_import(request.user, job_id), actor=request.user)
    messages.success(request, "The import has been queued again.")
    return redirect("import_job", job_id=job_id)


def start_import(
    request: PersonRequest, kind: str, arguments: Mapping[str, Any], files: Sequence[Upload]
) -> HttpResponse:
    """Have files imported, and show how far that is."""
    job = request_import(kind=kind, arguments=arguments, files=files, actor=request.user)
    return redirect("import_job", job_id=job.pk)


def earlier_import(request: PersonRequest, kind: str) -> ImportJob | None:
    """The import that the address names, whose form is to be corrected."""
    key = PageQuery(request).key("from")
    return imports_of(request.user).filter(kind=kind, pk=key).first() if key else None


def entered_for(earlier: ImportJob | None) -> dict[str, Any]:
    """What was entered for an earlier import, for a form to begin with."""
    return dict(earlier.arguments) if earlier is not None else {}
