"""The options of an endpoint whose model runs in the worker."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self

from evaluation.llm.providers import ProviderNotAvailable

DTYPES = ("auto", "bfloat16", "float16", "float32")
QUANTIZATIONS = (None, "4bit")
BATCHINGS = ("auto", "padded", "continuous")


@dataclass(frozen=True, slots=True)
class LocalOptions:
    """How a model is loaded (the first six) and used.

    dtype: of the weights; `auto` is that of the checkpoint.
    quantization: `4bit` (NF4, by bitsandbytes, needs CUDA) or None.
    device: `cpu`, `cuda`, `cuda:1`; None is the GPU where there is one.
    revision: branch, tag or commit of a model from the hub; None is its main branch.
    adapter: folder of a LoRA adapter that is put into the model; None is the model as it is.
    adapter_sha256: of the adapter's two files, see `adapters.py`; a worker that sees another content refuses.
    batching: `padded`; `continuous`; `auto` is continuous where that is faster, see `continuous.py`.
    batch_size: rows of a padded batch at most; None is 256 on a GPU, 16 on a CPU.
    max_batch_tokens: rows × (longest prompt + longest answer) of a padded batch at most, and the size of the cache of
        continuous batching; None is what the GPU's free memory holds, 16,384 on a CPU.
    max_new_tokens: of a request that names no limit, reasoning included.
    chat_template_kwargs: passed to the chat template, e.g. {"enable_thinking": false}.
    """

    dtype: str = "auto"
    quantization: str | None = None
    device: str | None = None
    revision: str | None = None
    adapter: str | None = None
    adapter_sha256: str | None = None
    batching: str = "auto"
    batch_size: int | None = None
    max_batch_tokens: int | None = None
    max_new_tokens: int = 1024
    chat_template_kwargs: tuple[tuple[str, str | int | float | bool | None], ...] = ()

    @classmethod
    def parse(cls, options: Mapping[str, object]) -> Self:
        """Raises ProviderNotAvailable, saying which option is wrong and what it may be."""
        known = [field.name for field in fields(cls)]
        unknown = sorted(set(options) - set(known))
        if unknown:
            raise ProviderNotAvailable(
                f"A local model has no option {', '.join(map(repr, unknown))}. Known: {', '.join(known)}."
            )
        if options.get("adapter_sha256") is not None and options.get("adapter") is None:
            raise ProviderNotAvailable("The option adapter_sha256 of a local model needs the option adapter.")
        return cls(
            dtype=_one_of("dtype", options.get("dtype", "auto"), DTYPES) or "auto",
            quantization=_one_of("quantization", options.get("quantization"), QUANTIZATIONS),
            device=_text("device", options.get("device")),
            revision=_text("revision", options.get("revision")),
            adapter=_text("adapter", options.get("adapter")),
            adapter_sha256=_sha256("adapter_sha256", options.get("adapter_sha256")),
            batching=_one_of("batching", options.get("batching", "auto"), BATCHINGS) or "auto",
            batch_size=_count("batch_size", options.get("batch_size")),
            max_batch_tokens=_count("max_batch_tokens", options.get("max_batch_tokens")),
            max_new_tokens=_count("max_new_tokens", options.get("max_new_tokens")) or cls().max_new_tokens,
            chat_template_kwargs=_arguments(options.get("chat_template_kwargs")),
        )


def _wrong(name: str, value: object, expected: str) -> ProviderNotAvailable:
    return ProviderNotAvailable(f"The option {name} of a local model is {expected}, not {value!r}.")


def _one_of(name: str, value: object, choices: tuple[str | None, ...]) -> str | None:
    if value is None and None in choices:
        return None
    if not isinstance(value, str) or value not in choices:
        raise _wrong(name, value, "one of " + ", ".join(map(repr, choices)))
    return value


def _text(name: str, value: object) -> str | None:
    if value is not None and (not isinstance(value, str) or not value):
        raise _wrong(name, value, "a text")
    return value


def _sha256(name: str, value: object) -> str | None:
    if value is not None and (not isinstance(value, str) or not re.fullmatch("[0-9a-f]{64}", value)):
        raise _wrong(name, value, "a SHA-256 of 64 digits, 0 to 9 and a to f")
    return value


def _count(name: str, value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise _wrong(name, value, "a whole number of at least 1")
    return value


def _arguments(value: object) -> tuple[tuple[str, str | int | float | bool | None], ...]:
    if value is None:
        return ()
    if not isinstance(value, Mapping):
        raise _wrong("chat_template_kwargs", value, "an object")
    arguments: list[tuple[str, str | int | float | bool | None]] = []
    for name, argument in value.items():
        if argument is not None and not isinstance(argument, str | int | float | bool):
            raise _wrong("chat_template_kwargs", argument, "an object of texts, numbers, true, false or null")
        arguments.append((str(name), argument))
    return tuple(sorted(arguments))
