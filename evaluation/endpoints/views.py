"""Pages of endpoints, for staff: making and changing them, and how they are doing."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from core.http.access import PersonRequest, staff_or_404
from core.http.form_pages import carried_out, form_page
from evaluation.endpoints.forms import EndpointForm
from evaluation.endpoints.selectors import endpoints_with_uses, health_of, record_of, uses_of
from evaluation.endpoints.services.endpoints import (
    change_endpoint,
    create_endpoint,
    fixed_fields,
    limit_key,
    missing_key,
    why_fixed,
)
from evaluation.models import Endpoint


@require_GET
@staff_or_404
def endpoint_list(request: PersonRequest) -> HttpResponse:
    endpoints = list(endpoints_with_uses())
    context = {"endpoints": [(endpoint, missing_key(endpoint)) for endpoint in endpoints]}
    return render(request, "evaluation/endpoints/endpoint_list.html", context)


@require_http_methods(["GET", "POST"])
@staff_or_404
def endpoint_create(request: PersonRequest) -> HttpResponse:
    form = EndpointForm(request.POST or None)
    endpoint = carried_out(form, lambda: create_endpoint(spec=form.spec(), actor=request.user))
    if endpoint is None:
        return form_page(request, "evaluation/endpoints/endpoint_form.html", form)
    messages.success(request, f"Endpoint “{endpoint}” created. Test it before you launch a batch.")
    return redirect("endpoint_detail", endpoint_id=endpoint.pk)


@require_GET
@staff_or_404
def endpoint_detail(request: PersonRequest, endpoint_id: int) -> HttpResponse:
    endpoint = get_object_or_404(Endpoint, pk=endpoint_id)
    context = {
        "endpoint": endpoint,
        "missing_key": missing_key(endpoint),
        "uses": uses_of(endpoint),
        "record": record_of(endpoint) if endpoint.provider == "recorded" else None,
    }
    return render(request, "evaluation/endpoints/endpoint_detail.html", context)


@require_http_methods(["GET", "POST"])
@staff_or_404
def endpoint_edit(request: PersonRequest, endpoint_id: int) -> HttpResponse:
    endpoint = get_object_or_404(Endpoint, pk=endpoint_id)
    form = EndpointForm(request.POST) if request.method == "POST" else EndpointForm.showing(endpoint)
    changed = carried_out(
        form,
        lambda: change_endpoint(endpoint=endpoint, spec=form.spec(endpoint), actor=request.user),
    )
    if changed is None:
        fixed = fixed_fields(endpoint)
        context = {"endpoint": endpoint, "why_fixed": why_fixed(endpoint, fixed) if fixed else ""}
        return form_page(request, "evaluation/endpoints/endpoint_form.html", form, context)
    messages.success(
        request, "The endpoint has been saved. Test it, then try the failed calls of its runs again."
    )
    return redirect("endpoint_detail", endpoint_id=endpoint.pk)


@require_GET
@staff_or_404
def endpoint_health(request: PersonRequest, endpoint_id: int) -> HttpResponse:
    """How the endpoint is doing: a fragment, or a page where no script asks."""
    endpoint = get_object_or_404(Endpoint, pk=endpoint_id)
    template = (
        "evaluation/endpoints/_endpoint_health.html"
        if request.htmx
        else "evaluation/endpoints/endpoint_health.html"
    )
    context = {"endpoint": endpoint, "health": health_of(endpoint, limit_key=limit_key(endpoint))}
    return render(request, template, context)
