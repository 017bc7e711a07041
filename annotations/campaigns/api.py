"""REST views of campaigns: the list, one for its members, and what its leads do with it."""

from http import HTTPStatus
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotations.access import led_campaign, manages_campaigns, visible_campaign
from annotations.campaigns.selectors.alignment import alignment_by_people
from annotations.campaigns.selectors.campaigns import campaign_progress
from annotations.campaigns.selectors.guidelines import guidelines_with_counts
from annotations.campaigns.selectors.presence import people_now
from annotations.campaigns.selectors.progress import live_progress
from annotations.campaigns.serializers.campaigns import (
    CampaignQuery,
    CampaignSerializer,
    CampaignSettingsSerializer,
    GuidelinesSerializer,
    GuidelinesVersionSerializer,
    NewCampaignSerializer,
    NewGuidelinesSerializer,
    RubricSerializer,
    SettingsChangesSerializer,
)
from annotations.campaigns.serializers.progress import (
    ActivitySerializer,
    AlignmentByPeopleSerializer,
    ProgressSerializer,
    activity_data,
    counted_as_of,
)
from annotations.campaigns.services.campaign_spec import CampaignSpec
from annotations.campaigns.services.campaigns import change_settings, create_campaign, set_campaign_status
from annotations.campaigns.services.guidelines import revise_guidelines
from annotations.campaigns.services.progress_kept import progress_now
from annotations.models import Campaign, Member
from annotations.models.campaign import CampaignStatus
from core.api.actor import actor_of
from core.api.conditional import conditional
from core.api.idempotency import idempotent
from core.api.queries import Queried, exact
from core.api.strict import without_body
from core.errors import NotAllowed, NotFound

ACTIONS = {
    "open": CampaignStatus.OPEN,
    "pause": CampaignStatus.PAUSED,
    "close": CampaignStatus.CLOSED,
    "archive": CampaignStatus.ARCHIVED,
    "reopen": CampaignStatus.OPEN,
    "unarchive": CampaignStatus.CLOSED,
}


def with_role(campaigns: QuerySet[Campaign], user: Any) -> QuerySet[Campaign]:
    """Campaigns, each with the user's own `role` in it."""
    # Any: REST framework's user, of whatever class
    own = Member.objects.filter(campaign=OuterRef("pk"), user_id=user.pk, is_active=True)
    return campaigns.annotate(role=Subquery(own.values("role")[:1]))


class CampaignList(Queried, generics.ListAPIView[Campaign]):
    """The campaigns that the caller belongs to, all of them for admins; POST makes one, for admins and leads."""

    serializer_class = CampaignSerializer
    query_serializer_class = CampaignQuery

    def get_queryset(self) -> QuerySet[Campaign]:
        found = with_role(Campaign.objects.visible_to(self.request.user), self.request.user)
        found = found.filter(**exact(self.query, status="status"))
        wanted = self.query.get("is_imported")
        return found if wanted is None else found.filter(is_imported=wanted)

    @extend_schema(
        request=NewCampaignSerializer,
        responses={201: CampaignSettingsSerializer},
        description="Make a campaign, with its tasks, and open it. For admins, and for leads: of the runs of campaigns "
        "that they lead (`GET campaigns/{id}/settings/` names them), with the people in these (`GET campaigns/{id}/"
        "members/`; others are invited, or added, afterwards), by a rubric of a campaign that they are in. What a lead "
        "may not choose is refused as if it did not exist. A lead who makes a campaign leads it.",
    )
    @idempotent
    def post(self, request: Request) -> Response:
        maker = actor_of(request)
        if not manages_campaigns(maker):
            raise NotAllowed("Only admins and leads make campaigns.")
        given = NewCampaignSerializer(data=request.data, context={"maker": maker})
        given.is_valid(raise_exception=True)
        campaign = create_campaign(spec=CampaignSpec(**given.validated_data), created_by=maker)
        return Response(CampaignSettingsSerializer(campaign).data, status=HTTPStatus.CREATED)


