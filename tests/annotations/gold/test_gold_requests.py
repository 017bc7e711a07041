"""Releases that are asked for: at once where the campaign is small, else by a worker; one for each wish."""

import threading
import uuid
from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotations.gold.forms import GoldForm, as_address
from annotations.gold.services import cached_preview as gold_kept
from annotations.gold.services import requests as gold_requests
from annotations.gold.services.gold import preview_gold, release_gold
from annotations.gold.services.requests import request_release, retry_release
from annotations.labelling.services.labels import submit_label
from annotations.models import Assignment, Campaign, GoldRelease, GoldRequest
from core.errors import Conflict
from core.jobs import leasing
from core.jobs.heartbeat import ThreadHeartbeat
from core.jobs.leasing import run_job
from core.models import AuditEvent, User
from perg.stats.base.result import dump
from perg.stats.gold.gold_criteria import EVERY_TASK, GoldCriteria
from tests import build
from tests.pages import one_line

pytestmark = pytest.mark.django_db

FORM = {
    "shown": "1",
    "rule": "majority",
    "states": ["open", "agreed", "disputed", "adjudicated"],
    "adjudicated_first": "on",
    "include_unresolved": "on",
    "minimum_labels": "0",
    "minimum_agreement": "0",
    "minimum_confidence": "0",
}


@pytest.fixture
def campaign() -> Campaign:
    """Two people, and labels on three of four tasks."""
    people = [build.person("ann"), build.person("bob")]
    made = build.campaign(build.run_with_items(4), people, overlap=2, leads=[build.person("lead")])
    for task, scores in zip(
        made.tasks.order_by("response__item__position"), ((5, 5), (1, 5), (4,)), strict=False
    ):
        for person, score in zip(people, scores, strict=False):
            build.vote(task, person, score)
    return made


