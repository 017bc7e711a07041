"""WSGI entry point, served by gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

from perg_site import embedded

embedded.open_home()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "perg_site.settings")

application = get_wsgi_application()

# Django would import these, and all that the pages need, with the first request, which would have to wait.
import perg_site.urls  # noqa: E402, F401
