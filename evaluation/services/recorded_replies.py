"""What a recorded endpoint answers: the responses of the imported runs of its model."""

import json
from collections.abc import Sequence

from evaluation.llm.recorded import Lookup, RecordedAsk
from evaluation.models import Endpoint, Response
from evaluation.models.item import Condition
from evaluation.stages.plan import Stage


def recorded_replies(endpoint: Endpoint) -> Lookup:
    """Looks replies up in the imported runs of the endpoint: the same question, told the same relevant preference.

    Of several, the one recorded last counts.
    """

    def lookup(asks: Sequence[RecordedAsk]) -> list[str | None]:
        responses = (
            Response.objects.filter(
                item__run__endpoint=endpoint,
                item__run__imported_from__isnull=False,
                item__question__text__in={ask.question for ask in asks},
            )
            .select_related("item__question", "item__preference")
            .order_by("pk")
        )
        found: dict[tuple[object, ...], Response] = {}
        for response in responses:
            question = (response.item.question.text, tuple(response.item.question.options))
            preference = response.item.preference.text if response.item.preference else None
            key = (response.condition, *question)
            found[key if response.condition == Condition.BASELINE else (*key, preference)] = response
        return [_reply(ask, found) for ask in asks]

    return lookup


def _reply(ask: RecordedAsk, found: dict[tuple[object, ...], Response]) -> str | None:
    if ask.stage == Stage.BASELINE:
        response = found.get((Condition.BASELINE, ask.question, ask.options))
        return response.text if response else None
    for preference in ask.preferences or (None,):
        response = found.get((Condition.PERSONALISED, ask.question, ask.options, preference))
        if response is not None:
            if ask.stage == Stage.ALIGNER:
                return json.dumps(
                    {"response": response.text, "thoughts": response.thoughts}, ensure_ascii=False
                )
            return response.text
    return None
