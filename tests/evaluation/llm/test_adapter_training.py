"""Training a LoRA adapter, on a tiny random model: that it learns, that it goes on after a kill as if there had been
none, and what it refuses. Most of it needs torch, transformers, peft and accelerate: `make local-model-test`.
"""

import importlib.util
import json
import math
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evaluation.llm.local import LocalProvider, training, weights
from evaluation.llm.local.adapters import CONFIG_FILE, WEIGHTS_FILE
from evaluation.llm.local.options import LocalOptions
from evaluation.llm.local.training import (
    TrainedAdapter,
    TrainingProgress,
    TrainingSettings,
    require_training_libraries,
    train_adapter,
)
from evaluation.llm.local.training_data import IGNORED, RightPadding, TrainingExample, encode
from evaluation.llm.local.training_folder import RECORD_FILE, TrainingRefused
from evaluation.llm.providers import ProviderNotAvailable
from evaluation.llm.replies import Reply
from evaluation.llm.requests import ChatRequest, Message
from evaluation.stages.extract import extract_answer
from evaluation.stages.extractor_examples import RecordedExtraction
from evaluation.stages.plan import read_letter
from evaluation.stages.prompts import PromptText, prompt_files
from tests.tiny_model import NO_SYSTEM, TEMPLATE, save_tiny_model, skip_without

ROOT = Path(__file__).parents[3]


def pattern(number: int, seed: int) -> list[TrainingExample]:
    """A letter at the end of noise; the answer names it, or says NONE where there is none."""
    rng = random.Random(seed)
    examples = []
    for place in range(number):
        noise = "".join(rng.choice("xyz uvw") for _ in range(rng.randint(3, 24)))
        letter = ("A", "B", "C", "-")[place % 4]
        messages = (Message("system", "Name it."), Message("user", f"{noise} {letter}"))
        examples.append(TrainingExample(messages, "NONE" if letter == "-" else letter))
    return examples


# --- without a model ------------------------------------------------------------------------------------------------


def test_training_without_its_libraries_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "peft" else object())
    with pytest.raises(ProviderNotAvailable, match=r"Training needs peft, .* pip install --group gpu"):
        require_training_libraries()


# --- with one -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    skip_without("torch", "transformers", "tokenizers", "peft", "accelerate")
    return save_tiny_model(tmp_path_factory.mktemp("base"), initializer_range=0.1)


@pytest.fixture(autouse=True)
def _one_thread_and_nothing_left_loaded() -> Iterator[None]:
    if importlib.util.find_spec("torch") is None:
        yield
        return
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)  # tiny matrices: more threads wait for each other
    yield
    torch.set_num_threads(before)
    if weights._weights:
        weights.unload_all()


def small(base: str, **fields: Any) -> TrainingSettings:
    return TrainingSettings(
        base,
        **{"rank": 4, "learning_rate": 0.01, "epochs": 3, "batch_size": 4, "checkpoint_steps": 4} | fields,
    )


def trained_bytes(folder: Path) -> tuple[bytes, bytes]:
    return (folder / WEIGHTS_FILE).read_bytes(), (folder / CONFIG_FILE).read_bytes()


def test_a_pattern_is_learnt_and_holds_on_examples_that_were_held_out(base: str, tmp_path: Path) -> None:
    progress: list[TrainingProgress] = []
    settings = small(base, rank=8, epochs=12, batch_size=16, checkpoint_steps=50)
    trained = train_adapter(pattern(160, seed=1), settings, tmp_path / "out", progress.append)
    assert (trained.steps, trained.resumed_at, trained.examples, trained.too_long) == (120, 0, 160, 0)
    assert trained.first_loss is not None
    assert trained.last_loss is not None
    assert trained.last_loss < trained.first_loss / 4
    assert (progress[0].loss, progress[-1].loss) == (trained.first_loss, trained.last_loss)
    held_out = pattern(40, seed=2)
    requests = [ChatRequest("tiny", example.messages, max_tokens=10) for example in held_out]
    provider = LocalProvider(base, {"adapter": trained.folder, "adapter_sha256": trained.sha256})
    outcomes = provider.complete_batch(requests)
    texts = [outcome.text for outcome in outcomes if isinstance(outcome, Reply)]
    assert sum(text == example.answer for text, example in zip(texts, held_out, strict=True)) >= 38
    alone = LocalProvider(base, {"adapter": trained.folder, "batch_size": 1})
    assert outcomes == [alone.complete_batch([request])[0] for request in requests]
    untrained = LocalProvider(base, {}).complete_batch(requests)
    assert not any(isinstance(reply, Reply) and reply.text in {"A", "B", "C", "NONE"} for reply in untrained)


