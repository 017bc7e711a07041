import importlib.util
import json
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from perg.stats.base.proportions import wilson_interval
from perg.stats.base.result import dump
from perg.stats.correction.correction import CorrectedRate, CorrectedRates, corrected_rates, powered_rate
from perg.stats.correction.slices import corrected_slices
from perg.stats.estimators.coverage_warning import SENTENCES
from perg.stats.estimators.judged_sample import JudgedSample

NAN = np.nan


def campaign(
    seed: int, *, n: int = 150, judged: int = 2000, rate: float = 0.3, accuracy: float = 0.85
) -> JudgedSample:
    rng = np.random.default_rng(seed)
    truth = (rng.random(judged) < rate).astype(float)
    said = np.where(rng.random(judged) < accuracy, truth, 1 - truth)
    outcome = np.full(judged, NAN)
    chosen = rng.permutation(judged)[:n]
    outcome[chosen] = truth[chosen]
    return JudgedSample.of(outcome, said)


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    path = Path(__file__).resolve().parents[4] / "bench" / "coverage.py"
    spec = importlib.util.spec_from_file_location("coverage_bench", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["coverage_bench"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_labels_alone_are_the_share_with_wilsons_interval() -> None:
    sample = campaign(0, judged=200_000)
    rate = corrected_rates(sample).human
    hits = int(np.nansum(sample.outcome))
    assert rate.estimate.value == pytest.approx(hits / 150)
    assert (rate.estimate.low, rate.estimate.high) == pytest.approx(wilson_interval(hits, 150), abs=5e-4)
    assert rate.effective_labels == pytest.approx(150)


def test_the_naive_rate_is_the_judges_share_and_its_interval_wilsons() -> None:
    sample = campaign(0)
    rate = corrected_rates(sample).naive
    hits = int(sample.prediction.sum())
    assert rate.estimate.value == pytest.approx(hits / 2000)
    assert (rate.estimate.low, rate.estimate.high) == pytest.approx(wilson_interval(hits, 2000), abs=1e-6)


def test_the_bias_is_naive_less_corrected_with_the_interval_mirrored() -> None:
    rate = powered_rate(campaign(1))
    assert rate.naive is not None
    assert rate.estimate.value is not None
    assert rate.estimate.low is not None
    assert rate.bias.value == pytest.approx(rate.naive - rate.estimate.value)
    assert rate.bias.high == pytest.approx(rate.naive - rate.estimate.low)


def test_a_good_judge_is_worth_labels_and_a_coin_is_worth_none() -> None:
    good = powered_rate(campaign(2, accuracy=0.95)).effective_labels
    coin = powered_rate(campaign(2, accuracy=0.5)).effective_labels
    assert good is not None
    assert coin is not None
    assert good > 300
    assert coin == pytest.approx(150, rel=0.15)


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        ([], "no item is judged"),
        ([NAN, NAN], "no judged item has a label"),
        ([1.0, NAN], "one label alone"),
    ],
)
def test_without_labels_every_corrected_rate_says_why(outcome: list[float], reason: str) -> None:
    sample = JudgedSample.of(np.array(outcome), np.zeros(len(outcome)))
    rates = corrected_rates(sample)
    for rate in (rates.human, rates.powered, rates.rogan_gladen):
        assert reason in (rate.estimate.undefined or "")
        assert rate.bias.undefined is not None
    assert (rates.naive.estimate.value is None) == (not outcome)


def test_a_stratum_without_labels_leaves_the_rate_undefined() -> None:
    sample = JudgedSample.of(np.array([1.0, 0, NAN, NAN]), np.zeros(4), stratum=np.array([0, 0, 1, 1]))
    assert (
        powered_rate(sample).estimate.undefined
        == "1 of 2 strata have no label: nothing is known of their items"
    )


def test_rogan_gladen_says_what_it_lacks() -> None:
    predictions = np.tile([1.0, 0], 50)

    def undefined(labels: list[float]) -> str:
        outcome = np.r_[labels, np.full(100 - len(labels), NAN)]
        return corrected_rates(JudgedSample.of(outcome, predictions)).rogan_gladen.estimate.undefined or ""

    assert "no failure among the labels" in undefined([0.0] * 10)
    assert "nothing but failures" in undefined([1.0] * 10)
    assert "no better than chance" in undefined([0.0, 1] * 5)


