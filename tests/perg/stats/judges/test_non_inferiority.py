"""A judge is as good as people where that is shown, and not where nothing speaks against it."""

from fractions import Fraction

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, cohen_kappa_score

from perg.stats.base.resampling import Draws
from perg.stats.judges.assessment import Scale, assess_judge
from perg.stats.judges.baselines import BASELINE_LEVEL, ChanceCorrected
from perg.stats.judges.leave_one_out import SkillBesidePeople, skill_beside_people
from perg.stats.judges.non_inferiority import non_inferiority
from perg.stats.judges.reference_quality import reference_quality
from perg.stats.measures.jackknife import jackknifed_difference
from perg.stats.measures.paired_sums import paired_informedness
from perg.stats.ratings.ratings import BINARY, SCALE, Ratings, RatingTable


def table(values: Ratings, categories: tuple[float, ...]) -> RatingTable:
    names = tuple(f"p{i}" for i in range(values.shape[1]))
    return RatingTable(tuple(range(values.shape[0])), names, values, categories)


def reports(truth: Ratings, finds: float, alarms: float, rng: np.random.Generator) -> Ratings:
    """Failures (0) found and reported by mistake at these rates."""
    return (rng.random(truth.size) >= np.where(truth == 0, finds, alarms)).astype(float)


def campaign(
    seed: int, items: int, rate: float, judge: float, people: int = 3
) -> tuple[RatingTable, Ratings]:
    """People find 85% of failures with 5% false alarms, the judge another share with as many."""
    rng = np.random.default_rng(seed)
    truth = (rng.random(items) >= rate).astype(float)
    values = np.column_stack([reports(truth, 0.85, 0.05, rng) for _ in range(people)])
    return table(values, BINARY), reports(truth, judge, 0.05, rng)


def share_that_replaces(items: int, rate: float, judge: float, seeds: int = 40, people: int = 3) -> float:
    codes = []
    for seed in range(seeds):
        humans, ratings = campaign(seed, items, rate, judge, people)
        rng = np.random.default_rng(seed)
        found = assess_judge(
            humans, ratings, scale="nominal", epsilon=0.2, draws=Draws(rng=rng, resamples=100)
        )
        codes.append(found.verdict.code)
    return codes.count("replace_human") / seeds


@pytest.mark.slow
@pytest.mark.parametrize(("items", "rate"), [(100, 0.1), (200, 0.1), (500, 0.1), (100, 0.2), (200, 0.3)])
@pytest.mark.one_in(2)
def test_a_judge_that_misses_half_of_what_people_find_does_not_replace_them(items: int, rate: float) -> None:
    """Of 40 campaigns 5% are 2; at 1%, which is what it comes to, 4 or more have a chance of less than 0.1%."""
    assert share_that_replaces(items, rate, 0.5) <= 3 / 40


def test_a_judge_as_good_as_people_replaces_them_on_200_items_of_which_30_in_100_fail() -> None:
    """84% of many campaigns; of 80 fewer than 72% have a chance of about 0.5%."""
    assert share_that_replaces(200, 0.3, 0.85, seeds=80) >= 0.72


@pytest.mark.parametrize("scale", ["nominal", "ordinal"])
def test_skill_is_set_beside_peoples_on_scales_without_a_cut(scale: Scale) -> None:
    """A judge of κ about 0.4 beside people of 0.85: it had replaced them, since nothing was compared."""
    for seed in range(10):
        rng = np.random.default_rng(seed)
        if scale == "nominal":
            truth = rng.choice(3, 500, p=[0.8, 0.1, 0.1]).astype(float)
            people, judge = (
                [
                    np.where(rng.random(500) < error, (truth + rng.integers(1, 3, 500)) % 3, truth)
                    for _ in range(count)
                ]
                for error, count in ((0.08, 3), (0.31, 1))
            )
            categories: tuple[float, ...] = (0, 1, 2)
        else:
            truth = rng.choice(SCALE, 500)
            people, judge = (
                [np.clip(np.round(truth + rng.normal(0, spread, 500)), 1, 5) for _ in range(count)]
                for spread, count in ((0.5, 3), (1.8, 1))
            )
            categories = SCALE
        humans = table(np.column_stack(people), categories)
        found = assess_judge(humans, judge[0], scale=scale, epsilon=0.2, draws=Draws(rng=rng, resamples=100))
        assert found.beside_people.difference.value is not None
        assert found.beside_people.difference.value < -0.2
        assert found.non_inferiority.shown is False
        assert found.verdict.code == "skilled_not_sufficient"