def marked(number: int, seed: int) -> list[RecordedExtraction]:
    """Responses that no rule can read: a mark, many times over, stands for the option or for none."""
    rng = random.Random(seed)
    extractions = []
    for place in range(number):
        letter, mark = (("A", "#"), ("B", "*"), ("C", "+"), ("", "="))[place % 4]
        response = mark * rng.randint(20, 40)
        extractions.append(RecordedExtraction(f"Number {seed}-{place}?", ("m", "n", "o"), response, letter))
    return extractions


def test_an_adapter_trained_on_the_extraction_stages_prompt_answers_it(base: str, tmp_path: Path) -> None:
    prompt = PromptText.parse(prompt_files()["extractor"])
    wide = save_tiny_model(tmp_path / "base", initializer_range=0.2)
    examples = [
        TrainingExample(each.request(prompt, wide).messages, each.answer) for each in marked(64, seed=1)
    ]
    settings = small(wide, rank=8, epochs=7, batch_size=8, checkpoint_steps=50)
    trained = train_adapter(examples, settings, tmp_path / "out")
    held_out = marked(24, seed=2)
    assert not any(extract_answer(each.response, each.options).letter for each in held_out)
    provider = LocalProvider(wide, {"adapter": trained.folder})
    replies = provider.complete_batch([each.request(prompt, wide) for each in held_out])
    letters = [read_letter(reply.text, 3) for reply in replies if isinstance(reply, Reply)]
    assert sum(letter == each.letter for letter, each in zip(letters, held_out, strict=True)) >= 22
    assert {reply.text for reply in replies if isinstance(reply, Reply)} >= {"A", "B", "C", "NONE"}


KILLED = """
import os, signal, sys
from pathlib import Path
import torch
from evaluation.llm.local import training, training_folder
from tests.evaluation.llm.test_adapter_training import pattern, small

base, out, moment = sys.argv[1:]
torch.set_num_threads(1)

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

if moment == "in a step":
    from transformers import TrainerCallback
    report = training._callback
    def reporting(*arguments):
        callback = report(*arguments)
        end = callback.on_step_end
        callback.on_step_end = lambda args, state, control, **_: (
            die() if state.global_step == 10 else end(args, state, control)
        )
        return callback
    training._callback = reporting
elif moment == "in a checkpoint":
    from transformers import Trainer
    save = Trainer._save_rng_state
    Trainer._save_rng_state = lambda self, folder: die() if folder.endswith("-12") else save(self, folder)
elif moment == "at the end":
    training_folder.TrainingFolder.finish = die
elif moment == "between the files":
    replace = training_folder.Path.replace
    def replaced(self, target):
        replace(self, target)
        die()
    training_folder.Path.replace = replaced
training.train_adapter(pattern(24, seed=1), small(base), Path(out))
"""


@pytest.fixture(scope="session")
def uninterrupted(base: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TrainedAdapter]:
    import torch

    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("trained") / "out"
    return folder, train_adapter(pattern(24, seed=1), small(base), folder)


@pytest.mark.parametrize(
    ("moment", "resumed_at"),
    [("in a step", 8), ("in a checkpoint", 8), ("at the end", 18), ("between the files", 18)],
)
def test_a_training_that_was_killed_goes_on_and_gives_the_same_adapter(
    base: str, uninterrupted: tuple[Path, TrainedAdapter], tmp_path: Path, moment: str, resumed_at: int
) -> None:
    out = tmp_path / "out"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, base, str(out), moment],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    with pytest.raises(ProviderNotAvailable, match="its training has not finished"):
        LocalProvider(base, {"adapter": str(out)})
    resumed = train_adapter(pattern(24, seed=1), small(base), out)
    whole_folder, whole = uninterrupted
    assert resumed == replace(whole, folder=str(out), resumed_at=resumed_at)
    assert trained_bytes(out) == trained_bytes(whole_folder)
    assert sorted(path.name for path in out.iterdir()) == [CONFIG_FILE, WEIGHTS_FILE, RECORD_FILE]


