"""Continuous batching, as transformers offers it: a finished request's place goes to the next one at once."""

import logging
import time
from collections.abc import Sequence
from typing import Any

from evaluation.llm.local.jobs import Generated, Job
from evaluation.llm.local.weights import LoadedModel, drop_continuous_cache

logger = logging.getLogger(__name__)

_PAGE_TOKENS = 256
# A share of the GPU's free memory; the rest is for logits and for what else the process does.
_MEMORY_SHARE = 0.8
# No request of a whole batch finished in this time: the manager hangs, and padded batches take over.
_STALLED_SECONDS = 600.0


def generate_continuously(loaded: LoadedModel, jobs: Sequence[Job]) -> list[Generated | None]:
    """One greedy result per job, in order; None for those that came to nothing, for padded batches to do.

    When any did, continuous batching is not tried again with this model in this process.
    """
    results: dict[int, Generated] = {}
    if jobs:
        try:
            _run(loaded, jobs, results)
        # Its background thread, kernels and graphs fail in their own ways, and there is another way to go on.
        except (RuntimeError, ValueError, AttributeError, ImportError, TypeError) as error:
            logger.warning("Continuous batching failed: %s", error)
    if len(results) < len(jobs):
        logger.warning(
            "Continuous batching left %d of %d requests undone; padded batches from now on.",
            len(jobs) - len(results),
            len(jobs),
        )
        loaded.continuous = False
        drop_continuous_cache(loaded.model)
    return [results.get(number) for number in range(len(jobs))]


def _run(loaded: LoadedModel, jobs: Sequence[Job], results: dict[int, Generated]) -> None:
    from transformers import GenerationConfig

    stop_tokens = sorted(loaded.stop_tokens) or [-1]  # -1: none
    # The manager is kept for the next batch: its cache and its CUDA graphs take seconds to make.
    with loaded.model.continuous_batching_context_manager(
        generation_config=GenerationConfig(
            do_sample=False, eos_token_id=stop_tokens, pad_token_id=loaded.pad_token
        ),
        continuous_batching_config=_config(loaded),
        persistent_manager=True,
    ) as manager:
        # The longest answers first, so that none of them is left to run alone at the end.
        for number in sorted(range(len(jobs)), key=lambda number: -jobs[number].limit):
            job = jobs[number]
            manager.add_request(list(job.tokens), request_id=str(number), max_new_tokens=job.limit)
        unfinished, last_sign = len(jobs), time.monotonic()
        while unfinished:
            output = manager.get_result(timeout=1)
            if output is not None and output.is_finished():
                unfinished, last_sign = unfinished - 1, time.monotonic()
                if output.error is None:
                    number = int(output.request_id)
                    results[number] = Generated.cut(
                        output.generated_tokens, jobs[number].limit, loaded.stop_tokens
                    )
            elif output is None and not manager.is_running():
                return
            elif time.monotonic() - last_sign > _STALLED_SECONDS:
                manager.stop(block=True, timeout=60, hard_stop=True)
                return


def _config(loaded: LoadedModel) -> Any:
    from transformers.generation import ContinuousBatchingConfig

    if loaded.cache_tokens is None:
        return ContinuousBatchingConfig(page_size=_PAGE_TOKENS, max_memory_percent=_MEMORY_SHARE)
    # More than the tokens fill, as the last page of a request is seldom full.
    pages = loaded.cache_tokens // _PAGE_TOKENS + 2
    return ContinuousBatchingConfig(page_size=_PAGE_TOKENS, num_blocks=pages, max_batch_tokens=2048)
