"""Stamps of what figures of a campaign are computed from: another stamp, and the figures may be others, too.

They are cheap, and on the safe side: a stamp may change where no figure does, but no figure without its stamp.
"""

import hashlib
import json

from django.db.models import Count, Max, Q

from annotations.models import AuditEvent, Campaign
from evaluation.models import Judge
from evaluation.selectors.results import runs_stamp

WITHOUT_EFFECT = ("validation_report.", "gold.", "export.")
"""What is read out of a campaign and changes nothing in it, by the beginning of the action."""


def log_stamp(campaign: Campaign) -> str:
    """Of people's labels, decisions, tasks and settings.

    Whatever changes one of them writes the audit log in the same transaction, and nothing leaves the log. Its last
    entry alone would not do: one with a lower number may be committed after it.
    """
    effectless = Q()
    for beginning in WITHOUT_EFFECT:
        effectless |= Q(action__startswith=beginning)
    entries = AuditEvent.objects.filter(campaign=campaign).exclude(effectless)
    log = entries.aggregate(last=Max("pk"), entries=Count("pk"))
    # Its time, too: after a backup is restored, other entries get the same numbers.
    at = AuditEvent.objects.filter(pk=log["last"]).values_list("at", flat=True).first()
    settings = (campaign.threshold, campaign.minimum_seconds, campaign.rating_threshold, campaign.scale)
    return "/".join(str(part) for part in (log["last"], log["entries"], at and at.timestamp(), *settings))


def input_stamp(campaign: Campaign) -> str:
    """Of all that a validation report reads: the labels, and the runs with their judgments (see `RunChange`)."""
    runs = list(
        campaign.runs.order_by("pk").values_list("pk", "name", "method", "setting", "endpoint__model")
    )
    parts: list[object] = [
        log_stamp(campaign),
        runs_stamp([pk for pk, *_ in runs]),
        runs,
        list(Judge.objects.order_by("pk").values_list("pk", "name")),
        list(campaign.members.order_by("pk").values_list("pk", "user__username")),
    ]
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()
