"""A report of ratings on any scale: decimals, thirds, uneven steps, tiny and huge ones, values that never repeat."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from perg.stats.base.resampling import Draws
from perg.stats.base.result import dump
from perg.stats.base.undefined import Undefined
from perg.stats.files.rating_set import RatingSet, rating_set
from perg.stats.files.ratings_files import Kind
from perg.stats.files.ratings_parsing import parse_ratings
from perg.stats.items.validation_input import ValidationInput, ValidationSettings
from perg.stats.measures.matrix import Coefficients, RaterMatrix, rater_matrix
from perg.stats.ratings.pooled import PooledTable
from perg.stats.ratings.ratings import Level, Ratings, RatingTable, distinct_values
from perg.stats.report.validation import ValidationReport, validation_report
from tests.sizes import SCALES_ONE_IN, turn

NAN = np.nan
SCALES: Mapping[str, tuple[float, ...]] = {
    "tenths": (0.1, 0.2, 0.3),
    "noisy tenths": (0.1, 0.1 + 0.1, 0.1 + 0.2, 0.1 + 0.1 + 0.1 + 0.1),
    "thirds": (0, 1 / 3, 2 / 3, 1),
    "twentieths": tuple(step * 0.05 for step in range(21)),
    "half steps": (1, 1.5, 2, 2.5, 3),
    "0 to 100": tuple(range(101)),
    "1 to 4": (1, 2, 3, 4),
    "below zero": (-2, -1, 0, 1, 2),
    "billionths": tuple(step * 1e-9 for step in range(5)),
    "billions": tuple(step * 1e9 for step in range(5)),
    "seconds since 1970": tuple(1.7e9 + step for step in range(5)),
    "uneven": (1, 3, 10),
    "powers": (1e-6, 1e-3, 1, 1e3, 1e6),
    "too small to square": (0, 1e-300, 2e-300),
    "two": (0.1, 0.7),
    "one": (0.7,),
}
LEVELS: tuple[Level, ...] = ("nominal", "ordinal", "interval")
SCALES_AND_LEVELS: list[tuple[str, Level]] = [
    *((name, level) for name in SCALES for level in LEVELS[1:]),
    ("0 to 100", "nominal"),
    ("one", "nominal"),
]


def near(scale: tuple[float, ...], seed: int = 0, n: int = 45) -> Ratings:
    """Three people and two judges within a step of the truth, a tenth missing: (n, 5)."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, len(scale), size=(n, 1))
    codes = np.clip(truth + rng.integers(-1, 2, size=(n, 5)), 0, len(scale) - 1)
    values: Ratings = np.asarray(scale, dtype=float)[codes]
    values[rng.random(values.shape) < 0.1] = NAN
    return values


def report(values: np.ndarray, level: Level, threshold: float | None = None) -> ValidationReport:
    people, judges = ("ann", "bob", "cyd"), ("gpt", "claude")
    categories = distinct_values(values[~np.isnan(values)])
    labels = tuple(str(category) for category in categories) if level == "nominal" else ()
    table = RatingTable(tuple(range(len(values))), people + judges, values, categories, level)
    if level == "nominal":
        table = table.by_rank()
    ratings = RatingSet(level, table, labels, people, judges, 0)
    given = ValidationInput(ratings, threshold, np.arange(len(values)))
    return validation_report(given, settings=ValidationSettings(resamples=20))


def is_told(of: ValidationReport) -> None:
    """Every estimate is a number, or says why it is none; nothing is NaN."""
    document = json.loads(json.dumps(dump(of), allow_nan=False))
    assert document["people"]["alpha"]["value"] is not None or document["people"]["alpha"]["undefined"]
    assert isinstance(of.matrix, RaterMatrix)
    for pair in of.matrix.pairs:
        for name, estimate in pair.scale.items():
            assert (estimate.value is None) == (estimate.undefined is not None), name


