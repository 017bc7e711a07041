"""Rubrics: made, and revised into the next version. A version never changes: judgments and labels were made by it."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Max

from core.audit.writing import record
from core.errors import Conflict, DomainError
from core.models import User
from core.names import check_name
from evaluation.models import Rubric
from evaluation.models.endpoint import SCALE

MAX_NAME = 200
MAX_ANCHOR = 300
MAX_INSTRUCTIONS = 20_000


@transaction.atomic
def create_rubric(*, name: str, instructions: str, anchors: Sequence[str], actor: User | None) -> Rubric:
    """The first version of a rubric. Raises DomainError, with the field at fault; Conflict where the name is taken."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= MAX_NAME:
        raise DomainError(f"A rubric's name has 1 to {MAX_NAME} characters.", field="name")
    check_name(name)
    instructions, anchors = _checked(instructions, anchors)
    rubric, is_new = Rubric.objects.get_or_create(
        name=name, version=1, defaults={"instructions": instructions, "anchors": anchors}
    )
    if not is_new:
        raise Conflict(
            f"There is a rubric named “{name}” already; edit that.", code="name_taken", field="name"
        )
    record("rubric.created", actor=actor, subject=rubric, name=name)
    return rubric


@transaction.atomic
def revise_rubric(*, rubric: Rubric, instructions: str, anchors: Sequence[str], actor: User | None) -> Rubric:
    """The next version of the rubric, by these words; the others stay as they are.

    Raises DomainError, with the field at fault; Conflict where the words are those of a version that there is.
    """
    instructions, anchors = _checked(instructions, anchors)
    # One after the other: two people who revise at once get a version each.
    versions = list(Rubric.objects.select_for_update(no_key=True).filter(name=rubric.name).order_by("pk"))
    same = next((old for old in versions if (old.instructions, old.anchors) == (instructions, anchors)), None)
    if same is not None:
        raise Conflict(f"{same} says exactly this already.", code="unchanged", field="instructions")
    last = Rubric.objects.filter(name=rubric.name).aggregate(last=Max("version"))["last"]
    revised = Rubric.objects.create(
        name=rubric.name, version=last + 1, instructions=instructions, anchors=anchors
    )
    record(
        "rubric.revised",
        actor=actor,
        subject=revised,
        name=rubric.name,
        version=revised.version,
        edited_version=rubric.version,
    )
    return revised


def _checked(instructions: str, anchors: Sequence[str]) -> tuple[str, list[str]]:
    instructions = instructions.replace("\r\n", "\n").strip()
    if not 1 <= len(instructions) <= MAX_INSTRUCTIONS or "\0" in instructions:
        raise DomainError(f"Instructions have 1 to {MAX_INSTRUCTIONS:,} characters.", field="instructions")
    lines = [" ".join(anchor.split()) for anchor in anchors]
    if len(lines) != len(SCALE):
        raise DomainError(f"A rubric has one anchor for each score from 1 to {SCALE[-1]}.", field="anchors")
    for score, line in zip(SCALE, lines, strict=True):
        if not 1 <= len(line) <= MAX_ANCHOR or "\0" in line:
            raise DomainError(f"The anchor of {score} has 1 to {MAX_ANCHOR} characters.", field="anchors")
    return instructions, lines
