"""Tokens per second of the `transformers` worker's batching beside one prompt at a time, on the same weights.

    PYTHONPATH=. python bench/local_generation.py [--size tiny|1b|8b]

Needs torch, transformers and pydantic, and no model: the weights are random, in the shape of a real model, as only the
shape bears on speed. Prompts and answers have mixed lengths, as judging has; random weights hardly ever end an answer,
so that each answer's length is set by its limit, and both ways generate the same number of tokens. One prompt at a time
is `model.generate` as one would write it, and is timed on a part of the prompts, which has the mix of the whole.
The last line is JSON.
"""

import argparse
import json
import platform
import random
import sys
import time
from typing import Any

try:
    import torch
    import transformers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
except ImportError as missing:
    sys.exit(f"{missing}. This bench needs them: pip install torch transformers accelerate")

from evaluation.llm.local.generation import generate
from evaluation.llm.local.jobs import Generated, Job
from evaluation.llm.local.options import LocalOptions
from evaluation.llm.local.weights import LoadedModel, drop_continuous_cache

# The shapes of Llama 3.2 1B and Llama 3.1 8B.
SIZES: dict[str, dict[str, Any]] = {
    "tiny": {
        "vocab_size": 4096,
        "hidden_size": 256,
        "intermediate_size": 688,
        "num_hidden_layers": 4,
        "num_attention_heads": 8,
        "num_key_value_heads": 4,
    },
    "1b": {
        "vocab_size": 128_256,
        "hidden_size": 2048,
        "intermediate_size": 8192,
        "num_hidden_layers": 16,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "tie_word_embeddings": True,
    },
    "8b": {
        "vocab_size": 128_256,
        "hidden_size": 4096,
        "intermediate_size": 14_336,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
    },
}
# Shortest and longest prompt and answer, in tokens.
LENGTHS = {"tiny": ((20, 300), (8, 64)), "1b": ((100, 1500), (32, 384)), "8b": ((100, 1500), (32, 384))}


def random_model(size: str, device: str) -> Any:
    torch.manual_seed(0)
    config = LlamaConfig(max_position_embeddings=8192, bos_token_id=None, eos_token_id=None, **SIZES[size])
    dtype = torch.bfloat16 if device.startswith("cuda") else torch.float32
    default = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.device(device):
            return LlamaForCausalLM(config).eval()
    finally:
        torch.set_default_dtype(default)


