"""Rows that a worker leases while it works on them, and the job, which is one of them.

`attempts` is the number of the claim: it grows with every claim and is never reset. A worker that comes back after its
lease has run out finds another number there and writes nothing. So a row may be queued twice, claimed by two workers
or lose its worker to a kill, and is finished once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from core.db.constraints import check, known, unique

BROKEN_OFF, WORKER_LOST = "broken_off", "worker_lost"
"""Failure codes of what the platform, not the person, has to mend: trying again may help."""


@dataclass(frozen=True, slots=True)
class States:
    """The names that a model has for the states of a leased row, as they are stored.

    `refused` is the state of a job that a DomainError ended, where that is not `failed`. A finished row may go on to
    states of the model's own: the file of an export expires.
    """

    queued: str
    running: str
    done: str
    failed: str
    refused: str = ""

    @property
    def unfinished(self) -> list[str]:
        return [self.queued, self.running]

    @property
    def without_result(self) -> list[str]:
        return [self.refused, self.failed] if self.refused else [self.failed]


class LeasedRow(models.Model):
    """A row that one worker at a time works on. A subclass narrows `status` to its choices and names its `STATES`."""

    STATES: ClassVar[States]

    status = models.CharField(max_length=9)
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def is_unfinished(self) -> bool:
        """Whether the outcome is still to come."""
        return self.status in self.STATES.unfinished


Job = TypeVar("Job", bound="LeasedJob")


class LeasedJobQuerySet(models.QuerySet[Job]):
    def unfinished(self) -> "LeasedJobQuerySet[Job]":
        """Jobs whose outcome is still to come."""
        return self.filter(status__in=self.model.STATES.unfinished)

    def waiting(self) -> "LeasedJobQuerySet[Job]":
        """Jobs that wait for a worker, or whose worker has been silent for longer than its lease, oldest first."""
        states = self.model.STATES
        lost = Q(status=states.running, leased_until__lt=timezone.now())
        return self.filter(Q(status=states.queued) | lost).order_by("pk")


class LeasedJob(LeasedRow):
    """Work that a person requested and a worker does. `core.jobs.leasing` changes its state."""

    PROGRESS: ClassVar[Mapping[str, object]] = {}
    """The columns that say how far the work is, with their values when a worker begins."""

    lost_workers = models.PositiveSmallIntegerField(
        default=0, help_text="Workers lost since it was queued, by a request or a retry."
    )
    failure = models.TextField(blank=True)
    failure_code = models.CharField(max_length=60, blank=True, help_text="The same for programs.")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="%(class)ss"
    )

    objects = LeasedJobQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def may_be_retried(self) -> bool:
        """Whether it failed through no fault of its input."""
        return self.status == self.STATES.failed and self.failure_code in (BROKEN_OFF, WORKER_LOST)


def lease_constraints(states: States, choices: type[models.TextChoices]) -> list[models.BaseConstraint]:
    """What holds for every leased row; for the Meta of its model."""
    is_running, is_unfinished = Q(status=states.running), Q(status__in=states.unfinished)
    return [
        known("%(class)s_status_known", status=choices),
        check(
            "%(class)s_running_iff_leased",
            "A lease runs exactly while a worker is at it.",
            (is_running & Q(leased_until__isnull=False)) | (~is_running & Q(leased_until__isnull=True)),
        ),
        check(
            "%(class)s_finished_has_time",
            "There is an end exactly when it is finished.",
            (is_unfinished & Q(finished_at__isnull=True)) | (~is_unfinished & Q(finished_at__isnull=False)),
        ),
    ]


def job_constraints(states: States, choices: type[models.TextChoices]) -> list[models.BaseConstraint]:
    """What holds for every job; for the Meta of its model."""
    has_failed = Q(status__in=states.without_result)
    return [
        *lease_constraints(states, choices),
        check(
            "%(class)s_failed_iff_reason",
            "It says why exactly when it failed.",
            (has_failed & ~Q(failure="") & ~Q(failure_code=""))
            | (~has_failed & Q(failure="", failure_code="")),
        ),
    ]


def one_at_a_time(states: States, *fields: str) -> models.UniqueConstraint:
    """At most one unfinished job for each value of the fields, an empty one included."""
    return unique(
        "%(class)s_one_at_a_time",
        "Another one is not finished yet.",
        *fields,
        condition=Q(status__in=states.unfinished),
        nulls_distinct=False,
    )


def unfinished_index(states: States) -> models.Index:
    """What the sweep reads."""
    return models.Index(
        fields=["leased_until"], name="%(class)s_unfinished", condition=Q(status__in=states.unfinished)
    )
