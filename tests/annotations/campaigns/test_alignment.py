"""The runs' alignment failure by people: counted in the database as by hand, and unbiased from an enriched sample."""

import random

import numpy as np
import pytest

from annotations.adjudication.services import adjudicate
from annotations.campaigns.selectors.alignment import StratumCounts, alignment_by_people, counts_of_run
from annotations.campaigns.services.sampling import DISAGREE, REST, draw_enriched
from annotations.models import Campaign
from core.models import User
from perg.stats.base.weighted import stratified_share
from tests import build


@pytest.fixture
def people(db: None) -> list[User]:
    return [build.person() for _ in range(2)]


def _label(campaign: Campaign, people: list[User], scores: dict[int, tuple[int, ...]]) -> None:
    for task in campaign.tasks.select_related("response__item"):
        for person, score in zip(people, scores.get(task.response.item.position, ()), strict=False):
            build.vote(task, person, score)


def test_only_items_with_a_correct_baseline_count_and_ties_are_told(people: list[User]) -> None:
    run = build.run()
    for baseline in ("A", "A", "A", "A", "B", "A"):
        build.item(run, baseline=baseline)
    campaign = build.campaign(run, people)
    # Followed, failed, tied, unlabelled; failed with a wrong baseline answer; failed by one label.
    _label(campaign, people, {1: (4, 5), 2: (1, 2), 3: (1, 5), 5: (1, 1), 6: (2,)})
    (row,) = alignment_by_people(campaign)
    assert row.share.weighted.value == row.share.unweighted.value == pytest.approx(2 / 3)
    assert (row.share.weighted.n, row.tied) == (3, 1)
    assert not row.share.is_census


def test_a_decision_in_force_stands_above_the_votes(people: list[User]) -> None:
    lead = build.person()
    campaign = build.campaign(build.run_with_items(2), people, leads=[lead])
    _label(campaign, people, {1: (1, 5), 2: (4, 4)})
    tied = campaign.tasks.get(state="disputed")
    adjudicate(task=tied, adjudicator=lead, score=4, rationale="So.", based_on=0)
    adjudicate(task=tied, adjudicator=lead, score=2, rationale="No.", based_on=1)
    (row,) = alignment_by_people(campaign)
    assert (row.share.weighted.value, row.share.is_census, row.tied) == (0.5, True, 0)
    campaign.tasks.filter(pk=tied.pk).update(state="disputed")  # reopened
    (row,) = alignment_by_people(campaign)
    assert (row.share.weighted.n, row.tied) == (1, 1)


def test_labels_without_a_vote_and_control_items_do_not_count(people: list[User]) -> None:
    campaign = build.campaign(build.run_with_items(3), people)
    first, second, third = campaign.tasks.all()
    build.vote(first, people[0], 5)
    build.vote(second, people[0], 1, is_set_aside=True)
    build.vote(second, people[1], 1, is_surplus=True)
    campaign.tasks.filter(pk=third.pk).update(kind="control", wanted_labels=0, open_slots=0)
    build.vote(third, people[0], 1)
    (row,) = alignment_by_people(campaign)
    assert (row.share.weighted.value, row.share.weighted.n) == (0, 1)


def test_a_changed_label_counts_as_it_is_now(people: list[User]) -> None:
    campaign = build.campaign(build.run_with_items(1), people)
    build.vote(campaign.tasks.get(), people[0], 1, 5)
    (row,) = alignment_by_people(campaign)
    assert row.share.weighted.value == 0


def test_each_run_of_a_campaign_has_its_own_rate_and_strata_weigh(people: list[User]) -> None:
    """An enriched sample of two runs, labelled whole: failures where judges disagree count for fewer than they are."""
    runs = [build.run("first"), build.run("second")]
    for run in runs:
        for number in range(12):
            item = build.item(run)
            build.judgment(item, 1 if number < 4 else 5, by="one")
            build.judgment(item, 5, by="other")
    campaign = build.campaign(runs, people, size=8, sampling="enriched", enriched_share=0.5)
    for task in campaign.tasks.all():
        build.vote(task, people[0], 1 if task.stratum == DISAGREE else 5)
    rows = alignment_by_people(campaign)
    assert [row.run for row in rows] == runs
    drawn = {
        (run, stratum): campaign.tasks.filter(response__item__run=run, stratum=stratum).count()
        for run in runs
        for stratum in (DISAGREE, REST)
    }
    for row in rows:
        failing, following = drawn[row.run, DISAGREE] * 8 / 4, drawn[row.run, REST] * 16 / 4
        assert row.share.weighted.value == pytest.approx(failing / (failing + following))
        assert row.share.unweighted.value != pytest.approx(row.share.weighted.value)


def test_from_enriched_samples_the_weighted_rate_is_unbiased_and_the_unweighted_is_not() -> None:
    """300 campaigns on one run: 400 responses, a fifth of them with judges who disagree, and failing far more often."""
    rng = random.Random(5)
    strata = {DISAGREE: range(80), REST: range(80, 400)}
    correct = [rng.random() < 0.7 for _ in range(400)]
    fails = [rng.random() < (0.6 if response < 80 else 0.1) for response in range(400)]
    in_domain = sum(correct)
    truth = sum(failed for failed, right in zip(fails, correct, strict=True) if right) / in_domain
    weighted, unweighted = [], []
    for seed in range(300):
        rows = []
        sample = draw_enriched(strata, size=60, share=0.5, rng=random.Random(seed))
        for stratum in strata:
            drawn = [each for each in sample if each.stratum == stratum]
            right = [each.response for each in drawn if correct[each.response]]
            failed = sum(fails[response] for response in right)
            rows.append(
                StratumCounts(1, stratum, drawn[0].probability, len(drawn), len(drawn), len(right), failed, 0)
            )
        share = stratified_share(counts_of_run(rows, 1))
        weighted.append(share.weighted.value or 0)
        unweighted.append(share.unweighted.value or 0)
    error = float(np.std(weighted))
    assert abs(np.mean(weighted) - truth) < 0.1 * error
    assert np.mean(unweighted) - truth > error