def test_one_of_twenty_judges_needs_a_limit_that_holds_for_all_of_them() -> None:
    """A judge at the margin: alone its limit is one-sided 95%, among twenty 99.75%, and so is its baseline's level."""
    humans, judge = campaign(0, 200, 0.3, 0.65)
    one, twenty = (
        assess_judge(
            humans,
            judge,
            scale="nominal",
            epsilon=0.2,
            judges=judges,
            draws=Draws(rng=np.random.default_rng(0)),
        )
        for judges in (1, 20)
    )
    assert one.beside_people.difference_confidence == pytest.approx(0.9)
    assert twenty.beside_people.difference_confidence == pytest.approx(0.995)
    assert one.beside_people.difference.value == twenty.beside_people.difference.value
    assert one.non_inferiority.lower_limit is not None
    assert twenty.non_inferiority.lower_limit is not None
    assert twenty.non_inferiority.lower_limit < one.non_inferiority.lower_limit - 0.05


@pytest.mark.slow
def test_of_twenty_coins_none_has_skill() -> None:
    """Each alone has skill in 1 of 100 campaigns; of twenty at once, one has in 1 of 100 as well, and not in 18."""
    passing = 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        truth = (rng.random(150) < 0.7).astype(float)
        humans = table(np.column_stack([reports(truth, 0.9, 0.1, rng) for _ in range(3)]), BINARY)
        passing += any(
            assess_judge(
                humans,
                rng.integers(0, 2, 150).astype(float),
                scale="nominal",
                epsilon=0.2,
                judges=20,
                draws=Draws(rng=rng, resamples=100),
            ).verdict.code
            in ("replace_human", "use_with_correction")
            for _ in range(20)
        )
    assert passing == 0


def test_of_twenty_judges_a_good_one_still_passes() -> None:
    """2,000 permutations have no p-value below the level of one of 200 judges."""
    humans, judge = campaign(0, 1500, 0.3, 0.85)
    found = assess_judge(
        humans, judge, scale="nominal", epsilon=0.2, judges=200, draws=Draws(rng=np.random.default_rng(0))
    )
    assert found.baselines[1].p_value is not None
    assert found.baselines[1].p_value < BASELINE_LEVEL / 200
    assert found.verdict.code == "replace_human"


def pooled(values: Ratings, judge: Ratings, statistic: str) -> tuple[float, float]:
    """The statistic of judge and people by scikit-learn, person by person."""
    referred, given, own = [], [], []
    for row, rating in zip(values, judge, strict=True):
        for person in range(values.shape[1]):
            others = np.delete(row, person)
            others = others[~np.isnan(others)]
            if np.isnan(row[person]) or np.isnan(rating) or not others.size:
                continue
            if statistic == "quadratic_kappa":
                reference = float(np.median(others))
            else:
                labels, counts = np.unique(others, return_counts=True)
                if (counts == counts.max()).sum() > 1:
                    continue
                reference = labels[counts.argmax()]
            referred.append(int(2 * reference))
            given.append(int(2 * rating))
            own.append(int(2 * row[person]))
    weights = "quadratic" if statistic == "quadratic_kappa" else None
    of_judge, of_people = (
        float(cohen_kappa_score(referred, one, labels=list(range(2, 11)), weights=weights))
        for one in (given, own)
    )
    return of_judge, of_people


@pytest.mark.parametrize("statistic", ["cohen_kappa", "quadratic_kappa"])
def test_kappas_equal_scikit_learn_on_random_tables_with_missing_ratings(statistic: ChanceCorrected) -> None:
    for seed in range(25):
        rng = np.random.default_rng(seed)
        truth = rng.choice(SCALE, 40)
        values = np.clip(truth[:, None] + rng.integers(-1, 2, (40, 4)), 1, 5).astype(float)
        values[rng.random(values.shape) < 0.3] = np.nan
        judge = np.clip(truth + rng.integers(-2, 3, 40), 1, 5).astype(float)
        judge[rng.random(40) < 0.1] = np.nan
        found: SkillBesidePeople = skill_beside_people(
            table(values, SCALE), judge, statistic, draws=Draws(rng=rng, resamples=5)
        )
        of_judge, of_people = pooled(values, judge, statistic)
        assert found.judge.value == pytest.approx(of_judge)
        assert found.people.value == pytest.approx(of_people)
        assert found.difference.value == pytest.approx(of_judge - of_people)


