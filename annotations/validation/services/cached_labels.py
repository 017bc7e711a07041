"""The summary of a question with any of k labels, soon enough for a page: a worker computes that of a large one."""

from pydantic import TypeAdapter

from annotations.models import Criterion, ImportedRating
from annotations.validation.selectors.label_question import label_question, label_question_stamp, labels_of
from core.cache.figures import CachedFigures, cached_figures, refresh_figures
from perg.stats.report.label_sets import LabelSets

KEEP = "annotations.validation.tasks.keep_label_question"
FORM: TypeAdapter[LabelSets | None] = TypeAdapter(LabelSets | None)
LIVE_RATINGS = 5_000
"""Up to this many ratings of all labels, the summary is computed for each page."""


def label_question_shown(criterion: Criterion) -> CachedFigures[LabelSets | None] | None:
    """The summary of the question that the criterion is a label of; None: of none, or of one label."""
    labels = labels_of(criterion)
    if len(labels) < 2:
        return None
    if ImportedRating.objects.filter(criterion__in=labels).count() <= LIVE_RATINGS:
        return CachedFigures.just_now(label_question(labels))
    return cached_figures(
        _name(labels[0]),
        form=FORM,
        stamp=label_question_stamp(labels),
        task=KEEP,
        keys=(labels[0].pk,),
        compute=lambda: label_question(labels),
    )


def keep_label_question(*, criterion: Criterion) -> None:
    """Compute the summary and keep it, unless the one that is kept is current."""
    labels = labels_of(criterion)
    if len(labels) > 1:
        refresh_figures(
            _name(labels[0]),
            form=FORM,
            stamp=lambda: label_question_stamp(labels),
            compute=lambda: label_question(labels),
        )


def _name(label: Criterion) -> str:
    return f"label-question/{label.pk}"
