"""Wrong passwords for one name from many addresses: slowed down, without locking anybody out."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from core.models import User, WrongPasswords
from core.users.login import delay as login_delay
from core.users.login.backend import BY_BROWSER
from core.users.login.delay import FREE_ATTEMPTS, LONGEST_PAUSE
from core.users.login.known_browser import COOKIE
from tests import build

PASSWORD = "correct horse battery"


@pytest.fixture(params=["with Redis", "without Redis"])
def _with_and_without_redis(request: pytest.FixtureRequest, settings: Settings) -> None:
    if request.param == "without Redis":
        nowhere = {"LOCATION": "unix:///nowhere/redis.sock"}
        settings.CACHES = {alias: cache | nowhere for alias, cache in settings.CACHES.items()}


@pytest.fixture
def ann() -> User:
    return build.person("ann", password=PASSWORD)


addresses = iter(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}" for number in range(1, 1 << 20))


def log_in(password: str, username: str = "ann", client: Client | None = None) -> tuple[bool, str]:
    """From an address that nobody has tried from before."""
    form = {"username": username, "password": password}
    response = (client or Client()).post(reverse("login"), form, REMOTE_ADDR=next(addresses))
    return response.status_code == 302, response.content.decode()


def guess_from_many_addresses(username: str = "ann") -> None:
    """The last guess through the page; the others only counted, as hashing passwords takes long.

    There were some more before: the pause is long enough for a slow machine.
    """
    for _ in range(FREE_ATTEMPTS - 1):
        assert login_delay.count_attempt(username)
    assert not log_in("wrong", username)[0]
    WrongPasswords.objects.filter(attempts=FREE_ATTEMPTS).update(attempts=FREE_ATTEMPTS + 10)


def let_pass(seconds: float) -> None:
    WrongPasswords.objects.update(last_at=F("last_at") - timedelta(seconds=seconds))


@pytest.mark.django_db
@pytest.mark.usefixtures("_with_and_without_redis")
class TestDelay:
    def test_a_guesser_with_many_addresses_is_slowed_down(self, ann: User) -> None:
        guess_from_many_addresses()
        ok, page = log_in(PASSWORD)
        assert not ok
        assert "Too many attempts with a wrong password for this name" in page

    def test_nobody_waits_longer_than_the_pause_however_many_attempts_come_meanwhile(self, ann: User) -> None:
        guess_from_many_addresses()
        WrongPasswords.objects.update(attempts=100_000)
        for _ in range(30):
            assert not login_delay.count_attempt("ann")  # refused, and so not counted
        assert 0 < login_delay.seconds_to_wait("ann") <= LONGEST_PAUSE
        let_pass(LONGEST_PAUSE)
        assert log_in(PASSWORD)[0]

    def test_a_browser_that_has_logged_in_before_does_not_wait(self, ann: User) -> None:
        known = Client()
        assert log_in(PASSWORD, client=known)[0]
        known.post(reverse("logout"))
        guess_from_many_addresses()
        assert not log_in(PASSWORD)[0]
        assert log_in(PASSWORD, client=known)[0]


@pytest.mark.django_db
class TestCounting:
    @pytest.mark.parametrize(
        ("extra", "pause"), [(0, 1), (1, 2), (2, 4), (5, 32), (6, 64), (7, 120), (8, 120), (900_000, 120)]
    )
    def test_the_pause_grows_and_is_counted_from_the_last_guess_that_was_looked_at(
        self, extra: int, pause: int
    ) -> None:
        login_delay.count_attempt("ann")
        WrongPasswords.objects.update(attempts=FREE_ATTEMPTS + extra)
        let_pass(pause - 60)
        assert not login_delay.count_attempt("ann")
        assert 0 < login_delay.seconds_to_wait("ann") <= 60
        let_pass(60)
        assert login_delay.seconds_to_wait("ann") == 0
        assert login_delay.count_attempt("ann")
        assert WrongPasswords.objects.get().attempts == FREE_ATTEMPTS + extra + 1

    def test_names_differ_only_by_more_than_their_case(self, ann: User) -> None:
        guess_from_many_addresses("ANN")
        build.person("bob", password=PASSWORD)
        assert not log_in(PASSWORD, "Ann")[0]
        assert log_in(PASSWORD, "bob")[0]

    def test_a_name_that_nobody_has_is_answered_in_the_same_words(self, ann: User) -> None:
        guess_from_many_addresses("ann")
        guess_from_many_addresses("nobody")
        assert "for this name" in log_in("wrong", "ann")[1]
        assert "for this name" in log_in("wrong", "nobody")[1]

    def test_the_right_password_forgets_the_wrong_ones(self, ann: User) -> None:
        for _ in range(2):
            for _ in range(FREE_ATTEMPTS - 1):
                login_delay.count_attempt("ann")
            assert log_in(PASSWORD)[0]
        assert not WrongPasswords.objects.exists()

    def test_the_admin_sites_login_is_slowed_down_too(self, ann: User) -> None:
        User.objects.update(is_staff=True)
        guess_from_many_addresses()
        page = Client().post(reverse("admin:login"), {"username": "ann", "password": PASSWORD})
        assert "for this name" in page.content.decode()

    def test_what_was_typed_is_not_stored_and_is_forgotten_after_a_day(self, ann: User) -> None:
        log_in("wrong", "my secret password")
        assert "secret" not in WrongPasswords.objects.get().name_hash
        let_pass(25 * 3600)
        log_in("wrong", "another")
        assert WrongPasswords.objects.count() == 1

    def test_guesses_of_yesterday_do_not_slow_anybody_down(self, ann: User) -> None:
        guess_from_many_addresses()
        WrongPasswords.objects.update(attempts=1000)
        let_pass(25 * 3600)
        assert not log_in("wrong")[0]
        assert log_in(PASSWORD)[0]


@pytest.mark.django_db
class TestKnownBrowser:
    def test_a_known_browser_has_a_limit_of_its_own(self, ann: User) -> None:
        known = Client()
        log_in(PASSWORD, client=known)
        known.post(reverse("logout"))
        for _ in range(BY_BROWSER.limit):
            log_in("wrong", client=known)
        ok, page = log_in(PASSWORD, client=known)
        assert not ok
        assert "Too many attempts" in page
        assert log_in(PASSWORD)[0], "its wrong passwords do not slow down others"

    @pytest.mark.parametrize(
        "change", [lambda cookie: "x" * 80, lambda cookie: cookie[:-1], lambda cookie: ""]
    )
    def test_the_cookie_cannot_be_made_up(self, ann: User, change: Callable[[str], str]) -> None:
        known = Client()
        log_in(PASSWORD, client=known)
        known.post(reverse("logout"))
        guess_from_many_addresses()
        browser = Client()
        browser.cookies[COOKIE] = change(known.cookies[COOKIE].value)
        assert not log_in(PASSWORD, client=browser)[0]

    def test_the_cookie_is_for_one_name_only_and_lets_nobody_in(self, ann: User) -> None:
        build.person("bob", password=PASSWORD)
        known = Client()
        log_in(PASSWORD, "bob", client=known)
        known.post(reverse("logout"))
        assert known.get(reverse("home")).status_code == 302
        guess_from_many_addresses()
        assert not log_in(PASSWORD, client=known)[0]
        cookie = known.cookies[COOKIE]
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
        assert "bob" not in cookie.value


@pytest.mark.django_db(transaction=True)
def test_guesses_at_the_same_moment_do_not_all_pass() -> None:
    login_delay.count_attempt("ann")
    WrongPasswords.objects.update(attempts=FREE_ATTEMPTS + 10)
    let_pass(LONGEST_PAUSE)
    passed: list[bool] = []

    def guess() -> None:
        passed.append(login_delay.count_attempt("ann"))
        connection.close()

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(passed) == [False] * 7 + [True]
