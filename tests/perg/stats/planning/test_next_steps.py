"""Plans as a report makes them: of the test, the runs and the corrections that the same report computes."""

import numpy as np
import pytest

from perg.stats.base.undefined import Undefined
from perg.stats.items.validation_input import ValidationInput, ValidationSettings
from perg.stats.planning.alternative_annotator_power import UnitsPlan
from perg.stats.report.validation import validation_report
from tests.rating_inputs import given

QUICK = ValidationSettings(resamples=60)
NAN = np.nan


def scored(n: int, labelled: int, *, seed: int = 0, **more: object) -> ValidationInput:
    """Scores 1–5 by three people on the first items and by a judge on all.

    The judge is on the people's side of the threshold, 3, as often as they are; but it says only 1 and 5 where they
    say 2 and 4, too.
    """
    rng = np.random.default_rng(seed)
    quality = rng.integers(0, 2, size=n)
    people = {}
    for name in "abc":
        side = np.where(rng.random(n) < 0.1, 1 - quality, quality)
        near = np.where(side == 1, rng.choice([3, 4, 4, 4, 5], size=n), rng.choice([1, 2, 2, 2, 2], size=n))
        people[name] = np.where(np.arange(n) < labelled, near, NAN)
    said = np.where(rng.random(n) < 0.1, 1 - quality, quality)
    return given(people, {"judge": np.where(said == 1, 5.0, 1.0)}, **more)


def test_the_test_is_planned_on_scores_where_the_report_runs_it_on_scores() -> None:
    """On decisions the judge is as good as a person, and a plan for those promises 80%; on scores it never passes."""
    report = validation_report(scored(300, 300), settings=QUICK)
    test = report.judges[0].alternative_annotator_test
    assert (test.scoring, test.passed) == ("neg_rmse", False)
    (plan,) = report.planning.judges
    planned = plan.items_for_alternative_annotator_test
    assert isinstance(planned, UnitsPlan)
    assert planned.units is None
    assert planned.power.value is not None
    assert planned.power.value < 0.1


def test_labels_are_planned_for_the_items_of_one_run_that_count() -> None:
    """Two runs of 600, a third of whose items have a wrong baseline: 400 of each count."""
    counts = np.arange(1200) % 3 > 0
    made = scored(
        1200,
        300,
        run=np.repeat(["x", "y"], 600).tolist(),
        baseline_correct=counts,
        inclusion=np.full(1200, 0.25),
    )
    report = validation_report(made, settings=QUICK)
    plans = report.planning.judges[0].labels_for_interval
    assert not isinstance(plans, Undefined)
    assert {plan.judged for plan in plans} == {400}
    reached = {plan.method: plan.labels for plan in plans if plan.half_width == 0.05}
    alone, powered = reached["human only"], reached["PPI++"]
    assert alone is not None
    assert powered is not None
    assert powered < alone <= 400


def test_labels_of_a_judge_nobody_can_be_compared_with_are_undefined() -> None:
    report = validation_report(scored(40, 0), settings=QUICK)
    plans = report.planning.judges[0].labels_for_interval
    assert isinstance(plans, Undefined)
    assert plans.undefined == "no judged item has a label"


def test_distinguishing_many_judges_needs_more_items_than_two() -> None:
    """Holm's correction starts from 5% over the pairs: six for four judges, one for two."""
    rng = np.random.default_rng(3)
    truth = (rng.random(400) < 0.7).astype(float)

    def rater(error: float) -> np.ndarray:
        return np.where(rng.random(400) < error, 1 - truth, truth) * 4 + 1

    people = {name: rater(0.05) for name in "abc"}
    judges = {f"e{error}": rater(error) for error in (0.12, 0.2, 0.16, 0.24)}
    four = validation_report(given(people, judges), settings=QUICK).planning.comparisons
    two = validation_report(
        given(people, {name: judges[name] for name in ("e0.12", "e0.2")}), settings=QUICK
    ).planning.comparisons
    alone = two[0].items
    among = next(plan.items for plan in four if {plan.a, plan.b} == {"e0.12", "e0.2"})
    assert alone is not None
    assert among is not None
    assert among > 1.2 * alone


@pytest.mark.parametrize("rarer", [3, 12])
@pytest.mark.one_in(2)
def test_few_decisions_of_the_rarer_kind_give_no_plan_or_a_rough_one(rarer: int) -> None:
    truth = np.where(np.arange(200) < rarer, 1.0, 5.0)
    rng = np.random.default_rng(1)
    judges = {
        name: np.where(rng.random(200) < error, 6 - truth, truth) for name, error in (("x", 0.05), ("y", 0.3))
    }
    (plan,) = validation_report(given({"a": truth, "b": truth}, judges), settings=QUICK).planning.comparisons
    if rarer < 10:
        assert plan.items is None
        assert plan.undefined is not None
        assert "fewer than 10 to plan from" in plan.undefined
    else:
        assert plan.items is not None
        assert "the number is rough" in plan.warnings[0]
