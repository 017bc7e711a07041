"""Calls of batches that failed: grouped by cause, tried again, and the items that this mends."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from evaluation.judges.selectors import default_rubric
from evaluation.models import (
    Completion,
    Item,
    Judge,
    Run,
)
from evaluation.runs.selectors.failures import Cause, failures_of
from evaluation.runs.services import control
from tests.launched_batches import advance, end_calls, launched_batch, model_endpoint, waiting_calls
from tests.pages import page_text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("console_key")]

# --- What went wrong ------------------------------------------------------------------------------------------


def test_failures_of_a_batch_are_grouped_by_cause_over_its_runs_and_shared_calls_count_once(
    staff: Client,
) -> None:
    batch = launched_batch()
    # Three baselines that both runs share, and three personalised calls for each.
    baselines = Completion.objects.filter(item_calls__stage="baseline").distinct()
    own = Completion.objects.filter(item_calls__stage="personalised", item_calls__item__run__setting="mixed")
    end_calls([baselines[0].pk], status="failed", error_code="timeout", error_message="too slow")
    end_calls([own[0].pk], status="refused")
    end_calls([own[1].pk], status="failed", error_code="authentication", error_message="bad key")
    end_calls(waiting_calls(), status="succeeded", text="The answer is A.")
    advance(batch)
    causes = {cause.error_code or cause.status: cause for cause in failures_of(list(batch.runs.all()))}
    assert {name: cause.count for name, cause in causes.items()} == {
        "timeout": 1,
        "refused": 1,
        "authentication": 1,
    }
    page = page_text(staff, "batch_detail", batch.pk)
    for said in (
        "No complete answer came in time.",
        "too slow",
        "The provider did not accept the key.",
        "refused by the model",
        f"{reverse('run_item_list', args=[batch.runs.earliest('pk').pk])}?show=failed",
    ):
        assert said in page
    # What may be tried again has a button: two causes, and all of them.
    assert page.count(reverse("batch_retry", args=[batch.pk])) == 3


def test_one_cause_is_tried_again_and_the_others_stay(staff: Client) -> None:
    batch = launched_batch()
    first, second = Completion.objects.filter(item_calls__stage="personalised").order_by("pk")[:2]
    end_calls([first.pk], status="failed", error_code="timeout")
    end_calls([second.pk], status="failed", error_code="authentication")
    end_calls(waiting_calls(), status="succeeded", text="The answer is A.")
    advance(batch)
    retry = reverse("batch_retry", args=[batch.pk])
    response = staff.post(retry, {"endpoint": first.endpoint_id, "error_code": "timeout"})
    assert response.headers["Location"] == reverse("batch_detail", args=[batch.pk])
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == ("pending", "failed")
    assert Item.objects.filter(status="failed").count() == 1
    assert staff.post(retry, {"endpoint": "x", "error_code": "timeout"}).status_code == 400
    assert staff.post(retry).status_code == 302
    second.refresh_from_db()
    assert second.status == "pending"
    assert staff.post(retry).status_code == 409  # nothing is left


def test_trying_a_shared_call_again_mends_the_items_of_every_run_that_wants_it() -> None:
    batch = launched_batch()
    shared = Completion.objects.filter(item_calls__stage="baseline").distinct()[0]
    end_calls([shared.pk], status="failed", error_code="timeout")
    Completion.objects.exclude(pk=shared.pk).update(
        status="succeeded", text="The answer is A.", finished_at=timezone.now()
    )
    advance(batch)
    assert Item.objects.filter(status="failed").count() == 2
    assert set(batch.runs.values_list("status", flat=True)) == {"complete"}
    assert control.retry_batch(batch=batch, actor=None) == 1
    assert not Item.objects.filter(status="failed").exists()
    assert set(batch.runs.values_list("status", flat=True)) == {"running"}


def test_an_item_that_failed_by_a_call_another_run_has_tried_again_can_be_mended() -> None:
    first, second = (launched_batch(name=name, settings=["relevant"]) for name in ("a", "b"))
    shared = Completion.objects.filter(item_calls__stage="baseline").distinct()[0]
    end_calls([shared.pk], status="failed", error_code="timeout")
    end_calls(
        Completion.objects.exclude(pk=shared.pk).values("pk"), status="succeeded", text="The answer is A."
    )
    advance(first)
    advance(second)
    assert control.retry_batch(batch=first, actor=None) == 1
    end_calls([shared.pk], status="succeeded", text="The answer is A.")
    advance(first)
    assert Item.objects.filter(run__batch=second, status="failed").count() == 1
    assert control.retry_batch(batch=second, actor=None) == 1
    advance(second)
    assert not Item.objects.filter(status="failed").exists()


def test_cancelled_runs_are_not_set_going_again() -> None:
    batch = launched_batch(settings=["relevant"])
    end_calls(Completion.objects.all().values("pk"), status="failed", error_code="timeout")
    advance(batch)
    Run.objects.update(status="cancelled")
    with pytest.raises(Exception, match="in a run that can go on"):
        control.retry_batch(batch=batch, actor=None)


def test_a_failed_call_to_a_judge_is_found_and_tried_again() -> None:
    judge = Judge.objects.create(name="j", endpoint=model_endpoint("judge"), rubric=default_rubric())
    batch = launched_batch(settings=["relevant"], judges=[judge])
    end_calls(Completion.objects.all().values("pk"), status="succeeded", text="The answer is A.")
    advance(batch)
    asked = Completion.objects.filter(endpoint=judge.endpoint)
    # Somebody else had asked one of them before.
    other = launched_batch(name="other", settings=["mixed"])
    Completion.objects.filter(pk=asked[0].pk).update(run=other.runs.get())
    end_calls(asked.values("pk"), status="failed", error_code="overloaded")
    advance(batch)
    runs = list(batch.runs.all())
    (cause,) = failures_of(runs)
    assert (cause.endpoint_name, cause.count) == ("judge", 3)
    assert (
        control.retry_batch(batch=batch, cause=Cause(judge.endpoint_id or 0, "overloaded"), actor=None) == 3
    )
    assert not asked.filter(status="failed").exists()
