"""Every sentence of a verdict against the numbers of the same report, on all kinds of small campaigns."""

import itertools
import json
import re
from typing import Any

import numpy as np
import pytest

from perg.stats.base.result import Json, dump
from perg.stats.base.undefined import Undefined
from perg.stats.correction.corrected_runs import CorrectedRuns, corrected_runs
from perg.stats.correction.corrections import correction_of
from perg.stats.correction.run_rates import Rate
from perg.stats.files.rating_set import RatingSet
from perg.stats.files.ratings_files import Scale
from perg.stats.items.labelled_items import labelled_items
from perg.stats.items.validation_input import ValidationInput, ValidationSettings
from perg.stats.judges.judge_validation import judge_validation
from perg.stats.judges.replacement_plan import STABLE
from perg.stats.judges.verdict import FLOOR
from perg.stats.ratings.ratings import SCALE, Ratings, RatingTable
from perg.stats.report.validation import validation_report
from tests.sizes import VERDICTS_ONE_IN, turn

QUICK = ValidationSettings(resamples=20, epsilon=0.2)
SCALES: dict[str, tuple[Scale, tuple[float, ...], float | None, tuple[str, ...]]] = {
    "yes or no": ("nominal", (0, 1), None, ("no", "yes")),
    "three labels": ("nominal", (0, 1, 2), None, ("a", "b", "c")),
    "pairwise": ("nominal", (0, 1, 2), None, ("first", "second", "tie")),
    "ordinal, cut": ("ordinal", SCALE, 3, ()),
    "ordinal, uncut": ("ordinal", SCALE, None, ()),
    "interval, uncut": ("interval", tuple(float(i) for i in range(11)), None, ()),
}
SHAPES = ("balanced", "rare failure", "one-sided", "missing", "tiny", "one cluster", "few clusters")
PEOPLE = (1, 2, 3, 5, 10)
JUDGES = (1, 3, 20)
CODES = {
    "can replace a human annotator": "replace_human",
    "can be used with correction": "use_with_correction",
    "better than chance, but cannot replace people": "skilled_not_sufficient",
    "not trustworthy here": "not_trustworthy",
    "not enough labels yet": "not_enough_labels",
}


def campaign(scale: str, shape: str, people: int, judges: int) -> ValidationInput:
    """Every item is judged, 60 (tiny: 12) are labelled. Judges: as good as people, weak, useless, weak, useless …

    With three judges or more the last is a floor that is as good as people.
    """
    kind, categories, threshold, labels = SCALES[scale]
    rng = np.random.default_rng([SHAPES.index(shape), people, judges])
    items, labelled = (60, 12) if shape == "tiny" else (160, 60)
    size = len(categories)
    shares = np.full(size, 1 / size)
    if shape == "rare failure":
        shares = np.r_[0.05, np.full(size - 1, 0.95 / (size - 1))]
    if shape == "one-sided":
        shares = np.eye(size)[-1]
    truth = rng.choice(size, items, p=shares)

    def rated(error: float) -> Ratings:
        other = (truth + rng.integers(1, size, items)) % size
        if kind != "nominal":
            other = np.clip(truth + rng.choice([-1, 1], items), 0, size - 1)
        if shape == "one-sided":
            other = truth
        return np.asarray(categories)[np.where(rng.random(items) < error, other, truth)].astype(float)

    votes = np.column_stack([rated(0.06) for _ in range(people)])
    votes[labelled:] = np.nan
    if shape == "missing":
        votes[rng.random(votes.shape) < 0.4] = np.nan
    kinds = itertools.cycle([0.06, 0.45, 1 - 1 / size])
    columns = [rated(next(kinds)) for _ in range(judges - (judges > 1))] + [rated(0.06)] * (judges > 1)
    names = tuple(f"p{i}" for i in range(people)), tuple(f"j{i}" for i in range(judges))
    table = RatingTable(tuple(range(items)), sum(names, ()), np.column_stack([votes, *columns]), categories)
    clusters = {"one cluster": np.zeros(items, np.int64), "few clusters": np.arange(items) % 6}
    return ValidationInput(
        RatingSet(kind, table, labels, *names, 0),
        threshold,
        clusters.get(shape, np.arange(items)),
        judge_kinds={names[1][-1]: "floor"} if judges > 1 else {},
    )


def has_reportable_correction(rates: CorrectedRuns | Undefined, judge: str) -> bool:
    if isinstance(rates, Undefined):
        return False
    return any(
        row.judge == judge and method.estimate.low is not None and not method.warnings
        for run in rates.runs
        for rate in (run.alignment_failure, run.robustness_error)
        if isinstance(rate, Rate)
        for row in rate.judges
        for method in (row.rates.powered, row.rates.rogan_gladen)
    )


