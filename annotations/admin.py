"""The admin site's view of labelling. Labels and gold are append-only, so they are not here."""

from django.contrib import admin

from annotations import models


class MemberInline(admin.TabularInline[models.Member, models.Campaign]):
    model = models.Member
    extra = 0
    autocomplete_fields = ["user"]


@admin.register(models.Campaign)
class CampaignAdmin(admin.ModelAdmin[models.Campaign]):
    list_display = ["name", "status", "overlap", "sample_size", "is_demonstration"]
    list_filter = ["status"]
    fields = ["name", "status", "lease_seconds"]
    inlines = [MemberInline]
