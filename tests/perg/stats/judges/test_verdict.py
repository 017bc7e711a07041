import json
import math
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from perg.stats.base.proportions import wilson_interval
from perg.stats.base.resampling import Draws
from perg.stats.base.result import dump
from perg.stats.items.reference import most_common
from perg.stats.judges.assessment import Assessment, assess_judge
from perg.stats.judges.verdict import Verdict, VerdictKind, informedness
from perg.stats.measures.confusion import confusion
from perg.stats.ratings.ratings import BINARY, SCALE, Ratings, RatingTable

NAN = np.nan
PASSING: set[VerdictKind] = {"can replace a human annotator", "can be used with correction"}
Judge = Callable[[Ratings, np.random.Generator], Ratings]


def table(values: Ratings, categories: tuple[float, ...] = BINARY) -> RatingTable:
    raters = tuple(f"p{i}" for i in range(values.shape[1]))
    return RatingTable(tuple(range(values.shape[0])), raters, values, categories)


def flipped(truth: Ratings, error: float, rng: np.random.Generator) -> Ratings:
    return np.where(rng.random(truth.size) < error, 1 - truth, truth)


def campaign(
    seed: int, judge: Judge, *, prevalence: float, human_error: float, n: int = 200, epsilon: float = 0.2
) -> Assessment:
    rng = np.random.default_rng(seed)
    truth = (rng.random(n) < prevalence).astype(float)
    people = np.column_stack([flipped(truth, human_error, rng) for _ in range(3)])
    return assess_judge(
        table(people),
        judge(truth, rng),
        scale="nominal",
        epsilon=epsilon,
        draws=Draws(rng=rng, resamples=300),
    )


def constant(truth: Ratings, rng: np.random.Generator) -> Ratings:
    return np.ones(truth.size)


def coin(truth: Ratings, rng: np.random.Generator) -> Ratings:
    return rng.integers(0, 2, size=truth.size).astype(float)


@pytest.mark.parametrize(
    ("judge", "prevalence", "human_error", "raw_at_least"),
    [(constant, 0.9, 0.1, 30), (coin, 0.5, 0.3, 15), (coin, 0.9, 0.3, 0)],
    ids=["constant at 90% followed", "coin, people 30% wrong", "coin, 90% followed, people 30% wrong"],
)
@pytest.mark.one_in(2)
def test_judges_without_skill_are_rejected_though_the_raw_test_passes_many(
    judge: Judge, prevalence: float, human_error: float, raw_at_least: int
) -> None:
    """30 campaigns each: with 1 in 100 let through, 3 or more would come about 3 times in a thousand."""
    found = [campaign(s, judge, prevalence=prevalence, human_error=human_error) for s in range(30)]
    assert sum(one.alternative_annotator_test.passed is True for one in found) >= raw_at_least
    assert sum(one.verdict.kind in PASSING for one in found) <= (0 if judge is constant else 2)


@pytest.mark.parametrize("n", [20, 40])
@pytest.mark.one_in(2)
def test_small_campaigns_do_not_let_them_pass_either(n: int) -> None:
    kinds = Counter(
        campaign(seed, judge, prevalence=prevalence, human_error=error, n=n).verdict.kind
        for judge, prevalence, error in ((constant, 0.9, 0.1), (coin, 0.5, 0.3))
        for seed in range(30)
    )
    assert sum(kinds[kind] for kind in PASSING) <= 2


def test_a_judge_as_good_as_people_may_replace_one() -> None:
    kinds = Counter(
        campaign(
            seed, lambda truth, rng: flipped(truth, 0.1, rng), prevalence=0.6, human_error=0.1
        ).verdict.kind
        for seed in range(20)
    )
    assert kinds["can replace a human annotator"] >= 18


def test_a_judge_with_some_skill_may_be_used_with_correction() -> None:
    found = campaign(
        1, lambda truth, rng: flipped(truth, 0.3, rng), prevalence=0.5, human_error=0.02, epsilon=0.1
    )
    assert found.verdict.kind == "can be used with correction"
    assert found.verdict.labels_needed is None
    assert any("fails the alternative annotator test" in reason for reason in found.verdict.reasons)


def test_a_judge_that_misses_most_failures_does_not_replace_a_person_though_it_passes_the_test() -> None:
    def misses(truth: Ratings, rng: np.random.Generator) -> Ratings:
        return np.where((truth == 0) & (rng.random(truth.size) < 0.3), 0.0, 1.0)

    found = campaign(0, misses, prevalence=0.9, human_error=0.03, n=600)
    assert found.alternative_annotator_test.passed is True
    assert found.verdict.kind == "can be used with correction"
    assert any("less well than people" in reason for reason in found.verdict.reasons)


def test_a_skilled_judge_on_few_labels_needs_more() -> None:
    truth = np.repeat([0.0, 1.0], [1, 11])
    people = np.repeat(truth[:, None], 3, axis=1)
    found = assess_judge(
        table(people), truth, scale="nominal", epsilon=0.2, draws=Draws(rng=np.random.default_rng(0))
    )
    assert found.verdict.kind == "not enough labels yet"
    assert found.verdict.labels_needed is not None
    assert found.verdict.labels_needed > 0
    assert found.verdict.sentence == f"not enough labels yet (need about {found.verdict.labels_needed} more)"


def test_labels_needed_count_every_persons_label() -> None:
    """As above with one person and with three: three times as many labels, to rounding."""
    truth = np.repeat([0.0, 1.0], [1, 11])
    needed = []
    for people in (1, 3):
        found = assess_judge(
            table(np.repeat(truth[:, None], people, axis=1)),
            truth,
            scale="nominal",
            epsilon=0.2,
            draws=Draws(rng=np.random.default_rng(0)),
        )
        assert found.verdict.labels_needed is not None
        needed.append(found.verdict.labels_needed)
    assert needed[1] == 3 * needed[0]


