"""Celery tasks of catalogue builds."""

from celery import shared_task
from django.conf import settings

from evaluation.library.selectors.catalogues import builds_asking
from evaluation.library.services import catalogue_building
from evaluation.models import CatalogueBuild


@shared_task
def advance_build(build_id: int) -> None:
    """Ask what a catalogue build still lacks, and read what has come back."""
    catalogue_building.advance_build(CatalogueBuild.objects.get(pk=build_id))


@shared_task
def sweep_builds() -> None:
    """Pick up the builds that a lost message or a killed worker left behind."""
    for build in builds_asking():
        advance_build.apply_async((build.pk,), expires=settings.SWEEP_SECONDS)
