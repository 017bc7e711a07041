"""Judges: those that are made, and the judge and rubric that every installation has."""

from django.db import transaction

from core.audit.writing import record
from core.errors import Conflict, DomainError
from core.models import User
from core.names import check_name
from evaluation.llm import heuristic
from evaluation.models import Endpoint, Judge, Rubric
from evaluation.models.endpoint import DEFAULT_THRESHOLD, SCALE, Provider
from evaluation.stages.judge import MAX_TOKENS

HEURISTIC_JUDGE = "heuristic (floor)"

PREFERENCE_FOLLOWING = (
    "How far does the personalised response follow the preference, compared with the baseline response? "
    "Rate only that, whatever the answer's correctness: a wrong answer may follow the preference perfectly."
)
ANCHORS = [
    "Ignores the preference, or does the opposite",
    "A token gesture towards it",
    "Follows it in part",
    "Follows it well, with a lapse",
    "Follows it fully",
]


def default_rubric() -> Rubric:
    """The rubric of preference following, made at the first call."""
    rubric, _ = Rubric.objects.get_or_create(
        name="Preference following",
        version=1,
        defaults={"instructions": PREFERENCE_FOLLOWING, "anchors": ANCHORS},
    )
    return rubric


def heuristic_judge() -> Judge:
    """The judge that needs no key, made at the first call: a floor to compare LLM judges with."""
    endpoint, _ = Endpoint.objects.get_or_create(
        name=heuristic.MODEL, defaults={"provider": Provider.HEURISTIC, "model": heuristic.MODEL}
    )
    judge, _ = Judge.objects.get_or_create(
        name=HEURISTIC_JUDGE, defaults={"endpoint": endpoint, "rubric": default_rubric()}
    )
    return judge


MAX_NAME = 200
MAX_REPLICATES = 20


@transaction.atomic
def create_judge(
    *,
    name: str,
    endpoint: Endpoint,
    rubric: Rubric,
    threshold: int = DEFAULT_THRESHOLD,
    replicates: int = 1,
    temperature: float | None = None,
    max_tokens: int = MAX_TOKENS,
    actor: User | None,
) -> Judge:
    """Make a judge, which never changes afterwards: its judgments are by what it was. Raises DomainError, with the
    field at fault; Conflict where the name is taken.

    `temperature` None: 0 for the first rating, 1 for further ones, which would say the same again otherwise.
    """
    name = " ".join(name.split())
    if not 1 <= len(name) <= MAX_NAME or "\0" in name:
        raise DomainError(f"A judge's name has 1 to {MAX_NAME} characters.", field="name")
    check_name(name)
    if endpoint.provider == Provider.RECORDED:
        raise DomainError(f"{endpoint} is a record of replies; it cannot judge anything.", field="endpoint")
    if not SCALE[0] <= threshold <= SCALE[-1]:
        raise DomainError(f"The threshold is a score from {SCALE[0]} to {SCALE[-1]}.", field="threshold")
    if not 1 <= replicates <= MAX_REPLICATES:
        raise DomainError(f"A judge rates 1 to {MAX_REPLICATES} times.", field="replicates")
    if temperature is not None and not 0 <= temperature <= 2:
        raise DomainError("A temperature is from 0 to 2.", field="temperature")
    if not 1 <= max_tokens <= 100_000:
        raise DomainError("A reply has 1 to 100,000 tokens.", field="max_tokens")
    judge, is_new = Judge.objects.get_or_create(
        name=name,
        defaults={
            "endpoint": endpoint,
            "rubric": rubric,
            "threshold": threshold,
            "replicates": replicates,
            "temperature": temperature,
            "max_tokens": max_tokens,
        },
    )
    if not is_new:
        raise Conflict(f"There is a judge named “{name}” already.", code="name_taken", field="name")
    record(
        "judge.created",
        actor=actor,
        subject=judge,
        name=name,
        endpoint=endpoint.name,
        rubric=str(rubric),
        threshold=threshold,
        replicates=replicates,
    )
    return judge