class CampaignDetail(APIView):
    """A campaign that the caller belongs to."""

    @extend_schema(responses=CampaignSerializer)
    def get(self, request: Request, campaign_id: int) -> Response:
        visible_campaign(request.user, campaign_id)
        campaign = with_role(Campaign.objects.all(), request.user).get(pk=campaign_id)
        return Response(CampaignSerializer(campaign).data)


class CampaignSettings(APIView):
    """All that a campaign was made with, for its leads; PATCH changes what is harmless to change."""

    @extend_schema(responses=CampaignSettingsSerializer)
    def get(self, request: Request, campaign_id: int) -> Response:
        return Response(CampaignSettingsSerializer(led_campaign(request.user, campaign_id)).data)

    @extend_schema(request=SettingsChangesSerializer, responses=CampaignSettingsSerializer)
    def patch(self, request: Request, campaign_id: int) -> Response:
        campaign = led_campaign(request.user, campaign_id)
        context = {"shown": CampaignSettingsSerializer(campaign).data}
        changes = SettingsChangesSerializer(data=request.data, context=context)
        changes.is_valid(raise_exception=True)
        change_settings(campaign=campaign, actor=actor_of(request), **changes.validated_data)
        return Response(CampaignSettingsSerializer(led_campaign(request.user, campaign_id)).data)


class CampaignAction(APIView):
    """`open` or `reopen`, `pause`, `close`, `archive` a campaign; `unarchive` makes an archived one closed again."""

    @extend_schema(request=None, responses=CampaignSerializer)
    @without_body
    def post(self, request: Request, campaign_id: int, action: str) -> Response:
        campaign = led_campaign(request.user, campaign_id)
        if action not in ACTIONS:
            raise NotFound(f"What can be done with a campaign: {', '.join(ACTIONS)}.")
        set_campaign_status(campaign=campaign, status=ACTIONS[action], actor=actor_of(request))
        campaign = with_role(Campaign.objects.all(), request.user).get(pk=campaign_id)
        return Response(CampaignSerializer(campaign).data)


class CampaignProgress(APIView):
    """How far a campaign is, for its leads."""

    @extend_schema(responses={200: ProgressSerializer, 304: None})
    def get(self, request: Request, campaign_id: int) -> Response:
        progress = campaign_progress(led_campaign(request.user, campaign_id))
        return conditional(request, ProgressSerializer(progress).data)


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


class CampaignGuidelines(APIView):
    """The guidelines in force and the rubric, for everybody in the campaign; a lead PUTs a new version."""

    @extend_schema(responses=GuidelinesSerializer)
    def get(self, request: Request, campaign_id: int) -> Response:
        return Response(_guidelines(visible_campaign(request.user, campaign_id)))

    @extend_schema(request=NewGuidelinesSerializer, responses=GuidelinesSerializer)
    def put(self, request: Request, campaign_id: int) -> Response:
        campaign = led_campaign(request.user, campaign_id)
        guidelines = NewGuidelinesSerializer(data=request.data, context={"shown": _guidelines(campaign)})
        guidelines.is_valid(raise_exception=True)
        revise_guidelines(campaign=campaign, author=actor_of(request), **guidelines.validated_data)
        return Response(_guidelines(campaign))


def _guidelines(campaign: Campaign) -> dict[str, object]:
    newest = campaign.guidelines
    return {
        "version": newest.version if newest else 0,
        "text": newest.text if newest else "",
        "rubric": RubricSerializer(campaign.rubric).data if campaign.rubric else None,
    }


class GuidelinesVersions(APIView):
    """All versions of the guidelines of a campaign that the caller leads, newest first."""

    @extend_schema(responses=GuidelinesVersionSerializer(many=True))
    def get(self, request: Request, campaign_id: int) -> Response:
        found = guidelines_with_counts(led_campaign(request.user, campaign_id))
        return Response(GuidelinesVersionSerializer(found, many=True).data)
