"""REST views of how people label and decide, for leads. What they do about a person is among the actions on members."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotations.access import led_campaign
from annotations.adjudication.selectors import adjudicator_measures
from annotations.campaigns.selectors.alignment import alignment_by_people
from annotations.campaigns.selectors.guidelines import guidelines_with_counts
from annotations.campaigns.selectors.presence import people_now
from annotations.campaigns.selectors.progress import live_progress
from annotations.campaigns.services.progress_kept import progress_now
from annotations.quality.selectors.quality import bars_of, members_without_figures, people_with_figures
from annotations.quality.serializers.quality import (
    ActivitySerializer,
    AdjudicatorSerializer,
    AlignmentByPeopleSerializer,
    GuidelinesVersionSerializer,
    QualitySerializer,
    activity_data,
    counted_as_of,
)
from annotations.quality.services.quality_kept import quality_now
from core.api.conditional import conditional


class CampaignQuality(APIView):
    """How well each person labels in a campaign that the caller leads."""

    @extend_schema(responses=QualitySerializer)
    def get(self, request: Request, campaign_id: int) -> Response:
        campaign = led_campaign(request.user, campaign_id)
        kept = quality_now(campaign)
        figures = kept.value or {}
        without = [] if kept.is_current else members_without_figures(campaign, figures)
        shown = {
            "as_of": kept.as_of,
            "is_current": kept.is_current,
            "bars": bars_of(campaign),
            "people": people_with_figures(campaign, figures),
            "without_figures": [member.user.get_username() for member in without],
        }
        return Response(QualitySerializer(shown).data)


class CampaignActivity(APIView):
    """How a campaign that the caller leads goes right now: pace, skips, where people disagree, and who is on."""

    @extend_schema(responses=ActivitySerializer)
    def get(self, request: Request, campaign_id: int) -> Response:
        campaign = led_campaign(request.user, campaign_id)
        kept = progress_now(campaign)
        counted = kept.value
        people = people_now(campaign, counted.done if counted else None)
        return Response(activity_data(live_progress(campaign, counted), people, kept))


class CampaignAlignment(APIView):
    """Alignment failure of each run of a campaign that the caller leads, by what people say."""

    @extend_schema(responses={200: AlignmentByPeopleSerializer, 304: None})
    def get(self, request: Request, campaign_id: int) -> Response:
        campaign = led_campaign(request.user, campaign_id)
        kept = progress_now(campaign)
        runs = alignment_by_people(campaign, kept.value.alignment if kept.value else None)
        shown = AlignmentByPeopleSerializer({"runs": runs} | counted_as_of(kept))
        return conditional(request, shown.data)


class AdjudicatorList(APIView):
    """How each adjudicator of a campaign that the caller leads decides, against the votes as they are now."""

    @extend_schema(responses={200: AdjudicatorSerializer(many=True), 304: None})
    def get(self, request: Request, campaign_id: int) -> Response:
        found = adjudicator_measures(led_campaign(request.user, campaign_id))
        return conditional(request, AdjudicatorSerializer(found, many=True).data)


class GuidelinesVersions(APIView):
    """All versions of the guidelines of a campaign that the caller leads, newest first."""

    @extend_schema(responses=GuidelinesVersionSerializer(many=True))
    def get(self, request: Request, campaign_id: int) -> Response:
        found = guidelines_with_counts(led_campaign(request.user, campaign_id))
        return Response(GuidelinesVersionSerializer(found, many=True).data)
