"""What a table was imported as can be reported on, whatever was asked."""

import json
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.annotations.item_import.dialects import delimited, german_excel, wide

pytestmark = pytest.mark.django_db
WORDS = ["very bad", "bad", "fair", "good", "very good"]


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (delimited(wide()), ()),
        (delimited(wide(value=lambda score: "yes" if score > 2 else "no")), ("--failure", "no")),
        (delimited(wide(value=lambda score: WORDS[score - 1])), ("--failure", "very bad,bad")),
        (
            delimited(wide(value=lambda score: WORDS[score - 1])),
            ("--kind", "ordinal", "--options", ",".join(WORDS), "--below", "3"),
        ),
        (delimited(wide()), ("--options", "5,4,3,2,1", "--failure", "5,4")),
        (german_excel().decode("utf-8-sig"), ()),
    ],
    ids=["levels", "yes or no", "labels", "named levels", "reversed levels", "numbers"],
)
def test_a_report_can_be_computed(tmp_path: Path, content: str, options: Sequence[str]) -> None:
    path = tmp_path / "t.csv"
    path.write_text(content)
    call_command("import_items", str(path), "--campaign", "ours", *options, stdout=StringIO())
    out = StringIO()
    call_command("validation_report", "ours", "--json", stdout=out)
    assert json.loads(out.getvalue())
