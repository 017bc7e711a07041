"""The admin site's view of labelling. Labels and gold are append-only, so they are not here."""

from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest

from annotations import models

admin.site.unregister(User)


@admin.register(User)
class PersonAdmin(admin.ModelAdmin[User]):
    """Names and addresses. Accounts are made by invitation, and their rights change on the page of people: there an
    admin is always left, and the audit log says who did it.
    """

    list_display = ["username", "email", "is_active", "is_staff", "last_login"]
    search_fields = ["username", "email"]
    fields = ["username", "first_name", "last_name", "email"]
    readonly_fields = ["username"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False


@admin.register(models.Campaign)
class CampaignAdmin(admin.ModelAdmin[models.Campaign]):
    list_display = ["name", "status", "overlap", "sample_size", "is_demonstration"]
    list_filter = ["status"]
    fields = ["name", "status", "lease_seconds"]
    # Changed on its own pages, where the log is written.
    readonly_fields = ["name", "status", "lease_seconds"]
