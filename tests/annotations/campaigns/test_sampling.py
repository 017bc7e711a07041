"""Sampling: strata by judges, who is drawn how often, and what cannot be drawn."""

import random
from collections import Counter

import pytest

from annotations.campaigns.services.sampling import (
    DISAGREE,
    REST,
    UNSCORED,
    allocate,
    draw_enriched,
    draw_sample,
    draw_stratified,
    judges_disagree,
    score_stratum,
)
from annotations.models.campaign import Sampling
from core.errors import DomainError
from evaluation.models import Run
from tests import build
from tests.sizes import SAMPLES


@pytest.fixture
def run(db: None) -> Run:
    """Nine items: two judges disagree on the first three, agree on five, and only one scored the last."""
    run = build.run()
    scores = [(1, 5), (2, 3), (3, 5), (1, 1), (2, 1), (3, 4), (5, 5), (4, 5), (4, None)]
    for number, (first, second) in enumerate(scores):
        item = build.item(run, source=f"source {number % 2}")
        build.judgment(item, first, by="one judge")
        if second is not None:
            build.judgment(item, second, by="other judge")
    return run


@pytest.mark.parametrize(
    ("scores", "disagree"),
    [
        ([2, 3], True),
        ([3, 5], True),
        ([1, 2], False),
        ([4, 5, 5], False),
        ([1, 3], True),
        ([3], False),
        ([], False),
    ],
)
def test_judges_disagree_across_the_threshold_or_two_apart(scores: list[int], disagree: bool) -> None:
    assert judges_disagree(scores, threshold=3) is disagree


@pytest.mark.parametrize(
    ("scores", "stratum"), [([3], "judged 3"), ([2, 3], "judged 3"), ([1, 4, 5], "judged 4"), ([], UNSCORED)]
)
def test_the_stratum_of_judged_responses_is_their_upper_median(scores: list[int], stratum: str) -> None:
    assert score_stratum(scores) == stratum


def test_an_enriched_sample_takes_its_share_where_judges_disagree(run: Run) -> None:
    sample = draw_sample([run], sampling="enriched", size=4, rng=random.Random(1), enriched_share=0.5)
    assert Counter(drawn.stratum for drawn in sample) == {DISAGREE: 2, REST: 2}
    assert {drawn.stratum: drawn.probability for drawn in sample} == {DISAGREE: 2 / 3, REST: 2 / 6}


@pytest.mark.parametrize(
    ("size", "share", "enriched"), [(6, 0.9, 3), (4, 0.99, 3), (2, 0.01, 1), (9, 0.5, 3), (8, 0.1, 2)]
)
def test_the_share_is_met_as_far_as_it_goes_and_neither_stratum_goes_without(
    size: int, share: float, enriched: int
) -> None:
    strata = {DISAGREE: range(3), REST: range(3, 9)}
    sample = draw_enriched(strata, size=size, share=share, rng=random.Random(1))
    assert Counter(drawn.stratum for drawn in sample) == {DISAGREE: enriched, REST: size - enriched}


def test_by_judge_score_what_no_judge_scored_is_a_stratum_of_its_own(run: Run) -> None:
    build.item(run)
    sample = draw_sample([run], sampling="judge_score", size=10, rng=random.Random(1))
    counts = Counter(drawn.stratum for drawn in sample)
    assert counts == {"judged 5": 4, "judged 3": 1, "judged 1": 1, "judged 2": 1, "judged 4": 2, UNSCORED: 1}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sampling", "judges", "said"),
    [
        ("judge_score", [], "needs a judge on the runs, but no judge has scored them yet"),
        ("enriched", [], "needs at least two judges on the runs, but no judge"),
        ("enriched", ["only one"], "but only “only one” has scored them"),
    ],
)
def test_a_sampling_by_judges_that_are_not_there_is_refused_in_words(
    sampling: str, judges: list[str], said: str
) -> None:
    run = build.run()
    item = build.item(run)
    for judge in judges:
        build.judgment(item, 3, by=judge)
    with pytest.raises(DomainError, match=said) as refusal:
        draw_sample([run], sampling=sampling, size=1, rng=random.Random(1))
    assert refusal.value.field == "sampling"


