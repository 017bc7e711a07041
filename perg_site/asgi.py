"""ASGI entry point, for servers that speak it."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "perg_site.settings")

application = get_asgi_application()

# Django would import these, and all that the pages need, with the first request: whoever came first would wait.
import perg_site.urls  # noqa: E402, F401
