from django.apps import AppConfig


class EvaluationConfig(AppConfig):
    name = "evaluation"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from core.jobs.kinds import register
        from evaluation.imports.services.evaluation_kinds import register_kinds
        from evaluation.imports.services.jobs import ImportJobs
        from evaluation.judges.receivers import add_default_judge
        from evaluation.library import receivers as library

        register_kinds()
        register(ImportJobs())
        library.connect()
        post_migrate.connect(add_default_judge, sender=self)
