"""The kinds of leased rows that there are. An app registers its own when the site starts (`AppConfig.ready`)."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Generic

from celery import current_app
from django.conf import settings

from core.errors import DomainError
from core.jobs.leased_job import Job, LeasedJob, LeasedRow

RUN_JOB = "core.jobs.tasks.run_job"


class Kind(ABC):
    """What the sweep visits. Kinds go by the label of their model, such as `annotations.export`."""

    model: type[LeasedRow]

    @property
    def name(self) -> str:
        return self.model._meta.label_lower

    @abstractmethod
    def sweep(self) -> None:
        """Wake workers for what a lost message or a killed worker left behind."""


class JobKind(Kind, Generic[Job]):
    """How jobs of one model are done. `core.jobs.leasing` does the rest.

    Attributes:
        lease_setting: the setting with the seconds after which a worker that is silent counts as lost.
        doing: what the worker does, to end the sentence “The worker was lost while it …”.
    """

    model: type[Job]
    lease_setting: str
    doing: str

    @property
    def lease(self) -> timedelta:
        return timedelta(seconds=getattr(settings, self.lease_setting))

    @abstractmethod
    def run(self, job: Job) -> None:
        """Do the work of a claimed job, and `finish` it. Whatever this raises becomes the job's failure."""

    def ended(self, job: Job) -> None:
        """Log and announce the end of a job, whatever it was, in the transaction that writes it."""

    def after(self, job: Job) -> None:
        """Prepare what will be read next, after the end is committed and in a worker only."""

    def refusal_columns(self, job: Job, error: DomainError) -> Mapping[str, object]:
        """What else to store of a refusal, beside its message and code."""
        return {}

    def sweep(self) -> None:
        for pk in self.model.objects.waiting().values_list("pk", flat=True):
            current_app.send_task(RUN_JOB, args=(self.name, pk), expires=settings.SWEEP_SECONDS)


_kinds: dict[str, Kind] = {}


def register(*kinds: Kind) -> None:
    """Make kinds known to workers and to the sweep."""
    _kinds.update({kind.name: kind for kind in kinds})


def registered_kinds() -> Collection[Kind]:
    return _kinds.values()


def job_kind(name: str) -> JobKind[LeasedJob]:
    """The kind of jobs with this name. Raises KeyError where there is none."""
    kind = _kinds[name]
    if not isinstance(kind, JobKind):
        raise KeyError(name)
    return kind


def kind_of(job: Job) -> JobKind[Job]:
    return job_kind(job._meta.label_lower)  # type: ignore[return-value] # registered under its own model
