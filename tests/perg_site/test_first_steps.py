"""What a newcomer needs to be told on the way: what will fail, what failed and what helps, where to go next."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from annotations.models import Campaign
from evaluation.engine.calls.causes import failure_in_words
from evaluation.models import Batch, Catalogue, Completion, Dataset, Item, ItemCall, Run
from evaluation.models.run import RunImport
from perg.stats.gold.gold_criteria import ALL_STATES
from tests import build
from tests.pages import page_text

pytestmark = pytest.mark.django_db

HTMX = {"hx-request": "true"}


def _batch(*runs: Run) -> Batch:
    batch = Batch.objects.create(name="walked")
    Run.objects.filter(pk__in=[run.pk for run in runs]).update(batch=batch)
    return batch


def _fail(run: Run) -> Item:
    """An item of the run for which the record has no reply."""
    item = build.item(run)
    item.responses.all().delete()
    Item.objects.filter(pk=item.pk).update(
        status="failed", failure="personalised: the call failed: not_recorded"
    )
    call = Completion.objects.create(
        endpoint=run.endpoint,
        run=run,
        request_key=f"call of {item.pk}",
        request={"messages": [{"role": "user", "content": "Ready?"}]},
        status="failed",
        attempts=1,
        error_code="not_recorded",
        error_message="The record has no reply to this.",
        finished_at=run.created_at,
    )
    ItemCall.objects.create(item=item, stage="personalised", completion=call)
    return item


def test_the_estimate_names_the_runs_that_the_record_has_no_replies_for(staff: Client) -> None:
    recorded = build.run_with_items(1)
    RunImport.objects.create(run=recorded, file_name="a.csv", sha256="0" * 64, rows_read=1, rows_imported=1)
    form = {
        "name": "autumn",
        "dataset": recorded.dataset_id,
        "catalogue": Catalogue.objects.first().pk,  # type: ignore[union-attr]
        "models": [recorded.endpoint_id],
        "methods": ["direct", "cot"],
        "settings": ["relevant"],
        "temperature": "0",
        "max_tokens": "512",
        "irrelevant_count": "1",
        "icl_examples": "1",
        "seed": "0",
    }
    said = staff.post(reverse("batch_estimate"), form, headers=HTMX).content.decode()
    assert "No recorded replies for</strong> test-model (recorded) · Chain of thought · Relevant:" in said
    assert "· Direct ·" not in said
    said = staff.post(
        reverse("batch_estimate"), form | {"methods": ["direct"]}, headers=HTMX
    ).content.decode()
    assert "No recorded replies" not in said


def test_the_only_dataset_and_catalogue_are_chosen_already(staff: Client) -> None:
    question, preference = build.question(), build.preference()
    initial = staff.get(reverse("batch_launch")).context["form"].initial
    assert initial["dataset"] == question.dataset_id
    assert initial["catalogue"] == preference.catalogue_id
    Dataset.objects.create(name="another")
    assert "dataset" not in staff.get(reverse("batch_launch")).context["form"].initial


def test_the_bill_of_a_batch_is_read_again_when_its_runs_have_ended(staff: Client) -> None:
    run = build.run_with_items(1)
    batch = _batch(run)
    address = reverse("batch_detail", args=[batch.pk])
    assert 'hx-trigger="load, runs-ended from:body"' in page_text(staff, "batch_detail", batch.pk)
    assert "runs-ended" in json.loads(staff.get(address, headers=HTMX).headers["HX-Trigger"])
    Run.objects.filter(pk=run.pk).update(status="running")
    assert "HX-Trigger" not in staff.get(address, headers=HTMX).headers


def test_a_complete_run_with_failed_items_says_so(staff: Client) -> None:
    well, worse = build.run_with_items(1, name="well"), build.run_with_items(1, name="worse")
    _fail(worse)
    batch = _batch(well, worse)
    page = page_text(staff, "batch_detail", batch.pk)
    assert "Complete, some failed" in page
    assert "Complete</span>" in page
    assert f"{reverse('results')}?run={well.pk}&amp;run={worse.pk}" in page
    assert "unpriced" not in page.split("Cost by stage")[0]  # a record costs nothing
    _fail(build.run())
    assert "Complete, all failed" in page_text(staff, "run_list")


def test_why_an_item_failed_is_said_in_words_with_what_helps(staff: Client) -> None:
    run = build.run()
    item = _fail(run)
    listed = page_text(staff, "run_item_list", run.pk, show="failed")
    assert "Personalised: There is no recorded reply for this request." in listed
    assert f"{reverse('run_detail', args=[run.pk])}#failures" in listed
    story = page_text(staff, "item_story", item.pk)
    assert "Import a run that contains one, or use a live model." in story
    assert f"{reverse('run_detail', args=[run.pk])}#failures" in story
    assert " · free" in story


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        ("baseline: the call failed: timeout", "Baseline: No complete answer came in time."),
        ("baseline: the call failed: never heard of", "baseline: the call failed: never heard of"),
        ("personalised: the model refused", "personalised: the model refused"),
        ("", ""),
    ],
)
def test_only_a_known_code_is_put_into_words(failure: str, words: str) -> None:
    assert failure_in_words(failure) == words


def test_a_run_leads_to_its_items_and_its_results(staff: Client) -> None:
    run = build.run_with_items(1)
    page = page_text(staff, "run_detail", run.pk)
    assert f'href="{reverse("run_item_list", args=[run.pk])}"' in page
    assert f'href="{reverse("results")}?run={run.pk}"' in page


@pytest.fixture
def campaign() -> Campaign:
    return build.campaign(build.run_with_items(2), [build.person("ann")], leads=[build.person("lead")])


def _lead(campaign: Campaign) -> Client:
    client = Client()
    client.force_login(campaign.members.get(role="lead").user)
    return client


def test_opening_gold_before_any_label_is_not_an_error(campaign: Campaign) -> None:
    assert "Nothing is labelled yet" in page_text(_lead(campaign), "campaign_gold", campaign.pk)


def test_the_preview_of_gold_says_that_tasks_have_no_decision_and_what_to_do(campaign: Campaign) -> None:
    task = campaign.tasks.order_by("pk")[0]
    build.vote(task, campaign.members.get(role="annotator").user, 5)
    bars: dict[str, str | int] = {"minimum_labels": 0, "minimum_agreement": 0, "minimum_confidence": 0}
    every: dict[str, Any] = {"shown": 1, "rule": "majority", "states": ALL_STATES, "include_unresolved": "on"}
    page = page_text(_lead(campaign), "campaign_gold", campaign.pk, **every, **bars)
    assert "1 of these has no decision." in page
    assert reverse("adjudication_queue", args=[campaign.pk]) in page
    assert "no decision" not in page_text(_lead(campaign), "campaign_gold", campaign.pk)


def test_a_new_token_comes_with_a_line_to_try_it() -> None:
    client = Client()
    client.force_login(build.person(password="correct horse battery"))
    form = {"name": "mine", "scopes": ["read"], "days": 5, "password": "correct horse battery"}
    made = client.post(reverse("token_list"), form).content.decode()
    assert "curl -H" in made
    assert f"http://testserver{reverse('api_campaign_list')}" in made