def hold_against_the_numbers(judge: Json, *, is_correctable: bool, judges: int) -> str:
    """Assert that the verdict says nothing that the numbers beside it do not; its code."""
    verdict, test, as_good = judge["verdict"], judge["alternative_annotator_test"], judge["non_inferiority"]
    assert verdict is not None
    words = " ".join([verdict["sentence"], *verdict["reasons"]])
    beside = judge["beside_people"]
    assert verdict["code"] == CODES[verdict["kind"]]
    assert as_good["judges"] == judges
    assert as_good["lower_limit"] == beside["difference"]["low"]
    assert as_good["margin"] == pytest.approx(0.2 * as_good["reference_quality"])
    if verdict["code"] == "replace_human":
        assert test["passed"]
        assert test["winning_rate"]["value"] is not None
        assert test["winning_rate"]["value"] >= 0.5
        assert verdict["stability"] is not None
        assert verdict["stability"] >= STABLE
        assert as_good["lower_limit"] is not None
        assert as_good["lower_limit"] > -as_good["margin"] >= -0.2
        assert verdict["labels_needed"] is None
        assert ("of resamples" in verdict["sentence"]) == (verdict["stability"] < 0.95)
    if verdict["code"] in ("replace_human", "use_with_correction", "skilled_not_sufficient"):
        assert all(baseline["beaten"] for baseline in judge["baselines"])
        assert judge["skill"]["low"] is None or judge["skill"]["low"] > 0
    if "corrects its rates" in words or verdict["code"] == "use_with_correction":
        assert is_correctable
    if "no rate that is corrected" in words or verdict["code"] == "skilled_not_sufficient":
        assert not is_correctable
    if verdict["labels_needed"] is not None:
        assert verdict["labels_needed"] > 0
    for count in re.findall(r"about ([\d,]+) more", words):
        assert int(count.replace(",", "")) == verdict["labels_needed"]
    if verdict["code"] == "not_trustworthy":
        assert verdict["labels_needed"] is None
        assert not all(test["beaten"] for test in judge["baselines"]) or (judge["skill"]["low"] or 0) <= 0
    hold_the_test_and_people(judge, words)
    return str(verdict["code"])


def hold_the_test_and_people(judge: Json, words: str) -> None:
    """The sentences on the alternative annotator test and on people."""
    test, as_good, beside = (
        judge["alternative_annotator_test"],
        judge["non_inferiority"],
        judge["beside_people"],
    )
    if "It passes the alternative" in words or "It fails the alternative" in words:
        assert ("It passes the alternative" in words) == test["passed"]
        rate = re.search(r"winning rate ([\d.]+) against (\d+)", words)
        assert rate is not None
        assert rate[1] == f"{test['winning_rate']['value']:.2f}"
        assert int(rate[2]) == test["winning_rate"]["n"]
        assert test["passing_share"] is not None
        assert f"In {test['passing_share']:.0%} of resamples" in words
        if "does not count" in words:
            assert test["passing_share"] < STABLE
    difference = re.search(
        r"(κ|informedness) (−?[\d.]+), a person’s (−?[\d.]+), .* minus people (−?[\d.]+)", words
    )
    if difference is not None:
        for quoted, key in zip(difference.groups()[1:], ("judge", "people", "difference"), strict=True):
            number = beside[key]["value"]
            assert float(quoted.replace("−", "-")) == pytest.approx(number, abs=0.00501)
    if "as much skill as people, within" in words:
        assert as_good["shown"]
    if "not shown to have as much" in words or "less well than people" in words:
        assert not as_good["shown"]


@pytest.mark.slow
@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("shape", SHAPES)
def test_every_sentence_of_a_verdict_holds_against_the_numbers_beside_it(scale: str, shape: str) -> None:
    place = list(SCALES).index(scale) + len(SCALES) * SHAPES.index(shape)
    for people, judges in turn(list(itertools.product(PEOPLE, JUDGES)), place, VERDICTS_ONE_IN):
        given = campaign(scale, shape, people, judges)
        labelled = labelled_items(given)
        rates = corrected_runs(given, labelled, QUICK)
        # Of twenty judges the first two: the others are like them.
        for name in given.ratings.judges[: 2 if judges == 20 else 3]:
            correction = correction_of(rates, name)
            judge = dump(judge_validation(name, given, labelled, QUICK, correction))
            json.dumps(judge, allow_nan=False)
            if given.judge_kinds.get(name) == "floor":
                assert (judge["verdict"], judge["no_verdict"]) == (None, FLOOR)
                continue
            assert judge["no_verdict"] is None
            is_correctable = has_reportable_correction(rates, name)
            assert is_correctable != isinstance(correction, Undefined)
            tried = max(judges - (judges > 1), 1)
            code = hold_against_the_numbers(judge, is_correctable=is_correctable, judges=tried)
            if shape in ("one-sided", "one cluster") or people == 1:
                assert code != "replace_human"


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.one_in(3)
def test_a_whole_report_hands_each_judge_its_own_correction(scale: str) -> None:
    document: Any = dump(validation_report(campaign(scale, "balanced", 3, 3), settings=QUICK))
    corrected: set[str] = set()
    for run in document["rates"].get("runs", []):
        for row in run["alignment_failure"]["judges"]:
            if row["rates"]["recommended"] in ("PPI++", "Rogan–Gladen"):
                corrected.add(row["judge"])
    for judge in document["judges"]:
        if judge["verdict"] is not None:
            hold_against_the_numbers(judge, is_correctable=judge["name"] in corrected, judges=2)
    assert [judge["verdict"] is None for judge in document["judges"]] == [False, False, True]
