import json

import numpy as np
import pytest
from scipy.stats import fisher_exact
from statsmodels.stats.multitest import multipletests

from perg.stats.base.resampling import Draws
from perg.stats.base.result import dump
from perg.stats.correction.slices import judge_slices, quantile_slices

NAN = np.nan


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def labelled(n: int, *, worse: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Judge, people and two facets; the judge errs in 10 %, and in `worse` of the slice "mmlu"."""
    draw = np.random.default_rng(seed)
    people = (draw.random(n) < 0.6).astype(float)
    source = draw.choice(["mmlu", "truthful", "commonsense"], n)
    setting = draw.choice(["relevant", "mixed"], n)
    wrong = draw.random(n) < np.where(source == "mmlu", worse, 0.1)
    return np.where(wrong, 1 - people, people), people, source, setting


def test_p_values_are_fishers_and_corrected_over_all_slices_of_all_facets() -> None:
    judge, people, source, setting = labelled(300, worse=0.3)
    found = judge_slices(judge, people, {"source": source, "setting": setting}, draws=Draws(rng=rng()))
    assert [(row.facet, row.name) for row in found] == [
        ("source", "commonsense"),
        ("source", "mmlu"),
        ("source", "truthful"),
        ("setting", "mixed"),
        ("setting", "relevant"),
    ]
    wrong, raw = judge != people, []
    for row in found:
        inside = (source if row.facet == "source" else setting) == row.name
        table = [
            [wrong[inside].sum(), (~wrong[inside]).sum()],
            [wrong[~inside].sum(), (~wrong[~inside]).sum()],
        ]
        raw.append(fisher_exact(np.array(table), alternative="greater").pvalue)
        assert row.p_value == pytest.approx(raw[-1])
        assert row.accuracy.value == pytest.approx((~wrong[inside]).mean())
        assert row.accuracy_elsewhere.value == pytest.approx((~wrong[~inside]).mean())
        assert row.n == inside.sum()
    expected = multipletests(raw, method="holm")[1]
    assert [row.corrected_p_value for row in found] == pytest.approx(expected.tolist())
    assert [row.name for row in found if row.worse and row.facet == "source"] == ["mmlu"]


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.one_in(2)
def test_a_judge_as_good_everywhere_is_flagged_in_few_of_50_samples(shared: bool) -> None:
    flagged = 0
    for seed in range(50):
        judge, people, source, setting = labelled(200, worse=0.1, seed=seed)
        clusters = np.arange(200) // 2 if shared else None
        rows = judge_slices(
            judge,
            people,
            {"source": source, "setting": setting},
            draws=Draws(rng=rng(), clusters=clusters, resamples=10),
        )
        flagged += any(row.worse for row in rows)
    assert flagged <= 7


def test_copies_within_questions_are_not_taken_for_more_units() -> None:
    judge, people, source, _ = labelled(60, worse=0.25, seed=3)
    alone = judge_slices(judge, people, {"source": source}, draws=Draws(rng=rng()))
    copies = {"source": np.repeat(source, 20)}
    question = np.repeat(np.arange(60), 20)
    together = judge_slices(
        np.repeat(judge, 20), np.repeat(people, 20), copies, draws=Draws(rng=rng(), clusters=question)
    )
    apart = judge_slices(np.repeat(judge, 20), np.repeat(people, 20), copies, draws=Draws(rng=rng()))
    for one, clustered, naive in zip(alone, together, apart, strict=True):
        assert one.p_value is not None
        assert clustered.p_value is not None
        assert naive.p_value is not None
        assert abs(clustered.p_value - one.p_value) < 0.2
        assert min(naive.p_value, 1 - naive.p_value) < min(clustered.p_value, 1 - clustered.p_value)


def test_the_only_slice_of_a_facet_has_nothing_to_stand_against() -> None:
    judge, people, _, _ = labelled(40, worse=0.1)
    (row,) = judge_slices(judge, people, {"source": np.full(40, "mmlu")}, draws=Draws(rng=rng()))
    assert row.p_value is None
    assert not row.worse
    assert row.accuracy_elsewhere.undefined == "no items"
    json.dumps(dump(row), allow_nan=False)


def test_units_without_a_slice_or_a_decision_are_left_out() -> None:
    judge, people, source, _ = labelled(100, worse=0.1)
    judge[:10], people[10:20], source[20:30] = NAN, NAN, ""
    found = judge_slices(judge, people, {"source": source}, draws=Draws(rng=rng()))
    assert sum(row.n for row in found) == 70
    with pytest.raises(ValueError, match="same units"):
        judge_slices(judge, people, {"source": source[1:]}, draws=Draws(rng=rng()))


def test_lengths_become_slices_of_like_size_named_by_their_bounds() -> None:
    names = quantile_slices(np.array([10.0, 20, 30, 40, 50, 60, NAN]), unit="words")
    assert names.tolist() == ["1: 10–20 words"] * 2 + ["2: 30–40 words"] * 2 + ["3: 50–60 words"] * 2 + [""]
    assert set(quantile_slices(np.ones(5)).tolist()) == {"1: 1–1"}