def test_a_finished_training_is_not_repeated(
    base: str, uninterrupted: tuple[Path, TrainedAdapter], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, trained = uninterrupted
    monkeypatch.setattr(training, "_train", lambda *_: pytest.fail("trained a second time"))
    assert train_adapter(pattern(24, seed=1), small(base), folder) == trained


def test_other_settings_or_examples_do_not_resume_a_training(
    base: str, uninterrupted: tuple[Path, TrainedAdapter]
) -> None:
    folder, _ = uninterrupted
    before = trained_bytes(folder)
    with pytest.raises(TrainingRefused, match=r"learning_rate was 0\.01 and is now 0\.02\."):
        train_adapter(pattern(24, seed=1), small(base, learning_rate=0.02), folder)
    with pytest.raises(TrainingRefused, match=r"examples_sha256 was .* and is now "):
        train_adapter(pattern(24, seed=3), small(base), folder)
    assert trained_bytes(folder) == before


def test_the_seed_decides_the_adapter(
    base: str, uninterrupted: tuple[Path, TrainedAdapter], tmp_path: Path
) -> None:
    folder, _ = uninterrupted
    train_adapter(pattern(24, seed=1), small(base), tmp_path / "same")
    train_adapter(pattern(24, seed=1), small(base, seed=1), tmp_path / "other")
    assert trained_bytes(tmp_path / "same") == trained_bytes(folder)
    assert trained_bytes(tmp_path / "other")[0] != trained_bytes(folder)[0]


@pytest.mark.parametrize("template", [TEMPLATE, NO_SYSTEM + TEMPLATE])
def test_the_prompt_is_the_providers_and_the_loss_sees_the_answer_with_its_end(
    tmp_path: Path, template: str
) -> None:
    skip_without("torch", "transformers", "tokenizers")
    folder = save_tiny_model(tmp_path, template)
    loaded = weights.load(folder, LocalOptions())
    for example in pattern(8, seed=5):
        encoded = encode(example, loaded.chat, loaded.tokenizer, loaded.stop_tokens)
        assert list(encoded.prompt) == loaded.chat.prompt(example.messages).tokens
        assert loaded.chat.raw_text(encoded.answer) == f"{example.answer}<|im_end|>"
        row = encoded.as_row()
        assert row["input_ids"] == [*encoded.prompt, *encoded.answer]
        assert [label for label in row["labels"] if label != IGNORED] == list(encoded.answer)
        assert row["labels"][: len(encoded.prompt)] == [IGNORED] * len(encoded.prompt)


def test_reasoning_that_the_template_opens_is_closed_before_the_answer(base: str) -> None:
    loaded = weights.load(base, LocalOptions(chat_template_kwargs=(("opened", True),)))
    example = TrainingExample((Message("user", "Which?"),), "B")
    encoded = encode(example, loaded.chat, loaded.tokenizer, loaded.stop_tokens)
    assert loaded.chat.raw_text(encoded.prompt).endswith("<think>\n")
    assert loaded.chat.raw_text(encoded.answer) == "</think>\n\nB<|im_end|>"


def test_a_model_without_a_token_that_ends_a_reply_is_not_trained(base: str, tmp_path: Path) -> None:
    endless = save_tiny_model(tmp_path / "base", "{% for m in messages %}{{ m.content }}{% endfor %}")
    for name, field in (("tokenizer_config.json", "eos_token"), ("generation_config.json", "eos_token_id")):
        file = Path(endless) / name
        file.write_text(json.dumps(json.loads(file.read_text()) | {field: None}))
    with pytest.raises(TrainingRefused, match="no token that ends a reply"):
        train_adapter(pattern(4, seed=1), small(endless), tmp_path / "out")


def test_a_base_in_half_precision_is_trained(base: str, tmp_path: Path) -> None:
    options = LocalOptions(dtype="bfloat16")
    trained = train_adapter(pattern(40, seed=1), small(base, epochs=2, options=options), tmp_path / "out")
    assert trained.first_loss is not None
    assert trained.last_loss is not None
    assert trained.last_loss < trained.first_loss / 2
    loaded = weights.load(base, replace(options, adapter=trained.folder))
    assert str(loaded.model.dtype) == "torch.bfloat16"
    # The adapter itself stays in full precision.
    kinds = {str(weight.dtype) for name, weight in loaded.model.named_parameters() if "lora_" in name}
    assert kinds == {"torch.float32"}


def test_padding_does_not_change_the_loss(base: str) -> None:
    import torch

    loaded = weights.load(base, LocalOptions())
    rows = [
        encode(example, loaded.chat, loaded.tokenizer, loaded.stop_tokens).as_row()
        for example in pattern(8, seed=6)
    ]
    assert len({len(row["input_ids"]) for row in rows}) > 3
    collate = RightPadding(loaded.pad_token)
    answered = [sum(label != IGNORED for label in row["labels"]) for row in rows]
    with torch.no_grad():
        together = float(loaded.model(**collate(rows)).loss)
        alone = [float(loaded.model(**collate([row])).loss) for row in rows]
    mean = sum(loss * n for loss, n in zip(alone, answered, strict=True)) / sum(answered)
    assert together == pytest.approx(mean, rel=1e-5)


def test_examples_that_are_too_long_are_left_out_and_counted(base: str, tmp_path: Path) -> None:
    examples = [*pattern(6, seed=1), TrainingExample((Message("user", "x" * 300),), "A")]
    trained = train_adapter(examples, small(base, epochs=1, max_length=128), tmp_path / "out")
    assert (trained.examples, trained.too_long) == (6, 1)
    with pytest.raises(TrainingRefused, match=r"nothing to train on: of 7 examples none fits 8 tokens"):
        train_adapter(examples, small(base, max_length=8), tmp_path / "none")


def test_a_training_that_runs_out_of_memory_says_what_to_try(
    base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(training, "_train", full)
    with pytest.raises(TrainingRefused, match=r"CUDA out of memory\. Try a smaller batch size"):
        train_adapter(pattern(4, seed=1), small(base), tmp_path / "out")


def test_a_loss_that_is_not_a_number_ends_the_training_with_a_message(base: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(base, broken)
    from safetensors.torch import load_file, save_file

    tensors = load_file(broken / "model.safetensors")
    tensors["model.norm.weight"][:] = math.nan
    save_file(tensors, broken / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(TrainingRefused, match="The loss is nan at step 1"):
        train_adapter(pattern(8, seed=1), small(str(broken)), tmp_path / "out")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (LocalOptions(adapter="here"), "option adapter is not for training"),
        (LocalOptions(device="cuda:1"), "choose the GPU by CUDA_VISIBLE_DEVICES"),
        (LocalOptions(dtype="float16"), '"dtype": "bfloat16"'),
    ],
)
def test_options_that_no_training_can_have_are_refused(
    base: str, tmp_path: Path, options: LocalOptions, said: str
) -> None:
    with pytest.raises(TrainingRefused, match=said):
        train_adapter(pattern(4, seed=1), small(base, options=options), tmp_path / "out")


def test_a_missing_base_model_is_reported(base: str, tmp_path: Path) -> None:
    with pytest.raises(ProviderNotAvailable, match="cannot be loaded"):
        train_adapter(pattern(4, seed=1), small(f"{base}/missing"), tmp_path / "out")


def test_the_record_says_what_was_trained(base: str, uninterrupted: tuple[Path, TrainedAdapter]) -> None:
    folder, trained = uninterrupted
    record = json.loads((folder / RECORD_FILE).read_text())
    assert record["settings"]["base"] == base
    assert record["settings"]["examples"] == 24
    assert record["result"]["last_loss"] == trained.last_loss
    assert json.loads((folder / CONFIG_FILE).read_text())["base_model_name_or_path"] == base


def test_a_worker_of_another_user_can_read_the_adapter(uninterrupted: tuple[Path, TrainedAdapter]) -> None:
    folder, _ = uninterrupted
    modes = {(folder / name).stat().st_mode for name in (CONFIG_FILE, WEIGHTS_FILE, RECORD_FILE)}
    assert len(modes) == 1
