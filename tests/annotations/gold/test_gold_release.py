"""Gold: majority with ties unresolved, an immutable snapshot, and exports that say how it came about."""

import csv
import hashlib
import io
import json
import uuid

import pytest

from annotations.exports.writers.writing import stream
from annotations.gold.services.gold import release_gold
from annotations.gold.table import of_release
from annotations.labelling.services.assignment import claim_task
from annotations.labelling.services.labels import submit_label
from annotations.models import Assignment, Campaign, GoldRelease
from annotations.models.export import ExportFormat
from core.errors import Conflict
from core.models import User
from evaluation.models import Judge, Judgment, Question
from perg.stats.gold.gold_criteria import EVERY_TASK
from tests import build
from tests.gold_lines import gold_file, gold_lines

pytestmark = pytest.mark.django_db


def _label_all(campaign: Campaign, scores: dict[str, list[int]]) -> None:
    """Each person labels the tasks in the run's order: {username: [score of item 1, of item 2, …]}."""
    for username, given in scores.items():
        member = campaign.members.get(user__username=username)
        for _ in given:
            assignment = claim_task(member=member)
            assert assignment is not None
            score = given[assignment.task.response.item.position - 1]
            submit_label(assignment=assignment, score=score, comment="", submission_key=uuid.uuid4())


def _campaign(scores: dict[str, list[int]]) -> Campaign:
    people: list[User] = [build.person(name) for name in scores]
    items = len(next(iter(scores.values())))
    campaign = build.campaign(build.run_with_items(items), people, overlap=len(people))
    _label_all(campaign, scores)
    return campaign


def _records(release: GoldRelease) -> list[dict[str, object]]:
    return [json.loads(line) for line in gold_lines(release)]


def test_majority_decides_and_ties_stay_unresolved() -> None:
    release = release_gold(
        campaign=_campaign({"ann": [5, 4, 1, 3], "bob": [3, 2, 2, 2]}), criteria=EVERY_TASK
    )
    records = _records(release)
    assert [(r["followed"], r["score"], r["status"]) for r in records] == [
        (True, 4.0, "unanimous"),
        (None, 3.0, "tied"),
        (False, 1.5, "unanimous"),
        (None, 2.5, "tied"),
    ]
    assert records[0]["labels"] == {"ann": 5, "bob": 3}
    assert records[0]["how"] == "majority of 2 labels, followed if score >= 3"


def test_three_people_give_a_majority() -> None:
    release = release_gold(campaign=_campaign({"ann": [5], "bob": [1], "cat": [2]}), criteria=EVERY_TASK)
    assert [(r["followed"], r["status"]) for r in _records(release)] == [(False, "majority")]


def test_judges_are_exported_beside_people_but_have_no_vote() -> None:
    campaign = _campaign({"ann": [1]})
    judge = Judge.objects.create(name="imported: x", origin="imported")
    Judgment.objects.create(response=campaign.tasks.get().response, judge=judge, status="scored", score=5)
    record = _records(release_gold(campaign=campaign, criteria=EVERY_TASK))[0]
    assert (record["judges"], record["followed"]) == ({"imported: x": 5}, False)


def test_surplus_labels_are_exported_but_have_no_vote() -> None:
    campaign = _campaign({"ann": [5], "bob": [1]})
    Assignment.objects.filter(member__user__username="bob").update(is_surplus=True)
    record = _records(release_gold(campaign=campaign, criteria=EVERY_TASK))[0]
    assert (record["labels"], record["surplus_labels"], record["followed"]) == ({"ann": 5}, {"bob": 1}, True)


def test_a_task_that_nobody_labelled_is_in_the_release_as_unlabelled() -> None:
    ann = build.person("ann")
    campaign = build.campaign(build.run_with_items(2), [ann], overlap=1)
    assignment = claim_task(member=campaign.members.get())
    assert assignment is not None
    submit_label(assignment=assignment, score=3, comment="", submission_key=uuid.uuid4())
    assert sorted(
        str(r["status"]) for r in _records(release_gold(campaign=campaign, criteria=EVERY_TASK))
    ) == [
        "single",
        "unlabelled",
    ]


def test_without_any_label_there_is_nothing_to_release() -> None:
    with pytest.raises(Conflict, match="Nothing is labelled yet"):
        release_gold(campaign=build.campaign(build.run_with_items(1), [build.person()], overlap=1))
    assert not GoldRelease.objects.exists()


def test_releases_are_numbered_and_an_old_one_never_changes() -> None:
    campaign = _campaign({"ann": [5]})
    first = release_gold(campaign=campaign, criteria=EVERY_TASK)
    before = gold_file(first)
    assignment = Assignment.objects.get()
    submit_label(assignment=assignment, score=1, comment="", submission_key=uuid.uuid4())
    Question.objects.update(source="renamed")
    second = release_gold(campaign=campaign, criteria=EVERY_TASK)
    assert (first.number, second.number) == (1, 2)
    assert gold_file(first) == before
    assert [_records(release)[0]["followed"] for release in (first, second)] == [True, False]


def test_the_checksum_is_that_of_the_jsonl_file() -> None:
    release = release_gold(campaign=_campaign({"ann": [5, 1]}), criteria=EVERY_TASK)
    release.refresh_from_db()
    assert release.checksum == hashlib.sha256(gold_file(release)).hexdigest()


@pytest.mark.parametrize("text", ["\\N", "\\.", "a\\tb\tc\r\nd\\", '"ü" \u2028 😀', "\x01\x7f"])
def test_every_text_is_released_as_it_is_and_keeps_the_checksum_right(text: str) -> None:
    campaign = _campaign({"ann": [5]})
    response = campaign.tasks.get().response
    response.text = text
    response.save()
    release = release_gold(campaign=campaign, criteria=EVERY_TASK)
    assert _records(release)[0]["personalised_response"] == text
    assert release.checksum == hashlib.sha256(gold_file(release)).hexdigest()


def test_csv_has_a_column_per_rater_and_defuses_formulas() -> None:
    campaign = _campaign({"ann": [5, 2], "bob": [4, 4]})
    response = campaign.tasks.get(response__item__position=1).response
    response.text = '=HYPERLINK("http://evil.example","click")'
    response.save()
    release = release_gold(campaign=campaign, criteria=EVERY_TASK)
    text = b"".join(stream(of_release(release), ExportFormat.CSV)).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["label: ann"], row["label: bob"], row["followed"]) for row in rows] == [
        ("5", "4", "true"),
        ("2", "4", ""),
    ]
    assert rows[0]["personalised_response"].startswith("'=HYPERLINK")
    assert _records(release)[0]["personalised_response"] == response.text
