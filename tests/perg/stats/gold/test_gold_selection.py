"""Gold for many tasks at once: what each rule decides, and the bar that keeps a task out."""

import numpy as np
import pytest
from pydantic import ValidationError

from perg.stats.base.result import dump
from perg.stats.gold import gold_selection
from perg.stats.gold.aggregation import aggregate
from perg.stats.gold.gold import majority
from perg.stats.gold.gold_criteria import EVERY_TASK, GoldCriteria
from perg.stats.gold.gold_selection import STATUSES, GoldSelection, TaskVotes, TooManyRatings, select_gold
from perg.stats.ratings.ratings import BINARY, RatingTable


def _votes(
    scores: list[list[int]], *, states: list[str] | None = None, decisions: dict[int, int] | None = None
) -> TaskVotes:
    """Tasks 10, 20, … with these scores; rater k gives the k-th score of a task."""
    decision = np.full(len(scores), np.nan)
    for at, score in (decisions or {}).items():
        decision[at] = score
    rows = [(unit, rater, score) for unit, row in enumerate(scores) for rater, score in enumerate(row)]
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return TaskVotes(
        np.arange(1, len(scores) + 1) * 10,
        np.array(states or ["agreed"] * len(scores)),
        decision,
        table[:, 0],
        table[:, 1],
        table[:, 2].astype(np.int8),
    )


def _select(votes: TaskVotes, **criteria: object) -> GoldSelection:
    return select_gold(votes, GoldCriteria.model_validate(EVERY_TASK.model_dump() | criteria), threshold=3)


def _told(found: GoldSelection) -> list[tuple[int, float | None, str]]:
    return [
        (int(followed), None if np.isnan(score) else float(score), STATUSES[status])
        for followed, score, status in zip(found.followed, found.score, found.status, strict=True)
    ]


def test_the_majority_is_that_of_one_task_at_a_time() -> None:
    rng = np.random.default_rng(3)
    scores = [rng.integers(1, 6, size=rng.integers(0, 6)).tolist() for _ in range(300)]
    found = _select(_votes(scores))
    for at, row in enumerate(scores):
        one = majority(row, threshold=3)
        assert _told(found)[at] == ({True: 1, False: 0, None: -1}[one.followed], one.score, one.status)


def test_the_median_decides_where_the_majority_is_tied() -> None:
    found = _select(_votes([[1, 5], [2, 3], [1, 1, 5], []]), rule="median")
    assert _told(found) == [
        (1, 3.0, "median"),
        (0, 2.5, "median"),
        (0, 1.0, "median"),
        (-1, None, "unlabelled"),
    ]


def test_an_adjudicator_decides_before_the_rule_and_only_where_that_counts() -> None:
    votes = _votes([[5, 5], [1, 5]], decisions={0: 1, 1: 4})
    assert _told(_select(votes)) == [(0, 1.0, "adjudicated"), (1, 4.0, "adjudicated")]
    assert _told(_select(votes, adjudicated_first=False)) == [(1, 5.0, "unanimous"), (-1, 3.0, "tied")]


@pytest.mark.parametrize("rule", ["dawid_skene", "mace"])
def test_a_model_says_what_it_says_on_the_table_of_ratings(rule: str) -> None:
    rng = np.random.default_rng(5)
    truth = rng.random(60) < 0.6
    scores = [[4 if hit != (rng.random() < error) else 2 for error in (0.1, 0.2, 0.4)] for hit in truth]
    found = _select(_votes(scores), rule=rule)
    table = RatingTable(tuple(range(60)), ("0", "1", "2"), (np.array(scores) >= 3).astype(float), BINARY)
    expected = aggregate(table, rule)  # type: ignore[arg-type]
    assert np.array_equal(np.where(np.isnan(expected.labels), -1, expected.labels), found.followed)
    assert np.allclose(found.confidence, expected.confidence, equal_nan=True)
    assert {STATUSES[status] for status in found.status} <= {"model", "tied"}


def test_a_model_leaves_unlabelled_tasks_alone() -> None:
    found = _select(_votes([[5, 5], [], [1, 1]]), rule="dawid_skene")
    assert _told(found)[1] == (-1, None, "unlabelled")
    assert np.isnan(found.confidence[1])


def test_a_model_is_not_fitted_to_more_votes_than_it_can_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gold_selection, "MOST_RATINGS", 3)
    with pytest.raises(TooManyRatings, match="4 votes"):
        _select(_votes([[5, 5], [1, 1]]), rule="mace")


def test_by_the_loosest_criteria_every_task_goes_in() -> None:
    found = _select(_votes([[5], [1, 5], []], states=["agreed", "disputed", "open"]))
    assert found.goes_in.all()
    assert dump(found.counts()) == {
        "tasks": 3,
        "included": 3,
        "followed": 1,
        "not_followed": 0,
        "unresolved": 2,
        "statuses": {"single": 1, "tied": 1, "unlabelled": 1},
        "left_out": {},
    }


