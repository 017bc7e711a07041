"""The admin site's view of the evaluation: for looking things up and for small corrections."""

from django.contrib import admin

from evaluation import models


@admin.register(models.Dataset)
class DatasetAdmin(admin.ModelAdmin[models.Dataset]):
    list_display = ["name", "is_demonstration", "created_at"]
    search_fields = ["name"]


@admin.register(models.Question)
class QuestionAdmin(admin.ModelAdmin[models.Question]):
    list_display = ["text", "dataset", "source", "category"]
    list_filter = ["dataset", "source"]
    search_fields = ["text"]
    readonly_fields = ["key"]


class PreferenceInline(admin.TabularInline[models.Preference, models.Catalogue]):
    model = models.Preference
    extra = 0


@admin.register(models.Catalogue)
class CatalogueAdmin(admin.ModelAdmin[models.Catalogue]):
    list_display = ["name", "version", "is_demonstration"]
    inlines = [PreferenceInline]


@admin.register(models.Endpoint)
class EndpointAdmin(admin.ModelAdmin[models.Endpoint]):
    list_display = ["name", "provider", "model", "priced_on"]


@admin.register(models.Rubric)
class RubricAdmin(admin.ModelAdmin[models.Rubric]):
    list_display = ["name", "version", "created_at"]


@admin.register(models.Judge)
class JudgeAdmin(admin.ModelAdmin[models.Judge]):
    list_display = ["name", "origin", "endpoint", "threshold", "replicates"]


@admin.register(models.Run)
class RunAdmin(admin.ModelAdmin[models.Run]):
    list_display = ["name", "method", "setting", "status", "is_demonstration"]
    list_filter = ["status", "method", "setting"]
    search_fields = ["name"]


@admin.register(models.Completion)
class CompletionAdmin(admin.ModelAdmin[models.Completion]):
    """Completions are the audit and the bill: they can be read, not changed."""

    list_display = ["pk", "endpoint", "status", "attempts", "error_code", "cost", "finished_at"]
    list_filter = ["status", "endpoint"]

    def has_add_permission(self, request: object) -> bool:
        return False

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        return False
