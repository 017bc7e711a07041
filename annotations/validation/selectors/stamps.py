"""The stamp of what a validation report is computed from: another stamp, and the report may be another, too.

It is cheap, and on the safe side: it may change where the report does not, but the report does not without it.
"""

import hashlib
import json

from annotations.campaigns.selectors.stamps import log_stamp
from annotations.models import Campaign
from evaluation.models import Judge
from evaluation.results.selectors.results import runs_stamp


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
