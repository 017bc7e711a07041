"""Launching a batch: models × methods × settings over a dataset, with its judges and budgets, after an estimate."""

import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import product

from django.db import transaction

from core.audit.writing import record
from core.errors import Conflict, DomainError
from core.jobs.wake import wake
from core.models import User
from core.names import check_name
from evaluation.endpoints.selectors import replays_runs
from evaluation.endpoints.services.endpoints import missing_key
from evaluation.engine.steps.prompts import current_prompts
from evaluation.importers.stores.assignments import RoundRobin
from evaluation.models import (
    Batch,
    Catalogue,
    Dataset,
    Endpoint,
    Item,
    ItemPreference,
    Judge,
    Preference,
    PreferenceAssignment,
    Question,
    Run,
    RunJudge,
)
from evaluation.models.dataset import PreferenceKind
from evaluation.models.endpoint import JudgeOrigin, Provider
from evaluation.models.item import ItemStatus
from evaluation.models.run import Method, RunStatus, Setting
from evaluation.runs.services.launch_checks import check_examples, check_preferences, check_use
from evaluation.stages.plan import RunOptions

CHUNK = 1000


@dataclass(frozen=True, slots=True)
class BatchSpec:
    """What is to be launched. `sample_size` questions are drawn by `options.seed`; None: all of the dataset.

    Budgets hold for each run of the batch.
    """

    name: str
    dataset: Dataset
    catalogue: Catalogue
    models: Collection[Endpoint]
    methods: Collection[str]
    settings: Collection[str]
    judges: Collection[Judge] = ()
    aligner: Endpoint | None = None
    extractor: Endpoint | None = None
    sample_size: int | None = None
    money_budget: Decimal | None = None
    call_budget: int | None = None
    options: RunOptions = field(default_factory=RunOptions)

    def grid(self) -> list[tuple[Endpoint, str, str]]:
        """(model, method, setting) of every run."""
        return list(product(self.models, self.methods, self.settings))

    def endpoints(self) -> Iterator[tuple[str, Endpoint]]:
        """Every endpoint that the batch calls, with the field that names it."""
        yield from (("models", model) for model in self.models)
        yield from (("judges", judge.endpoint) for judge in self.judges if judge.endpoint is not None)
        if self.aligner is not None:
            yield "aligner", self.aligner
        if self.extractor is not None:
            yield "extractor", self.extractor


def check_launch(spec: BatchSpec) -> None:
    """Raise DomainError for the first thing that would keep the batch from running, before anything is written."""
    if not spec.grid():
        raise DomainError("Choose at least one model, one method and one setting.", field="models")
    for role, endpoint in spec.endpoints():
        if endpoint.provider == Provider.RECORDED and role != "models":
            raise DomainError(
                f"{endpoint} is a record of a model's answers; it can only replay those.", field=role
            )
        if missing := missing_key(endpoint):
            raise DomainError(missing, code="missing_key", field=role)
    for model in spec.models:
        if model.provider == Provider.HEURISTIC:
            raise DomainError(f"{model} judges by rules; it cannot answer questions.", field="models")
        if model.provider == Provider.RECORDED and not replays_runs(model):
            raise DomainError(
                f"{model} has no imported run whose answers it could replay. Import one, or choose another model.",
                field="models",
            )
    for judge in spec.judges:
        if judge.origin == JudgeOrigin.IMPORTED:
            raise DomainError(
                f"{judge} is a record of imported ratings; it cannot be called again.", field="judges"
            )
    check_name(spec.name)
    if Batch.objects.filter(name=spec.name).exists():
        raise Conflict(f"There is a batch named “{spec.name}” already.", field="name")
    available = spec.dataset.questions.count()
    if not 1 <= (available if spec.sample_size is None else spec.sample_size) <= available:
        raise DomainError(f"The dataset has {available} questions to draw from.", field="sample_size")
    check_use(spec.methods, spec.settings, spec.judges, has_aligner=spec.aligner is not None)
    check_preferences(spec.catalogue, spec.settings, spec.options)
    if Method.ICL in spec.methods:
        check_examples(spec.dataset, drawn_questions(spec), spec.options.icl_examples)
    _check_budgets(spec)


def _check_budgets(spec: BatchSpec) -> None:
    for name in ("money_budget", "call_budget"):
        if (budget := getattr(spec, name)) is not None and budget <= 0:
            raise DomainError("A budget is above 0.", field=name)
    for _, endpoint in spec.endpoints() if spec.money_budget is not None else ():
        if endpoint.input_price is None and not endpoint.costs_nothing:
            raise DomainError(
                f"{endpoint} is unpriced, so no money budget can hold it. Give its prices, or a budget in calls.",
                field="money_budget",
            )


