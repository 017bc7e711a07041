"""Judges that are made."""

from dataclasses import dataclass, fields, replace

from django.db import transaction

from core.audit.writing import record
from core.errors import Conflict, DomainError
from core.models import User
from core.names import check_name
from evaluation.models import Endpoint, Judge, Rubric
from evaluation.models.endpoint import DEFAULT_THRESHOLD, SCALE, Provider
from evaluation.stages.judge import MAX_TOKENS

MAX_NAME = 200
MAX_REPLICATES = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgeSpec:
    """A judge to make; names are those of the model's fields. `temperature` None: 0 for the first rating, 1 for further
    ones, which would say the same again otherwise.
    """

    name: str
    endpoint: Endpoint
    rubric: Rubric
    threshold: int = DEFAULT_THRESHOLD
    replicates: int = 1
    temperature: float | None = None
    max_tokens: int = MAX_TOKENS


@transaction.atomic
def create_judge(*, spec: JudgeSpec, actor: User | None) -> Judge:
    """Make a judge, which never changes afterwards: its judgments are by what it was. Raises DomainError, with the
    field at fault; Conflict where the name is taken.
    """
    spec = replace(spec, name=" ".join(spec.name.split()))
    _check(spec)
    defaults = {field.name: getattr(spec, field.name) for field in fields(spec)}
    judge, is_new = Judge.objects.get_or_create(name=spec.name, defaults=defaults)
    if not is_new:
        raise Conflict(f"There is a judge named “{spec.name}” already.", code="name_taken", field="name")
    record(
        "judge.created",
        actor=actor,
        subject=judge,
        name=spec.name,
        endpoint=spec.endpoint.name,
        rubric=str(spec.rubric),
        threshold=spec.threshold,
        replicates=spec.replicates,
    )
    return judge


def _check(spec: JudgeSpec) -> None:
    if not 1 <= len(spec.name) <= MAX_NAME or "\0" in spec.name:
        raise DomainError(f"A judge's name has 1 to {MAX_NAME} characters.", field="name")
    check_name(spec.name)
    if spec.endpoint.provider == Provider.RECORDED:
        raise DomainError(
            f"{spec.endpoint} is a record of replies; it cannot judge anything.", field="endpoint"
        )
    if not SCALE[0] <= spec.threshold <= SCALE[-1]:
        raise DomainError(f"The threshold is a score from {SCALE[0]} to {SCALE[-1]}.", field="threshold")
    if not 1 <= spec.replicates <= MAX_REPLICATES:
        raise DomainError(f"A judge rates 1 to {MAX_REPLICATES} times.", field="replicates")
    if spec.temperature is not None and not 0 <= spec.temperature <= 2:
        raise DomainError("A temperature is from 0 to 2.", field="temperature")
    if not 1 <= spec.max_tokens <= 100_000:
        raise DomainError("A reply has 1 to 100,000 tokens.", field="max_tokens")
