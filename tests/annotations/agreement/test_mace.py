"""The fit over patterns of ratings against crowd-kit's own, which goes from rating to rating."""

import numpy as np
import pandas as pd
import pytest
from crowdkit.aggregation import MACE

from annotations.agreement.mace import PatternMACE


def ratings(seed: int) -> pd.DataFrame:
    """Raters of whom some guess, a third of the ratings missing, as `aggregation` numbers them."""
    rng = np.random.default_rng(seed)
    n, raters, labels = int(rng.integers(2, 120)), int(rng.integers(2, 6)), int(rng.integers(2, 5))
    truth = rng.integers(labels, size=(n, 1))
    codes = np.where(rng.random((n, raters)) < 0.7, truth, rng.integers(labels, size=(n, raters)))
    tasks, workers = np.nonzero(rng.random((n, raters)) < 0.7)
    found = {"task": tasks, "worker": workers, "label": codes[tasks, workers]}
    return pd.DataFrame({name: pd.factorize(column)[0] for name, column in found.items()})


@pytest.mark.parametrize("method", ["vb", "em"])
@pytest.mark.parametrize("seed", range(8))
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_fit_is_crowd_kits(seed: int, method: str) -> None:
    data = ratings(seed)
    plain, found = (
        kind(n_restarts=1, n_iter=10, random_state=seed, method=method).fit(data)
        for kind in (MACE, PatternMACE)
    )
    assert plain.probas_ is not None
    assert found.probas_ is not None
    assert found.probas_.index.tolist() == plain.probas_.index.tolist()
    assert found.probas_[plain.probas_.columns].to_numpy() == pytest.approx(
        plain.probas_.to_numpy(), abs=1e-10
    )
    assert found.thetas_ == pytest.approx(plain.thetas_, abs=1e-10)
    assert found.spamming_ == pytest.approx(plain.spamming_, abs=1e-10)
