"""LoRA adapters in local folders: checked, identified by their content, and put into a model.

An adapter is two files, as `peft` saves them. Its identity is the SHA-256 of the two one after the other:
`cat adapter_config.json adapter_model.safetensors | sha256sum`.
"""

import hashlib
import importlib.util
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from evaluation.llm.local.options import LocalOptions
from evaluation.llm.providers import ProviderNotAvailable

CONFIG_FILE, WEIGHTS_FILE = "adapter_config.json", "adapter_model.safetensors"
_MESSAGE_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter with the content that its folder holds now."""

    folder: str
    sha256: str


def find_adapter(model: str, options: LocalOptions) -> Adapter | None:
    """The adapter that the options name; None where they name none.

    Raises ProviderNotAvailable, in words: no such folder, no LoRA adapter, an adapter of another base model, another
    content than `adapter_sha256` says, or no `peft` on this worker.
    """
    if options.adapter is None:
        return None
    folder = Path(options.adapter)
    config = _config(folder)
    base = config.get("base_model_name_or_path")
    if base and not _is_same_model(str(base), model):
        raise ProviderNotAvailable(
            f"The adapter {options.adapter!r} was trained on the base model {str(base)!r}, and the endpoint's model "
            f"is {model!r}. If both are the same model, name it in the endpoint as in the adapter's {CONFIG_FILE}."
        )
    try:
        adapter = Adapter(str(folder.absolute()), adapter_sha256(folder))
    except OSError as error:
        raise ProviderNotAvailable(f"The adapter {options.adapter!r} cannot be read: {error}") from error
    if options.adapter_sha256 not in (None, adapter.sha256):
        raise ProviderNotAvailable(
            f"The adapter {options.adapter!r} has the SHA-256 {adapter.sha256}, and the option adapter_sha256 is "
            f"{options.adapter_sha256}: the folder holds another adapter now."
        )
    if importlib.util.find_spec("peft") is None:
        raise ProviderNotAvailable("This worker has no peft, which an adapter needs: pip install peft")
    return adapter


def with_adapter(model: Any, adapter: Adapter, model_name: str) -> Any:
    """The model of transformers with the adapter's layers in it; the model itself is changed.

    The adapter is not merged: neither half-precision nor quantised weights could hold the sum exactly, and so a reply
    is computed as the training computed it. Raises ProviderNotAvailable where adapter and model do not fit.
    """
    import torch
    from peft import PeftModel, get_peft_model_state_dict
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(Path(adapter.folder) / WEIGHTS_FILE, framework="pt") as file:
            saved = set(file.keys())
        adapted = PeftModel.from_pretrained(model, adapter.folder)
    except torch.OutOfMemoryError:
        raise
    except (SafetensorError, OSError, ValueError, TypeError, RuntimeError, KeyError) as error:
        raise ProviderNotAvailable(
            f"The adapter {adapter.folder!r} cannot be put into the model {model_name!r}: {_start(error)}"
        ) from error
    # peft only warns of weights that are missing, or that have no place in the model.
    places = set(get_peft_model_state_dict(adapted, save_embedding_layers=False))
    misfits = (places - saved) | (saved - places - set(adapted.state_dict()))
    if misfits:
        raise ProviderNotAvailable(
            f"The adapter {adapter.folder!r} does not fit the model {model_name!r}: {len(misfits)} of the weights "
            f"are in only one of them, such as {min(misfits)}."
        )
    return adapted.get_base_model()


def adapter_sha256(folder: Path) -> str:
    """Of both files; read again only when their sizes or times have changed."""
    files = (folder / CONFIG_FILE, folder / WEIGHTS_FILE)
    state = tuple((status.st_size, status.st_mtime_ns, status.st_ino) for status in (f.stat() for f in files))
    return _sha256_of(files, state)


@lru_cache(maxsize=64)
def _sha256_of(files: tuple[Path, ...], state: tuple[tuple[int, int, int], ...]) -> str:
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as content:
            while block := content.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _config(folder: Path) -> dict[str, Any]:
    name = str(folder)
    if not folder.is_dir():
        raise ProviderNotAvailable(
            f"The adapter {name!r} is not a folder on this worker. The option adapter is a local path."
        )
    for file in (CONFIG_FILE, WEIGHTS_FILE):
        if not (folder / file).is_file():
            raise ProviderNotAvailable(
                f"The adapter {name!r} has no {file}: it is not a LoRA adapter as peft saves one, or its training "
                "has not finished."
            )
    try:
        config = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ProviderNotAvailable(
            f"The {CONFIG_FILE} of the adapter {name!r} cannot be read: {error}"
        ) from error
    if not isinstance(config, dict) or config.get("peft_type") != "LORA":
        kind = config.get("peft_type") if isinstance(config, dict) else None
        raise ProviderNotAvailable(
            f"The adapter {name!r} is of the type {kind!r}, and local models take LoRA adapters."
        )
    if config.get("task_type") not in (None, "CAUSAL_LM"):
        raise ProviderNotAvailable(
            f"The adapter {name!r} was trained for the task {config['task_type']!r}, not for CAUSAL_LM."
        )
    return config


def _is_same_model(one: str, other: str) -> bool:
    if one == other:
        return True
    return Path(one).is_dir() and Path(other).is_dir() and Path(one).resolve() == Path(other).resolve()


def _start(error: Exception) -> str:
    """The start of a message: torch lists every layer that does not fit."""
    words = " ".join(str(error).split())
    return words if len(words) <= _MESSAGE_LENGTH else words[:_MESSAGE_LENGTH] + " …"
