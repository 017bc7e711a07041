"""REST view of how well people label, for leads. What they do about a person is among the actions on members."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotations.access import campaign_on_runs
from annotations.quality.selectors.quality import bars_of, members_without_figures, people_with_figures
from annotations.quality.serializers.quality import QualitySerializer
from annotations.quality.services.cached_quality import quality_now


class CampaignQuality(APIView):
    """How well each person labels in a campaign that the caller leads."""

    @extend_schema(responses=QualitySerializer)
    def get(self, request: Request, campaign_id: int) -> Response:
        campaign = campaign_on_runs(request.user, campaign_id)
        cached = quality_now(campaign)
        figures = cached.value or {}
        without = [] if cached.is_current else members_without_figures(campaign, figures)
        shown = {
            "as_of": cached.as_of,
            "is_current": cached.is_current,
            "bars": bars_of(campaign),
            "people": people_with_figures(campaign, figures),
            "without_figures": [member.user.get_username() for member in without],
        }
        return Response(QualitySerializer(shown).data)
