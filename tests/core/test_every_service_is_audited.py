"""Every service that writes leaves an event in the audit log, or is here with the reason why not."""

from tests.core.services_that_write import functions, functions_in, unrecorded

NO_EVENT = {
    # Workers: what they do follows from what a person launched, which is in the log, and is on record by itself.
    "evaluation.engine.steps.advance.advance_run": "a worker moves a run on; its launch is in the log",
    "evaluation.engine.steps.generation.answer_items": "a worker asks for answers; items and calls are on record",
    "evaluation.engine.steps.judging.ask_judges": "a worker asks judges; judgments and calls are on record",
    "evaluation.engine.steps.judging.settle_judgments": "a worker reads replies; judgments are on record",
    "evaluation.library.services.catalogue_building.advance_build": "a worker asks about questions and reads replies",
    "evaluation.imports.services.jobs.ImportJobs": "a worker; the importer that it runs leaves the event",
    "evaluation.runs.services.launching.assigned_preferences": "a part of launching a batch, which leaves the event",
    "annotations.item_judging.services.queueing.queue_calls": "a part of moving a judge on; calls are on record",
    "annotations.item_judging.services.settling.settle_judgments": "a worker reads replies; ratings are on record",
    # Sweeps: what nobody needs any more.
    "annotations.exports.services.expire_missing": "a sweep: files that are gone from the disk",
    "annotations.exports.services.prune_exports": "a sweep: files that are past their time",
    "evaluation.imports.services.jobs.prune_imports": "a sweep: files that no import reads again",
    "annotations.item_import.services.uploads.prune_uploads": "a sweep: tables that nobody goes on with",
    # Tables on their way to be imported: the upload and the import are in the log.
    "annotations.item_import.services.uploads.restate_layout": "a correction before the import",
    "annotations.item_import.services.uploads.map_columns": "a correction before the import",
    "annotations.item_import.services.uploads.import_upload": "the job that it requests leaves the event",
    "annotations.item_import.services.uploads.TableUploads": "a worker reads what was uploaded",
    "annotations.item_import.services.merging.add_new": "a part of the import, which leaves an event",
    # Figures that are computed again from what is on record.
    "evaluation.results.services.computing.noted": "how a computation goes",
    "evaluation.results.services.results.forget_deleted_runs": "stored figures",
    "evaluation.results.services.results.refresh_gain": "stored figures",
    "evaluation.results.services.results.refresh_result": "stored figures",
    # Labelling: what is under way. The label, the skip and the flag are in the log.
    "annotations.labelling.services.assignment.claim_task": "a lease, which is on record with its task",
    "annotations.labelling.services.assignment.free_leases": "leases that ran out",
    "annotations.labelling.services.assignment.give_slots_back": "a part of services that leave an event",
    "annotations.labelling.services.assignment.renew_lease": "a heartbeat",
    "annotations.labelling.services.labels.save_draft": "a draft, which the person may throw away",
    "annotations.labelling.services.screen_settings.set_keys": "a person's own keys on the annotation screen",
    # Accounts.
    "core.users.login.delay.forget": "counts of wrong passwords; the login after them is in the log",
    "core.users.second_factor.changes.start_setup": "in force once a code confirms it, which is in the log",
    "core.users.tokens.tokens.note_use": "when a token was last used; the first use is in the log",
}


def test_every_service_that_writes_leaves_an_event_or_says_why_not() -> None:
    silent = unrecorded(functions())
    assert silent - NO_EVENT.keys() == set(), (
        "Call `record` in the transaction, or give the reason in NO_EVENT."
    )
    assert NO_EVENT.keys() - silent == set(), "These leave an event or are gone: take them out of NO_EVENT."


def test_the_services_are_found() -> None:
    services = {name for name, function in functions().items() if function.is_service and function.is_public}
    assert services >= {
        "annotations.gold.services.gold.release_gold",
        "core.users.tokens.tokens.create_token",
        "evaluation.endpoints.services.endpoints.change_endpoint",
        "evaluation.engine.steps.judging.launch_judging",
        "evaluation.importers.recorded_run.import_recorded_run",
        "perg_site.webhooks.managing.delete_webhook",
    }


def _silent(source: str) -> set[str]:
    """Names of the services that write and leave no event, in a module of services with this source."""
    module = "evaluation.things.services"
    found = {function.name: function for function in functions_in(source, module)}
    return {name.rpartition(".")[2] for name in unrecorded(found)}


HEAD = """
from core.audit.writing import record as audit
from django.db import transaction
"""


def test_a_new_service_that_writes_by_itself_or_through_a_private_function_is_found() -> None:
    source = """
def make(*, name):
    return Thing.objects.create(name=name)

@transaction.atomic
def rename(*, thing, name):
    _change(thing, name=name)

def _change(thing, **fields):
    Thing.objects.filter(pk=thing.pk).update(**fields)

def look(*, name):
    seen = {}
    seen.update(name)
    return Thing.objects.filter(name=name)
"""
    assert _silent(HEAD + source) == {"make", "rename"}


def test_an_event_counts_where_a_private_function_leaves_it_and_not_where_another_service_does() -> None:
    source = """
@transaction.atomic
def make(*, name, actor):
    return _made(name, actor)

def _made(name, actor):
    audit("thing.created", actor=actor, subject=Thing.objects.create(name=name))

@transaction.atomic
def make_two(*, actor):
    make(name="a", actor=actor)
    make(name="b", actor=actor)

@transaction.atomic
def make_and_rename(*, thing, actor):
    make(name="c", actor=actor)
    thing.save()
"""
    assert _silent(HEAD + source) == {"make_and_rename"}
