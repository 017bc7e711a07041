"""The health check of kept connections: it asks the server only when it has to."""

import psycopg
import pytest
from django.db import connection

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def backend() -> int:
    connection.ensure_connection()
    return int(connection.connection.info.backend_pid)


def test_a_quiet_connection_is_good_and_costs_no_query(backend: int) -> None:
    raw = connection.connection
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(raw), "cursor", lambda *_: pytest.fail("the server was asked"))
        assert connection.is_usable()


def test_a_connection_that_the_server_has_ended_is_replaced(backend: int) -> None:
    with psycopg.connect(connection.connection.info.dsn, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])
    connection.close_if_unusable_or_obsolete()  # as at the start of a request
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone() != (backend,)


def test_something_to_read_that_is_no_end_is_asked_about(backend: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("LISTEN heard")
    with psycopg.connect(connection.connection.info.dsn, autocommit=True) as other:
        other.execute("NOTIFY heard")
    assert connection.is_usable()
