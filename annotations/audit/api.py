"""REST views of the audit log: of a campaign for its leads, of everything for admins."""

from django.db.models import QuerySet
from rest_framework.generics import ListAPIView

from annotations.access import led_campaign
from annotations.audit.selectors import Filters, events
from annotations.audit.serializers import AuditEventSerializer, AuditQuery
from annotations.models import Campaign
from core.api.permissions import IsStaff
from core.api.queries import Queried
from core.models import AuditEvent


class CampaignAudit(Queried, ListAPIView[AuditEvent]):
    """What was done in a campaign that the caller leads, newest first."""

    serializer_class = AuditEventSerializer
    query_serializer_class = AuditQuery

    def get_queryset(self) -> QuerySet[AuditEvent]:
        filters = {name: self.query[name] for name in Filters.__slots__ if name in self.query}
        return events(campaign=self.of_campaign(), filters=Filters(**filters))

    def of_campaign(self) -> Campaign | None:
        return led_campaign(self.request.user, self.kwargs["campaign_id"])


class AuditLog(CampaignAudit):
    """Everything that people, their programs and the platform did, on the whole site, newest first."""

    permission_classes = [IsStaff]

    def of_campaign(self) -> None:
        return None
