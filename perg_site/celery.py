"""The Celery application. Queues: `default` (what computes), `llm` (calls to other servers), `gpu` (local models)."""

import logging
import os
from typing import Any

from celery import Celery
from celery.signals import after_setup_logger, after_setup_task_logger, import_modules

from core.logs.link_tokens import TokenFilter
from core.logs.secrets import SecretFilter
from perg_site import embedded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "perg_site.settings")

ROOMS = [
    "annotations.campaigns",
    "annotations.exports",
    "annotations.gold",
    "annotations.item_judging",
    "annotations.labelling",
    "annotations.quality",
    "annotations.validation",
    "core.jobs",
    "evaluation.engine",
    "evaluation.imports",
    "evaluation.library",
    "evaluation.results",
]
"""Packages with a `tasks` module that are not Django apps."""

app = Celery("perg")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(ROOMS)


@import_modules.connect
def open_home(**_: Any) -> None:
    """The data folder of a worker, or of beat, which may have a machine to itself."""
    embedded.open_home()


@after_setup_logger.connect
@after_setup_task_logger.connect
def keep_secrets_out(logger: logging.Logger, **_: Any) -> None:
    """Handlers that Celery adds of its own accord write no secrets either."""
    for handler in logger.handlers:
        handler.addFilter(TokenFilter())
        handler.addFilter(SecretFilter())
