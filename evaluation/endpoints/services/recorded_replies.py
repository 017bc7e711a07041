"""What a recorded endpoint answers: the responses of the imported runs of its model."""

import json
from collections.abc import Iterable, Mapping, Sequence

from evaluation.llm.recorded import Lookup, RecordedAsk
from evaluation.models import Endpoint, Response, Run
from evaluation.models.endpoint import Provider
from evaluation.models.item import Condition, Extraction
from evaluation.models.run import Method, Setting
from evaluation.stages.plan import Stage


def recorded_replies(endpoint: Endpoint) -> Lookup:
    """Looks replies up in the imported runs of the endpoint: the same question, told the same relevant preference by
    the same method in the same setting.

    Of several, the one recorded last counts.
    """

    def lookup(asks: Sequence[RecordedAsk]) -> list[str | None]:
        responses = (
            Response.objects.filter(
                item__run__endpoint=endpoint,
                item__run__imported_from__isnull=False,
                item__question__text__in={ask.question for ask in asks},
            )
            .exclude(extraction=Extraction.MISSING)
            .select_related("item__question", "item__preference", "item__run")
            .order_by("pk")
        )
        by_key = {_key_of(response): response for response in responses}
        return [_reply(ask, by_key) for ask in asks]

    return lookup


def unrecorded(grid: Iterable[tuple[Endpoint, str, str]]) -> list[str]:
    """Those of the grid (model, method, setting) that would find no reply, in words: no such run was imported."""
    replayed = [parts for parts in grid if parts[0].provider == Provider.RECORDED]
    if not replayed:
        return []
    imported = Run.objects.filter(endpoint__in={model for model, *_ in replayed}, imported_from__isnull=False)
    known = set(imported.values_list("endpoint", "method", "setting"))
    return [
        f"{model} · {Method(method).label} · {Setting(setting).label}"
        for model, method, setting in replayed
        if (model.pk, method, setting) not in known
    ]


Key = tuple[object, ...]


def _key_of(response: Response) -> Key:
    item = response.item
    question = (item.question.text, tuple(item.question.options))
    if response.condition == Condition.BASELINE:
        return (Condition.BASELINE, *question)
    # In the setting `irrelevant` there is no relevant preference, and none is looked for.
    preference = item.preference.text if item.preference else None
    return (Condition.PERSONALISED, *question, item.run.method, item.run.setting, preference)


def _reply(ask: RecordedAsk, responses: Mapping[Key, Response]) -> str | None:
    question = (ask.question, ask.options)
    if ask.stage == Stage.BASELINE:
        keys: list[Key] = [(Condition.BASELINE, *question)]
    else:
        preferences = (None,) if ask.setting == Setting.IRRELEVANT else ask.preferences
        keys = [
            (Condition.PERSONALISED, *question, ask.method, ask.setting, preference)
            for preference in preferences
        ]
    response = next((responses[key] for key in keys if key in responses), None)
    if response is None or ask.stage != Stage.ALIGNER:
        return response.text if response else None
    return json.dumps({"response": response.text, "thoughts": response.thoughts}, ensure_ascii=False)
