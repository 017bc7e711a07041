"""How fast agreement is resampled, against a loop over `krippendorff.alpha`, and how a report grows with the items.

`.venv/bin/python bench/agreement.py [--items 100000 --large 1000000 --loop 10]`. Two measures, in one run:

* 1,000 bootstrap resamples of ordinal alpha on 10,000 items × 5 raters × 5 values. The loop resamples items with
  NumPy and asks the `krippendorff` package; it is timed on `--loop` resamples and scaled to 1,000.
* a full report (the matrix of all pairs with all coefficients and intervals, people's alpha, the threshold sweep,
  judges against people's median and majority) on `--items` items, of which 5 people rated 2,000 and 5 judges all;
  with every item its own question, and with four items a question. Each report runs in a process of its own, whose
  peak memory is read at its end; then again on `--large` items.

The last line is a JSON object.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))
RESAMPLES = 1000
RATED_BY_PEOPLE = 2000


def main() -> None:
    parser = argparse.ArgumentParser(description="The cost of agreement with intervals.")
    parser.add_argument("--items", type=int, default=100_000, help="items of the full report")
    parser.add_argument("--large", type=int, default=1_000_000, help="items of the large report")
    parser.add_argument("--loop", type=int, default=10, help="resamples of the loop that are timed")
    parser.add_argument(
        "--report", nargs=2, type=int, metavar=("ITEMS", "PER_QUESTION"), help=argparse.SUPPRESS
    )
    arguments = parser.parse_args()
    if arguments.report:
        print(json.dumps(report(*arguments.report)))
        return
    found = bootstrap_ratio(arguments.loop)
    print(f"1,000 resamples of ordinal alpha, 10,000 items × 5 raters: {found['bootstrap_seconds']:.3f} s;")
    print(f"  the loop {found['loop_seconds']:.1f} s (scaled from {arguments.loop} resamples): ", end="")
    print(f"{found['bootstrap_ratio']:.0f} times as fast")
    for per_question in (1, 4):
        small = in_own_process(arguments.items, per_question)
        large = in_own_process(arguments.large, per_question)
        suffix = "" if per_question == 1 else "_clustered"
        growth = (large["seconds"] / small["seconds"]) / (arguments.large / arguments.items)
        print(f"A report, {per_question} item(s) a question: ", end="")
        print(f"{arguments.items:,} items {small['seconds']:.2f} s, {small['peak_mb']:.0f} MB; ", end="")
        print(f"{arguments.large:,} items {large['seconds']:.2f} s, {large['peak_mb']:.0f} MB; ", end="")
        print(f"growth {growth:.2f} of linear")
        found |= {f"report{suffix}_{key}": value for key, value in small.items()}
        found |= {f"large{suffix}_{key}": value for key, value in large.items()}
        found[f"growth_of_linear{suffix}"] = growth
    print(json.dumps({name: round(value, 4) for name, value in found.items()}))


def bootstrap_ratio(loop: int) -> dict[str, float]:
    import krippendorff
    import numpy as np

    from annotations.agreement.alpha import krippendorff_alpha
    from annotations.agreement.ratings import RatingTable

    rng = np.random.default_rng(0)
    truth = rng.integers(1, 6, size=(10_000, 1))
    near = np.clip(truth + rng.integers(-1, 2, size=(10_000, 5)), 1, 5)
    guessed = rng.random(near.shape) < 0.2  # so that all combinations of ratings occur
    values = np.where(guessed, rng.integers(1, 6, size=near.shape), near).astype(float)
    table = RatingTable(tuple(range(10_000)), tuple("abcde"), values)

    def once() -> float:
        began = time.perf_counter()
        krippendorff_alpha(table, "ordinal", resamples=RESAMPLES, rng=np.random.default_rng(1))
        return time.perf_counter() - began

    once()
    ours = sorted(once() for _ in range(5))[2]
    data = values.T
    began = time.perf_counter()
    for _ in range(loop):
        krippendorff.alpha(
            reliability_data=data[:, rng.integers(10_000, size=10_000)],
            value_domain=[1, 2, 3, 4, 5],
            level_of_measurement="ordinal",
        )
    theirs = (time.perf_counter() - began) / loop * RESAMPLES
    return {"bootstrap_seconds": ours, "loop_seconds": theirs, "bootstrap_ratio": theirs / ours}


def in_own_process(items: int, per_question: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--report", str(items), str(per_question)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(answer.stdout.splitlines()[-1])


def report(items: int, per_question: int) -> dict[str, float]:
    import numpy as np

    from annotations.agreement.alpha import pooled_alpha
    from annotations.agreement.matrix import rater_matrix
    from annotations.agreement.pooled import PooledTable
    from annotations.agreement.ratings import SCALE, RatingTable
    from annotations.agreement.threshold import threshold_sweep

    rng = np.random.default_rng(0)
    truth = rng.integers(1, 6, size=(items, 1))
    near = np.clip(truth + rng.integers(-1, 2, size=(items, 10)), 1, 5)
    guessed = rng.random((items, 10)) < 0.2  # so that all combinations of ratings occur
    values = np.where(guessed, rng.integers(1, 6, size=(items, 10)), near).astype(float)
    people, judges = tuple(f"person {i}" for i in range(5)), tuple(f"judge {i}" for i in range(5))
    unlabelled = rng.permutation(items)[min(items, RATED_BY_PEOPLE) :]
    values[unlabelled, :5] = np.nan
    clusters = None if per_question == 1 else np.arange(items) // per_question
    units = tuple(range(items))
    began = time.perf_counter()
    table = RatingTable(units, people + judges, values)
    pooled = PooledTable.of(table, clusters=clusters, resamples=RESAMPLES, rng=np.random.default_rng(1))
    pooled = pooled.with_column("people (median)", pooled.table.aggregate(people, "median"))
    matrix = rater_matrix(pooled, level="ordinal", threshold=3, scale=SCALE)
    pooled_alpha(pooled, people, "ordinal")
    sweep = threshold_sweep(pooled, people, judges, SCALE[1:])
    seconds = time.perf_counter() - began
    json.dumps([matrix.as_dict(), *(cut.as_dict() for cut in sweep)], allow_nan=False)
    return {"seconds": seconds, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


if __name__ == "__main__":
    main()
