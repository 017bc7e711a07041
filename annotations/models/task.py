"""A task is one response or imported item to be labelled in one campaign; an assignment is one person's place on it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Random
from django.db.models.lookups import LessThan

from annotations.models.campaign import Campaign, Member
from annotations.models.imported import ImportedItem
from core.db.constraints import check, filled_exactly_when, known, unique, within
from evaluation.models import Response
from evaluation.models.endpoint import ENDS, SCALE


class TaskKind(models.TextChoices):
    """What a task is for. A control or qualification item that proved bad is withdrawn: kept, and used no more."""

    REGULAR = "regular", "Regular"
    CONTROL = "control", "Control item"
    QUALIFICATION = "qualification", "Qualification item"
    WITHDRAWN = "withdrawn", "Withdrawn item"


class TaskState(models.TextChoices):
    """How far the labels of a regular task are. Control and qualification items stay open."""

    OPEN = "open", "Labels wanted"
    AGREED = "agreed", "Labelled"
    DISPUTED = "disputed", "Waiting for adjudication"
    ADJUDICATED = "adjudicated", "Adjudicated"


class Task(models.Model):
    """One response in one campaign, or one imported item.

    `open_slots` = wanted labels − votes − live leases, where a vote is a label that is neither surplus nor set aside.
    It is kept by the transaction that claims or frees, and is what the partial index serves: a claim never looks at a
    task that has no slot left. Control and qualification items have no slots: everybody gets each of them once.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="tasks")
    # Typed as if it were always there: what is for campaigns on runs alone reads it, and has no other tasks.
    response: models.ForeignKey[Response | Combinable, Response] = models.ForeignKey(  # type: ignore[misc]
        Response, on_delete=models.PROTECT, null=True, blank=True, related_name="tasks"
    )
    imported_item = models.ForeignKey(
        ImportedItem,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="tasks",
        db_index=False,  # the unique constraint's index begins with it
    )
    kind = models.CharField(max_length=13, choices=TaskKind.choices, default=TaskKind.REGULAR)
    state = models.CharField(max_length=11, choices=TaskState.choices, default=TaskState.OPEN)
    order_key = models.BigIntegerField(help_text="Random but stable order.")
    priority = models.SmallIntegerField(
        default=0,
        help_text="Higher first: what was given back, or wants one more label, does not wait for the rest.",
    )
    wanted_labels = models.PositiveSmallIntegerField()
    open_slots = models.PositiveSmallIntegerField()
    score_range = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Highest less lowest score of the votes; empty with fewer than two."
    )
    waits_for_lead = models.BooleanField(
        default=False,
        db_default=False,
        help_text="A lead has sent it to adjudication, or reopened it: whatever its votes, it waits for a decision.",
    )
    stratum = models.CharField(max_length=300, blank=True)
    inclusion_probability = models.FloatField(
        help_text="Chance that the sampling had of drawing this response or item."
    )

    class Meta:
        ordering = ["order_key", "pk"]
        indexes = [
            models.Index(
                "campaign",
                F("priority").desc(),
                "order_key",
                "id",
                name="task_open_index",
                condition=Q(open_slots__gt=0),
            ),
            models.Index(
                "campaign",
                F("score_range").desc(),
                "order_key",
                name="task_disputed_index",
                condition=Q(state=TaskState.DISPUTED),
            ),
            models.Index(
                fields=["campaign", "kind", "order_key"],
                name="task_control_index",
                condition=~Q(kind=TaskKind.REGULAR),
            ),
            models.Index(fields=["campaign", "state"], name="task_state_index"),
        ]
        constraints = [
            unique(
                "task_response_once_in_campaign",
                "The campaign has this response already.",
                "campaign",
                "response",
            ),
            unique(
                "task_item_once_in_campaign",
                "The campaign labels this item already.",
                "imported_item",
                "campaign",
            ),
            check(
                "task_on_response_or_item",
                "A task is on a response or on an imported item.",
                Q(response__isnull=False, imported_item__isnull=True)
                | Q(response__isnull=True, imported_item__isnull=False),
            ),
            check(
                "task_wants_a_label",
                "A regular task wants at least one label, no other task wants any.",
                Q(kind=TaskKind.REGULAR, wanted_labels__gte=1)
                | (~Q(kind=TaskKind.REGULAR) & Q(wanted_labels=0)),
            ),
            known(
                "task_kind_and_state_known",
                "Kind and state are of the known ones.",
                kind=TaskKind,
                state=TaskState,
            ),
            check(
                "task_only_regular_is_settled",
                "Only a regular task is settled by its labels.",
                Q(kind=TaskKind.REGULAR) | Q(state=TaskState.OPEN),
            ),
            check(
                "task_waiting_for_lead_is_disputed",
                "What a lead has sent to adjudication waits there until it is decided.",
                Q(waits_for_lead=False) | Q(state=TaskState.DISPUTED),
            ),
            check(
                "task_open_slots_in_range",
                "A task never has more people on it than labels wanted.",
                Q(open_slots__gte=0, open_slots__lte=F("wanted_labels")),
            ),
            check(
                "task_inclusion_probability_in_range",
                "An inclusion probability is above 0 and at most 1.",
                Q(inclusion_probability__gt=0, inclusion_probability__lte=1),
            ),
        ]

    def __str__(self) -> str:
        return f"task {self.pk}"

    @property
    def beginning(self) -> str:
        """What people know the task by: the question, or the first words of the item."""
        return self.imported_item.first_words if self.imported_item else self.response.item.question.text


