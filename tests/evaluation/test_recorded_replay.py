"""A recorded endpoint launches like any other: it replays the imported run, and says where it has no record."""

from pathlib import Path

import pytest

from evaluation.importers.catalogue import import_catalogue
from evaluation.importers.recorded_run import import_recorded_run
from evaluation.metrics import RunOutcomes
from evaluation.models import Item, Response
from evaluation.services.advance import advance_run
from evaluation.services.drain import drain
from evaluation.services.launching import BatchSpec, launch_batch

pytestmark = pytest.mark.django_db

DEMONSTRATION = Path(__file__).parents[2] / "evaluation" / "demonstration"


@pytest.mark.parametrize("method", ["direct", "pref_aligner"])
def test_a_replayed_run_has_the_texts_of_the_imported_one(method: str) -> None:
    catalogue = import_catalogue(file=DEMONSTRATION / "preferences.csv", name="c").catalogue
    # The record holds the other method, too, with the same questions and preferences.
    on_record = {
        each: import_recorded_run(
            file=DEMONSTRATION / f"{each}.csv",
            file_name="f.csv",
            model="m",
            method=each,
            setting="relevant",
            catalogue=catalogue,
            dataset="d",
        ).run
        for each in ("direct", "pref_aligner")
    }
    imported = on_record[method]
    spec = BatchSpec(
        name="replay",
        dataset=imported.dataset,
        catalogue=catalogue,
        models=[imported.endpoint],
        methods=[method],
        settings=["relevant"],
    )
    run = launch_batch(spec=spec).runs.get()
    for _ in range(3):
        run.refresh_from_db()
        advance_run(run)
        drain(run.endpoint)
    run.refresh_from_db()
    advance_run(run)
    run.refresh_from_db()
    assert run.status == "complete"
    done = Item.objects.filter(run=run, status="done")
    # The catalogue's turn gives a question another preference than the record has, here and there.
    same = {item.question_id: item.preference_id for item in imported.items.all()}.items() & {
        item.question_id: item.preference_id for item in done
    }.items()
    assert len(same) == done.count() > 0
    for item in done:
        recorded = Response.objects.filter(item__run=imported, item__question=item.question_id)
        assert dict(item.responses.values_list("condition", "text")) == dict(
            recorded.values_list("condition", "text")
        )
    for item in Item.objects.filter(run=run, status="failed"):
        assert "not_recorded" in item.failure
    # The letters are extracted anew, and the texts are the same.
    assert RunOutcomes(run).metrics().items == done.count() == 66
