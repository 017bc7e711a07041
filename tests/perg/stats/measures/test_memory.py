"""Memory grows with the ratings, not with the square of the labels: each case in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).resolve().parents[4]
MOST_MEGABYTES = 500

MEASURED = """
import json, sys
from pathlib import Path
import numpy as np
from perg.stats.base.resampling import Draws
from perg.stats.gold.aggregation import aggregate, annotator_confusions
from perg.stats.measures.alpha import krippendorff_alpha
from perg.stats.judges.assessment import most_common
from perg.stats.judges.baselines import beats_baselines
from perg.stats.judges.calibration import score_calibration
from perg.stats.measures.comparison import compare_judges
from perg.stats.measures.kappa import pairwise
from perg.stats.measures.matrix import rater_matrix
from perg.stats.ratings.pooled import PooledTable
from perg.stats.ratings.ratings import RatingTable

kind, items, labels, raters = sys.argv[1], *map(int, sys.argv[2:])
rng = np.random.default_rng(0)
truth = np.resize(rng.permutation(labels), items)[:, np.newaxis]
near = truth + rng.integers(-labels // 20, labels // 20 + 1, size=(items, raters))
values = np.clip(near, 0, labels - 1) if kind == "scores" else np.where(
    rng.random((items, raters)) < 0.6, truth, rng.integers(0, labels, size=(items, raters))
)
step = 100 / (labels - 1) if kind == "scores" else 1.0
level = "interval" if kind == "scores" else "nominal"
scale = tuple(step * label for label in range(labels))
table = RatingTable(tuple(range(items)), tuple(f"r{i}" for i in range(raters)), step * values, scale, level)
draws = Draws(rng=np.random.default_rng(0))
for of in ("nominal", "ordinal", "interval"):
    krippendorff_alpha(table, of, draws=draws)
reference = most_common(table) if level == "nominal" else table.aggregate(table.raters)
wide = table.with_column("people", reference)
first, second = wide.values[:, 0], wide.values[:, 1]
pairwise(first, second, wide.categories, level=level, draws=draws)
statistic = "cohen_kappa" if level == "nominal" else "quadratic_kappa"
beats_baselines(first, wide.column("people"), wide.categories, statistic, draws=draws)
for of in ("alpha", "cohen_kappa", "quadratic_kappa", "accuracy", "informedness"):
    compare_judges(wide.column("people"), {"a": first, "b": second}, wide.categories, of, draws=draws)
rater_matrix(PooledTable.of(wide, draws), raters=["r0", "r1", "people"], level=level)
score_calibration(first, (second > np.median(second)).astype(float), wide.categories, draws=draws)
majority = aggregate(table, "majority")
if items * raters <= 50_000:
    aggregate(table, "dawid_skene")
    aggregate(table, "mace")
annotator_confusions(table, majority)
# Not `ru_maxrss`, which begins with the peak of the process that started this one.
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
print(json.dumps(int(peak.split()[1]) / 1024))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peaks of memory are in kilobytes on Linux")
@pytest.mark.parametrize(
    ("kind", "items", "labels", "raters"),
    [("labels", 2000, 4142, 3), ("scores", 3000, 3000, 5), ("labels", 100_000, 20, 3)],
    ids=["4142 labels", "3000 scores", "100000 items of 20 labels"],
)
@pytest.mark.one_in(2)
def test_many_labels_fit_into_little_memory(kind: str, items: int, labels: int, raters: int) -> None:
    arguments = [sys.executable, "-c", MEASURED, kind, str(items), str(labels), str(raters)]
    run = subprocess.run(arguments, capture_output=True, text=True, cwd=REPOSITORY)
    assert run.returncode == 0, run.stderr[-2000:]
    assert json.loads(run.stdout) < MOST_MEGABYTES
