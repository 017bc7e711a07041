"""Dawid and Skene's model of several raters, fitted to its maximum by expectation maximisation.

Every unit has one true label, and every rater a confusion matrix. Started from the shares of the ratings, as Dawid and
Skene do, a label that some rater's confusion matrix rules out keeps probability 0 throughout. So only the labels that a
unit can have at all, and the cells of the confusion matrices that can be positive, are held: memory grows with the
ratings, not with the square of the labels.

Source: Dawid & Skene, Applied Statistics 28 (1979) 20–28.
"""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from perg.stats.base.resampling import Floats
from perg.stats.gold.rating_patterns import Candidates, RatingPatterns, observed_labels

Places = NDArray[np.signedinteger]

TOLERANCE = 1e-7
"""The fit has converged where a step changes no probability of a label by more."""

MOST_STEPS = 20_000
BLOCK_PATTERNS = 4096  # patterns whose possible labels are looked for at a time


@dataclass(frozen=True, slots=True, eq=False)
class ModelFit:
    """A model where its fit ended.

    Attributes:
        candidates: the labels that each pattern of ratings can have. posterior: (c,) their probabilities.
        log_likelihoods: (steps,) of the ratings, natural logarithm, at each step.
        converged: whether the last step changed nothing any more; else the steps ran out.
    """

    candidates: Candidates
    posterior: Floats
    log_likelihoods: tuple[float, ...]
    converged: bool


def fit_dawid_skene(
    patterns: RatingPatterns, *, tolerance: float = TOLERANCE, most_steps: int = MOST_STEPS
) -> ModelFit:
    """The model's maximum that the shares of the ratings lead to."""
    model = _DawidSkene(patterns)
    posterior, log_likelihoods = model.start, []
    for _ in range(most_steps):
        updated, log_likelihood = model.step(posterior)
        log_likelihoods.append(log_likelihood)
        change = float(np.abs(updated - posterior).max())
        posterior = updated
        if change <= tolerance:
            return ModelFit(model.candidates, posterior, tuple(log_likelihoods), True)
    return ModelFit(model.candidates, posterior, tuple(log_likelihoods), False)


class _DawidSkene:
    """The possible labels of each pattern, and the cells of the raters' confusion matrices that each label uses."""

    def __init__(self, patterns: RatingPatterns) -> None:
        observed, shares = observed_labels(patterns)
        answers, answer = np.unique(patterns.rater * patterns.size + patterns.label, return_inverse=True)
        rated = _ones(patterns.pattern, answer, (patterns.times.size, answers.size))
        self.patterns, self.candidates = patterns, _possible_labels(rated, observed, patterns.size)
        keys = self.candidates.pattern * patterns.size + self.candidates.label
        self.start = np.zeros(keys.size)
        self.start[np.searchsorted(keys, observed.pattern * patterns.size + observed.label)] = shares
        self.times = patterns.times[self.candidates.pattern].astype(np.float64)
        # A cell is a rater's answer and a true label; a row of a confusion matrix is a rater and a true label.
        candidate, of_answer = rated[self.candidates.pattern].nonzero()
        truth = self.candidates.label[candidate]
        cells, cell = np.unique(of_answer * patterns.size + truth, return_inverse=True)
        self.uses = _ones(candidate, cell, (keys.size, cells.size))
        self.used_by = self.uses.T.tocsr()
        rater = answers[cells // patterns.size] // patterns.size
        self.row = np.unique(rater * patterns.size + cells % patterns.size, return_inverse=True)[1]

    def step(self, posterior: Floats) -> tuple[Floats, float]:
        """From probabilities (c,) to the parameters likeliest under them, to new probabilities and log-likelihood."""
        weights = posterior * self.times
        counts = self.used_by @ weights
        in_row = np.bincount(self.row, weights=counts)[self.row]
        prior = np.bincount(self.candidates.label, weights=weights, minlength=self.patterns.size)
        with np.errstate(divide="ignore"):
            answers = np.log(np.divide(counts, in_row, out=np.zeros(counts.size), where=in_row > 0))
            priors = np.log(prior / prior.sum())
        joint = self.uses @ answers + priors[self.candidates.label]
        return self.candidates.normalised(joint, self.patterns.times)


def _possible_labels(rated: "scipy.sparse.csr_array", observed: Candidates, size: int) -> Candidates:
    """The labels that every rater of a pattern may have confused with the answer given.

    A rater may have confused an answer with a label where the two meet in a pattern, this rater's answer and anybody's
    label. `rated` is (p, answers): which rater gave which answer.
    """
    labels = _ones(observed.pattern, observed.label, (rated.shape[0], size))
    confusable = ((rated.T @ labels) > 0).astype(np.float64)
    patterns, possible = [], []
    for start in range(0, rated.shape[0], BLOCK_PATTERNS):
        block = rated[start : start + BLOCK_PATTERNS]
        agreeing = (block @ confusable).tocoo()
        everybody = agreeing.data == block.sum(axis=1)[agreeing.row]
        patterns.append(agreeing.row[everybody].astype(np.int64) + start)
        possible.append(agreeing.col[everybody].astype(np.int64))
    pattern, label = np.concatenate(patterns), np.concatenate(possible)
    order = np.lexsort((label, pattern))
    return Candidates(pattern[order], label[order])


def _ones(rows: Places, columns: Places, shape: tuple[int, int]) -> "scipy.sparse.csr_array":
    return scipy.sparse.csr_array((np.ones(rows.size), (rows, columns)), shape=shape)
