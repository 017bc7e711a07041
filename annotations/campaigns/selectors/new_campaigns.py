"""What a new campaign may be made of: all there is for staff, for a lead what belongs to the campaigns that they lead.

What somebody may not choose is in none of these, so that it is refused as if it did not exist.
"""

from django.db.models import QuerySet

from annotations.models import Campaign
from core.models import User
from evaluation.models import Response, Rubric, Run
from evaluation.models.item import Condition
from evaluation.models.run import Setting


def runs_to_sample(maker: User) -> QuerySet[Run]:
    """Runs that have preferences to follow; of those, a lead's are the runs of the campaigns that they lead."""
    runs = Run.objects.exclude(setting=Setting.IRRELEVANT)
    return runs if maker.is_staff else runs.filter(campaigns__in=Campaign.objects.led_by(maker)).distinct()


def people_to_ask(maker: User) -> QuerySet[User]:
    """Everyone who has an account; for a lead, those who are in campaigns that they lead, and so themselves."""
    people = User.objects.filter(is_active=True).order_by("username")
    if maker.is_staff:
        return people
    led = Campaign.objects.led_by(maker)
    return people.filter(memberships__campaign__in=led, memberships__is_active=True).distinct()


def rubrics_to_rate_by(maker: User) -> QuerySet[Rubric]:
    """Every version of every rubric; for a lead those by which people rate in campaigns that they are in."""
    if maker.is_staff:
        return Rubric.objects.all()
    return Rubric.objects.filter(campaigns__in=Campaign.objects.visible_to(maker)).distinct()


def responses_to_rate(runs: QuerySet[Run]) -> int:
    """How many responses of the runs people can rate: personalised ones with a preference to follow."""
    return Response.objects.filter(
        item__run__in=runs, condition=Condition.PERSONALISED, item__preference__isnull=False
    ).count()
