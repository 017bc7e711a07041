"""Tasks of exports."""

from celery import shared_task
from django.conf import settings

from annotations.exports.selectors import unfinished_exports
from annotations.exports.services import fail_export, prune_exports
from annotations.exports.services import write_export as write_file
from annotations.models import Export


@shared_task
def write_export(export_id: int) -> None:
    """Write an export to its file, or note on it why that broke off."""
    export = Export.objects.select_related("requested_by", "campaign", "release").get(pk=export_id)
    try:
        write_file(export=export)
    except Exception as error:
        fail_export(export=export, error=error)
        raise


@shared_task
def sweep_exports() -> None:
    """Pick up the exports that a lost message or a killed worker left behind."""
    for export in unfinished_exports():
        write_export.apply_async((export.pk,), expires=settings.SWEEP_SECONDS)


@shared_task
def prune_expired_exports() -> None:
    """Take away the files whose time is over."""
    prune_exports()
