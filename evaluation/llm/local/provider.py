"""The provider of endpoints whose model runs in the worker."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from evaluation.llm.local.chat import TemplateRefused
from evaluation.llm.local.generation import generate
from evaluation.llm.local.jobs import Generated, Job
from evaluation.llm.local.options import LocalOptions
from evaluation.llm.local.weights import LoadedModel, in_use, load
from evaluation.llm.providers import ProviderNotAvailable
from evaluation.llm.reasoning import split_reasoning
from evaluation.llm.replies import CallFailure, Outcome, Reply
from evaluation.llm.requests import ChatRequest


class LocalProvider:
    """A causal language model of the hub or of a folder, with or without a LoRA adapter; see `LocalOptions`.

    It is loaded once per process.

    A request says all that bears on its reply: without a temperature, or with 0, the likeliest token is taken, else
    the whole distribution is sampled at that temperature, from a seed made of the request's content and replicate.
    The sampling that a checkpoint recommends (top-k, top-p, penalties) is left aside. Batch-mates do not change a
    reply but for rounding: in half precision, sums taken in another order may tip a choice between tokens that are
    nearly as likely. `response_format` is not enforced.

    `input_tokens` are the prompt's with the template's own, `output_tokens` those generated, with reasoning and the
    stop token; padding is in neither. An answer has no more room than the model's context leaves after the prompt.
    """

    def __init__(self, model: str, options: Mapping[str, object]) -> None:
        """Loads the model. Raises ProviderNotAvailable, saying which option is wrong or what is missing."""
        self._model = model
        self._options = LocalOptions.parse(options)
        load(self._model, self._options)

    def complete_batch(self, requests: Sequence[ChatRequest]) -> Sequence[Outcome]:
        with in_use:
            try:
                loaded = load(self._model, self._options)
            except (
                ProviderNotAvailable
            ) as error:  # dropped for another model, and now there is no room for it
                failure = CallFailure("provider_not_available", str(error), retryable=False)
                return [failure] * len(requests)
            return _complete(loaded, requests, self._options.max_new_tokens)


def _complete(loaded: LoadedModel, requests: Sequence[ChatRequest], max_new_tokens: int) -> list[Outcome]:
    outcomes: dict[int, Outcome] = {}
    jobs: dict[int, Job] = {}
    openings: dict[int, bool] = {}
    for number, request in enumerate(requests):
        try:
            prompt = loaded.chat.prompt(request.messages)
        except TemplateRefused as error:
            outcomes[number] = CallFailure("bad_request", str(error), retryable=False)
            continue
        limit = request.max_tokens or max_new_tokens
        if loaded.context is not None:
            limit = min(limit, loaded.context - len(prompt.tokens))
        if limit < 1:
            outcomes[number] = CallFailure(
                "prompt_too_long",
                f"The prompt has {len(prompt.tokens)} tokens, and the model's context {loaded.context}.",
                retryable=False,
            )
            continue
        openings[number] = prompt.reasoning_opened
        jobs[number] = Job(prompt.tokens, limit, request.temperature or 0.0, _seed(request))
    try:
        generated = generate(loaded, list(jobs.values()))
    except (
        RuntimeError
    ) as error:  # what torch raises when the device fails; the next worker may have a sound one
        broken = CallFailure("local_model_failed", str(error), retryable=True)
        return [outcomes.get(number, broken) for number in range(len(requests))]
    for (number, job), result in zip(jobs.items(), generated, strict=True):
        outcomes[number] = _outcome(loaded, job, result, reasoning_opened=openings[number])
    return [outcomes[number] for number in range(len(requests))]


def _seed(request: ChatRequest) -> int:
    return int(request.key("local")[:15], 16)


def _outcome(
    loaded: LoadedModel, job: Job, generated: Generated | None, *, reasoning_opened: bool
) -> Outcome:
    if generated is None:
        return CallFailure(
            "out_of_memory",
            f"Memory did not suffice for {len(job.tokens)} prompt tokens and {job.limit} of an answer, alone.",
            retryable=False,
        )
    text = loaded.chat.text(generated.tokens).strip()
    answer, reasoning = split_reasoning(text, opened=reasoning_opened)
    raw: dict[str, JsonValue] = {
        "text": loaded.chat.raw_text(generated.tokens),
        "finish_reason": "stop" if generated.stopped else "length",
    }
    if loaded.adapter is not None:
        raw["adapter_sha256"] = loaded.adapter.sha256
    return Reply(
        text=answer,
        raw=raw,
        input_tokens=len(job.tokens),
        output_tokens=len(generated.tokens),
        reasoning=reasoning,
        cut_off=not generated.stopped,
    )
