"""API tokens: hashed, scoped, expiring, revocable; made and revoked on a page of their own."""

import hashlib
import uuid
from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from core.api import throttles
from core.errors import Conflict, DomainError, NotAllowed
from core.models import ApiToken, AuditEvent
from core.redis.outages import outage_of
from core.users.tokens import authentication
from core.users.tokens.tokens import create_token, revoke_token
from tests import build

pytestmark = pytest.mark.django_db

RUNS = "/api/v1/runs/"
CAMPAIGNS = "/api/v1/campaigns/"
PASSWORD = "correct horse battery"


def _code(headers: dict[str, str], path: str = CAMPAIGNS, method: str = "get") -> tuple[int, str]:
    response = getattr(Client(), method)(path, content_type="application/json", headers=headers)
    return response.status_code, response.json().get("code", "")


def test_only_a_hash_of_the_secret_is_stored() -> None:
    issued = create_token(user=build.person(), name="mine", scopes=["read"])
    assert issued.secret.startswith("perg_")
    assert len(issued.secret) > 40
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(t)::text FROM core_apitoken AS t")
        assert issued.secret not in str(cursor.fetchall())
    assert issued.token.secret_hash == hashlib.sha256(issued.secret.encode()).hexdigest()
    assert issued.secret.startswith(issued.token.prefix)


def test_each_reason_for_refused_authentication_has_its_own_code() -> None:
    good = build.person()
    secrets = {name: create_token(user=good, name=name, scopes=["read"]) for name in ("expired", "revoked")}
    ApiToken.objects.filter(name="expired").update(expires_at=timezone.now())
    revoke_token(token=secrets["revoked"].token, actor=good)
    inactive = build.person()
    shut_out = build.bearer(inactive)
    inactive.is_active = False
    inactive.save()

    assert _code({}) == (401, "not_authenticated")
    assert _code({"authorization": "Bearer perg_wrong"}) == (401, "token_unknown")
    assert _code({"authorization": "Bearer"}) == (401, "token_unknown")
    assert _code({"authorization": "Token 123"}) == (401, "not_authenticated")
    assert _code({"authorization": f"Bearer {secrets['expired'].secret}"}) == (401, "token_expired")
    assert _code({"authorization": f"Bearer {secrets['revoked'].secret}"}) == (401, "token_revoked")
    assert _code(shut_out) == (401, "account_inactive")
    assert _code(build.bearer(good))[0] == 200


def test_who_must_log_in_is_told_how() -> None:
    assert Client().get(CAMPAIGNS).headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_does_what_its_scopes_say() -> None:
    admin = build.person(staff=True)
    run = build.run_with_items(1)
    pause = f"{RUNS}{run.pk}/pause/"
    assert _code(build.bearer(admin, "read"), RUNS)[0] == 200
    assert _code(build.bearer(admin, "read"), pause, "post") == (403, "scope_missing")
    assert _code(build.bearer(admin, "annotate"), RUNS)[0] == 200
    assert _code(build.bearer(admin, "annotate"), pause, "post") == (403, "scope_missing")
    assert _code(build.bearer(admin, "manage"), RUNS)[0] == 200
    assert _code(build.bearer(admin, "manage"), pause, "post") == (409, "conflict")


def test_a_token_that_manages_still_does_only_what_its_owner_may() -> None:
    admin = build.person(staff=True)
    headers = build.bearer(admin, "manage")
    admin.is_staff = False
    admin.save()
    assert _code(headers, RUNS) == (403, "permission_denied")


def test_only_admins_and_leads_may_have_a_token_that_manages() -> None:
    annotator, lead = build.person(), build.person()
    build.campaign(build.run_with_items(1), [annotator], leads=[lead], overlap=1)
    with pytest.raises(NotAllowed):
        create_token(user=annotator, name="mine", scopes=["manage"])
    assert create_token(user=annotator, name="mine", scopes=["read", "annotate"]).token.scopes == [
        "read",
        "annotate",
    ]
    assert create_token(user=lead, name="mine", scopes=["manage"]).token.scopes == ["manage"]


