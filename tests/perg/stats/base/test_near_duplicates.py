"""Near-identical texts stand together, others apart."""

import random

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics.pairwise import cosine_similarity

from perg.stats.base.near_duplicates import BLOCK, THRESHOLD, near_duplicate_groups

SHORT = "I prefer short and concise answers."
EXAMPLES = "I like explanations with examples from everyday life."


def test_nearly_the_same_words_are_one_group_and_other_wishes_are_not() -> None:
    texts = [
        SHORT,
        EXAMPLES,
        "I prefer short, concise answers.",
        "I like explanations with an example from everyday life.",
        "Please start with the conclusion.",
        "i PREFER short and concise answers!",
    ]
    assert near_duplicate_groups(texts) == [(0, 2, 5), (1, 3), (4,)]


@pytest.mark.parametrize("texts", [[], [""], ["", " "], ["a"], ["a", "b"], ["", "same", "same"][:1]])
def test_few_or_empty_texts_stand_alone(texts: list[str]) -> None:
    assert near_duplicate_groups(texts) == [(index,) for index in range(len(texts))]


def test_identical_texts_are_one_group_at_the_highest_threshold() -> None:
    assert near_duplicate_groups([SHORT, EXAMPLES, SHORT, SHORT], threshold=1.0) == [(0, 2, 3), (1,)]


@pytest.mark.parametrize("threshold", [0.0, -1.0, 1.01])
def test_a_threshold_outside_its_range_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match="threshold"):
        near_duplicate_groups(["a"], threshold=threshold)


def test_more_texts_than_a_block_are_grouped_as_a_plain_loop_over_all_similarities_does() -> None:
    rng = random.Random(3)
    words = ["I", "like", "prefer", "short", "long", "answers", "examples", "first", "plain", "words", "with"]
    texts = [" ".join(rng.choices(words, k=5)) for _ in range(2 * BLOCK + 17)]
    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4)).fit_transform(texts)
    similar = cosine_similarity(vectors)
    expected: list[list[int]] = []
    for index in range(len(texts)):
        for group in expected:
            if similar[group[0], index] >= THRESHOLD - 1e-9:
                group.append(index)
                break
        else:
            expected.append([index])
    groups = near_duplicate_groups(texts)
    assert groups == [tuple(group) for group in expected]
    assert any(len(group) > 1 for group in groups)
    assert sorted(np.concatenate([np.array(group) for group in groups])) == list(range(len(texts)))
    assert near_duplicate_groups(texts) == groups
