"""Which passwords are refused."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from core.models import ApiToken
from perg_site import settings as settings_of_the_site
from tests import build

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "password", ["lead-lead-lead", "LeadLeadLead1", "aaaaaaaaaaaa", "abababababab", "123451234512"]
)
def test_a_password_of_the_username_or_of_few_characters_is_refused(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password, build.person("lead"))


@pytest.mark.parametrize(
    "password",
    ["correct horse battery", "leading by example 7", "пароль из слов", "长密码也可以用这么多字符"],
)
def test_any_other_password_of_enough_characters_is_taken(password: str) -> None:
    validate_password(password, build.person("lead"))


def test_loading_the_page_of_a_new_token_again_makes_no_second_one() -> None:
    person, client = build.person(password="correct horse battery"), Client()
    client.force_login(person)
    form = {"name": "mine", "scopes": ["read"], "days": 5, "password": "correct horse battery"}
    assert client.post(reverse("token_list"), form).status_code == 200
    again = client.post(reverse("token_list"), form)
    assert (again.status_code, ApiToken.objects.filter(user=person).count()) == (422, 1)
    assert "You already have a valid token with this name" in again.content.decode()


def test_the_site_hashes_passwords_as_django_does_by_default() -> None:
    """The tests themselves do so in a hurry: `tests/quick_passwords.py`."""
    assert not hasattr(settings_of_the_site, "PASSWORD_HASHERS")
