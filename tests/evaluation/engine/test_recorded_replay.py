"""A recorded endpoint launches like any other: it replays the imported run, and says where it has no record."""

from pathlib import Path

import pytest

from evaluation.engine.calls.drain import drain
from evaluation.engine.steps.advance import advance_run
from evaluation.importers.catalogue import import_catalogue
from evaluation.importers.recorded_run import import_recorded_run
from evaluation.models import Item, Response
from evaluation.results.metrics.run_metrics import RunOutcomes
from evaluation.runs.services.launching import BatchSpec, launch_batch

pytestmark = pytest.mark.django_db

DEMONSTRATION = Path(__file__).parents[3] / "evaluation" / "demonstration"


@pytest.mark.parametrize("sample_size", [None, 6])
@pytest.mark.parametrize("method", ["direct", "pref_aligner"])
@pytest.mark.one_in(3)
def test_a_replayed_run_has_the_texts_of_the_imported_one(method: str, sample_size: int | None) -> None:
    catalogue = import_catalogue(file=DEMONSTRATION / "preferences.csv", name="c", actor=None).catalogue
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
            actor=None,
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
        sample_size=sample_size,
    )
    run = launch_batch(spec=spec, actor=None).runs.get()
    for _ in range(3):
        run.refresh_from_db()
        advance_run(run)
        drain(run.endpoint)
    run.refresh_from_db()
    advance_run(run)
    run.refresh_from_db()
    assert run.status == "complete"
    done = Item.objects.filter(run=run, status="done")
    assert done.count() == run.items.count() == (sample_size or 66)
    # Every question is asked with the preference that the record has, however few of them are drawn.
    told = dict(imported.items.values_list("question", "preference"))
    assert {item.question_id: item.preference_id for item in done}.items() <= told.items()
    for item in done:
        recorded = Response.objects.filter(item__run=imported, item__question=item.question_id)
        assert dict(item.responses.values_list("condition", "text")) == dict(
            recorded.values_list("condition", "text")
        )
    # The letters are extracted again, and the texts are the same.
    assert RunOutcomes(run).metrics().items == done.count()
