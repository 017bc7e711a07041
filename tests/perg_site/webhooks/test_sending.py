"""Webhooks are signed, sent, tried again and given up; the receivers are real servers."""

import json
import threading
from datetime import timedelta

import pytest
from django.db import connections, transaction
from django.utils import timezone
from pytest_django import Settings

from core.errors import Conflict
from core.models import User
from perg_site.models import Delivery
from perg_site.models.webhook import Event
from perg_site.webhooks import sending
from perg_site.webhooks.managing import (
    pause_webhook,
    ping_webhook,
    renew_secret,
    resume_webhook,
    send_again,
)
from perg_site.webhooks.outbox import announce
from tests import build
from tests.perg_site.webhooks.receiver import Receiver, closed_port, is_signed


@pytest.mark.django_db
class TestSending:
    def test_a_delivery_arrives_signed_and_is_noted(self, admin: User, receiver: Receiver) -> None:
        made, secret = build.webhook(admin, receiver.address + "/hook?a=1")
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
        made, old = build.webhook(admin, receiver.address)
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
        made, secret = build.webhook(admin, receiver.address)
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
        made, _ = build.webhook(admin, receiver.address)
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
        made, _ = build.webhook(admin, receiver.address)
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
        made, _ = build.webhook(admin, receiver.address)
        ping_webhook(webhook=made, actor=admin)
        assert sending.deliver(made) == 0
        assert "No answer within" in Delivery.objects.get().error

    def test_a_dead_receiver_is_called_once_a_turn(self, admin: User) -> None:
        made, _ = build.webhook(admin, f"http://127.0.0.1:{closed_port()}")
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

    def test_a_delivery_of_a_lost_worker_is_claimed_again_and_its_late_result_ignored(
        self, admin: User, receiver: Receiver
    ) -> None:
        made, _ = build.webhook(admin, receiver.address)
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
        made, _ = build.webhook(admin, f"http://127.0.0.1:{closed_port()}")
        ping_webhook(webhook=made, actor=admin)
        past = timezone.now() - timedelta(seconds=1)
        Delivery.objects.update(
            status="sending", attempts=sending.MOST_ATTEMPTS, next_attempt_at=None, leased_until=past
        )
        assert sending.claim_delivery(made) is None
        sending.Deliveries().sweep()
        assert Delivery.objects.get().status == "failed"

    def test_what_is_long_past_is_forgotten_and_nothing_else(self, admin: User, receiver: Receiver) -> None:
        made, _ = build.webhook(admin, receiver.address)
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
        made, _ = build.webhook(admin, receiver.address)
        first = ping_webhook(webhook=made, actor=admin)
        assert send_again(delivery=first, actor=admin).pk == first.pk, "it waits yet"
        sending.deliver(made)
        first.refresh_from_db()
        again = send_again(delivery=first, actor=admin)
        assert (again.event_id, again.payload) == (first.event_id, first.payload)
        sending.deliver(made)
        assert len({body for *_, body in receiver.got}) == 1

    def test_a_paused_webhook_gets_nothing_until_it_is_resumed(self, admin: User, receiver: Receiver) -> None:
        made, _ = build.webhook(admin, receiver.address)
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
        build.webhook(admin, "https://example.org")
        with transaction.atomic():
            announce(Event.RUN_FINISHED, {"run": {"id": 1}})
            transaction.set_rollback(True)
        assert not Delivery.objects.exists()

    def test_workers_hear_of_it_after_the_commit(self, admin: User, monkeypatch: pytest.MonkeyPatch) -> None:
        made, _ = build.webhook(admin, "https://example.org")
        sent: list[object] = []
        monkeypatch.setattr("core.jobs.wake._send", lambda *message: sent.append(message))
        with transaction.atomic():
            announce(Event.RUN_FINISHED, {"run": {"id": 1}})
            assert sent == []
        assert sent == [("perg_site.tasks.deliver", (made.pk,))]

    def test_no_attempt_is_made_by_two_workers(self, admin: User, receiver: Receiver) -> None:
        made, _ = build.webhook(admin, receiver.address)
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
