"""The admin site's view of the evaluation, for looking things up. Services make changes, on pages of their own."""

from typing import TypeVar

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.http import HttpRequest

from evaluation import models

ShownModel = TypeVar("ShownModel", bound=Model)

# Rights are those of a person and of their role in a campaign: a group would give none.
admin.site.unregister(Group)


class ReadOnlyAdmin(admin.ModelAdmin[ShownModel]):
    """Rows can be read here and not changed: what changes them elsewhere checks them, and writes the audit log."""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ShownModel | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ShownModel | None = None) -> bool:
        return False


@admin.register(models.Dataset)
class DatasetAdmin(ReadOnlyAdmin[models.Dataset]):
    list_display = ["name", "is_demonstration", "created_at"]
    search_fields = ["name"]


@admin.register(models.Question)
class QuestionAdmin(ReadOnlyAdmin[models.Question]):
    list_display = ["text", "dataset", "source", "category"]
    list_filter = ["dataset", "source"]
    search_fields = ["text"]


class PreferenceInline(admin.TabularInline[models.Preference, models.Catalogue]):
    model = models.Preference
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: models.Catalogue | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Catalogue | None = None) -> bool:
        return False


@admin.register(models.Catalogue)
class CatalogueAdmin(ReadOnlyAdmin[models.Catalogue]):
    list_display = ["name", "version", "is_demonstration"]
    inlines = [PreferenceInline]


@admin.register(models.Endpoint)
class EndpointAdmin(ReadOnlyAdmin[models.Endpoint]):
    list_display = ["name", "provider", "model", "priced_on"]
    # An old row may have a password in its address or a key in its options.
    exclude = ["base_url", "options"]
    readonly_fields = ["address", "options_shown"]

    @admin.display(description="base URL")
    def address(self, endpoint: models.Endpoint) -> str:
        return endpoint.shown_base_url

    @admin.display(description="options")
    def options_shown(self, endpoint: models.Endpoint) -> str:
        return str(endpoint.shown_options)


@admin.register(models.Rubric)
class RubricAdmin(ReadOnlyAdmin[models.Rubric]):
    list_display = ["name", "version", "created_at"]


@admin.register(models.Judge)
class JudgeAdmin(ReadOnlyAdmin[models.Judge]):
    list_display = ["name", "origin", "endpoint", "threshold", "replicates"]


@admin.register(models.Run)
class RunAdmin(ReadOnlyAdmin[models.Run]):
    list_display = ["name", "method", "setting", "status", "is_demonstration"]
    list_filter = ["status", "method", "setting"]
    search_fields = ["name"]


@admin.register(models.Completion)
class CompletionAdmin(ReadOnlyAdmin[models.Completion]):
    """Completions are the audit and the bill."""

    list_display = ["pk", "endpoint", "status", "attempts", "error_code", "cost", "finished_at"]
    list_filter = ["status", "endpoint"]
