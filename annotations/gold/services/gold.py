"""Releasing gold: an immutable snapshot of what the labels say, with every rater's score."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from django.db import connection, transaction
from django.db.models import Max
from pydantic import PlainSerializer, PlainValidator

from annotations.gold.selectors.gold import ReportFigures, report_figures
from annotations.gold.selectors.votes import RaterLabels, rater_labels
from annotations.gold.services.records import canonical_text, gold_records
from annotations.models import Campaign, GoldRelease
from annotations.quality.selectors.doubtful_raters import DoubtfulRater, doubtful_raters
from annotations.signals import gold_released
from core.audit.writing import record as audit
from core.errors import Conflict, DomainError
from core.models import User
from perg import __version__
from perg.stats.base.result import dump
from perg.stats.gold.gold_criteria import GoldCriteria, looser_choices
from perg.stats.gold.gold_selection import GoldSelection, Ints, SelectionCounts, TooManyRatings, select_gold

# As JSON it is a list.
TaskKeys = Annotated[
    Ints,
    PlainValidator(lambda keys: np.asarray(keys, dtype=np.int64)),
    PlainSerializer(lambda keys: keys.tolist(), return_type=list[int]),
]
NO_KEYS: Ints = np.empty(0, dtype=np.int64)

NEXT_KEY = "SELECT nextval(pg_get_serial_sequence('annotations_goldrelease', 'id'))"
COPY = "COPY annotations_goldlabel (release_id, task_id, status, followed, score, record) FROM STDIN"

Progress = Callable[[int, int], None]
"""Told how many gold labels are written so far, and how many there will be."""


@dataclass(frozen=True, slots=True, eq=False)
class GoldPreview:
    """What a release by these criteria would be, were it made now.

    `fingerprint` is for `release_gold`: with it, the release is only made if it would be what was seen. `left_out` are
    the keys of the tasks that would not go in, ascending, by reason. `looser` says what the criteria take in that the
    defaults leave out; `raters` are those whose labels somebody should look at first.
    """

    criteria: GoldCriteria
    counts: SelectionCounts
    left_out: dict[str, TaskKeys]
    fingerprint: str
    looser: list[str]
    raters: list[DoubtfulRater]

    def left_out_for(self, reason: str) -> Ints:
        """Keys of the tasks that would not go in for this reason."""
        return self.left_out.get(reason, NO_KEYS)


def preview_gold(*, campaign: Campaign, criteria: GoldCriteria | None = None) -> GoldPreview:
    """What would go into a release, as what, and what would not and why. Nothing is written.

    Raises Conflict where nothing is labelled yet, DomainError where the rule cannot be fitted.
    """
    labels, selection = _selected(campaign, criteria)
    counts = selection.counts()
    return GoldPreview(
        criteria=selection.criteria,
        counts=counts,
        left_out={reason: selection.left_out_for(reason) for reason in counts.left_out},
        fingerprint=selection.fingerprint(),
        looser=looser_choices(selection.criteria, overlap=campaign.overlap),
        raters=doubtful_raters(campaign, _labels_by_user(labels, selection)),
    )


@transaction.atomic
def release_gold(
    *,
    campaign: Campaign,
    criteria: GoldCriteria | None = None,
    created_by: User | None = None,
    seen: str = "",
    progress: Progress = lambda written, tasks: None,
) -> GoldRelease:
    """A numbered release of the campaign's gold, as the labels are now.

    Without criteria those of `GoldCriteria()` hold: decided tasks go in, on as many labels as the campaign wants of
    each; the adjudicator's decision is the gold of an adjudicated one, elsewhere it is the majority of the votes.
    Labels without a vote, surplus or set aside, are exported beside the others. Raises Conflict where nothing is
    labelled yet, where no task clears the bars, and where `seen`, a preview's fingerprint, is no longer what would be
    released.
    """
    labels, selection = _selected(campaign, criteria)
    counts = selection.counts()
    if seen and seen != selection.fingerprint():
        raise Conflict(
            "Labels or decisions have changed since the preview: look again at what would be released.",
            code="preview_outdated",
        )
    if not counts.included:
        raise Conflict("No task clears these bars, so the release would be empty.", code="nothing_selected")
    key = _next_key()
    checksum = _write_labels(key, campaign, labels, selection, progress)
    figures = report_figures(campaign)
    # Only now, as a large release takes a while: the number is the next one. A lock that lets others refer to the
    # campaign, since every label that comes in meanwhile writes to the log.
    Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    last = campaign.gold_releases.aggregate(last=Max("number"))["last"] or 0
    release = GoldRelease.objects.create(
        pk=key,
        campaign=campaign,
        number=last + 1,
        rule=selection.criteria.rule,
        threshold=campaign.threshold,
        criteria=selection.criteria.model_dump(mode="json"),
        counts=dump(counts),
        notes=_notes(campaign, labels, selection),
        report_id=_report_of(figures),
        report_figures=figures,
        checksum=checksum,
        code_version=__version__,
        created_by=created_by,
    )
    audit(
        "gold.released",
        actor=created_by,
        scope=campaign,
        subject=release,
        number=release.number,
        tasks=counts.included,
        left_out=counts.tasks - counts.included,
        criteria=release.criteria,
        checksum=release.checksum,
    )
    gold_released.send(GoldRelease, release=release)
    return release


def _selected(campaign: Campaign, criteria: GoldCriteria | None) -> tuple[RaterLabels, GoldSelection]:
    criteria = (criteria or GoldCriteria()).for_overlap(campaign.overlap)
    labels = rater_labels(campaign)
    votes = labels.votes(include_surplus=criteria.include_surplus)
    if not votes.unit.size and not (labels.decision > 0).any():
        raise Conflict("Nothing is labelled yet, so there is no gold to release.", code="nothing_labelled")
    try:
        return labels, select_gold(votes, criteria, threshold=campaign.threshold)
    except TooManyRatings as error:
        raise DomainError(
            f"This rule cannot be used here: {error}.", code="too_many_ratings", field="rule"
        ) from error


def _labels_by_user(labels: RaterLabels, selection: GoldSelection) -> dict[int, int]:
    """How many votes of each person are on tasks that go in, by the key of their user."""
    votes = labels.votes(include_surplus=selection.criteria.include_surplus)
    users, counts = np.unique(votes.rater[selection.goes_in[votes.unit]], return_counts=True)
    return dict(zip(users.tolist(), counts.tolist(), strict=True))


def _notes(campaign: Campaign, labels: RaterLabels, selection: GoldSelection) -> dict[str, object]:
    """What users of a release should know, as it is kept with it."""
    raters = doubtful_raters(campaign, _labels_by_user(labels, selection))
    return {
        "overlap": campaign.overlap,
        "looser": looser_choices(selection.criteria, overlap=campaign.overlap),
        "raters": [dump(rater) for rater in raters],
    }


def _write_labels(
    key: int, campaign: Campaign, labels: RaterLabels, selection: GoldSelection, progress: Progress
) -> str:
    """Write the gold labels of release `key`; the SHA-256 of their JSONL export.

    They come before the release, whose checksum they make and which cannot be changed once it is there: the database
    checks the reference at the end of the transaction. What is hashed is what is written, and what an export gives:
    a record as JSON text is the same after PostgreSQL has stored it.
    """
    digest = hashlib.sha256()
    written, tasks = 0, int(selection.goes_in.sum())
    for records in gold_records(campaign, labels, selection):
        with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(COPY) as copy:
            for record in records:
                text = canonical_text(record)
                digest.update(text.encode())
                digest.update(b"\n")
                row = (key, record["task"], record["status"], record["followed"], record["score"], text)
                copy.write_row(row)
        written += len(records)
        progress(written, tasks)
    return digest.hexdigest()


def _next_key() -> int:
    with connection.cursor() as cursor:
        cursor.execute(NEXT_KEY)
        return int(cursor.fetchone()[0])


def _report_of(figures: ReportFigures) -> int | None:
    return figures["report"]