@transaction.atomic
def launch_batch(*, spec: BatchSpec, actor: User | None) -> Batch:
    """Make the batch's runs with their items and set them going. Raises DomainError as `check_launch` does.

    Runs of one model share their baselines: the requests are the same, so they are made once.
    """
    check_launch(spec)
    batch = Batch.objects.create(name=spec.name, created_by=actor)
    prompts = list(current_prompts().values())
    questions = drawn_questions(spec)
    needs_relevant = set(spec.settings) != {Setting.IRRELEVANT}
    relevant = assigned_preferences(spec.dataset, questions, spec.catalogue) if needs_relevant else {}
    irrelevant = list(spec.catalogue.preferences.filter(kind=PreferenceKind.IRRELEVANT).order_by("pk"))
    for model, method, setting in spec.grid():
        run = Run.objects.create(
            name=f"{spec.name}: {model} · {Method(method).label} · {Setting(setting).label}",
            batch=batch,
            dataset=spec.dataset,
            catalogue=spec.catalogue,
            endpoint=model,
            method=method,
            setting=setting,
            aligner=spec.aligner if method == Method.PREF_ALIGNER else None,
            extractor=spec.extractor,
            options=spec.options.model_dump(),
            money_budget=spec.money_budget,
            call_budget=spec.call_budget,
            status=RunStatus.RUNNING,
            is_demonstration=spec.dataset.is_demonstration,
            created_by=actor,
        )
        run.prompts.set(prompts)
        if setting != Setting.IRRELEVANT:
            RunJudge.objects.bulk_create(RunJudge(run=run, judge=judge) for judge in spec.judges)
        _create_items(run, questions, relevant, irrelevant, spec.options)
        record("run.launched", actor=actor, subject=run, name=run.name, batch=batch.pk)
        wake("evaluation.engine.tasks.advance_run", run.pk)
    record(
        "batch.launched",
        actor=actor,
        subject=batch,
        name=spec.name,
        dataset=spec.dataset.name,
        catalogue=str(spec.catalogue),
        runs=len(spec.grid()),
        questions=len(questions),
        judges=[judge.name for judge in spec.judges],
        money_budget=spec.money_budget,
        call_budget=spec.call_budget,
    )
    return batch


def drawn_questions(spec: BatchSpec) -> list[Question]:
    """The questions of the batch in the dataset's order: all, or a sample that the seed decides."""
    questions = list(spec.dataset.questions.order_by("pk"))
    if spec.sample_size is None or spec.sample_size >= len(questions):
        return questions
    drawn = random.Random(spec.options.seed).sample(range(len(questions)), spec.sample_size)
    return [questions[i] for i in sorted(drawn)]


def assigned_preferences(
    dataset: Dataset, questions: Sequence[Question], catalogue: Catalogue
) -> Mapping[int, Preference]:
    """The one relevant preference of each question in the catalogue; questions without one get theirs now."""
    RoundRobin(dataset, catalogue).assign([(question, "") for question in questions])
    return {
        assignment.question_id: assignment.preference
        for assignment in PreferenceAssignment.objects.filter(
            catalogue=catalogue, question__in=questions
        ).select_related("preference")
    }


def _create_items(
    run: Run,
    questions: Sequence[Question],
    relevant: Mapping[int, Preference],
    irrelevant: Sequence[Preference],
    options: RunOptions,
) -> None:
    items = Item.objects.bulk_create(
        (
            Item(
                run=run,
                question=question,
                preference=None if run.setting == Setting.IRRELEVANT else relevant[question.pk],
                position=position,
                status=ItemStatus.PENDING,
            )
            for position, question in enumerate(questions, start=1)
        ),
        batch_size=CHUNK,
    )
    if run.setting == Setting.RELEVANT:
        return
    ItemPreference.objects.bulk_create(
        (
            ItemPreference(item=item, preference=preference, position=position)
            for item, question in zip(items, questions, strict=True)
            for position, preference in enumerate(_drawn(irrelevant, question, options), start=1)
        ),
        batch_size=CHUNK,
    )


def _drawn(irrelevant: Sequence[Preference], question: Question, options: RunOptions) -> list[Preference]:
    """The irrelevant preferences told with a question: the same in every run with this seed."""
    rng = random.Random(f"{options.seed}:{question.key}")
    return rng.sample(list(irrelevant), options.irrelevant_count)
