"""Loading a model, once per process."""

import gc
import importlib.util
import logging
import threading
from collections.abc import Sequence
from typing import Any

from evaluation.llm.local.adapters import Adapter, find_adapter, with_adapter
from evaluation.llm.local.chat import ChatFormat
from evaluation.llm.local.options import LocalOptions
from evaluation.llm.providers import ProviderNotAvailable

logger = logging.getLogger(__name__)

_GPU_ROWS, _CPU_ROWS = 256, 16
_GPU_TOKENS, _CPU_TOKENS = 65_536, 16_384
# Of a GPU's free memory, for the keys and values of a padded batch; a prompt's first pass takes about as much again.
_CACHE_SHARE = 0.4
# A tokenizer without a limit says so with a number of this size or more.
_NO_LIMIT = 10**9

_Key = tuple[str, str, str | None, str | None, str | None, Adapter | None]
_Use = tuple[str, LocalOptions, Adapter | None]
# Apart, as endpoints may use the same weights with other options. An adapter changes the model that it is put into, so
# each has a copy of the base for itself.
_weights: dict[_Key, tuple[Any, Any]] = {}
_loaded: dict[_Use, "LoadedModel"] = {}
# Held while a model is loaded or generates: loading may drop other models, and a model does one thing at a time.
in_use = threading.RLock()


class LoadedModel:
    """A model and its tokenizer, ready to generate.

    `token_budget` is what a padded batch may hold; it shrinks when memory has run out. `continuous` says whether
    continuous batching is to be tried; it turns false when that has failed. `adapter` is the one in the model.
    """

    def __init__(
        self, model: Any, tokenizer: Any, options: LocalOptions, adapter: Adapter | None = None
    ) -> None:
        from transformers import GenerationConfig

        self.adapter = adapter
        self.model = model.eval()
        self.tokenizer = tokenizer
        self.chat = ChatFormat(tokenizer, dict(options.chat_template_kwargs))
        self.device = str(model.device)
        on_gpu = not self.device.startswith("cpu")
        self.batch_size = options.batch_size or (_GPU_ROWS if on_gpu else _CPU_ROWS)
        self.token_budget = options.max_batch_tokens or (
            _tokens_that_fit(model, self.device) if on_gpu else _CPU_TOKENS
        )
        self.cache_tokens = options.max_batch_tokens or (None if on_gpu else _CPU_TOKENS)
        self.continuous = _continuous(model, self.device, options.batching)
        self.context = _context(model, tokenizer)
        self.stop_tokens = _stop_tokens(model, tokenizer) | self.chat.end_tokens
        self.pad_token = _pad_token(tokenizer, self.stop_tokens)
        # Whatever else the checkpoint recommends (top-k, top-p, penalties) is no part of a request, and transformers
        # would fold it into every call.
        model.generation_config = GenerationConfig(
            do_sample=False, eos_token_id=sorted(self.stop_tokens) or None, pad_token_id=self.pad_token
        )


def load(name: str, options: LocalOptions) -> LoadedModel:
    """The model of this name or path. Raises ProviderNotAvailable, saying what is missing."""
    require_libraries()
    device = _device(options)
    adapter = find_adapter(name, options)
    with in_use:
        use = (name, options, adapter)
        if use not in _loaded:
            if adapter is not None:
                _forget_replaced(adapter)
            key = (name, options.dtype, options.quantization, options.revision, device, adapter)
            if key not in _weights:
                _weights[key] = _read_weights(name, options, device, adapter)
            _loaded[use] = LoadedModel(*_weights[key], options, adapter)
        loaded = _loaded[use]
        for other, _ in _weights.values():
            if other is not loaded.model:
                drop_continuous_cache(other)
        return loaded


def read_base(name: str, options: LocalOptions) -> tuple[Any, Any]:
    """A model without an adapter and its tokenizer, for training: no endpoint has a part in them."""
    require_libraries()
    return _read_weights(name, options, _device(options), None)


def _forget_replaced(adapter: Adapter) -> None:
    """Drops what was loaded from the same folder when it held another adapter."""
    replaced = {old for *_, old in _weights if old and old.folder == adapter.folder and old != adapter}
    for key in [key for key in _weights if key[-1] in replaced]:
        drop_continuous_cache(_weights.pop(key)[0])
    for use in [use for use in _loaded if use[-1] in replaced]:
        del _loaded[use]


def require_libraries() -> None:
    for library in ("torch", "transformers"):
        if importlib.util.find_spec(library) is None:
            raise ProviderNotAvailable(
                f"This worker has no {library}, which a local model needs: pip install torch transformers accelerate"
            )


