"""The provider of local models, on a tiny random model. Without torch and transformers most of this is skipped:
`make local-model-test` runs it with them.
"""

import importlib.util
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evaluation.llm.local import LocalProvider, generation, weights
from evaluation.llm.local.jobs import Generated, Job
from evaluation.llm.local.options import LocalOptions
from evaluation.llm.providers import ProviderNotAvailable
from evaluation.llm.reasoning import opened_by, split_reasoning
from evaluation.llm.replies import CallFailure, Outcome, Reply
from evaluation.llm.requests import ChatRequest, Message
from tests.tiny_model import ALTERNATE, CONTEXT, NO_SYSTEM, SILENT_SYSTEM, TEMPLATE, save_tiny_model

# --- without a model ------------------------------------------------------------------------------------------------


def test_the_package_is_imported_and_says_what_to_install_without_torch() -> None:
    program = (
        "import sys, importlib.util as u\n"
        "found = u.find_spec\n"
        "u.find_spec = lambda n, *a: None if n in ('torch', 'transformers') else found(n, *a)\n"
        "sys.modules['torch'] = sys.modules['transformers'] = None\n"
        "from evaluation.llm.local import LocalProvider\n"
        "from evaluation.llm.providers import ProviderNotAvailable\n"
        "try:\n    LocalProvider('any', {})\n"
        "except ProviderNotAvailable as error:\n    assert 'pip install torch transformers' in str(error), error\n"
        "else:\n    raise SystemExit('no error')\n"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"batchsize": 8}, "no option 'batchsize'. Known: dtype,"),
        ({"dtype": "int8"}, "option dtype .* one of 'auto', 'bfloat16', 'float16', 'float32', not 'int8'"),
        ({"quantization": "8bit"}, "option quantization .* not '8bit'"),
        ({"batch_size": 0}, "option batch_size .* at least 1, not 0"),
        ({"max_batch_tokens": "many"}, "option max_batch_tokens .* not 'many'"),
        ({"max_new_tokens": True}, "option max_new_tokens .* not True"),
        ({"batching": "clever"}, "option batching .* not 'clever'"),
        ({"adapter": ""}, "option adapter .* a text, not ''"),
        ({"adapter": "here", "adapter_sha256": "1f"}, "option adapter_sha256 .* 64 digits, .* not '1f'"),
        ({"adapter_sha256": "0" * 64}, "option adapter_sha256 .* needs the option adapter"),
        ({"chat_template_kwargs": ["x"]}, "option chat_template_kwargs .* an object"),
    ],
)
def test_a_wrong_option_is_named_before_anything_is_loaded(options: dict[str, object], said: str) -> None:
    with pytest.raises(ProviderNotAvailable, match=said):
        LocalProvider("no/such-model", options)


@pytest.mark.parametrize(
    ("text", "opened", "answer", "reasoning"),
    [
        ("B", False, "B", ""),
        ("<think>\nhm\n</think>\n\nB", False, "B", "hm"),
        ("hm\n</think>\n\nB", True, "B", "hm"),
        ("<think>hm</think>B", True, "B", "hm"),
        ("[THINK]hm[/THINK]B", False, "B", "hm"),
        ("<think></think>B", False, "B", ""),
        ("<think>cut of", False, "", "cut of"),
        ("cut of", True, "", "cut of"),
        ("B, as <think>tags</think> show", False, "B, as <think>tags</think> show", ""),
        ("<think>a</think>B </think> C", False, "B </think> C", "a"),
        ("hm, A?\n</think>\n\nB", None, "B", "hm, A?"),
        ("hm</think>B", False, "hm</think>B", ""),
        ("B, as <think>tags</think> show", None, "B, as <think>tags</think> show", ""),
        ("<thinking>hm</thinking>\nB", False, "B", "hm"),
        ("<THINK>hm</THINK>B", False, "B", "hm"),
    ],
)
def test_reasoning_is_kept_apart(text: str, opened: bool | None, answer: str, reasoning: str) -> None:
    assert split_reasoning(text, opened=opened) == (answer, reasoning)


def test_a_prompt_opens_reasoning_only_where_it_ends_with_the_mark() -> None:
    assert opened_by("<assistant><think>\n")
    assert not opened_by("<assistant><think>\n\n</think>\n\n")


