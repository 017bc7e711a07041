"""REST view of the agreement of people and judges, as the labels are now."""

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotations.access import led_campaign
from annotations.validation.selectors.agreement import AgreementReport, agreement_report, is_computed_at_once
from core.api.conditional import conditional
from core.api.json_schema import inline_schema
from core.errors import Conflict
from perg.stats.base.result import dump


class CampaignAgreement(APIView):
    """The agreement of people and judges in a campaign that the caller leads, as the labels are now: every measure
    with its n and interval.

    409 with the code `report_needed` for imported ratings, and where the campaign is too large for that: its validation
    report, which a worker computes and which says as of when it is, has the same numbers and more.
    """

    @extend_schema(responses={200: inline_schema(AgreementReport), 304: None})
    def get(self, request: Request, campaign_id: int) -> Response:
        campaign = led_campaign(request.user, campaign_id)
        if campaign.is_imported:
            address = reverse("api_criteria", args=[campaign.pk])
            raise Conflict(
                f"The agreement of imported ratings is in the validation reports on their criteria: GET {address} "
                "has the criteria.",
                code="report_needed",
                extra={"criteria": address},
            )
        if not is_computed_at_once(campaign):
            address = reverse("api_validation", args=[campaign.pk])
            raise Conflict(
                f"This campaign is too large for its agreement to be computed at once: GET {address} has it as of the "
                "newest validation report, and POST there has a new one computed.",
                code="report_needed",
                extra={"validation": address},
            )
        return conditional(request, dump(agreement_report(campaign)))
