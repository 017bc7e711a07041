"""Tasks of exports."""

from celery import shared_task

from annotations.exports.services import prune_exports


@shared_task
def prune_expired_exports() -> None:
    """Take away the files whose time is over."""
    prune_exports()
