"""Celery tasks of imports."""

from celery import shared_task

from evaluation.imports.services.jobs import prune_imports


@shared_task
def prune_import_files() -> None:
    """Delete uploaded files that nobody will read again."""
    prune_imports()
