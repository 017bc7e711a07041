from itertools import combinations

import numpy as np
import pytest
from nltk.metrics.agreement import AnnotationTask

from perg.stats.labels.given_labels import GivenLabels
from perg.stats.labels.set_agreement import SetDistance, set_alpha
from tests.defined import ends, value_of

LABELS = tuple("abcde")


def masi(one: frozenset[str], other: frozenset[str]) -> float:
    if one == other:
        return 0.0
    both, either = len(one & other), len(one | other)
    share = 2 / 3 if both == min(len(one), len(other)) else 1 / 3
    return 1 - both / either * share


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return 1 - len(one & other) / len(one | other) if one | other else 0.0


DISTANCES = {"masi": masi, "jaccard": jaccard}


def random_ratings(seed: int) -> tuple[list[frozenset[str]], list[int]]:
    """Sets of labels of 20 items with 1 to 4 ratings each, some of them empty."""
    rng = np.random.default_rng(seed)
    sets, items = [], []
    for item in range(20):
        base = rng.random(5) < 0.4
        for _ in range(int(rng.integers(1, 5))):
            chosen = base ^ (rng.random(5) < 0.15)
            sets.append(frozenset(label for label, has in zip(LABELS, chosen, strict=True) if has))
            items.append(item)
    return sets, items


@pytest.mark.parametrize("distance", ["masi", "jaccard"])
@pytest.mark.parametrize("seed", range(8))
def test_equals_nltk_with_missing_ratings(distance: SetDistance, seed: int) -> None:
    sets, items = random_ratings(seed)
    rows = [
        (f"rater {items[:i].count(item)}", item, chosen)
        for i, (item, chosen) in enumerate(zip(items, sets, strict=True))
        if items.count(item) > 1
    ]
    alpha = set_alpha(GivenLabels.of(sets, LABELS), np.array(items), distance=distance)
    assert alpha.value == pytest.approx(AnnotationTask(rows, distance=DISTANCES[distance]).alpha())
    assert alpha.n == len({item for _, item, _ in rows})


def test_by_hand_two_items() -> None:
    """{a}, {a, b} and {b}, {b}: within (1/3 of MASI's 1 − 1/2 · 2/3 = 2/3, and 0), two ratings an item.

    Observed 2 · 2/3 / 4 = 1/3. All six pairs: a–ab 2/3, a–b twice 1, ab–b twice 2/3, b–b 0: 4 of 6, so 2/3. α = 1/2.
    """
    sets = GivenLabels.of([["a"], ["a", "b"], ["b"], ["b"]], LABELS)
    assert set_alpha(sets, np.array([0, 0, 1, 1])).value == pytest.approx(1 / 2)


def test_sets_of_one_label_have_the_nominal_alpha() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(5, size=30)
    sets, items = [], []
    for item, label in enumerate(truth):
        for _ in range(3):
            sets.append([LABELS[label if rng.random() < 0.7 else rng.integers(5)]])
            items.append(item)
    rows = [(f"r{i % 3}", items[i], chosen[0]) for i, chosen in enumerate(sets)]
    alpha = set_alpha(GivenLabels.of(sets, LABELS), np.array(items), distance="jaccard")
    assert alpha.value == pytest.approx(AnnotationTask(rows).alpha())


def test_the_interval_is_near_that_of_leaving_out_each_item() -> None:
    sets, items = random_ratings(3)
    given, item = GivenLabels.of(sets, LABELS), np.array(items)
    whole = set_alpha(given, item)
    rated = [i for i in range(20) if items.count(i) > 1]
    refitted = [
        np.log(1 - value_of(set_alpha(GivenLabels(LABELS, given.given[item != i]), item[item != i])))
        for i in rated
    ]
    error = np.sqrt((len(rated) - 1) / len(rated) * ((np.array(refitted) - np.mean(refitted)) ** 2).sum())
    low, high = ends(whole)
    half = (np.log(1 - low) - np.log(1 - high)) / 2
    assert half == pytest.approx(2.2 * error, rel=0.2)


def test_clusters_hold_their_items_together() -> None:
    sets, items = random_ratings(4)
    given, item = GivenLabels.of(sets, LABELS), np.array(items)
    assert set_alpha(given, item, clusters=item).low == pytest.approx(set_alpha(given, item).low)
    one = set_alpha(given, item, clusters=np.zeros_like(item))
    assert one.low is None
    assert one.warnings


def test_what_is_undefined_says_why() -> None:
    empty = np.array([], dtype=np.int64)
    assert set_alpha(GivenLabels.of([], LABELS), empty).undefined == "no item has two ratings"
    assert (
        set_alpha(GivenLabels.of([["a"], ["b"]], LABELS), np.arange(2)).undefined == "no item has two ratings"
    )
    same = set_alpha(GivenLabels.of([["a"], ["a"], [], []], LABELS), np.array([0, 0, 1, 2]))
    assert same.undefined == "unanimous: all sets are the same"
    perfect = set_alpha(GivenLabels.of([["a"], ["a"], [], []], LABELS), np.array([0, 0, 1, 1]))
    assert (perfect.value, perfect.low) == (1, None)


def test_masi_of_all_pairs_of_sets_lies_between_0_and_1_and_is_0_only_for_equal_ones() -> None:
    sets = [frozenset(chosen) for size in range(4) for chosen in combinations("abc", size)]
    for one, other in combinations(sets, 2):
        ratings = [one, other, one, one]
        alpha = set_alpha(GivenLabels.of(ratings, LABELS), np.array([0, 0, 1, 1]))
        within, everywhere = 2 * masi(one, other) / 4, 3 * masi(one, other) / 6
        assert alpha.value == pytest.approx(1 - within / everywhere)


def test_shapes_are_checked() -> None:
    with pytest.raises(ValueError, match="one item"):
        set_alpha(GivenLabels.of([["a"]], LABELS), np.array([0, 1]))
