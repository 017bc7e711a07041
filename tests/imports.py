"""Imports as a worker runs them, for tests that upload files."""

from typing import Any

from django.http import HttpResponse
from django.test import Client

from core.jobs.leasing import run_job
from evaluation.models import ImportJob


def run_imports() -> None:
    """What a worker does with all imports that wait."""
    for job in ImportJob.objects.waiting():
        run_job(job)


def import_by_page(client: Client, address: str, fields: dict[str, Any]) -> HttpResponse:
    """Post the form, have a worker import the files, and get the page with the outcome; or the form with its errors."""
    answer = client.post(address, fields)
    if answer.status_code != 302:
        return answer  # type: ignore[return-value] # the test client's response
    run_imports()
    return client.get(answer.headers["Location"])  # type: ignore[return-value]


def is_refused(page: HttpResponse) -> bool:
    """Whether the page says that nothing was imported, because of the files or of what was entered."""
    return page.status_code == 422 or 'data-import-job="refused"' in page.content.decode()


def import_over_rest(client: Client, address: str, fields: dict[str, Any], **headers: Any) -> dict[str, Any]:
    """Post files, have a worker import them, and get the job."""
    answer = client.post(address, fields, **headers)
    assert answer.status_code == 202, answer.content
    run_imports()
    job: dict[str, Any] = client.get(answer.headers["Location"], **headers).json()
    return job
