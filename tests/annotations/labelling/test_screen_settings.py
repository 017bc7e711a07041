"""Keys of the annotation screen: which may be chosen, what is remembered, and the list in the page."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from annotations.labelling.keys import ACTIONS, USUAL_KEYS, is_allowed
from annotations.labelling.services.screen_settings import set_keys
from annotations.models import ScreenSettings
from core.errors import DomainError
from core.models import User
from tests import build

pytestmark = pytest.mark.django_db


def test_the_usual_keys_are_allowed_and_no_two_are_alike() -> None:
    assert all(is_allowed(action.usual) for action in ACTIONS)
    assert len(set(USUAL_KEYS.values())) == len(ACTIONS)


def test_only_what_differs_from_the_usual_is_stored() -> None:
    settings = set_keys(user=build.person(), keys=USUAL_KEYS | {"skip": "x", "history": ""})
    assert settings.keys == {"skip": "x", "history": ""}


def test_two_actions_may_change_their_keys_over() -> None:
    settings = set_keys(user=build.person(), keys={"skip": "f", "flag": "s"})
    assert settings.keys == {"skip": "f", "flag": "s"}


def test_any_number_of_actions_may_have_no_key() -> None:
    assert set_keys(user=build.person(), keys=dict.fromkeys(USUAL_KEYS, "")).keys == dict.fromkeys(
        USUAL_KEYS, ""
    )


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ({"skip": "b"}, "key_taken"),
        ({"skip": "x", "flag": "x"}, "key_taken"),
        ({"fly": "x"}, "unknown_action"),
        ({"skip": "Tab"}, "key_not_allowed"),
        ({"skip": "Escape"}, "key_not_allowed"),
        ({"skip": " "}, "key_not_allowed"),
        ({"skip": "\n"}, "key_not_allowed"),
        ({"skip": "X"}, "key_not_allowed"),
        ({"skip": "xy"}, "key_not_allowed"),
        ({"skip": 7}, "key_not_allowed"),
        ({"skip": None}, "key_not_allowed"),
    ],
)
def test_what_cannot_be_a_key_is_refused_and_nothing_changes(keys: dict[str, object], code: str) -> None:
    user = build.person()
    set_keys(user=user, keys={"skip": "z"})
    with pytest.raises(DomainError) as refused:
        set_keys(user=user, keys=keys)
    assert refused.value.code == code
    assert ScreenSettings.objects.get(user=user).keys == {"skip": "z"}


def _put(person: User, body: object) -> Any:
    client = Client()
    client.force_login(person)
    return client.put(reverse("api_screen_settings"), body, "application/json")


def test_the_address_answers_with_all_keys_and_each_person_has_their_own() -> None:
    ann, bob = build.person("ann"), build.person("bob")
    assert _put(ann, {"keys": {"skip": "x"}}).json() == {"keys": USUAL_KEYS | {"skip": "x"}}
    assert not ScreenSettings.objects.filter(user=bob).exists()


@pytest.mark.parametrize("keys", ["", [], "s", None, {"skip": None}, {"submit": "\u0000"}])
def test_what_is_no_object_of_keys_is_refused(keys: object) -> None:
    answer = _put(build.person(), {"keys": keys})
    assert answer.status_code == 400
    assert answer.json()["field"].startswith("keys")
