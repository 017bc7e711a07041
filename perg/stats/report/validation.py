"""The validation report: can each judge be trusted, and what are the true rates?

One pure function combines the results of the rooms below; the page, the JSON, the HTML file and the figures
all show its JSON (`dump`).
"""

from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
from threadpoolctl import threadpool_limits

from perg.stats.base.result import Number, added
from perg.stats.base.undefined import Undefined
from perg.stats.correction.corrected_runs import CorrectedRuns, corrected_runs
from perg.stats.correction.corrections import correction_of
from perg.stats.gold.gold_rules import GoldRules, gold_rules
from perg.stats.items.labelled_items import LabelledItems, labelled_items
from perg.stats.items.validation_input import (
    Progress,
    ValidationInput,
    ValidationSettings,
)
from perg.stats.judges.judge_errors import ErrorCorrelation
from perg.stats.judges.judge_validation import JudgeValidation, judge_validation
from perg.stats.measures.comparison import JudgeComparison
from perg.stats.measures.matrix import RaterMatrix
from perg.stats.planning.next_steps import NextSteps, next_steps
from perg.stats.raters.rater_agreement import (
    AllRaters,
    People,
    Rater,
    errors_between_judges,
    judge_comparisons,
    raters_of,
)
from perg.stats.raters.threshold import ThresholdAgreement
from perg.stats.report.label_shares import LabelShares, label_shares_section
from perg.stats.report.numbers import Numbers, numbers_section
from perg.stats.report.pairs import Pairs, pairs_section
from perg.stats.report.section_definitions import section_definitions
from perg.stats.report.validation_definitions import definitions_in

VERSION = 2
"""Version of the document's form; it rises when a key is removed or changes its meaning."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What there is.

    `labels` name the categories of a scale that has names, `failures` those that count as failures, `threshold` is for
    ordered scales; `failure` says in words what counts as one. `warnings` are possible mistakes in the ratings.
    """

    scale: str
    categories: tuple[Number, ...]
    labels: tuple[str, ...]
    threshold: float | None
    failure: str | None
    failures: tuple[str, ...]
    items: int
    labelled: int
    ratings_by_people: int
    adjudicated: int
    tied: int | None
    questions: int
    runs: int
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """Everything that people's labels say of the judges, and of the runs that they judged.

    `pairwise`, `numeric` and `label_shares` are there for ratings of their kind: which of two is better, a number, one
    of several labels.
    """

    version: int
    settings: ValidationSettings
    summary: Summary
    judges: tuple[JudgeValidation, ...]
    people: People
    raters: tuple[Rater, ...]
    matrix: RaterMatrix | Undefined
    thresholds: tuple[ThresholdAgreement, ...] | Undefined
    comparisons: tuple[JudgeComparison, ...]
    errors_between_judges: ErrorCorrelation
    rates: CorrectedRuns | Undefined
    aggregation: GoldRules | Undefined
    planning: NextSteps
    pairwise: Annotated[Pairs | None, added(required=True)] = field(default=None, kw_only=True)
    numeric: Annotated[Numbers | None, added(required=True)] = field(default=None, kw_only=True)
    label_shares: Annotated[LabelShares | None, added(required=True)] = field(default=None, kw_only=True)
    definitions: dict[str, str]


def validation_report(
    data: ValidationInput,
    *,
    settings: ValidationSettings | None = None,
    progress: Progress | None = None,
) -> ValidationReport:
    """Compute the report. The same input and settings give the same report, to the last digit.

    `progress` is called before each part with its name and the share of the work done so far, in [0, 1]. BLAS uses
    one thread: its products are small here, more threads would mostly wait for one another, and their number would
    affect the last digits.
    """
    with threadpool_limits(limits=1, user_api="blas"):
        return _computed(data, settings or ValidationSettings(), progress)


def _computed(
    data: ValidationInput, settings: ValidationSettings, progress: Progress | None
) -> ValidationReport:
    def tell(part: str, share: float) -> None:
        if progress is not None:
            progress(part, share)

    tell("reading the labels", 0.0)
    labelled = labelled_items(data)
    raters = AllRaters(data, labelled, settings)
    tell("agreement of all raters", 0.02)
    matrix, people, thresholds = raters.matrix(), raters.ceiling(), raters.thresholds()
    tell("corrected rates", 0.3)
    rates = corrected_runs(data, labelled, settings)
    judges = []
    for index, name in enumerate(data.ratings.judges):
        tell(f"judge {name}", 0.35 + 0.35 * index / len(data.ratings.judges))
        judges.append(judge_validation(name, data, labelled, settings, correction_of(rates, name)))
    tell("judges compared", 0.7)
    comparisons = judge_comparisons(labelled, data.ratings.scale, settings)
    errors = errors_between_judges(labelled, settings)
    tell("what belongs to this kind of rating", 0.72)
    pairwise = pairs_section(data, labelled, settings)
    numeric = numbers_section(data, settings) if data.ratings.scale == "interval" else None
    is_of_names = data.ratings.scale == "nominal" and pairwise is None
    label_shares = label_shares_section(data, labelled, settings) if is_of_names else None
    tell("gold by other rules", 0.75)
    aggregation = gold_rules(
        labelled, nominal=data.ratings.scale == "nominal", seed=settings.seed, terms=data.terms
    )
    tell("what is needed next", 0.85)
    planning = next_steps(
        data,
        labelled,
        judges,
        settings,
        lambda share: tell("what is needed next", 0.85 + 0.15 * share),
    )
    tell("done", 1.0)
    return ValidationReport(
        version=VERSION,
        settings=settings,
        summary=summary_of(data, labelled),
        judges=tuple(judges),
        people=people,
        raters=raters_of(data),
        matrix=matrix,
        thresholds=thresholds,
        comparisons=comparisons,
        errors_between_judges=errors,
        rates=rates,
        aggregation=aggregation,
        planning=planning,
        pairwise=pairwise,
        numeric=numeric,
        label_shares=label_shares,
        definitions=dict(definitions_in(data.terms)) | section_definitions(pairwise, numeric, label_shares),
    )


def summary_of(data: ValidationInput, labelled: LabelledItems) -> Summary:
    """What the report is computed from."""
    cut, nominal = labelled.cut, data.ratings.scale == "nominal"
    rated = ~np.isnan(labelled.humans.values).all(axis=1)
    tied = None if labelled.majority is None else int((rated & np.isnan(labelled.majority)).sum())
    return Summary(
        scale=data.ratings.scale,
        categories=data.table.categories,
        labels=data.ratings.labels,
        threshold=None if nominal else cut,
        failure=None if cut is None else _failure(data, cut),
        failures=data.failures,
        items=len(data.table.units),
        labelled=int(rated.sum()),
        ratings_by_people=int((~np.isnan(labelled.humans.values)).sum()),
        adjudicated=0 if data.gold is None else int((~np.isnan(data.gold)).sum()),
        tied=tied,
        questions=int(np.unique(data.clusters).size),
        runs=1 if data.run is None else len(set(data.run)),
        warnings=tuple(data.warnings),
    )


def _failure(data: ValidationInput, cut: float) -> str:
    """What counts as a failure, in words."""
    if data.ratings.scale == "ordinal" and data.failures:
        return f"a rating below “{data.ratings.labels[len(data.failures)]}”"
    if data.failures:
        return f"the label {' or '.join(f'“{label}”' for label in data.failures)}"
    below = any(value < cut for value in data.table.categories)
    return f"a rating below {cut:g}" if below else "nothing"
