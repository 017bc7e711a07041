"""Prompt versions: the files as they are now, on record, so that every run shows what it was asked with."""

from collections.abc import Mapping

from django.db import transaction
from django.db.models import Max

from core.audit.writing import record
from evaluation.models import Prompt, Run
from evaluation.stages import propose
from evaluation.stages.prompts import PromptText, prompt_files, sha256_of


@transaction.atomic
def current_prompts() -> dict[str, Prompt]:
    """The version of every prompt file that runs use, as it is now, by name. An edited file is the next version."""
    return {name: current_prompt(name) for name in prompt_files() if name != propose.PROMPT}


@transaction.atomic
def current_prompt(name: str) -> Prompt:
    """The version of one prompt file as it is now."""
    text = prompt_files()[name]
    return Prompt.objects.filter(name=name, sha256=sha256_of(text)).first() or _next_version(name, text)


def _next_version(name: str, text: str) -> Prompt:
    last = Prompt.objects.filter(name=name).aggregate(last=Max("version"))["last"] or 0
    # Two processes that see an edited file at the same moment: the unique text lets one of them win.
    prompt, is_new = Prompt.objects.get_or_create(
        name=name, sha256=sha256_of(text), defaults={"version": last + 1, "text": text}
    )
    if is_new:
        record("prompt.recorded", actor=None, subject=prompt, name=name, version=prompt.version)
    return prompt


def prompts_of(run: Run) -> Mapping[str, PromptText]:
    """The prompts as the run was launched with: editing a file later does not change it.

    A run that was imported has none on record; what is asked about it is asked with the prompts of now.
    """
    stored = {prompt.name: prompt for prompt in run.prompts.all()}
    if not stored:
        stored = current_prompts()
        run.prompts.set(stored.values())
    return {name: PromptText.parse(prompt.text) for name, prompt in stored.items()}
