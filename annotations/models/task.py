"""A task is one response to be labelled in one campaign; an assignment is one person's place on it."""

from django.db import models
from django.db.models import F, Q

from annotations.models.campaign import Campaign, Member
from evaluation.models import Response


class Task(models.Model):
    """One response in one campaign.

    `open_slots` = wanted labels − labels − live leases. It is kept by the transaction that claims or frees, and is
    what the partial index serves: a claim never looks at a task that has no slot left.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="tasks")
    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="tasks")
    order_key = models.BigIntegerField(help_text="Random but stable order.")
    wanted_labels = models.PositiveSmallIntegerField()
    open_slots = models.PositiveSmallIntegerField()
    stratum = models.CharField(max_length=300, blank=True)
    inclusion_probability = models.FloatField(
        help_text="Chance that the sampling had of drawing this response."
    )

    class Meta:
        ordering = ["order_key", "pk"]
        indexes = [
            models.Index(
                fields=["campaign", "order_key", "id"], name="task_open_index", condition=Q(open_slots__gt=0)
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "response"],
                name="task_response_once_in_campaign",
                violation_error_message="The campaign has this response already.",
            ),
            models.CheckConstraint(
                condition=Q(wanted_labels__gte=1),
                name="task_wants_a_label",
                violation_error_message="A task wants at least one label.",
            ),
            models.CheckConstraint(
                condition=Q(open_slots__gte=0, open_slots__lte=F("wanted_labels")),
                name="task_open_slots_in_range",
                violation_error_message="A task never has more people on it than labels wanted.",
            ),
            models.CheckConstraint(
                condition=Q(inclusion_probability__gt=0, inclusion_probability__lte=1),
                name="task_inclusion_probability_in_range",
                violation_error_message="An inclusion probability is above 0 and at most 1.",
            ),
        ]

    def __str__(self) -> str:
        return f"task {self.pk}"


class AssignmentStatus(models.TextChoices):
    LEASED = "leased", "Being labelled"
    RELEASED = "released", "Given back"
    SUBMITTED = "submitted", "Labelled"


class Assignment(models.Model):
    """A person's place on a task, leased for a while. One per person and task, for ever."""

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
    created_at = models.DateTimeField(auto_now_add=True)
    submitted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(
                fields=["leased_until"],
                name="assignment_lease_index",
                condition=Q(status=AssignmentStatus.LEASED),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["task", "member"],
                name="assignment_once_per_person",
                violation_error_message="This person has had this task already.",
            ),
            models.CheckConstraint(
                condition=Q(status__in=AssignmentStatus.values),
                name="assignment_status_known",
                violation_error_message="The status is one of the known ones.",
            ),
            models.CheckConstraint(
                condition=Q(status=AssignmentStatus.LEASED, leased_until__isnull=False)
                | (~Q(status=AssignmentStatus.LEASED) & Q(leased_until__isnull=True)),
                name="assignment_leased_iff_deadline",
                violation_error_message="An assignment has a deadline exactly while it is leased.",
            ),
            models.CheckConstraint(
                condition=Q(status=AssignmentStatus.SUBMITTED, submitted_at__isnull=False)
                | (~Q(status=AssignmentStatus.SUBMITTED) & Q(submitted_at__isnull=True, is_surplus=False)),
                name="assignment_submitted_has_time",
                violation_error_message="An assignment has a submission time exactly when it is submitted.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} on {self.task_id} ({self.status})"
