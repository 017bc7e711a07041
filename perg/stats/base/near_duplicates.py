"""Groups of texts that say nearly the same in nearly the same words."""

from collections.abc import Sequence

import numpy as np

THRESHOLD = 0.75
BLOCK = 256  # rows of the similarity matrix at a time, so that memory stays small


def near_duplicate_groups(texts: Sequence[str], *, threshold: float = THRESHOLD) -> list[tuple[int, ...]]:
    """Put each text with the first one before it that it nearly repeats.

    Similarity is the cosine, in [0, 1], of the TF-IDF vectors of the character 2- to 4-grams within words, case aside:
    it sees typing and word forms, not meaning. A text whose similarity to the first of a group is at least
    `threshold` joins that group; so each member is near its first one, and no chain of small steps joins texts that
    are far apart.

    Returns the groups as indices in ascending order, ordered by their first; a text of its own kind is a group of one.
    Every index is in exactly one group, and the same texts give the same groups. Raises ValueError for a threshold
    outside (0, 1].
    """
    if not 0 < threshold <= 1:
        raise ValueError("the threshold lies above 0 and is at most 1")
    if not any(text.strip() for text in texts):
        return [(index,) for index in range(len(texts))]
    # Imported where it is needed: it takes a second and sixty megabytes, which every worker would pay for.
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), dtype=np.float64).fit_transform(texts)
    free = np.ones(len(texts), dtype=bool)
    groups: list[tuple[int, ...]] = []
    for start in range(0, len(texts), BLOCK):
        similar = (vectors[start : start + BLOCK] @ vectors.T).toarray() >= threshold - 1e-9
        for index in range(start, min(start + BLOCK, len(texts))):
            if not free[index]:
                continue
            joins = similar[index - start] & free
            joins[index] = True  # also a text without any n-gram, which is similar to nothing
            groups.append(tuple(int(member) for member in np.flatnonzero(joins)))
            free &= ~joins
    return groups