def byte_tokenizer() -> Any:
    """The engine wants one with a chat template; the prompts here are tokens already."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    plain = Tokenizer(models.BPE(vocab={letter: place for place, letter in enumerate(letters)}, merges=[]))
    plain.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    plain.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=plain)
    tokenizer.chat_template = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
    return tokenizer


def mixed_jobs(size: str, count: int) -> list[Job]:
    source = random.Random(1)
    (prompt_low, prompt_high), (answer_low, answer_high) = LENGTHS[size]
    return [
        Job(
            tokens=[
                source.randrange(SIZES[size]["vocab_size"])
                for _ in range(source.randint(prompt_low, prompt_high))
            ],
            limit=source.randint(answer_low, answer_high),
        )
        for _ in range(count)
    ]


def one_at_a_time(model: Any, jobs: list[Job]) -> list[Generated | None]:
    results: list[Generated | None] = []
    for job in jobs:
        tokens = torch.tensor([job.tokens], device=model.device)
        with torch.inference_mode():
            output = model.generate(
                tokens,
                attention_mask=torch.ones_like(tokens),
                generation_config=GenerationConfig(do_sample=False, max_new_tokens=job.limit, pad_token_id=0),
            )
        results.append(
            Generated.cut(output[0, len(job.tokens) :].tolist(), job.limit, stop_tokens=frozenset())
        )
    return results


def timed(device: str, call: Any) -> tuple[float, float | None, list[Generated | None]]:
    """(seconds, peak GiB of GPU memory or None, results)."""
    on_gpu = device.startswith("cuda")
    if on_gpu:
        torch.cuda.synchronize()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    start = time.perf_counter()
    results = call()
    if on_gpu:
        torch.cuda.synchronize()
    seconds = time.perf_counter() - start
    return seconds, torch.cuda.max_memory_allocated() / 2**30 if on_gpu else None, results


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=SIZES, help="default: 1b on a GPU, tiny on a CPU")
    parser.add_argument("--device", help="default: the GPU where there is one")
    parser.add_argument("--prompts", type=int, help="default: 512 on a GPU, 64 on a CPU")
    parser.add_argument(
        "--alone", type=int, help="of these, how many one at a time (default: 24 on a GPU, all on a CPU)"
    )
    parser.add_argument("--batching", choices=("auto", "padded", "continuous"), default="auto")
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--max-batch-tokens", type=int)
    chosen = parser.parse_args()

    device = chosen.device or ("cuda" if torch.cuda.is_available() else "cpu")
    on_gpu = device.startswith("cuda")
    size = chosen.size or ("1b" if on_gpu else "tiny")
    jobs = mixed_jobs(size, chosen.prompts or (512 if on_gpu else 64))
    alone = jobs[: chosen.alone or (24 if on_gpu else len(jobs))]

    transformers.logging.set_verbosity_error()
    model = random_model(size, device)
    loaded = LoadedModel(
        model,
        byte_tokenizer(),
        LocalOptions(
            batching=chosen.batching, batch_size=chosen.batch_size, max_batch_tokens=chosen.max_batch_tokens
        ),
    )
    # Both once before the clock starts: kernels are chosen and memory is taken then.
    one_at_a_time(model, [Job(jobs[0].tokens, 8)])
    generate(loaded, [Job(job.tokens, 8) for job in jobs[:2]])

    wanted_continuous = loaded.continuous
    batch_seconds, batch_memory, together = timed(device, lambda: generate(loaded, jobs))
    way = "continuous" if loaded.continuous else "padded"
    if wanted_continuous and not loaded.continuous:
        way = "padded, after continuous failed"
    drop_continuous_cache(model)
    alone_seconds, alone_memory, separate = timed(device, lambda: one_at_a_time(model, alone))

    batch_tokens = sum(len(result.tokens) for result in together if result)
    alone_tokens = sum(len(result.tokens) for result in separate if result)
    same = sum(a == b for a, b in zip(together, separate, strict=False))
    batch_rate, alone_rate = batch_tokens / batch_seconds, alone_tokens / alone_seconds
    name = torch.cuda.get_device_name(device) if on_gpu else f"CPU, {torch.get_num_threads()} threads"

    def gib(memory: float | None) -> str:
        return "–" if memory is None else f"{memory:.1f}"

    parameters = sum(parameter.numel() for parameter in model.parameters())
    print(f"{parameters / 1e6:,.0f} million random parameters ({model.dtype}) on {name}")
    print(
        f"torch {torch.__version__}, transformers {transformers.__version__}, Python {platform.python_version()}\n"
    )
    print(f"{'':28}{'prompts':>9}{'tokens':>9}{'seconds':>10}{'tokens/s':>11}{'peak GiB':>10}")
    for title, count, tokens, seconds, rate, memory in (
        ("one at a time", len(alone), alone_tokens, alone_seconds, alone_rate, alone_memory),
        (f"worker ({way})", len(jobs), batch_tokens, batch_seconds, batch_rate, batch_memory),
    ):
        print(f"{title:28}{count:>9,}{tokens:>9,}{seconds:>10.2f}{rate:>11,.1f}{gib(memory):>10}")
    print(f"\nratio {batch_rate / alone_rate:.1f}; the same tokens in {same} of {len(alone)} answers\n")
    print(
        json.dumps(
            {
                "bench": "local_generation",
                "size": size,
                "parameters": parameters,
                "device": name,
                "dtype": str(model.dtype).removeprefix("torch."),
                "batching": way,
                "prompts": len(jobs),
                "failed": sum(result is None for result in together),
                "tokens_per_second": round(batch_rate, 1),
                "one_at_a_time_prompts": len(alone),
                "one_at_a_time_tokens_per_second": round(alone_rate, 1),
                "ratio": round(batch_rate / alone_rate, 2),
                "same_answers": same,
                "peak_gpu_gib": None if batch_memory is None else round(batch_memory, 2),
                "one_at_a_time_peak_gpu_gib": None if alone_memory is None else round(alone_memory, 2),
                "torch": torch.__version__,
                "transformers": transformers.__version__,
            }
        )
    )


if __name__ == "__main__":
    main()