def test_without_failures_ppi_is_zero_with_an_interval_above_it_and_a_warning() -> None:
    sample = JudgedSample.of(np.r_[np.zeros(60), np.full(940, NAN)], np.tile([1.0, 0, 0, 0, 0], 200))
    rate = powered_rate(sample)
    assert rate.estimate.value == pytest.approx(0)
    assert rate.estimate.high is not None
    assert 0.03 < rate.estimate.high < 0.15
    assert SENTENCES["few failures"] in rate.warnings


def test_plenty_of_labels_bring_no_warning() -> None:
    rates = corrected_rates(campaign(3, n=300))
    assert (rates.human.warnings, rates.powered.warnings, rates.rogan_gladen.warnings) == ((), (), ())


def test_questions_shared_by_items_widen_every_interval() -> None:
    rng = np.random.default_rng(4)
    question = np.repeat(np.arange(400), 5)
    truth = (rng.random(400) < 0.3).astype(float)[question]
    said = np.where((rng.random(400) < 0.85)[question], truth, 1 - truth)
    outcome = np.where((rng.random(400) < 0.2)[question], truth, NAN)
    apart = corrected_rates(JudgedSample.of(outcome, said))
    together = corrected_rates(JudgedSample.of(outcome, said, cluster=question))

    def width(rate: CorrectedRate) -> float:
        assert rate.estimate.low is not None
        assert rate.estimate.high is not None
        return rate.estimate.high - rate.estimate.low

    for name in ("human", "naive", "powered", "rogan_gladen"):
        assert width(getattr(together, name)) > 1.6 * width(getattr(apart, name))
        assert getattr(together, name).estimate.value == getattr(apart, name).estimate.value


def test_enriched_labels_are_brought_back_to_the_run_by_strata_and_by_probabilities() -> None:
    """Half the labels among the reported tenth: unweighted, far too many fail."""
    rng = np.random.default_rng(5)
    errors: dict[str, list[float]] = {"strata": [], "probabilities": [], "unweighted": []}
    for _ in range(60):
        truth = (rng.random(2000) < 0.1).astype(float)
        said = np.where(rng.random(2000) < 0.9, truth, 1 - truth)
        inclusion = np.where(said == 1, 100 / said.sum(), 100 / (2000 - said.sum()))
        outcome = np.where(rng.random(2000) < inclusion, truth, NAN)
        for name, sample in (
            ("strata", JudgedSample.of(outcome, said, stratum=said)),
            ("probabilities", JudgedSample.of(outcome, said, inclusion=inclusion)),
            ("unweighted", JudgedSample.of(outcome, said)),
        ):
            value = corrected_rates(sample).human.estimate.value
            assert value is not None
            errors[name].append(value - truth.mean())
    assert abs(np.mean(errors["strata"])) < 0.01
    assert abs(np.mean(errors["probabilities"])) < 0.01
    assert np.mean(errors["unweighted"]) > 0.1


def test_intervals_cover_where_probabilities_follow_the_verdict() -> None:
    """Reported items are labelled three times as often, and items of either kind unequally."""
    rng, covered = np.random.default_rng(10), dict.fromkeys(("human", "powered", "rogan_gladen"), 0)
    for _ in range(150):
        truth = (rng.random(1500) < 0.2).astype(float)
        said = np.where(rng.random(1500) < 0.85, truth, 1 - truth)
        inclusion = np.where(said == 1, 0.25, 0.08) * rng.uniform(0.7, 1.3, 1500)
        outcome = np.where(rng.random(1500) < inclusion, truth, NAN)
        rates = corrected_rates(JudgedSample.of(outcome, said, inclusion=inclusion))
        for name in covered:
            estimate = getattr(rates, name).estimate
            covered[name] += estimate.low <= 0.2 <= estimate.high
    assert all(count / 150 >= 0.9 for count in covered.values()), covered


def test_probabilities_that_leave_a_verdict_without_labels_leave_rogan_gladen_undefined() -> None:
    outcome = np.r_[1.0, 0, 0, np.full(7, NAN)]
    sample = JudgedSample.of(
        outcome, np.r_[np.zeros(8), np.ones(2)], inclusion=np.r_[0.2, 0.3, np.full(8, 0.4)]
    )
    assert "no label in some stratum" in (corrected_rates(sample).rogan_gladen.estimate.undefined or "")


