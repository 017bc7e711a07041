"""REST views of gold releases, for leads: what would go in, what went in, and what a later one has changed."""

from http import HTTPStatus

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from annotations.access import led_campaign, led_gold_request, led_release
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
from annotations.models import GoldRelease
from core.api.actor import actor_of
from core.api.conditional import conditional
from core.api.idempotency import idempotent
from core.api.queries import ListQuery, Queried
from core.api.strict import without_body
from core.errors import DomainError, NotFound

RETRY_SECONDS = 2


class GoldList(Queried, generics.ListAPIView[GoldRelease]):
    """The gold releases of a campaign that the caller leads, newest first; POST makes one."""

    serializer_class = ReleaseSerializer
    query_serializer_class = ListQuery

    def get_queryset(self) -> QuerySet[GoldRelease]:
        campaign = led_campaign(self.request.user, self.kwargs["campaign_id"])
        return campaign.gold_releases.select_related("created_by")

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
        description="Release the campaign's gold as the labels are now: an immutable, numbered snapshot. In a campaign "
        "of more than 10,000 labels a worker makes it, as the labels are when it begins; `seen` has it refused if they "
        "say something else than the preview. The same request while it is being made is the same release.",
    )
    @idempotent
    def post(self, request: Request, campaign_id: int) -> Response:
        campaign = led_campaign(request.user, campaign_id)
        given = NewReleaseSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        asked = request_release(campaign=campaign, requested_by=actor_of(request), **given.validated_data)
        if asked.release is not None:
            return Response(ReleaseSerializer(asked.release).data, status=HTTPStatus.CREATED)
        return Response(
            GoldRequestSerializer(asked).data,
            status=HTTPStatus.ACCEPTED,
            headers={
                "Location": reverse("api_gold_request", [asked.pk], request=request),
                "Retry-After": str(RETRY_SECONDS),
            },
        )


class GoldRequestDetail(APIView):
    """A gold release that a worker makes: how far it is; its id in `release` once it is there, or why there is none."""

    @extend_schema(responses=GoldRequestSerializer)
    def get(self, request: Request, request_id: int) -> Response:
        return Response(GoldRequestSerializer(led_gold_request(request.user, request_id)).data)


class GoldRequestRetry(APIView):
    """Try an interrupted release again. A refused one has to be requested again: 409."""

    @extend_schema(request=None, responses={202: GoldRequestSerializer})
    @idempotent
    @without_body
    def post(self, request: Request, request_id: int) -> Response:
        asked = retry_release(request=led_gold_request(request.user, request_id), actor=actor_of(request))
        return Response(GoldRequestSerializer(asked).data, status=HTTPStatus.ACCEPTED)


class GoldPreview(APIView):
    """What a release by these criteria would be, were it made now. Nothing is written."""

    @extend_schema(request=CriteriaSerializer, responses=PreviewSerializer)
    def post(self, request: Request, campaign_id: int) -> Response:
        campaign = led_campaign(request.user, campaign_id)
        given = CriteriaSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        preview = preview_gold(campaign=campaign, **given.validated_data)
        return Response(PreviewSerializer(preview).data)


class GoldLeftOut(APIView):
    """The tasks that a release by these criteria would leave out for one reason. Nothing is written."""

    @extend_schema(request=LeftOutQuerySerializer, responses=LeftOutSerializer)
    def post(self, request: Request, campaign_id: int) -> Response:
        campaign = led_campaign(request.user, campaign_id)
        given = LeftOutQuerySerializer(data=request.data)
        given.is_valid(raise_exception=True)
        asked = given.validated_data
        preview = preview_gold(campaign=campaign, criteria=asked.get("criteria"))
        keys = preview.left_out_for(asked["reason"])
        wanted = keys[keys > asked["behind"]][: asked["limit"]].tolist()
        shown = {"count": int(keys.size), "tasks": left_out_tasks(campaign, wanted)}
        return Response(LeftOutSerializer(shown).data)


class GoldDetail(APIView):
    """A gold release: its criteria, counts, checksum, and what the validation report said."""

    @extend_schema(responses={200: ReleaseSerializer, 304: None})
    def get(self, request: Request, release_id: int) -> Response:
        return conditional(request, ReleaseSerializer(led_release(request.user, release_id)).data)


class GoldDifferences(Queried):
    """What a release has changed of an earlier one of its campaign."""

    query_serializer_class = DifferenceQuery

    @extend_schema(responses=DifferencesWithRowsSerializer)
    def get(self, request: Request, release_id: int) -> Response:
        release = led_release(request.user, release_id)
        found = release_differences(self._earlier(release), release)
        rows = found.rows(self.query["kind"], behind=self.query["behind"], limit=self.query["limit"])
        return Response(
            {**DifferencesSerializer(found).data, "rows": [DifferenceSerializer(row).data for row in rows]}
        )

    def _earlier(self, release: GoldRelease) -> GoldRelease:
        """The release to compare with. Raises NotFound where there is none, DomainError for a later one."""
        others = GoldRelease.objects.filter(campaign=release.campaign_id)
        if "against" not in self.query:
            others = others.filter(number__lt=release.number)
            earlier = others.order_by("-number").first()
        else:
            earlier = others.filter(pk=self.query["against"]).first()
        if earlier is None:
            raise NotFound("There is no release to compare it with.", code="no_other_release")
        if earlier.number >= release.number:
            raise DomainError("A release is compared with an earlier one.", field="against")
        return earlier