def test_the_variance_is_that_of_leaving_out_each_unit_by_hand() -> None:
    rng = np.random.default_rng(1)
    failed = np.repeat([[True], [False]], [20, 30], axis=0)
    people, judge = (rng.random((50, 1)) < np.where(failed, 0.8, 0.2) for _ in range(2))
    compared = np.ones((50, 1), dtype=np.bool_)
    sums = paired_informedness(failed, people, judge, compared)
    found = jackknifed_difference(sums, None)
    assert found is not None

    def difference(rows: list[int]) -> float:
        one, other = (
            balanced_accuracy_score(failed[rows, 0], rated[rows, 0], adjusted=True)
            for rated in (judge, people)
        )
        return float(one - other)

    whole = list(range(50))
    without = np.array([difference([row for row in whole if row != left]) for left in whole])
    assert found.value == pytest.approx(difference(whole))
    assert found.observed_variance == pytest.approx(49 / 50 * np.square(without - difference(whole)).sum())
    assert found.variance > found.observed_variance


def test_a_judge_that_never_differs_from_people_still_has_an_interval() -> None:
    """20 failures, all found by judge and people: two imagined of each kind, so 22 and a variance of about 2 / 22²."""
    failed = np.repeat([[True], [False]], [20, 200], axis=0)
    compared = np.ones((220, 1), dtype=np.bool_)
    found = jackknifed_difference(paired_informedness(failed, failed, failed, compared), None)
    assert found is not None
    assert found.value == 0
    assert found.observed_variance == 0
    about = float(Fraction(2, 22**2) + Fraction(2, 202**2))
    assert found.variance == pytest.approx(about, rel=0.1)


@pytest.mark.parametrize("clusters", [np.zeros(60, np.int64), None])
def test_items_of_one_question_show_nothing(
    clusters: "np.ndarray[tuple[int], np.dtype[np.int64]] | None",
) -> None:
    humans, judge = campaign(0, 60, 0.5, 0.85)
    beside = skill_beside_people(humans, judge, draws=Draws(rng=np.random.default_rng(0), clusters=clusters))
    assert (beside.difference.low is None) == (clusters is not None)
    shown = non_inferiority(beside, epsilon=0.99, reference_quality=1.0).shown
    assert shown == (clusters is None)


@pytest.mark.parametrize(("rate", "judge"), [(0.1, 0.65), (0.3, 0.65), (0.3, 0.5)])
def test_what_the_judge_may_lack_shrinks_as_the_reference_errs(rate: float, judge: float) -> None:
    """Beside one other person a true difference of informedness shows as a part of itself; the quality says which."""
    humans, ratings = campaign(3, 60_000, rate, judge, people=2)
    beside = skill_beside_people(humans, ratings, draws=Draws(rng=np.random.default_rng(0), resamples=2))
    quality = reference_quality(humans, "informedness", rng=np.random.default_rng(0))
    assert beside.difference.value is not None
    assert beside.difference.value == pytest.approx((judge - 0.85) * quality, rel=0.12)
    test = non_inferiority(beside, epsilon=0.2, reference_quality=quality)
    assert test.margin == pytest.approx(0.2 * quality)


def test_three_people_who_agree_leave_nearly_all_of_a_difference() -> None:
    humans, _ = campaign(0, 5000, 0.3, 0.5)
    assert 0.95 < reference_quality(humans, "informedness", rng=np.random.default_rng(0)) <= 1


def test_the_labels_needed_settle_it_in_about_80_of_100_campaigns() -> None:
    """Planned on 80 items each of 30 campaigns; at the median plan 60 others: 80% ± 10 (two standard errors)."""
    plans = []
    for seed in range(30):
        humans, judge = campaign(seed, 80, 0.3, 0.85)
        beside = skill_beside_people(humans, judge, draws=Draws(rng=np.random.default_rng(0), resamples=2))
        quality = reference_quality(humans, "informedness", rng=np.random.default_rng(0))
        needed = non_inferiority(beside, epsilon=0.2, reference_quality=quality).units_needed
        assert needed is not None
        plans.append(needed * 80 / beside.jackknife.units if beside.jackknife else np.nan)
    items = round(float(np.median(plans)))
    shown = 0
    for seed in range(100, 160):
        humans, judge = campaign(seed, items, 0.3, 0.85)
        beside = skill_beside_people(humans, judge, draws=Draws(rng=np.random.default_rng(0), resamples=2))
        quality = reference_quality(humans, "informedness", rng=np.random.default_rng(0))
        shown += non_inferiority(beside, epsilon=0.2, reference_quality=quality).shown is True
    assert 0.7 <= shown / 60 <= 0.9
