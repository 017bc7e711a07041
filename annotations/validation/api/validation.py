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
from annotations.validation.selectors.criteria import criterion_named
from annotations.validation.selectors.criteria_reports import CriterionReport, criteria_reports
from annotations.validation.selectors.reports import ReportsNow
from annotations.validation.services.cached_staleness import reports_shown
from annotations.validation.services.validation import report_settings, request_all_reports, request_report
from core.api.actor import actor_of
from core.api.idempotency import idempotent
from core.api.json_schema import inline_schema, json_schema
from core.api.queries import Queried, Query
from core.api.strict import StrictSerializer
from core.errors import NotFound
from perg.stats.base.result import Json, Number, dump, load
from perg.stats.items.validation_input import ValidationSettings
from perg.stats.report.validation import ValidationReport as ReportDocument
from perg.stats.report.validation_definitions import DEFINITIONS

RETRY_SECONDS = 5


@dataclass(frozen=True, slots=True)
class ReportState:
    """A stored report without its document. `stale` says why it no longer tells how things are; empty: it does.

    `criterion` is the key of the one of imported ratings that it is on; null: of a campaign on runs.
    """

    id: int
    campaign: int
    criterion: str | None
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


@dataclass(frozen=True, slots=True)
class StatesAnswer:
    """A report on each criterion by which anybody rated."""

    reports: tuple[ReportState, ...]


@dataclass(frozen=True, slots=True)
class CriteriaAnswer:
    """What the newest reports on all criteria say; empty where the campaign is on runs."""

    criteria: tuple[CriterionReport, ...]


class CriterionQuery(Query):
    """The criterion of imported ratings that a report is on."""

    criterion = serializers.CharField(
        required=False,
        max_length=120,
        help_text="Key of a criterion of imported ratings. Needed where the campaign has several: without it, 400 "
        "with the code `criterion_needed` and the keys in `criteria`.",
    )


STATE = OpenApiResponse(inline_schema(StateAnswer), "The report is being computed: ask again.")
UNCHANGED = OpenApiResponse(description="It is still the one that `If-None-Match` names.")


class CampaignValidation(Queried):
    """The newest validation report of a campaign that the caller leads; POST has one computed.

    A campaign of imported ratings has one for each criterion.
    """

    query_serializer_class = CriterionQuery

    @extend_schema(
        parameters=[CriterionQuery],
        responses={200: inline_schema(StoredReport, descriptions=DEFINITIONS), 202: STATE, 304: UNCHANGED},
    )
    def get(self, request: Request, campaign_id: int) -> Response:
        """The report. 202 while the first one is computed; 404 where none was requested, or the only one failed."""
        campaign = led_campaign(request.user, campaign_id)
        now = reports_shown(campaign, criterion_named(campaign, self.query.get("criterion")))
        if now.ready is None:
            return _without_report(now)
        etag = _etag(now.ready, now.stale)
        unchanged = get_conditional_response(request, etag=etag)
        if unchanged is not None and unchanged.status_code == HTTPStatus.NOT_MODIFIED:
            return Response(status=HTTPStatus.NOT_MODIFIED, headers={"ETag": etag})
        document = {"report": report_state(now.ready, now.stale), **(now.ready.document or {})}
        return Response(document, headers={"ETag": etag, "Cache-Control": "private, no-cache"})

    @extend_schema(
        parameters=[CriterionQuery],
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
        key = CriterionQuery.values_in(request.query_params.dict()).get("criterion")
        report = request_report(
            campaign=campaign,
            criterion=criterion_named(campaign, key),
            settings=report_settings(**ReportRequest.values_in(request.data)),
            requested_by=actor_of(request),
        )
        ready = report.status == ReportStatus.READY
        return Response(
            {"report": report_state(report)}, status=HTTPStatus.OK if ready else HTTPStatus.ACCEPTED
        )


class CampaignCriteria(APIView):
    """The criteria of imported ratings in a campaign that the caller leads, with what their reports say."""

    @extend_schema(responses={200: inline_schema(CriteriaAnswer)})
    def get(self, request: Request, campaign_id: int) -> Response:
        """For each criterion the state of its newest report, each judge's verdict, and its rates.

        `validation/?criterion=KEY` has the whole report. A campaign on runs has no criteria.
        """
        campaign = led_campaign(request.user, campaign_id)
        return Response(dump(CriteriaAnswer(tuple(criteria_reports(campaign)))))


class AllReports(APIView):
    """The reports on all criteria of imported ratings."""

    @extend_schema(
        request=ReportRequest,
        responses={
            200: OpenApiResponse(inline_schema(StatesAnswer), "All newest reports are still true."),
            202: OpenApiResponse(inline_schema(StatesAnswer), "Some are being computed: ask again."),
        },
    )
    @idempotent
    def post(self, request: Request, campaign_id: int) -> Response:
        """Have a report computed on each criterion by which anybody rated, except where the newest is still true."""
        campaign = led_campaign(request.user, campaign_id)
        settings = report_settings(**ReportRequest.values_in(request.data))
        reports = request_all_reports(campaign=campaign, settings=settings, requested_by=actor_of(request))
        ready = all(report.status == ReportStatus.READY for report in reports)
        return Response(
            {"reports": [report_state(report) for report in reports]},
            status=HTTPStatus.OK if ready else HTTPStatus.ACCEPTED,
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
        criterion=None if report.criterion is None else report.criterion.key,
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
