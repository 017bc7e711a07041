"""Who may make a campaign of what: staff of everything, a lead of what belongs to the campaigns that they lead."""

from collections.abc import Collection, Iterable

from annotations.campaigns.selectors.new_campaigns import people_to_ask, rubrics_to_rate_by, runs_to_sample
from annotations.models import Campaign
from core.errors import NotAllowed, NotFound
from core.models import User
from evaluation.judges.selectors import default_rubric
from evaluation.models import Rubric, Run


def check_maker(maker: User, *, runs: Collection[Run], people: Iterable[User], rubric: Rubric | None) -> None:
    """Part of the caller's transaction. Raises NotAllowed for who may make no campaign, and NotFound for what they may
    not make it of.
    """
    # Under the lock that taking somebody's rights away takes: who has lost them a moment ago makes nothing any more.
    maker = User.objects.select_for_update(no_key=True).get(pk=maker.pk)
    if maker.is_staff and maker.is_active:
        return
    if not Campaign.objects.led_by(maker).exists():
        raise NotAllowed("Only admins and leads make campaigns.")
    if {run.pk for run in runs} - set(runs_to_sample(maker).values_list("pk", flat=True)):
        raise NotFound("There is no such run.", field="runs")
    if {person.pk for person in people} - set(people_to_ask(maker).values_list("pk", flat=True)):
        raise NotFound("There is no such person.", field="annotators")
    if rubric and not rubrics_to_rate_by(maker).filter(pk=rubric.pk).exists():
        raise NotFound("There is no such rubric.", field="rubric")


def rubric_at_first(maker: User | None) -> Rubric:
    """The newest that the maker may choose; where there is none, the one that every installation has."""
    rubrics = Rubric.objects.all() if maker is None else rubrics_to_rate_by(maker)
    return rubrics.order_by("-pk").first() or default_rubric()
