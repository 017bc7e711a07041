"""The export of what people answered of imported items: a row for each label and criterion."""

import csv
import io
import uuid

import pytest
from django.test import Client
from django.urls import reverse

from annotations.labelling.services.labels import submit_label
from annotations.models import Assignment
from tests import build
from tests.imported_items import BETTER, ERRORS, LENGTH, claimed, labelled_campaign

pytestmark = pytest.mark.django_db


def test_a_label_has_a_row_for_each_criterion_and_outsiders_get_nothing() -> None:
    ann, lead = build.person("=ann"), build.person("lead")
    campaign = labelled_campaign([BETTER, ERRORS, LENGTH], [ann], items=2, pairs=True, lead=lead)
    assignment = claimed(campaign, 1)
    Assignment.objects.filter(pk=assignment.pk).update(is_swapped=True)
    for answers in (
        {"better": "tie", "percent": 5},
        {"better": "first", "errors": ["cut", "facts"], "percent": 40},
    ):
        submit_label(assignment=assignment, answers=answers, comment="", submission_key=uuid.uuid4())

    def export(**filters: str) -> list[dict[str, str]]:
        client = Client()
        client.force_login(lead)
        address = reverse("export_stream", args=["answers", "csv"])
        answer = client.get(address, {"campaign": str(campaign.pk), **filters})
        return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))  # type: ignore[attr-defined]

    assert [(row["criterion"], row["answer"], row["swapped"]) for row in export()] == [
        ("better", "second", "true"),
        ("errors", "facts | cut", "true"),
        ("percent", "40", "true"),
    ]
    assert len(export(revisions="all")) == 5
    assert export()[0]["external_id"].startswith("gpt-4o_")
    assert not export()[0]["rater"].startswith("=")
    client = Client()
    client.force_login(ann)
    assert (
        client.get(reverse("export_stream", args=["answers", "csv"]), {"campaign": campaign.pk}).status_code
        == 404
    )
