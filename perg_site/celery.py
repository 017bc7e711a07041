"""The Celery application. Queues: `default` (what computes), `llm` (calls to other servers), `gpu` (local models)."""

import logging
import os
from typing import Any

from celery import Celery
from celery.signals import after_setup_logger, after_setup_task_logger

from perg_site.secrets_in_logs import SecretFilter
from perg_site.tokens_in_logs import TokenFilter

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "perg_site.settings")

app = Celery("perg")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["core.jobs"])


@after_setup_logger.connect
@after_setup_task_logger.connect
def keep_secrets_out(logger: logging.Logger, **_: Any) -> None:
    """Handlers that Celery adds of its own accord write no secrets either."""
    for handler in logger.handlers:
        handler.addFilter(TokenFilter())
        handler.addFilter(SecretFilter())
