"""What the newest validation report of each campaign says of its judges, for pages that list judges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from annotations.models import Campaign
from annotations.models.campaign import CampaignStatus
from evaluation.models import Judge

# Only the verdicts are taken out of the documents, which are long. Floors have none, and the reason.
VERDICTS = """
    SELECT newest.campaign_id, campaign.name, newest.finished_at, judge->>'name',
        coalesce(judge->'verdict'->>'sentence', 'no verdict: ' || (judge->>'no_verdict'))
    FROM (
        SELECT DISTINCT ON (campaign_id) campaign_id, finished_at, document
        FROM annotations_validationreport WHERE status = 'ready' ORDER BY campaign_id, id DESC
    ) AS newest
    JOIN annotations_campaign AS campaign ON campaign.id = newest.campaign_id AND campaign.status <> 'archived'
    CROSS JOIN LATERAL jsonb_array_elements(newest.document->'judges') AS judge
    ORDER BY newest.finished_at DESC
"""


@dataclass(frozen=True, slots=True)
class JudgeVerdict:
    """What a campaign's newest report says about a judge; `label` is empty where there is no report."""

    campaign_id: int
    campaign: str
    as_of: datetime | None
    label: str


def latest_verdicts() -> Mapping[str, Sequence[JudgeVerdict]]:
    """The verdicts by the judges' names, newest first."""
    with connection.cursor() as cursor:
        cursor.execute(VERDICTS)
        rows = cursor.fetchall()
    verdicts: dict[str, list[JudgeVerdict]] = {}
    for campaign_id, campaign, finished_at, name, sentence in rows:
        verdicts.setdefault(name, []).append(JudgeVerdict(campaign_id, campaign, finished_at, sentence))
    return verdicts


def trust_in(judge: Judge, limit: int = 20) -> Sequence[JudgeVerdict]:
    """The judge's verdict in each campaign on runs that it rates; where there is no report, without one."""
    known = {verdict.campaign_id: verdict for verdict in latest_verdicts().get(judge.name, ())}
    campaigns = (
        Campaign.objects.filter(runs__run_judges__judge=judge)
        .exclude(status=CampaignStatus.ARCHIVED)
        .distinct()
        .order_by("-pk")[:limit]
    )
    without = {campaign.pk: JudgeVerdict(campaign.pk, campaign.name, None, "") for campaign in campaigns}
    return list((without | known).values())
