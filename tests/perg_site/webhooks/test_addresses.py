"""Webhooks never go into our own network."""

import socket
import threading

import httpcore2
import pytest
from django.test import Client
from pytest_django import Settings

from core.models import User
from perg_site.models import Delivery, Webhook
from perg_site.webhooks import sending
from perg_site.webhooks.addresses import problem_with
from perg_site.webhooks.connection import AddressRefused, post
from perg_site.webhooks.managing import ping_webhook
from perg_site.webhooks.networks import is_allowed
from tests import build
from tests.perg_site.webhooks.receiver import Receiver


class TestOurOwnNetworkIsShut:
    @pytest.mark.parametrize(
        "address",
        [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fe80::1%eth0",
            "fd00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "2002:c0a8:101::1",
            "0.1.2.3",
            "100.127.255.255",
            "168.63.129.16",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "198.19.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "239.255.255.255",
            "240.0.0.1",
            "::8.8.8.8",
            "::ffff:8.8.8.8",
            "::ffff:0:8.8.8.8",
            "64:ff9b::808:808",
            "64:ff9b:1::1",
            "64:ff9b:1:ffff::a00:1",
            "100::1",
            "2001::1",
            "2001:0:7f00:1::1",
            "2001:2::1",
            "2001:10::1",
            "2001:1ff::1",
            "2001:db8::1",
            "2002:808:808::1",
            "3fff::1",
            "3ffe::1",
            "4000::1",
            "5f00::1",
            "fec0::1",
            "fee0::1",
            "fe80::1%1",
            "2606:4700::1111%eth0",
            "fc00::1",
            "ff0e::1",
            "not an address",
            "",
        ],
    )
    def test_private_addresses_in_whatever_disguise(self, address: str) -> None:
        assert not is_allowed(address)

    @pytest.mark.parametrize(
        "address",
        [
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.1",
            "172.32.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2001:200::1",
        ],
    )
    def test_public_ones_are_open(self, address: str) -> None:
        assert is_allowed(address)

    def test_the_operator_allows_networks_and_nothing_beside_them(self) -> None:
        networks = ["10.1.0.0/16", "fd00:1::/32"]
        for address in ("10.1.2.3", "fd00:1::5", "8.8.8.8"):
            assert is_allowed(address, networks)
        for address in ("10.2.0.1", "127.0.0.1", "fd00:2::1", "::ffff:10.1.2.3"):
            assert not is_allowed(address, networks)

    def test_a_name_is_judged_by_where_it_leads_when_the_connection_is_made(
        self, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        port = int(receiver.address.rpartition(":")[2])
        asked: list[str] = []

        def leads_inside(host: str, *_: object, **__: object) -> list[object]:
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

        monkeypatch.setattr("perg_site.webhooks.connection.socket.getaddrinfo", leads_inside)
        with pytest.raises(AddressRefused, match="private network"):
            post(f"http://innocent.example:{port}/", body=b"{}", headers={}, seconds=2)
        assert receiver.got == []
        # The address that was checked is the one connected to: the name is not looked up once more.
        answer = post(
            f"http://innocent.example:{port}/", body=b"{}", headers={}, seconds=2, networks=["127.0.0.0/8"]
        )
        assert answer.status == 200
        assert [host for host in asked if host != "127.0.0.1"] == ["innocent.example"] * 2
        assert receiver.got[0][1]["Host"] == f"innocent.example:{port}"

    def test_one_private_address_among_public_ones_refuses_the_name(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found = [(2, 1, 6, "", ("93.184.216.34", 80)), (2, 1, 6, "", ("192.168.0.1", 80))]
        monkeypatch.setattr("perg_site.webhooks.connection.socket.getaddrinfo", lambda *_, **__: found)
        with pytest.raises(AddressRefused):
            post("http://mixed.example/", body=b"", headers={}, seconds=1)

    @pytest.mark.parametrize(
        "host",
        [
            "127.0.0.1",
            "127.1",
            "127.0.0.1.",
            "0177.0.0.1",
            "017700000001",
            "2130706433",
            "0x7f.1",
            "0x7f000001",
            "127.0.0.0x1",
            "localhost",
            "LOCALHOST.",
            "hook.localhost",
            "[::1]",
            "[::]",
            "[::ffff:7f00:1]",
            "[::ffff:127.0.0.1]",
            "[::127.0.0.1]",
        ],
    )
    def test_this_machine_by_any_name(self, host: str, receiver: Receiver) -> None:
        port = receiver.address.rpartition(":")[2]
        with pytest.raises(AddressRefused):
            post(f"http://{host}:{port}/", body=b"{}", headers={}, seconds=2)
        assert receiver.got == []

    @pytest.mark.django_db
    def test_a_delivery_to_such_an_address_fails_at_once_with_the_reason(
        self, admin: User, receiver: Receiver, settings: Settings
    ) -> None:
        made, _ = build.webhook(admin, receiver.address)
        settings.WEBHOOK_NETWORKS = []
        ping_webhook(webhook=made, actor=admin)
        sending.deliver(made)
        delivery = Delivery.objects.get()
        assert (delivery.status, delivery.attempts) == ("failed", 1)
        assert "private network" in delivery.error
        assert receiver.got == []

    @pytest.mark.parametrize(
        "url",
        [
            "file:///etc/passwd",
            "gopher://example.org/",
            "ftp://example.org/",
            "example.org",
            "https://",
            "https://user:secret@example.org/",
            "https://example.org:0/",
            "https://example.org:99999/",
            "https://example.org/#part",
            "http://[::1",
            "http://[v1.x]/",
            "http://[fe80::1%25eth0]/",
            "https://example.org/#",
            "https://@example.org/",
            "https://example.org:25/",
            "https://example.org:6379:80/",
            "https://example.org:٤٤٣/",
            "https://exa mple.org/",
            "https://exa\tmple.org/",
            "https://example.org/\r\nHost: evil",
            "https://example.org/\0",
            "https://example.org\\@evil.example/",
            "https://münchen.example/",
            "https://ﬀ.example/",
            "https://example。org/",
            "https://example.org/größe",
            "https://example.org/\ud800",
            "https://exam\u200bple.org/",
            "https://-example.org/",
            "https://example..org/",
            "https://.../",
            f"https://{'a' * 64}.example/",
            f"https://{'a.' * 130}example/",
            f"https://example.org/{'x' * 500}",
            "https://metadata.google.internal/",
            "https://router.local/",
            "https://1.2.3.4.5/",
            "https://256.1.1.1/",
        ],
    )
    def test_only_addresses_of_the_web_are_taken(self, url: str) -> None:
        assert problem_with(url)
        with pytest.raises(AddressRefused):
            post(url, body=b"", headers={}, seconds=1)

    @pytest.mark.parametrize(
        "url",
        [
            "https://example.org",
            "HTTPS://Example.org/Path?a=1&b=%20",
            "http://example.org:8080/",
            "https://xn--mnchen-3ya.example/",
            "https://hook_1.example.org./x",
            "https://8.8.8.8/",
            "https://[2606:4700::1111]:8443/",
        ],
    )
    def test_good_addresses_are_taken(self, url: str) -> None:
        assert problem_with(url) == ""

    @pytest.mark.django_db
    @pytest.mark.parametrize(
        "host", ["münchen.example", "日本.example", "a\u0000b.example", "\ud800.example"]
    )
    def test_an_address_that_cannot_be_sent_to_is_refused_when_it_is_saved(
        self, admin: User, host: str
    ) -> None:
        client = Client()
        client.force_login(admin)
        entered = {"name": "n", "url": f"https://{host}/", "events": ["run.finished"]}
        assert client.post("/api/v1/webhooks/", entered, content_type="application/json").status_code == 400
        if host.isprintable():
            assert client.post("/webhooks/new/", entered).status_code == 422
        assert not Webhook.objects.exists()

    @pytest.mark.django_db
    def test_one_saved_by_an_earlier_version_fails_in_words(self, admin: User, receiver: Receiver) -> None:
        made, _ = build.webhook(admin, receiver.address)
        ping_webhook(webhook=made, actor=admin)
        Webhook.objects.update(url="https://münchen.example/")
        made.refresh_from_db()
        sending.deliver(made)
        delivery = Delivery.objects.get()
        assert (delivery.status, "Punycode" in delivery.error) == ("failed", True)

    def test_looking_a_name_up_takes_no_longer_than_the_delivery_may(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answered = threading.Event()

        def slow(*_: object, **__: object) -> list[object]:
            answered.wait(30)
            return []

        monkeypatch.setattr("perg_site.webhooks.connection.socket.getaddrinfo", slow)
        try:
            with pytest.raises(httpcore2.ConnectTimeout):
                post("http://slow.example/", body=b"", headers={}, seconds=2.0)
        finally:
            answered.set()
