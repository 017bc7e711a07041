"""Bradley–Terry strengths by maximum likelihood, with ties as half wins or with Davidson's parameter for ties.

    P(i is better than j) = e^θi / (e^θi + e^θj)                        a tie counts as half a win of either
    P(tie) = ν √(e^θi e^θj) / (e^θi + e^θj + ν √(e^θi e^θj))            Davidson, who shares the rest as above

Only differences of strengths matter; the strengths are those that add up to 0. Newton's method on the pairs, with a
term for their sum, which the likelihood leaves open: k systems cost k² memory, whatever the number of votes.

Sources: Bradley & Terry, Biometrika 39 (1952) 324–345; Davidson, JASA 65 (1970) 317–328; Hunter, Annals of Statistics
32 (2004) 384–406.
"""

from dataclasses import dataclass

import numpy as np
import scipy

from perg.stats.base.resampling import Floats
from perg.stats.pairwise.votes import PairTable

STEPS = 100
TOLERANCE = 1e-10
LARGEST = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Parameters and their information.

    Attributes:
        strengths: (k,) adding up to 0. log_tie: log ν, None without it.
        expected: (m,) points of the lower code expected in a vote of each pair; tie: (m,) probability of a tie, 0 where
            ties are half wins.
        inverse: (p, p) generalised inverse of the information of the p parameters, the strengths first.
    """

    strengths: Floats
    log_tie: float | None
    expected: Floats
    tie: Floats
    inverse: Floats


def fit(pairs: PairTable, size: int, *, davidson: bool = False) -> Fit | None:
    """The fit to the pairs of `size` systems, or None if Newton's method does not end at finite strengths.

    Votes for which `why_no_strengths` is None have one, but for Davidson's model where there are ties and other votes.
    """
    parameters = np.zeros(size + davidson)
    if davidson:
        share = pairs.ties.sum() / pairs.n.sum()
        parameters[size] = np.log(2 * share / (1 - share))
    value = _log_likelihood(pairs, parameters, size)
    for _ in range(STEPS):
        gradient, information, _, _ = _moments(pairs, parameters, size)
        step = np.linalg.solve(information + _sum_term(parameters.size, size), gradient)
        scale = 1.0
        while True:
            moved = parameters + scale * step
            reached = _log_likelihood(pairs, moved, size)
            if reached >= value - 1e-9 * abs(value) or scale < 1e-6:
                break
            scale /= 2
        parameters, value = moved, reached
        if np.abs(parameters).max() > LARGEST:
            return None
        if np.abs(scale * step).max() < TOLERANCE:
            break
    else:
        return None
    parameters[:size] -= parameters[:size].mean()
    _, information, expected, tie = _moments(pairs, parameters, size)
    term = _sum_term(parameters.size, size)
    # The term's own inverse is itself, on the vector of ones.
    inverse = np.linalg.inv(information + term).astype(np.float64) - term
    return Fit(parameters[:size], float(parameters[size]) if davidson else None, expected, tie, inverse)


def _sum_term(parameters: int, size: int) -> Floats:
    """The projection on what the likelihood leaves open: the same added to every strength."""
    term = np.zeros((parameters, parameters))
    term[:size, :size] = 1 / size
    return term


def _log_likelihood(pairs: PairTable, parameters: Floats, size: int) -> float:
    half = (parameters[pairs.low] - parameters[pairs.high]) / 2
    total = np.logaddexp(half, -half)
    value = (2 * pairs.points - pairs.n) * half
    if parameters.size > size:
        total = np.logaddexp(total, parameters[size])
        value = value + pairs.ties * parameters[size]
    return float((value - pairs.n * total).sum())


def _moments(pairs: PairTable, parameters: Floats, size: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Gradient (p,), information (p, p), and by pair the expected points and probability of a tie."""
    difference = parameters[pairs.low] - parameters[pairs.high]
    decided = scipy.special.expit(difference)
    if parameters.size > size:
        tie: Floats = scipy.special.expit(parameters[size] - np.logaddexp(difference / 2, -difference / 2))
    else:
        tie = np.zeros(difference.size)
    expected = (1 - tie) * decided + tie / 2
    variance = (1 - tie) * decided + tie / 4 - expected**2
    gradient = np.zeros(parameters.size)
    information = np.zeros((parameters.size, parameters.size))
    residual, weight = pairs.points - pairs.n * expected, pairs.n * variance
    np.add.at(gradient, pairs.low, residual)
    np.add.at(gradient, pairs.high, -residual)
    information[pairs.low, pairs.high] = -weight
    information[pairs.high, pairs.low] = -weight
    information[np.arange(size), np.arange(size)] = -information[:size, :size].sum(axis=1)
    if parameters.size > size:
        together = pairs.n * tie * (0.5 - expected)  # of points and ties
        cross = np.zeros(size)
        np.add.at(cross, pairs.low, together)
        np.add.at(cross, pairs.high, -together)
        information[size, :size] = information[:size, size] = cross
        information[size, size] = float((pairs.n * tie * (1 - tie)).sum())
        gradient[size] = float((pairs.ties - pairs.n * tie).sum())
    return gradient, information, expected, tie
