"""REST views of campaigns: the list, one for its members, and what its leads do with it."""

from http import HTTPStatus

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.access import manages_campaigns, visible_campaign
from annotations.campaigns.selectors.alignment import alignment_by_people
from annotations.campaigns.selectors.campaigns import campaign_progress
from annotations.campaigns.selectors.guidelines import guidelines_with_counts
from annotations.campaigns.selectors.items_to_label import items_left
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
from annotations.campaigns.serializers.labelling import (
    LabellingSerializer,
    NewLabellingSerializer,
    labelling_data,
)
from annotations.campaigns.serializers.progress import (
    ActivitySerializer,
    AlignmentByPeopleSerializer,
    ProgressSerializer,
    activity_data,
    counted_as_of,
)
from annotations.campaigns.services.begin_labelling import LabellingSpec, begin_labelling
from annotations.campaigns.services.cached_progress import progress_now
from annotations.campaigns.services.campaign_spec import CampaignSpec
from annotations.campaigns.services.campaigns import change_settings, create_campaign, set_campaign_status
from annotations.campaigns.services.guidelines import revise_guidelines
from annotations.labelling.selectors.questions import askable_criteria
from annotations.models import Campaign, Member, Task
from annotations.models.campaign import CampaignStatus
from annotations.viewsets import LedViewSet
from core.api.actor import actor_of
from core.api.conditional import conditional
from core.api.idempotency import idempotent
from core.api.strict import without_body
from core.errors import NotAllowed, NotFound
from core.rows import existing

ACTIONS = {
    "open": CampaignStatus.OPEN,
    "pause": CampaignStatus.PAUSED,
    "close": CampaignStatus.CLOSED,
    "archive": CampaignStatus.ARCHIVED,
    "reopen": CampaignStatus.OPEN,
    "unarchive": CampaignStatus.CLOSED,
}


