"""What a program does is in the audit log with the token that it did it by, and with no other's."""

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from core.audit import writing as audit
from core.audit.writing import acting_by, record
from core.models import ApiToken, AuditEvent, User
from core.users.login.origin import OriginMiddleware
from core.users.tokens.authentication import TokenAuthentication
from core.users.tokens.tokens import create_token
from tests import build

pytestmark = pytest.mark.django_db

RUBRICS = "/api/v1/rubrics/"
RUBRIC = {"name": "tone", "instructions": "Rate.", "anchors": ["a", "b", "c", "d", "e"]}


@pytest.fixture
def admin() -> User:
    return build.person("admin", staff=True)


def _post(client: Client, **changes: object) -> None:
    answer = client.post(RUBRICS, RUBRIC | changes, content_type="application/json")
    assert answer.status_code == 201, answer.content


def test_an_event_names_the_token_and_never_its_secret(admin: User) -> None:
    issued = create_token(user=admin, name="notebook", scopes=["read", "manage"])
    _post(Client(headers={"authorization": f"Bearer {issued.secret}"}))
    event = AuditEvent.objects.get(action="rubric.created")
    assert event.actor == admin
    assert event.details["token"] == f"notebook ({issued.token.prefix}…)"
    assert event.details["token_id"] == issued.token.pk
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(e)::text FROM core_auditevent AS e")
        assert issued.secret not in str(cursor.fetchall())


def test_the_next_request_on_the_thread_does_not_have_the_token(admin: User) -> None:
    program = Client(headers=build.bearer(admin, "read", "manage"))
    browser = Client()
    browser.force_login(admin)
    _post(program)
    assert audit.means.get() is None
    _post(browser, name="by page")
    _post(program, name="by program")
    events = AuditEvent.objects.filter(action="rubric.created").order_by("pk")
    assert ["token" in event.details for event in events] == [True, False, True]


def test_the_token_is_forgotten_though_the_request_breaks_off(admin: User) -> None:
    def breaks_off(request: HttpRequest) -> HttpResponse:
        audit.means.set({"token": "mine"})
        raise OSError("the connection is gone")

    with pytest.raises(OSError, match="gone"):
        OriginMiddleware(breaks_off)(RequestFactory().get("/"))
    assert audit.means.get() is None


def test_who_comes_without_a_token_after_one_who_has_one_is_not_taken_for_it() -> None:
    """Also where no middleware has made the thread forget."""
    with acting_by(token="another's"):
        assert TokenAuthentication().authenticate(RequestFactory().get("/")) is None  # type: ignore[arg-type]
        assert record("thing.done", actor=None).details == {}


def test_the_first_use_of_a_token_names_it(admin: User) -> None:
    header = build.bearer(admin, "read", "manage")
    token = ApiToken.objects.get()
    Client(headers=header).get("/api/v1/account/tokens/")
    (event,) = AuditEvent.objects.filter(action="token.first_used")
    assert event.details["token_id"] == token.pk


def test_a_command_is_named_with_what_it_does_and_no_longer() -> None:
    with acting_by(command="launch_run"):
        assert record("thing.done", actor=None).details == {"command": "launch_run"}
    assert record("thing.done", actor=None).details == {}