@pytest.mark.parametrize("wanted", [{"scopes": []}, {"scopes": ["all"]}, {"days": 0}, {"days": 10_000}])
def test_a_token_without_known_scopes_or_without_end_is_refused(wanted: dict[str, object]) -> None:
    with pytest.raises(DomainError):
        create_token(user=build.person(), **({"name": "mine", "scopes": ["read"]} | wanted))  # type: ignore[arg-type]


@pytest.mark.parametrize("broken", [{"scopes": []}, {"scopes": ["root"]}, {"name": ""}])
def test_the_database_refuses_a_token_without_name_or_known_scopes(broken: dict[str, object]) -> None:
    token = create_token(user=build.person(), name="mine", scopes=["read"]).token
    with pytest.raises(IntegrityError), transaction.atomic():
        ApiToken.objects.filter(pk=token.pk).update(**broken)


def test_use_is_noted_once_a_minute_at_most() -> None:
    headers = build.bearer(build.person())
    Client().get(CAMPAIGNS, headers=headers)
    first = ApiToken.objects.get().last_used_at
    assert first is not None
    Client().get(CAMPAIGNS, headers=headers)
    assert ApiToken.objects.get().last_used_at == first
    ApiToken.objects.update(last_used_at=first - timedelta(minutes=2))
    Client().get(CAMPAIGNS, headers=headers)
    assert ApiToken.objects.get().last_used_at > first  # type: ignore[operator]


def test_revoking_twice_is_a_conflict_and_both_making_and_revoking_are_in_the_audit_log() -> None:
    person = build.person()
    issued = create_token(user=person, name="mine", scopes=["read"], actor=person)
    revoke_token(token=issued.token, actor=person)
    with pytest.raises(Conflict):
        revoke_token(token=issued.token, actor=person)
    events = AuditEvent.objects.order_by("pk")
    assert [(event.action, event.actor) for event in events] == [
        ("token.created", person),
        ("token.revoked", person),
    ]
    assert issued.secret not in str([event.details for event in events])


def test_on_the_page_a_secret_is_shown_once_and_a_token_revoked() -> None:
    client = Client()
    client.force_login(build.person(password=PASSWORD))
    form = {"name": "notebook", "scopes": ["read"], "days": "30", "password": PASSWORD}
    response = client.post(reverse("token_list"), form)
    assert response.status_code == 200
    assert "no-store" in response.headers["Cache-Control"]
    token = ApiToken.objects.get()
    (secret,) = {word for word in response.content.decode().split('"') if word.startswith("perg_")}
    assert _code({"authorization": f"Bearer {secret}"})[0] == 200
    page = client.get(reverse("token_list")).content.decode()
    assert "notebook" in page
    assert secret not in page
    assert client.post(reverse("token_revoke", args=[token.pk])).status_code == 302
    assert _code({"authorization": f"Bearer {secret}"}) == (401, "token_revoked")
    assert client.post(reverse("token_revoke", args=[token.pk])).status_code == 409


def test_an_annotator_is_not_offered_what_only_leads_may_and_cannot_post_it_either() -> None:
    client = Client()
    client.force_login(build.person(password=PASSWORD))
    assert 'value="manage"' not in client.get(reverse("token_list")).content.decode()
    posted = {"name": "mine", "scopes": ["manage"], "days": "30", "password": PASSWORD}
    assert client.post(reverse("token_list"), posted).status_code == 422
    assert not ApiToken.objects.exists()


def test_nobody_sees_or_revokes_anothers_token() -> None:
    owner, outsider = build.person(), build.person(staff=True)
    token = create_token(user=owner, name="theirs", scopes=["read"]).token
    client = Client()
    client.force_login(outsider)
    assert "theirs" not in client.get(reverse("token_list")).content.decode()
    assert client.post(reverse("token_revoke", args=[token.pk])).status_code == 404