def test_a_judge_of_other_items_is_not_mended_by_more_labels() -> None:
    found = assess_judge(
        table(np.ones((40, 3))),
        np.full(40, NAN),
        scale="nominal",
        epsilon=0.2,
        draws=Draws(rng=np.random.default_rng(0)),
    )
    assert found.verdict.kind == "not enough labels yet"
    assert found.verdict.labels_needed is None
    assert found.verdict.reasons[0].startswith("None of the 40 items with a label has a usable rating")


@pytest.mark.parametrize(
    ("values", "judge"),
    [
        (np.empty((0, 0)), np.empty(0)),
        (np.ones((40, 3)), np.ones(40)),
        (np.ones((1, 1)), np.ones(1)),
        (np.tile([0.0, 1.0], (40, 1)), np.ones(40)),
    ],
    ids=["empty", "unanimous", "one rating", "people always tied"],
)
@pytest.mark.parametrize("scale", ["nominal", "ordinal"])
def test_nothing_to_go_by_is_not_enough_labels_with_a_reason(
    values: Ratings, judge: Ratings, scale: str
) -> None:
    found = assess_judge(
        table(values),
        judge,
        scale="nominal" if scale == "nominal" else "ordinal",
        epsilon=0.2,
        draws=Draws(rng=np.random.default_rng(0)),
    )
    assert found.verdict.kind == "not enough labels yet"
    assert found.verdict.labels_needed
    assert found.verdict.reasons[0].startswith("There is nothing to test the judge on")
    json.dumps(dump(found), allow_nan=False)


def test_without_the_test_a_skilled_judge_is_for_correction_only() -> None:
    """One person: nobody can be compared, so nothing says that the judge stands for a person."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, size=100).astype(float)
    found = assess_judge(
        table(truth[:, None]), flipped(truth, 0.1, rng), scale="nominal", epsilon=0.2, draws=Draws(rng=rng)
    )
    assert found.verdict.kind == "can be used with correction"
    assert any("says nothing yet" in reason for reason in found.verdict.reasons)


@pytest.mark.parametrize("threshold", [None, 3.0])
def test_a_scale_is_judged_with_and_without_a_threshold(threshold: float | None) -> None:
    rng = np.random.default_rng(1)
    truth = rng.integers(1, 6, size=150).astype(float)
    people = np.clip(truth[:, None] + rng.integers(-1, 2, size=(150, 4)), 1, 5).astype(float)

    def kind(judge: Ratings) -> str:
        found = assess_judge(
            table(people, SCALE),
            judge,
            scale="ordinal",
            threshold=threshold,
            epsilon=0.2,
            draws=Draws(rng=rng),
        )
        assert (found.confusion is None) == (threshold is None)
        assert found.alternative_annotator_test.scoring == "neg_rmse"
        return found.verdict.kind

    assert kind(np.clip(truth + rng.integers(-1, 2, size=150), 1, 5)) == "can replace a human annotator"
    assert kind(np.full(150, 3.0)) == "not trustworthy here"
    assert kind(rng.permutation(truth)) == "not trustworthy here"


def test_many_labels_are_judged_by_kappa() -> None:
    rng = np.random.default_rng(2)
    truth = rng.integers(0, 6, size=200).astype(float)
    people = np.where(rng.random((200, 3)) < 0.2, rng.integers(0, 6, size=(200, 3)), truth[:, None])
    humans = table(people, (0, 1, 2, 3, 4, 5))
    good = np.where(rng.random(200) < 0.2, rng.integers(0, 6, size=200), truth)
    found = assess_judge(humans, good, scale="nominal", epsilon=0.2, draws=Draws(rng=rng))
    assert found.verdict.kind == "can replace a human annotator"
    assert found.baselines[0].statistic == "cohen_kappa"
    assert assess_judge(
        humans, np.zeros(200), scale="nominal", epsilon=0.2, draws=Draws(rng=rng)
    ).verdict.kind == ("not trustworthy here")


def test_the_most_common_label_and_its_ties() -> None:
    values = np.array([[0.0, 0, 2], [0, 1, 2], [1, NAN, NAN], [NAN, NAN, NAN], [2, 2, 1]])
    assert most_common(table(values, (0, 1, 2))).tolist() == pytest.approx([0, NAN, 1, NAN, 2], nan_ok=True)


def test_informedness_joins_the_intervals_of_its_rates() -> None:
    """Sensitivity 8/10, specificity 27/30: 0.7, with the square-and-add interval of the two Wilson ones."""
    reference = np.repeat([0.0, 1.0], [10, 30])
    judge = np.concatenate([np.repeat([0.0, 1.0], [8, 2]), np.repeat([1.0, 0.0], [27, 3])])
    found = informedness(confusion(judge, reference))
    (low_s, high_s), (low_p, high_p) = wilson_interval(8, 10), wilson_interval(27, 30)
    assert found.value == pytest.approx(0.7)
    assert found.low == pytest.approx(0.7 - math.hypot(0.8 - low_s, 0.9 - low_p))
    assert found.high == pytest.approx(min(0.7 + math.hypot(high_s - 0.8, high_p - 0.9), 1))
    assert found.n == 40


def test_informedness_of_one_side_is_undefined() -> None:
    assert informedness(confusion(np.ones(4), np.ones(4))).undefined == "the reference has no failure"


def test_a_verdict_is_json() -> None:
    found = Verdict.of("not enough labels yet", ("Because.",), 7)
    assert dump(found) == {
        "code": "not_enough_labels",
        "kind": "not enough labels yet",
        "sentence": "not enough labels yet (need about 7 more)",
        "reasons": ["Because."],
        "labels_needed": 7,
        "stability": None,
    }
