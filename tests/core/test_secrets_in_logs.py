"""Logs and answers of the site show no key."""

import io
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import RequestFactory
from gunicorn.config import Config

from core.errors import DomainError
from core.http.problem_details import DomainErrorMiddleware, problem, problem_response
from core.logs.secrets import SecretFilter
from perg_site.deployment.gunicorn_logger import Logger

REPOSITORY = Path(__file__).parents[2]
KEY = "sk-0123456789abcdef"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUB_KEY", KEY)


def logged(write: object) -> str:
    """What the site's own handler writes of it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("{message}", style="{"))
    handler.addFilter(SecretFilter())
    logger = logging.Logger("test")
    logger.addHandler(handler)
    write(logger)  # type: ignore[operator]
    return stream.getvalue()


def fail() -> None:
    try:
        raise UnicodeEncodeError("ascii", f"Bearer “{KEY}”", 7, 8, "ordinal not in range")
    except UnicodeEncodeError as error:
        raise RuntimeError(f"calling with {KEY} failed") from error


def test_a_message_and_its_arguments_are_logged_without_the_key() -> None:
    text = logged(lambda logger: logger.warning("called with %s and %r", KEY, {"key": KEY.encode()}))
    assert text == "called with *** and {'key': b'***'}\n"
    assert logged(lambda logger: logger.warning("nothing in %s", "here")) == "nothing in here\n"


def test_a_traceback_with_its_causes_is_logged_without_the_key() -> None:
    def write(logger: logging.Logger) -> None:
        try:
            fail()
        except RuntimeError:
            logger.exception("It failed.")

    text = logged(write)
    assert "RuntimeError: calling with *** failed" in text
    assert "Traceback" in text
    assert "0123456789" not in text


def test_the_sites_and_the_web_servers_handlers_have_the_filter() -> None:
    logging_settings: dict[str, dict[str, Any]] = settings.LOGGING  # type: ignore[assignment]
    assert logging_settings["filters"]["secrets"] == {"()": "core.logs.secrets.SecretFilter"}
    for handler in logging_settings["handlers"].values():
        assert "secrets" in handler["filters"]
    logger = Logger(Config())
    for log in (logger.error_log, logger.access_log):
        assert any(isinstance(filter_, SecretFilter) for filter_ in log.filters)


@pytest.mark.slow
def test_a_worker_writes_no_key_whichever_logger_is_used() -> None:
    program = (
        "import logging, django; django.setup()\n"
        "from perg_site.celery import app\n"
        "app.log.setup(loglevel='INFO')\n"
        "own = ('celery', 'celery.task', 'celery.task.mine', 'celery.app.trace')\n"
        "for name in ('', *own, 'evaluation.engine.tasks'):\n"
        f"    logging.getLogger(name).error('%s: {KEY}', name)\n"
        "    try:\n"
        f"        raise RuntimeError('{KEY}')\n"
        "    except RuntimeError:\n"
        "        logging.getLogger(name).exception('failed')\n"
    )
    environment = {**os.environ, "STUB_KEY": KEY, "DJANGO_SETTINGS_MODULE": "perg_site.settings"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    assert done.stderr.count("RuntimeError: ***") >= 6
    assert KEY not in done.stderr


def test_a_problem_is_reported_without_the_key() -> None:
    error = DomainError(f"The server said: {KEY}")
    assert problem(error)["detail"] == "The server said: ***"
    response = problem_response(error, {"request": RequestFactory().get("/")})
    assert response is not None
    assert response.data["detail"] == "The server said: ***"


def test_a_page_tells_an_error_without_the_key() -> None:
    request = RequestFactory().get("/", headers={"accept": "text/html"})
    request.user = AnonymousUser()
    middleware = DomainErrorMiddleware(lambda _: HttpResponse())
    page = middleware.process_exception(request, DomainError(f"The server said: {KEY}"))
    assert page is not None
    assert "The server said: ***" in page.content.decode()
    assert KEY not in page.content.decode()
