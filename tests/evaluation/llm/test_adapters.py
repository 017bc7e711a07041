"""LoRA adapters of local models: what is refused, in which words, and what a model with one says. The second half needs
torch, transformers and peft: `make local-model-test` runs it with them.
"""

import hashlib
import importlib.util
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evaluation.llm.local import LocalProvider, weights
from evaluation.llm.local.adapters import CONFIG_FILE, WEIGHTS_FILE, find_adapter, with_adapter
from evaluation.llm.local.options import LocalOptions
from evaluation.llm.providers import ProviderNotAvailable
from evaluation.llm.replies import CallFailure, Reply
from evaluation.llm.requests import ChatRequest, Message
from tests.tiny_model import save_tiny_adapter, save_tiny_model, skip_without

# --- without a model ------------------------------------------------------------------------------------------------

LORA: dict[str, object] = {
    "peft_type": "LORA",
    "task_type": "CAUSAL_LM",
    "base_model_name_or_path": "org/base",
}


def adapter_folder(folder: Path, config: dict[str, object] | str = LORA, weights: bytes = b"weights") -> str:
    folder.mkdir(exist_ok=True)
    text = config if isinstance(config, str) else json.dumps(config)
    (folder / CONFIG_FILE).write_text(text, encoding="utf-8")
    (folder / WEIGHTS_FILE).write_bytes(weights)
    return str(folder)


@pytest.fixture
def _with_peft(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("{", "adapter_config.json of the adapter .* cannot be read"),
        ("[1]", "type None, and local models take LoRA adapters"),
        (LORA | {"peft_type": "PROMPT_TUNING"}, "type 'PROMPT_TUNING'"),
        (LORA | {"task_type": "SEQ_CLS"}, "for the task 'SEQ_CLS', not for CAUSAL_LM"),
        (
            LORA | {"base_model_name_or_path": "org/other"},
            "trained on the base model 'org/other', and the endpoint's model is 'org/base'",
        ),
    ],
)
def test_an_adapter_that_is_not_for_the_model_is_refused_in_words(
    tmp_path: Path, config: dict[str, object] | str, said: str
) -> None:
    folder = adapter_folder(tmp_path, config)
    with pytest.raises(ProviderNotAvailable, match=said):
        find_adapter("org/base", LocalOptions(adapter=folder))


@pytest.mark.parametrize("missing", [CONFIG_FILE, WEIGHTS_FILE])
def test_an_adapter_without_one_of_its_files_is_refused(tmp_path: Path, missing: str) -> None:
    folder = adapter_folder(tmp_path)
    (tmp_path / missing).unlink()
    with pytest.raises(ProviderNotAvailable, match=f"has no {missing}.*training has not finished"):
        find_adapter("org/base", LocalOptions(adapter=folder))


def test_an_adapter_that_is_not_a_folder_is_refused(tmp_path: Path) -> None:
    for path in (str(tmp_path / "missing"), "org/adapter-on-the-hub"):
        with pytest.raises(ProviderNotAvailable, match=f"'{path}' is not a folder on this worker"):
            find_adapter("org/base", LocalOptions(adapter=path))


@pytest.mark.usefixtures("_with_peft")
def test_an_adapter_is_identified_by_both_its_files(tmp_path: Path) -> None:
    folder = adapter_folder(tmp_path / "one")
    first = find_adapter("org/base", LocalOptions(adapter=folder))
    assert first is not None
    content = (tmp_path / "one" / CONFIG_FILE).read_bytes() + (tmp_path / "one" / WEIGHTS_FILE).read_bytes()
    assert first.sha256 == hashlib.sha256(content).hexdigest()
    pinned = LocalOptions(adapter=folder, adapter_sha256=first.sha256)
    assert find_adapter("org/base", pinned) == first
    for config, weights_of in ((LORA | {"lora_alpha": 9}, b"weights"), (LORA, b"other")):
        adapter_folder(tmp_path / "one", config, weights_of)
        second = find_adapter("org/base", LocalOptions(adapter=folder))
        assert second is not None
        assert second.sha256 != first.sha256
        with pytest.raises(ProviderNotAvailable, match=f"{second.sha256}.*{first.sha256}.*another adapter"):
            find_adapter("org/base", pinned)


