"""REST view of what needs the caller, as the home page has it."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotations.needs.selectors import led_campaigns, own_campaigns
from annotations.needs.serializers import NeedsSerializer
from core.api.actor import actor_of
from evaluation.runs.selectors.needs import run_needs


class Needs(APIView):
    """What needs the caller: tasks to label, what waits in campaigns that they lead, and for admins, in runs."""

    @extend_schema(responses=NeedsSerializer)
    def get(self, request: Request) -> Response:
        person = actor_of(request)
        shown = {
            "own": own_campaigns(person),
            "led": led_campaigns(person),
            "runs": run_needs() if person.is_staff else None,
        }
        return Response(NeedsSerializer(shown).data)