@pytest.mark.django_db
def test_an_enriched_sample_of_judges_who_never_disagree_is_refused() -> None:
    run = build.run_with_items(3)
    for item in run.items.all():
        build.judgment(item, 4, by="one")
        build.judgment(item, 5, by="other")
    with pytest.raises(DomainError, match="disagree on none"):
        draw_sample([run], sampling="enriched", size=2, rng=random.Random(1))


@pytest.mark.django_db
def test_the_heuristic_floor_counts_only_where_there_are_too_few_others() -> None:
    run = build.run_with_items(4)
    for item in run.items.all():
        build.judgment(item, 5, by="one")
        build.judgment(item, 1, by="floor", is_floor=True)
    with_floor = draw_sample([run], sampling="enriched", size=4, rng=random.Random(1))
    assert {drawn.stratum for drawn in with_floor} == {DISAGREE}
    scored = draw_sample([run], sampling="judge_score", size=4, rng=random.Random(1))
    assert {drawn.stratum for drawn in scored} == {"judged 5"}
    for item in run.items.all():
        build.judgment(item, 5, by="other")
    with pytest.raises(DomainError, match="disagree on none"):
        draw_sample([run], sampling="enriched", size=2, rng=random.Random(1))


@pytest.mark.slow
@pytest.mark.parametrize("sampling", Sampling.values)
def test_the_stored_chance_is_how_often_a_response_is_drawn(run: Run, sampling: str) -> None:
    """Within four standard errors, so that a right one fails in none of the seeds that this test has."""
    draws = SAMPLES
    counts: Counter[int] = Counter()
    chances: dict[int, float] = {}
    for seed in range(draws):
        sample = draw_sample([run], sampling=sampling, size=5, rng=random.Random(seed))
        assert len({drawn.response for drawn in sample}) == 5
        counts.update(drawn.response for drawn in sample)
        chances |= {drawn.response: drawn.probability for drawn in sample}
    assert len(counts) == 9  # Nobody is without a chance.
    for response, chance in chances.items():
        error = 4 * (chance * (1 - chance) / draws) ** 0.5
        assert counts[response] / draws == pytest.approx(chance, abs=error + 1e-12)
    assert sum(chances.values()) == pytest.approx(5)


def test_with_more_strata_than_places_every_response_has_the_same_chance() -> None:
    strata = {f"stratum {i}": [10 * i + j for j in range(1 + i % 3)] for i in range(8)}
    total, draws = sum(map(len, strata.values())), 3000
    counts: Counter[int] = Counter()
    for seed in range(draws):
        sample = draw_stratified(strata, size=4, rng=random.Random(seed))
        assert len({drawn.response for drawn in sample}) == 4
        assert all(drawn.probability == pytest.approx(4 / total) for drawn in sample)
        assert max(Counter(drawn.stratum for drawn in sample).values()) == 1
        counts.update(drawn.response for drawn in sample)
    assert len(counts) == total
    for count in counts.values():
        assert count / draws == pytest.approx(4 / total, abs=0.035)


@pytest.mark.parametrize("seed", range(200))
def test_allocation_adds_up_and_no_stratum_gives_more_than_it_has(seed: int) -> None:
    rng = random.Random(seed)
    strata = [rng.randrange(1, 50) for _ in range(rng.randrange(1, 12))]
    size = rng.randrange(1, sum(strata) + 1)
    shares = allocate(size, strata)
    assert sum(shares) == size
    assert all(0 <= share <= count for share, count in zip(shares, strata, strict=True))
    if size >= len(strata):
        assert min(shares) >= 1
