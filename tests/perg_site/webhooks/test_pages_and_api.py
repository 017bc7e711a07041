"""Webhooks are made, changed and looked at on their pages and over REST."""

import uuid

import pytest
from django.test import Client

from core.errors import DomainError
from core.models import AuditEvent, User
from perg_site.models import Delivery, Webhook
from perg_site.webhooks import sending
from perg_site.webhooks.managing import (
    create_webhook,
    ping_webhook,
)
from tests import build
from tests.perg_site.webhooks.receiver import Receiver, is_signed
from tests.query_counts import check_query_count


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
        assert "No deliveries match" in client.get(f"{at}?status=failed").content.decode()
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
        made, _ = build.webhook(admin, "https://example.org")

        def add_rows(count: int) -> None:
            for _ in range(count):
                build.webhook(admin, "https://example.org", name=str(uuid.uuid4()))
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
        build.webhook(admin, "https://example.org", name="taken")
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
