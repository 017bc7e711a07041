"""Exports: those that a person sees, and those whose time is over."""

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db.models import QuerySet
from django.utils import timezone

from annotations.models import Campaign, Export
from annotations.models.export import ExportStatus
from core.rows import existing

SHOWN = 50


def visible_exports(user: AbstractUser | AnonymousUser) -> QuerySet[Export]:
    """The person's own exports, newest first. One who no longer leads the campaign does not see them any more."""
    if not user.is_active or not user.pk:
        return Export.objects.none()
    exports = Export.objects.filter(requested_by_id=user.pk).select_related("campaign", "release")
    return exports if user.is_staff else exports.filter(campaign__in=Campaign.objects.led_by(user))


def own_export(user: AbstractUser | AnonymousUser, export_id: int) -> Export:
    """One of the person's own exports. Raises NotFound."""
    return existing(visible_exports(user).filter(pk=export_id), "export")


def expired_exports() -> QuerySet[Export]:
    """Exports whose file need not be kept any longer."""
    return Export.objects.filter(status=ExportStatus.READY, expires_at__lt=timezone.now())
