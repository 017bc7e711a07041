import math

import numpy as np
import pytest
from ppi_py import ppi_mean_ci

from perg.stats.base.result import dump
from perg.stats.correction.correction import corrected_rates
from perg.stats.estimators.judged_sample import JudgedSample
from perg.stats.planning.planning import JudgedRun, Method, half_width_of_labels, labels_for_interval

METHODS: tuple[Method, ...] = ("human only", "PPI++", "Rogan-Gladen")
EVEN_RUN = JudgedRun(failure_rate=0.2, sensitivity=0.8, specificity=0.9, judged=10_000)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def needed(half_width: float, run: JudgedRun, method: Method = "PPI++") -> int | None:
    return labels_for_interval(half_width, run, method=method, rng=rng()).labels


def sample_of(
    run: JudgedRun, labels: int, seed: int, cluster_size: int = 1, shared: float = 0.0
) -> JudgedSample:
    """A run drawn item by item, with labels on some of its items; `shared` is the failures' correlation in clusters."""
    draws = rng(seed)
    clusters = np.arange(run.judged) // cluster_size
    copied = draws.random(run.judged) < math.sqrt(shared)
    of_cluster = draws.random(run.judged) < run.failure_rate
    failed = np.where(
        copied, of_cluster[clusters * cluster_size], draws.random(run.judged) < run.failure_rate
    )
    right = np.where(failed, run.sensitivity, run.specificity)
    reported = np.where(draws.random(run.judged) < right, failed, ~failed)
    outcome = np.full(run.judged, np.nan)
    chosen = draws.choice(run.judged, size=labels, replace=False)
    outcome[chosen] = failed[chosen]
    return JudgedSample.of(outcome, reported.astype(float), cluster=clusters)


def reported_half_width(
    run: JudgedRun, labels: int, method: Method, campaigns: int = 60, **how: float
) -> float:
    """The median half-width of the report's own intervals."""
    widths = []
    for seed in range(campaigns):
        rates = corrected_rates(sample_of(run, labels, seed, **how))  # type: ignore[arg-type]
        rate = {"human only": rates.human, "PPI++": rates.powered, "Rogan-Gladen": rates.rogan_gladen}[method]
        if rate.estimate.low is not None and rate.estimate.high is not None:
            widths.append((rate.estimate.high - rate.estimate.low) / 2)
    assert len(widths) > 0.9 * campaigns
    return float(np.median(widths))


def test_people_alone_need_what_wilsons_interval_needs() -> None:
    """At 50%, half of Wilson's width is z / 2 / sqrt(n + z²): n = (1.96 / 0.1)² − 3.84 = 380.3."""
    run = JudgedRun(failure_rate=0.5, sensitivity=0.8, specificity=0.8, judged=10_000)
    assert needed(0.05, run, "human only") == pytest.approx(380, rel=0.02)


def test_with_many_labels_rogan_gladen_needs_what_its_variance_says() -> None:
    """Sensitivity 0.8 and specificity 0.9 at 20%: J = 0.7, q = 0.24, and with n of 10,000 labelled the variance is
    (0.104/n (1 − n/N) + (q(1 − q) − 2 · …)/N) / 0.49, near 0.104/n/0.49 + 3.7e-4/N: about 530 labels for ± 0.04.
    """
    assert needed(0.04, EVEN_RUN, "Rogan-Gladen") == pytest.approx(535, rel=0.03)


HARD_RUNS = {
    "even": (0.05, JudgedRun(0.2, 0.8, 0.9, 2000)),
    "rare failures": (0.02, JudgedRun(0.03, 0.8, 0.95, 3000)),
    "a judge near chance": (0.12, JudgedRun(0.3, 0.6, 0.6, 3000)),
    "half of the run": (0.05, JudgedRun(0.2, 0.8, 0.9, 500)),
    "nearly all of the run": (0.03, JudgedRun(0.3, 0.9, 0.9, 1000)),
}


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("cell", HARD_RUNS)
@pytest.mark.one_in(4)
def test_the_reports_interval_is_as_narrow_as_planned(cell: str, method: Method) -> None:
    """Ten percent of the labels are five of the half-width. Rogan–Gladen's plan was 2.2 times too many once."""
    half_width, run = HARD_RUNS[cell]
    labels = needed(half_width, run, method)
    assert labels is not None
    assert reported_half_width(run, labels, method) == pytest.approx(half_width, rel=0.05)


@pytest.mark.parametrize("method", METHODS)
def test_labels_on_all_of_the_run_give_the_labels_own_interval(method: Method) -> None:
    run = JudgedRun(failure_rate=0.3, sensitivity=0.7, specificity=0.8, judged=400)
    alone = half_width_of_labels(400, run, method="human only", rng=rng())
    assert half_width_of_labels(400, run, method=method, rng=rng()) == pytest.approx(alone, rel=0.03)


