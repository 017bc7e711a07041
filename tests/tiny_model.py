"""A tiny chat model of random weights, saved as the hub would hold it. It knows bytes and no words."""

import importlib.util
from pathlib import Path

import pytest

CONTEXT = 1024
TEMPLATE = (
    "{{ '<bos>' }}{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% if opened %}<think>\n{% endif %}{% endif %}"
)
NO_SYSTEM = (
    "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
)
SILENT_SYSTEM = "{% set messages = messages | rejectattr('role', 'equalto', 'system') | list %}"
ALTERNATE = (
    "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Roles must alternate') }}{% endif %}{% endfor %}"
)


def skip_without(*libraries: str) -> None:
    for library in libraries:
        if importlib.util.find_spec(library) is None:
            pytest.skip(f"no {library} here: make local-model-test", allow_module_level=True)


def save_tiny_model(
    folder: Path,
    template: str = TEMPLATE,
    *,
    positions: int = CONTEXT,
    eos_listed: bool = True,
    # Far from a trained model's, so that what is generated depends on the prompt and soon on every token.
    initializer_range: float = 0.6,
    hidden_size: int = 64,
    seed: int = 7,
) -> str:
    """Saves model and tokenizer in the folder and returns its path."""
    import torch
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    bytes_only = Tokenizer(
        models.BPE(vocab={letter: place for place, letter in enumerate(letters)}, merges=[])
    )
    bytes_only.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytes_only.decoder = decoders.ByteLevel()
    # The end of a turn is no end of sequence to the tokenizer, as with several known chat models.
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bytes_only, bos_token="<bos>", eos_token="<|endoftext|>"
    )
    tokenizer.add_tokens([AddedToken(t, special=True) for t in ("<|im_start|>", "<|im_end|>", "<|stop|>")])
    tokenizer.add_tokens([AddedToken("<think>", special=False), AddedToken("</think>", special=False)])
    tokenizer.chat_template = template
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=hidden_size,
        intermediate_size=2 * hidden_size,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=positions,
        initializer_range=initializer_range,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    model = LlamaForCausalLM(config).float()
    if eos_listed:
        stop = tokenizer.convert_tokens_to_ids("<|stop|>")
        model.generation_config.eos_token_id = [tokenizer.eos_token_id, stop]
    model.generation_config.do_sample = True
    model.generation_config.top_k = 3
    model.generation_config.temperature = 0.1
    model.generation_config.repetition_penalty = 1.3
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def save_tiny_adapter(folder: Path, base: str, *, seed: int = 1, rank: int = 4) -> str:
    """Saves a LoRA adapter of random weights, large enough to change what the base says; returns its path."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(seed)
    config = LoraConfig(
        r=rank,
        lora_alpha=4 * rank,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
        init_lora_weights=False,
    )
    get_peft_model(AutoModelForCausalLM.from_pretrained(base), config).save_pretrained(folder)
    return str(folder)
