"""Training an extractor from recorded extractions, and comparing it with the rules on questions held out."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import DomainError
from evaluation.llm.local import LocalProvider
from evaluation.llm.local.training import (
    TrainedAdapter,
    TrainingProgress,
    TrainingSettings,
    require_training_libraries,
    train_adapter,
)
from evaluation.llm.local.training_data import TrainingExample
from evaluation.llm.local.training_folder import TrainingRefused
from evaluation.llm.providers import ProviderNotAvailable
from evaluation.llm.replies import CallFailure, Outcome, Reply
from evaluation.models import Run
from evaluation.runs.selectors.recorded_extractions import recorded_extractions
from evaluation.stages.extract import extract_answer
from evaluation.stages.extractor_examples import (
    Examples,
    RecordedExtraction,
    Split,
    examples_from,
    question_key,
    split_by_question,
)
from evaluation.stages.plan import EXTRACTOR_PROMPT, read_letter
from evaluation.stages.prompts import PromptText, prompt_files
from perg.stats.runs.extraction import ExtractionAgreement, extraction_agreement

RULES, ADAPTER, BOTH = "rules", "adapter", "rules, then adapter"


@dataclass(frozen=True, slots=True)
class ExtractorTraining:
    """The outcome of a training. `agreements`: by extractor, on the responses to the questions held out.

    `unanswered`: to how many of these the adapter gave no reply, and why; they count as undecided.
    """

    adapter: TrainedAdapter
    endpoint_model: str
    endpoint_options: dict[str, Any]
    left_out: dict[str, int]
    held_out: int
    agreements: dict[str, ExtractionAgreement]
    unanswered: dict[str, int]

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def train_extractor(
    *,
    runs: Sequence[Run],
    settings: TrainingSettings,
    folder: Path,
    held_out: float,
    progress: Callable[[TrainingProgress], None],
) -> ExtractorTraining:
    """Train an adapter on the recorded extractions of the runs, without those of the questions held out.

    The same call continues where an earlier one was killed. Raises DomainError.
    """
    if Path(settings.base).is_dir():
        settings = replace(settings, base=str(Path(settings.base).resolve()))
    prompt = PromptText.parse(prompt_files()[EXTRACTOR_PROMPT])
    try:
        require_training_libraries()
        examples = _examples(runs)
        split = _split(examples, held_out, settings.seed)
        adapter = train_adapter(
            [_training_example(extraction, prompt, settings.base) for extraction in split.training],
            settings,
            folder.resolve(),
            progress,
        )
        options = _endpoint_options(settings, adapter)
        outcomes = LocalProvider(settings.base, options).complete_batch(
            [extraction.request(prompt, settings.base) for extraction in split.held_out]
        )
    except (ProviderNotAvailable, TrainingRefused) as error:
        raise DomainError(str(error)) from error
    return ExtractorTraining(
        adapter=adapter,
        endpoint_model=settings.base,
        endpoint_options=options,
        left_out=dict(examples.left_out),
        held_out=len(split.held_out),
        agreements=_agreements(split.held_out, outcomes),
        unanswered=_unanswered(outcomes),
    )


def _examples(runs: Sequence[Run]) -> Examples:
    extractions: list[RecordedExtraction] = []
    left_out: Counter[str] = Counter()
    for run in runs:
        of_run, unusable = recorded_extractions(run)
        if not of_run and not unusable:
            raise DomainError(f"“{run}” has no recorded extractions: only imported runs have them.")
        extractions += of_run
        left_out += unusable
    examples = examples_from(extractions)
    return replace(examples, left_out=left_out + Counter(examples.left_out))


def _split(examples: Examples, share: float, seed: int) -> Split:
    try:
        return split_by_question(examples.extractions, share=share, seed=seed)
    except ValueError as error:
        raise DomainError(f"The examples cannot be split: {error}.") from error


def _training_example(extraction: RecordedExtraction, prompt: PromptText, model: str) -> TrainingExample:
    return TrainingExample(extraction.request(prompt, model).messages, extraction.answer)


def _endpoint_options(settings: TrainingSettings, adapter: TrainedAdapter) -> dict[str, Any]:
    """The options of an endpoint that uses the adapter as it was trained; those at their default are left out."""
    default = asdict(TrainingSettings("").options)
    options = {name: value for name, value in asdict(settings.options).items() if value != default[name]}
    if settings.options.chat_template_kwargs:
        options["chat_template_kwargs"] = dict(settings.options.chat_template_kwargs)
    return options | {"adapter": adapter.folder, "adapter_sha256": adapter.sha256}


def _agreements(
    held_out: Sequence[RecordedExtraction], outcomes: Sequence[Outcome]
) -> dict[str, ExtractionAgreement]:
    rules = [extract_answer(extraction.response, extraction.options).letter or "" for extraction in held_out]
    adapter = [
        read_letter(outcome.text, len(extraction.options)) if isinstance(outcome, Reply) else ""
        for extraction, outcome in zip(held_out, outcomes, strict=True)
    ]
    both = [by_rule or by_adapter for by_rule, by_adapter in zip(rules, adapter, strict=True)]
    numbers: dict[str, int] = {}
    clusters = np.array(
        [numbers.setdefault(question_key(extraction.question), len(numbers)) for extraction in held_out],
        dtype=np.int64,
    )
    return {
        name: extraction_agreement(letters, [extraction.letter for extraction in held_out], clusters=clusters)
        for name, letters in ((RULES, rules), (ADAPTER, adapter), (BOTH, both))
    }


def _unanswered(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """How many have no reply, by code, with the message of the first."""
    failures = [outcome for outcome in outcomes if isinstance(outcome, CallFailure)]
    counts = Counter(failure.code for failure in failures)
    messages = {failure.code: failure.message for failure in reversed(failures)}
    return {f"{code} ({messages[code]})": count for code, count in counts.items()}
