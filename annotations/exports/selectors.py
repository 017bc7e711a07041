"""Exports: those that a person sees, and those whose time is over."""

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db.models import QuerySet
from django.utils import timezone

from annotations.models import Campaign, Export
from annotations.models.export import ExportStatus
from core.errors import NotFound

SHOWN = 50


def visible_exports(user: AbstractUser | AnonymousUser) -> QuerySet[Export]:
    """The person's own exports, newest first. One who no longer leads the campaign does not see them any more."""
    if not user.is_active or not user.pk:
        return Export.objects.none()
    found = Export.objects.filter(requested_by_id=user.pk).select_related("campaign", "release")
    return found if user.is_staff else found.filter(campaign__in=Campaign.objects.led_by(user))


def own_export(user: AbstractUser | AnonymousUser, export_id: int) -> Export:
    """One of the person's own exports. Raises NotFound."""
    export = visible_exports(user).filter(pk=export_id).first()
    if export is None:
        raise NotFound("There is no such export.")
    return export


def expired_exports() -> QuerySet[Export]:
    """Exports whose file need not be kept any longer."""
    return Export.objects.filter(status=ExportStatus.READY, expires_at__lt=timezone.now())
