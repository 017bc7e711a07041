"""Webhooks never go into our own network."""

import socket

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from perg_site.models import Delivery
from perg_site.webhooks import sending
from perg_site.webhooks.connection import AddressRefused, is_public, post, problem_with
from perg_site.webhooks.managing import (
    ping_webhook,
)
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
        ],
    )
    def test_private_addresses_in_whatever_disguise(self, address: str) -> None:
        assert not is_public(address)

    @pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"])
    def test_public_ones_are_open(self, address: str) -> None:
        assert is_public(address)

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
            f"http://innocent.example:{port}/", body=b"{}", headers={}, seconds=2, allow_private=True
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
        "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:7f00:1]"]
    )
    def test_this_machine_by_any_name(self, host: str, receiver: Receiver) -> None:
        port = receiver.address.rpartition(":")[2]
        with pytest.raises(AddressRefused):
            post(f"http://{host}:{port}/", body=b"{}", headers={}, seconds=2)
        assert receiver.got == []

    @pytest.mark.django_db
    def test_a_delivery_there_is_given_up_at_once_and_says_why(
        self, admin: User, receiver: Receiver, settings: Settings
    ) -> None:
        settings.WEBHOOK_PRIVATE_ADDRESSES = False
        made, _ = build.webhook(admin, receiver.address)
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
        ],
    )
    def test_only_addresses_of_the_web_are_taken(self, url: str) -> None:
        assert problem_with(url)
        with pytest.raises(AddressRefused):
            post(url, body=b"", headers={}, seconds=1)
