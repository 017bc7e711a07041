"""What the API shows and takes of webhooks. A secret is in the answer that makes it, and in no other."""

from rest_framework import serializers

from core.api.queries import ListQuery
from core.api.strict import StrictSerializer
from perg_site.models import Delivery, Webhook
from perg_site.models.webhook import DeliveryStatus, Event
from perg_site.webhooks.forms import EVENTS


class WebhookSerializer(serializers.ModelSerializer[Webhook]):
    """A webhook, and the outcome of its newest delivery."""

    events = serializers.ListField(child=serializers.ChoiceField(EVENTS), read_only=True)
    created_by = serializers.SlugRelatedField[Webhook](slug_field="username", read_only=True, allow_null=True)
    last_status = serializers.ChoiceField(
        DeliveryStatus.choices, read_only=True, allow_null=True, default=None
    )
    last_error = serializers.CharField(read_only=True, allow_null=True, default=None)
    last_at = serializers.DateTimeField(read_only=True, allow_null=True, default=None)

    class Meta:
        model = Webhook
        fields = [
            "id",
            "name",
            "url",
            "events",
            "is_active",
            "created_by",
            "created_at",
            "last_status",
            "last_error",
            "last_at",
        ]
        read_only_fields = fields


class IssuedWebhookSerializer(WebhookSerializer):
    """A webhook with its secret, which is shown this once."""

    secret = serializers.CharField(read_only=True)

    class Meta(WebhookSerializer.Meta):
        fields = [*WebhookSerializer.Meta.fields, "secret"]
        read_only_fields = fields


class NewWebhookSerializer(StrictSerializer[Webhook]):
    name = serializers.CharField(max_length=100)
    url = serializers.CharField(max_length=500)
    events = serializers.ListField(child=serializers.ChoiceField(EVENTS), allow_empty=False, max_length=20)


class WebhookChangesSerializer(StrictSerializer[Webhook]):
    """What is left out stays."""

    url = serializers.CharField(max_length=500, required=False)
    events = serializers.ListField(
        child=serializers.ChoiceField(EVENTS), allow_empty=False, max_length=20, required=False
    )


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    """A delivery, and the outcome of its last attempt. `event_id` is the same when the event is sent again."""

    payload = serializers.DictField(read_only=True)

    class Meta:
        model = Delivery
        fields = [
            "id",
            "webhook",
            "event_id",
            "event",
            "status",
            "attempts",
            "next_attempt_at",
            "response_status",
            "response_body",
            "error",
            "duration",
            "created_at",
            "finished_at",
            "payload",
        ]
        read_only_fields = fields


class DeliveryQuery(ListQuery):
    status = serializers.ChoiceField(DeliveryStatus.choices, required=False)
    event = serializers.ChoiceField(Event.choices, required=False)
