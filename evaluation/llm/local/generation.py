"""Generating for many prompts at once: what one asks for, and padded batches."""

import gc
import logging
from collections.abc import Sequence
from typing import Any

from evaluation.llm.local.continuous import generate_continuously
from evaluation.llm.local.jobs import Generated, Job
from evaluation.llm.local.weights import LoadedModel, drop_continuous_cache

logger = logging.getLogger(__name__)


def generate(loaded: LoadedModel, jobs: Sequence[Job]) -> list[Generated | None]:
    """One result per job, in order; None where memory did not suffice for the job alone."""
    results: list[Generated | None] = [None] * len(jobs)
    if loaded.continuous:
        # Its own sampling draws from one stream for all requests, so that a text would depend on its batch-mates.
        fit = [number for number, job in enumerate(jobs) if job.temperature == 0 and _fits_cache(loaded, job)]
        for number, result in zip(fit, generate_continuously(loaded, [jobs[i] for i in fit]), strict=True):
            results[number] = result
    left = [number for number, result in enumerate(results) if result is None]
    if left:
        drop_continuous_cache(loaded.model)
    # Alike beside alike, so that little is padding and few rows wait for others. The largest first: if memory runs
    # out, it does so at once.
    left.sort(key=lambda number: (jobs[number].limit, len(jobs[number].tokens)), reverse=True)
    while left:
        rows = left[: _rows_that_fit(loaded, [jobs[number] for number in left])]
        done = _generate_padded(loaded, [jobs[number] for number in rows])
        if done is None and len(rows) > 1:
            half = [jobs[number] for number in rows[: len(rows) // 2]]
            loaded.token_budget = _size(half)
            logger.warning(
                "Memory ran out at a batch of %d; at most %d tokens from now on.",
                len(rows),
                loaded.token_budget,
            )
            continue
        if done is not None:
            for number, result in zip(rows, done, strict=True):
                results[number] = result
        left = left[len(rows) :]
    return results


def _size(jobs: Sequence[Job]) -> int:
    """Tokens that a padded batch of the jobs may come to hold."""
    return len(jobs) * (max(len(job.tokens) for job in jobs) + max(job.limit for job in jobs))


def _fits_cache(loaded: LoadedModel, job: Job) -> bool:
    return loaded.cache_tokens is None or len(job.tokens) + job.limit <= loaded.cache_tokens


def _rows_that_fit(loaded: LoadedModel, jobs: Sequence[Job]) -> int:
    rows = 1  # one job is tried whatever its size
    while rows < min(len(jobs), loaded.batch_size) and _size(jobs[: rows + 1]) <= loaded.token_budget:
        rows += 1
    return rows


def _generate_padded(loaded: LoadedModel, jobs: Sequence[Job]) -> list[Generated] | None:
    """None when memory ran out."""
    import torch

    try:
        return _generate_batch(loaded, jobs)
    except torch.OutOfMemoryError:
        pass
    # Outside the handler, as the error's traceback holds the tensors that are to be freed.
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return None


def _generate_batch(loaded: LoadedModel, jobs: Sequence[Job]) -> list[Generated]:
    import torch
    from transformers import GenerationConfig

    width = max(len(job.tokens) for job in jobs)
    # Padded on the left, so that each answer follows its prompt without a gap; transformers counts positions by the
    # attention mask.
    tokens = torch.full((len(jobs), width), loaded.pad_token)
    mask = torch.zeros((len(jobs), width), dtype=torch.long)
    for row, job in enumerate(jobs):
        tokens[row, width - len(job.tokens) :] = torch.tensor(job.tokens)
        mask[row, width - len(job.tokens) :] = 1
    with torch.inference_mode():
        output = loaded.model.generate(
            tokens.to(loaded.device),
            attention_mask=mask.to(loaded.device),
            generation_config=GenerationConfig(
                do_sample=False,  # `_SampledRows` samples
                max_new_tokens=max(job.limit for job in jobs),
                eos_token_id=sorted(loaded.stop_tokens) or None,
                pad_token_id=loaded.pad_token,
            ),
            logits_processor=[_SampledRows(jobs, width, loaded.device)]
            if any(job.temperature for job in jobs)
            else [],
            stopping_criteria=[_RowLimits(jobs, width, loaded.device)],
        )
    return [
        Generated.cut(row, job.limit, loaded.stop_tokens)
        for row, job in zip(output[:, width:].tolist(), jobs, strict=True)
    ]


class _RowLimits:
    """A stopping criterion of transformers: each row ends at its own limit."""

    def __init__(self, jobs: Sequence[Job], width: int, device: str) -> None:
        import torch

        self._ends = torch.tensor([width + job.limit for job in jobs], device=device)

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        return self._ends <= input_ids.shape[1]


class _SampledRows:
    """A logits processor of transformers: leaves a sampled row only the token that was drawn for it.

    Each row draws from its own seed, one number a step, whatever the other rows do; the numbers are drawn on the CPU,
    so that they are the same on every device.
    """

    def __init__(self, jobs: Sequence[Job], width: int, device: str) -> None:
        import torch

        rows = [row for row, job in enumerate(jobs) if job.temperature]
        self._width = width
        self._rows = torch.tensor(rows, device=device)
        self._temperatures = torch.tensor([[jobs[row].temperature] for row in rows], device=device)
        steps = max(job.limit for job in jobs)
        drawn = torch.zeros((len(rows), steps), dtype=torch.float64)
        for place, row in enumerate(rows):
            source = torch.Generator().manual_seed(jobs[row].seed)
            limit = jobs[row].limit
            drawn[place, :limit] = torch.rand(limit, generator=source, dtype=torch.float64)
        self._drawn = drawn.to(device)

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        import torch

        step = input_ids.shape[1] - self._width
        likelihoods = torch.softmax(scores[self._rows].double() / self._temperatures, dim=-1).cumsum(dim=-1)
        # The share of the total, as rounding leaves the last sum a little off 1.
        targets = self._drawn[:, step : step + 1] * likelihoods[:, -1:]
        tokens = torch.searchsorted(likelihoods, targets, right=True).clamp(max=scores.shape[1] - 1)
        sampled = scores.clone()
        sampled[self._rows] = float("-inf")
        sampled[self._rows, tokens[:, 0]] = 0.0
        return sampled
