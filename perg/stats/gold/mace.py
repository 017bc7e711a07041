"""MACE: raters who know the label, or guess by a habit of their own.

A rater knows the true label of a unit with a probability of their own, and otherwise gives a label by their own
distribution, whatever the truth. Fitted by variational Bayes with the priors of the authors' program and of
`crowd-kit` from several random starts, of which the most likely one is used. Labels that nobody gave a unit are all
equally likely there, so they are counted, not listed.

Source: Hovy, Berg-Kirkpatrick, Vaswani & Hovy, Learning Whom to Trust with MACE, NAACL-HLT (2013) 1120–1130.
"""

import numpy as np
import scipy

from perg.stats.base.resampling import Floats
from perg.stats.gold.dawid_skene import ModelFit
from perg.stats.gold.rating_patterns import Candidates, RatingPatterns, observed_labels

STARTS = 10
TOLERANCE = 1e-6
"""A fit has converged where a step changes no probability of a label by more."""

MOST_STEPS = 2_000
KNOWING_PRIOR = 0.5  # of knowing, and of guessing
LABEL_PRIOR = 10.0  # of each label that a rater may guess
NOISE = 0.5  # of the random starts


def fit_mace(
    patterns: RatingPatterns,
    *,
    rng: np.random.Generator,
    starts: int = STARTS,
    tolerance: float = TOLERANCE,
    most_steps: int = MOST_STEPS,
) -> ModelFit:
    """The likeliest of the fits from `starts` random competences.

    The probability that is left of a pattern's labels is that of the labels that nobody gave it.
    """
    model = _Mace(patterns)
    fits = [model.fit(rng, tolerance, most_steps) for _ in range(starts)]
    return max(fits, key=lambda fit: fit.log_likelihoods[-1])


class _Mace:
    def __init__(self, patterns: RatingPatterns) -> None:
        self.patterns = patterns
        self.candidates, _ = observed_labels(patterns)
        keys = self.candidates.pattern * patterns.size + self.candidates.label
        self.own = np.searchsorted(keys, patterns.pattern * patterns.size + patterns.label)
        self.raters = patterns.codes.shape[1]
        self.habit = np.unique(patterns.rater * patterns.size + patterns.label, return_inverse=True)[1]
        self.times = patterns.times[patterns.pattern].astype(np.float64)
        # Every label that nobody gave a pattern, and with them one entry a pattern in the sums over labels.
        self.unsaid = patterns.size - np.bincount(self.candidates.pattern)
        every = np.concatenate([self.candidates.pattern, np.flatnonzero(self.unsaid)])
        self.order = np.argsort(every, kind="stable")
        self.every = Candidates(every[self.order], np.empty(0, dtype=np.int64))

    def fit(self, rng: np.random.Generator, tolerance: float, most_steps: int) -> ModelFit:
        """From a random start to where the probabilities stay."""
        competence = 1 + NOISE * rng.random((self.raters, 2))
        competence /= competence.sum(axis=1, keepdims=True)
        habits = 1 + NOISE * rng.random((self.raters, self.patterns.size))
        habits /= habits.sum(axis=1, keepdims=True)
        rater = self.patterns.rater
        guessed = competence[rater, 0] * habits[rater, self.patterns.label]
        posterior, knowing, log_likelihood = self.expected(competence[rater, 1], guessed)
        log_likelihoods = [log_likelihood]
        for _ in range(most_steps):
            updated, knowing, log_likelihood = self.expected(*self.parameters(knowing))
            log_likelihoods.append(log_likelihood)
            change = float(np.abs(updated - posterior).max())
            posterior = updated
            if change <= tolerance:
                return ModelFit(self.candidates, posterior, tuple(log_likelihoods), True)
        return ModelFit(self.candidates, posterior, tuple(log_likelihoods), False)

    def parameters(self, knowing: Floats) -> tuple[Floats, Floats]:
        """The weight of knowing at each rating, and of guessing its label, both (t,), from the chance of knowing (t,).

        Weights of variational Bayes: they add up to a little less than 1.
        """
        rater = self.patterns.rater
        known = np.bincount(rater, weights=self.times * knowing, minlength=self.raters)
        guessed = np.bincount(rater, weights=self.times * (1 - knowing), minlength=self.raters)
        of_habit = np.bincount(self.habit, weights=self.times * (1 - knowing))[self.habit]
        all_ratings = scipy.special.digamma(known + guessed + 2 * KNOWING_PRIOR)
        knows = np.exp(scipy.special.digamma(known + KNOWING_PRIOR) - all_ratings)
        guesses = np.exp(scipy.special.digamma(guessed + KNOWING_PRIOR) - all_ratings)
        all_labels = scipy.special.digamma(guessed + LABEL_PRIOR * self.patterns.size)
        habits = np.exp(scipy.special.digamma(of_habit + LABEL_PRIOR) - all_labels[rater])
        return knows[rater], guesses[rater] * habits

    def expected(self, known: Floats, guessed: Floats) -> tuple[Floats, Floats, float]:
        """Probabilities of the labels said (c,), of knowing at each rating (t,), and the log-likelihood."""
        base = np.bincount(self.patterns.pattern, weights=np.log(guessed))
        gain = np.bincount(self.own, weights=np.log1p(known / guessed), minlength=self.candidates.label.size)
        unsaid = np.flatnonzero(self.unsaid)
        joint = np.concatenate(
            [base[self.candidates.pattern] + gain, base[unsaid] + np.log(self.unsaid[unsaid])]
        )
        probabilities, log_likelihood = self.every.normalised(
            joint[self.order] - np.log(self.patterns.size), self.patterns.times
        )
        posterior = np.empty(joint.size)
        posterior[self.order] = probabilities
        posterior = posterior[: self.candidates.label.size]
        return posterior, posterior[self.own] * known / (known + guessed), log_likelihood
