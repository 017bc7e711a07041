"""What a person does on the pages that import a table, by a test client: a form is sent as it is shown.

Answers are the test client's own, which have more than a response: hence Any.
"""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from annotations.models import TableUpload
from tests.imports import run_imports


def uploaded(client: Client, content: bytes, name: str = "table.csv", campaign: str = "") -> TableUpload:
    """Upload a table; the upload as it is stored then."""
    file = SimpleUploadedFile(name, content)
    answer = client.post(reverse("item_import"), {"file": file, "campaign": campaign})
    assert answer.status_code == 302, answer.content.decode()
    return TableUpload.objects.latest("pk")


def page_of(client: Client, upload: TableUpload, step: str) -> Any:
    return client.get(reverse(f"item_import_{step}", args=[upload.pk]))


def sent(client: Client, upload: TableUpload, step: str, **changes: Any) -> Any:
    """Send the form of a step as the page shows it, with some fields changed."""
    page: Any = client.get(reverse(f"item_import_{step}", args=[upload.pk]))
    form = page.context["form"]
    forms = [form, *getattr(form, "column_forms", ()), *getattr(form, "criterion_forms", ())]
    fields: dict[str, Any] = {}
    for part in forms:
        for bound in part:
            value = bound.value()
            if value not in (None, False, ""):
                fields[bound.html_name] = value
    fields = {name: value for name, value in (fields | changes).items() if value is not None}
    return client.post(reverse(f"item_import_{step}", args=[upload.pk]), fields)


def imported(client: Client, upload: TableUpload, **changes: Any) -> Any:
    """Go from the columns to the end as the pages are; the page of the import."""
    for step in ("columns", "criteria"):
        answer = sent(client, upload, step, **{k: v for k, v in changes.items() if k.startswith(step[0])})
        assert answer.status_code == 302, answer.content.decode()
    return import_now(client, upload, **{k: v for k, v in changes.items() if k in ("campaign", "rest")})


def import_now(client: Client, upload: TableUpload, **fields: Any) -> Any:
    answer = sent(client, upload, "preview", **fields)
    assert answer.status_code == 302, answer.content.decode()
    run_imports()
    return client.get(answer.headers["Location"])
