from django.apps import AppConfig


class EvaluationConfig(AppConfig):
    name = "evaluation"

    def ready(self) -> None:
        from core.jobs.kinds import register
        from evaluation.imports.services.evaluation_kinds import register_kinds
        from evaluation.imports.services.jobs import ImportJobs
        from evaluation.library import receivers as library

        register_kinds()
        register(ImportJobs())
        library.connect()
