import json
from pathlib import Path

import numpy as np
import pytest
from ppi_py import ppi_mean_pointestimate

from perg.stats.estimators.powered_mean import corrected_mean
from tests.defined import ends, there, value_of, width

NAN = np.nan
CHAT = Path(__file__).resolve().parents[5] / "shared" / "data" / "tasks" / "numeric_chat_answers.jsonl"


def draw(seed: int, n: int, labels: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """People's ratings, NaN for most, the judge's, which are too high, and people's of all items; 0 to 10."""
    rng = np.random.default_rng(seed)
    truth = np.round(np.clip(rng.normal(6, 2, n), 0, 10) * 2) / 2
    judge = np.clip(truth + 1 + rng.normal(0, 1, n), 0, 10)
    return np.where(rng.permutation(n) < labels, truth, NAN), judge, truth


def test_by_hand_three_levels() -> None:
    """Labels 1, ½, 0, 1 and the judge the same, 4 of 8 items; the others it gives 0, 0, ½, ½.

    ȳ = 5/8, all of the judge's: mean 7/16. cov (by n) = var (by n) of the labels = 11/64, var (by 7) of
    all = 39/256 · 8/7: λ' = (11/64) / (39/224) = 77/78, and the mean 5/8 + λ' (7/16 − 5/8).
    """
    labels, others = np.array([1, 0.5, 0, 1]), np.array([0, 0, 0.5, 0.5])
    means = corrected_mean(np.r_[labels, np.full(4, NAN)], np.r_[labels, others])
    assert means.human.value == pytest.approx(5 / 8)
    assert means.judge.value == pytest.approx(7 / 16)
    assert means.corrected.value == pytest.approx(5 / 8 - 77 / 78 * 3 / 16)
    assert means.bias.value == pytest.approx(7 / 16 - value_of(means.corrected))


@pytest.mark.parametrize("seed", range(10))
def test_equals_ppi_py(seed: int) -> None:
    people, judge, _ = draw(seed, 200, 60)
    labelled = ~np.isnan(people)
    published = ppi_mean_pointestimate(people[labelled], judge[labelled], judge[~labelled]).item()
    means = corrected_mean(people, judge, lowest=0, highest=10)
    assert means.corrected.value == pytest.approx(published, abs=1e-9)


def test_the_unit_of_the_scale_changes_nothing() -> None:
    people, judge, _ = draw(1, 300, 80)
    small = corrected_mean(people / 10, judge / 10)
    large = corrected_mean(5 + 3 * people, 5 + 3 * judge, lowest=5, highest=35)
    assert large.corrected.value == pytest.approx(5 + 30 * value_of(small.corrected))
    assert ends(large.corrected)[0] == pytest.approx(5 + 30 * ends(small.corrected)[0])
    assert ends(large.bias)[1] == pytest.approx(30 * ends(small.bias)[1])
    assert large.tuning == pytest.approx(small.tuning)


def test_a_good_judge_is_worth_labels_and_its_bias_is_seen() -> None:
    people, judge, truth = draw(2, 2000, 200)
    means = corrected_mean(people, judge, lowest=0, highest=10)
    low, high = ends(means.corrected)
    assert low < truth.mean() < high
    assert ends(means.bias)[0] > 0.5
    assert there(means.effective_labels) > 400
    assert not means.corrected.warnings


def test_items_of_one_question_widen_the_interval() -> None:
    people, judge, _ = draw(3, 400, 200)
    repeated = [np.repeat(x, 4) for x in (people, judge)]
    question = np.repeat(np.arange(400), 4)
    alone, together = (corrected_mean(*repeated, lowest=0, highest=10, cluster=c) for c in (None, question))
    assert width(together.corrected) == pytest.approx(2 * width(alone.corrected), rel=0.1)


@pytest.mark.parametrize(
    ("labels", "reason"), [(0, "no judged item has a label"), (1, "one label alone says nothing")]
)
def test_too_few_labels_leave_it_undefined(labels: int, reason: str) -> None:
    people, judge, _ = draw(4, 50, labels)
    means = corrected_mean(people, judge, lowest=0, highest=10)
    assert reason in there(means.corrected.undefined)
    assert means.judge.value is not None


def test_labels_of_one_question_have_no_interval() -> None:
    people, judge, _ = draw(5, 60, 20)
    means = corrected_mean(people, judge, lowest=0, highest=10, cluster=np.isnan(people).astype(np.int64))
    assert means.corrected.low is None
    assert "one question" in means.corrected.warnings[0]


def test_labels_that_were_not_drawn_are_told() -> None:
    people, judge, truth = draw(6, 1000, 0)
    means = corrected_mean(np.where(judge < np.median(judge), truth, people), judge, lowest=0, highest=10)
    assert any("not a random sample" in warning for warning in means.corrected.warnings)


def test_few_labels_away_from_the_end_are_told() -> None:
    people = np.where(np.arange(300) < 100, 1.0, NAN)
    people[:3] = 0.5
    means = corrected_mean(people, np.full(300, 0.9))
    assert "All but 3 labels lie at one end" in means.corrected.warnings[0]


def test_values_outside_the_range_are_refused() -> None:
    with pytest.raises(ValueError, match="in the range"):
        corrected_mean(np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    with pytest.raises(ValueError, match="in the range"):
        corrected_mean(np.array([1.0, 0.0]), np.array([1.0, NAN]))
    with pytest.raises(ValueError, match="range runs"):
        corrected_mean(np.array([1.0]), np.array([1.0]), lowest=1, highest=1)


@pytest.mark.skipif(not CHAT.exists(), reason="published scores that are not part of the project")
def test_published_scores_are_too_high_and_the_correction_finds_it() -> None:
    rows = [json.loads(line) for line in CHAT.read_text(encoding="utf-8").splitlines()]
    judge = np.array([row["judge_score"] for row in rows])
    oracle = np.array([row.get("oracle_label", NAN) for row in rows], dtype=float)
    means = corrected_mean(oracle, judge)
    assert means.judge.value == pytest.approx(0.8414)
    assert (means.human.value, means.human.n) == (pytest.approx(0.744516, abs=5e-7), 248)
    assert ends(means.corrected)[1] < 0.8
    assert ends(means.bias)[0] > 0.05
