"""Endpoints. Keys are in the environment of the workers; neither they nor their values are ever shown."""

from typing import Any

from rest_framework import serializers

from core.api.dataclass_serializer import DataclassSerializer
from core.api.queries import LARGEST_INTEGER, ListQuery
from core.api.strict import StrictSerializer
from evaluation.endpoints.selectors import Health, RecentError, Spend
from evaluation.endpoints.services.endpoints import EndpointSpec, missing_key
from evaluation.llm.limiter_state import LimiterState
from evaluation.models import Endpoint
from evaluation.models.completion import CompletionStatus
from evaluation.models.endpoint import Provider, StructuredOutput


class EndpointSerializer(serializers.ModelSerializer[Endpoint]):
    """A model behind a provider. Prices in US dollars for a million tokens."""

    base_url = serializers.SerializerMethodField()
    options = serializers.SerializerMethodField()
    missing_key = serializers.SerializerMethodField()

    class Meta:
        model = Endpoint
        fields = [
            "id",
            "name",
            "provider",
            "model",
            "base_url",
            "api_key_variable",
            "input_price",
            "output_price",
            "priced_on",
            "account",
            "max_concurrency",
            "timeout_seconds",
            "structured_output",
            "options",
            "missing_key",
            "created_at",
        ]
        read_only_fields = fields

    def get_base_url(self, endpoint: Endpoint) -> str:
        """Without a name and password, if there are any in it."""
        return endpoint.shown_base_url

    def get_options(self, endpoint: Endpoint) -> dict[str, Any]:
        """Of the provider; what goes into the request's body as it is, is not shown."""
        return endpoint.shown_options

    def get_missing_key(self, endpoint: Endpoint) -> str | None:
        """What keeps the server from calling it, in words, such as a missing key; null: nothing."""
        return missing_key(endpoint)


class LimiterSerializer(DataclassSerializer[LimiterState]):
    """Calls that may be in flight now over all workers, slots that they hold, and a pause that was asked for."""

    dataclass = LimiterState


class RecentErrorSerializer(DataclassSerializer[RecentError]):
    """Calls of the last day that ended without an answer, by cause."""

    dataclass = RecentError
    status = serializers.ChoiceField(CompletionStatus.choices)


class SpendSerializer(DataclassSerializer[Spend]):
    """What calls have cost in US dollars, no matter who paid; null: nothing is priced."""

    dataclass = Spend


class EndpointHealthSerializer(DataclassSerializer[Health]):
    """How an endpoint is doing now. `limiter` is null where nobody has called in the last hour; `waiting` is counted
    up to a little over a thousand, errors up to a thousand (`errors_are_many`: there are more).
    """

    dataclass = Health
    limiter = LimiterSerializer(allow_null=True)
    errors = RecentErrorSerializer(many=True)  # type: ignore[assignment] # a serializer's attribute
    spend = SpendSerializer()


class EndpointWriteSerializer(StrictSerializer[EndpointSpec]):
    """What an endpoint is set to. `api_key_variable` names the environment variable that holds the key."""

    name = serializers.CharField(max_length=200)
    provider = serializers.ChoiceField(Provider.choices)
    model = serializers.CharField(max_length=200)
    base_url = serializers.CharField(max_length=200, required=False, allow_blank=True)
    api_key_variable = serializers.CharField(max_length=100, required=False, allow_blank=True)
    input_price = serializers.DecimalField(
        max_digits=12, decimal_places=6, min_value=0, required=False, allow_null=True
    )
    output_price = serializers.DecimalField(
        max_digits=12, decimal_places=6, min_value=0, required=False, allow_null=True
    )
    priced_on = serializers.DateField(required=False, allow_null=True)
    account = serializers.CharField(max_length=100, required=False, allow_blank=True)
    max_concurrency = serializers.IntegerField(min_value=1, max_value=LARGEST_INTEGER, required=False)
    timeout_seconds = serializers.IntegerField(min_value=1, max_value=LARGEST_INTEGER, required=False)
    structured_output = serializers.ChoiceField(StructuredOutput.choices, required=False)
    options = serializers.DictField(required=False)


class EndpointQuery(ListQuery):
    """Filters of the list of endpoints."""

    provider = serializers.ChoiceField(Provider.choices, required=False)
    search = serializers.CharField(required=False, max_length=200, help_text="A part of the name.")
