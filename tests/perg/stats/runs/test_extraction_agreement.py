"""Decided and equal, by hand."""

import numpy as np
import pytest

from perg.stats.base.proportions import wilson_interval
from perg.stats.runs.extraction import extraction_agreement


def test_decided_is_of_those_with_a_letter_on_record_and_equal_of_those_decided() -> None:
    recorded = ["A", "B", "C", "A", "B", "", "", ""]
    extracted = ["A", "B", "A", "", "B", "", "C", ""]
    agreement = extraction_agreement(extracted, recorded, clusters=np.arange(8))
    assert (agreement.decided.value, agreement.decided.n) == (4 / 5, 5)
    assert (agreement.equal.value, agreement.equal.n) == (3 / 4, 4)
    assert (agreement.undecided.value, agreement.undecided.n) == (2 / 3, 3)
    assert (agreement.decided.low, agreement.decided.high) == pytest.approx(wilson_interval(4, 5))


def test_responses_to_one_question_are_a_cluster() -> None:
    n = 40
    clusters = np.repeat(np.arange(4), 10)
    extracted = ["A"] * 30 + ["B"] * 10
    agreement = extraction_agreement(extracted, ["A"] * n, clusters=clusters)
    assert agreement.equal.value == 0.75
    assert agreement.equal.low is not None
    assert agreement.equal.high is not None
    independent = wilson_interval(30, 40)
    assert agreement.equal.high - agreement.equal.low > independent[1] - independent[0]


def test_what_has_no_cases_is_undefined() -> None:
    agreement = extraction_agreement(["", ""], ["A", "B"], clusters=np.arange(2))
    assert agreement.decided.value == 0
    assert agreement.equal.value is None
    assert agreement.undecided.value is None
    with pytest.raises(ValueError, match="one question per response"):
        extraction_agreement(["A"], ["A", "B"], clusters=np.arange(2))
