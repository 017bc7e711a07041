"""Building a catalogue over REST, from the estimate to the released version; catalogues' differences; presets."""

import json
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from core.models import User
from evaluation.library import tasks
from evaluation.models import (
    Batch,
    Catalogue,
    CatalogueBuild,
    Completion,
    Endpoint,
    Preference,
    Proposal,
    Run,
)
from evaluation.models.run import RunStatus
from evaluation.runs.selectors.presets import PRESETS
from evaluation.runs.services.launching import BatchSpec, launch_batch
from evaluation.stages.plan import RunOptions
from tests import build
from tests.query_counts import check_query_count

pytestmark = pytest.mark.django_db

API = "/api/v1/"
BUILDS = "catalogues/builds/"


class Program:
    """A program with one person's token."""

    def __init__(self, user: User) -> None:
        self._client = Client(headers=build.bearer(user, "read", "manage"))

    def get(self, path: str) -> Any:
        return self._client.get(API + path)

    def send(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        return self._client.generic(
            method, API + path, json.dumps(body or {}), "application/json", headers=headers
        )

    def post(self, path: str, body: object = None, **headers: str) -> Any:
        return self.send("POST", path, body, **headers)


@pytest.fixture
def admin() -> Program:
    return Program(build.person("admin", staff=True))


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", "k")


@pytest.fixture
def wanted() -> dict[str, object]:
    """What to start: three questions, two proposals each."""
    for _ in range(3):
        build.question()
    Endpoint.objects.create(
        name="proposer",
        provider="openai",
        model="m",
        api_key_variable="TEST_KEY",
        input_price="1",
        output_price="2",
        priced_on=date(2026, 1, 1),
    )
    return {
        "name": "taste",
        "dataset": "test questions",
        "endpoint": "proposer",
        "sample_size": 3,
        "per_question": 2,
    }


def _answered(build_id: int, *, text: str = "") -> None:
    """Have the endpoint reply, and the replies read."""
    proposed = {
        "preferences": [
            {"text": "I like short answers.", "reason": "It invites a long one.", "category": "brevity"},
            {"text": "Use everyday examples.", "reason": "It is abstract.", "category": "examples"},
        ]
    }
    tasks.advance_build(build_id)
    Completion.objects.filter(status="pending").update(
        status="succeeded", text=text or json.dumps(proposed), cost="0.25", finished_at=timezone.now()
    )
    tasks.advance_build(build_id)


def test_from_the_estimate_to_the_released_version(admin: Program, wanted: dict[str, object]) -> None:
    size = {name: value for name, value in wanted.items() if name != "name"}
    estimate = admin.post(f"{BUILDS}estimate/", size)
    assert (estimate.status_code, estimate.json()["calls"]) == (200, 3)
    assert float(estimate.json()["cost"]) > 0
    assert not CatalogueBuild.objects.exists()

    started = admin.post(BUILDS, wanted | {"seed": 4, "money_budget": "100.00"})
    assert started.status_code == 201, started.content
    made = started.json()
    assert (made["status"], made["endpoint"], made["money_budget"]) == ("asking", "proposer", "100.0000")
    at = f"{BUILDS}{made['id']}/"
    assert admin.get(f"{at}progress/").json()["progress"]["unasked"] == 3
    assert admin.post(f"{at}release/").json()["code"] == "asking"
    _answered(made["id"])

    shown = admin.get(f"{at}progress/").json()
    assert shown["build"]["status"] == "reviewing"
    assert shown["progress"]["read"] == 3
    assert shown["progress"]["proposals"]["proposed"] == 6
    assert float(shown["progress"]["cost"]) == 0.75
    rows = admin.get(f"{at}proposals/?status=proposed").json()["results"]
    assert len(rows) == 6
    assert rows[0]["question_text"]
    groups = [group["proposals"] for group in admin.get(f"{at}near_duplicates/").json()]
    assert sorted(map(len, groups)) == [3, 3]

    for first, *others in groups:
        merged = admin.post(f"{at}merge/", {"into": first, "proposals": others})
        assert (merged.status_code, merged.json()["id"]) == (200, first), merged.content
    assert admin.get(f"{at}near_duplicates/").json() == []
    (short, *_), (examples, *_) = groups
    edited = admin.send("PATCH", f"catalogues/proposals/{short}/", {"text": "Keep it short."})
    assert (edited.json()["text"], edited.json()["category"]) == ("Keep it short.", rows[-1]["category"])
    assert admin.post(f"catalogues/proposals/{short}/accept/").json()["status"] == "accepted"
    assert admin.post(f"catalogues/proposals/{examples}/reject/").json()["status"] == "rejected"
    assert admin.get(f"catalogues/proposals/{examples}/").json()["status"] == "rejected"

    released = admin.post(f"{at}release/")
    assert released.status_code == 201, released.content
    assert (released.json()["name"], released.json()["version"]) == ("taste", 1)
    assert list(Preference.objects.values_list("text", flat=True)) == ["Keep it short."]
    assert admin.get(at).json()["catalogue"] == released.json()["id"]
    assert admin.post(f"catalogues/proposals/{short}/reopen/").json()["code"] == "released"


def test_the_same_key_starts_a_build_once(admin: Program, wanted: dict[str, object]) -> None:
    first, second = (admin.post(BUILDS, wanted, **{"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert CatalogueBuild.objects.count() == 1
    assert admin.post(BUILDS, wanted | {"seed": 1}, **{"Idempotency-Key": "k"}).status_code == 422


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"dataset": "none"}, "dataset"),
        ({"endpoint": "none"}, "endpoint"),
        ({"sample_size": 4}, "sample_size"),
        ({"sample_size": 10**9}, "sample_size"),
        ({"per_question": 11}, "per_question"),
        ({"name": ""}, "name"),
        ({"seed": -1}, "seed"),
        ({"money_budget": "0"}, "money_budget"),
    ],
)
def test_what_is_wrong_with_a_build_is_named(
    admin: Program, wanted: dict[str, object], wrong: dict[str, object], field: str
) -> None:
    answer = admin.post(BUILDS, wanted | wrong)
    assert (answer.status_code, answer.json()["field"]) == (400, field), answer.content
    assert not CatalogueBuild.objects.exists()


