"""Is the better of two judges named as often as the planner predicts?

`.venv/bin/python bench/comparison_power.py [--simulations 1000]`. A cell has two judges with given sensitivity and
specificity, a failure rate, a number of labelled units and a statistic. The planner's prediction stands beside the
share of simulated campaigns in which the paired bootstrap names the better judge at the 5% level; in the cells with two
equal judges that share is of either judge, and should be 0.05. The last line is a JSON object.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import get_args

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from annotations.agreement.comparison import Statistic, compare_judges
from annotations.agreement.comparison_power import JudgeRates, comparison_power, joint_of_rates
from annotations.agreement.ratings import BINARY

CELLS = (
    # failure rate, judge A, judge B, correlation of their being right, units
    (0.3, JudgeRates(0.90, 0.95), JudgeRates(0.75, 0.85), 0.3, 100),
    (0.3, JudgeRates(0.90, 0.95), JudgeRates(0.75, 0.85), 0.3, 200),
    (0.3, JudgeRates(0.90, 0.90), JudgeRates(0.80, 0.85), 0.0, 300),
    (0.1, JudgeRates(0.85, 0.95), JudgeRates(0.60, 0.90), 0.2, 200),
    (0.1, JudgeRates(0.85, 0.95), JudgeRates(0.60, 0.90), 0.2, 400),
    (0.5, JudgeRates(0.80, 0.80), JudgeRates(0.70, 0.70), 0.0, 150),
    (0.5, JudgeRates(0.95, 0.90), JudgeRates(0.85, 0.90), 0.5, 300),
    (0.3, JudgeRates(0.80, 0.85), JudgeRates(0.80, 0.85), 0.3, 200),
)
STATISTICS: tuple[Statistic, ...] = get_args(Statistic)


def main() -> None:
    parser = argparse.ArgumentParser(description="Predicted and observed power of the paired comparison.")
    parser.add_argument("--simulations", type=int, default=1000, help="campaigns a cell")
    parser.add_argument("--resamples", type=int, default=500, help="of the bootstrap")
    arguments = parser.parse_args()
    names = [name for name in STATISTICS if name != "quadratic_kappa"]  # Cohen's, of two categories
    print(
        f"{'fail':>5}{'A':>12}{'B':>12}{'corr':>6}{'units':>6} {'statistic':15}{'predicted':>10}{'observed':>9}"
    )
    rows, started = [], time.perf_counter()
    for failure_rate, a, b, correlation, units in CELLS:
        joint = joint_of_rates(failure_rate, a, b, correlation=correlation)
        for statistic in names:
            equal = a == b
            predicted = 0.05 if equal else comparison_power(joint, units, statistic)
            observed = share_named(
                joint, units, statistic, arguments.simulations, arguments.resamples, either=equal
            )
            shown = [f"{rates.sensitivity:.2f}/{rates.specificity:.2f}" for rates in (a, b)]
            print(
                f"{failure_rate:5.2f}{shown[0]:>12}{shown[1]:>12}{correlation:6.1f}{units:6d} {statistic:15}"
                f"{predicted:10.3f}{observed:9.3f}",
                flush=True,
            )
            rows.append(
                {"units": units, "statistic": statistic, "predicted": predicted, "observed": observed}
            )
    worst = max(abs(row["predicted"] - row["observed"]) for row in rows)
    summary = {"simulations": arguments.simulations, "largest_difference": worst, "rows": rows}
    print(json.dumps(summary | {"seconds": round(time.perf_counter() - started, 1)}))


def share_named(
    joint: np.ndarray, units: int, statistic: Statistic, simulations: int, resamples: int, *, either: bool
) -> float:
    """How often judge A, the better one (or either), is named better at the 5% level."""
    named = 0
    for seed in range(simulations):
        rng = np.random.default_rng(seed)
        drawn = np.unravel_index(rng.choice(joint.size, size=units, p=joint.ravel()), joint.shape)
        reference, a, b = (codes.astype(float) for codes in drawn)
        (found,) = compare_judges(
            reference, {"a": a, "b": b}, BINARY, statistic, resamples=resamples, rng=rng
        )
        if found.p_value is not None and found.p_value < 0.05 and found.difference.value is not None:
            named += either or found.difference.value > 0
    return named / simulations


if __name__ == "__main__":
    main()