def test_a_graded_prediction_says_more_than_its_verdict() -> None:
    rng = np.random.default_rng(6)
    chance = rng.beta(0.4, 0.8, 4000)
    truth = (rng.random(4000) < chance).astype(float)
    outcome = np.where(np.arange(4000) < 300, truth, NAN)
    graded = powered_rate(JudgedSample.of(outcome, chance))
    cut = powered_rate(JudgedSample.of(outcome, (chance > 0.5).astype(float)))
    assert graded.effective_labels is not None
    assert cut.effective_labels is not None
    assert graded.effective_labels > cut.effective_labels > 300
    assert graded.estimate.low is not None
    assert graded.estimate.high is not None
    assert graded.estimate.low < truth.mean() < graded.estimate.high


def test_slices_have_the_rates_of_their_items() -> None:
    sample = campaign(8, n=400)
    category = np.where(np.arange(2000) % 4 == 0, "brevity", "tone")
    slices = corrected_slices(sample, category)
    assert [part.name for part in slices] == ["brevity", "tone"]
    assert sum(part.rates.human.labelled for part in slices) == 400
    alone = corrected_rates(sample.select(category == "tone"))
    assert slices[1].rates == alone
    with pytest.raises(ValueError, match="one category per item"):
        corrected_slices(sample, category[:-1])


def with_warnings(rates: CorrectedRates, *methods: str) -> CorrectedRates:
    """The same rates with a warning on the named ones."""
    parts = {name: getattr(rates, name) for name in ("human", "naive", "powered", "rogan_gladen")}
    marked = {name: replace(parts[name], warnings=("rough",)) for name in methods}
    return CorrectedRates.of(**(parts | marked))


def test_one_corrected_rate_is_the_one_to_report() -> None:
    rates = corrected_rates(campaign(3, n=300))
    assert rates.recommended == "PPI++"
    assert with_warnings(rates, "powered").recommended == "Rogan–Gladen"
    assert with_warnings(rates, "powered", "rogan_gladen").recommended == "human labels only"
    nothing = with_warnings(rates, "powered", "rogan_gladen", "human")
    assert (nothing.recommended, dump(nothing)["recommended"]) == (None, None)
    assert "more labels are needed" in nothing.recommended_reason


def test_without_labels_no_rate_is_to_be_reported_and_the_reason_is_said() -> None:
    rates = corrected_rates(JudgedSample.of(np.full(20, NAN), np.zeros(20)))
    assert rates.naive.estimate.value == 0
    assert rates.recommended is None
    assert rates.recommended_reason == "No corrected rate is defined: no judged item has a label."


def test_results_are_json_without_nan() -> None:
    for sample in (campaign(9), JudgedSample.of(np.array([]), np.array([])), campaign(9, n=2)):
        text = json.dumps(dump(corrected_rates(sample)), allow_nan=False)
        assert '"method": "PPI++"' in text


def test_the_bench_simulates_the_rate_that_it_says(bench: ModuleType) -> None:
    for design in bench.DESIGNS:
        cell = bench.Cell(design, 0.2, 0.8, 0.9, 100)
        counts = bench.simulate(cell, 2000, 2000, np.random.default_rng(0))
        weights, labelled, failures = counts.verdict_cells()
        shares = np.divide(failures, labelled, out=np.zeros_like(failures), where=labelled > 0)
        assert (weights * shares).sum(axis=-1).mean() == pytest.approx(0.2, abs=0.006)
        assert (counts.labelled.sum(axis=(-2, -1)) == 100).all()


@pytest.mark.parametrize("design", ["simple random", "enriched by verdict", "enriched by category"])
@pytest.mark.parametrize("rate", [0.1, 0.3])
def test_intervals_cover_in_95_of_100_campaigns(bench: ModuleType, design: str, rate: float) -> None:
    found = bench.measure(bench.Cell(design, rate, 0.8, 0.8, 300), 2000, 2000, np.random.default_rng(1))
    for coverage in found.coverage.values():
        assert 0.93 <= coverage <= 0.97
    assert abs(found.naive_bias) > 5 * abs(found.powered_bias)


def test_a_cell_known_to_fail_is_warned_of(bench: ModuleType) -> None:
    cell = bench.Cell("enriched by category", 0.5, 0.95, 0.95, 50)
    found = bench.measure(cell, 2000, 2000, np.random.default_rng(2))
    assert found.fails(bench.ROGAN)
    assert found.warned[bench.ROGAN] > 0.5
    calm = bench.measure(
        replace(cell, design="simple random", labels=300), 500, 2000, np.random.default_rng(3)
    )
    assert calm.warned[bench.POWER] == 0
