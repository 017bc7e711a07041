"""What a request says of itself in forwarding headers counts only where a stated proxy sent it."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from core.http.proxies import FORWARDING_HEADERS, TrustedProxyMiddleware
from core.http.throttle import address_of
from perg_site.deployment.checks import networks_can_be_read

PROXY = "10.7.0.2"
CLIENT = "198.51.100.7"


def seen(peer: str, **headers: str) -> HttpRequest:
    """The request as all that comes after the middleware sees it."""
    request = RequestFactory().get("/", REMOTE_ADDR=peer, **headers)  # type: ignore[arg-type]
    TrustedProxyMiddleware(lambda request: HttpResponse())(request)
    return request


@pytest.mark.parametrize("header", FORWARDING_HEADERS)
def test_without_a_stated_proxy_no_forwarding_header_is_left(header: str, settings: Settings) -> None:
    settings.TRUSTED_PROXIES = []
    assert header not in seen("127.0.0.1", **{header: CLIENT}).META


def test_without_a_stated_proxy_the_address_is_that_of_the_connection(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = []
    assert address_of(seen("203.0.113.5", HTTP_X_FORWARDED_FOR=CLIENT)) == "203.0.113.5"


def test_of_somebody_who_is_not_the_proxy_nothing_is_believed(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = [PROXY]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    request = seen("203.0.113.5", HTTP_X_FORWARDED_FOR=CLIENT, HTTP_X_FORWARDED_PROTO="https")
    assert (address_of(request), request.is_secure()) == ("203.0.113.5", False)


def test_the_stated_proxy_is_believed(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = [PROXY]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    request = seen(PROXY, HTTP_X_FORWARDED_FOR=CLIENT, HTTP_X_FORWARDED_PROTO="https")
    assert (address_of(request), request.is_secure()) == (CLIENT, True)


@pytest.mark.parametrize(
    ("forwarded_for", "address"),
    [
        ("", PROXY),
        (CLIENT, CLIENT),
        (f"127.0.0.1, {CLIENT}", CLIENT),
        (f"{CLIENT}, 10.7.0.9", CLIENT),  # a second proxy of the network in front
        (f"192.0.2.1, {CLIENT}, 10.7.0.9, 10.7.0.3", CLIENT),
        ("10.7.0.9", "10.7.0.9"),
        (f"{CLIENT}:4711", CLIENT),
        ("unknown", PROXY),
        (f"{CLIENT}, unknown", PROXY),
        ("'; DROP TABLE", PROXY),
        (",,", PROXY),
        (f"::ffff:{CLIENT}", CLIENT),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2:3::4]:443", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_the_client_is_the_last_address_that_is_no_proxy(
    forwarded_for: str, address: str, settings: Settings
) -> None:
    settings.TRUSTED_PROXIES = ["10.7.0.0/24"]
    assert address_of(seen(PROXY, HTTP_X_FORWARDED_FOR=forwarded_for)) == address


def test_a_proxy_over_ipv6_and_one_in_mapped_form_are_known(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = ["2001:db8:9::/48", PROXY]
    for peer in ("2001:db8:9::1", f"::ffff:{PROXY}"):
        assert address_of(seen(peer, HTTP_X_FORWARDED_FOR=CLIENT)) == CLIENT


def test_addresses_of_one_ipv6_network_are_counted_as_one(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = []
    assert address_of(seen("2001:db8::1")) == address_of(seen("2001:db8::ffff:1"))
    assert address_of(seen("2001:db8::1")) != address_of(seen("2001:db8:0:1::1"))


def test_the_forwarded_host_is_never_used(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = [PROXY]
    assert seen(PROXY, HTTP_X_FORWARDED_HOST="evil.example").get_host() == "testserver"


@pytest.mark.parametrize(
    ("proxies", "problems"),
    [
        ([], []),
        (["10.0.0.2", "10.0.0.0/28", "2001:db8::/32"], []),
        (["proxy"], ["perg.E005"]),
        (["10.0.0.2/8"], ["perg.E005"]),
        (["*"], ["perg.E005"]),
        (["0.0.0.0/0", "::/0"], ["perg.E006", "perg.E006"]),
    ],
)
def test_a_check_refuses_proxies_that_cannot_be_read_or_are_everybody(
    proxies: list[str], problems: list[str], settings: Settings
) -> None:
    settings.TRUSTED_PROXIES = proxies
    assert [problem.id for problem in networks_can_be_read()] == problems


def test_a_check_refuses_webhook_networks_that_cannot_be_read(settings: Settings) -> None:
    settings.WEBHOOK_NETWORKS = ["10.0.0.0/8", "everywhere"]
    assert [problem.id for problem in networks_can_be_read()] == ["perg.E005"]
