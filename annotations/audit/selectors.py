"""Reading the audit log, newest first, a page at a time: as fast with millions of events as with ten."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection
from django.db.models import BigIntegerField, Case, OuterRef, QuerySet, Subquery, When
from django.db.models.functions import Cast, Substr

from annotations.models import Campaign
from core.models import AuditEvent, User
from core.models.audit import named
from core.text.days import begin_of, end_of

OF_CAMPAIGN = f"{Campaign._meta.verbose_name} "
# An event gets its number within its transaction, and none lasts so long: numbers follow time that closely.
LONGEST_TRANSACTION = timedelta(hours=1)
# The distinct actions by hopping along the index from each to the next: a DISTINCT would read every event.
ACTIONS = """
    WITH RECURSIVE hop AS (
        (SELECT action FROM core_auditevent ORDER BY action LIMIT 1)
        UNION ALL
        SELECT (SELECT action FROM core_auditevent WHERE action > hop.action ORDER BY action LIMIT 1)
        FROM hop WHERE hop.action IS NOT NULL
    )
    SELECT action FROM hop WHERE action IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Filters:
    """What of the log to show; what is empty does not narrow it. Days are in UTC, both included."""

    action: str = ""
    person: User | None = None
    subject: str = ""
    since: date | None = None
    until: date | None = None


def events(*, campaign: Campaign | None, filters: Filters) -> QuerySet[AuditEvent]:
    """The events of a campaign (None: all there are) that the filters leave, newest first."""
    rows = with_campaigns(AuditEvent.objects.select_related("actor").order_by("-pk"))
    if campaign is not None:
        rows = rows.filter(scope=named(campaign))
    if filters.action:
        rows = rows.filter(action=filters.action)
    if filters.person:
        rows = rows.filter(actor=filters.person)
    if filters.subject:
        rows = rows.filter(subject=filters.subject)
    # By number too, so that the index that orders the events also finds the days.
    if filters.since:
        begin = begin_of(filters.since)
        rows = rows.filter(at__gte=begin, pk__gte=_first_since(begin - LONGEST_TRANSACTION))
    if filters.until:
        end = end_of(filters.until)
        rows = rows.filter(at__lt=end, pk__lt=_first_since(end + LONGEST_TRANSACTION))
    return rows


def with_campaigns(log: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
    """Events with `campaign_id` and `campaign_name`, None where they are part of no campaign."""
    key = Cast(Substr("scope", len(OF_CAMPAIGN) + 1), BigIntegerField())
    name = Campaign.objects.filter(pk=OuterRef("campaign_id")).values("name")
    return log.annotate(
        campaign_id=Case(When(scope__startswith=OF_CAMPAIGN, then=key)), campaign_name=Subquery(name[:1])
    )


def actions() -> list[str]:
    """Every action that was ever noted."""
    with connection.cursor() as cursor:
        cursor.execute(ACTIONS)
        return [action for (action,) in cursor.fetchall()]


def _first_since(moment: datetime) -> int:
    """The number of the first event from the moment on; one above all where there is none."""
    first = AuditEvent.objects.filter(at__gte=moment).order_by("at").values_list("pk", flat=True).first()
    return 2**63 - 1 if first is None else first
