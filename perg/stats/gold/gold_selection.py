"""Gold for many tasks at once: what a rule decides on each, what goes into a release, and what not and why.

Arrays rather than a table of tasks by raters: a million tasks with three labels each take some fifty megabytes.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perg.stats.gold.aggregation import Rule, aggregate
from perg.stats.gold.gold_criteria import GoldCriteria
from perg.stats.ratings.ratings import BINARY, RatingTable

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Codes = NDArray[np.int8]
Flags = NDArray[np.bool_]

MOST_RATINGS = 300_000
"""Votes that Dawid–Skene and MACE are fitted to at most: the fit holds tasks by raters in memory, and takes minutes."""

FOLLOWED, NOT_FOLLOWED, UNDECIDED = 1, 0, -1
"""Codes of `GoldSelection.followed`."""

STATUSES = ("unanimous", "majority", "median", "model", "adjudicated", "tied", "unlabelled", "single")
"""How a decision came about, by the codes of `GoldSelection.status`; see annotations.models.gold.GoldStatus."""
_UNANIMOUS, _MAJORITY, _MEDIAN, _MODEL, _ADJUDICATED, _TIED, _UNLABELLED, _SINGLE = range(len(STATUSES))

REASONS = (
    "",
    "state",
    "unlabelled",
    "tied",
    "few_labels",
    "low_agreement",
    "low_confidence",
    "more_wanted",
    "disputed",
)
"""Why a task is left out, by the codes of `GoldSelection.reason`; the first that holds is given, none: it goes in."""
_GOES_IN, _STATE, _NO_LABEL, _TIE, _FEW, _DISAGREED, _UNSURE, _MORE_WANTED, _DISPUTED = range(len(REASONS))


class TooManyRatings(ValueError):
    """More votes than the models of raters are fitted to."""


@dataclass(frozen=True, slots=True, eq=False)
class TaskVotes:
    """Tasks and the votes on them.

    Attributes:
        tasks: (n_tasks,) keys, ascending. states: (n_tasks,) of each task, as in `GoldCriteria.states`.
        decision: (n_tasks,) the adjudicator's score in force, NaN where there is none.
        unit: (n_votes,) the task's place in `tasks`. rater: (n_votes,) a number for each person.
        score: (n_votes,) on the scale.
    """

    tasks: Ints
    states: NDArray[np.str_]
    decision: Floats
    unit: Ints
    rater: Ints
    score: Codes


@dataclass(frozen=True, slots=True, eq=False)
class GoldSelection:
    """What is decided on each task, and whether it goes in; all arrays are (n_tasks,), in the order of `tasks`.

    Attributes:
        followed: FOLLOWED, NOT_FOLLOWED or UNDECIDED.
        score: median of the votes, or the adjudicator's score; NaN where there are none.
        votes: how many votes. agreement: share of them that say the decision, NaN without decision, and of one vote,
            which agrees with nobody.
        confidence: the model's probability of the decision; NaN under rules that have no model.
        status: codes of STATUSES. reason: codes of REASONS.
    """

    criteria: GoldCriteria
    tasks: Ints
    followed: Codes
    score: Floats
    votes: Ints
    agreement: Floats
    confidence: Floats
    status: Codes
    reason: Codes

    @property
    def goes_in(self) -> Flags:
        """(n_tasks,) whether the task is in the release."""
        inside: Flags = self.reason == _GOES_IN
        return inside

    def counts(self) -> "SelectionCounts":
        """How many tasks go in, as what, and how many do not, by reason."""
        inside = self.goes_in
        statuses = np.bincount(self.status[inside], minlength=len(STATUSES))
        reasons = np.bincount(self.reason, minlength=len(REASONS))
        return SelectionCounts(
            tasks=int(self.tasks.size),
            included=int(inside.sum()),
            followed=int((self.followed[inside] == FOLLOWED).sum()),
            not_followed=int((self.followed[inside] == NOT_FOLLOWED).sum()),
            unresolved=int((self.followed[inside] == UNDECIDED).sum()),
            statuses={name: int(n) for name, n in zip(STATUSES, statuses, strict=True) if n},
            left_out={name: int(n) for name, n in zip(REASONS, reasons, strict=True) if name and n},
        )

    def left_out_for(self, reason: str) -> Ints:
        """Keys of the tasks that are left out for this one of REASONS, ascending."""
        keys: Ints = self.tasks[self.reason == REASONS.index(reason)]
        return keys

    def fingerprint(self) -> str:
        """SHA-256 (hex) of all that is decided: the same as long as a release would say the same."""
        digest = hashlib.sha256(self.criteria.model_dump_json().encode())
        for array in (self.tasks, self.followed, self.score, self.votes, self.status, self.reason):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class SelectionCounts:
    """Counts of a selection: tasks in all, those that go in by decision and by status, those left out by reason."""

    tasks: int
    included: int
    followed: int
    not_followed: int
    unresolved: int
    statuses: dict[str, int]
    left_out: dict[str, int]

    @property
    def left_out_count(self) -> int:
        """Tasks left out, for whatever reason."""
        return self.tasks - self.included


def select_gold(task_votes: TaskVotes, criteria: GoldCriteria, *, threshold: int) -> GoldSelection:
    """Decide every task by the criteria's rule on [score >= threshold], and say what goes in.

    Raises:
        TooManyRatings: a model of raters is asked for on more votes than MOST_RATINGS.
    """
    size = task_votes.tasks.size
    votes = np.bincount(task_votes.unit, minlength=size)
    in_favour = np.bincount(task_votes.unit[task_votes.score >= threshold], minlength=size)
    score = _medians(task_votes, votes)
    followed, confidence = _decided(task_votes, criteria.rule, votes, in_favour, score, threshold)
    status = _statuses(criteria.rule, followed, votes, in_favour)
    if criteria.adjudicated_first:
        is_decided = ~np.isnan(task_votes.decision)
        followed[is_decided] = task_votes.decision[is_decided] >= threshold
        score[is_decided], confidence[is_decided], status[is_decided] = (
            task_votes.decision[is_decided],
            np.nan,
            _ADJUDICATED,
        )
    saying = np.where(followed == FOLLOWED, in_favour, votes - in_favour)
    share = np.where((votes > 0) & (followed != UNDECIDED), saying / np.maximum(votes, 1), np.nan)
    agreement = np.where(votes > 1, share, np.nan)
    reason = _reasons(task_votes, criteria, status, votes, share, confidence)
    return GoldSelection(
        criteria, task_votes.tasks, followed, score, votes, agreement, confidence, status, reason
    )


def _medians(task_votes: TaskVotes, votes: Ints) -> Floats:
    """(n_tasks,) median score, NaN without votes."""
    ordered = task_votes.score[np.lexsort((task_votes.score, task_votes.unit))].astype(np.float64)
    medians = np.full(votes.size, np.nan)
    some = votes > 0
    first = (np.cumsum(votes) - votes)[some]
    medians[some] = (ordered[first + (votes[some] - 1) // 2] + ordered[first + votes[some] // 2]) / 2
    return medians


def _decided(
    task_votes: TaskVotes, rule: Rule, votes: Ints, in_favour: Ints, score: Floats, threshold: int
) -> tuple[Codes, Floats]:
    """Decision and, of a model, its confidence."""
    unsure = np.full(votes.size, np.nan)
    if rule == "median":
        cut = np.where(np.isnan(score), UNDECIDED, score >= threshold)
        return cut.astype(np.int8), unsure
    if rule == "majority":
        against = votes - in_favour
        decided = np.where(in_favour == against, UNDECIDED, in_favour > against)
        return decided.astype(np.int8), unsure
    return _fitted(task_votes, rule, threshold)


def _fitted(task_votes: TaskVotes, rule: Rule, threshold: int) -> tuple[Codes, Floats]:
    """Followed or not by a model of the raters, fitted to the tasks that have votes."""
    if task_votes.unit.size > MOST_RATINGS:
        raise TooManyRatings(
            f"there are {task_votes.unit.size:,} votes; Dawid–Skene and MACE are fitted to {MOST_RATINGS:,} at most"
        )
    followed = np.full(task_votes.tasks.size, UNDECIDED, dtype=np.int8)
    confidence = np.full(task_votes.tasks.size, np.nan)
    units, unit = np.unique(task_votes.unit, return_inverse=True)
    raters, rater = np.unique(task_votes.rater, return_inverse=True)
    if units.size == 0:
        return followed, confidence
    values = np.full((units.size, raters.size), np.nan)
    values[unit, rater] = task_votes.score >= threshold
    names = tuple(str(number) for number in raters.tolist())
    fitted = aggregate(RatingTable(tuple(units.tolist()), names, values, BINARY), rule)
    known = ~np.isnan(fitted.labels)
    followed[units[known]] = fitted.labels[known]
    confidence[units] = fitted.confidence
    return followed, confidence


def _statuses(rule: Rule, followed: Codes, votes: Ints, in_favour: Ints) -> Codes:
    by_rule = {"majority": _MAJORITY, "median": _MEDIAN}.get(rule, _MODEL)
    status = np.full(votes.size, by_rule, dtype=np.int8)
    if by_rule != _MODEL:
        status[(in_favour == 0) | (in_favour == votes)] = _UNANIMOUS
        status[votes == 1] = _SINGLE
    status[followed == UNDECIDED] = _TIED
    status[votes == 0] = _UNLABELLED
    return status


def _reasons(
    task_votes: TaskVotes,
    criteria: GoldCriteria,
    status: Codes,
    votes: Ints,
    share: Floats,
    confidence: Floats,
) -> Codes:
    """The first threshold that each task fails; `share` is that of the votes that say the decision."""
    resolved = (status != _TIED) & (status != _UNLABELLED)
    by_votes = resolved & (status != _ADJUDICATED)
    in_no_state = ~np.isin(task_votes.states, criteria.states)
    failed = [
        ((status == _UNLABELLED) & (not criteria.include_unresolved), _NO_LABEL),
        ((status == _TIED) & (not criteria.include_unresolved), _TIE),
        (by_votes & (votes < (criteria.minimum_labels or 0)), _FEW),
        (in_no_state & (task_votes.states == "open"), _MORE_WANTED),
        (in_no_state & (task_votes.states == "disputed"), _DISPUTED),
        (in_no_state, _STATE),
        (by_votes & (share < criteria.minimum_agreement), _DISAGREED),
        (by_votes & (confidence < criteria.minimum_confidence), _UNSURE),
    ]
    return np.select([bar for bar, _ in failed], [code for _, code in failed], default=_GOES_IN).astype(
        np.int8
    )