def test_the_command_prints_a_token_that_works() -> None:
    build.person("ann", staff=True)
    out = StringIO()
    call_command("create_token", "ann", "--scope", "read", "--scope", "manage", "--days", "2", stdout=out)
    assert _code({"authorization": f"Bearer {out.getvalue().strip()}"}, RUNS)[0] == 200
    with pytest.raises(CommandError):
        call_command("create_token", "nobody", stdout=out)


@pytest.fixture
def limit(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets a rate for this test alone: what was counted before is counted under another name."""

    def set_rate(**rates: str) -> None:
        for name, rate in rates.items():
            own = f"{name}-{uuid.uuid4()}"
            settings.API_RATES = settings.API_RATES | {own: rate}
            monkeypatch.setattr(throttles, NAMES[name], throttles.Rate(own))
            monkeypatch.setattr(authentication, "ANONYMOUS", throttles.ANONYMOUS)

    return set_rate


NAMES = {"token": "REQUESTS", "labelling": "LABELLING", "anonymous": "ANONYMOUS"}


def test_too_many_requests_of_one_token_are_told_when_to_go_on_and_others_are_not(
    limit: Callable[..., None],
) -> None:
    limit(token="3/day")
    one, other = build.bearer(build.person()), build.bearer(build.person())
    assert [_code(one)[0] for _ in range(4)] == [200, 200, 200, 429]
    response = Client().get(CAMPAIGNS, headers=one)
    assert response.json()["code"] == "throttled"
    assert int(response.headers["Retry-After"]) > 0
    assert _code(other)[0] == 200


def test_too_many_requests_of_nobody_are_counted_by_address(limit: Callable[..., None]) -> None:
    limit(anonymous="2/day")
    here, elsewhere = Client(REMOTE_ADDR="10.6.0.1"), Client(REMOTE_ADDR="10.6.0.2")
    wrong = {"authorization": "Bearer perg_wrong"}
    statuses = [here.get(CAMPAIGNS, headers=headers).status_code for headers in (wrong, {}, wrong, {})]
    assert statuses == [401, 401, 429, 429]
    assert elsewhere.get(CAMPAIGNS).status_code == 401
    assert here.get(CAMPAIGNS, headers=build.bearer(build.person())).status_code == 200


def test_without_redis_each_process_counts_for_itself(limit: Callable[..., None], settings: Settings) -> None:
    limit(token="2/day")
    outage = outage_of(settings.REDIS_URL)
    outage.begin(ConnectionError("for this test"))
    headers = build.bearer(build.person())
    assert [_code(headers)[0] for _ in range(3)] == [200, 200, 429]
    outage.end()


def test_labelling_has_a_rate_of_its_own(limit: Callable[..., None]) -> None:
    limit(token="1/day")
    annotator = build.person()
    campaign = build.campaign(build.run_with_items(1), [annotator], overlap=1)
    headers = build.bearer(annotator, "annotate")
    next_task = f"{CAMPAIGNS}{campaign.pk}/next/"
    assert [_code(headers, next_task, "post")[0] for _ in range(3)] == [200] * 3
    assert [_code(headers)[0] for _ in range(2)] == [200, 429]


def test_labelling_in_the_browser_is_not_limited_and_by_token_it_is(limit: Callable[..., None]) -> None:
    limit(labelling="1/day", token="1/day")
    annotator = build.person()
    campaign = build.campaign(build.run_with_items(1), [annotator], overlap=1)
    next_task = f"{CAMPAIGNS}{campaign.pk}/next/"
    browser, headers = Client(), build.bearer(annotator, "annotate")
    browser.force_login(annotator)

    statuses = [browser.post(next_task, {}, content_type="application/json").status_code for _ in range(3)]
    assert statuses == [200] * 3
    assert [_code(headers, next_task, "post")[0] for _ in range(2)] == [200, 429]
    assert [browser.get(CAMPAIGNS).status_code for _ in range(2)] == [200, 429]
