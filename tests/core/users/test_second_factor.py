"""A second factor: set up, asked for at every way in, required by a site, lost and reset."""

import base64
import re
import threading
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp.oath import TOTP

from annotations.people.services.invitations import invite
from core.models import AuditEvent, Authenticator, RecoveryCode, User
from core.users.second_factor.changes import check_code
from tests import build
from tests.core.users.people import (
    PASSWORD,
    browser,
    code_of,
    forget_used_codes,
    is_in,
    logged_in,
    secret_on,
    with_second_factor,
)
from tests.pages import one_line

pytestmark = pytest.mark.django_db
CODE = "/login/code/"
STATUS = "/account/second-factor/"


@pytest.fixture
def ann() -> User:
    return build.person("ann", password=PASSWORD)


def _second_factor(client: Client, code: str, **fields: str) -> int:
    return client.post(CODE, {"code": code, **fields}).status_code


def test_it_is_set_up_with_the_key_of_the_page_and_gives_recovery_codes_once(ann: User) -> None:
    client, elsewhere = logged_in(ann), logged_in(ann)
    assert client.post(reverse("second_factor_start")).status_code == 302
    answer = client.get(reverse("second_factor_setup"))
    assert "no-store" in answer.headers["Cache-Control"]
    page = answer.content.decode()
    assert "<svg" in page
    assert "img-src" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    totp = TOTP(secret_on(page))
    form = {"password": PASSWORD, "code": f"{totp.token():06d}"}
    for wrong in ({"password": "wrong one here"}, {"code": "12345"}, {"code": "abcdef"}):
        assert client.post(reverse("second_factor_setup"), form | wrong).status_code == 422
    assert is_in(elsewhere)
    forget_used_codes(ann)
    made = client.post(reverse("second_factor_setup"), form)
    assert made.status_code == 200
    codes = re.findall(r"<code>([A-Z2-7-]+)</code>", made.content.decode())
    assert len(codes) == len(set(codes)) == 10
    assert is_in(client)
    assert not is_in(elsewhere)
    assert AuditEvent.objects.get(action="second_factor.added").actor == ann


def test_the_setup_says_when_the_next_try_is_possible(ann: User) -> None:
    client = logged_in(ann)
    client.post(reverse("second_factor_start"))
    key = secret_on(client.get(reverse("second_factor_setup")).content.decode())
    Authenticator.objects.update(throttling_failure_count=8, throttling_failure_timestamp=timezone.now())
    form = {"password": PASSWORD, "code": f"{TOTP(key).token():06d}"}
    answer = client.post(reverse("second_factor_setup"), form)
    assert answer.status_code == 422
    assert "next try is possible at" in answer.content.decode()


def test_neither_key_nor_recovery_code_can_be_read_in_the_database(ann: User) -> None:
    device, codes = with_second_factor(ann)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(t)::text FROM otp_totp_totpdevice AS t")
        devices = str(cursor.fetchall())
        cursor.execute("SELECT row_to_json(t)::text FROM core_recoverycode AS t")
        stored = str(cursor.fetchall())
    assert device.bin_key.hex() not in devices
    assert base64.b32encode(device.bin_key).decode() not in devices
    assert not any(code in stored or code.replace("-", "") in stored for code in codes)
    assert device.bin_key.hex() != device.key


def test_the_password_alone_lets_nobody_in(ann: User) -> None:
    device, _ = with_second_factor(ann)
    client = logged_in(ann)
    assert client.get("/campaigns/").headers["Location"] == f"{CODE}?next=%2Fcampaigns%2F"
    for path in ("/", "/account/tokens/", "/account/security/", STATUS, "/password/", "/api/v1/docs/"):
        assert client.get(path).headers["Location"].startswith(CODE), path
    assert client.post(reverse("second_factor_remove")).headers["Location"] == CODE
    assert client.post(reverse("second_factor_start")).headers["Location"] == CODE
    api = client.get("/api/v1/campaigns/", headers={"accept": "application/json"})
    assert (api.status_code, api.json()["code"]) == (403, "second_factor_required")
    key = client.session.session_key
    assert client.get(f"{CODE}?next=/campaigns/").status_code == 200
    answer = client.post(CODE, {"code": code_of(device), "next": "/campaigns/"})
    assert answer.headers["Location"] == "/campaigns/"
    assert is_in(client)
    assert client.get("/api/v1/campaigns/").status_code == 200
    assert client.session.session_key != key
    assert AuditEvent.objects.filter(action="login.second_factor_passed", actor=ann).count() == 1


