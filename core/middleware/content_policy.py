"""The Content-Security-Policy of every answer, put together once and not for each of them."""

from csp.constants import HEADER
from csp.middleware import CSPMiddleware, PolicyParts
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

USUAL = PolicyParts()


class ContentPolicyMiddleware(CSPMiddleware):
    """django-csp's, with a short way for answers on which neither view nor template has said anything of the policy."""

    _policy: tuple[object, str] = (None, "")

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_usual = (
            self.get_policy_parts(request=request, response=response) == USUAL
            and self.get_policy_parts(request=request, response=response, report_only=True) == USUAL
            and not hasattr(response, "_csp_exempt")
            and not hasattr(settings, "CONTENT_SECURITY_POLICY_REPORT_ONLY")
            and not settings.DEBUG
        )
        if not is_usual:
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, self._usual_policy())
        return response

    def _usual_policy(self) -> str:
        wanted = settings.CONTENT_SECURITY_POLICY
        if self._policy[0] is not wanted:
            self._policy = (wanted, build_policy())
        return self._policy[1]
