"""REST views of labelling."""

from django.db.models import QuerySet
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotations.access import led_campaign
from annotations.agreement.report import agreement_report
from annotations.api.serializers import CampaignSerializer
from annotations.models import Campaign


class CampaignList(generics.ListAPIView[Campaign]):
    """The campaigns that the caller belongs to."""

    serializer_class = CampaignSerializer

    def get_queryset(self) -> QuerySet[Campaign]:
        return Campaign.objects.visible_to(self.request.user)


class CampaignAgreement(APIView):
    """The agreement report of a campaign that the caller leads, as the labels are now."""

    def get(self, request: Request, campaign_id: int) -> Response:
        return Response(agreement_report(led_campaign(request.user, campaign_id)).as_dict())
