"""The site: settings, root URLs, REST root, Celery application and the embedded services."""

from perg_site.celery import app as celery_app

__all__ = ["celery_app"]