@pytest.mark.usefixtures("_with_peft")
def test_the_base_may_be_named_by_another_path_to_the_same_folder(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "base")
    config = LORA | {"base_model_name_or_path": str(tmp_path / "base")}
    options = LocalOptions(adapter=adapter_folder(tmp_path / "adapter", config))
    assert find_adapter(str(tmp_path / "link"), options) is not None
    with pytest.raises(ProviderNotAvailable, match="was trained on the base model"):
        find_adapter(str(tmp_path / "adapter"), options)


def test_a_worker_without_peft_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ProviderNotAvailable, match=r"no peft.*pip install peft"):
        find_adapter("org/base", LocalOptions(adapter=adapter_folder(tmp_path)))


# --- with one -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    skip_without("torch", "transformers", "tokenizers", "peft")
    return save_tiny_model(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="session")
def adapters(base: str, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return [save_tiny_adapter(tmp_path_factory.mktemp("adapter"), base, seed=seed) for seed in (1, 2)]


@pytest.fixture(autouse=True)
def _nothing_left_loaded() -> Iterator[None]:
    yield
    if weights._weights:
        weights.unload_all()


def requests() -> list[ChatRequest]:
    lengths = [1, 180, 7, 64, 3, 320, 33, 12, 90, 5, 210, 2]
    return [
        ChatRequest(
            model="tiny",
            messages=(Message("user", ("Which is it, A or B? " * 20)[number : number + length]),),
            max_tokens=12 + 9 * (number % 4),
        )
        for number, length in enumerate(lengths)
    ]


def texts(provider: LocalProvider) -> list[str]:
    outcomes = provider.complete_batch(requests())
    assert all(isinstance(outcome, Reply) for outcome in outcomes), outcomes
    return [outcome.text for outcome in outcomes if isinstance(outcome, Reply)]


def plainly_generated(base: str, adapter: str, request: ChatRequest) -> str:
    """What peft itself gives for one request alone, without any of the provider's code."""
    from peft import AutoPeftModelForCausalLM
    from transformers import AutoTokenizer, GenerationConfig

    tokenizer = AutoTokenizer.from_pretrained(base)
    model = AutoPeftModelForCausalLM.from_pretrained(adapter).eval()
    turns = [{"role": message.role, "content": message.content} for message in request.messages]
    text = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    prompt = tokenizer(text, add_special_tokens=False, return_tensors="pt")
    stops = tokenizer.convert_tokens_to_ids(["<|endoftext|>", "<|stop|>", "<|im_end|>"])
    model.base_model.model.generation_config = GenerationConfig()
    output = model.generate(
        **prompt,
        generation_config=GenerationConfig(
            do_sample=False, max_new_tokens=request.max_tokens, eos_token_id=stops, pad_token_id=stops[0]
        ),
    )
    answer = output[0, prompt["input_ids"].shape[1] :]
    return str(tokenizer.decode(answer, skip_special_tokens=True, clean_up_tokenization_spaces=False)).strip()


@pytest.mark.parametrize("batching", ["padded", "continuous"])
def test_a_batch_with_an_adapter_gives_the_text_of_one_at_a_time(
    base: str, adapters: list[str], batching: str
) -> None:
    together = texts(LocalProvider(base, {"adapter": adapters[0], "batching": batching}))
    alone = LocalProvider(base, {"adapter": adapters[0], "batching": "padded", "batch_size": 1})
    assert together == texts(alone)
    assert together[:4] == [plainly_generated(base, adapters[0], request) for request in requests()[:4]]
    assert len(set(together)) > len(together) // 2
    assert together != texts(LocalProvider(base, {}))


def test_endpoints_of_one_base_with_different_adapters_do_not_mix(base: str, adapters: list[str]) -> None:
    endpoints = [LocalProvider(base, {"adapter": adapter}) for adapter in adapters]
    endpoints.append(LocalProvider(base, {}))
    expected = []
    for endpoint in endpoints:
        weights.unload_all()
        expected.append(texts(endpoint))
    assert len(set(map(tuple, expected))) == 3
    for place in (0, 2, 1, 0, 2):  # now with all three loaded side by side
        assert texts(endpoints[place]) == expected[place]
    assert len(weights._weights) == 3


def test_an_adapter_replaced_on_disk_is_read_again_and_the_old_one_leaves(
    base: str, adapters: list[str], tmp_path: Path
) -> None:
    folder = tmp_path / "adapter"
    shutil.copytree(adapters[0], folder)
    provider = LocalProvider(base, {"adapter": str(folder)})
    first = texts(provider)
    shutil.copytree(adapters[1], folder, dirs_exist_ok=True)
    assert texts(provider) == texts(LocalProvider(base, {"adapter": adapters[1]})) != first
    assert len([key for key in weights._weights if key[-1] and key[-1].folder == str(folder)]) == 1
    assert len([use for use in weights._loaded if use[-1] and use[-1].folder == str(folder)]) == 1


def test_a_link_that_points_to_another_adapter_is_read_again_and_the_old_one_leaves(
    base: str, adapters: list[str], tmp_path: Path
) -> None:
    link = tmp_path / "current"
    link.symlink_to(adapters[0])
    provider = LocalProvider(base, {"adapter": str(link)})
    first = texts(provider)
    link.unlink()
    link.symlink_to(adapters[1])
    assert texts(provider) != first
    assert len(weights._weights) == len(weights._loaded) == 1


def test_an_adapter_replaced_under_a_pinned_endpoint_is_an_outcome(
    base: str, adapters: list[str], tmp_path: Path
) -> None:
    folder = tmp_path / "adapter"
    shutil.copytree(adapters[0], folder)
    adapter = find_adapter(base, LocalOptions(adapter=str(folder)))
    assert adapter is not None
    provider = LocalProvider(base, {"adapter": str(folder), "adapter_sha256": adapter.sha256})
    (reply, *_) = provider.complete_batch(requests()[:1])
    assert isinstance(reply, Reply)
    assert isinstance(reply.raw, dict)
    assert reply.raw["adapter_sha256"] == adapter.sha256
    shutil.copytree(adapters[1], folder, dirs_exist_ok=True)
    for outcome in provider.complete_batch(requests()[:2]):
        assert isinstance(outcome, CallFailure)
        assert (outcome.code, outcome.retryable) == ("provider_not_available", False)
        assert "another adapter" in outcome.message


def rewrite(folder: Path, change: Any) -> None:
    """Changes the weights of a saved adapter."""
    from safetensors.torch import load_file, save_file

    save_file(change(load_file(folder / WEIGHTS_FILE)), folder / WEIGHTS_FILE)


def without_first(tensors: dict[str, Any]) -> dict[str, Any]:
    return {name: tensors[name] for name in sorted(tensors)[1:]}


def with_another(tensors: dict[str, Any]) -> dict[str, Any]:
    first = min(tensors)
    return tensors | {first.replace("layers.0", "layers.9"): tensors[first].clone()}


@pytest.mark.parametrize("change", [without_first, with_another])
def test_an_adapter_that_peft_would_load_in_part_is_refused(
    base: str, adapters: list[str], tmp_path: Path, change: Any
) -> None:
    folder = tmp_path / "adapter"
    shutil.copytree(adapters[0], folder)
    rewrite(folder, change)
    with pytest.raises(ProviderNotAvailable, match=r"does not fit the model.*1 of the weights"):
        LocalProvider(base, {"adapter": str(folder)})
    assert not weights._weights


def test_an_adapter_of_another_shape_or_a_torn_file_is_refused(
    base: str, adapters: list[str], tmp_path: Path
) -> None:
    narrow = save_tiny_model(tmp_path / "narrow", hidden_size=32)
    folder = Path(save_tiny_adapter(tmp_path / "adapter", narrow))
    with pytest.raises(
        ProviderNotAvailable, match=f"base model '{narrow}', and the endpoint's model is '{base}'"
    ):
        LocalProvider(base, {"adapter": str(folder)})
    config = json.loads((folder / CONFIG_FILE).read_text())
    (folder / CONFIG_FILE).write_text(json.dumps(config | {"base_model_name_or_path": base}))
    with pytest.raises(ProviderNotAvailable, match=r"cannot be put into the model.*size mismatch"):
        LocalProvider(base, {"adapter": str(folder)})
    torn = tmp_path / "torn"
    shutil.copytree(adapters[0], torn)
    (torn / WEIGHTS_FILE).write_bytes((torn / WEIGHTS_FILE).read_bytes()[:-100])
    with pytest.raises(ProviderNotAvailable, match="cannot be put into the model"):
        LocalProvider(base, {"adapter": str(torn)})


def test_other_models_make_room_for_one_with_an_adapter(
    base: str, adapters: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    def full(*arguments: Any) -> Any:
        if weights._weights:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return with_adapter(*arguments)

    monkeypatch.setattr("evaluation.llm.local.weights.with_adapter", full)
    providers = [LocalProvider(base, {"adapter": adapter}) for adapter in adapters]
    for provider in (*providers, *providers):
        texts(provider)
        assert len(weights._weights) == 1
