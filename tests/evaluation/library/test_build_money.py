"""What a catalogue's build may cost, before it and while it asks."""

import re
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from evaluation.library.services.catalogue_building import (
    BuildSpec,
    advance_build,
    money_left,
    start_build,
)
from evaluation.models import (
    CatalogueBuild,
    Endpoint,
)
from tests import build
from tests.launched_batches import (
    end_calls,
    model_endpoint,
    waiting_calls,
)
from tests.pages import one_line, page_text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("console_key")]

# --- Money of a catalogue build -------------------------------------------------------------------------------


def _build(**fields: object) -> CatalogueBuild:
    dataset = build.question().dataset
    for _ in range(3):
        build.question(dataset)
    valid: dict[str, object] = {
        "name": "taste",
        "dataset": dataset,
        "endpoint": model_endpoint(),
        "sample_size": 4,
        "per_question": 2,
    }
    return start_build(spec=BuildSpec(**(valid | fields)), actor=None)  # type: ignore[arg-type]


def _answer_build(cost: str = "0") -> None:
    reply = '{"preferences": [{"text": "I like it short.", "reason": "", "category": "brevity"}]}'
    end_calls(waiting_calls(), status="succeeded", text=reply, cost=Decimal(cost))


def test_a_build_stops_at_its_budget_and_continues_once_it_is_raised(
    staff: Client,
) -> None:
    started = _build()
    advance_build(started)
    # What one call may cost at most, from a build without a limit.
    assert money_left(started) is None
    most = (Decimal(912) * 2 + Decimal(400)) / 1_000_000
    limited = _build(name="limited", seed=5, per_question=3, money_budget=most * 2)
    advance_build(limited)
    asked = limited.build_questions.filter(completion__isnull=False).count()
    assert 0 < asked < 4
    assert money_left(limited) is not None
    _answer_build(cost="0.0001")
    advance_build(limited)
    limited.refresh_from_db()
    while limited.status == "asking":
        _answer_build(cost="0.0015")
        advance_build(limited)
        limited.refresh_from_db()
    page = page_text(staff, "build_detail", limited.pk)
    assert "Budget reached" in page
    response = staff.post(reverse("build_budget", args=[limited.pk]), {"money_budget": "5"})
    assert response.status_code == 302
    limited.refresh_from_db()
    assert limited.status == "asking"
    advance_build(limited)
    assert not limited.build_questions.filter(completion__isnull=True).exists()


def test_the_estimate_of_a_build_gives_calls_and_money(staff: Client) -> None:
    dataset = build.question().dataset
    fields = {
        "name": "taste",
        "dataset": dataset.pk,
        "endpoint": model_endpoint().pk,
        "sample_size": 10,
        "per_question": 3,
        "seed": 0,
    }
    answer = staff.post(reverse("build_estimate"), fields, headers={"hx-request": "true"})
    page = one_line(answer.content.decode())
    assert re.search(r'Calls</dt><dd class="figure">10<', page)
    assert re.search(r'Money</dt><dd class="figure">\$0\.\d{4}<', page)
    unpriced = Endpoint.objects.create(
        name="unpriced", provider="openai", model="m", api_key_variable="CONSOLE_TEST_KEY"
    )
    page = staff.post(reverse("build_estimate"), fields | {"endpoint": unpriced.pk}).content.decode()
    assert "is unpriced" in page
    response = staff.post(
        reverse("build_create"), fields | {"endpoint": unpriced.pk, "sample_size": 1, "money_budget": "1"}
    )
    assert response.status_code == 422
    assert "no money budget can hold it" in response.content.decode()
