from django.apps import AppConfig


class AnnotationsConfig(AppConfig):
    name = "annotations"

    def ready(self) -> None:
        from annotations.exports.services import ExportJobs
        from annotations.exports.tables.registry import register_tables
        from annotations.gold.services.requests import GoldRequests
        from annotations.item_import import import_kind as items
        from annotations.item_import.services.uploads import TableUploads
        from annotations.item_judging import receivers as item_judging
        from annotations.quality import import_kind as known_items
        from annotations.validation import import_kind as ratings
        from annotations.validation.tasks import ReportJobs
        from core.jobs.kinds import register

        ratings.register_kind()
        known_items.register_kind()
        items.register_kind()
        labelling, evaluation = "exports.tables.labelling_tables", "exports.tables.evaluation_tables"
        answers = "exports.tables.answers_table"
        for room in ("gold.table", labelling, answers, "items.table", evaluation):
            register_tables(f"annotations.{room}.TABLES")
        item_judging.connect()
        register(ReportJobs(), ExportJobs(), GoldRequests(), TableUploads())
