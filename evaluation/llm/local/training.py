"""Fine-tuning a LoRA adapter for a local model, by `peft` and the Trainer of transformers.

Hu et al., LoRA: Low-Rank Adaptation of Large Language Models, arXiv 2106.09685.
"""

import gc
import hashlib
import importlib.util
import json
import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import JsonValue, TypeAdapter

from evaluation.llm.local.adapters import adapter_sha256
from evaluation.llm.local.chat import TemplateRefused
from evaluation.llm.local.options import LocalOptions
from evaluation.llm.local.training_data import EncodedExample, RightPadding, TrainingExample, encode
from evaluation.llm.local.training_folder import TrainingFolder, TrainingRefused
from evaluation.llm.local.weights import LoadedModel, read_base
from evaluation.llm.providers import ProviderNotAvailable

logger = logging.getLogger(__name__)

_ALPHA_PER_RANK = 2  # the usual scale: an update counts twice, whatever the rank
_DROPOUT = 0.05
_WARMUP_SHARE = 0.05
_LOGGED_STEPS = 10
_CHECKPOINTS_KEPT = 2  # one complete while the next is written


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """How an adapter is trained.

    base: the model, a name on the hub or a folder.
    options: those of the endpoint that is to use the adapter; prompts and weights are then the same.
    rank: of the update of each linear layer.
    learning_rate: at its height; it rises over the first 5% of the steps and falls to 0 along a cosine.
    max_length: tokens of prompt and answer; longer examples are left out.
    checkpoint_steps: a checkpoint is written each time that many steps have been taken.
    """

    base: str
    options: LocalOptions = field(default_factory=LocalOptions)
    rank: int = 16
    learning_rate: float = 2e-4
    epochs: float = 3.0
    batch_size: int = 16
    seed: int = 0
    max_length: int = 2048
    checkpoint_steps: int = 50


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """`loss` is the mean over the steps since the progress before."""

    step: int
    steps: int
    loss: float


@dataclass(frozen=True, slots=True)
class TrainedAdapter:
    """The outcome of a training. `resumed_at`: the step of the checkpoint that it resumed from; 0: from the start.

    `first_loss` and `last_loss` are those of the first and the last progress; None where no step was logged.
    """

    folder: str
    sha256: str
    steps: int
    resumed_at: int
    examples: int
    too_long: int
    first_loss: float | None
    last_loss: float | None


def require_training_libraries() -> None:
    """Raises ProviderNotAvailable, saying what to install."""
    libraries = ("torch", "transformers", "peft", "accelerate")
    missing = [library for library in libraries if importlib.util.find_spec(library) is None]
    if missing:
        raise ProviderNotAvailable(
            f"Training needs {', '.join(missing)}, which this Python does not have: pip install --group gpu "
            "(see docs/gpu.md)."
        )


def train_adapter(
    examples: Sequence[TrainingExample],
    settings: TrainingSettings,
    folder: Path,
    progress: Callable[[TrainingProgress], None] = lambda _: None,
) -> TrainedAdapter:
    """Trains an adapter on the examples, shuffled by the seed, and saves it in the folder.

    The same call goes on from the last checkpoint, and does nothing where the training has finished. On one device, a
    training that was killed and resumed gives the adapter of one that ran through. Raises TrainingRefused where the
    folder belongs to other settings or examples or another process trains in it, or nothing can be learnt from the
    examples; ProviderNotAvailable where the base cannot be loaded.
    """
    require_training_libraries()
    if Path(settings.base).is_dir():
        settings = replace(settings, base=str(Path(settings.base).resolve()))
    _check_device(settings.options)
    output = TrainingFolder(folder)
    with output.opened(_as_record(examples, settings)):
        result = output.result()
        if result is None:
            result = _train_within_memory(examples, settings, output, progress)
    return TypeAdapter(TrainedAdapter).validate_python(
        {"folder": str(folder), "sha256": adapter_sha256(folder), **result}
    )


def _as_record(examples: Sequence[TrainingExample], settings: TrainingSettings) -> dict[str, JsonValue]:
    content = json.dumps([asdict(example) for example in examples], ensure_ascii=False)
    record: dict[str, JsonValue] = asdict(settings)
    # They decide how the adapter is used, not what is learnt.
    unused = ("batching", "batch_size", "max_batch_tokens", "max_new_tokens", "adapter", "adapter_sha256")
    options = {name: value for name, value in asdict(settings.options).items() if name not in unused}
    options["chat_template_kwargs"] = dict(settings.options.chat_template_kwargs)
    return record | {
        "options": options,
        "examples": len(examples),
        "examples_sha256": hashlib.sha256(content.encode()).hexdigest(),
    }