def test_each_bar_keeps_out_what_fails_it_and_says_so() -> None:
    votes = _votes(
        [[5, 5, 5], [5, 5, 1], [5], [1, 5], [], [5, 5, 5]],
        states=["agreed", "agreed", "agreed", "disputed", "agreed", "open"],
    )
    found = _select(
        votes,
        states=["agreed", "disputed"],
        include_unresolved=False,
        minimum_labels=2,
        minimum_agreement=0.7,
    )
    assert found.counts().left_out == {
        "more_wanted": 1,
        "unlabelled": 1,
        "tied": 1,
        "few_labels": 1,
        "low_agreement": 1,
    }
    assert found.left_out_for("low_agreement").tolist() == [20]
    assert found.tasks[found.goes_in].tolist() == [10]


def test_a_share_equal_to_the_bar_is_enough() -> None:
    found = _select(_votes([[5, 5, 5, 1]]), minimum_agreement=0.75)
    assert found.goes_in.all()


def test_an_adjudicated_task_clears_the_bars_on_votes() -> None:
    votes = _votes([[1, 5], [1, 5]], decisions={0: 5})
    found = _select(votes, minimum_labels=3, minimum_agreement=1.0, include_unresolved=False)
    assert found.tasks[found.goes_in].tolist() == [10]


def test_confidence_is_a_bar_of_models_alone() -> None:
    votes = _votes([[5, 5, 5]] * 20 + [[5, 5, 1]] * 5 + [[1, 1, 1]] * 20)
    sure = _select(votes, rule="dawid_skene", minimum_confidence=0.0)
    bar = float(np.nextafter(sure.confidence.min(), 1))
    assert _select(votes, rule="dawid_skene", minimum_confidence=bar).counts().left_out["low_confidence"] >= 1
    assert not _select(votes, minimum_confidence=1.0).counts().left_out


def test_the_fingerprint_changes_with_what_would_be_released() -> None:
    first = _select(_votes([[5], [1]]))
    assert first.fingerprint() == _select(_votes([[5], [1]])).fingerprint()
    assert first.fingerprint() != _select(_votes([[5], [2]])).fingerprint()
    assert first.fingerprint() != _select(_votes([[5], [1]]), minimum_labels=1).fingerprint()


def test_criteria_know_their_names_and_ranges() -> None:
    wrongs: list[dict[str, object]] = [
        {"rule": "best"},
        {"minimum_agreement": 1.1},
        {"states": []},
        {"seed": 1},
    ]
    for wrong in wrongs:
        with pytest.raises(ValidationError):
            GoldCriteria.model_validate(wrong)


def test_by_default_only_decided_tasks_with_enough_labels_go_in() -> None:
    votes = _votes(
        [[5, 5], [5, 1], [5], [], [5, 5], [4, 5, 1], [1, 5], [5]],
        states=["agreed", "disputed", "open", "open", "open", "disputed", "adjudicated", "adjudicated"],
        decisions={6: 5, 7: 2},
    )
    found = select_gold(votes, GoldCriteria().for_overlap(2), threshold=3)
    assert found.tasks[found.goes_in].tolist() == [10, 70, 80]
    assert found.counts().left_out == {
        "tied": 1,
        "few_labels": 1,
        "unlabelled": 1,
        "more_wanted": 1,
        "disputed": 1,
    }


@pytest.mark.parametrize("rule", ["majority", "median", "dawid_skene", "mace"])
def test_by_default_no_decision_is_that_of_half_the_votes_or_fewer(rule: str) -> None:
    rng = np.random.default_rng(5)
    scores = [rng.integers(1, 6, size=rng.integers(2, 5)).tolist() for _ in range(200)]
    criteria = GoldCriteria.model_validate({"rule": rule}).for_overlap(2)
    found = select_gold(_votes(scores), criteria, threshold=3)
    assert found.goes_in.any()
    assert (found.agreement[found.goes_in] > 0.5).all()
    for at in np.flatnonzero(found.goes_in):
        in_favour = sum(score >= 3 for score in scores[at])
        assert in_favour * 2 != len(scores[at]), "a tie"


@pytest.mark.parametrize("rule", ["majority", "median"])
def test_one_label_is_one_label_and_agrees_with_nobody(rule: str) -> None:
    found = _select(_votes([[5], [1], [5, 5]]), rule=rule)
    assert [STATUSES[status] for status in found.status] == ["single", "single", "unanimous"]
    assert np.isnan(found.agreement).tolist() == [True, True, False]


def test_a_single_label_that_a_model_overrules_does_not_pass_for_agreement() -> None:
    """Of many labels, one person's stand against all: what the model makes of that person alone has 0% behind it."""
    scores = [[5, 5, 1], [1, 1, 5]] * 40
    votes = _votes(scores)
    alone = TaskVotes(
        np.append(votes.tasks, 10_000),
        np.append(votes.states, "agreed"),
        np.append(votes.decision, np.nan),
        np.append(votes.unit, len(scores)),
        np.append(votes.rater, 2),
        np.append(votes.score, 5).astype(np.int8),
    )
    found = _select(alone, rule="dawid_skene", minimum_agreement=0.5)
    assert (found.followed[-1], found.goes_in[-1]) == (0, False)
    assert np.isnan(found.agreement[-1])