def _device(options: LocalOptions) -> str:
    import torch

    with_cuda = torch.cuda.is_available()
    device = options.device or ("cuda" if with_cuda else "cpu")
    if device.partition(":")[0] not in ("cpu", "cuda"):
        raise ProviderNotAvailable(
            f"The option device of a local model is cpu, cuda or cuda:NUMBER, not {device!r}."
        )
    if device.startswith("cuda") and not with_cuda:
        raise ProviderNotAvailable(
            f"The option device is {device!r}, and torch sees no CUDA GPU on this worker."
        )
    if options.quantization is not None:
        if not device.startswith("cuda"):
            raise ProviderNotAvailable(
                "The option quantization='4bit' needs a CUDA GPU, and this model is to run on the CPU."
            )
        for library in ("bitsandbytes", "accelerate"):
            if importlib.util.find_spec(library) is None:
                raise ProviderNotAvailable(
                    f"The option quantization='4bit' needs {library}: pip install {library}"
                )
    return device


def _read_weights(name: str, options: LocalOptions, device: str, adapter: Adapter | None) -> tuple[Any, Any]:
    import torch

    for last_try in (False, True):
        try:
            model, tokenizer = _from_pretrained(name, options, device)
            return (with_adapter(model, adapter, name) if adapter else model), tokenizer
        except torch.OutOfMemoryError as error:
            if last_try:
                raise ProviderNotAvailable(f"The model {name!r} does not fit on {device}: {error}") from error
        except (OSError, ValueError, ImportError, RuntimeError, KeyError) as error:
            raise ProviderNotAvailable(f"The model {name!r} cannot be loaded: {error}") from error
        # The models that this worker served before may be in the way; they are read again when they are wanted.
        unload_all()
    raise AssertionError("the second try returns or raises")


def _from_pretrained(name: str, options: LocalOptions, device: str) -> tuple[Any, Any]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(name, revision=options.revision or "main")
    dtype: Any = "auto" if options.dtype == "auto" else getattr(torch, options.dtype)
    arguments: dict[str, Any] = {"dtype": dtype, "revision": options.revision or "main"}
    if options.quantization == "4bit":
        from transformers import BitsAndBytesConfig

        arguments["device_map"] = {"": device}
        arguments["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=torch.bfloat16 if dtype == "auto" else dtype,
        )
    elif importlib.util.find_spec("accelerate") is not None:
        arguments["device_map"] = {"": device}  # straight to the GPU, without a copy in the host's memory
    logger.info("Loading %s on %s.", name, device)
    model = AutoModelForCausalLM.from_pretrained(name, **arguments)
    return (model if "device_map" in arguments else model.to(device)), tokenizer


def unload_all() -> None:
    import torch

    with in_use:
        for model, _ in _weights.values():
            drop_continuous_cache(model)
        _weights.clear()
        _loaded.clear()
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def drop_continuous_cache(model: Any) -> None:
    """Frees what continuous batching keeps between calls, which is most of a GPU's memory."""
    if getattr(model, "_cached_continuous_batching_manager", None) is not None:
        model.destroy_cached_continuous_batching_manager()
        gc.collect()


def _continuous(model: Any, device: str, batching: str) -> bool:
    """Whether to batch continuously: where wanted, or where it is known to pay.

    Without flash attention, transformers computes attention between all requests of a step and masks the foreign
    part, which grows with the square of their number; flash attention needs CUDA and half precision.
    """
    if batching != "auto":
        return batching == "continuous"
    import torch
    from transformers.utils import is_flash_attn_2_available, is_flash_attn_3_available

    return (
        device.startswith("cuda")
        and (is_flash_attn_2_available() or is_flash_attn_3_available())
        and model.dtype in (torch.bfloat16, torch.float16)
        and hasattr(model, "continuous_batching_context_manager")
    )


def _context(model: Any, tokenizer: Any) -> int | None:
    """Tokens of prompt and answer together at most; None where neither model nor tokenizer knows a limit."""
    limits = (
        getattr(model.config.get_text_config(), "max_position_embeddings", None),
        tokenizer.model_max_length,
    )
    return next((limit for limit in limits if isinstance(limit, int) and 0 < limit < _NO_LIMIT), None)


def _tokens_that_fit(model: Any, device: str) -> int:
    import torch

    free, _ = torch.cuda.mem_get_info(torch.device(device))
    per_token = cache_bytes_per_token(model)
    return max(int(free * _CACHE_SHARE / per_token), 1) if per_token else _GPU_TOKENS


def cache_bytes_per_token(model: Any) -> int | None:
    """What keys and values of a token take, in all layers; None where the configuration does not say."""
    config = model.config.get_text_config()
    layers = getattr(config, "num_hidden_layers", None)
    all_heads = getattr(config, "num_attention_heads", None)
    if not layers or not all_heads:
        return None
    heads = getattr(config, "num_key_value_heads", None) or all_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // all_heads
    return int(2 * layers * heads * width * model.dtype.itemsize)


def _stop_tokens(model: Any, tokenizer: Any) -> frozenset[int]:
    configured = model.generation_config.eos_token_id
    listed: Sequence[int] = configured if isinstance(configured, list) else [configured]
    return frozenset(token for token in [*listed, tokenizer.eos_token_id] if token is not None)


def _pad_token(tokenizer: Any, stop_tokens: frozenset[int]) -> int:
    # Any token will do: the attention mask hides it, and answers are cut at their own end.
    return tokenizer.pad_token_id if tokenizer.pad_token_id is not None else min(stop_tokens, default=0)
