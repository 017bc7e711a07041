"""How fast agreement is resampled, against a loop over `krippendorff.alpha`, and how a report grows with the items.

`.venv/bin/python bench/agreement.py [--items 100000 --large 1000000 --loop 10]`. Three measures, in one run:

* 1,000 bootstrap resamples of ordinal alpha on 10,000 items × 5 raters × 5 values. The loop resamples items with
  NumPy and asks the `krippendorff` package; it is timed on `--loop` resamples and scaled to 1,000.
* a full report (`validation_report`: verdicts with their tests, matrix, thresholds, slices by five facets, corrected
  rates of two runs with their differences, gold by other rules, planning) on `--items` items, of which 5 people rated
  2,000 and 5 judges all; with every item its own question, and with two runs of two preferences a question. Each report
  runs in a process of its own, whose peak memory is read at its end; then again on `--large` items. The seconds
  hold everything from the arrays to the JSON document;
* a stored report (bench/stored_report.py), as a worker makes it: hash of the input, reading, computing, writing, with
  a PostgreSQL of its own.

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
    parser.add_argument(
        "--stored", type=int, default=100_000, help="items of the report that is stored; 0: none"
    )
    parser.add_argument("--stored-report", type=int, metavar="ITEMS", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.report:
        print(json.dumps(report(*arguments.report)))
        return
    if arguments.stored_report:
        from bench.stored_report import stored_report

        print(json.dumps(stored_report(arguments.stored_report)))
        return
    found = bootstrap_ratio(arguments.loop)
    print(f"1,000 resamples of ordinal alpha, 10,000 items × 5 raters: {found['bootstrap_seconds']:.3f} s;")
    print(f"  the loop {found['loop_seconds']:.1f} s (scaled from {arguments.loop} resamples): ", end="")
    print(f"{found['bootstrap_ratio']:.0f} times as fast")
    for per_question in (1, 4):
        small = in_own_process("--report", str(arguments.items), str(per_question))
        large = in_own_process("--report", str(arguments.large), str(per_question))
        suffix = "" if per_question == 1 else "_clustered"
        growth = (large["seconds"] / small["seconds"]) / (arguments.large / arguments.items)
        print(f"A report, {per_question} item(s) a question: ", end="")
        for items, figures in ((arguments.items, small), (arguments.large, large)):
            print(
                f"{items:,} items {figures['seconds']:.2f} s ({figures['cpu_seconds']:.2f} s of processor), ",
                end="",
            )
            print(f"{figures['peak_mb']:.0f} MB; ", end="")
        print(f"growth {growth:.2f} of linear")
        found |= {f"report{suffix}_{key}": value for key, value in small.items()}
        found |= {f"large{suffix}_{key}": value for key, value in large.items()}
        found[f"growth_of_linear{suffix}"] = growth
    if arguments.stored:
        stored = in_own_process("--stored-report", str(arguments.stored))
        print(
            f"A stored report of {arguments.stored:,} items, two a question, read out of PostgreSQL and written: ",
            end="",
        )
        print(f"{stored['seconds']:.2f} s ({stored['cpu_seconds']:.2f} s of processor here, ", end="")
        print(f"{stored['database_cpu_seconds']:.2f} s in the database)")
        found |= {f"stored_{key}": value for key, value in stored.items()}
    print(json.dumps({name: round(value, 4) for name, value in found.items()}))


def bootstrap_ratio(loop: int) -> dict[str, float]:
    import krippendorff
    import numpy as np

    from perg.stats.base.resampling import Draws
    from perg.stats.measures.alpha import krippendorff_alpha
    from perg.stats.ratings.ratings import RatingTable

    rng = np.random.default_rng(0)
    truth = rng.integers(1, 6, size=(10_000, 1))
    near = np.clip(truth + rng.integers(-1, 2, size=(10_000, 5)), 1, 5)
    guessed = rng.random(near.shape) < 0.2  # so that all combinations of ratings occur
    values = np.where(guessed, rng.integers(1, 6, size=near.shape), near).astype(float)
    table = RatingTable(tuple(range(10_000)), tuple("abcde"), values)

    def once() -> float:
        began = time.perf_counter()
        krippendorff_alpha(table, "ordinal", draws=Draws(rng=np.random.default_rng(1), resamples=RESAMPLES))
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


def in_own_process(*arguments: str) -> dict[str, float]:
    answer = subprocess.run(
        [sys.executable, __file__, *arguments], capture_output=True, text=True, check=True
    )
    return json.loads(answer.stdout.splitlines()[-1])


def report(items: int, per_question: int) -> dict[str, float]:
    import numpy as np
    import scipy.sparse
    import scipy.special  # noqa: F401  # both would be loaded on first use, while the clock runs

    from perg.stats.base.result import dump
    from perg.stats.files.rating_set import RatingSet
    from perg.stats.items.validation_input import ValidationInput, ValidationSettings
    from perg.stats.ratings.ratings import RatingTable
    from perg.stats.report.validation import validation_report

    rng = np.random.default_rng(0)
    truth = rng.integers(1, 6, size=(items, 1))
    near = np.clip(truth + rng.integers(-1, 2, size=(items, 10)), 1, 5)
    guessed = rng.random((items, 10)) < 0.2  # so that all combinations of ratings occur
    values = np.where(guessed, rng.integers(1, 6, size=(items, 10)), near).astype(float)
    people, judges = tuple(f"person {i}" for i in range(5)), tuple(f"judge {i}" for i in range(5))
    labelled = np.zeros(items, dtype=bool)
    labelled[rng.permutation(items)[:RATED_BY_PEOPLE]] = True
    values[~labelled, :5] = np.nan
    numbers = np.arange(items)
    question = numbers if per_question == 1 else numbers // 2 % (items // per_question)
    pairing = numbers if per_question == 1 else numbers % (items // 2)
    run = np.where(numbers < items // 2, "direct", "pref_aligner").tolist()
    table = RatingTable(tuple(range(items)), people + judges, values)
    facets = {"source": 5, "category": 20, "preference category": 8, "answer correct": 2}
    given = ValidationInput(
        RatingSet("ordinal", table, (), people, judges, 0),
        3.0,
        question,
        facets={
            name: [f"{name} {slice_}" for slice_ in rng.integers(count, size=items)]
            for name, count in facets.items()
        }
        | {"method": run},
        response_length=rng.integers(100, 3000, items).astype(float),
        baseline_correct=rng.random(items) < 0.8,
        answer_correct=rng.random(items) < 0.8,
        inclusion=np.where(labelled, RATED_BY_PEOPLE / items, np.nan),
        run=run,
        pairing=pairing,
    )
    began, cpu_began = time.perf_counter(), time.process_time()
    found = validation_report(given, settings=ValidationSettings(resamples=RESAMPLES))
    json.dumps(dump(found), allow_nan=False)
    return {
        "seconds": time.perf_counter() - began,
        "cpu_seconds": time.process_time()
        - cpu_began,  # of all threads; steadier than the clock on a busy machine
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    main()
