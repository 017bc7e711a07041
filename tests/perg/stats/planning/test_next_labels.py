import itertools

import numpy as np
import pytest

from perg.stats.planning.next_labels import disagreement_strata, next_labels

NAN = np.nan


def test_strata_count_the_judges_that_report_a_failure() -> None:
    verdicts = np.array([[1.0, 1], [0, 1], [0, 0], [NAN, 0], [NAN, NAN]])
    assert disagreement_strata(verdicts).tolist() == [0, 1, 2, 1, -1]


def test_the_allocation_is_the_best_of_all() -> None:
    """Three strata, seven labels: no other way of giving them has a smaller variance Σ N²s²/n."""
    sizes, labelled, failures = (60, 25, 15), (4, 3, 2), (0, 1, 1)
    strata = np.repeat([0, 1, 2], sizes)
    failed = np.full(100, NAN)
    for stratum in range(3):
        rows = np.flatnonzero(strata == stratum)[: labelled[stratum]]
        failed[rows] = np.arange(rows.size) < failures[stratum]
    plan = next_labels(strata, failed, count=7, rng=np.random.default_rng(0))
    spreads = [stratum.spread for stratum in plan.strata]
    assert spreads[0] == pytest.approx(np.sqrt(1 / 6 * 5 / 6))

    def variance(extra: tuple[int, ...]) -> float:
        return float(
            sum((n * s) ** 2 / (m + e) for n, s, m, e in zip(sizes, spreads, labelled, extra, strict=True))
        )

    best = min((extra for extra in itertools.product(range(8), repeat=3) if sum(extra) == 7), key=variance)
    assert tuple(stratum.wanted for stratum in plan.strata) == best
    assert [stratum.chance for stratum in plan.strata] == pytest.approx(
        [e / (n - m) for e, n, m in zip(best, sizes, labelled, strict=True)]
    )


def test_split_judges_are_asked_about_first() -> None:
    """Unanimous strata without a surprise in 50 labels, and a split one, half failures: it gets most labels."""
    strata = np.repeat([0, 1, 2], [400, 100, 100])
    failed = np.full(600, NAN)
    failed[:50], failed[400:450], failed[500:550] = 0, np.arange(50) % 2, 1
    plan = next_labels(strata, failed, count=30, rng=np.random.default_rng(0))
    wanted = {stratum.stratum: stratum.wanted for stratum in plan.strata}
    assert sum(wanted.values()) == 30
    assert wanted[1] / 100 > 2 * wanted[0] / 400
    assert wanted[2] == 0
    assert [stratum.failure_rate.value for stratum in plan.strata] == [0, 0.5, 1]


def test_every_stratum_gets_a_first_label_before_any_gets_a_second() -> None:
    strata = np.repeat([5, 6, 7], [1000, 10, 1])
    plan = next_labels(strata, np.full(1011, NAN), count=3, rng=np.random.default_rng(0))
    assert [stratum.wanted for stratum in plan.strata] == [1, 1, 1]
    assert strata[plan.units].tolist() == [5, 6, 7]
    assert plan.strata[0].failure_rate.undefined


def test_only_unlabelled_units_are_named_each_once_and_in_order_of_worth() -> None:
    for seed in range(50):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(1, 200))
        strata = rng.integers(0, 4, size=n)
        failed = np.where(rng.random(n) < 0.4, rng.integers(0, 2, size=n), NAN).astype(float)
        plan = next_labels(strata, failed, count=20, rng=rng)
        assert plan.units.size == min(20, int(np.isnan(failed).sum()))
        assert np.unique(plan.units).size == plan.units.size
        assert np.isnan(failed[plan.units]).all()
        assert sum(stratum.wanted for stratum in plan.strata) == plan.units.size
        shorter = next_labels(strata, failed, count=7, rng=np.random.default_rng(9))
        longer = next_labels(strata, failed, count=15, rng=np.random.default_rng(9))
        assert longer.units[:7].tolist() == shorter.units.tolist()


def test_units_of_a_stratum_are_drawn_at_random() -> None:
    strata, failed = np.zeros(10, dtype=np.int64), np.full(10, NAN)
    drawn = [next_labels(strata, failed, count=1, rng=np.random.default_rng(s)).units[0] for s in range(300)]
    assert np.bincount(drawn, minlength=10).min() >= 12


@pytest.mark.parametrize("failed", [np.empty(0), np.ones(3)], ids=["empty", "all labelled"])
def test_nothing_left_to_label(failed: np.ndarray) -> None:
    plan = next_labels(np.zeros(failed.size, dtype=np.int64), failed, count=100, rng=np.random.default_rng(0))
    assert plan.units.size == 0


def test_labels_on_a_scale_are_refused() -> None:
    with pytest.raises(ValueError, match="0 or 1"):
        next_labels(np.zeros(2, dtype=np.int64), np.array([3.0, NAN]), count=1, rng=np.random.default_rng(0))
