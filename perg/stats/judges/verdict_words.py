"""The reasons of a verdict in words, with the numbers of the same report."""

from collections.abc import Mapping

from perg.stats.base.estimate import Estimate
from perg.stats.base.number_text import number_text
from perg.stats.base.terms import Terms
from perg.stats.base.undefined import Undefined
from perg.stats.correction.corrections import Correction
from perg.stats.judges.alternative_annotator import AlternativeAnnotatorTest
from perg.stats.judges.baselines import BASELINE_LEVEL, BaselineTest
from perg.stats.judges.leave_one_out import SkillBesidePeople
from perg.stats.judges.non_inferiority import NonInferiority
from perg.stats.measures.confusion import Confusion

STATISTICS: Mapping[str, str] = {
    "informedness": "informedness",
    "cohen_kappa": "Cohen’s κ",
    "quadratic_kappa": "quadratic κ",
}


def on_baselines(baselines: tuple[BaselineTest, BaselineTest], skill: Estimate, judges: int) -> str:
    """Whether it beats the constant and the random judge."""
    lost = [test for test in baselines if not test.beaten]
    names = " and the ".join(f"{test.baseline} judge" for test in lost or baselines)
    p_value = max(test.p_value for test in baselines if test.p_value is not None)
    says = "does not beat" if lost else "beats"
    name = STATISTICS[baselines[0].statistic]
    level = f", tested at {BASELINE_LEVEL / judges:.2g}" + (
        "" if judges == 1 else f" since {judges} judges are tried"
    )
    return f"It {says} the {names}: {name} {number(skill)} on {units(skill.n)} (p {_p(p_value)}{level})."


def on_no_shared_item(labelled: int) -> str:
    """Why there is nothing to test a judge on although people labelled items."""
    return (
        f"None of the {units(labelled)} with a label has a usable rating of this judge: compare the ids of the items "
        "of people and judge."
    )


def on_failures(confusion: Confusion | None, terms: Terms) -> list[str]:
    """What it finds and what it passes, where there is such a thing."""
    if confusion is None:
        return []
    return [
        f"It finds {_share(confusion.sensitivity)} of {confusion.sensitivity.n} {terms.failures} and passes "
        f"{_share(confusion.specificity)} of {confusion.specificity.n} {terms.passing}."
    ]


def on_alternative(test: AlternativeAnnotatorTest, stable: float) -> list[str]:
    """How the alternative annotator test came out, and how easily it would have come out otherwise."""
    if test.passed is None:
        return [f"The alternative annotator test says nothing yet: {test.undefined}."]
    people = "1 person" if test.winning_rate.n == 1 else f"{test.winning_rate.n} people"
    sentence = (
        f"It {'passes' if test.passed else 'fails'} the alternative annotator test at ε = {test.epsilon:g}: winning "
        f"rate {test.winning_rate.value:.2f} against {people}, advantage probability "
        f"{number(test.advantage_probability)}."
    )
    if test.passing_share is None:
        return [sentence]
    share = f"In {test.passing_share:.0%} of resamples the judge would pass"
    if test.passed and test.passing_share < stable:
        return [sentence, f"{share}: fewer than {stable:.0%}, so the pass is not stable and does not count."]
    return [sentence, f"{share}."]


def on_people(beside: SkillBesidePeople, as_good: NonInferiority) -> str:
    """Whether it is shown to be as good as people."""
    difference = beside.difference
    if difference.value is None:
        return f"It cannot be compared with people: {difference.undefined}."
    values = (
        f"{STATISTICS[beside.statistic]} {_value(beside.judge)}, a person’s {_value(beside.people)}, each "
        f"against the other people; judge minus people {number(difference)}"
    )
    if difference.low is None or difference.high is None:
        return f"It is not shown to have as much skill as people: {values}, without an interval."
    limit, margin = _apart(difference.low, -as_good.margin)
    allowance = f"ε = {as_good.epsilon:g}"
    if as_good.reference_quality < 0.995:
        allowance += f", times {as_good.reference_quality:.2f} for the other people’s own errors"
    if as_good.shown:
        return (
            f"It has as much skill as people, within ε: {values}; the lower limit {limit} is above {margin} "
            f"({allowance})."
        )
    if difference.high < -as_good.margin:
        upper, margin = _apart(difference.high, -as_good.margin)
        return f"It does less well than people: {values}; the upper limit {upper} is below {margin} ({allowance})."
    return (
        f"It is not shown to have as much skill as people: {values}; the lower limit {limit} is not above {margin} "
        f"({allowance})."
    )


def on_correction(correction: Correction | Undefined) -> str:
    """Whether the report has corrected rates for it."""
    if isinstance(correction, Undefined):
        return f"This report has no rate that is corrected for its errors: {correction.undefined}."
    if not correction.of_runs:
        return "Its skill is above chance, so that rates can be corrected for its errors."
    runs = "the run" if correction.of_runs == 1 else f"{correction.runs} of {correction.of_runs} runs"
    return (
        f"Its skill is above chance, and this report corrects its rates for its errors: by "
        f"{' and '.join(correction.methods)} in {runs}."
    )


def units(n: int) -> str:
    """A count of items, in words."""
    return "1 item" if n == 1 else f"{n} items"


def number(estimate: Estimate) -> str:
    """A value with its interval."""
    if estimate.value is None:
        return f"undefined ({estimate.undefined})"
    value = number_text(estimate.value, 2)
    if estimate.low is None or estimate.high is None:
        return value
    return f"{value} [{number_text(estimate.low, 2)}, {number_text(estimate.high, 2)}]"


def _value(estimate: Estimate) -> str:
    return "undefined" if estimate.value is None else number_text(estimate.value, 2)


def _apart(first: float, second: float) -> tuple[str, str]:
    """Both numbers, with enough digits to tell them apart."""
    digits = next((n for n in (2, 3, 4) if f"{first:.{n}f}" != f"{second:.{n}f}"), 4)
    return number_text(first, digits), number_text(second, digits)


def _share(estimate: Estimate) -> str:
    if estimate.value is None:
        return "an unknown share"
    interval = "" if estimate.low is None else f" [{estimate.low:.0%}, {estimate.high:.0%}]"
    return f"{estimate.value:.0%}{interval}"


def _p(p_value: float) -> str:
    return "< 0.001" if p_value < 0.001 else f"= {p_value:.3f}"
