"""Prompt versions: the files as they are now, on record, so that every run shows what it was asked with."""

from collections.abc import Mapping

from django.db import transaction
from django.db.models import Max

from evaluation.models import Prompt, Run
from evaluation.stages.prompts import PromptText, prompt_files, sha256_of


@transaction.atomic
def current_prompts() -> dict[str, Prompt]:
    """The version of every prompt file as it is now, by name. A file that was edited becomes the next version."""
    versions = {}
    for name, text in prompt_files().items():
        version = Prompt.objects.filter(name=name, sha256=sha256_of(text)).first()
        versions[name] = version or _next_version(name, text)
    return versions


def _next_version(name: str, text: str) -> Prompt:
    last = Prompt.objects.filter(name=name).aggregate(last=Max("version"))["last"] or 0
    # Two processes that see an edited file at the same moment: the unique text lets one of them win.
    prompt, _ = Prompt.objects.get_or_create(
        name=name, sha256=sha256_of(text), defaults={"version": last + 1, "text": text}
    )
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
