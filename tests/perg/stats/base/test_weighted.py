"""Shares of a population from a stratified sample: against hand-derived fractions, limits, and many draws."""

import numpy as np
import pytest

from perg.stats.base.proportions import wilson_interval
from perg.stats.base.weighted import NOTHING_LABELLED, StratifiedCounts, stratified_share


def _counts(*strata: tuple[float, int, int, int]) -> StratifiedCounts:
    table = np.array(strata, dtype=np.float64).reshape(-1, 4)
    whole = table[:, 1:].astype(np.int64)
    return StratifiedCounts(table[:, 0], whole[:, 0], whole[:, 1], whole[:, 2])


def test_each_stratum_counts_for_its_part_of_the_population() -> None:
    # 100 units sampled 1 in 2 with 25 of 50 hits, 900 sampled 1 in 18 with 5 of 50: (50 + 90) / 1000.
    share = stratified_share(_counts((100, 50, 50, 25), (900, 50, 50, 5)))
    assert share.weighted.value == pytest.approx(0.14)
    assert share.unweighted.value == pytest.approx(0.30)
    assert share.weighted.n == share.unweighted.n == 100
    # Variance by hand: Σ (N_h / N)² (1 − f_h) p(1 − p) / n_h, each p with four pseudo-units at 14%.
    small, large = (25 + 4 * 0.14) / 54, (5 + 4 * 0.14) / 54
    variance = (0.01 * 0.5 * small * (1 - small) + 0.81 * (17 / 18) * large * (1 - large)) / 50
    assert (share.weighted.low, share.weighted.high) == pytest.approx(_wilson(0.14, 0.14 * 0.86 / variance))


def _wilson(share: float, n: float) -> tuple[float, float]:
    z2 = 1.959963984540054**2
    middle, root = share + z2 / (2 * n), (z2 * share * (1 - share) / n + z2**2 / (4 * n * n)) ** 0.5
    return (middle - root) / (1 + z2 / n), (middle + root) / (1 + z2 / n)


def test_a_domain_is_a_ratio_of_estimated_totals() -> None:
    # The domain is 10 of 20 (stands for 50 of 100) with 4 hits, and 30 of 60 (stands for 30 of 60) with 3.
    share = stratified_share(_counts((100, 20, 10, 4), (60, 60, 30, 3)))
    assert share.weighted.value == pytest.approx((4 * 5 + 3) / (50 + 30))
    assert share.weighted.n == 40


def test_with_one_chance_for_all_weighted_is_unweighted_and_nearly_wilson() -> None:
    share = stratified_share(_counts((100_000, 200, 200, 60)))
    assert share.weighted.value == share.unweighted.value == 0.3
    assert (share.weighted.low, share.weighted.high) == pytest.approx(wilson_interval(60, 200), abs=1e-3)


def test_a_census_has_no_sampling_error_and_says_so() -> None:
    share = stratified_share(_counts((40, 40, 30, 6), (10, 10, 10, 1)))
    assert share.is_census
    assert share.weighted.value == pytest.approx(7 / 40)
    assert (share.weighted.low, share.weighted.high) == (None, None)


@pytest.mark.parametrize("hits", [0, 1])
def test_a_share_of_none_or_all_still_has_a_width(hits: int) -> None:
    share = stratified_share(_counts((100, 5, 5, 5 * hits), (500, 5, 5, 5 * hits)))
    assert share.weighted.value == hits
    assert share.weighted.low is not None
    assert share.weighted.high is not None
    assert share.weighted.high - share.weighted.low > 0.2


def test_strata_that_do_not_vary_inside_do_not_claim_certainty() -> None:
    share = stratified_share(_counts((100, 10, 10, 10), (100, 10, 10, 0)))
    assert share.weighted.value == 0.5
    assert share.weighted.low is not None
    assert share.weighted.low < 0.4


def test_strata_with_one_label_each_make_an_interval_as_wide_as_one_stratum() -> None:
    many = stratified_share(_counts(*[(50, 1, 1, int(i < 12)) for i in range(40)])).weighted
    one = stratified_share(_counts((2000, 40, 40, 12))).weighted
    assert many.value == one.value
    assert (many.high or 0) - (many.low or 0) == pytest.approx((one.high or 0) - (one.low or 0), rel=0.15)


def test_strata_without_a_label_are_left_out_and_told() -> None:
    share = stratified_share(_counts((100, 10, 10, 2), (300, 0, 0, 0)))
    assert share.weighted.value == pytest.approx(0.2)
    assert share.covered == pytest.approx(0.25)


def test_without_labels_there_is_a_reason_and_no_number() -> None:
    for share in (stratified_share(_counts()), stratified_share(_counts((10, 0, 0, 0), (10, 3, 0, 0)))):
        assert share.weighted.undefined == share.unweighted.undefined == NOTHING_LABELLED


@pytest.mark.parametrize(
    "stratum", [(0, 0, 0, 0), (10, 11, 1, 1), (10, 5, 6, 1), (10, 5, 5, 6), (10, 5, 5, -1)]
)
def test_counts_that_cannot_be_are_refused(stratum: tuple[float, int, int, int]) -> None:
    with pytest.raises(ValueError, match=r"stratum|domain"):
        _counts(stratum)


def test_over_many_draws_it_is_unbiased_and_its_interval_covers() -> None:
    """Strata of 200 and 1,800 with 120 and 90 failures in a domain of 150 and 1,500, half the sample from each."""
    rng = np.random.default_rng(7)
    strata = [np.repeat([2, 1, 0], [120, 30, 50]), np.repeat([2, 1, 0], [90, 1410, 300])]
    truth = 210 / 1650
    shares = []
    for _ in range(2000):
        drawn = [rng.choice(stratum, 60, replace=False) for stratum in strata]
        shares.append(
            stratified_share(
                _counts(
                    *(
                        (stratum.size, 60, int((some > 0).sum()), int((some == 2).sum()))
                        for stratum, some in zip(strata, drawn, strict=True)
                    )
                )
            )
        )
    weighted = np.array([share.weighted.value for share in shares])
    assert abs(weighted.mean() - truth) < 0.1 * weighted.std()
    assert np.mean([share.unweighted.value or 0 for share in shares]) - truth > 5 * weighted.std()
    inside = [(share.weighted.low or 0) <= truth <= (share.weighted.high or 0) for share in shares]
    assert 0.92 <= np.mean(inside) <= 0.98
