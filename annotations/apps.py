from django.apps import AppConfig


class AnnotationsConfig(AppConfig):
    name = "annotations"

    def ready(self) -> None:
        from annotations.exports.tables.registry import register_tables
        from annotations.quality import import_kind as known_items
        from annotations.validation import import_kind as ratings

        ratings.register_kind()
        known_items.register_kind()
        for room in ("gold.table", "exports.tables.labelling_tables", "exports.tables.evaluation_tables"):
            register_tables(f"annotations.{room}.TABLES")
