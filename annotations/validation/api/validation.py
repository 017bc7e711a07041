"""Validation reports over REST: the newest one, a request for one, and the schema of the document."""

import hashlib
from dataclasses import dataclass
from http import HTTPStatus

from django.utils.cache import get_conditional_response
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotations.access import led_campaign
from annotations.models import ValidationReport
from annotations.models.validation import ReportStatus
from annotations.validation.selectors.validation import ReportsNow
from annotations.validation.services.cached_staleness import reports_shown
from annotations.validation.services.validation import report_settings, request_report
from core.api.actor import actor_of
from core.api.idempotency import idempotent
from core.api.json_schema import inline_schema, json_schema
from core.api.strict import StrictSerializer
from core.errors import NotFound
from perg.stats.base.result import Json, Number, dump, load
from perg.stats.items.validation_input import ValidationSettings
from perg.stats.report.validation import ValidationReport as ReportDocument
from perg.stats.report.validation_definitions import DEFINITIONS

RETRY_SECONDS = 5


@dataclass(frozen=True, slots=True)
class ReportState:
    """A stored report without its document. `stale` says why it no longer tells how things are; empty: it does."""

    id: int
    campaign: int
    status: str
    stale: str
    step: str
    share_done: Number
    failure: str
    settings: ValidationSettings
    input_hash: str
    code_version: str
    requested_at: str
    finished_at: str | None


@dataclass(frozen=True, slots=True)
class StoredReport(ReportDocument):
    """The document of a report with where it comes from."""

    report: ReportState


class ReportRequest(StrictSerializer[dict[str, object]]):
    """How a report shall be computed; everything may be left out."""

    epsilon = serializers.FloatField(min_value=0, max_value=1, required=False)
    scoring = serializers.ChoiceField(["accuracy", "neg_rmse"], required=False, allow_null=True)


@dataclass(frozen=True, slots=True)
class StateAnswer:
    """A report that has no document yet."""

    report: ReportState


STATE = OpenApiResponse(inline_schema(StateAnswer), "The report is being computed: ask again.")
UNCHANGED = OpenApiResponse(description="It is still the one that `If-None-Match` names.")


class CampaignValidation(APIView):
    """The newest validation report of a campaign that the caller leads; POST has one computed."""

    @extend_schema(
        responses={200: inline_schema(StoredReport, descriptions=DEFINITIONS), 202: STATE, 304: UNCHANGED}
    )
    def get(self, request: Request, campaign_id: int) -> Response:
        """The report. 202 while the first one is computed; 404 where none was requested, or the only one failed."""
        now = reports_shown(led_campaign(request.user, campaign_id))
        if now.ready is None:
            return _without_report(now)
        etag = _etag(now.ready, now.stale)
        unchanged = get_conditional_response(request, etag=etag)
        if unchanged is not None and unchanged.status_code == HTTPStatus.NOT_MODIFIED:
            return Response(status=HTTPStatus.NOT_MODIFIED, headers={"ETag": etag})
        document = {"report": report_state(now.ready, now.stale), **(now.ready.document or {})}
        return Response(document, headers={"ETag": etag, "Cache-Control": "private, no-cache"})

    @extend_schema(
        request=ReportRequest,
        responses={
            200: OpenApiResponse(inline_schema(StateAnswer), "The newest report is still true."),
            202: STATE,
        },
    )
    @idempotent
    def post(self, request: Request, campaign_id: int) -> Response:
        """202 and the state of the report that is being computed; 200 where the newest one is still true."""
        campaign = led_campaign(request.user, campaign_id)
        settings = report_settings(**ReportRequest.values_in(request.data))
        report = request_report(campaign=campaign, settings=settings, requested_by=actor_of(request))
        ready = report.status == ReportStatus.READY
        return Response(
            {"report": report_state(report)}, status=HTTPStatus.OK if ready else HTTPStatus.ACCEPTED
        )


class CampaignValidationSchema(APIView):
    """The JSON Schema of the report, with the definitions of its terms."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, campaign_id: int) -> Response:
        led_campaign(request.user, campaign_id)
        return Response(json_schema(StoredReport, title="PERG validation report", descriptions=DEFINITIONS))


def report_state(report: ValidationReport, stale: str = "") -> Json:
    """What is known of a stored report, JSON-ready."""
    state = ReportState(
        id=report.pk,
        campaign=report.campaign_id,
        status=report.status,
        stale=stale,
        step=report.step,
        share_done=report.share_done,
        failure=report.failure,
        settings=load(ValidationSettings, report.settings),
        input_hash=report.input_hash,
        code_version=report.code_version,
        requested_at=report.created_at.isoformat(),
        finished_at=report.finished_at.isoformat() if report.finished_at else None,
    )
    return dump(state)


def _without_report(now: ReportsNow) -> Response:
    """Raises NotFound where no report is under way either."""
    if now.pending is not None:
        return Response(
            {"report": report_state(now.pending)},
            status=HTTPStatus.ACCEPTED,
            headers={"Retry-After": str(RETRY_SECONDS)},
        )
    if now.failed is not None:
        raise NotFound(
            f"The report could not be computed: {now.failed.failure}",
            code="report_failed",
            extra={"report": report_state(now.failed)},
        )
    raise NotFound("No report has been asked for yet: POST here to have one computed.", code="no_report")


def _etag(report: ValidationReport, stale: str) -> str:
    """Another one as soon as the answer is another: the report, or that it is stale."""
    said = hashlib.sha256(f"{report.pk} {report.input_hash} {stale}".encode()).hexdigest()
    return f'"{said}"'
