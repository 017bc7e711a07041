"""The Celery application. Queues: `default` (what computes), `llm` (calls to other servers), `gpu` (local models)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "perg_site.settings")

app = Celery("perg")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
