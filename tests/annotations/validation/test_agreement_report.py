"""The agreement report: the database's labels through krippendorff and scikit-learn, n beside every number."""

import json

import krippendorff
import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from annotations.models import Assignment, Campaign, Label
from annotations.validation.selectors.agreement import agreement_report
from annotations.validation.selectors.validation import validation_input
from evaluation.models import Judge, Judgment
from perg.stats.base.result import dump
from perg.stats.report.validation import validation_report
from tests import build

pytestmark = pytest.mark.django_db

ANN = [5, 4, 2, 1, 3, 4, 2, 5]
BOB = [4, 4, 1, 2, 3, 2, 2, 5]
JUDGE = [5, 5, 3, 1, 2, 4, 4, 5]


def _campaign(labels: dict[str, list[int]], judge: list[int] | None = None) -> Campaign:
    count = len(next(iter(labels.values()), [])) or 1
    people = [build.person(name) for name in labels] or [build.person()]
    campaign = build.campaign(build.run_with_items(count), people, overlap=len(people))
    tasks = list(campaign.tasks.order_by("response__item__position"))
    for name, scores in labels.items():
        member = campaign.members.get(user__username=name)
        for task, score in zip(tasks, scores, strict=True):
            assignment = Assignment.objects.create(
                task=task, member=member, status="submitted", submitted_at="2026-01-01T00:00:00Z"
            )
            Label.objects.create(assignment=assignment, score=score, submission_key=_key(assignment.pk))
    if judge:
        made = Judge.objects.create(name="imported: x", origin="imported")
        for task, score in zip(tasks, judge, strict=True):
            Judgment.objects.create(response=task.response, judge=made, status="scored", score=score)
    return campaign


def _key(number: int) -> str:
    return f"00000000-0000-0000-0000-{number:012d}"


def test_people_and_judge_agree_as_the_libraries_say() -> None:
    report = dump(agreement_report(_campaign({"ann": ANN, "bob": BOB}, JUDGE)))
    alpha = krippendorff.alpha([ANN, BOB], level_of_measurement="ordinal", value_domain=[1, 2, 3, 4, 5])
    assert report["people"]["alpha_ordinal"]["value"] == pytest.approx(alpha, abs=1e-12)
    assert report["people"]["alpha_ordinal"]["n"] == 8
    pair = next(pair for pair in report["pairs"] if (pair["a"], pair["b"]) == ("ann", "bob"))
    assert pair["scale"]["cohen_kappa"]["value"] == pytest.approx(cohen_kappa_score(ANN, BOB), abs=1e-12)
    assert pair["scale"]["quadratic_kappa"]["value"] == pytest.approx(
        cohen_kappa_score(ANN, BOB, weights="quadratic"), abs=1e-12
    )
    assert pair["scale"]["percent_agreement"]["value"] == 4 / 8
    followed = [np.array(scores) >= 3 for scores in (ANN, BOB)]
    assert pair["followed"]["cohen_kappa"]["value"] == pytest.approx(cohen_kappa_score(*followed), abs=1e-12)
    assert pair["followed"]["n"] == 8


def test_a_judge_is_compared_with_the_peoples_median_and_majority() -> None:
    report = dump(agreement_report(_campaign({"ann": ANN, "bob": BOB}, JUDGE)))
    row = report["against_people"][0]
    medians = [(a + b) / 2 for a, b in zip(ANN, BOB, strict=True)]
    assert (row["judge"], row["kind"]) == ("imported: x", "imported judge")
    assert row["scale"]["n"] == 8
    assert row["scale"]["percent_agreement"]["value"] == np.mean(
        [judge == median for judge, median in zip(JUDGE, medians, strict=True)]
    )
    # Item 6 is tied (4 and 2): seven are left. People: + + − − + · − +; the judge: + + + − − + + +.
    confusion = row["confusion"]
    assert (confusion["n"], confusion["left_out"]) == (7, 1)
    assert [
        confusion[cell] for cell in ("true_positive", "false_positive", "true_negative", "false_negative")
    ] == [
        1,
        1,
        3,
        2,
    ]
    assert confusion["sensitivity"]["value"] == pytest.approx(1 / 3)
    assert confusion["precision"]["value"] == 1 / 2


def test_constant_and_random_baselines_stand_beside_the_judges() -> None:
    report = dump(agreement_report(_campaign({"ann": ANN, "bob": BOB}, JUDGE)))
    baselines = {row["judge"]: row for row in report["against_people"] if row["kind"] == "baseline"}
    assert set(baselines) == {"constant judge", "random judge"}
    assert baselines["constant judge"]["followed"]["cohen_kappa"]["value"] == 0
    assert baselines["random judge"]["scale"]["n"] == 8


def test_only_the_newest_revision_counts_and_surplus_labels_do_not() -> None:
    campaign = _campaign({"ann": ANN, "bob": BOB})
    assignment = Assignment.objects.filter(member__user__username="ann").order_by("pk")[0]
    Label.objects.create(assignment=assignment, revision=2, score=1, submission_key=_key(999))
    Assignment.objects.filter(member__user__username="bob", task=assignment.task).update(is_surplus=True)
    report = agreement_report(campaign)
    assert {rater.name: rater.n for rater in report.raters} == {"ann": 8, "bob": 7}
    assert report.people.alpha_ordinal.n == 7
    assert report.labels["surplus"] == 1


def test_the_report_of_an_unlabelled_campaign_says_why_it_is_empty() -> None:
    report = dump(agreement_report(_campaign({}, [4])))
    alpha = report["people"]["alpha_ordinal"]
    assert (alpha["value"], alpha["n"]) == (None, 0)
    assert alpha["undefined"]
    assert report["against_people"] == []


def test_unanimity_is_undefined_with_its_reason_never_nan() -> None:
    report = dump(agreement_report(_campaign({"ann": [4] * 4, "bob": [4] * 4}, [4] * 4)))
    document = json.dumps(report, allow_nan=False)
    assert "NaN" not in document
    assert report["people"]["alpha_ordinal"]["value"] is None
    assert "unanimous" in str(report["people"]["alpha_ordinal"]["undefined"])


def test_the_same_labels_always_give_the_same_report() -> None:
    campaign = _campaign({"ann": ANN, "bob": BOB}, JUDGE)
    assert dump(agreement_report(campaign)) == dump(agreement_report(campaign))


def test_what_the_validation_report_has_too_is_the_same_number_with_the_same_interval() -> None:
    campaign = _campaign({"ann": ANN, "bob": BOB}, JUDGE)
    report = dump(agreement_report(campaign))
    stored = dump(validation_report(validation_input(campaign)))
    assert report["people"]["alpha_ordinal"] == stored["people"]["alpha"]
    assert report["people"]["alpha_followed"] == stored["people"]["alpha_followed"]
    assert report["against_people"][0]["alpha_ordinal"] == stored["judges"][0]["alpha_with_humans"]
    assert report["against_people"][0]["confusion"] == stored["judges"][0]["confusion"]
    matrix = stored["matrix"]
    assert "pairs" in matrix
    in_matrix = {(pair["a"], pair["b"]): pair for pair in matrix["pairs"]}
    for row in report["against_people"]:
        alpha = in_matrix["people (median)", row["judge"]] if row["kind"] == "baseline" else None
        if alpha is not None:
            assert row["alpha_ordinal"]["value"] == pytest.approx(alpha["scale"]["alpha"]["value"], abs=1e-12)
