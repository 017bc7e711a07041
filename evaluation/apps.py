from django.apps import AppConfig


class EvaluationConfig(AppConfig):
    name = "evaluation"

    def ready(self) -> None:
        from evaluation.imports.services.evaluation_kinds import register_kinds
        from evaluation.library import receivers as library

        register_kinds()
        library.connect()