def test_a_row_ends_with_its_stop_token_or_at_its_limit() -> None:
    stop = frozenset({9})
    assert Generated.cut([1, 2, 9, 9, 9], 5, stop) == Generated((1, 2, 9), stopped=True)
    assert Generated.cut([1, 2, 9], 2, stop) == Generated((1, 2), stopped=False)
    assert Generated.cut([1, 2, 9], 3, stop) == Generated((1, 2, 9), stopped=True)


# --- with one -------------------------------------------------------------------------------------------------------

Build = Callable[..., str]


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Saves a tiny random model, as the hub would hold it, and gives its folder."""
    for library in ("torch", "transformers", "tokenizers"):
        if importlib.util.find_spec(library) is None:
            pytest.skip(f"no {library} here: make local-model-test", allow_module_level=False)

    def save(template: str = TEMPLATE, *, positions: int = CONTEXT, eos_listed: bool = True) -> str:
        folder = tmp_path_factory.mktemp("tiny-model")
        return save_tiny_model(folder, template, positions=positions, eos_listed=eos_listed)

    return save


@pytest.fixture(scope="session")
def tiny(build: Build) -> str:
    return build()


@pytest.fixture(autouse=True)
def _nothing_left_loaded() -> Iterator[None]:
    yield
    if weights._weights:
        weights.unload_all()


def ask(text: str, *, system: str = "", **fields: Any) -> ChatRequest:
    messages = (Message("system", system),) if system else ()
    return ChatRequest(model="tiny", messages=(*messages, Message("user", text)), **fields)


def mixed_requests(**fields: Any) -> list[ChatRequest]:
    """Prompts of many lengths, with and without system text, in no order."""
    lengths = [1, 180, 7, 64, 3, 320, 33, 12, 90, 5, 210, 2, 150, 20, 41, 9, 77, 260, 15, 28, 6, 120, 50, 11]
    return [
        ask(
            ("Which is it, A or B? " * 20)[number : number + length],
            system="Be short." * (number % 3),
            **({"max_tokens": 12 + 9 * (number % 4)} | fields),
        )
        for number, length in enumerate(lengths)
    ]


def replies(outcomes: Any) -> list[Reply]:
    assert all(isinstance(outcome, Reply) for outcome in outcomes), outcomes
    return list(outcomes)


def plainly_generated(folder: str, request: ChatRequest) -> str:
    """What transformers itself gives for one request alone, without any of the provider's code."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    turns = [{"role": message.role, "content": message.content} for message in request.messages]
    text = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    prompt = tokenizer(text, add_special_tokens=False, return_tensors="pt")
    stops = tokenizer.convert_tokens_to_ids(["<|endoftext|>", "<|stop|>", "<|im_end|>"])
    model.generation_config = GenerationConfig()
    output = model.generate(
        **prompt,
        generation_config=GenerationConfig(
            do_sample=False,
            max_new_tokens=request.max_tokens,
            eos_token_id=stops,
            pad_token_id=stops[0],
        ),
    )
    written: str = tokenizer.decode(
        output[0, prompt["input_ids"].shape[1] :],
        skip_special_tokens=True,
        clean_up_tokenization_spaces=False,
    )
    return written.strip()


@pytest.mark.parametrize("batching", ["padded", "continuous"])
def test_a_batch_gives_the_same_greedy_text_as_one_at_a_time(tiny: str, batching: str) -> None:
    requests = mixed_requests()
    provider = LocalProvider(tiny, {"batching": batching, "batch_size": 24})
    together = replies(provider.complete_batch(requests))
    alone = LocalProvider(tiny, {"batching": "padded", "batch_size": 1})
    assert together == [replies(alone.complete_batch([request]))[0] for request in requests]
    assert [reply.text for reply in together[:8]] == [plainly_generated(tiny, each) for each in requests[:8]]
    # The comparison is worth something: texts differ, some end at a stop token, some at their limit.
    assert len({reply.text for reply in together}) > len(together) // 2
    assert 3 <= sum(reply.cut_off for reply in together) <= len(together) - 3


