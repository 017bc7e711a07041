"""Asking again for figures that could not be computed, for everybody who waits for some."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from core.cache.figures import forget_failure
from core.cache.forms import read_figures
from core.http.access import PersonRequest


@require_POST
def figures_again(request: PersonRequest) -> HttpResponse:
    """Forget that computing the figures failed, and go back to the page, which asks a worker for them.

    The page has signed which they are: others than those whom it is shown to know no signature.
    """
    figures = read_figures(request.POST.get("figures", ""))
    if figures is None:
        raise Http404
    name, back = figures
    forget_failure(name)
    return redirect(back)
