"""A page that sends work in the background says whose work it is, so that nobody's labels become another person's."""

from django.http import HttpRequest, JsonResponse
from django.utils.deprecation import MiddlewareMixin

from core.errors import Conflict
from core.http.problem_details import PROBLEM, problem

HEADER = "X-Person"


class SamePersonMiddleware(MiddlewareMixin):
    """Refuses a request that names another person than the one logged in.

    Somebody else may log in in the same browser while a page is open: its next request would go out with their
    session. The annotation screen names its person in a header; other requests have none, and pass.
    """

    def process_view(self, request: HttpRequest, *_: object) -> JsonResponse | None:
        named = request.headers.get(HEADER)
        if named is None or not request.user.is_authenticated or named == str(request.user.pk):
            return None
        error = Conflict("Somebody else is logged in in this browser now.", code="another_person")
        return JsonResponse(problem(error), status=error.status, content_type=PROBLEM)
