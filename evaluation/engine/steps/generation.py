"""Answering the items of a run: ask what each needs next, write its responses when nothing is missing.

Set-wise and idempotent: what an item needs follows from the calls on record. The worker that moves an item
holds its row, and looks at its calls only then; unique constraints keep one of each call.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Exists, OuterRef, Prefetch

from evaluation.engine.calls.completions import enqueue_completions
from evaluation.engine.steps.examples import examples_for
from evaluation.engine.steps.prompts import prompts_of
from evaluation.llm.replies import storable
from evaluation.llm.requests import ChatRequest
from evaluation.models import Completion, Endpoint, Item, ItemCall, ItemPreference, Question, Response, Run
from evaluation.models.completion import CompletionStatus
from evaluation.models.endpoint import Provider
from evaluation.models.item import Condition, ItemStatus
from evaluation.stages import plan

CHUNK = 500


@dataclass
class _Writes:
    """What a chunk of items comes to."""

    calls: list[tuple[Item, plan.Call]] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)
    answered: list[int] = field(default_factory=list)
    failed: list[Item] = field(default_factory=list)


def answer_items(run: Run) -> set[Endpoint]:
    """Move every unanswered item of the run on by what can be done now; give the endpoints with new calls."""
    if not Item.objects.filter(run=run, status=ItemStatus.PENDING).exists():
        return set()
    answering = _Answering(run)
    last: int | None = 0
    while last is not None:
        last = answering.move_chunk(after=last)
    return answering.called


def _movable(run: Run, *, after: int) -> list[Item]:
    """The next chunk of unanswered items that waited for no call a moment ago, locked, with the calls they have now.

    The calls are read by a later statement than the items, so they may be newer: another worker may have asked
    something meanwhile.
    """
    under_way = ItemCall.objects.filter(item=OuterRef("pk")).exclude(
        completion__status__in=CompletionStatus.finished()
    )
    return list(
        Item.objects.filter(~Exists(under_way), run=run, status=ItemStatus.PENDING, pk__gt=after)
        .select_related("question", "preference")
        .prefetch_related(
            Prefetch("calls", ItemCall.objects.select_related("completion")),
            Prefetch("shown_irrelevant", ItemPreference.objects.select_related("preference")),
        )
        .select_for_update(of=("self",), no_key=True)
        .order_by("pk")[:CHUNK]
    )


class _Answering:
    """The items of one run, with what the run fixes for all of them read once."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.options = plan.RunOptions.model_validate(run.options)
        self.endpoints: dict[plan.Role, Endpoint | None] = {
            "model": run.endpoint,
            "aligner": run.aligner or run.endpoint,
            "extractor": run.extractor,
        }
        self.config = plan.PlanConfig(
            method=plan.Method(run.method),
            prompts=prompts_of(run),
            options=self.options,
            model=run.endpoint.model,
            aligner_model=(run.aligner or run.endpoint).model,
            extractor_model=run.extractor.model if run.extractor else None,
            setting=run.setting,
            replayed=frozenset(
                role
                for role, endpoint in self.endpoints.items()
                if endpoint is not None and endpoint.provider == Provider.RECORDED
            ),
        )
        self.examples = examples_for(run, self.options) if run.method == plan.Method.ICL else None
        self.called: set[Endpoint] = set()

    @transaction.atomic
    def move_chunk(self, *, after: int) -> int | None:
        """One step for each item of the next chunk; the primary key of the last, or None where none is left."""
        items = _movable(self.run, after=after)
        if not items:
            return None
        writes = _Writes()
        for item in items:
            self._step(item, writes)
        self._ask(writes.calls)
        Response.objects.bulk_create(writes.responses, ignore_conflicts=True)
        pending = Item.objects.filter(status=ItemStatus.PENDING)
        pending.filter(pk__in=writes.answered).update(status=ItemStatus.DONE)
        for item in writes.failed:
            pending.filter(pk=item.pk).update(status=ItemStatus.FAILED, failure=item.failure)
        return items[-1].pk

    def _step(self, item: Item, writes: _Writes) -> None:
        calls = {plan.Stage(call.stage): call.completion for call in item.calls.all()}
        if any(completion.status not in CompletionStatus.finished() for completion in calls.values()):
            return  # asked, or tried again, since the items were looked for
        known = {stage: _known(completion) for stage, completion in calls.items()}
        match plan.next_step(self._facts(item), known, self.config):
            case plan.Ask(new_calls):
                writes.calls += [(item, call) for call in new_calls]
            case plan.Answered(baseline, personalised):
                writes.responses += [
                    _response(item, Condition.BASELINE, baseline, calls),
                    _response(item, Condition.PERSONALISED, personalised, calls),
                ]
                writes.answered.append(item.pk)
            case plan.Failed(reason):
                item.failure = reason[:300]
                writes.failed.append(item)

    def _facts(self, item: Item) -> plan.ItemFacts:
        relevant = item.preference.text if item.preference else None
        irrelevant = tuple(shown.preference.text for shown in item.shown_irrelevant.all())
        return plan.ItemFacts(
            question=item.question.text,
            options=tuple(item.question.options),
            preferences=plan.in_order(relevant, irrelevant, self.options.relevant_position),
            examples=tuple(map(_example, self.examples.of(item.question))) if self.examples else (),
        )

    def _ask(self, calls: Sequence[tuple[Item, plan.Call]]) -> None:
        """Queue the calls, endpoint by endpoint, and tie each to its item."""
        by_endpoint: dict[Endpoint, list[tuple[Item, plan.Call]]] = {}
        for item, call in calls:
            endpoint = self.endpoints[call.role]
            assert endpoint is not None
            by_endpoint.setdefault(endpoint, []).append((item, call))
        # In one order everywhere: two workers that queue the same calls wait for each other instead of locking up.
        for endpoint, item_calls in sorted(by_endpoint.items(), key=lambda pair: pair[0].pk):
            requests: list[ChatRequest] = [call.request for _, call in item_calls]
            completions = enqueue_completions(endpoint, requests, run=self.run)
            ItemCall.objects.bulk_create(
                (
                    ItemCall(
                        item=item, stage=call.stage, completion=completions[call.request.key(endpoint.name)]
                    )
                    for item, call in item_calls
                ),
                ignore_conflicts=True,
            )
            self.called.add(endpoint)


def _known(completion: Completion) -> plan.Known:
    match completion.status:
        case CompletionStatus.SUCCEEDED:
            return plan.Known(completion.text)
        case CompletionStatus.REFUSED:
            return plan.Known(completion.text, "the model refused")
        case _:
            return plan.Known("", f"the call failed: {completion.error_code}")


def _example(question: Question) -> plan.Example:
    return plan.Example(question.text, tuple(question.options), question.gold_option)


def _response(
    item: Item, condition: Condition, draft: plan.ResponseDraft, calls: dict[plan.Stage, Completion]
) -> Response:
    return Response(
        item=item,
        condition=condition,
        # A zero byte cannot be stored in PostgreSQL, and nobody would miss it.
        text=storable(draft.text),
        answer=draft.letter,
        extraction=draft.extraction,
        extraction_rule=draft.extraction_rule,
        thoughts=storable(draft.thoughts),
        fell_back=draft.fell_back,
        completion=calls[draft.source],
    )
