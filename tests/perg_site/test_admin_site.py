"""The admin site shows rows, and changes none behind the services' back."""

import json
from collections.abc import Mapping

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from core.models import AuditEvent, User
from evaluation.models import Endpoint, Run
from tests import build
from tests.perg_site.access_world import World

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

Rows = Mapping[str, list[tuple[object, ...]]]


def all_rows() -> Rows:
    """Every row of every table, except what the admin site itself and the session write."""
    models = [model for model in apps.get_models() if model not in (LogEntry, Session)]
    return {
        model._meta.label: sorted(
            (tuple(map(str, row)) for row in model._base_manager.values_list()), key=lambda row: row
        )
        for model in models
    }


@pytest.fixture
def superuser(client: Client, world: World) -> Client:
    build.trial(Endpoint.objects.first())
    client.force_login(User.objects.create_superuser("root", password="a-long-password"))
    return client


@pytest.mark.parametrize("model", list(admin.site._registry), ids=lambda model: model._meta.label)
@pytest.mark.one_in(3)
def test_no_page_of_the_admin_site_changes_a_row_without_an_audit_event(
    superuser: Client, model: type[Model]
) -> None:
    row = model._base_manager.order_by("pk").first()
    assert row is not None, "the world of the access tests has no such row: add one"
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    pages = [
        reverse(f"{name}_changelist"),
        reverse(f"{name}_add"),
        *(reverse(f"{name}_{page}", args=[row.pk]) for page in ("change", "delete", "history")),
    ]
    filled = {
        field.name: str(getattr(row, field.attname)) + "1"
        for field in row._meta.concrete_fields
        if isinstance(field.value_from_object(row), str | int)
    }
    form = filled | {
        "post": "yes",
        "action": "delete_selected",
        "_selected_action": str(row.pk),
        "_save": "Save",
        "is_superuser": "on",
        "is_staff": "on",
        "password": "md5$a$b",
    }
    for prefix in ("preferences", "preference_set"):  # as an inline would send it
        form |= {f"{prefix}-TOTAL_FORMS": "1", f"{prefix}-INITIAL_FORMS": "0", f"{prefix}-0-text": "Be rude."}
    after = all_rows()
    for page in pages:
        before, events = after, AuditEvent.objects.count()
        assert superuser.get(page).status_code in (200, 403), page
        superuser.post(page, form)
        after = all_rows()
        changed = [label for label in after if after[label] != before[label]]
        new_events = AuditEvent.objects.order_by("-pk")[: AuditEvent.objects.count() - events]
        refusals = {event.action for event in new_events} <= {"access.refused"}
        if refusals:
            assert set(changed) <= {"core.AuditEvent"}, page
        else:
            assert set(changed) == {"core.User", "core.AuditEvent"}, page
            assert {event.actor_id for event in new_events} == {User.objects.get(username="root").pk}


def test_a_person_is_renamed_with_an_audit_event_and_keeps_password_and_rights(superuser: Client) -> None:
    person = build.person("someone")
    password = person.password
    form = {
        "first_name": "Some",
        "last_name": "One",
        "email": "some@example.org",
        "username": "other",
        "password": "md5$a$b",
        "is_superuser": "on",
        "is_staff": "on",
    }
    page = reverse("admin:core_user_change", args=[person.pk])
    assert superuser.post(page, form).status_code == 302
    person.refresh_from_db()
    assert (person.first_name, person.last_name, person.email) == ("Some", "One", "some@example.org")
    assert (person.username, person.password) == ("someone", password)
    assert not person.is_superuser
    assert not person.is_staff
    event = AuditEvent.objects.latest("pk")
    assert event.action == "account.details_changed"
    assert event.details["changed"] == ["first_name", "last_name", "email"]
    assert "some@example.org" not in json.dumps(event.details)


@pytest.mark.parametrize(
    ("model", "values"),
    [(Endpoint, {"name": "renamed"}), (Run, {"status": "cancelled"})],
    ids=["an endpoint's name", "a run's state"],
)
def test_what_services_protect_cannot_be_edited(
    superuser: Client, model: type[Model], values: dict[str, str]
) -> None:
    row = model._base_manager.latest("pk")
    page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk])
    every = {field.name: field.value_to_string(row) for field in row._meta.concrete_fields}
    assert superuser.post(page, every | values).status_code == 403
    row.refresh_from_db()
    assert {name: getattr(row, name) for name in values} != values


def test_the_admin_site_leads_to_the_sites_own_page_for_a_password(superuser: Client) -> None:
    form = {
        "old_password": "a-long-password",
        "new_password1": "Quite-another-1",
        "new_password2": "Quite-another-1",
    }
    response = superuser.post("/admin/password_change/", form)
    assert (response.status_code, response["Location"]) == (302, reverse("password_change"))
    assert User.objects.get(username="root").check_password("a-long-password")


def test_groups_which_give_no_right_are_not_on_the_admin_site(superuser: Client) -> None:
    assert superuser.get("/admin/auth/group/add/").status_code == 404


def test_a_password_in_an_old_address_is_not_shown_on_the_admin_site(superuser: Client) -> None:
    endpoint = Endpoint.objects.create(
        name="old", provider="openai", model="m", base_url="http://me:hunter2secret@127.0.0.1:9/v1"
    )
    page = superuser.get(reverse("admin:evaluation_endpoint_change", args=[endpoint.pk]))
    assert page.status_code == 200
    assert "hunter2secret" not in page.content.decode()


@pytest.mark.parametrize(
    "values",
    [
        {"base_url": "http://[::1"},
        {"base_url": "http://a:99999\\"},
        {"options": ["no", "object"]},
        {"options": 5},
    ],
    ids=str,
)
def test_an_odd_endpoint_does_not_break_the_admin_site(superuser: Client, values: dict[str, object]) -> None:
    endpoint = Endpoint.objects.create(**{"name": "odd", "provider": "openai", "model": "m"} | values)
    assert superuser.get(reverse("admin:evaluation_endpoint_changelist")).status_code == 200
    assert superuser.get(reverse("admin:evaluation_endpoint_change", args=[endpoint.pk])).status_code == 200


def test_a_first_admin_is_still_made_by_createsuperuser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a-long-password-1")
    call_command("createsuperuser", "--noinput", "--username", "first", "--email", "first@example.org")
    assert User.objects.get(username="first").is_superuser
