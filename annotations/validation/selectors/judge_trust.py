"""What the newest validation report of each campaign says of its judges, for pages that list judges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.urls import reverse

from annotations.models import Campaign
from annotations.models.campaign import CampaignStatus
from evaluation.models import Judge

# Only the verdicts are taken out of the documents, which are long. Floors have none, and the reason.
VERDICTS = """
    SELECT newest.campaign_id, campaign.name, newest.finished_at, judge->>'name',
        coalesce(judge->'verdict'->>'sentence', 'no verdict: ' || (judge->>'no_verdict')),
        CASE WHEN (SELECT count(*) FROM annotations_criterion WHERE campaign_id = campaign.id) > 1
            THEN criterion.key ELSE '' END
    FROM (
        SELECT DISTINCT ON (campaign_id, criterion_id) campaign_id, criterion_id, finished_at, document
        FROM annotations_validationreport WHERE status = 'ready' ORDER BY campaign_id, criterion_id, id DESC
    ) AS newest
    JOIN annotations_campaign AS campaign ON campaign.id = newest.campaign_id AND campaign.status <> 'archived'
    LEFT JOIN annotations_criterion AS criterion ON criterion.id = newest.criterion_id
    CROSS JOIN LATERAL jsonb_array_elements(newest.document->'judges') AS judge
    ORDER BY newest.finished_at DESC, criterion.position
"""


@dataclass(frozen=True, slots=True)
class JudgeVerdict:
    """What a campaign's newest report says about a judge; `label` is empty where there is no report.

    `criterion` is the key of the one that the report is on, where the campaign has several.
    """

    campaign_id: int
    campaign: str
    as_of: datetime | None
    label: str
    criterion: str = ""

    @property
    def address(self) -> str:
        """Of the report's page."""
        query = {"criterion": self.criterion} if self.criterion else None
        return reverse("validation", args=[self.campaign_id], query=query)


def latest_verdicts() -> Mapping[str, Sequence[JudgeVerdict]]:
    """The verdicts by the judges' names, newest first."""
    with connection.cursor() as cursor:
        cursor.execute(VERDICTS)
        rows = cursor.fetchall()
    verdicts: dict[str, list[JudgeVerdict]] = {}
    for campaign_id, campaign, finished_at, name, sentence, criterion in rows:
        verdict = JudgeVerdict(campaign_id, campaign, finished_at, sentence, criterion or "")
        verdicts.setdefault(name, []).append(verdict)
    return verdicts


def trust_in(judge: Judge, limit: int = 20) -> Sequence[JudgeVerdict]:
    """The judge's verdicts, those in campaigns on runs that it rates first; where there is no report, without one."""
    known = {
        (verdict.campaign_id, verdict.criterion): verdict for verdict in latest_verdicts().get(judge.name, ())
    }
    campaigns = (
        Campaign.objects.filter(runs__run_judges__judge=judge)
        .exclude(status=CampaignStatus.ARCHIVED)
        .distinct()
        .order_by("-pk")[:limit]
    )
    without = {
        (campaign.pk, ""): JudgeVerdict(campaign.pk, campaign.name, None, "") for campaign in campaigns
    }
    return list((without | known).values())
