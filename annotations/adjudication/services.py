"""What leads decide on single tasks: adjudications, what goes to the queue and comes back, and annotators' flags.

Nobody adjudicates a task that they have labelled: they would decide on their own label. Another lead or staff does.
"""

from django.db import transaction
from django.utils import timezone

from annotations.adjudication.selectors import REVEALED, has_labelled, has_seen_judges
from annotations.models import Adjudication, Assignment, Flag, Task
from annotations.models.task import AssignmentStatus, TaskKind, TaskState
from core.audit.writing import record
from core.errors import Conflict, DomainError, NotAllowed
from core.models import AuditEvent, User
from evaluation.models.endpoint import SCALE

TEXT_LENGTH = 10_000


@transaction.atomic
def adjudicate(*, task: Task, adjudicator: User, score: int, rationale: str, based_on: int) -> Adjudication:
    """Decide a task that waits for it, or decide it again. `based_on` is the revision that the page knew (0: none).

    Raises Conflict (code `already_adjudicated`) with what was decided where another lead was first, or where the task
    does not wait, and NotAllowed for one who has labelled the task.
    """
    rationale = _checked(rationale, "rationale", "A decision says why: write a rationale.")
    if score not in SCALE:
        raise DomainError(f"A score is {SCALE[0]} to {SCALE[-1]}.", field="score")
    task = _locked(task)
    last = task.adjudications.select_related("adjudicator").order_by("-revision").first()
    revision = last.revision if last else 0
    if last is not None and revision != based_on:
        raise Conflict(
            f"{last.adjudicator.get_username()} decided {last.score} meanwhile: “{last.rationale}”. To change that, "
            "look at it first and decide again.",
            code="already_adjudicated",
        )
    if task.state not in {TaskState.DISPUTED, TaskState.ADJUDICATED}:
        raise Conflict("This task does not wait for an adjudication.", code="not_disputed")
    if has_labelled(task, adjudicator):
        raise NotAllowed("You have labelled this task yourself, so another lead adjudicates it.")
    decision = Adjudication.objects.create(
        task=task,
        revision=revision + 1,
        adjudicator=adjudicator,
        score=score,
        rationale=rationale,
        saw_judges=has_seen_judges(task, adjudicator),
    )
    _settle_decided(task)
    record(
        "task.adjudicated",
        actor=adjudicator,
        scope=task.campaign,
        subject=task,
        revision=decision.revision,
        score=score,
        before=last.score if last else None,
        saw_judges=decision.saw_judges,
    )
    return decision


@transaction.atomic
def send_to_adjudication(*, task: Task, actor: User) -> Task:
    """Put a task on which people agree into the queue all the same; later labels do not take it out again."""
    task = _locked(task)
    if task.state != TaskState.AGREED:
        raise Conflict("Only a task that is labelled can be sent to adjudication.", code="not_agreed")
    return _send(task, "task.sent_to_adjudication", actor)


@transaction.atomic
def reopen_adjudication(*, task: Task, actor: User) -> Task:
    """Put an adjudicated task into the queue again. Its decisions stay on record; none is in force meanwhile."""
    task = _locked(task)
    if task.state != TaskState.ADJUDICATED:
        raise Conflict("Only an adjudicated task can be reopened.", code="not_adjudicated")
    return _send(task, "task.reopened", actor)


@transaction.atomic
def reveal_judges(*, task: Task, adjudicator: User) -> AuditEvent:
    """Let an adjudicator see the judges' scores on a task; what they decide on it afterwards is marked so.

    Raises NotAllowed where the campaign does not reveal them, or before the adjudicator's own decision.
    """
    if not task.campaign.reveals_judges:
        raise NotAllowed("This campaign does not show judges' scores to adjudicators.")
    task = _locked(task)
    if not task.adjudications.filter(adjudicator=adjudicator).exists():
        raise NotAllowed("The judges' scores are shown after your own decision.")
    return record(REVEALED, actor=adjudicator, scope=task.campaign, subject=task)


@transaction.atomic
def resolve_flag(*, flag: Flag, actor: User, resolution: str) -> Flag:
    """Close an annotator's flag with its resolution. Raises Conflict where another lead has."""
    resolution = _checked(resolution, "resolution", "Enter a resolution.")
    resolved = Flag.objects.filter(pk=flag.pk, resolved_at__isnull=True).update(
        resolved_at=timezone.now(), resolved_by=actor, resolution=resolution
    )
    if not resolved:
        raise Conflict("This flag is resolved already.", code="flag_resolved")
    flag.refresh_from_db()
    task = flag.assignment.task
    record("flag.resolved", actor=actor, scope=task.campaign, subject=flag, task=task.pk)
    return flag


def _locked(task: Task) -> Task:
    """The task as it is now, locked: labels, claims and decisions on it happen one after another."""
    task = (
        Task.objects.select_for_update(of=("self",), no_key=True).select_related("campaign").get(pk=task.pk)
    )
    if task.kind != TaskKind.REGULAR:
        raise Conflict("Control and qualification items have a known score.", code="not_regular")
    return task


def _settle_decided(task: Task) -> None:
    """Close the open slots. A person who has the task may still submit: the slots of live leases stay wanted."""
    assignments = Assignment.objects.filter(task=task)
    taken = assignments.voting().count() + assignments.filter(status=AssignmentStatus.LEASED).count()
    task.state, task.waits_for_lead = TaskState.ADJUDICATED, False
    task.wanted_labels, task.open_slots, task.priority = max(taken, 1), 0, 0
    task.save(update_fields=["state", "waits_for_lead", "wanted_labels", "open_slots", "priority"])


def _send(task: Task, action: str, actor: User) -> Task:
    """Into the queue, where it stays until it is decided, whatever labels come in meanwhile."""
    task.state, task.waits_for_lead = TaskState.DISPUTED, True
    task.save(update_fields=["state", "waits_for_lead"])
    record(action, actor=actor, scope=task.campaign, subject=task)
    return task


def _checked(text: str, field: str, needed: str) -> str:
    text = text.strip()
    if not text:
        raise DomainError(needed, field=field)
    if len(text) > TEXT_LENGTH or "\0" in text:
        raise DomainError(f"This is plain text of at most {TEXT_LENGTH:,} characters.", field=field)
    return text
