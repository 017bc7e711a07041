"""`Idempotency-Key`: what is started once stays started once."""

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone

from core.models import IdempotencyKey, User
from evaluation.judges.services import rubrics
from evaluation.models import Catalogue, ImportJob, Rubric
from tests import build
from tests.imports import run_imports

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

RUBRICS = "/api/v1/rubrics/"
RUBRIC = {"name": "How far", "instructions": "Rate it.", "anchors": ["a", "b", "c", "d", "e"]}


@pytest.fixture
def admin(db: None) -> User:
    return build.person("admin", staff=True)


def _post(user: User, body: object, key: str | None, path: str = RUBRICS) -> "Answer":
    headers = build.bearer(user, "manage") | ({"idempotency-key": key} if key is not None else {})
    response: Answer = Client().post(path, body, content_type="application/json", headers=headers)
    return response


def test_the_same_request_again_gets_the_same_answer_and_does_nothing(admin: User) -> None:
    first, again = _post(admin, RUBRIC, "k1"), _post(admin, RUBRIC, "k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert Rubric.objects.filter(name="How far").count() == 1
    assert _post(admin, RUBRIC, "k2").status_code == 409  # a new request, and the name is taken


def test_another_request_with_the_same_key_is_refused(admin: User) -> None:
    _post(admin, RUBRIC, "k1")
    other = _post(admin, RUBRIC | {"name": "Other"}, "k1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    rubric = Rubric.objects.get(name="How far")
    elsewhere = _post(admin, RUBRIC, "k1", path=f"{RUBRICS}{rubric.pk}/revise/")
    assert elsewhere.status_code == 422
    assert not Rubric.objects.filter(name="Other").exists()


def test_keys_of_two_people_are_apart(admin: User) -> None:
    _post(admin, RUBRIC, "k1")
    other = _post(build.person(staff=True), RUBRIC | {"name": "Other"}, "k1")
    assert other.status_code == 201
    assert "Idempotency-Replayed" not in other.headers


def test_an_answer_that_is_an_error_is_not_kept(admin: User) -> None:
    assert _post(admin, RUBRIC | {"anchors": []}, "k1").status_code == 400
    assert _post(admin, RUBRIC, "k1").status_code == 201


def test_an_answer_is_kept_for_a_day(admin: User) -> None:
    _post(admin, RUBRIC, "k1")
    assert IdempotencyKey.objects.get().expires_at > timezone.now() + timedelta(hours=23)
    IdempotencyKey.objects.update(expires_at=timezone.now())
    again = _post(admin, RUBRIC, "k1")
    assert again.status_code == 409
    assert _post(admin, RUBRIC | {"name": "Other"}, "k1").status_code == 201
    assert IdempotencyKey.objects.count() == 1


@pytest.mark.parametrize("key", ["", "x" * 201, "ü", "a\tb"])
def test_an_invalid_key_is_refused(admin: User, key: str) -> None:
    response = _post(admin, RUBRIC, key)
    assert (response.status_code, response.json()["code"]) == (400, "idempotency_key_invalid")


def test_a_crash_between_the_work_and_its_answer_leaves_neither(
    admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise RuntimeError("the machine is gone")

    with monkeypatch.context() as patched:
        patched.setattr("core.api.idempotency.store", crash)
        with pytest.raises(RuntimeError):
            _post(admin, RUBRIC, "k1")
    assert not Rubric.objects.filter(name="How far").exists()
    assert _post(admin, RUBRIC, "k1").status_code == 201


def test_an_upload_again_is_the_same_request_whatever_its_boundary(admin: User) -> None:
    def upload(content: bytes) -> "Answer":
        headers = build.bearer(admin, "manage") | {"idempotency-key": "k1"}
        posted = {"name": "mine", "file": SimpleUploadedFile("p.csv", content)}
        response: Answer = Client().post("/api/v1/catalogues/import/", posted, headers=headers)
        return response

    first, again = upload(b"text\nI like it short.\n"), upload(b"text\nI like it short.\n")
    assert (first.status_code, again.status_code) == (202, 202), first.content
    assert again.headers["Idempotency-Replayed"] == "true"
    assert upload(b"text\nI like it long.\n").status_code == 422
    run_imports()
    assert Catalogue.objects.filter(name="mine").count() == 1
    assert ImportJob.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_does_the_work_and_the_other_is_told_to_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    admin = build.person("admin", staff=True)
    at_work, may_go_on = threading.Event(), threading.Event()
    create = rubrics.create_rubric
    answers: list[Answer] = []

    def slowly(**fields: object) -> Rubric:
        at_work.set()
        assert may_go_on.wait(600)
        return create(**fields)  # type: ignore[arg-type]

    def first() -> None:
        try:
            answers.append(_post(admin, RUBRIC, "k1"))
        finally:
            connection.close()

    monkeypatch.setattr("evaluation.judges.api.create_rubric", slowly)
    thread = threading.Thread(target=first)
    thread.start()
    assert at_work.wait(600)
    meanwhile = _post(admin, RUBRIC, "k1")
    may_go_on.set()
    thread.join(600)
    assert (meanwhile.status_code, meanwhile.json()["code"]) == (409, "idempotency_key_in_use")
    assert answers[0].status_code == 201
    assert _post(admin, RUBRIC, "k1").headers["Idempotency-Replayed"] == "true"
    assert Rubric.objects.filter(name="How far").count() == 1
