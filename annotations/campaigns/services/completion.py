"""Noticing that a campaign is complete: every regular task has its labels, and none waits for an adjudication.

It is looked for now and then rather than with every label: the transactions of the last two labels may not see each
other, and labelling is to cost nothing for it.
"""

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from annotations.models import Campaign, Task
from annotations.models.campaign import CampaignStatus
from annotations.models.task import TaskKind, TaskState
from annotations.signals import campaign_completed
from core.audit.writing import record
from core.models import AuditEvent

COMPLETED = "campaign.completed"
AGAIN = {
    "campaign.items_added",
    "campaign.reopened",
    "labels.restored",
    "labels.set_aside",
    "task.adjudicated",
    "task.reopened",
    "task.sent_to_adjudication",
}
"""After one of these, a campaign that was complete is noticed again when it is complete again."""


def note_completed() -> list[Campaign]:
    """Note every campaign that has become complete since it was looked for last; give them."""
    return [campaign for campaign in complete_campaigns() if _note(campaign)]


def complete_campaigns() -> QuerySet[Campaign]:
    """Campaigns, archived ones left out, with nothing to label or to decide; imported ones if they are labelled."""
    regular = Task.objects.filter(campaign=OuterRef("pk"), kind=TaskKind.REGULAR).order_by()
    unsettled = regular.filter(state__in=[TaskState.OPEN, TaskState.DISPUTED])
    return Campaign.objects.filter(~Exists(unsettled), Exists(regular)).exclude(
        status=CampaignStatus.ARCHIVED
    )


@transaction.atomic
def _note(campaign: Campaign) -> bool:
    # One at a time, so that two workers do not both note it.
    Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    events = AuditEvent.objects.of(campaign).order_by("-pk")
    last = events.filter(action__in={COMPLETED, *AGAIN}).values_list("action", flat=True).first()
    if last == COMPLETED or not complete_campaigns().filter(pk=campaign.pk).exists():
        return False
    record(COMPLETED, actor=None, scope=campaign, subject=campaign)
    campaign_completed.send(sender=Campaign, campaign=campaign)
    return True
