import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from perg.stats.correction.correction import corrected_rates
from perg.stats.estimators.judged_sample import JudgedSample
from perg.stats.labels.given_labels import GivenLabels
from perg.stats.labels.label_errors import label_errors
from perg.stats.labels.shares import label_shares
from tests.defined import ends, value_of, width

REPOSITORY = Path(__file__).resolve().parents[4]
LABELS = ("billing", "bug", "praise", "other")


def draw(
    seed: int, n: int = 1500, labels: int = 400
) -> tuple[GivenLabels, GivenLabels, np.ndarray, np.ndarray]:
    """One of three labels: the judge's, people's, which items people labelled, and the true codes."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(3, p=[0.5, 0.3, 0.2], size=n)
    said = np.where(rng.random(n) < 0.8, truth, rng.integers(3, size=n))
    labelled = rng.permutation(n) < labels
    people = [[LABELS[code]] if known else [] for code, known in zip(truth, labelled, strict=True)]
    judge = [[LABELS[code]] for code in said]
    return GivenLabels.of(judge, LABELS), GivenLabels.of(people, LABELS), labelled, truth


def test_each_label_is_a_corrected_rate_of_its_own() -> None:
    judge, people, labelled, _ = draw(0)
    shares = label_shares(judge, people, labelled)
    assert [share.label for share in shares] == ["billing", "bug", "praise"]
    for code, share in enumerate(shares):
        sample = JudgedSample.of(np.where(labelled, people.has(code), np.nan), judge.has(code).astype(float))
        assert share.rates == corrected_rates(sample)


def test_intervals_for_all_labels_at_once_are_wider_and_are_bonferronis() -> None:
    judge, people, labelled, _ = draw(1)
    for share in label_shares(judge, people, labelled):
        single = share.rates.powered.estimate
        assert share.rates.recommended == "PPI++"
        assert width(share.simultaneous) > width(single)
        assert value_of(share.simultaneous) == pytest.approx(value_of(single))


@pytest.mark.slow
def test_all_labels_are_held_at_once_in_95_of_100_campaigns() -> None:
    held = 0
    for seed in range(60):
        judge, people, labelled, _ = draw(seed, 800, 200)
        shares = label_shares(judge, people, labelled)
        held += all(
            ends(share.simultaneous)[0] <= true <= ends(share.simultaneous)[1]
            for share, true in zip(shares, (0.5, 0.3, 0.2), strict=True)
        )
    assert held >= 54


def test_a_label_that_nobody_gave_has_no_share() -> None:
    judge, people, labelled, _ = draw(2)
    assert "other" not in {share.label for share in label_shares(judge, people, labelled)}


def test_without_labels_only_the_judges_share_is_there() -> None:
    judge, people, labelled, _ = draw(3, labels=0)
    share = label_shares(judge, people, labelled)[0]
    assert share.rates.naive.estimate.value is not None
    assert share.rates.powered.estimate.undefined == "no judged item has a label"
    assert share.simultaneous is None


def test_by_hand_errors_of_each_label() -> None:
    """Billing: people gave it to items 0, 1 and 2, the judge to 1, 2 and 3, and item 4 is not rated by both."""
    people = GivenLabels.of([["billing"], ["billing", "bug"], ["billing"], [], ["billing"]], LABELS)
    judge = GivenLabels.of([["bug"], ["billing"], ["billing", "bug"], ["billing"], []], LABELS)
    errors = {
        error.label: error for error in label_errors(judge, people, among=np.array([True] * 4 + [False]))
    }
    assert errors["billing"].missed.value == pytest.approx(1 / 3)
    assert errors["billing"].invented.value == 1
    assert errors["billing"].wrong.value == pytest.approx(1 / 3)
    assert errors["bug"].missed.value == 1
    assert errors["bug"].invented.value == pytest.approx(2 / 3)
    assert set(errors) == {"billing", "bug"}


def test_an_error_rate_without_an_item_is_undefined() -> None:
    people, judge = GivenLabels.of([["bug"]], LABELS), GivenLabels.of([["praise"]], LABELS)
    bug, praise = label_errors(judge, people)
    assert bug.invented.undefined == "people gave the label to every item"
    assert bug.wrong.undefined == "the judge gave the label to no item"
    assert praise.missed.undefined == "people gave the label to no item"


def test_labels_and_items_must_be_the_same() -> None:
    one, two = GivenLabels.of([["bug"]], LABELS), GivenLabels.of([["bug"], []], LABELS)
    with pytest.raises(ValueError, match="same items"):
        label_errors(one, two)
    with pytest.raises(ValueError, match="one flag"):
        label_shares(one, one, np.array([True, False]))
    with pytest.raises(ValueError, match="not one of the labels"):
        GivenLabels.of([["unknown"]], LABELS)
    with pytest.raises(ValueError, match="column per label"):
        GivenLabels(LABELS, sparse.csr_array(np.zeros((2, 3))))
    with pytest.raises(ValueError, match="has a label or does not"):
        GivenLabels(LABELS, sparse.csr_array(np.full((2, 4), 2.0)))


MEASURED = """
import json, sys
from pathlib import Path
import numpy as np
from scipy import sparse
from perg.stats.labels.given_labels import GivenLabels
from perg.stats.labels.label_errors import label_errors
from perg.stats.labels.set_agreement import set_alpha
from perg.stats.labels.shares import label_shares

labels, items = 4142, 1000
rng = np.random.default_rng(0)

def given():
    columns = rng.integers(labels, size=2 * items)
    table = sparse.csr_array((np.ones(2 * items), (np.repeat(np.arange(items), 2), columns)), shape=(items, labels))
    table.data[:] = 1
    return GivenLabels(tuple(map(str, range(labels))), table)

judge, people = given(), given()
label_errors(judge, people)
ratings = GivenLabels(judge.labels, sparse.vstack([judge.given, people.given]).tocsr())
set_alpha(ratings, np.tile(np.arange(items), 2))
few = [
    GivenLabels(rater.labels, sparse.csr_array(rater.given.multiply(np.arange(labels) < 60)))
    for rater in (judge, people)
]
label_shares(*few, rng.random(items) < 0.3)
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
print(json.dumps(int(peak.split()[1]) / 1024))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="peaks of memory are in kilobytes on Linux")
def test_thousands_of_labels_fit_into_little_memory() -> None:
    run = subprocess.run([sys.executable, "-c", MEASURED], capture_output=True, text=True, cwd=REPOSITORY)
    assert run.returncode == 0, run.stderr[-2000:]
    assert json.loads(run.stdout) < 400
