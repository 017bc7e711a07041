"""Campaigns of imported ratings from before there were criteria: the migration moves all that they held."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from annotations.models import Campaign, Criterion, ImportedItem, ImportedRating, ValidationReport

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

BEFORE = ("annotations", "0002_append_only")
CUTS: dict[str, dict[str, Any]] = {
    "stars": {
        "scale": "ordinal",
        "rating_threshold": 2.5,
        "rating_categories": ["1", "2", "3", "4", "5"],
        "import_warnings": ["gpt seems to be on another scale.", "Rater “x” rates “y”, twice"],
    },
    "verdicts": {
        "scale": "nominal",
        "failure_labels": ["rude", "wrong, or so"],
        "rating_categories": ["rude", "wrong, or so", "fine"],
    },
    "lengths": {"scale": "interval", "rating_threshold": None},
}
"""What the columns of each old campaign say of its ratings."""

VALUES = {"stars": ("1", "5"), "verdicts": ("rude", "wrong, or so"), "lengths": ("0.25", "1e+300")}
ITEMS = ["q10", "q9", "=1+1", "an item, “quoted”\n"]
RATERS = [("ann", "human"), ("gpt", "judge")]


@pytest.fixture
def before() -> Iterator[Any]:
    """The models as they were; afterwards the database is as it is now again, whatever happened."""
    executor = MigrationExecutor(connection)
    executor.migrate([BEFORE])
    try:
        yield executor.loader.project_state([BEFORE]).apps
    finally:
        for model in ("ValidationReport", "ImportedRating", "ImportedItem", "Criterion"):
            if f"annotations_{model.lower()}" in connection.introspection.table_names():
                with connection.cursor() as cursor:
                    cursor.execute(f"TRUNCATE annotations_{model.lower()} CASCADE")
        call_command("migrate", "annotations", verbosity=0)


def migrate() -> None:
    """To the tables as they are now: the models that look are those of now."""
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes("annotations"))


def old_campaigns(apps: Any) -> dict[str, int]:
    """Three imported campaigns with the same items and raters, two reports each; their keys by name."""
    keys = {}
    for name, meaning in CUTS.items():
        campaign = apps.get_model("annotations", "Campaign").objects.create(
            name=name, is_imported=True, status="closed", sample_size=len(ITEMS), seed=0, **meaning
        )
        keys[name] = campaign.pk
        rating = apps.get_model("annotations", "ImportedRating")
        for item in ITEMS:
            for (rater, kind), value in zip(RATERS, VALUES[name], strict=True):
                rating.objects.create(campaign=campaign, item=item, rater=rater, kind=kind, value=value)
        report = apps.get_model("annotations", "ValidationReport")
        report.objects.create(campaign=campaign, status="queued", settings={"epsilon": 0.2})
        report.objects.create(
            campaign=campaign,
            status="ready",
            settings={},
            input_hash="0" * 64,
            document={"of": name},
            finished_at=campaign.created_at,
        )
    return keys


def rows() -> set[tuple[str, str, str, str, str]]:
    return set(
        ImportedRating.objects.values_list(
            "criterion__campaign__name", "item__external_id", "rater", "kind", "value"
        )
    )


def test_criteria_items_ratings_and_reports_of_old_imports_are_all_there_after_the_migration(
    before: Any,
) -> None:
    keys = old_campaigns(before)
    migrate()
    assert dict(Campaign.objects.values_list("name", "pk")) == keys
    for name, meaning in CUTS.items():
        criterion = Criterion.objects.get(campaign=keys[name])
        assert (criterion.key, criterion.position, criterion.part_of) == ("rating", 0, "")
        assert (criterion.question, criterion.definition) == ("", {})
        assert criterion.scale == meaning["scale"]
        assert criterion.kind == {"interval": "numeric"}.get(meaning["scale"], meaning["scale"])
        assert criterion.threshold == meaning.get("rating_threshold")
        assert criterion.failure_labels == meaning.get("failure_labels")
        assert criterion.categories == meaning.get("rating_categories")
        assert criterion.warnings == meaning.get("import_warnings", [])
        items = ImportedItem.objects.filter(campaign=keys[name])
        assert list(items.values_list("position", "external_id")) == list(enumerate(ITEMS))
        assert all((item.cluster, item.exhibit, item.attributes) == ("", {}, {}) for item in items)
        reports = ValidationReport.objects.filter(campaign=keys[name])
        assert {report.criterion_id for report in reports} == {criterion.pk}
        assert {(report.status, str(report.document)) for report in reports} == {
            ("queued", "None"),
            ("ready", str({"of": name})),
        }
    assert rows() == {
        (name, item, rater, kind, value)
        for name in CUTS
        for item in ITEMS
        for (rater, kind), value in zip(RATERS, VALUES[name], strict=True)
    }
    for rating in ImportedRating.objects.select_related("criterion", "item"):
        assert rating.criterion.campaign_id == rating.item.campaign_id
        assert (rating.explanation, rating.swapped) == ("", False)


def test_a_campaign_on_runs_gets_no_criterion_and_keeps_its_reports(before: Any) -> None:
    rubric = before.get_model("evaluation", "Rubric").objects.create(
        name="r", instructions="i", anchors=["a"] * 5
    )
    campaign = before.get_model("annotations", "Campaign").objects.create(
        name="perg", sample_size=2, seed=0, rubric=rubric
    )
    before.get_model("annotations", "ValidationReport").objects.create(
        campaign=campaign, status="queued", settings={}
    )
    migrate()
    assert not Criterion.objects.exists()
    assert ValidationReport.objects.get().criterion_id is None


def test_after_the_migration_the_constraints_hold_for_the_moved_rows(before: Any) -> None:
    keys = old_campaigns(before)
    migrate()
    for criterion in Criterion.objects.filter(campaign=keys["stars"]):
        with pytest.raises(IntegrityError, match="validationreport_one_at_a_time"), transaction.atomic():
            ValidationReport.objects.create(campaign=criterion.campaign, criterion=criterion, settings={})
    with pytest.raises(IntegrityError, match="criterion_scale_has_two_categories"), transaction.atomic():
        Criterion.objects.update(categories=["1"])
    with pytest.raises(IntegrityError, match="imported_rating_once"), transaction.atomic():
        ImportedRating.objects.update(rater="ann")
    with pytest.raises(IntegrityError, match="imported_item_once"), transaction.atomic():
        ImportedItem.objects.update(external_id="q9")