def _check_device(options: LocalOptions) -> None:
    import torch

    if options.adapter is not None:
        raise TrainingRefused("The option adapter is not for training: a new adapter is made.")
    if options.device not in (None, "cpu", "cuda"):
        raise TrainingRefused(
            f"A training runs on cpu or cuda, not on {options.device!r}: choose the GPU by CUDA_VISIBLE_DEVICES."
        )
    if options.device != "cpu" and torch.cuda.device_count() > 1:
        raise TrainingRefused(
            "A training uses one GPU, and this process sees "
            f"{torch.cuda.device_count()}: choose one by CUDA_VISIBLE_DEVICES."
        )


def _train_within_memory(
    examples: Sequence[TrainingExample],
    settings: TrainingSettings,
    output: TrainingFolder,
    progress: Callable[[TrainingProgress], None],
) -> dict[str, JsonValue]:
    import torch

    try:
        return _train(examples, settings, output, progress)
    except torch.OutOfMemoryError as error:
        raise TrainingRefused(
            f"Memory does not suffice: {error} Try a smaller batch size or length of examples, or a base in 4 bits."
        ) from error
    finally:
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def _train(
    examples: Sequence[TrainingExample],
    settings: TrainingSettings,
    output: TrainingFolder,
    progress: Callable[[TrainingProgress], None],
) -> dict[str, JsonValue]:
    from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training
    from transformers import PrinterCallback, Trainer, TrainingArguments, set_seed

    model, tokenizer = read_base(settings.base, settings.options)
    loaded = LoadedModel(model, tokenizer, settings.options)
    if str(model.dtype) == "torch.float16":
        raise TrainingRefused(
            'The weights are float16, whose gradients overflow: add "dtype": "bfloat16" to the options, here and in '
            "the endpoint."
        )
    rows, too_long = _encoded(examples, loaded, settings)
    set_seed(settings.seed)
    if settings.options.quantization is not None:
        model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)
    adapted = get_peft_model(
        model,
        LoraConfig(
            r=settings.rank,
            lora_alpha=_ALPHA_PER_RANK * settings.rank,
            lora_dropout=_DROPOUT,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        ),
    )
    checkpoint = output.last_checkpoint()
    trainer = Trainer(
        model=adapted,
        args=TrainingArguments(
            output_dir=str(output.checkpoints),
            per_device_train_batch_size=settings.batch_size,
            num_train_epochs=settings.epochs,
            learning_rate=settings.learning_rate,
            lr_scheduler_type="cosine",
            warmup_steps=_WARMUP_SHARE,
            # Activations are computed again for the gradients: a third more time, a fraction of the memory.
            activation_checkpointing=True,
            save_strategy="steps",
            save_steps=settings.checkpoint_steps,
            save_total_limit=_CHECKPOINTS_KEPT,
            logging_steps=_LOGGED_STEPS,
            logging_first_step=True,
            logging_nan_inf_filter=False,
            seed=settings.seed,
            data_seed=settings.seed,
            use_cpu=loaded.device.startswith("cpu"),
            dataloader_pin_memory=False,
            remove_unused_columns=False,
            label_names=["labels"],
            report_to=[],
            disable_tqdm=True,
        ),
        train_dataset=[row.as_row() for row in rows],
        data_collator=RightPadding(loaded.pad_token),
        callbacks=[_callback(output, progress)],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    result: dict[str, JsonValue] = {
        "steps": trainer.state.global_step,
        "resumed_at": int(checkpoint.name.rpartition("-")[2]) if checkpoint else 0,
        "examples": len(rows),
        "too_long": too_long,
        "first_loss": losses[0] if losses else None,
        "last_loss": losses[-1] if losses else None,
    }
    output.finish(adapted, result)
    return result


def _encoded(
    examples: Sequence[TrainingExample], loaded: LoadedModel, settings: TrainingSettings
) -> tuple[list[EncodedExample], int]:
    """The examples that have room, and the number of those that do not."""
    room = min(settings.max_length, loaded.context or settings.max_length)
    try:
        encoded = [encode(example, loaded.chat, loaded.tokenizer, loaded.stop_tokens) for example in examples]
    except TemplateRefused as error:
        raise TrainingRefused(str(error)) from error
    rows = [row for row in encoded if len(row) <= room]
    if not rows:
        longest = max(map(len, encoded), default=0)
        raise TrainingRefused(
            f"There is nothing to train on: of {len(encoded)} examples none fits {room} tokens (the longest has "
            f"{longest})."
        )
    return rows, len(encoded) - len(rows)


def _callback(output: TrainingFolder, progress: Callable[[TrainingProgress], None]) -> Any:
    from transformers import TrainerCallback

    class Reporting(TrainerCallback):  # type: ignore[misc]
        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            output.mark_checkpoint(state.global_step)

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            # The Trainer's sums since the last progress are in no checkpoint: none may be open when one is written.
            if state.global_step % args.save_steps == 0 or state.global_step == state.max_steps:
                control.should_log = True

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            if "loss" not in (logs or {}):
                return
            loss = float(logs["loss"])
            if not math.isfinite(loss):
                raise TrainingRefused(
                    f"The loss is {loss} at step {state.global_step}. Try a lower learning rate."
                )
            progress(TrainingProgress(state.global_step, state.max_steps, loss))

    return Reporting()