@extend_schema_view(retrieve=extend_schema(description="A campaign that the caller belongs to."))
class Campaigns(ListModelMixin, RetrieveModelMixin, LedViewSet[Campaign]):
    """The campaigns that the caller belongs to, all of them for admins."""

    serializer_class = CampaignSerializer
    query_serializer_class = CampaignQuery
    lookups = {"status": "status", "is_imported": "is_imported"}

    def get_queryset(self) -> QuerySet[Campaign]:
        """Each with the caller's own `role` in it."""
        own = Member.objects.filter(campaign=OuterRef("pk"), user=actor_of(self.request), is_active=True)
        campaigns = Campaign.objects.visible_to(self.request.user)
        labelled = Task.objects.filter(campaign=OuterRef("pk"))
        return campaigns.annotate(role=Subquery(own.values("role")[:1]), has_tasks=Exists(labelled))

    def get_object(self) -> Campaign:
        return existing(self.get_queryset().filter(pk=self.kwargs["campaign_id"]), "campaign")

    @extend_schema(request=NewCampaignSerializer, responses={201: CampaignSettingsSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Make a campaign, with its tasks, and open it. For admins, and for leads: of the runs of campaigns that they
        lead (`GET campaigns/{id}/settings/` names them), with the people in these (`GET campaigns/{id}/members/`;
        others are invited, or added, afterwards), by a rubric of a campaign that they are in. What a lead may not
        choose is refused as if it did not exist. A lead who makes a campaign leads it.
        """
        maker = actor_of(request)
        if not manages_campaigns(maker):
            raise NotAllowed("Only admins and leads make campaigns.")
        serializer = NewCampaignSerializer(data=request.data, context={"maker": maker})
        serializer.is_valid(raise_exception=True)
        campaign = create_campaign(spec=CampaignSpec(**serializer.validated_data), created_by=maker)
        return Response(CampaignSettingsSerializer(campaign).data, status=HTTPStatus.CREATED)

    @extend_schema(responses=CampaignSettingsSerializer)
    @action(detail=True, url_path="settings", url_name="settings")
    def made_with(self, request: Request, campaign_id: int) -> Response:
        """All that a campaign was made with, for its leads."""
        return Response(CampaignSettingsSerializer(self.campaign).data)

    @extend_schema(request=SettingsChangesSerializer, responses=CampaignSettingsSerializer)
    @made_with.mapping.patch
    def change(self, request: Request, campaign_id: int) -> Response:
        """Change what is harmless to change; what is left out stays."""
        shown = CampaignSettingsSerializer(self.campaign).data
        changes = SettingsChangesSerializer.values_in(request.data, shown=shown)
        campaign = change_settings(campaign=self.campaign, actor=actor_of(request), **changes)
        return Response(CampaignSettingsSerializer(campaign).data)

    @extend_schema(request=None, responses=CampaignSerializer)
    @without_body
    def act(self, request: Request, campaign_id: int, action: str) -> Response:
        """`open` or `reopen`, `pause`, `close`, `archive` a campaign; `unarchive` makes an archived one closed
        again.
        """
        campaign = self.campaign
        if action not in ACTIONS:
            raise NotFound(f"What can be done with a campaign: {', '.join(ACTIONS)}.")
        set_campaign_status(campaign=campaign, status=ACTIONS[action], actor=actor_of(request))
        return Response(CampaignSerializer(self.get_object()).data)

    @extend_schema(responses={200: ProgressSerializer, 304: None})
    @action(detail=True)
    def progress(self, request: Request, campaign_id: int) -> Response:
        """How far a campaign is, for its leads."""
        return conditional(request, ProgressSerializer(campaign_progress(self.campaign)).data)

    @extend_schema(responses=ActivitySerializer)
    @action(detail=True)
    def activity(self, request: Request, campaign_id: int) -> Response:
        """How a campaign that the caller leads goes right now: pace, skips, where people disagree, and who is on."""
        cached = progress_now(self.campaign)
        counted = cached.value
        people = people_now(self.campaign, counted.done if counted else None)
        return Response(activity_data(live_progress(self.campaign, counted), people, cached))

    @extend_schema(responses={200: AlignmentByPeopleSerializer, 304: None})
    @action(detail=True)
    def alignment(self, request: Request, campaign_id: int) -> Response:
        """Alignment failure of each run of a campaign that the caller leads, by what people say."""
        cached = progress_now(self.campaign)
        runs = alignment_by_people(self.campaign, cached.value.alignment if cached.value else None)
        document = AlignmentByPeopleSerializer({"runs": runs} | counted_as_of(cached)).data
        return conditional(request, document)

    @extend_schema(responses=LabellingSerializer)
    @action(detail=True)
    def labelling(self, request: Request, campaign_id: int) -> Response:
        """What people label in a campaign of imported items that the caller leads, and what else they could."""
        return Response(_labelling(_of_items(self.campaign)))

    @extend_schema(request=NewLabellingSerializer, responses={201: LabellingSerializer})
    @labelling.mapping.post
    @idempotent
    def begin_labelling(self, request: Request, campaign_id: int) -> Response:
        """Begin to label imported items, or add items: make tasks of them, and open the campaign if it is closed. The
        code `cannot_be_asked` is for a criterion of which only the ratings are known.
        """
        campaign, maker = _of_items(self.campaign), actor_of(request)
        body = NewLabellingSerializer(data=request.data, context={"maker": maker})
        body.is_valid(raise_exception=True)
        values = body.validated_data
        values.setdefault("sampling", campaign.sampling if campaign.is_labelled else LabellingSpec.sampling)
        begun = begin_labelling(campaign=campaign, spec=LabellingSpec(**values), actor=maker)
        return Response(_labelling(begun), status=HTTPStatus.CREATED)

    @extend_schema(responses=GuidelinesSerializer)
    @action(detail=True)
    def guidelines(self, request: Request, campaign_id: int) -> Response:
        """The guidelines in force and the rubric, for everybody in the campaign."""
        return Response(_guidelines(visible_campaign(request.user, campaign_id)))

    @extend_schema(request=NewGuidelinesSerializer, responses=GuidelinesSerializer)
    @guidelines.mapping.put
    def revise_guidelines(self, request: Request, campaign_id: int) -> Response:
        """Write a new version of the guidelines, as a lead."""
        values = NewGuidelinesSerializer.values_in(request.data, shown=_guidelines(self.campaign))
        revise_guidelines(campaign=self.campaign, author=actor_of(request), **values)
        return Response(_guidelines(self.campaign))

    @extend_schema(responses=GuidelinesVersionSerializer(many=True))
    @action(detail=True, url_path="guidelines/versions", url_name="guidelines_versions")
    def guidelines_versions(self, request: Request, campaign_id: int) -> Response:
        """All versions of the guidelines of a campaign that the caller leads, newest first."""
        versions = guidelines_with_counts(self.campaign)
        return Response(GuidelinesVersionSerializer(versions, many=True).data)


def _of_items(campaign: Campaign) -> Campaign:
    """Raises NotFound for a campaign on runs."""
    if not campaign.is_imported:
        raise NotFound("The tasks of a campaign on runs were made with it.", code="not_imported")
    return campaign


def _labelling(campaign: Campaign) -> object:
    return labelling_data(campaign, askable_criteria(campaign), items_left(campaign), campaign.tasks.count())


def _guidelines(campaign: Campaign) -> dict[str, object]:
    newest = campaign.guidelines
    return {
        "version": newest.version if newest else 0,
        "text": newest.text if newest else "",
        "rubric": RubricSerializer(campaign.rubric).data if campaign.rubric else None,
    }
