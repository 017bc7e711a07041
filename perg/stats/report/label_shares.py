"""Of names without an order: the share of every label, and how each judge errs with it."""

from dataclasses import dataclass, replace

import numpy as np

from perg.stats.base.estimate import Estimate
from perg.stats.correction.correction import POWERED, ROGAN_GLADEN, CorrectedRate, Method
from perg.stats.items.labelled_items import LabelledItems
from perg.stats.items.validation_input import ValidationInput, ValidationSettings
from perg.stats.labels.label_errors import LabelErrors, errors_of_label
from perg.stats.labels.shares import LabelShare, label_share
from perg.stats.ratings.ratings import Codes, category_codes
from perg.stats.report.design import Design
from perg.stats.report.label_confusion import LabelConfusion, label_confusion

MOST_LABELS = 25
"""Labels with a row of their own; of more, the most frequent ones."""


@dataclass(frozen=True, slots=True)
class ShareRow:
    """One label: its share of the items, and a judge's errors with it.

    Attributes:
        people: its share by people's labels alone. judge: by the judge alone.
        corrected: by the recommended `method`, or by PPI++ with what speaks against it where none is recommended.
        simultaneous: the corrected share with an interval that holds for all labels at once; None: none recommended.
        missed, invented, wrong: 1 − sensitivity, 1 − specificity and 1 − precision of the judge.
    """

    label: str
    people: Estimate
    judge: Estimate
    corrected: Estimate
    method: Method
    simultaneous: Estimate | None
    missed: Estimate
    invented: Estimate
    wrong: Estimate


@dataclass(frozen=True, slots=True)
class JudgeLabels:
    """One judge: over the `judged` items, of which people have labelled `labelled` without a tie."""

    judge: str
    judged: int
    labelled: int
    rows: tuple[ShareRow, ...]
    confusion: LabelConfusion


@dataclass(frozen=True, slots=True)
class LabelShares:
    """Every label of a nominal scale.

    `labels` occur, of which `other_labels` have no row: the least frequent ones.
    """

    labels: int
    other_labels: int
    judges: tuple[JudgeLabels, ...]


def label_shares_section(
    data: ValidationInput, labelled: LabelledItems, settings: ValidationSettings
) -> LabelShares:
    """Shares, errors and confusion of all labels for each judge; people's label of an item is the most common one."""
    categories = data.table.categories
    names = data.ratings.labels or tuple(f"{category:g}" for category in categories)
    people = np.full(len(data.table.units), -1, dtype=np.int64)
    people[labelled.rows] = category_codes(labelled.score, categories)
    counts = np.bincount(data.table.codes().ravel() + 1, minlength=len(names) + 1)[1:]
    shown = _shown(counts)
    design = Design.of(data)
    occurring = int((counts > 0).sum())

    def of_judge(name: str) -> JudgeLabels:
        judge = category_codes(data.table.column(name), categories)
        judged = judge >= 0
        of_judged = design.select(judged)
        said, true = judge[judged], people[judged]
        rows = []
        for code in shown:
            sample = of_judged.sample(np.where(true >= 0, true == code, np.nan), said == code)
            share = label_share(names[code], sample, labels=occurring, confidence=settings.confidence)
            errors = errors_of_label(
                names[code],
                said == code,
                true == code,
                among=true >= 0,
                clusters=of_judged.cluster,
                confidence=settings.confidence,
            )
            rows.append(share_row(share, errors))
        return JudgeLabels(
            judge=name,
            judged=int(judged.sum()),
            labelled=int((true >= 0).sum()),
            rows=tuple(rows),
            confusion=label_confusion(
                judge[labelled.rows],
                people[labelled.rows],
                names,
                clusters=labelled.clusters,
                confidence=settings.confidence,
            ),
        )

    return LabelShares(
        labels=occurring,
        other_labels=occurring - shown.size,
        judges=tuple(of_judge(name) for name in data.ratings.judges),
    )


def _shown(counts: Codes) -> Codes:
    """Codes of the labels with a row: all that occur in the order of the scale, or the most frequent ones."""
    occurring = np.flatnonzero(counts)
    if occurring.size <= MOST_LABELS:
        return occurring
    return occurring[np.argsort(-counts[occurring], kind="stable")[:MOST_LABELS]]


def share_row(share: LabelShare, errors: LabelErrors) -> ShareRow:
    """One label's row from its share by all methods and the judge's errors."""
    rates = share.rates
    by_method: dict[Method, CorrectedRate] = {POWERED: rates.powered, ROGAN_GLADEN: rates.rogan_gladen}
    method = rates.recommended or POWERED
    corrected = by_method.get(method, rates.human)
    return ShareRow(
        label=share.label,
        people=_with_warnings(rates.human),
        judge=rates.naive.estimate,
        corrected=_with_warnings(corrected),
        method=method,
        simultaneous=share.simultaneous,
        missed=errors.missed,
        invented=errors.invented,
        wrong=errors.wrong,
    )


def _with_warnings(rate: CorrectedRate) -> Estimate:
    """The estimate with the warnings of its method."""
    estimate = rate.estimate
    return replace(estimate, warnings=tuple(dict.fromkeys((*estimate.warnings, *rate.warnings))))