class KnownScore(models.Model):
    """What a control or qualification item should be given: `score`, give or take `tolerance`."""

    task = models.OneToOneField(Task, on_delete=models.CASCADE, related_name="known_score")
    score = models.PositiveSmallIntegerField()
    tolerance = models.PositiveSmallIntegerField(default=0)
    explanation = models.TextField(
        blank=True, help_text="Shown once a qualification item can no longer be asked."
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            within("known_score_on_scale", "A score is 1 to 5.", score=ENDS),
            check(
                "known_score_tolerance_in_range",
                "A tolerance is at most the length of the scale.",
                Q(tolerance__lte=SCALE[-1] - SCALE[0]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.score} ± {self.tolerance} for task {self.task_id}"

    def accepts(self, score: int) -> bool:
        return abs(score - self.score) <= self.tolerance


class AssignmentStatus(models.TextChoices):
    LEASED = "leased", "Being labelled"
    RELEASED = "released", "Given back"
    SUBMITTED = "submitted", "Labelled"
    SKIPPED = "skipped", "Skipped"


class SkipReason(models.TextChoices):
    UNCLEAR = "unclear", "The question or the preference is unclear"
    CANNOT_JUDGE = "cannot_judge", "I cannot judge this"
    BROKEN = "broken", "Something is shown wrongly"
    CONFLICT = "conflict", "I should not rate this one"
    OTHER = "other", "Another reason"


def is_vote(assignment: str = "") -> Q:
    """Labelled, neither surplus nor set aside, on a regular task; `assignment` is the path to it, such as `label__`."""
    return Q(
        **{
            f"{assignment}status": AssignmentStatus.SUBMITTED,
            f"{assignment}is_surplus": False,
            f"{assignment}is_set_aside": False,
            f"{assignment}task__kind": TaskKind.REGULAR,
        }
    )


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    """Assignments by what they count for."""

    def voting(self) -> AssignmentQuerySet:
        """Those that are votes: what agreement and gold are made of."""
        return self.filter(is_vote())

    def regular_in(self, campaign: Campaign) -> AssignmentQuerySet:
        """Those on the campaign's sample. By its members, and less its few other tasks: nothing is joined with all of
        the tasks.
        """
        others = Task.objects.filter(~Q(kind=TaskKind.REGULAR), campaign=campaign).values("pk")
        return self.filter(~Q(task__in=others), member__campaign=campaign)


class Assignment(models.Model):
    """A person's place on a task, leased for a while. One per person and task, permanently.

    A skipped task is not offered to this person again, but may be labelled later all the same, from the history.
    """

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="assignments")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="assignments")
    status = models.CharField(
        max_length=10, choices=AssignmentStatus.choices, default=AssignmentStatus.LEASED
    )
    leased_until = models.DateTimeField(null=True, blank=True)
    is_surplus = models.BooleanField(
        default=False,
        help_text="Submitted after the lease had run out and the slot had gone to somebody else.",
    )
    is_set_aside = models.BooleanField(
        default=False, help_text="Kept without a vote: the person's labels were set aside."
    )
    skip_reason = models.CharField(max_length=12, choices=SkipReason.choices, blank=True)
    skip_note = models.TextField(blank=True)
    is_swapped = models.BooleanField(
        db_default=LessThan(Random(), Value(0.5)),
        help_text="Of an item with two outputs, the second is shown first. Drawn when the task is handed out.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    submitted_at = models.DateTimeField(null=True, blank=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(
                fields=["leased_until"],
                name="assignment_lease_index",
                condition=Q(status=AssignmentStatus.LEASED),
            ),
            models.Index(
                fields=["member"],
                name="assignment_in_hand_index",
                condition=Q(status=AssignmentStatus.LEASED),
            ),
            models.Index(fields=["member", "submitted_at"], name="assignment_history_index"),
            models.Index(fields=["member", "id"], name="assignment_order_index"),
        ]
        constraints = [
            unique("assignment_once_per_person", "This person has had this task already.", "task", "member"),
            known("assignment_status_known", status=AssignmentStatus),
            filled_exactly_when(
                "assignment_leased_iff_deadline",
                "An assignment has a deadline exactly while it is leased.",
                "leased_until",
                status=AssignmentStatus.LEASED,
            ),
            check(
                "assignment_submitted_has_time",
                "An assignment has a submission time exactly when it is submitted.",
                Q(status=AssignmentStatus.SUBMITTED, submitted_at__isnull=False)
                | (
                    ~Q(status=AssignmentStatus.SUBMITTED)
                    & Q(submitted_at__isnull=True, is_surplus=False, is_set_aside=False)
                ),
            ),
            check(
                "assignment_skipped_has_reason",
                "An assignment has a reason exactly when it is skipped.",
                Q(status=AssignmentStatus.SKIPPED, skip_reason__in=SkipReason.values)
                | (~Q(status=AssignmentStatus.SKIPPED) & Q(skip_reason="", skip_note="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} on {self.task_id} ({self.status})"


class FlagReason(models.TextChoices):
    HARMFUL = "harmful", "Harmful or offensive"
    PERSONAL = "personal", "Personal data"
    WRONG_KEY = "wrong_key", "The question or its gold answer is wrong"
    RUBRIC = "rubric", "The rubric does not fit"
    OTHER = "other", "Something else"


class Flag(models.Model):
    """An annotator's word to the leads on a task; it stands beside the label, and a lead resolves it."""

    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="flags")
    reason = models.CharField(max_length=10, choices=FlagReason.choices)
    note = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    resolution = models.TextField(blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            known("flag_reason_known", reason=FlagReason),
            check(
                "flag_resolved_has_person",
                "A resolved flag says who resolved it.",
                Q(resolved_at__isnull=True, resolved_by__isnull=True, resolution="")
                | Q(resolved_at__isnull=False, resolved_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason} on {self.assignment_id}"
