"""`make fault-check`: small inputs that went wrong once go through the product and give the right values."""

from collections.abc import Callable

import pytest

from tests.fault_inputs import (
    api_cases,
    endpoint_cases,
    question_cases,
    ratings_cases,
    run_cases,
    server_cases,
)
from tests.fault_inputs.case import FAULTS, FaultCase

CASES = (
    *ratings_cases.CASES,
    *run_cases.CASES,
    *question_cases.CASES,
    *server_cases.CASES,
    *endpoint_cases.CASES,
    *api_cases.CASES,
)


@pytest.mark.django_db
@pytest.mark.skipif(not FAULTS.is_dir(), reason="the inputs are not on this machine")
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_input_gives_the_right_values(
    case: FaultCase, record_property: Callable[[str, object], None]
) -> None:
    record_property("fault input", case.name)
    record_property("right", str(dict(case.right)))
    figures = dict(case.measure())
    record_property("got", str(figures))
    assert figures == dict(case.right)
