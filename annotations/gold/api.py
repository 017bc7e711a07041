"""REST views of gold releases, for leads: what would go in, what went in, and what a later one has changed."""

from http import HTTPStatus

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from annotations.access import led_gold_request, led_release
from annotations.gold.selectors.gold import left_out_tasks, release_differences
from annotations.gold.serializers import (
    CriteriaSerializer,
    DifferenceQuery,
    DifferenceSerializer,
    DifferencesSerializer,
    DifferencesWithRowsSerializer,
    GoldRequestSerializer,
    LeftOutQuerySerializer,
    LeftOutSerializer,
    NewReleaseSerializer,
    PreviewSerializer,
    ReleaseSerializer,
)
from annotations.gold.services.gold import preview_gold
from annotations.gold.services.requests import request_release, retry_release
from annotations.models import GoldRelease, GoldRequest
from annotations.viewsets import LedViewSet, PersonViewSet
from core.api.actor import actor_of
from core.api.conditional import conditional
from core.api.idempotency import idempotent
from core.api.strict import without_body
from core.errors import DomainError, NotFound

RETRY_SECONDS = 2


class CampaignGold(ListModelMixin, LedViewSet[GoldRelease]):
    """The gold releases of a campaign that the caller leads, newest first."""

    only_on_runs = True
    serializer_class = ReleaseSerializer

    def get_queryset(self) -> QuerySet[GoldRelease]:
        return self.campaign.gold_releases.select_related("created_by")

    @extend_schema(
        request=NewReleaseSerializer,
        responses={
            201: OpenApiResponse(
                ReleaseSerializer, "The release. That of a small campaign is there at once."
            ),
            202: OpenApiResponse(
                GoldRequestSerializer, "A worker makes it: ask at `Location` how far it is."
            ),
        },
    )
    @idempotent
    def create(self, request: Request, campaign_id: int) -> Response:
        """Release the campaign's gold as the labels are now: an immutable, numbered snapshot. In a campaign of more
        than 10,000 labels a worker makes it, as the labels are when it begins; `seen` has it refused if they say
        something else than the preview. The same request while it is being made is the same release.
        """
        campaign, body = self.campaign, NewReleaseSerializer.values_in(request.data)
        release_request = request_release(campaign=campaign, requested_by=actor_of(request), **body)
        if release_request.release is not None:
            return Response(ReleaseSerializer(release_request.release).data, status=HTTPStatus.CREATED)
        return Response(
            GoldRequestSerializer(release_request).data,
            status=HTTPStatus.ACCEPTED,
            headers={
                "Location": reverse("api_gold_request_detail", [release_request.pk], request=request),
                "Retry-After": str(RETRY_SECONDS),
            },
        )

    @extend_schema(request=CriteriaSerializer, responses=PreviewSerializer)
    @action(["post"], detail=False)
    def preview(self, request: Request, campaign_id: int) -> Response:
        """What a release by these criteria would be, were it made now. Nothing is written."""
        campaign = self.campaign
        preview = preview_gold(campaign=campaign, **CriteriaSerializer.values_in(request.data))
        return Response(PreviewSerializer(preview).data)

    @extend_schema(request=LeftOutQuerySerializer, responses=LeftOutSerializer)
    @action(["post"], detail=False, url_name="left_out")
    def left_out(self, request: Request, campaign_id: int) -> Response:
        """The tasks that a release by these criteria would leave out for one reason. Nothing is written."""
        campaign, query = self.campaign, LeftOutQuerySerializer.values_in(request.data)
        preview = preview_gold(campaign=campaign, criteria=query.get("criteria"))
        keys = preview.left_out_for(query["reason"])
        tasks = left_out_tasks(campaign, keys[keys > query["behind"]][: query["limit"]].tolist())
        return Response(LeftOutSerializer({"count": int(keys.size), "tasks": tasks}).data)


class GoldReleases(PersonViewSet[GoldRelease]):
    """Gold releases of campaigns that the caller leads."""

    def get_object(self) -> GoldRelease:
        return led_release(self.request.user, self.kwargs["release_id"])

    @extend_schema(responses={200: ReleaseSerializer, 304: None})
    def retrieve(self, request: Request, release_id: int) -> Response:
        """A gold release: its criteria, counts, checksum, and what the validation report said."""
        return conditional(request, ReleaseSerializer(self.get_object()).data)

    @extend_schema(responses=DifferencesWithRowsSerializer)
    @action(detail=True, query_serializer_class=DifferenceQuery)
    def differences(self, request: Request, release_id: int) -> Response:
        """What a release has changed of an earlier one of its campaign."""
        release = self.get_object()
        differences = release_differences(_earlier(release, self.query.get("against")), release)
        rows = differences.rows(self.query["kind"], behind=self.query["behind"], limit=self.query["limit"])
        counts = DifferencesSerializer(differences).data
        return Response({**counts, "rows": [DifferenceSerializer(row).data for row in rows]})


def _earlier(release: GoldRelease, against: int | None) -> GoldRelease:
    """The release to compare with. Raises NotFound where there is none, DomainError for a later one."""
    others = GoldRelease.objects.filter(campaign=release.campaign_id)
    if against is None:
        others = others.filter(number__lt=release.number).order_by("-number")
    else:
        others = others.filter(pk=against)
    earlier = others.first()
    if earlier is None:
        raise NotFound("There is no release to compare it with.", code="no_other_release")
    if earlier.number >= release.number:
        raise DomainError("A release is compared with an earlier one.", field="against")
    return earlier


@extend_schema_view(
    retrieve=extend_schema(
        description="A gold release that a worker makes: how far it is; its id in `release` once it is there, or why "
        "there is none."
    )
)
class GoldRequests(RetrieveModelMixin, PersonViewSet[GoldRequest]):
    """Gold releases that a worker makes."""

    serializer_class = GoldRequestSerializer

    def get_object(self) -> GoldRequest:
        return led_gold_request(self.request.user, self.kwargs["request_id"])

    @extend_schema(request=None, responses={202: GoldRequestSerializer})
    @action(["post"], detail=True)
    @idempotent
    @without_body
    def retry(self, request: Request, request_id: int) -> Response:
        """Retry a release that was interrupted. One that was refused has to be requested again: 409."""
        gold_request = retry_release(request=self.get_object(), actor=actor_of(request))
        return Response(GoldRequestSerializer(gold_request).data, status=HTTPStatus.ACCEPTED)
