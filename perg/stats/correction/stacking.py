"""Several judges as one predictor of what people say, fitted so that no label predicts itself.

Labels are split into folds, whole questions together. A labelled item is predicted by the fit to the other folds, an
item without a label by the mean of all fits. Each fit then meets items it has not seen, labelled or not, so that the
differences in PPI++ have expectation 0 and the rate stays without bias, however poor the stack is.

Source: Zrnic & Candès, Cross-prediction-powered inference, PNAS 121 (2024) e2322083121, arXiv 2309.16598.
"""

import numpy as np

from perg.stats.base.resampling import Clusters, Floats
from perg.stats.ratings.ratings import Codes, Ratings

FOLDS = 5


def stacked_predictions(
    scores: Ratings,
    outcome: Ratings,
    *,
    cluster: Clusters | None = None,
    rng: np.random.Generator,
) -> Floats:
    """Predicted probability of a failure of each of N items, in [0, 1], from J judges.

    Args:
        scores: (N, J) of any scale, all there: leave out items that a judge has not scored, or the judge.
        outcome: (N,) 1 = failure, 0 = none, NaN = no label.
        cluster: (N,) ids; items on one question share a fold.

    A fold whose other labels are all alike, or fewer than two, predicts their mean (one half without any). Feed the
    result to `JudgedSample`.

    Raises:
        ValueError: shapes that do not fit, or a missing score.
    """
    if scores.ndim != 2 or outcome.shape != scores.shape[:1]:
        raise ValueError("scores are items by judges, outcome has one entry per item")
    if np.isnan(scores).any():
        raise ValueError("a score is missing: leave out the item or the judge")
    labelled = ~np.isnan(outcome)
    fold = _folds(labelled, np.arange(outcome.size) if cluster is None else cluster, rng)
    scaled = (scores - scores.mean(axis=0)) / np.maximum(scores.std(axis=0), 1e-12)
    predicted = np.zeros(outcome.size)
    for this in range(FOLDS):
        of_fold = _fit_and_predict(scaled, outcome, labelled & (fold != this))
        predicted += np.where(labelled, np.where(fold == this, of_fold, 0), of_fold / FOLDS)
    return np.clip(predicted, 0, 1)


def _folds(labelled: np.ndarray, cluster: Clusters, rng: np.random.Generator) -> Codes:
    """A fold for each item (N,): clusters with labels dealt out in random order."""
    ids, inverse = np.unique(cluster, return_inverse=True)
    with_labels = np.bincount(inverse, labelled.astype(np.float64)) > 0
    dealt = np.zeros(ids.size, dtype=np.int64)
    dealt[with_labels] = rng.permutation(np.arange(int(with_labels.sum())) % FOLDS)
    fold: Codes = dealt[inverse]
    return fold


def _fit_and_predict(scores: Floats, outcome: Ratings, train: np.ndarray) -> Floats:
    outcomes = outcome[train]
    if outcomes.size < 2 or np.ptp(outcomes) == 0:
        return np.full(outcome.size, outcomes.mean() if outcomes.size else 0.5)
    # Imported where it is needed: it takes a second and sixty megabytes, which every worker would pay for.
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=1.0, max_iter=1000).fit(scores[train], outcomes)
    return np.asarray(fitted.predict_proba(scores)[:, 1], dtype=np.float64)
