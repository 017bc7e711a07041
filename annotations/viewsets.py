"""What the REST views of campaigns have in common."""

from django.utils.functional import cached_property
from rest_framework.viewsets import GenericViewSet

from annotations.access import campaign_on_runs, led_campaign
from annotations.models import Campaign
from core.api.queries import Filtered, M
from core.scopes import Scope


class PersonViewSet(Filtered[M], GenericViewSet[M]):
    """Things of which everybody sees their own. An `action` that starts nothing has `scope=Scope.READ`."""

    scope: str = Scope.MANAGE
    lookup_value_converter = "int"


class LedViewSet(PersonViewSet[M]):
    """Things of a campaign, for those who lead it: for everybody else there is no such campaign.

    `only_on_runs`: nor is there any for a campaign of imported items.
    """

    only_on_runs = False

    @cached_property
    def campaign(self) -> Campaign:
        access = campaign_on_runs if self.only_on_runs else led_campaign
        return access(self.request.user, self.kwargs["campaign_id"])