def test_an_authorization_header_does_not_open_the_session(ann: User) -> None:
    with_second_factor(ann)
    client = logged_in(ann)
    for header in ("Basic YTpi", "Bearer", "Bearer perg_wrong", "Digest x"):
        answer = client.get("/api/v1/campaigns/", headers={"authorization": header})
        assert answer.status_code in (401, 403), header
        assert client.get("/api/v1/docs/", headers={"authorization": header}).status_code != 200, header


def test_the_admin_site_and_an_invitation_ask_for_it_too(ann: User) -> None:
    User.objects.update(is_staff=True, is_superuser=True)
    device, _ = with_second_factor(ann)
    client = browser()
    client.post(reverse("admin:login"), {"username": "ann", "password": PASSWORD})
    assert client.get(reverse("admin:index")).headers["Location"].startswith(CODE)
    campaign = build.campaign(build.run_with_items(1), [build.person()], overlap=1)
    link = reverse("invitation_accept", args=[invite(role="lead", campaign=campaign, created_by=ann).token])
    assert client.post(link).headers["Location"].startswith(CODE)
    assert not campaign.members.filter(user=ann).exists()
    assert _second_factor(client, code_of(device)) == 302
    assert client.get(reverse("admin:index")).status_code == 200


def test_the_annotation_screen_is_told_that_a_login_is_needed(ann: User) -> None:
    with_second_factor(ann)
    client = logged_in(ann)
    answer = client.put("/api/v1/assignments/1/draft/", headers={"x-person": str(ann.pk)})
    assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_required")


