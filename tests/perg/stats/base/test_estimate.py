import json
import math

import numpy as np
import pytest

from perg.stats.base.estimate import Estimate
from perg.stats.base.result import dump, load


def test_complement_subtracts_from_one_and_swaps_the_ends() -> None:
    complement = Estimate.of(0.25, 8, (0.125, 0.5)).complement()
    assert complement == Estimate(value=0.75, n=8, low=0.5, high=0.875, undefined=None)


def test_complement_of_an_estimate_without_interval_has_none() -> None:
    assert Estimate.of(0.25, 8, None).complement() == Estimate.of(0.75, 8, None)


def test_complement_of_nothing_keeps_the_reason_and_the_count() -> None:
    nothing = Estimate.of_nothing("unanimous", 7)
    assert nothing.complement() == nothing


def test_an_undefined_estimate_has_a_reason_and_no_number() -> None:
    assert dump(Estimate.of_nothing("no items")) == {
        "value": None,
        "n": 0,
        "low": None,
        "high": None,
        "undefined": "no items",
        "warnings": [],
    }


def test_numpy_scalars_become_plain_numbers_that_json_can_write() -> None:
    estimate = Estimate.of(np.float32(0.5), np.int64(4), (np.float32(0.25), np.float32(0.75)))  # type: ignore[arg-type]
    assert json.loads(json.dumps(dump(estimate))) == {
        "value": 0.5,
        "n": 4,
        "low": 0.25,
        "high": 0.75,
        "undefined": None,
        "warnings": [],
    }


@pytest.mark.parametrize(
    ("value", "n", "low", "high", "undefined", "complaint"),
    [
        (None, 3, None, None, None, "either a value or a reason"),
        (None, 3, None, None, "", "either a value or a reason"),
        (0.5, 3, None, None, "no items", "either a value or a reason"),
        (0.5, 3, 0.1, None, None, "two ends"),
        (None, 3, 0.1, 0.2, "no items", "has no interval"),
        (math.nan, 3, None, None, None, "finite"),
        (0.5, 3, 0.1, math.inf, None, "finite"),
        (0.5, 3, 0.6, 0.4, None, "from low to high"),
        (0.5, -1, None, None, None, "count"),
    ],
)
def test_an_inconsistent_estimate_is_refused(
    value: float | None,
    n: int,
    low: float | None,
    high: float | None,
    undefined: str | None,
    complaint: str,
) -> None:
    with pytest.raises(ValueError, match=complaint):
        Estimate(value=value, n=n, low=low, high=high, undefined=undefined)


def test_a_value_outside_its_percentile_interval_is_allowed() -> None:
    assert Estimate.of(0.9, 10, (0.2, 0.8)).value == 0.9


def test_warnings_travel_with_the_estimate() -> None:
    warned = Estimate.of(0.25, 8, None, warnings=("few questions",))
    assert warned.complement().warnings == ("few questions",)
    assert warned.with_warnings("few labels").warnings == ("few questions", "few labels")
    assert load(Estimate, json.loads(json.dumps(dump(warned)))) == warned


def test_an_estimate_stored_before_there_were_warnings_is_read() -> None:
    stored = dump(Estimate.of(0.25, 8, (0.1, 0.5)))
    del stored["warnings"]
    assert load(Estimate, stored) == Estimate.of(0.25, 8, (0.1, 0.5))
