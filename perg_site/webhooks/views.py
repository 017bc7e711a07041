"""Pages of webhooks, for admins: the list, a new one, its log of deliveries, one delivery."""

import json
from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import DomainError, NotFound
from core.http.access import PersonRequest, staff_or_404
from core.http.keyset import newest_page
from core.http.page_query import PageQuery
from perg_site.models import Webhook
from perg_site.webhooks import managing
from perg_site.webhooks.forms import AddressForm, LogFilterForm, WebhookForm
from perg_site.webhooks.selectors import deliveries_to, delivery_or_404, webhook_or_404, webhooks_with_last
from perg_site.webhooks.sending import MOST_ATTEMPTS

ACTS: dict[str, Callable[..., object]] = {
    "pause": managing.pause_webhook,
    "resume": managing.resume_webhook,
    "ping": managing.ping_webhook,
    "delete": managing.delete_webhook,
}
DONE = {
    "pause": "The webhook has been paused.",
    "resume": "The webhook has been resumed.",
    "ping": "A test delivery has been queued. The log below shows the result.",
    "delete": "The webhook has been deleted.",
}


@require_GET
@staff_or_404
def webhook_list(request: PersonRequest) -> HttpResponse:
    return render(request, "perg_site/webhook_list.html", {"webhooks": webhooks_with_last()})


@require_http_methods(["GET", "POST"])
@staff_or_404
@never_cache
def webhook_create(request: PersonRequest) -> HttpResponse:
    """A new webhook; the answer shows its secret, this once."""
    form = WebhookForm(request.POST or None)
    if form.is_valid():
        try:
            issued = managing.create_webhook(actor=request.user, **form.cleaned_data)
        except DomainError as error:
            form.add_error(error.field, error.message)
        else:
            return _secret(request, issued)
    return render(
        request, "perg_site/webhook_create.html", {"form": form}, status=422 if form.errors else 200
    )


@require_http_methods(["GET", "POST"])
@staff_or_404
def webhook_detail(request: PersonRequest, webhook_id: int) -> HttpResponse:
    """A webhook, its events and its deliveries; POST changes its address and events."""
    webhook = webhook_or_404(webhook_id)
    form = AddressForm(request.POST or None, initial={"url": webhook.url, "events": webhook.events})
    if form.is_valid():
        managing.change_webhook(webhook=webhook, actor=request.user, **form.cleaned_data)
        messages.success(request, "The webhook has been saved.")
        return redirect("webhook_detail", webhook_id=webhook.pk)
    context = _log(request, webhook) | {"webhook": webhook, "form": form, "most_attempts": MOST_ATTEMPTS}
    return render(request, "perg_site/webhook_detail.html", context, status=422 if form.errors else 200)


def _log(request: PersonRequest, webhook: Webhook) -> dict[str, object]:
    """A page of its deliveries, newest first; `before` is the number that the page before ended with."""
    filters = LogFilterForm(request.GET)
    query = PageQuery(request)
    deliveries = deliveries_to(webhook, **(filters.cleaned_data if filters.is_valid() else {}))
    narrowed = query.changed("before")
    return {
        "filters": filters,
        "filter_query": narrowed.urlencode(),
        "is_narrowed": any(narrowed.values()),
        "page": newest_page(deliveries, query),
    }


@require_POST
@staff_or_404
@never_cache
def webhook_secret(request: PersonRequest, webhook_id: int) -> HttpResponse:
    """A new secret, shown this once."""
    return _secret(request, managing.renew_secret(webhook=webhook_or_404(webhook_id), actor=request.user))


@require_POST
@staff_or_404
def webhook_act(request: PersonRequest, webhook_id: int, act: str) -> HttpResponse:
    """Pause, resume, test or delete a webhook."""
    webhook = webhook_or_404(webhook_id)
    if act not in ACTS:
        raise NotFound("This action does not exist.")
    ACTS[act](webhook=webhook, actor=request.user)
    messages.success(request, DONE[act])
    if act == "delete":
        return redirect("webhook_list")
    return redirect("webhook_detail", webhook_id=webhook_id)


@require_GET
@staff_or_404
def webhook_delivery(request: PersonRequest, webhook_id: int, delivery_id: int) -> HttpResponse:
    """One delivery: what was sent, and what the receiver said."""
    delivery = delivery_or_404(webhook_or_404(webhook_id), delivery_id)
    context = {
        "webhook": delivery.webhook,
        "delivery": delivery,
        "payload": json.dumps(delivery.payload, ensure_ascii=False, indent=2, sort_keys=True),
        "most_attempts": MOST_ATTEMPTS,
    }
    return render(request, "perg_site/webhook_delivery.html", context)


@require_POST
@staff_or_404
def webhook_send_again(request: PersonRequest, webhook_id: int, delivery_id: int) -> HttpResponse:
    delivery = delivery_or_404(webhook_or_404(webhook_id), delivery_id)
    again = managing.send_again(delivery=delivery, actor=request.user)
    messages.success(request, "The delivery has been queued again.")
    return redirect("webhook_delivery", webhook_id=webhook_id, delivery_id=again.pk)


def _secret(request: PersonRequest, issued: managing.IssuedWebhook) -> HttpResponse:
    context = {"webhook": issued.webhook, "link": issued.secret}
    return render(request, "perg_site/webhook_secret.html", context)