def test_a_code_passes_once(ann: User) -> None:
    device, _ = with_second_factor(ann)
    code = code_of(device)
    first, second = logged_in(ann), logged_in(ann)
    assert _second_factor(first, code) == 302
    assert _second_factor(second, code) == 422
    assert not is_in(second)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_send_the_same_code_at_the_same_moment_one_gets_in(ann: User) -> None:
    device, codes = with_second_factor(ann)
    for code in (code_of(device), codes[0]):
        forget_used_codes(ann)
        start = threading.Barrier(4)
        results: list[bool] = []

        def attempt(
            code: str = code, start: threading.Barrier = start, results: list[bool] = results
        ) -> None:
            start.wait()
            results.append(check_code(user=ann, code=code).is_right)
            connections.close_all()

        threads = [threading.Thread(target=attempt) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(results) == [False, False, False, True]


def test_a_code_of_a_moment_ago_passes_and_an_old_one_does_not(ann: User) -> None:
    device, _ = with_second_factor(ann)
    assert check_code(user=ann, code=code_of(device, steps=1)).is_right
    for steps in (-4, 4):
        forget_used_codes(ann)
        assert not check_code(user=ann, code=code_of(device, steps=steps)).is_right


@pytest.mark.parametrize(
    "code",
    [
        "",
        " ",
        "000000",
        "1",
        "-12345",
        "+12345",
        "１２３４５６",
        "٣٤٥٦٧٨",
        "1e5",
        "0x1234",
        "123456\x00",
        "a" * 500,
        "\ud800",
    ],
)
def test_an_odd_code_is_a_wrong_code(ann: User, code: str) -> None:
    device, _ = with_second_factor(ann)
    assert code != code_of(device)
    assert not check_code(user=ann, code=code).is_right


def test_blanks_and_small_letters_do_not_matter(ann: User) -> None:
    device, codes = with_second_factor(ann)
    code = code_of(device)
    assert check_code(user=ann, code=f" {code[:3]} {code[3:]} ").is_right
    assert check_code(user=ann, code=codes[0].lower().replace("-", " ")).is_right


def test_after_wrong_codes_not_even_a_right_one_is_looked_at_for_a_while(ann: User) -> None:
    device, codes = with_second_factor(ann)
    client = logged_in(ann)
    for _ in range(60):
        Authenticator.objects.update(throttling_failure_timestamp=timezone.now() - timedelta(hours=1))
        assert _second_factor(client, "000000") in (302, 422)
    answer = client.post(CODE, {"code": code_of(device)})
    assert answer.status_code == 422
    assert "next try is possible at" in answer.content.decode()
    verdict = check_code(user=ann, code=codes[0])
    assert verdict.locked_until is not None
    wait = (verdict.locked_until - timezone.now()).total_seconds()
    assert 0 < wait <= 15 * 60  # not days, however many there were
    assert RecoveryCode.objects.filter(used_at__isnull=False).count() == 0
    assert AuditEvent.objects.filter(action="login.second_factor_failed", actor=ann).count() <= 30


def test_a_recovery_code_lets_in_once(ann: User) -> None:
    _, codes = with_second_factor(ann)
    first, second = logged_in(ann), logged_in(ann)
    assert _second_factor(first, codes[3]) == 302
    assert is_in(first)
    assert _second_factor(second, codes[3]) == 422
    assert AuditEvent.objects.get(action="recovery_code.used").details["left"] == 9
    assert "9 recovery codes are left" in one_line(first.get(STATUS).content.decode())


def test_anothers_code_is_wrong(ann: User) -> None:
    with_second_factor(ann)
    other, codes = with_second_factor(build.person("bob", password=PASSWORD))
    assert not check_code(user=ann, code=codes[0]).is_right
    forget_used_codes(ann)
    assert not check_code(user=ann, code=code_of(other)).is_right


def test_new_recovery_codes_and_removal_ask_for_password_and_code(ann: User) -> None:
    device, codes = with_second_factor(ann)
    client, elsewhere = logged_in(ann), logged_in(ann)
    assert _second_factor(client, codes[0]) == 302
    assert _second_factor(elsewhere, codes[1]) == 302
    for route in ("recovery_codes_make", "second_factor_remove"):
        wrong = {"password": "wrong one here", "code": codes[2]}
        for form in (
            {"password": PASSWORD, "code": "000000"},
            {"password": PASSWORD},
            {"code": codes[2]},
            wrong,
        ):
            assert client.post(reverse(route), form).status_code == 422
            forget_used_codes(ann)
    assert RecoveryCode.objects.filter(used_at__isnull=False).count() == 2  # none was used up by these
    made = client.post(reverse("recovery_codes_make"), {"password": PASSWORD, "code": codes[2]})
    new = re.findall(r"<code>([A-Z2-7-]+)</code>", made.content.decode())
    assert len(new) == 10
    assert not check_code(user=ann, code=codes[4]).is_right
    forget_used_codes(ann)
    form = {"password": PASSWORD, "code": code_of(device)}
    assert client.post(reverse("second_factor_remove"), form).status_code == 302
    assert is_in(client)
    assert not is_in(elsewhere)
    assert is_in(logged_in(ann))
    assert not RecoveryCode.objects.exists()


def test_a_pending_setup_asks_for_nothing_at_login(ann: User) -> None:
    logged_in(ann).post(reverse("second_factor_start"))
    assert is_in(logged_in(ann))


def test_short_and_common_passwords_are_refused(ann: User) -> None:
    client = logged_in(ann)
    for new in ("elevenchars", "password1234", "123456789012345"):
        form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
        assert client.post(reverse("password_change"), form).status_code == 200, new
    assert is_in(logged_in(ann))