@pytest.mark.slow
@pytest.mark.parametrize(("name", "level"), turn(SCALES_AND_LEVELS, 0, SCALES_ONE_IN))
def test_a_report_computes_on_any_scale(name: str, level: Level) -> None:
    scale = SCALES[name]
    is_told(report(near(scale), level))


@pytest.mark.slow
@pytest.mark.parametrize("level", ["ordinal", "interval"])
@pytest.mark.parametrize(
    "name", ["noisy tenths", "thirds", "half steps", "seconds since 1970", "powers", "one"]
)
@pytest.mark.one_in(5)
def test_a_report_with_a_threshold_computes_on_any_scale(name: str, level: Level) -> None:
    scale = SCALES[name]
    found = report(near(scale), level, threshold=scale[len(scale) // 2])
    is_told(found)
    assert all(not isinstance(judge.confusion, Undefined) for judge in found.judges)


@pytest.mark.parametrize("threshold", [None, 0.25])
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.one_in(4)
def test_a_report_computes_where_nearly_every_value_is_distinct(
    level: Level, threshold: float | None
) -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(60, 1)) + 0.5 * rng.normal(size=(60, 5))
    values[:5, 1:3] = values[:5, :1]  # a few ties
    is_told(report(values, level, None if level == "nominal" else threshold))


def same(a: object, b: object, path: str = "") -> None:
    """Equal but for rounding, whatever is inside."""
    if isinstance(a, dict) and isinstance(b, dict):
        assert a.keys() == b.keys(), path
        for key in a:
            same(a[key], b[key], f"{path}.{key}")
    elif isinstance(a, list | tuple) and isinstance(b, list | tuple):
        assert len(a) == len(b), path
        for place, (one, other) in enumerate(zip(a, b, strict=True)):
            same(one, other, f"{path}[{place}]")
    elif isinstance(a, float) and isinstance(b, float):
        assert a == pytest.approx(b, abs=1e-9), path
    else:
        assert a == b, path


ASSESSMENT = (
    "verdict",
    "alternative_annotator_test",
    "baselines",
    "skill",
    "beside_people",
    "non_inferiority",
    "confusion",
)


def scale_free(of: ValidationReport, but: tuple[str, ...]) -> dict[str, object]:
    """What a report says that does not depend on the unit of the scale."""
    assert isinstance(of.matrix, RaterMatrix)
    document = dump(of)
    return {
        "people": document["people"],
        "pairs": [
            {name: dump(estimate) for name, estimate in pair.scale.items() if name not in but}
            | {f"followed {name}": dump(value) for name, value in (pair.followed or {}).items()}
            for pair in of.matrix.pairs
        ],
        "assessments": [{part: judge[part] for part in ASSESSMENT} for judge in document["judges"]],
        "alphas": [judge["alpha_with_humans"] for judge in document["judges"]],
        "comparisons": document["comparisons"],
        "constant judge": [rater.counts for rater in of.raters],
    }


@pytest.mark.parametrize(
    ("mapped", "cut"),
    [
        (lambda x: 0.1 * x, False),
        (lambda x: 1e9 * x + 3, True),
        (lambda x: x / 3 - 2, True),
        (lambda x: 1e-9 * x, False),
    ],
    ids=["tenths", "billions", "thirds below zero", "billionths"],
)
@pytest.mark.one_in(3)
def test_the_unit_of_an_interval_scale_changes_nothing(
    mapped: Callable[[np.ndarray], np.ndarray], cut: bool
) -> None:
    scale = (0, 1, 4, 5, 9)
    values = near(scale, seed=3)
    plain = report(values, "interval", scale[2] if cut else None)
    other = report(mapped(values), "interval", float(mapped(np.array(scale[2]))) if cut else None)
    same(scale_free(plain, ("mean_difference",)), scale_free(other, ("mean_difference",)))


@pytest.mark.parametrize(
    ("relabelled", "cut"),
    [
        ((1, 2, 3, 4, 100), False),
        ((-7, -0.5, 0.1, 1 / 3, 1e6), True),
        ((0.1, 0.2, 0.1 + 0.2, 0.4, 0.5), True),
    ],
    ids=["a wide last step", "uneven", "tenths"],
)
@pytest.mark.one_in(2)
def test_the_numbers_of_an_ordinal_scale_change_nothing(relabelled: tuple[float, ...], cut: bool) -> None:
    """AC2 and mean differences measure numbers, as irrCAC does; all else goes by the order."""
    values = near((0, 1, 2, 3, 4), seed=4)
    numbers = np.append(np.asarray(relabelled), NAN)
    other_values = numbers[np.where(np.isnan(values), -1, values).astype(int)]
    plain = report(values, "ordinal", 2 if cut else None)
    other = report(other_values, "ordinal", relabelled[2] if cut else None)
    but = ("mean_difference", "gwet_ac2")
    same(scale_free(plain, but), scale_free(other, but))


def test_rounding_noise_changes_nothing() -> None:
    scale = (0.1, 0.2, 0.3, 0.4)
    values = near(scale, seed=5)
    noise = 1 + 1e-15 * np.random.default_rng(0).integers(-1, 2, size=values.shape)
    same(dump(report(values, "ordinal", 0.3)), dump(report(values * noise, "ordinal", 0.1 + 0.2)))


def table_of(text: str, categories: tuple[float, ...] | None = None) -> RatingTable:
    files = [parse_ratings(text, file_format="csv", scale="ordinal", kind="human")]
    return rating_set(files, "ordinal", categories=categories).table


def coefficients(table: RatingTable) -> Coefficients:
    """Of the first two raters."""
    pooled = PooledTable.of(table, Draws(rng=np.random.default_rng(0), resamples=2))
    return rater_matrix(pooled).pairs[0].scale


def test_ac1_counts_the_categories_that_occur_or_those_that_are_stated() -> None:
    """Ratings of 1 to 4: over four categories; as 1 to 5 only where that is stated.

    Two people, shares 3/8, 1/4, 1/4, 1/8, agreement 1/2. Chance: Σ s (1 − s) / (V − 1) = (46/64) / 3 or / 4.
    """
    text = "item,ann,bob\nq1,1,1\nq2,2,1\nq3,3,3\nq4,4,2\n"
    shares = np.array([3, 2, 2, 1]) / 8
    chance = (shares * (1 - shares)).sum()
    assert coefficients(table_of(text))["percent_agreement"].value == 0.5
    for categories, size in ((None, 4), ((1.0, 2, 3, 4, 5), 5)):
        by_chance = chance / (size - 1)
        expected = (0.5 - by_chance) / (1 - by_chance)
        assert coefficients(table_of(text, categories))["gwet_ac1"].value == pytest.approx(expected)


FAULTS = Path(__file__).resolve().parents[5] / "shared" / "data" / "faults"


@pytest.mark.skipif(not FAULTS.exists(), reason="the inputs that went wrong are not on this machine")
def test_a_gap_in_a_scale_is_not_filled() -> None:
    """Ratings of 1, 3 and 10: three categories."""
    kinds: tuple[tuple[Kind, str], ...] = (("human", "human"), ("judge", "judge"))
    files = [
        parse_ratings(
            (FAULTS / f"ratings_gap_{name}.csv").read_text(), file_format="csv", scale="ordinal", kind=kind
        )
        for kind, name in kinds
    ]
    ratings = rating_set(files, "ordinal")
    assert ratings.table.categories == (1, 3, 10)
    people = ratings.table.select(ratings.people)
    assert coefficients(people)["gwet_ac1"].value == pytest.approx(0.3055, abs=5e-5)
    assert coefficients(people)["gwet_ac2"].value == pytest.approx(0.2252, abs=5e-5)
