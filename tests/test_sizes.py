"""What is left out every day at one place is there at another, and nothing is left out at full size."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import sizes
from tests.sizes import turn

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("one_in", [1, 3, 6])
def test_in_turn_all_values_are_there_as_often(one_in: int) -> None:
    values = range(12)
    chosen = [value for place in range(one_in) for value in turn(values, place, one_in)]
    assert sorted(chosen) == list(values)
    assert len(turn(values, 7, one_in)) == len(values) / one_in
    assert turn("ab", 7, 8) == "b"


@pytest.mark.slow
def test_full_sizes_leave_nothing_out_and_an_unknown_size_is_an_error() -> None:
    def loaded(size: str) -> subprocess.CompletedProcess[str]:
        program = "from tests import sizes; print(sizes.HOSTILE_TEXTS_ONE_IN, sizes.HOSTILE_VALUES_ONE_IN)"
        environment = os.environ | {"PERG_TEST_SIZE": size}
        command = [sys.executable, "-c", program]
        return subprocess.run(
            command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
        )

    assert loaded("full").stdout == "1 1\n"
    assert "“everyday” or “full”, not “large”" in loaded("large").stderr


@pytest.mark.one_in(3)
@pytest.mark.parametrize("case", range(7))
def test_of_cases_that_go_the_same_way_one_in_so_many_is_run(
    case: int, request: pytest.FixtureRequest
) -> None:
    this = request.node.nodeid.partition("[")[0]
    beside = [item.nodeid for item in request.session.items if item.nodeid.startswith(this)]
    if len(beside) > 1:  # by its name, a case is run at any size
        assert beside == [f"{this}[{case}]" for case in range(0, 7, 1 if sizes.IS_FULL else 3)]


def test_everyday_sizes_are_smaller_in_every_way() -> None:
    assert sizes.IS_FULL or min(sizes.HOSTILE_TEXTS_ONE_IN, sizes.HOSTILE_VALUES_ONE_IN) > 1