def test_continuous_batching_is_what_answers_where_it_is_wanted(
    tiny: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = LocalProvider(tiny, {"batching": "continuous"})
    monkeypatch.setattr(generation, "_generate_batch", lambda *_: pytest.fail("a padded batch was made"))
    for _ in range(2):  # the second call finds the manager of the first
        replies(provider.complete_batch([ask("one"), ask("two")]))


def test_another_model_does_not_find_the_gpu_full_of_the_last_ones_cache(tiny: str, build: Build) -> None:
    first, second = (LocalProvider(folder, {"batching": "continuous"}) for folder in (tiny, build()))
    for provider in (first, second, first):
        replies(provider.complete_batch([ask("one")]))
        kept = [
            hasattr(model, "_cached_continuous_batching_manager") for model, _ in weights._weights.values()
        ]
        assert sum(kept) == 1


def test_padded_batches_take_over_where_continuous_batching_fails(
    tiny: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = mixed_requests()[:4]
    wanted = LocalProvider(tiny, {"batching": "padded"}).complete_batch(requests)
    provider = LocalProvider(tiny, {"batching": "continuous"})
    loaded = weights.load(tiny, LocalOptions(batching="continuous"))

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("no kernel")

    monkeypatch.setattr(loaded.model, "continuous_batching_context_manager", broken)
    assert provider.complete_batch(requests) == wanted
    assert loaded.continuous is False


def test_stop_tokens_are_those_of_the_checkpoint_and_of_the_template(tiny: str, build: Build) -> None:
    ids = weights.load(tiny, LocalOptions()).tokenizer.convert_tokens_to_ids
    assert weights.load(tiny, LocalOptions()).stop_tokens == {
        ids("<|endoftext|>"),
        ids("<|stop|>"),
        ids("<|im_end|>"),
    }
    unlisted = build(eos_listed=False)
    assert weights.load(unlisted, LocalOptions()).stop_tokens == {ids("<|endoftext|>"), ids("<|im_end|>")}


def test_tokens_are_counted_without_padding_and_with_the_stop_token(tiny: str) -> None:
    requests = [ask("x"), ask("x" * 200, max_tokens=5)]
    loaded = weights.load(tiny, LocalOptions())
    short, long = replies(LocalProvider(tiny, {}).complete_batch(requests))
    assert short.input_tokens == len(loaded.chat.prompt(requests[0].messages).tokens)
    assert long.input_tokens == short.input_tokens + 199
    assert long.output_tokens == 5
    assert long.cut_off
    for reply in replies(LocalProvider(tiny, {}).complete_batch(mixed_requests())):
        assert isinstance(reply.raw, dict)
        generated = loaded.tokenizer(reply.raw["text"], add_special_tokens=False)["input_ids"]
        ended = bool(generated) and generated[-1] in loaded.stop_tokens
        assert ended is not reply.cut_off
        assert not set(generated[:-1]) & loaded.stop_tokens


def test_a_request_without_a_limit_has_that_of_the_endpoint(tiny: str) -> None:
    provider = LocalProvider(tiny, {"max_new_tokens": 3})
    assert replies(provider.complete_batch([ask("What is this?")]))[0].output_tokens == 3


def test_a_sampled_reply_depends_on_its_request_alone(tiny: str) -> None:
    hot = [replace(request, temperature=0.5 + 0.1 * n) for n, request in enumerate(mixed_requests()[:8])]
    greedy = mixed_requests()[8:16]
    provider = LocalProvider(tiny, {"batch_size": 16})
    together = replies(provider.complete_batch([*hot, *greedy]))
    assert [r.text for r in together] == [
        replies(provider.complete_batch([request]))[0].text for request in [*hot, *greedy]
    ]
    assert together[8:] == replies(provider.complete_batch(greedy))


def test_replicates_and_temperatures_differ_and_repeat(tiny: str) -> None:
    requests = [ask("Say it", temperature=1.0, max_tokens=20, replicate=n) for n in (1, 2, 3)]
    provider = LocalProvider(tiny, {})
    first = [reply.text for reply in replies(provider.complete_batch(requests))]
    assert len(set(first)) == 3
    weights.unload_all()
    assert [r.text for r in replies(LocalProvider(tiny, {}).complete_batch(requests[::-1]))] == first[::-1]
    cold, coldest = replies(
        provider.complete_batch([ask("Say it", temperature=1e-4), ask("Say it", temperature=0)])
    )
    assert cold.text == coldest.text


def test_sampling_follows_the_models_distribution() -> None:
    torch = pytest.importorskip("torch")
    scores = torch.tensor([[2.0, 0.0, float("-inf"), 1.0]])
    for temperature in (1.0, 2.0):
        drawn = torch.zeros(4)
        jobs = [Job([1], limit=4000, temperature=temperature, seed=5)]
        sampled = generation._SampledRows(jobs, 1, "cpu")
        for step in range(4000):
            drawn[sampled(torch.zeros((1, 1 + step)), scores).argmax()] += 1
        expected = torch.softmax(scores[0] / temperature, dim=-1)
        assert drawn[2] == 0
        assert (drawn / 4000 - expected).abs().max() < 0.03


@pytest.mark.parametrize("refusal", [NO_SYSTEM, SILENT_SYSTEM])
def test_system_text_goes_first_in_the_user_turn_where_the_template_has_no_system_role(
    build: Build, refusal: str
) -> None:
    chat = weights.load(build(refusal + TEMPLATE), LocalOptions()).chat
    prompt = chat.prompt(ask("Which?", system="Be short.").messages)
    assert chat.raw_text(prompt.tokens) == (
        "<bos><|im_start|>user\nBe short.\n\nWhich?<|im_end|>\n<|im_start|>assistant\n"
    )


def test_system_text_has_its_own_turn_where_the_template_has_one(tiny: str) -> None:
    chat = weights.load(tiny, LocalOptions()).chat
    prompt = chat.prompt(ask("Which?", system="Be short.").messages)
    assert chat.raw_text(prompt.tokens).startswith(
        "<bos><|im_start|>system\nBe short.<|im_end|>\n<|im_start|>user"
    )


def test_messages_that_the_template_refuses_fail_alone(build: Build) -> None:
    twice = ChatRequest("tiny", (Message("user", "One"), Message("user", "Two")))
    refused, answered = LocalProvider(build(ALTERNATE + TEMPLATE), {}).complete_batch([twice, ask("One")])
    assert isinstance(refused, CallFailure)
    assert (refused.code, refused.retryable) == ("bad_request", False)
    assert "Roles must alternate" in refused.message
    assert isinstance(answered, Reply)


def test_a_model_without_a_chat_template_is_not_available(build: Build) -> None:
    with pytest.raises(ProviderNotAvailable, match="no chat template"):
        LocalProvider(build(""), {})


def test_reasoning_that_the_template_opened_is_no_answer(tiny: str) -> None:
    provider = LocalProvider(tiny, {"chat_template_kwargs": {"opened": True}, "max_new_tokens": 8})
    (reply,) = replies(provider.complete_batch([ask("Which?")]))
    assert isinstance(reply.raw, dict)
    assert "</think>" not in str(reply.raw["text"])
    assert reply.text == ""
    assert reply.reasoning
    assert reply.cut_off


def test_a_prompt_longer_than_the_context_fails_alone_and_one_that_nearly_fills_it_is_cut_off(
    build: Build,
) -> None:
    folder = build(positions=128)
    frame = len(weights.load(folder, LocalOptions()).chat.prompt(ask("").messages).tokens)
    outcomes = LocalProvider(folder, {}).complete_batch(
        [ask("x" * 500), ask("x"), ask("x" * (128 - frame)), ask("x" * (127 - frame))]
    )
    for failure in (outcomes[0], outcomes[2]):
        assert isinstance(failure, CallFailure)
        assert (failure.code, failure.retryable) == ("prompt_too_long", False)
        assert "context 128" in failure.message
    assert isinstance(outcomes[1], Reply)
    last = outcomes[3]
    assert isinstance(last, Reply)
    assert last.output_tokens == 1


def out_of_memory_above(rows: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Makes batches of more rows than this run out of memory; gives the sizes that were tried."""
    import torch

    tried: list[int] = []
    generate_batch = generation._generate_batch

    def limited(loaded: Any, jobs: Any) -> list[Generated]:
        tried.append(len(jobs))
        if len(jobs) > rows:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return generate_batch(loaded, jobs)

    monkeypatch.setattr(generation, "_generate_batch", limited)
    return tried


def test_a_batch_that_runs_out_of_memory_is_halved_until_it_fits(
    tiny: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = mixed_requests(max_tokens=10)
    wanted: list[Outcome] = list(LocalProvider(tiny, {}).complete_batch(requests))
    tried = out_of_memory_above(6, monkeypatch)
    provider = LocalProvider(tiny, {"batch_size": 24})
    assert provider.complete_batch(requests) == wanted
    assert tried[:3] == [24, 12, 6]
    assert tried.count(24) == 1  # it is not tried again


def test_a_request_that_does_not_fit_alone_fails_and_is_not_repeated(
    tiny: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out_of_memory_above(0, monkeypatch)
    outcomes = LocalProvider(tiny, {}).complete_batch([ask("one"), ask("two")])
    for outcome in outcomes:
        assert isinstance(outcome, CallFailure)
        assert (outcome.code, outcome.retryable) == ("out_of_memory", False)


def test_batches_keep_to_the_budget_of_tokens(tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = out_of_memory_above(1000, monkeypatch)
    requests = [ask("x" * 50, max_tokens=10) for _ in range(10)]
    size = len(weights.load(tiny, LocalOptions()).chat.prompt(requests[0].messages).tokens) + 10
    LocalProvider(tiny, {"max_batch_tokens": 4 * size, "batch_size": 16}).complete_batch(requests)
    assert tried == [4, 4, 2]


def test_the_cache_of_a_token_is_reckoned_from_the_models_shape(tiny: str) -> None:
    model = weights.load(tiny, LocalOptions()).model
    assert (
        weights.cache_bytes_per_token(model) == 2 * 2 * 2 * 16 * 4
    )  # keys, values; layers; heads; width; float32


def test_a_broken_device_is_an_outcome_that_may_pass(tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("CUDA error: device-side assert triggered")

    provider = LocalProvider(tiny, {})
    monkeypatch.setattr(generation, "_generate_batch", broken)
    (outcome,) = provider.complete_batch([ask("one")])
    assert isinstance(outcome, CallFailure)
    assert (outcome.code, outcome.retryable) == ("local_model_failed", True)


def test_weights_are_read_once_for_all_endpoints_that_use_them(
    tiny: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    from_pretrained = weights._from_pretrained

    def counted(name: str, options: LocalOptions, device: str) -> Any:
        read.append(name)
        return from_pretrained(name, options, device)

    monkeypatch.setattr(weights, "_from_pretrained", counted)
    for options in ({}, {}, {"max_new_tokens": 5}, {"batch_size": 2}):
        LocalProvider(tiny, options).complete_batch([ask("one", max_tokens=1)])
    assert len(read) == 1
    LocalProvider(tiny, {"dtype": "bfloat16"})
    assert len(read) == 2


def test_models_served_before_make_room_for_one_that_does_not_fit(
    tiny: str, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from_pretrained = weights._from_pretrained

    def one_at_a_time(name: str, options: LocalOptions, device: str) -> Any:
        if weights._weights:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return from_pretrained(name, options, device)

    monkeypatch.setattr(weights, "_from_pretrained", one_at_a_time)
    first, second = LocalProvider(tiny, {}), LocalProvider(build(), {})
    for provider in (first, second, first):
        replies(provider.complete_batch([ask("one", max_tokens=2)]))
        assert len(weights._weights) == 1


def test_an_empty_batch_has_no_outcomes(tiny: str) -> None:
    assert LocalProvider(tiny, {}).complete_batch([]) == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"quantization": "4bit", "device": "cpu"}, "needs a CUDA GPU"),
        ({"device": "tpu"}, "cpu, cuda or cuda:NUMBER, not 'tpu'"),
    ],
)
def test_impossible_options_are_not_available(tiny: str, options: dict[str, object], said: str) -> None:
    with pytest.raises(ProviderNotAvailable, match=said):
        LocalProvider(tiny, options)


def test_a_gpu_that_is_not_there_is_not_available(tiny: str) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(ProviderNotAvailable, match="torch sees no CUDA GPU"):
        LocalProvider(tiny, {"device": "cuda:0"})


def test_a_model_that_is_not_there_is_not_available(tiny: str) -> None:
    with pytest.raises(ProviderNotAvailable, match="cannot be loaded"):
        LocalProvider(f"{tiny}/missing", {})
