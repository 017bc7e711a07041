"""Imported items and ratings as files: every row, no formula that a spreadsheet runs, no name under pseudonyms."""

import csv
import io
import json

import pytest

from annotations.exports.tables.registry import tables
from annotations.exports.tables.scopes import checked_scope, source_for
from annotations.exports.writers.writing import stream
from annotations.models import Campaign, ImportedRating
from annotations.models.export import ExportFormat
from core.errors import DomainError, NotFound
from core.models import User
from tests import build
from tests.rated_criteria import CRITERIA, campaign_of_criteria

pytestmark = pytest.mark.django_db

FORMULA = '=HYPERLINK("http://evil.example")'


@pytest.fixture
def lead() -> User:
    return build.person("lead")


@pytest.fixture
def campaign(lead: User) -> Campaign:
    campaign = campaign_of_criteria(lead=lead, items=4)
    campaign_of_criteria(name="another", items=2)
    return campaign


def lines(user: User, table: str, raters: str = "names", **filters: object) -> list[dict[str, object]]:
    found = tables()[table]
    scope = checked_scope(user, found, filters)
    written = b"".join(stream(source_for(found, scope, raters), ExportFormat.JSONL))
    return [json.loads(line) for line in written.splitlines()]


def test_ratings_are_a_row_each_with_item_criterion_rater_and_value(lead: User, campaign: Campaign) -> None:
    rows = lines(lead, "imported_ratings", campaign=campaign.pk)
    assert len(rows) == 4 * 5 * len(CRITERIA)
    stored = ImportedRating.objects.filter(criterion__campaign=campaign)
    assert {(row["external_id"], row["criterion"], row["rater"], row["value"]) for row in rows} == set(
        stored.values_list("item__external_id", "criterion__key", "rater", "value")
    )
    assert {row["kind"] for row in rows if row["rater"] == "gpt"} == {"judge"}
    assert {row["kind"] for row in rows if row["rater"] == "ann"} == {"person"}


def test_ratings_of_one_criterion_have_names_of_levels_as_labels(lead: User, campaign: Campaign) -> None:
    criterion = campaign.criteria.get(scale="ordinal")
    criterion.categories = ["awful", "bad", "fair", "good", "best"]
    criterion.save()
    rows = lines(lead, "imported_ratings", campaign=campaign.pk, criterion=criterion.key)
    assert len(rows) == 4 * 5
    assert all(row["label"] == criterion.categories[int(str(row["value"])) - 1] for row in rows)


def test_items_are_a_row_each_with_what_raters_saw(lead: User, campaign: Campaign) -> None:
    rows = lines(lead, "imported_items", campaign=campaign.pk)
    assert [row["external_id"] for row in rows] == ["q0", "q1", "q2", "q3"]
    assert rows[0]["attributes"] == {"source": "a"}
    assert [rows[0]["ratings_by_people"], rows[0]["ratings_by_judges"]] == [
        3 * len(CRITERIA),
        2 * len(CRITERIA),
    ]


def test_cells_of_a_csv_file_are_no_formulas(lead: User, campaign: Campaign) -> None:
    campaign.imported_items.filter(position=0).update(external_id=FORMULA)
    ImportedRating.objects.filter(item__external_id=FORMULA).update(explanation=FORMULA)
    for name in ("imported_ratings", "imported_items"):
        scope = checked_scope(lead, tables()[name], {"campaign": campaign.pk})
        written = b"".join(stream(source_for(tables()[name], scope, "names"), ExportFormat.CSV)).decode()
        cells = [cell for row in csv.reader(io.StringIO(written, newline="")) for cell in row]
        assert any(FORMULA in cell for cell in cells)
        assert not any(cell.startswith("=") for cell in cells)


def test_under_pseudonyms_judges_have_their_names_and_people_have_none(
    lead: User, campaign: Campaign
) -> None:
    ImportedRating.objects.filter(criterion__campaign=campaign).update(explanation="as ann says")
    rows = lines(lead, "imported_ratings", "pseudonyms", campaign=campaign.pk)
    raters = {str(row["rater"]) for row in rows}
    assert {"gpt", "<dice>"} <= raters
    assert len(raters) == 5
    assert not raters & {"ann", "bob", "cal"}
    assert {row["explanation"] for row in rows if row["kind"] == "person"} == {None}
    assert {row["explanation"] for row in rows if row["kind"] == "judge"} == {"as ann says"}


def test_a_lead_exports_the_own_campaign_and_no_other(lead: User, campaign: Campaign) -> None:
    other = Campaign.objects.get(name="another")
    for name in ("imported_ratings", "imported_items"):
        with pytest.raises(NotFound):
            checked_scope(lead, tables()[name], {"campaign": other.pk})
        with pytest.raises(DomainError, match="Choose one"):
            checked_scope(lead, tables()[name], {})
