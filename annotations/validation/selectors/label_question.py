"""A question with any of k labels as a whole: the criteria of its labels, which have a report each, together."""

import hashlib
from collections.abc import Sequence

from annotations.models import Criterion, ImportedRating
from annotations.validation.selectors.imported_ratings import imported_rating_set
from annotations.validation.selectors.input_hash import criteria_digests
from perg.stats.report.label_sets import LabelSets, label_sets


def labels_of(criterion: Criterion) -> list[Criterion]:
    """The criteria of all labels of the question that this one is a label of, as far as rated; else none."""
    if not criterion.part_of:
        return []
    labels = list(criterion.campaign.criteria.filter(part_of=criterion.part_of))
    rated = set(
        ImportedRating.objects.filter(criterion__in=labels)
        .order_by()
        .values_list("criterion", flat=True)
        .distinct()
    )
    return [label for label in labels if label.pk in rated]


def label_question(labels: Sequence[Criterion]) -> LabelSets | None:
    """The whole question, from the criteria of its labels; None where these are fewer than two."""
    if len(labels) < 2:
        return None
    clusters = labels[0].campaign.imported_items.values_list("external_id", "cluster")
    return label_sets({label_name(label): imported_rating_set(label) for label in labels}, dict(clusters))


def label_name(criterion: Criterion) -> str:
    """The label of one criterion of a question, whose key has the question's before it."""
    name = criterion.key.removeprefix(criterion.part_of).lstrip(":/._- ")
    return name or criterion.key


def label_question_stamp(labels: Sequence[Criterion]) -> str:
    """Of all that the question is computed from."""
    digests = criteria_digests([label.pk for label in labels])
    parts = [f"{label.pk} {label.key} {' '.join(digests[label.pk])}" for label in labels]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
