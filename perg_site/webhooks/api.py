"""REST views of webhooks, for admins."""

from collections.abc import Callable
from http import HTTPStatus

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api.actor import actor_of
from core.api.permissions import IsStaff
from core.api.queries import ListQuery, Queried
from core.api.strict import without_body
from core.errors import NotFound
from perg_site.models import Delivery, Webhook
from perg_site.webhooks import managing
from perg_site.webhooks.managing import IssuedWebhook
from perg_site.webhooks.selectors import deliveries_to, delivery_or_404, webhook_or_404, webhooks_with_last
from perg_site.webhooks.serializers import (
    DeliveryQuery,
    DeliverySerializer,
    IssuedWebhookSerializer,
    NewWebhookSerializer,
    WebhookChangesSerializer,
    WebhookSerializer,
)

ACTIONS: dict[str, Callable[..., Webhook]] = {
    "pause": managing.pause_webhook,
    "resume": managing.resume_webhook,
}


class WebhookList(Queried, generics.ListAPIView[Webhook]):
    """All webhooks, newest first; POST makes one, and its answer holds the secret, this once."""

    permission_classes = [IsStaff]
    serializer_class = WebhookSerializer
    query_serializer_class = ListQuery

    def get_queryset(self) -> QuerySet[Webhook]:
        return webhooks_with_last()

    @extend_schema(request=NewWebhookSerializer, responses={201: IssuedWebhookSerializer})
    def post(self, request: Request) -> Response:
        serializer = NewWebhookSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        issued = managing.create_webhook(actor=actor_of(request), **serializer.validated_data)
        return Response(_issued(issued), status=HTTPStatus.CREATED)


class WebhookDetail(APIView):
    """A webhook: look at it, change its address and events, delete it with its log."""

    permission_classes = [IsStaff]

    @extend_schema(responses=WebhookSerializer)
    def get(self, request: Request, webhook_id: int) -> Response:
        return Response(WebhookSerializer(webhook_or_404(webhook_id)).data)

    @extend_schema(request=WebhookChangesSerializer, responses=WebhookSerializer)
    def patch(self, request: Request, webhook_id: int) -> Response:
        webhook = webhook_or_404(webhook_id)
        context = {"shown": WebhookSerializer(webhook).data}
        serializer = WebhookChangesSerializer(data=request.data, context=context)
        serializer.is_valid(raise_exception=True)
        changed = managing.change_webhook(
            webhook=webhook, actor=actor_of(request), **serializer.validated_data
        )
        return Response(WebhookSerializer(changed).data)

    @extend_schema(responses={204: None})
    @without_body
    def delete(self, request: Request, webhook_id: int) -> Response:
        managing.delete_webhook(webhook=webhook_or_404(webhook_id), actor=actor_of(request))
        return Response(status=HTTPStatus.NO_CONTENT)


class WebhookAction(APIView):
    """Pause a webhook or resume it."""

    permission_classes = [IsStaff]

    @extend_schema(request=None, responses=WebhookSerializer)
    @without_body
    def post(self, request: Request, webhook_id: int, action: str) -> Response:
        webhook = webhook_or_404(webhook_id)
        if action not in ACTIONS:
            raise NotFound(f"A webhook can be made to {' or '.join(ACTIONS)}.")
        return Response(WebhookSerializer(ACTIONS[action](webhook=webhook, actor=actor_of(request))).data)


class WebhookSecret(APIView):
    """A new secret; the old one is worthless at once."""

    permission_classes = [IsStaff]

    @extend_schema(request=None, responses=IssuedWebhookSerializer)
    @without_body
    def post(self, request: Request, webhook_id: int) -> Response:
        issued = managing.renew_secret(webhook=webhook_or_404(webhook_id), actor=actor_of(request))
        return Response(_issued(issued))


class WebhookPing(APIView):
    """Send a test; the answer is the delivery, whose state can be read later."""

    permission_classes = [IsStaff]

    @extend_schema(request=None, responses={202: DeliverySerializer})
    @without_body
    def post(self, request: Request, webhook_id: int) -> Response:
        delivery = managing.ping_webhook(webhook=webhook_or_404(webhook_id), actor=actor_of(request))
        return Response(DeliverySerializer(delivery).data, status=HTTPStatus.ACCEPTED)


class DeliveryList(Queried, generics.ListAPIView[Delivery]):
    """The deliveries of a webhook, newest first; they are kept for 30 days."""

    permission_classes = [IsStaff]
    serializer_class = DeliverySerializer
    query_serializer_class = DeliveryQuery

    def get_queryset(self) -> QuerySet[Delivery]:
        webhook = webhook_or_404(self.kwargs["webhook_id"])
        narrowed = {name: self.query[name] for name in ("status", "event") if name in self.query}
        return deliveries_to(webhook, **narrowed)


class DeliveryDetail(APIView):
    """One delivery with its payload and the answer of the last attempt."""

    permission_classes = [IsStaff]

    @extend_schema(responses=DeliverySerializer)
    def get(self, request: Request, webhook_id: int, delivery_id: int) -> Response:
        return Response(DeliverySerializer(delivery_or_404(webhook_or_404(webhook_id), delivery_id)).data)


class DeliveryAgain(APIView):
    """Send the same event once more; one that waits for its next attempt is sent now."""

    permission_classes = [IsStaff]

    @extend_schema(request=None, responses={202: DeliverySerializer})
    @without_body
    def post(self, request: Request, webhook_id: int, delivery_id: int) -> Response:
        delivery = delivery_or_404(webhook_or_404(webhook_id), delivery_id)
        again = managing.send_again(delivery=delivery, actor=actor_of(request))
        return Response(DeliverySerializer(again).data, status=HTTPStatus.ACCEPTED)


def _issued(issued: IssuedWebhook) -> dict[str, object]:
    return {**WebhookSerializer(issued.webhook).data, "secret": issued.secret}
