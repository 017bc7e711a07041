import numpy as np
import pytest

from perg.stats.correction.correction import powered_rate
from perg.stats.correction.stacking import stacked_predictions
from perg.stats.estimators.judged_sample import JudgedSample

NAN = np.nan


def judged(
    rng: np.random.Generator, n: int = 150, items: int = 1500
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truth, three judges' 1–5 scores (two of some use, one of none), and outcomes of n items."""
    truth = (rng.random(items) < 0.3).astype(float)
    useful = [np.clip(np.round(4 - 2 * truth + rng.normal(0, 1, items)), 1, 5) for _ in range(2)]
    scores = np.column_stack([*useful, rng.integers(1, 6, items)])
    outcome = np.where(np.arange(items) < n, truth, NAN)
    return truth, scores, outcome


def test_a_stack_brings_no_bias_and_gains_on_each_judge_alone() -> None:
    rng = np.random.default_rng(0)
    errors, gains, single = [], [], []
    for _ in range(12):
        _, scores, outcome = judged(rng)
        predictions = stacked_predictions(scores, outcome, rng=rng)
        rate = powered_rate(JudgedSample.of(outcome, predictions))
        alone = powered_rate(JudgedSample.of(outcome, (5 - scores[:, 0]) / 4))
        errors.append((rate.estimate.value or NAN) - 0.3)
        gains.append(rate.effective_labels or NAN)
        single.append(alone.effective_labels or NAN)
    assert abs(np.mean(errors)) < 3 * np.std(errors) / np.sqrt(12)
    assert np.mean(gains) > np.mean(single)


def test_no_label_predicts_itself() -> None:
    """Turning one label round changes other items' predictions, and not its own."""
    _, scores, outcome = judged(np.random.default_rng(1))
    turned = outcome.copy()
    turned[7] = 1 - turned[7]
    before = stacked_predictions(scores, outcome, rng=np.random.default_rng(2))
    after = stacked_predictions(scores, turned, rng=np.random.default_rng(2))
    assert before[7] == after[7]
    assert (before != after).any()


def test_items_on_one_question_share_a_fold() -> None:
    _, scores, outcome = judged(np.random.default_rng(3))
    cluster = np.arange(outcome.size) // 2
    turned = outcome.copy()
    turned[8] = 1 - turned[8]
    before = stacked_predictions(scores, outcome, cluster=cluster, rng=np.random.default_rng(2))
    after = stacked_predictions(scores, turned, cluster=cluster, rng=np.random.default_rng(2))
    assert before[9] == after[9]


def test_labels_all_alike_predict_their_mean_and_no_label_predicts_a_half() -> None:
    scores = np.arange(20.0).reshape(10, 2)
    alike = stacked_predictions(scores, np.r_[np.zeros(6), np.full(4, NAN)], rng=np.random.default_rng(0))
    assert (alike == 0).all()
    none = stacked_predictions(scores, np.full(10, NAN), rng=np.random.default_rng(0))
    assert none == pytest.approx(0.5)


def test_missing_scores_are_refused() -> None:
    with pytest.raises(ValueError, match="score is missing"):
        stacked_predictions(np.array([[1.0], [NAN]]), np.array([1.0, 0]), rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="items by judges"):
        stacked_predictions(np.array([1.0]), np.array([1.0]), rng=np.random.default_rng(0))