@pytest.fixture
def lead(campaign: Campaign) -> User:
    return User.objects.get(username="lead")


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    calls: list[tuple[object, ...]] = []
    monkeypatch.setattr(leasing, "wake", lambda *call: calls.append(call))
    return calls


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch, woken: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Every campaign is said to be large; what workers are asked for."""
    monkeypatch.setattr(gold_kept, "LIVE_LABELS", 0)
    return woken


@pytest.fixture
def client(lead: User) -> Client:
    client = Client()
    client.force_login(lead)
    return client


def _revise() -> None:
    assignment = Assignment.objects.order_by("pk").first()
    assert assignment is not None
    submit_label(assignment=assignment, score=1, comment="", submission_key=uuid.uuid4(), based_on=1)


def _actions() -> list[str]:
    return list(
        AuditEvent.objects.filter(action__startswith="gold.").order_by("pk").values_list("action", flat=True)
    )


# At once


def test_a_small_release_is_made_at_once_without_a_worker(
    campaign: Campaign, lead: User, woken: list[tuple[object, ...]]
) -> None:
    request = request_release(campaign=campaign, requested_by=lead)
    assert request.release == GoldRelease.objects.get()
    assert (request.status, request.release.created_by, woken) == ("released", lead, [])
    assert _actions() == ["gold.released"]


def test_a_small_release_that_is_refused_leaves_no_request(campaign: Campaign, lead: User) -> None:
    seen = preview_gold(campaign=campaign).fingerprint
    _revise()
    with pytest.raises(Conflict, match="changed since the preview"):
        request_release(campaign=campaign, requested_by=lead, seen=seen)
    assert not GoldRequest.objects.exists()


def test_the_same_page_sent_twice_is_one_release_and_another_page_another(
    client: Client, campaign: Campaign
) -> None:
    page = reverse("campaign_gold", args=[campaign.pk])
    first, second = (
        {"seen": context["preview"].fingerprint, "key": str(context["key"])}
        for context in (client.get(page, FORM).context, client.get(page, FORM).context)
    )
    address = reverse("gold_release", args=[campaign.pk])
    answers = [client.post(address, FORM | sent) for sent in (first, first, second)]
    assert [release.number for release in GoldRelease.objects.order_by("pk")] == [1, 2]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert answers[2].headers["Location"] != answers[0].headers["Location"]


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_the_same_moment_are_one_release(campaign: Campaign, lead: User) -> None:
    key, started = uuid.uuid4(), threading.Barrier(4)
    release_keys: list[int | None] = []

    def click() -> None:
        started.wait()
        latest = request_release(campaign=campaign, requested_by=lead, submission_key=key)
        release_keys.append(latest.release_id)
        connection.close()

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    release = GoldRelease.objects.get()
    assert (release_keys, release.number) == ([release.pk] * 4, 1)


# By a worker


def test_a_large_release_waits_for_a_worker_and_is_what_was_seen(
    campaign: Campaign, lead: User, large: list[tuple[object, ...]]
) -> None:
    criteria = EVERY_TASK.model_copy(update={"minimum_labels": 2, "include_unresolved": False})
    preview = preview_gold(campaign=campaign, criteria=criteria)
    request = request_release(
        campaign=campaign, requested_by=lead, criteria=criteria, seen=preview.fingerprint
    )
    assert (request.status, request.release, large) == (
        "queued",
        None,
        [("core.jobs.tasks.run_job", "annotations.goldrequest", request.pk)],
    )
    run_job(request)
    request.refresh_from_db()
    assert request.release is not None
    assert (request.status, request.written, request.attempts) == ("released", 1, 1)
    assert request.release.counts == dump(preview.counts)
    assert (request.release.created_by, request.release.criteria) == (lead, criteria.model_dump(mode="json"))
    assert _actions() == ["gold.requested", "gold.released"]


def test_a_request_claimed_twice_gives_one_release(
    campaign: Campaign, lead: User, large: list[tuple[object, ...]]
) -> None:
    request = request_release(campaign=campaign, requested_by=lead)
    for _ in range(2):
        run_job(request)
    assert GoldRelease.objects.count() == 1


def test_asking_again_while_it_is_made_is_the_same_request_and_another_wish_is_refused(
    campaign: Campaign, lead: User, large: list[tuple[object, ...]]
) -> None:
    first = request_release(campaign=campaign, requested_by=lead)
    assert request_release(campaign=campaign, requested_by=lead) == first
    assert len(large) == 1
    with pytest.raises(Conflict) as raised:
        request_release(
            campaign=campaign, requested_by=lead, criteria=EVERY_TASK.model_copy(update={"minimum_labels": 1})
        )
    assert raised.value.code == "release_under_way"
    with pytest.raises(IntegrityError, match="goldrequest_one_at_a_time"), transaction.atomic():
        build.gold_request(campaign, lead, status="queued", failure="", failure_code="", finished_at=None)
    run_job(first)
    assert request_release(campaign=campaign, requested_by=lead) != first, "a new wish after the release"


def test_labels_that_came_since_the_preview_stop_the_worker_and_it_says_so(
    campaign: Campaign, lead: User, large: list[tuple[object, ...]]
) -> None:
    seen = preview_gold(campaign=campaign).fingerprint
    request = request_release(campaign=campaign, requested_by=lead, seen=seen)
    _revise()
    run_job(request)
    request.refresh_from_db()
    assert (request.status, request.failure_code) == ("failed", "preview_outdated")
    assert not GoldRelease.objects.exists()
    assert _actions() == ["gold.requested", "gold.refused"]
    with pytest.raises(Conflict) as raised:
        retry_release(request=request, actor=lead)
    assert raised.value.code == "not_retryable"


def test_who_has_lost_the_campaign_meanwhile_releases_nothing(
    campaign: Campaign, lead: User, large: list[tuple[object, ...]]
) -> None:
    request = request_release(campaign=campaign, requested_by=lead)
    campaign.members.filter(user=lead).update(is_active=False)
    run_job(request)
    request.refresh_from_db()
    assert (request.status, request.failure_code) == ("failed", "leads_no_more")
    assert not GoldRelease.objects.exists()


def test_what_broke_off_is_tried_again_and_leaves_no_gap_in_the_numbers(
    campaign: Campaign, lead: User, large: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    request = request_release(campaign=campaign, requested_by=lead)
    with monkeypatch.context() as broken:
        broken.setattr("annotations.gold.services.gold.gold_released.send", _break)
        with pytest.raises(RuntimeError):
            run_job(request)
    request.refresh_from_db()
    assert (request.status, request.failure) == (
        "failed",
        "Internal error (RuntimeError: the disk is full). The workers’ log has the details.",
    )
    assert not GoldRelease.objects.exists()
    retry_release(request=request, actor=lead)
    run_job(request)
    assert [release.number for release in GoldRelease.objects.all()] == [1]
    assert _actions() == ["gold.requested", "gold.failed", "gold.retried", "gold.released"]


def _break(*_: object, **__: object) -> None:
    raise RuntimeError("the disk is full")


def test_a_worker_that_has_lost_its_claim_releases_nothing(
    campaign: Campaign, lead: User, large: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    request = request_release(campaign=campaign, requested_by=lead)

    def overtaken(**given: object) -> GoldRelease:
        GoldRequest.objects.filter(pk=request.pk).update(attempts=7)
        return release_gold(**given)  # type: ignore[arg-type]

    monkeypatch.setattr(gold_requests, "release_gold", overtaken)
    assert run_job(request).status == "writing"
    assert not GoldRelease.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_while_it_is_made_the_request_is_kept_and_says_how_far_it_is(
    campaign: Campaign, lead: User, large: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.jobs.heartbeat.HEARTBEAT_SECONDS", 0.01)
    monkeypatch.setattr("annotations.gold.services.records.CHUNK", 1)
    request = request_release(campaign=campaign, requested_by=lead, criteria=EVERY_TASK)
    noted = threading.Event()
    seen: list[tuple[int, int | None]] = []

    def watch() -> None:
        while not noted.is_set():
            latest = GoldRequest.objects.get(pk=request.pk)
            if latest.written == 1:
                seen.append((latest.written, latest.tasks))
                noted.set()
        connection.close()

    def told(self: object, tell: Callable[..., None] = ThreadHeartbeat.tell, **facts: int) -> None:
        tell(self, **facts)
        if facts["written"] == 1:
            assert noted.wait(600), "nobody sees how far it is"

    monkeypatch.setattr(ThreadHeartbeat, "tell", told)
    watcher = threading.Thread(target=watch)
    watcher.start()
    run_job(request)
    watcher.join()
    assert seen == [(1, 4)]
    request.refresh_from_db()
    assert (request.status, request.written, request.tasks) == ("released", 4, 4)


# Its page


def test_the_page_waits_and_goes_to_the_release(
    client: Client, campaign: Campaign, large: list[tuple[object, ...]]
) -> None:
    seen = preview_gold(campaign=campaign, criteria=EVERY_TASK).fingerprint
    answer = client.post(reverse("gold_release", args=[campaign.pk]), FORM | {"seen": seen})
    request = GoldRequest.objects.get()
    page = reverse("gold_request", args=[request.pk])
    assert answer.headers["Location"] == page
    waiting = one_line(client.get(page).content.decode())
    assert f'hx-get="{page}"' in waiting
    assert ">Queued</h2>" in waiting
    assert (
        "A release is in progress"
        in client.get(reverse("campaign_gold", args=[campaign.pk])).content.decode()
    )
    run_job(request)
    at = reverse("gold_detail", args=[GoldRelease.objects.get().pk])
    assert client.get(page, headers={"HX-Request": "true"}).headers["HX-Redirect"] == at
    assert client.get(page).headers["Location"] == at


def test_the_page_tells_what_broke_off_and_offers_to_try_again(client: Client, campaign: Campaign) -> None:
    request = build.gold_request(campaign, campaign.members.get(user__username="lead").user)
    page = client.get(reverse("gold_request", args=[request.pk])).content.decode()
    assert "the disk is full" in page
    assert "hx-get" not in page
    again = reverse("gold_request_retry", args=[request.pk])
    assert again in page
    client.post(again)
    request.refresh_from_db()
    assert request.status == "queued"
    refused = GoldRequest.objects.filter(pk=request.pk)
    refused.update(
        status="failed", failure="Look again.", failure_code="preview_outdated", finished_at=timezone.now()
    )
    page = client.get(reverse("gold_request", args=[request.pk])).content.decode()
    assert again not in page
    assert f"{reverse('campaign_gold', args=[campaign.pk])}?shown=1&amp;rule=majority" in page


@pytest.mark.parametrize(
    "criteria",
    [
        GoldCriteria().for_overlap(2),
        EVERY_TASK.model_copy(
            update={
                "rule": "mace",
                "adjudicated_first": False,
                "include_surplus": True,
                "states": ("agreed", "disputed"),
                "include_unresolved": False,
                "minimum_labels": 2,
                "minimum_agreement": 0.6,
                "minimum_confidence": 0.29,
            }
        ),
    ],
)
def test_from_a_request_one_comes_back_to_the_preview_by_the_same_criteria(criteria: GoldCriteria) -> None:
    form = GoldForm(QueryDict(as_address(criteria)))
    assert form.is_valid()
    assert form.criteria == criteria


def test_criteria_that_the_page_cannot_show_lead_to_no_others() -> None:
    assert as_address(EVERY_TASK.model_copy(update={"minimum_agreement": 0.655})) == ""


# Programs


def test_a_program_gets_the_release_or_a_place_to_ask_for_it(
    campaign: Campaign, lead: User, large: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = build.bearer(lead, "read", "manage")
    client, at = Client(headers=headers), f"/api/v1/campaigns/{campaign.pk}/gold/"

    def post(key: str) -> object:
        return client.post(at, {}, content_type="application/json", headers={"Idempotency-Key": key})

    first, again, another = post("one"), post("one"), post("two")
    request = GoldRequest.objects.get()
    place = f"http://testserver/api/v1/gold/requests/{request.pk}/"
    for answer in (first, again, another):
        assert answer.status_code == 202  # type: ignore[attr-defined]
        assert answer.json()["id"] == request.pk  # type: ignore[attr-defined]
        assert (answer.headers["Location"], answer.headers["Retry-After"]) == (place, "2")  # type: ignore[attr-defined]
    assert client.get(place).json()["status"] == "queued"
    run_job(request)
    release = GoldRelease.objects.get()
    told = client.get(place).json()
    assert (told["status"], told["release"], told["share_done"]) == ("released", release.pk, 1.0)
    assert client.post(f"{place}retry/").json()["code"] == "not_retryable"
    monkeypatch.setattr(gold_kept, "LIVE_LABELS", 10_000)
    at_once = post("three")
    assert (at_once.status_code, at_once.json()["number"]) == (201, 2)  # type: ignore[attr-defined]


def test_outsiders_find_neither_the_request_nor_its_page(campaign: Campaign, lead: User) -> None:
    request = build.gold_request(campaign, lead)
    elsewhere = build.person("elsewhere")
    build.campaign(build.run_with_items(1), [build.person()], overlap=1, leads=[elsewhere])
    for person, scope in ((elsewhere, "manage"), (User.objects.get(username="ann"), "annotate")):
        client = Client()
        client.force_login(person)
        assert client.get(reverse("gold_request", args=[request.pk])).status_code == 404
        assert client.post(reverse("gold_request_retry", args=[request.pk])).status_code == 404
        program = Client(headers=build.bearer(person, "read", scope))
        assert program.get(f"/api/v1/gold/requests/{request.pk}/").status_code == 404
        assert program.post(f"/api/v1/gold/requests/{request.pk}/retry/").status_code in {403, 404}
    request.refresh_from_db()
    assert request.status == "failed"


# The table


@pytest.mark.django_db(transaction=True)
def test_the_triggers_of_labels_and_gold_go_back_and_forth() -> None:
    def triggers() -> set[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT tgname FROM pg_trigger WHERE tgname LIKE '%%_append_only'")
            return {name for (name,) in cursor.fetchall()}

    before = triggers()
    assert {"label_append_only", "goldlabel_append_only", "auditevent_append_only"} <= before
    call_command("migrate", "annotations", "0001", verbosity=0)
    try:
        assert triggers() == {"auditevent_append_only"}
    finally:
        call_command("migrate", "annotations", verbosity=0)
    assert triggers() == before
