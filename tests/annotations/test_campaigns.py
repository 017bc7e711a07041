"""Creating campaigns: the sample, its strata and probabilities, and what is refused in words."""

import random
from collections import Counter

import pytest
from django.contrib.auth.models import AnonymousUser

from annotations.models import Campaign, Task
from annotations.models.campaign import CampaignStatus, Sampling
from annotations.services.campaigns import allocate, draw_sample, set_campaign_status
from evaluation.errors import Conflict, DomainError
from evaluation.models import Run
from tests import build


def _run_of_sources(**counts: int) -> Run:
    run = build.run()
    for source, count in counts.items():
        for _ in range(count):
            build.item(run, source=source)
    return run


@pytest.mark.django_db
def test_tasks_are_personalised_responses_with_all_slots_open() -> None:
    campaign = build.campaign(build.run_with_items(4), [build.person(), build.person()], size=3)
    tasks = list(campaign.tasks.select_related("response"))
    assert len({task.response_id for task in tasks}) == 3
    assert {task.response.condition for task in tasks} == {"personalised"}
    assert {(task.wanted_labels, task.open_slots) for task in tasks} == {(2, 2)}
    assert {task.inclusion_probability for task in tasks} == {0.75}


@pytest.mark.django_db
def test_the_same_seed_draws_the_same_sample_and_another_seed_another() -> None:
    run = build.run_with_items(60)
    first, again, other = (
        {drawn.response for drawn in draw_sample([run], sampling="random", size=20, rng=random.Random(seed))}
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


@pytest.mark.django_db
def test_a_stratified_sample_keeps_the_proportions_and_misses_no_stratum() -> None:
    run = _run_of_sources(big=30, middle=9, small=1)
    sample = draw_sample([run], sampling=Sampling.BY_SOURCE, size=8, rng=random.Random(1))
    assert Counter(drawn.stratum for drawn in sample) == {"big": 6, "middle": 1, "small": 1}
    assert {drawn.stratum: drawn.probability for drawn in sample} == {
        "big": 6 / 30,
        "middle": 1 / 9,
        "small": 1,
    }


@pytest.mark.parametrize("seed", range(200))
def test_allocation_adds_up_and_no_stratum_gives_more_than_it_has(seed: int) -> None:
    rng = random.Random(seed)
    strata = [rng.randrange(1, 50) for _ in range(rng.randrange(1, 12))]
    size = rng.randrange(1, sum(strata) + 1)
    shares = allocate(size, strata)
    assert sum(shares) == size
    assert all(0 <= share <= count for share, count in zip(shares, strata, strict=True))
    if size >= len(strata):
        assert min(shares) >= 1


@pytest.mark.django_db
@pytest.mark.parametrize("size", [0, 4])
def test_a_sample_that_cannot_be_drawn_is_refused(size: int) -> None:
    with pytest.raises(DomainError, match="There are 3 responses") as refusal:
        draw_sample([build.run_with_items(3)], sampling="random", size=size, rng=random.Random(1))
    assert refusal.value.field == "sample_size"


@pytest.mark.django_db
def test_items_without_a_preference_to_follow_are_never_drawn() -> None:
    with pytest.raises(DomainError, match="There are 0 responses"):
        build.campaign(build.run_with_items(2, setting="irrelevant"), [build.person()], overlap=1)
    assert not Campaign.objects.exists()


@pytest.mark.django_db
def test_more_labels_than_people_are_refused_and_nothing_is_left_behind() -> None:
    with pytest.raises(DomainError, match="2 labels by different people, but the campaign has 1"):
        build.campaign(build.run_with_items(1), [build.person()], overlap=2)
    assert not Campaign.objects.exists()


@pytest.mark.django_db
def test_a_campaign_may_draw_from_several_runs() -> None:
    first, second = build.run_with_items(6), build.run_with_items(2)
    campaign = build.campaign([first, second], [build.person()], overlap=1, size=4, sampling="run")
    drawn = Counter(Task.objects.values_list("response__item__run", flat=True))
    assert drawn == {first.pk: 3, second.pk: 1}
    assert set(campaign.runs.all()) == {first, second}


@pytest.mark.django_db
def test_a_status_changes_once() -> None:
    campaign = build.campaign(build.run_with_items(1), [build.person()], overlap=1)
    set_campaign_status(campaign=campaign, status=CampaignStatus.PAUSED)
    with pytest.raises(Conflict, match="paused already"):
        set_campaign_status(campaign=campaign, status=CampaignStatus.PAUSED)


@pytest.mark.django_db
def test_people_see_and_lead_their_own_campaigns_only() -> None:
    annotator, lead, outsider, staff = (
        build.person(),
        build.person(),
        build.person(),
        build.person(staff=True),
    )
    campaign = build.campaign(build.run_with_items(1), [annotator], overlap=1, leads=[lead])
    other = build.campaign(build.run_with_items(1), [outsider], overlap=1)

    def seen(user: object) -> tuple[set[Campaign], set[Campaign]]:
        return set(Campaign.objects.visible_to(user)), set(Campaign.objects.led_by(user))  # type: ignore[arg-type]

    assert seen(annotator) == ({campaign}, set())
    assert seen(lead) == ({campaign}, {campaign})
    assert seen(outsider) == ({other}, set())
    assert seen(staff) == ({campaign, other}, {campaign, other})
    assert seen(AnonymousUser()) == (set(), set())
    campaign.members.update(is_active=False)
    assert seen(lead) == (set(), set())