def test_questions_that_items_share_cost_labels() -> None:
    """Clusters of five whose failures correlate by 0.3: with all labelled the design effect is 1 + 4 · 0.3 = 2.2."""
    apart = JudgedRun(failure_rate=0.3, sensitivity=0.8, specificity=0.8, judged=1000)
    shared = JudgedRun(failure_rate=0.3, sensitivity=0.8, specificity=0.8, judged=1000, clustering=1.2)
    alone, together = (needed(0.05, run, "human only") for run in (apart, shared))
    assert alone is not None
    assert together is not None
    assert together > 1.4 * alone
    width = reported_half_width(shared, together, "human only", cluster_size=5, shared=0.3)
    assert width == pytest.approx(0.05, rel=0.06)


def test_a_perfect_judge_of_endless_items_needs_hardly_any() -> None:
    run = JudgedRun(failure_rate=0.2, sensitivity=1, specificity=1, judged=10**6)
    labels = needed(0.03, run)
    assert labels is not None
    assert labels < 0.25 * (needed(0.03, run, "human only") or 0)


def test_a_judge_without_skill_saves_nothing_and_corrects_nothing() -> None:
    run = JudgedRun(failure_rate=0.2, sensitivity=0.5, specificity=0.5, judged=10_000)
    assert needed(0.04, run) == pytest.approx(needed(0.04, run, "human only") or 0, rel=0.03)
    plan = labels_for_interval(0.04, JudgedRun(0.2, 0.3, 0.7, 1000), method="Rogan-Gladen", rng=rng())
    assert plan.labels is None
    assert plan.undefined is not None
    assert "without skill" in plan.undefined


@pytest.mark.parametrize("method", METHODS)
def test_too_few_judged_units_are_said_to_be_too_few(method: Method) -> None:
    plan = labels_for_interval(0.01, JudgedRun(0.4, 0.8, 0.8, 300), method=method, rng=rng())
    assert plan.labels is None
    assert plan.undefined == "labels on all 300 judged units would not do: judge more units"
    assert dump(plan)["undefined"] == plan.undefined


@pytest.mark.parametrize("method", METHODS)
def test_the_labels_planned_reach_the_half_width_and_fewer_do_not(method: Method) -> None:
    for seed in range(10):
        draws = rng(seed)
        rate, half_width = float(draws.uniform(0.05, 0.5)), float(draws.uniform(0.03, 0.1))
        sensitivity, specificity = draws.uniform(0.6, 0.99, size=2).tolist()
        run = JudgedRun(rate, sensitivity, specificity, judged=5000)
        labels = needed(half_width, run, method)
        assert labels is not None
        widths = [
            half_width_of_labels(n, run, method=method, rng=rng(99))
            for n in (labels, max(labels * 3 // 4, 2))
        ]
        assert widths[0] <= half_width * 1.04
        assert labels == 10 or widths[1] > half_width


def test_ppi_intervals_of_ppi_python_are_about_as_wide_as_planned() -> None:
    run = JudgedRun(failure_rate=0.3, sensitivity=0.85, specificity=0.9, judged=4000)
    labels = needed(0.06, run)
    assert labels is not None
    widths = []
    for seed in range(60):
        sample = sample_of(run, labels, seed)
        chosen = sample.labelled
        low, high = ppi_mean_ci(
            sample.outcome[chosen], sample.prediction[chosen], sample.prediction[~chosen], alpha=0.05
        )
        widths.append((high - low).item() / 2)
    assert np.mean(widths) == pytest.approx(0.06, rel=0.08)


@pytest.mark.parametrize(
    "bad", [{"failure_rate": 1.0}, {"sensitivity": 1.1}, {"judged": 1}, {"clustering": -0.1}]
)
def test_impossible_runs_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"lies? in|at least"):
        JudgedRun(**({"failure_rate": 0.2, "sensitivity": 0.8, "specificity": 0.8, "judged": 100} | bad))  # type: ignore[arg-type]


def test_impossible_plans_are_refused() -> None:
    with pytest.raises(ValueError, match="half-width"):
        labels_for_interval(0.0, EVEN_RUN, rng=rng())
    with pytest.raises(ValueError, match="drawn from the judged"):
        half_width_of_labels(10_001, EVEN_RUN, rng=rng())


def test_labels_that_often_hold_no_failure_give_rogan_gladen_no_interval() -> None:
    run = JudgedRun(failure_rate=0.03, sensitivity=0.8, specificity=0.95, judged=3000)
    assert math.isinf(half_width_of_labels(50, run, method="Rogan-Gladen", rng=rng()))
