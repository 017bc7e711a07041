"""Inputs and parts of a validation report, for its tests."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from perg.stats.base.terms import FOLLOWING
from perg.stats.correction.corrected_runs import CorrectedRuns
from perg.stats.correction.run_rates import RunRates
from perg.stats.files.rating_set import RatingSet
from perg.stats.files.ratings_files import Scale
from perg.stats.items.validation_input import ValidationInput, ValidationSettings
from perg.stats.judges.judge_validation import JudgeValidation
from perg.stats.ratings.ratings import SCALE, RatingTable
from perg.stats.report.validation import ValidationReport

QUICK = ValidationSettings(resamples=200)


def ratings(
    people: Mapping[str, Sequence[float]],
    judges: Mapping[str, Sequence[float]],
    *,
    scale: Scale = "ordinal",
    categories: tuple[float, ...] = SCALE,
    labels: tuple[str, ...] = (),
) -> RatingSet:
    columns = [*people.values(), *judges.values()]
    values = np.array(columns, dtype=float).T if columns else np.empty((0, 0))
    table = RatingTable(tuple(range(values.shape[0])), (*people, *judges), values, categories)
    return RatingSet(scale, table, labels, tuple(people), tuple(judges), 0)


def given(people: Mapping[str, Any], judges: Mapping[str, Any], **more: Any) -> ValidationInput:
    """As of a campaign on runs, unless the terms are others."""
    found = ratings(people, judges)
    usual: dict[str, Any] = {
        "threshold": 3,
        "clusters": np.arange(len(found.table.units)),
        "terms": FOLLOWING,
    }
    return ValidationInput(found, **usual | more)


def judge_of(report: ValidationReport, name: str) -> JudgeValidation:
    return next(judge for judge in report.judges if judge.name == name)


def verdict_of(report: ValidationReport, name: str) -> str:
    """The kind of the judge's verdict."""
    verdict = judge_of(report, name).verdict
    assert verdict is not None
    return verdict.kind


def run_of(report: ValidationReport, name: str) -> RunRates:
    assert isinstance(report.rates, CorrectedRuns)
    return next(run for run in report.rates.runs if run.run == name)
