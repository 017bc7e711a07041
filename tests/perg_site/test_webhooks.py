"""Webhooks: told of what happened, signed, tried again, never into our own network. The receivers are real servers."""

import hashlib
import hmac
import json
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.contrib.auth.models import User
from django.db import connections, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from annotations.models import AuditEvent
from annotations.services.adjudication import adjudicate
from annotations.services.completion import note_completed
from annotations.services.gold import release_gold
from annotations.services.validation import compute_report, report_settings, request_report
from evaluation.errors import Conflict, DomainError
from evaluation.models import Completion, Item, Run
from evaluation.services.advance import advance_run
from evaluation.services.control import cancel_run
from perg_site.models import Delivery, Webhook
from perg_site.models.webhook import SUBSCRIBABLE, Event
from perg_site.tasks import sweep_deliveries
from perg_site.webhooks import sending
from perg_site.webhooks.connection import AddressRefused, is_public, post, problem_with
from perg_site.webhooks.managing import (
    create_webhook,
    pause_webhook,
    ping_webhook,
    renew_secret,
    resume_webhook,
    send_again,
)
from perg_site.webhooks.outbox import announce
from tests import build
from tests.query_counts import check_query_count


@dataclass
class Receiver:
    """A server that notes what it gets and answers as it is told to."""

    address: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"thanks"
    delay: float = 0
    dribbles: bool = False
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    stopping = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append((self.path, dict(self.headers), body))
            stopping.wait(receiver.delay)
            if receiver.dribbles:
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                while not stopping.wait(0.05):
                    try:
                        self.wfile.write(b"x")
                        self.wfile.flush()
                    except OSError:
                        return
            self.send_response(receiver.status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(receiver.body)))
            self.end_headers()
            self.wfile.write(receiver.body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass  # the other side has had enough

    server = Server(("127.0.0.1", 0), Handler)
    receiver.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield receiver
    stopping.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def _private_addresses(settings: Settings) -> None:
    settings.WEBHOOK_PRIVATE_ADDRESSES = True
    settings.WEBHOOK_SECONDS = 5.0


@pytest.fixture
def admin() -> User:
    return build.person("admin", staff=True)


def webhook(admin: User, url: str, *events: str, name: str = "ours") -> tuple[Webhook, str]:
    issued = create_webhook(
        name=name, url=url, events=events or [event.value for event in SUBSCRIBABLE], actor=admin
    )
    return issued.webhook, issued.secret


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_signed(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """What a receiver does, as the documentation says, without any code of ours."""
    parts = dict(part.split("=", 1) for part in headers["PERG-Signature"].split(","))
    expected = hmac.new(secret.encode(), f"{parts['t']}.".encode() + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, parts["v1"]) and abs(time.time() - int(parts["t"])) < 300


@pytest.mark.django_db
class TestSending:
    def test_a_delivery_arrives_signed_and_is_noted(self, admin: User, receiver: Receiver) -> None:
        made, secret = webhook(admin, receiver.address + "/hook?a=1")
        ping_webhook(webhook=made, actor=admin)
        assert sending.deliver(made) == 1
        ((path, headers, body),) = receiver.got
        assert path == "/hook?a=1"
        assert is_signed(secret, headers, body)
        assert not is_signed("whsec_other", headers, body)
        told = json.loads(body)
        assert (told["event"], told["data"]["webhook"]["name"]) == ("ping", "ours")
        delivery = Delivery.objects.get()
        assert (delivery.status, delivery.attempts, delivery.response_status) == ("delivered", 1, 200)
        assert (delivery.response_body, delivery.error) == ("thanks", "")
        assert (told["id"], headers["PERG-Event"]) == (str(delivery.event_id), "ping")
        assert sending.deliver(made) == 0

    def test_a_new_secret_signs_what_was_written_before(self, admin: User, receiver: Receiver) -> None:
        made, old = webhook(admin, receiver.address)
        ping_webhook(webhook=made, actor=admin)
        new = renew_secret(webhook=made, actor=admin).secret
        sending.deliver(made)
        _, headers, body = receiver.got[0]
        assert (is_signed(new, headers, body), is_signed(old, headers, body)) == (True, False)

    @pytest.mark.parametrize("status", [500, 404, 302])
    def test_what_is_no_success_is_tried_again_and_then_given_up(
        self, admin: User, receiver: Receiver, status: int
    ) -> None:
        receiver.status, receiver.body = status, b"no" * 5000
        receiver.headers = {"Location": receiver.address + "/elsewhere"}
        made, secret = webhook(admin, receiver.address)
        ping_webhook(webhook=made, actor=admin)
        for attempt in range(1, sending.MOST_ATTEMPTS + 1):
            assert sending.deliver(made) == 0
            delivery = Delivery.objects.get()
            assert (delivery.attempts, delivery.response_status) == (attempt, status)
            assert len(delivery.response_body) == 2000
            assert str(status) in delivery.error
            assert sending.deliver(made) == 0, "it is not due yet"
            Delivery.objects.filter(status="waiting").update(next_attempt_at=timezone.now())
        assert delivery.status == "failed"
        assert len(receiver.got) == sending.MOST_ATTEMPTS
        assert {path for path, *_ in receiver.got} == {"/"}, "a redirect is not followed"
        assert len({body for *_, body in receiver.got}) == 1, "the same bytes each time"
        assert all(is_signed(secret, headers, body) for _, headers, body in receiver.got)

    def test_it_arrives_once_the_receiver_is_up_again(self, admin: User, receiver: Receiver) -> None:
        receiver.status = 503
        made, _ = webhook(admin, receiver.address)
        ping_webhook(webhook=made, actor=admin)
        sending.deliver(made)
        receiver.status = 204
        receiver.body = b""
        Delivery.objects.update(next_attempt_at=timezone.now())
        assert sending.deliver(made) == 1
        assert Delivery.objects.get().status == "delivered"

    def test_a_slow_receiver_is_given_up_soon(
        self, admin: User, receiver: Receiver, settings: Settings
    ) -> None:
        settings.WEBHOOK_SECONDS = 0.3
        receiver.delay = 30
        made, _ = webhook(admin, receiver.address)
        ping_webhook(webhook=made, actor=admin)
        assert sending.deliver(made) == 0
        delivery = Delivery.objects.get()
        assert (delivery.status, delivery.response_status) == ("waiting", None)
        assert "No answer within 0.3 seconds" in delivery.error

    def test_a_receiver_that_dribbles_does_not_hold_a_worker(
        self, admin: User, receiver: Receiver, settings: Settings
    ) -> None:
        settings.WEBHOOK_SECONDS = 0.4
        receiver.dribbles = True
        made, _ = webhook(admin, receiver.address)
        ping_webhook(webhook=made, actor=admin)
        assert sending.deliver(made) == 0
        assert "No answer within" in Delivery.objects.get().error

    def test_a_dead_receiver_is_asked_once_a_turn(self, admin: User) -> None:
        made, _ = webhook(admin, f"http://127.0.0.1:{closed_port()}")
        for _ in range(3):
            ping_webhook(webhook=made, actor=admin)
        assert sending.deliver(made) == 0
        assert sorted(Delivery.objects.values_list("attempts", flat=True)) == [0, 0, 1]
        assert "No answer" in Delivery.objects.exclude(error="").get().error

    def test_pauses_grow_and_differ(self) -> None:
        pauses = [[sending.pause_after(n) for _ in range(50)] for n in range(1, sending.MOST_ATTEMPTS)]
        for n, drawn in enumerate(pauses):
            longest = min(timedelta(seconds=15) * 3**n, timedelta(hours=6))
            assert longest / 2 <= min(drawn) < max(drawn) <= longest

    def test_a_lost_worker_s_delivery_is_taken_up_again_and_its_word_no_longer_counts(
        self, admin: User, receiver: Receiver
    ) -> None:
        made, _ = webhook(admin, receiver.address)
        ping_webhook(webhook=made, actor=admin)
        lost = sending.claim_delivery(made)
        assert lost is not None
        assert sending.claim_delivery(made) is None
        Delivery.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
        assert sending.deliver(made) == 1
        assert not sending.record_attempt(lost, sending.Outcome("too late"), seconds=1)
        delivery = Delivery.objects.get()
        assert (delivery.status, delivery.attempts, delivery.error) == ("delivered", 2, "")

    def test_one_that_lost_every_worker_is_given_up(self, admin: User) -> None:
        made, _ = webhook(admin, "http://127.0.0.1:1")
        ping_webhook(webhook=made, actor=admin)
        past = timezone.now() - timedelta(seconds=1)
        Delivery.objects.update(
            status="sending", attempts=sending.MOST_ATTEMPTS, next_attempt_at=None, leased_until=past
        )
        assert sending.claim_delivery(made) is None
        sweep_deliveries()
        assert Delivery.objects.get().status == "failed"

    def test_what_is_long_past_is_forgotten_and_nothing_else(self, admin: User, receiver: Receiver) -> None:
        made, _ = webhook(admin, receiver.address)
        for _ in range(3):
            ping_webhook(webhook=made, actor=admin)
        old, new, _ = Delivery.objects.order_by("pk")
        Delivery.objects.filter(pk__in=[old.pk, new.pk]).update(
            status="delivered", next_attempt_at=None, finished_at=timezone.now()
        )
        Delivery.objects.filter(pk=old.pk).update(finished_at=timezone.now() - timedelta(days=31))
        Delivery.objects.update(created_at=timezone.now() - timedelta(days=60))
        assert sending.forget_old() == 1
        assert not Delivery.objects.filter(pk=old.pk).exists()

    def test_the_event_can_be_sent_again(self, admin: User, receiver: Receiver) -> None:
        made, _ = webhook(admin, receiver.address)
        first = ping_webhook(webhook=made, actor=admin)
        assert send_again(delivery=first, actor=admin).pk == first.pk, "it waits yet"
        sending.deliver(made)
        first.refresh_from_db()
        again = send_again(delivery=first, actor=admin)
        assert (again.event_id, again.payload) == (first.event_id, first.payload)
        sending.deliver(made)
        assert len({body for *_, body in receiver.got}) == 1

    def test_a_paused_one_is_told_nothing_until_it_is_resumed(self, admin: User, receiver: Receiver) -> None:
        made, _ = webhook(admin, receiver.address)
        ping_webhook(webhook=made, actor=admin)
        pause_webhook(webhook=made, actor=admin)
        assert announce(Event.GOLD_RELEASED, {}) == []
        assert sending.deliver(made) == 0
        assert not sending.webhooks_with_due().exists()
        with pytest.raises(Conflict, match="paused"):
            ping_webhook(webhook=made, actor=admin)
        resume_webhook(webhook=made, actor=admin)
        assert sending.deliver(made) == 1


@pytest.mark.django_db(transaction=True)
class TestOutbox:
    def test_an_event_is_written_with_what_it_tells_of_or_not_at_all(self, admin: User) -> None:
        webhook(admin, "https://example.org")
        with transaction.atomic():
            announce(Event.RUN_FINISHED, {"run": {"id": 1}})
            transaction.set_rollback(True)
        assert not Delivery.objects.exists()

    def test_workers_hear_of_it_after_the_commit(self, admin: User, monkeypatch: pytest.MonkeyPatch) -> None:
        made, _ = webhook(admin, "https://example.org")
        sent: list[object] = []
        monkeypatch.setattr("evaluation.services.wake._send", lambda *message: sent.append(message))
        with transaction.atomic():
            announce(Event.RUN_FINISHED, {"run": {"id": 1}})
            assert sent == []
        assert sent == [("perg_site.tasks.deliver", (made.pk,))]

    def test_no_attempt_is_made_by_two_workers(self, admin: User, receiver: Receiver) -> None:
        made, _ = webhook(admin, receiver.address)
        for _ in range(20):
            ping_webhook(webhook=made, actor=admin)
        receiver.delay = 0.02

        def work() -> None:
            sending.deliver(made)
            connections.close_all()

        workers = [threading.Thread(target=work) for _ in range(6)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        ids = [headers["PERG-Delivery"] for _, headers, _ in receiver.got]
        assert len(ids) == len(set(ids)) == 20
        assert set(Delivery.objects.values_list("status", "attempts")) == {("delivered", 1)}


@pytest.mark.django_db
class TestWhatIsTold:
    @pytest.fixture
    def told(self, admin: User) -> Webhook:
        return webhook(admin, "https://example.org")[0]

    def events(self) -> list[tuple[str, dict[str, object]]]:
        return [(each.event, each.payload["data"]) for each in Delivery.objects.order_by("pk")]

    def test_a_run_that_finishes(self, told: Webhook) -> None:
        run = build.run_with_items(2)
        Run.objects.filter(pk=run.pk).update(status="running")
        for _ in range(2):
            advance_run(Run.objects.get(pk=run.pk))
        ((event, data),) = self.events()
        assert event == "run.finished"
        run_told = data["run"]
        assert isinstance(run_told, dict)
        assert (run_told["id"], run_told["status"], run_told["items"], run_told["failed"]) == (
            run.pk,
            "complete",
            2,
            0,
        )

    def test_a_run_of_which_every_item_failed(self, told: Webhook) -> None:
        run = build.run_with_items(2)
        Item.objects.filter(run=run).update(status="failed", failure="not_recorded")
        Run.objects.filter(pk=run.pk).update(status="running")
        advance_run(Run.objects.get(pk=run.pk))
        ((event, data),) = self.events()
        assert (event, data["reason"]) == ("run.failed", "every_item_failed")

    def test_a_run_that_is_cancelled(self, told: Webhook) -> None:
        run = build.run_with_items(1)
        Run.objects.filter(pk=run.pk).update(status="running")
        cancel_run(run=run)
        ((event, data),) = self.events()
        assert (event, data["reason"]) == ("run.failed", "cancelled")

    def test_a_run_that_has_reached_its_budget(self, told: Webhook) -> None:
        from evaluation.services.claims import claim_completions

        run = build.run_with_items(1)
        Run.objects.filter(pk=run.pk).update(status="running", call_budget=1, calls=1)
        Completion.objects.create(
            endpoint=run.endpoint,
            run=run,
            request_key="k",
            request={"model": "m", "messages": [{"role": "user", "content": "?"}], "max_tokens": 5},
        )
        claim_completions(run.endpoint, limit=5)
        assert Run.objects.get(pk=run.pk).status == "budget_reached"
        ((event, data),) = self.events()
        assert (event, data["reason"]) == ("run.failed", "budget_reached")

    def test_a_campaign_that_is_complete_once_and_anew_after_a_decision(self, told: Webhook) -> None:
        ann, bob, lead = build.person(), build.person(), build.person()
        campaign = build.campaign(build.run_with_items(2), [ann, bob], leads=[lead])
        first, second = campaign.tasks.all()
        build.vote(first, ann, 4)
        build.vote(first, bob, 4)
        build.vote(second, ann, 1)
        assert note_completed() == []
        build.vote(second, bob, 5)
        assert note_completed() == [], "it waits for an adjudication"
        adjudicate(task=second, adjudicator=lead, score=4, rationale="So.", based_on=0)
        assert note_completed() == [campaign]
        assert note_completed() == []
        ((event, data),) = self.events()
        assert event == "campaign.completed"
        assert data["campaign"] == {
            "id": campaign.pk,
            "name": campaign.name,
            "status": "open",
            "tasks": 2,
            "labels": 4,
            "adjudicated": 1,
        }
        assert AuditEvent.objects.filter(action="campaign.completed", campaign=campaign).count() == 1
        adjudicate(task=second, adjudicator=lead, score=2, rationale="No, so.", based_on=1)
        assert note_completed() == [campaign]

    def test_an_archived_campaign_is_not_looked_at(self, told: Webhook) -> None:
        ann = build.person()
        campaign = build.campaign(build.run_with_items(1), [ann], overlap=1)
        build.vote(campaign.tasks.get(), ann, 4)
        type(campaign).objects.filter(pk=campaign.pk).update(status="archived")
        assert note_completed() == []

    def test_a_report_and_a_release(self, told: Webhook) -> None:
        ann = build.person()
        run = build.run_with_items(3)
        campaign = build.campaign(run, [ann], overlap=1)
        for task in campaign.tasks.all():
            build.vote(task, ann, 4)
        compute_report(report=request_report(campaign=campaign, settings=report_settings()))
        release = release_gold(campaign=campaign)
        (ready, report), (released, gold) = self.events()
        assert (ready, released) == ("report.ready", "gold.released")
        assert isinstance(report["report"], dict)
        assert report["report"]["id"] == campaign.validation_reports.get().pk
        assert isinstance(gold["release"], dict)
        assert gold["release"]["checksum"] == release.checksum

    def test_only_what_was_asked_for(self, admin: User) -> None:
        gold, _ = webhook(admin, "https://example.org", "gold.released", name="gold")
        announce(Event.RUN_FINISHED, {})
        assert not Delivery.objects.exists()
        announce(Event.GOLD_RELEASED, {})
        assert Delivery.objects.get().webhook == gold


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
        made, _ = webhook(admin, receiver.address)
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


@pytest.mark.django_db
class TestPagesAndApi:
    @pytest.fixture
    def client(self, admin: User) -> Client:
        client = Client()
        client.force_login(admin)
        return client

    def test_from_a_new_webhook_to_its_log(self, client: Client, receiver: Receiver) -> None:
        entered = {"name": "ours", "url": receiver.address, "events": ["run.finished", "gold.released"]}
        page = client.post("/webhooks/new/", entered)
        made = Webhook.objects.get()
        secret = page.context["link"]
        assert secret in page.content.decode()
        assert made.events == ["run.finished", "gold.released"]
        at = f"/webhooks/{made.pk}/"
        assert secret not in client.get(at).content.decode()
        client.post(f"{at}ping/")
        sending.deliver(made)
        delivery = Delivery.objects.get()
        assert "Delivered" in client.get(at).content.decode()
        shown = client.get(f"{at}deliveries/{delivery.pk}/").content.decode()
        assert "thanks" in shown
        assert str(delivery.event_id) in shown
        client.post(f"{at}deliveries/{delivery.pk}/again/")
        assert Delivery.objects.count() == 2
        assert "No delivery matches" in client.get(f"{at}?status=failed").content.decode()
        client.post(f"{at}pause/")
        assert "paused" in client.get("/webhooks/").content.decode()
        renewed = client.post(f"{at}secret/").context["link"]
        assert renewed != secret
        client.post(at, {"url": "https://example.org/x", "events": ["run.failed"]})
        made.refresh_from_db()
        assert (made.url, made.events) == ("https://example.org/x", ["run.failed"])
        client.post(f"{at}delete/")
        assert not Webhook.objects.exists()
        actions = set(
            AuditEvent.objects.filter(action__startswith="webhook.").values_list("action", flat=True)
        )
        assert actions == {
            f"webhook.{done}"
            for done in (
                "created",
                "pinged",
                "sent_again",
                "paused",
                "secret_renewed",
                "changed",
                "deleted",
            )
        }
        assert secret not in str(list(AuditEvent.objects.values_list("details", flat=True)))

    def test_queries_do_not_grow_with_webhooks_and_deliveries(self, client: Client, admin: User) -> None:
        made, _ = webhook(admin, "https://example.org")

        def add_rows(count: int) -> None:
            for _ in range(count):
                webhook(admin, "https://example.org", name=str(uuid.uuid4()))
                ping_webhook(webhook=made, actor=admin)

        for name, path in (
            ("webhook_list", "/webhooks/"),
            ("webhook_detail", f"/webhooks/{made.pk}/"),
            ("api_webhook_list", "/api/v1/webhooks/"),
            ("api_delivery_list", f"/api/v1/webhooks/{made.pk}/deliveries/"),
        ):
            check_query_count(name, add_rows=add_rows, ask=lambda path=path: client.get(path))  # type: ignore[misc]

    def test_a_wrong_form_says_what_is_wrong(self, client: Client) -> None:
        page = client.post("/webhooks/new/", {"name": "x", "url": "ftp://example.org"})
        assert page.status_code == 422
        assert set(page.context["form"].errors) == {"url", "events"}

    def test_over_rest(self, client: Client, receiver: Receiver) -> None:
        new = {"name": "ours", "url": receiver.address, "events": ["run.finished"]}
        made = client.post("/api/v1/webhooks/", new, content_type="application/json")
        assert made.status_code == 201
        at = f"/api/v1/webhooks/{made.json()['id']}/"
        secret = made.json()["secret"]
        assert secret not in client.get(at).content.decode()
        assert secret not in client.get("/api/v1/webhooks/").content.decode()
        pinged = client.post(f"{at}ping/")
        assert (pinged.status_code, pinged.json()["status"]) == (202, "waiting")
        sending.deliver(Webhook.objects.get())
        assert is_signed(secret, *receiver.got[0][1:])
        log = client.get(f"{at}deliveries/?status=delivered").json()["results"]
        assert [each["response_status"] for each in log] == [200]
        assert client.get(f"{at}deliveries/?colour=red").status_code == 400
        assert client.get(f"{at}deliveries/{log[0]['id']}/").json()["payload"]["event"] == "ping"
        assert client.post(f"{at}deliveries/{log[0]['id']}/again/").status_code == 202
        changed = client.patch(at, {"events": ["gold.released"]}, content_type="application/json")
        assert changed.json()["events"] == ["gold.released"]
        assert client.post(f"{at}pause/").json()["is_active"] is False
        assert client.post(f"{at}pause/").status_code == 409
        assert client.post(f"{at}resume/").json()["is_active"] is True
        assert client.post(f"{at}secret/").json()["secret"] != secret
        assert client.delete(at).status_code == 204
        assert client.get(at).status_code == 404

    def test_what_is_wrong_is_named(self, client: Client, admin: User) -> None:
        webhook(admin, "https://example.org", name="taken")
        good = {"name": "ours", "url": "https://example.org", "events": ["run.finished"]}
        for wrong, field_ in (
            ({"url": "ftp://example.org"}, "url"),
            ({"url": "https://a:b@example.org"}, "url"),
            ({"name": "taken"}, "name"),
        ):
            answer = client.post("/api/v1/webhooks/", good | wrong, content_type="application/json")
            assert answer.status_code in (400, 409)
            assert answer.json()["field"] == field_

    def test_a_webhook_without_events_is_refused(self, admin: User) -> None:
        with pytest.raises(DomainError, match="at least one event"):
            create_webhook(name="x", url="https://example.org", events=[], actor=admin)
        with pytest.raises(DomainError):
            create_webhook(name="x", url="https://example.org", events=["ping"], actor=admin)


def test_a_seed_gives_one_secret_and_another_gives_another() -> None:
    from perg_site.webhooks.signature import new_seed, secret_of

    seed = new_seed()
    assert secret_of(seed) == secret_of(seed) != secret_of(new_seed())
    assert uuid.uuid4().hex not in secret_of(seed)