def test_a_build_without_the_key_of_its_endpoint_is_refused(
    admin: Program, wanted: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TEST_KEY")
    assert admin.post(BUILDS, wanted).json()["code"] == "missing_key"


def test_failed_questions_say_why_and_are_asked_again(admin: Program, wanted: dict[str, object]) -> None:
    made = admin.post(BUILDS, wanted).json()["id"]
    _answered(made, text="I would rather not.")
    shown = admin.get(f"{BUILDS}{made}/progress/").json()
    assert (shown["progress"]["failed"], [each["count"] for each in shown["failures"]]) == (3, [3])
    again = admin.post(f"{BUILDS}{made}/again/")
    assert (again.status_code, again.json()["status"]) == (202, "asking")
    assert admin.post(f"{BUILDS}{made}/again/").json()["code"] == "nothing_failed"


def test_the_budget_of_a_build_is_set_and_held(admin: Program, wanted: dict[str, object]) -> None:
    made = admin.post(BUILDS, wanted | {"money_budget": "0.0001"}).json()["id"]
    _answered(made)
    assert admin.get(f"{BUILDS}{made}/progress/").json()["progress"]["unasked"] == 3
    raised = admin.send("PUT", f"{BUILDS}{made}/budget/", {"money_budget": "50"})
    assert (raised.json()["money_budget"], raised.json()["status"]) == ("50.0000", "asking")
    assert admin.send("PUT", f"{BUILDS}{made}/budget/", {}).status_code == 400


def test_a_merge_takes_proposals_of_its_own_build_alone(admin: Program) -> None:
    ours, theirs = build.proposal(), build.proposal()
    at = f"{BUILDS}{ours.build_id}/merge/"
    refused = admin.post(at, {"into": ours.pk, "proposals": [theirs.pk]})
    assert (refused.status_code, refused.json()["field"]) == (400, "proposals")
    refused = admin.post(at, {"into": theirs.pk, "proposals": [ours.pk]})
    assert (refused.status_code, refused.json()["field"]) == (400, "into")
    assert not Proposal.objects.filter(status="merged").exists()
    assert admin.post(f"catalogues/proposals/{ours.pk}/praise/").status_code == 404


def test_builds_are_filtered(admin: Program) -> None:
    first, second = build.proposal().build, build.proposal().build
    CatalogueBuild.objects.filter(pk=first.pk).update(name="Brevity")
    assert [row["id"] for row in admin.get(BUILDS).json()["results"]] == [second.pk, first.pk]
    assert [row["id"] for row in admin.get(f"{BUILDS}?search=brev").json()["results"]] == [first.pk]
    assert admin.get(f"{BUILDS}?status=asking").json()["results"] == []


def test_versions_of_a_catalogue_differ(admin: Program) -> None:
    old = build.preference("Same.").catalogue
    build.preference("Gone.")
    build.preference("Other.", category="brevity")
    new = Catalogue.objects.create(name=old.name, version=2)
    for text, category in (("Same.", "other"), ("Other.", "examples"), ("New.", "other")):
        Preference.objects.create(catalogue=new, text=text, category=category)
    found = admin.get(f"catalogues/{new.pk}/differences/").json()
    assert (found["since"], found["same"]) == (1, 1)
    assert [row["text"] for row in found["added"] + found["removed"]] == ["New.", "Gone."]
    (changed,) = found["changed"]
    assert (changed["before"]["category"], changed["after"]["category"]) == ("brevity", "examples")
    assert admin.get(f"catalogues/{old.pk}/differences/").json()["code"] == "no_other_version"
    backwards = admin.get(f"catalogues/{old.pk}/differences/?since=2").json()
    assert [row["text"] for row in backwards["added"]] == ["Gone."]


def test_presets_can_be_launched_as_they_are(admin: Program) -> None:
    presets = {each["key"]: each for each in admin.get("batches/presets/").json()}
    assert set(presets) == set(PRESETS)
    aligner = presets["aligner"]
    assert aligner["question"]
    assert aligner["methods"] == ["direct", "pref_aligner"]
    assert aligner["settings"] == ["relevant", "mixed", "irrelevant"]
    build.question()
    for number in range(5):
        build.preference(f"I like {number}.", kind="irrelevant")
    catalogue = build.preference("I like it short.", kind="relevant").catalogue
    run = build.imported_run()
    wanted = {
        "name": aligner["name"],
        "dataset": "test questions",
        "catalogue": catalogue.pk,
        "models": [run.endpoint.name],
        "methods": aligner["methods"],
        "settings": aligner["settings"],
    }
    estimate = admin.post("batches/estimate/", wanted).json()
    assert len(estimate["unrecorded"]) == 5, "what was imported is direct and relevant"
    launched = admin.post("batches/", wanted)
    assert launched.status_code == 201, launched.content
    assert len(launched.json()["runs"]) == 6


def test_what_a_batch_was_launched_with_launches_it_again(admin: Program) -> None:
    for _ in range(3):
        build.question()
    catalogue = build.preference("I like it short.", kind="relevant").catalogue
    model = build.imported_run().endpoint
    first = launch_batch(
        spec=BatchSpec(
            name="tastes",
            dataset=build.question().dataset,
            catalogue=catalogue,
            models=[model],
            methods=["direct", "cot"],
            settings=["relevant"],
            sample_size=2,
            options=RunOptions(temperature=0.5, seed=3),
        ),
        actor=None,
    )
    settings = admin.get(f"batches/{first.pk}/settings/").json()
    assert (settings["name"], settings["models"], settings["sample_size"]) == ("tastes (2)", [model.name], 2)
    assert (settings["options"]["temperature"], settings["options"]["seed"]) == (0.5, 3)
    again = admin.post("batches/", settings)
    assert again.status_code == 201, again.content
    second = Batch.objects.get(pk=again.json()["id"])
    facts = ("method", "setting", "endpoint", "options")
    assert list(second.runs.order_by("pk").values_list(*facts)) == list(
        first.runs.order_by("pk").values_list(*facts)
    )
    Run.objects.filter(batch=second).update(batch=None)
    assert admin.get(f"batches/{second.pk}/settings/").json()["code"] == "no_runs"


def test_a_batch_says_where_its_runs_stand(admin: Program) -> None:
    batch = Batch.objects.create(name="b")
    run = build.run_with_items(3)
    Run.objects.filter(pk=run.pk).update(batch=batch, status=RunStatus.RUNNING)
    run.items.filter(position=1).update(status="failed", failure="the call failed: timeout")
    Completion.objects.create(
        endpoint=run.endpoint,
        run=run,
        request_key="k",
        request={},
        status="failed",
        error_code="timeout",
        error_message="It took too long.",
        finished_at=timezone.now(),
    )
    shown = admin.get(f"batches/{batch.pk}/progress/").json()
    (of_run,) = shown["runs"]
    assert (of_run["id"], of_run["items"], of_run["failed"]) == (run.pk, 3, 1)
    assert [(each["error_code"], each["count"]) for each in shown["failures"]] == [("timeout", 1)]
    assert [line["endpoint"] for line in shown["costs"]] == [run.endpoint.name]


def test_nobody_but_admins_builds(wanted: dict[str, object]) -> None:
    person = build.person()
    build.campaign(build.run_with_items(1), [build.person()], overlap=1, leads=[person])
    lead = Program(person)
    proposal = build.proposal()
    for path in (BUILDS, f"{BUILDS}{proposal.build_id}/", f"{BUILDS}{proposal.build_id}/proposals/"):
        assert lead.get(path).status_code == 403
    assert lead.post(BUILDS, wanted).status_code == 403
    assert lead.post(f"catalogues/proposals/{proposal.pk}/accept/").status_code == 403
    assert Proposal.objects.get().status == "proposed"


def test_a_token_that_only_reads_estimates_and_starts_nothing(wanted: dict[str, object]) -> None:
    client = Client(headers=build.bearer(build.person(staff=True), "read"))
    size = {name: value for name, value in wanted.items() if name != "name"}
    kind = "application/json"
    assert client.post(f"{API}{BUILDS}estimate/", size, content_type=kind).status_code == 200
    assert client.post(f"{API}{BUILDS}", wanted, content_type=kind).json()["code"] == "scope_missing"


def test_lists_of_building_take_as_many_queries_for_many_rows_as_for_few(admin: Program) -> None:
    one = build.proposal()

    def add_builds(count: int) -> None:
        for _ in range(count):
            build.proposal()

    def add_proposals(count: int) -> None:
        for number in range(count):
            Proposal.objects.create(
                build=one.build,
                question=build.question(),
                completion=one.completion,
                position=1,
                text=f"I like it short {number} {Proposal.objects.count()}.",
            )

    def add_runs(count: int) -> None:
        batch = Batch.objects.get_or_create(name="b")[0]
        for _ in range(count):
            run = build.run_with_items(1)
            # The bill of a run that has ended is kept, and not asked for again.
            Run.objects.filter(pk=run.pk).update(batch=batch, status=RunStatus.RUNNING)

    at = f"{BUILDS}{one.build_id}/"
    for name, path, add in (
        ("catalogues/builds/", BUILDS, add_builds),
        ("catalogues/builds/{id}/proposals/", f"{at}proposals/", add_proposals),
        ("catalogues/builds/{id}/near_duplicates/", f"{at}near_duplicates/", add_proposals),
        ("catalogues/builds/{id}/progress/", f"{at}progress/", add_proposals),
    ):
        check_query_count(f"GET {name}", add_rows=add, ask=lambda path=path: admin.get(path))  # type: ignore[misc]
    add_runs(1)
    batch = Batch.objects.get()
    for part in ("progress", "settings"):
        check_query_count(
            f"GET batches/{{id}}/{part}/",
            add_rows=add_runs,
            ask=lambda part=part: admin.get(f"batches/{batch.pk}/{part}/"),  # type: ignore[misc]
        )
