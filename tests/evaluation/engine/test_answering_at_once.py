"""Two workers that move the items of one run at the same moment, and a retry that comes in between."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from evaluation.engine.steps.generation import answer_items
from evaluation.models import Catalogue, Completion, Endpoint, Item, ItemCall, Preference, Run
from evaluation.runs.services import control
from evaluation.runs.services.launching import BatchSpec, launch_batch
from tests import build

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 1.0
"""Seconds for the other worker: plenty to do its work, if it need not wait for ours."""


class _MeanwhileElsewhere:
    """Does something on a connection of its own as soon as this one is about to read the calls of the items."""

    def __init__(self, action: Callable[[], object]) -> None:
        self._action = action
        self.thread = threading.Thread(target=self._act)

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith('SELECT "evaluation_itemcall"') and not self.thread.ident:
            self.thread.start()
            self.thread.join(PATIENCE)
        return execute(sql, params, many, context)

    def _act(self) -> None:
        try:
            self._action()
        finally:
            connection.close()


def _launched(monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("TEST_KEY", "k")
    dataset = build.question().dataset
    for _ in range(3):
        build.question(dataset)
    catalogue = Catalogue.objects.create(name="c")
    Preference.objects.create(catalogue=catalogue, text="short")
    model = Endpoint.objects.create(
        name="model", provider="openai", model="model", api_key_variable="TEST_KEY"
    )
    spec = BatchSpec("b", dataset, catalogue, [model], ["direct"], ["relevant"])
    return launch_batch(spec=spec, actor=None).runs.get()


def _answer_while(action: Callable[[], object], run: Run) -> None:
    meanwhile = _MeanwhileElsewhere(action)
    with connection.execute_wrapper(meanwhile):
        answer_items(run)
    meanwhile.thread.join(10)
    assert meanwhile.thread.ident
    assert not meanwhile.thread.is_alive()


def test_calls_that_another_worker_asks_in_between_do_not_fail_their_items(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = _launched(monkeypatch)
    _answer_while(lambda: answer_items(run), run)
    assert set(Item.objects.filter(run=run).values_list("status", "failure")) == {("pending", "")}
    assert ItemCall.objects.filter(item__run=run).count() == 2 * 4  # baseline and personalised, each once


def test_a_call_tried_again_in_between_does_not_leave_its_item_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = _launched(monkeypatch)
    answer_items(run)
    Completion.objects.update(status="failed", error_code="timeout", finished_at="2026-01-01T00:00Z")
    _answer_while(lambda: control.retry_failed(run=run, actor=None), run)
    assert set(Completion.objects.values_list("status", flat=True)) == {"pending"}
    assert set(Item.objects.filter(run=run).values_list("status", "failure")) == {("pending", "")}
