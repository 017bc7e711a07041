from django.apps import AppConfig


class AnnotationsConfig(AppConfig):
    name = "annotations"

    def ready(self) -> None:
        from annotations.exports.services import ExportJobs
        from annotations.gold.services.requests import GoldRequests
        from annotations.import_kinds import register_kinds
        from annotations.validation.services.validation import ValidationReports
        from core.jobs.kinds import register

        register_kinds()
        register(ValidationReports(), ExportJobs(), GoldRequests())
