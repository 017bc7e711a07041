import json

import numpy as np
import pytest

from perg.stats.base.estimate import Estimate
from perg.stats.base.proportions import wilson_interval
from perg.stats.base.result import dump
from perg.stats.gold import aggregation
from perg.stats.gold.aggregation import Aggregation, Rule, aggregate, annotator_confusions, changes
from perg.stats.gold.dawid_skene import fit_dawid_skene
from perg.stats.gold.rating_patterns import RatingPatterns
from perg.stats.ratings.ratings import BINARY, SCALE, RatingTable

NAN = np.nan
RULES: tuple[Rule, ...] = ("majority", "median", "dawid_skene", "mace")
MODELS: tuple[Rule, ...] = ("dawid_skene", "mace")


def table(values: np.ndarray, categories: tuple[float, ...] = (1, 2, 3)) -> RatingTable:
    raters = tuple(f"r{i}" for i in range(values.shape[1]))
    return RatingTable(tuple(f"u{i}" for i in range(values.shape[0])), raters, values, categories)


def with_guessers(seed: int, n: int = 200) -> tuple[RatingTable, np.ndarray]:
    """Three good raters and four who guess, a tenth missing; and the truth."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(1, 4, size=n)
    right = np.array([0.95, 0.9, 0.85, 0, 0, 0, 0])
    guesses = rng.integers(1, 4, size=(n, 7))
    values = np.where(rng.random((n, 7)) < right, truth[:, np.newaxis], guesses).astype(float)
    values[rng.random(values.shape) < 0.1] = NAN
    return table(values), truth


def labels(ratings: RatingTable, rule: Rule, seed: int = 0) -> list[float | None]:
    return [None if np.isnan(x) else float(x) for x in aggregate(ratings, rule, seed=seed).labels]


def dawid_skene_by_hand(ratings: RatingTable, iterations: int) -> np.ndarray:
    """Posteriors (n, V) of plain EM from the shares of ratings, as in Dawid & Skene (1979), section 3."""
    indicator = (ratings.codes()[:, :, np.newaxis] == np.arange(len(ratings.categories))).astype(float)
    posterior: np.ndarray = indicator.sum(axis=1) / indicator.sum(axis=(1, 2))[:, np.newaxis]
    for _ in range(iterations):
        prior = posterior.mean(axis=0)
        errors = np.einsum("nt,nrl->rtl", posterior, indicator) + 1e-12
        errors /= errors.sum(axis=2, keepdims=True)
        log = np.log(prior) + np.einsum("nrl,rtl->nt", indicator, np.log(errors))
        posterior = np.exp(log - log.max(axis=1, keepdims=True))
        posterior /= posterior.sum(axis=1, keepdims=True)
    return posterior


def test_majority_and_median_by_hand() -> None:
    ratings = table(np.array([[1.0, 1, 3], [1, 3, NAN], [NAN, NAN, NAN], [2, NAN, NAN], [1, 2, 3]]))
    assert labels(ratings, "majority") == [1, None, None, 2, None]
    assert labels(ratings, "median") == [1, 2, None, 2, 2]
    majority = aggregate(ratings, "majority")
    assert [majority.status(i) for i in range(5)] == ["decided", "tied", "unlabelled", "decided", "tied"]
    assert majority.n.tolist() == [3, 2, 0, 1, 3]
    assert majority.confidence[[0, 3]] == pytest.approx([2 / 3, 1])
    assert dump(majority.counts()) == {
        "rule": "majority",
        "decided": 2,
        "tied": 2,
        "unlabelled": 1,
        "not_converged": None,
    }


def test_the_majority_of_binary_ratings_is_that_of_the_table() -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(0, 2, size=(60, 4)).astype(float)
    values[rng.random(values.shape) < 0.4] = NAN
    ratings = table(values, BINARY)
    expected = ratings.aggregate(ratings.raters, "majority")
    assert np.array_equal(aggregate(ratings, "majority").labels, expected, equal_nan=True)


def test_dawid_skene_equals_plain_em() -> None:
    for seed in range(5):
        ratings, _ = with_guessers(seed, 80)
        rated = aggregate(ratings, "median").n > 0
        posterior = dawid_skene_by_hand(ratings, 300)
        sure = rated & (posterior.max(axis=1) > 0.9)
        found = aggregate(ratings, "dawid_skene")
        assert sure.mean() > 0.7
        assert (found.labels[sure] == posterior.argmax(axis=1)[sure] + 1).all()
        assert found.confidence[sure] == pytest.approx(posterior.max(axis=1)[sure], abs=0.05)


@pytest.mark.slow
def test_dawid_skene_goes_on_to_its_maximum() -> None:
    """A slow fit: plain EM in whole arrays, ten thousand steps, says the same to six digits and not after a hundred."""
    rng = np.random.default_rng(11)
    truth = rng.choice(5, size=300, p=[0.1, 0.15, 0.2, 0.25, 0.3])
    values = np.clip(truth[:, np.newaxis] + rng.integers(-2, 3, size=(300, 6)), 0, 4).astype(float)
    values[rng.random(values.shape) < 0.5] = NAN
    ratings = table(values, (0, 1, 2, 3, 4))
    rated = (ratings.codes() >= 0).any(axis=1)
    ratings = table(values[rated], (0, 1, 2, 3, 4))
    early, late = (dawid_skene_by_hand(ratings, steps) for steps in (20, 10_000))
    fitted = aggregate(ratings, "dawid_skene")
    assert fitted.not_converged is None
    decided = ~np.isnan(fitted.labels)
    assert decided.mean() > 0.9
    assert fitted.confidence[decided] == pytest.approx(late.max(axis=1)[decided], abs=1e-3)
    assert (fitted.labels[decided] == late.argmax(axis=1)[decided]).all()
    assert (early.argmax(axis=1) != late.argmax(axis=1)).sum() > 5


@pytest.mark.parametrize("seed", range(20))
def test_the_labels_that_are_left_out_have_no_probability(seed: int) -> None:
    """Plain EM over all labels, without smoothing, gives the labels that are not listed exactly 0."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 9, size=(25, 4))
    codes[rng.random(codes.shape) < 0.4] = -1
    codes = codes[(codes >= 0).any(axis=1)]
    fit = fit_dawid_skene(RatingPatterns.of(codes, 9), tolerance=0, most_steps=30)
    patterns = RatingPatterns.of(codes, 9)
    listed = np.zeros((patterns.times.size, 9))
    listed[fit.candidates.pattern, fit.candidates.label] = fit.posterior
    indicator = (codes[:, :, np.newaxis] == np.arange(9)).astype(float)
    posterior = indicator.sum(axis=1) / indicator.sum(axis=(1, 2))[:, np.newaxis]
    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(30):
            errors = np.einsum("nt,nrl->rtl", posterior, indicator)
            errors = np.nan_to_num(errors / errors.sum(axis=2, keepdims=True))
            said = np.where(
                indicator.sum(axis=2)[:, :, np.newaxis] > 0, np.einsum("nrl,rtl->nrt", indicator, errors), 1
            )
            posterior = posterior.mean(axis=0) * said.prod(axis=1)
            posterior /= posterior.sum(axis=1, keepdims=True)
    assert listed[patterns.pattern_of] == pytest.approx(posterior, abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_the_log_likelihood_rises_at_every_step_and_no_more_at_the_end(seed: int) -> None:
    ratings, _ = with_guessers(seed)
    fit = fit_dawid_skene(RatingPatterns.of(ratings.codes(), 3))
    steps = np.diff(fit.log_likelihoods)
    assert fit.converged
    assert steps.min() > -1e-9
    assert steps[-1] < 1e-6 < steps[0]


def test_a_fit_that_runs_out_of_steps_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    ratings, _ = with_guessers(1)
    short = fit_dawid_skene(RatingPatterns.of(ratings.codes(), 3), most_steps=3)
    assert not short.converged
    monkeypatch.setattr(aggregation, "fit_dawid_skene", lambda patterns: short)
    assert aggregate(ratings, "dawid_skene").not_converged == aggregation.NOT_CONVERGED


def test_thousands_of_labels_have_no_table_of_answers() -> None:
    ratings = table(np.arange(200.0)[:, np.newaxis].repeat(2, axis=1), tuple(range(200)))
    (first, _) = annotator_confusions(ratings, aggregate(ratings, "majority"))
    assert (first.counts, first.recall, first.n, first.accuracy.value) == ((), (), 200, 1)
    assert "too many" in str(dump(first)["no_table"])


@pytest.mark.parametrize("rule", MODELS)
def test_the_models_see_through_guessers_and_the_majority_does_not(rule: Rule) -> None:
    ratings, truth = with_guessers(1)
    learnt = (aggregate(ratings, rule).labels == truth).mean()
    assert learnt > 0.9
    assert learnt > (aggregate(ratings, "majority").labels == truth).mean() + 0.05


@pytest.mark.parametrize("rule", MODELS)
def test_the_order_of_raters_and_units_makes_no_difference(rule: Rule) -> None:
    ratings, _ = with_guessers(2)
    rng = np.random.default_rng(0)
    rows, columns = rng.permutation(200), rng.permutation(7)
    shuffled = aggregate(table(ratings.values[np.ix_(rows, columns)]), rule).labels
    assert (shuffled == aggregate(ratings, rule).labels[rows]).mean() > 0.98


@pytest.mark.parametrize("rule", MODELS)
def test_the_same_ratings_give_the_same_labels(rule: Rule) -> None:
    ratings, _ = with_guessers(3, 60)
    first, again = (aggregate(ratings, rule, seed=5) for _ in range(2))
    assert np.array_equal(first.labels, again.labels, equal_nan=True)
    assert np.array_equal(first.confidence, again.confidence, equal_nan=True)


@pytest.mark.parametrize("rule", RULES)
def test_unrated_units_stay_unlabelled_among_others(rule: Rule) -> None:
    ratings, _ = with_guessers(4, 40)
    gaps = table(np.insert(ratings.values, [0, 20, 40], NAN, axis=0))
    full, found = aggregate(ratings, rule), aggregate(gaps, rule)
    kept = np.delete(np.arange(43), [0, 21, 42])
    assert np.isnan(found.labels[[0, 21, 42]]).all()
    assert np.array_equal(found.labels[kept], full.labels, equal_nan=True)


@pytest.mark.parametrize("rule", RULES)
def test_few_ratings(rule: Rule) -> None:
    assert labels(table(np.empty((0, 3))), rule) == []
    assert labels(table(np.full((2, 2), NAN)), rule) == [None, None]
    assert labels(table(np.empty((2, 0))), rule) == [None, None]
    assert labels(table(np.ones((4, 1))), rule) == [1] * 4
    assert labels(table(np.full((5, 3), 2.0)), rule) == [2] * 5
    assert labels(table(np.zeros((3, 2)), (0,)), rule) == [0] * 3


@pytest.mark.parametrize("rule", ["majority", *MODELS])
def test_two_raters_who_differ_on_one_unit_decide_nothing(rule: Rule) -> None:
    assert labels(table(np.array([[1.0, 2]])), rule) == [None]


def of_labels(values: list[float], rule: Rule = "majority") -> Aggregation:
    n = len(values)
    units = tuple(f"u{i}" for i in range(n))
    return Aggregation(rule, units, (1, 2, 3), np.array(values), np.ones(n), np.ones(n, dtype=np.int64))


def test_changes_by_hand() -> None:
    found = changes(of_labels([1, 2, NAN, 3, NAN]), of_labels([1, 3, 2, NAN, NAN], "mace"))
    assert json.loads(json.dumps(dump(found), allow_nan=False)) == {
        "before": "majority",
        "after": "mace",
        "n": 2,
        "same": 1,
        "changed": [{"unit": "u1", "before": 2.0, "after": 3.0}],
        "newly_decided": ["u2"],
        "newly_undecided": ["u3"],
    }


def test_a_rule_changes_nothing_of_itself() -> None:
    ratings, _ = with_guessers(5, 50)
    found = changes(aggregate(ratings, "majority"), aggregate(ratings, "majority"))
    assert (found.changed, found.newly_decided, found.newly_undecided) == ((), (), ())


def test_a_raters_confusion_by_hand() -> None:
    """Gold 1 1 2 – 3; the rater 1 2 2 1 –: three units count, two right."""
    ratings = RatingTable(
        tuple(f"u{i}" for i in range(5)), ("a",), np.array([[1.0], [2], [2], [1], [NAN]]), (1, 2, 3)
    )
    (found,) = annotator_confusions(ratings, of_labels([1, 1, 2, NAN, 3]))
    assert found.counts == ((1, 1, 0), (0, 1, 0), (0, 0, 0))
    assert found.n == 3
    assert found.accuracy == Estimate.of(2 / 3, 3, wilson_interval(2, 3))
    assert [r.value for r in found.recall] == [0.5, 1, None]
    assert found.recall[2].undefined == "no rated unit has this label"
    json.dumps(dump(found), allow_nan=False)


def test_confusions_with_a_median_of_half_points_and_a_rater_without_ratings() -> None:
    ratings = table(np.array([[1.0, 2, NAN], [3, 3, NAN]]))
    first, _, silent = annotator_confusions(ratings, aggregate(ratings, "median"))
    assert first.categories == (1, 1.5, 2, 2.5, 3)
    assert first.counts[1][0] == first.counts[4][4] == 1
    assert (silent.n, silent.accuracy) == (0, Estimate.of_nothing("no decided unit was rated"))


def test_the_scale_of_five_and_clusters() -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(1, 6, size=(60, 3)).astype(float)
    ratings = table(values, SCALE)
    medians = aggregate(ratings, "median")
    clusters = np.arange(60) // 3
    found = annotator_confusions(ratings, medians, clusters=clusters)
    assert found[0].n == sum(map(sum, found[0].counts)) == 60


def test_aggregations_of_other_units_are_refused() -> None:
    with pytest.raises(ValueError, match="same units"):
        changes(of_labels([1]), of_labels([1, 2]))
    with pytest.raises(ValueError, match="other units"):
        annotator_confusions(table(np.ones((2, 2))), of_labels([1]))
