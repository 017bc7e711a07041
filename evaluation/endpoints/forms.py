"""The form of an endpoint."""

from dataclasses import asdict, replace

from django import forms

from core.http.json_field import StrictJsonField
from evaluation.endpoints.services.endpoints import EndpointSpec, spec_of
from evaluation.models import Endpoint
from evaluation.models.endpoint import Provider, StructuredOutput


class EndpointForm(forms.Form):
    """An endpoint as it is wanted; the fields are those of `EndpointSpec`."""

    name = forms.CharField(max_length=200, help_text="Shown on all pages.")
    provider = forms.ChoiceField(
        choices=[choice for choice in Provider.choices if choice[0] != Provider.HEURISTIC],
        help_text="Choose “OpenAI-compatible API” also for vLLM, Ollama, Together and Azure.",
    )
    model = forms.CharField(max_length=200, help_text="The provider's name for the model, e.g. gpt-4o-mini.")
    base_url = forms.CharField(
        max_length=200,
        required=False,
        label="Base URL",
        help_text="Only for OpenAI-compatible servers, e.g. http://localhost:8000/v1.",
    )
    api_key_variable = forms.CharField(
        max_length=100,
        required=False,
        label="API key variable",
        help_text="The name of the environment variable that holds the key, e.g. OPENAI_API_KEY. The key itself is "
        "never stored: set the variable for the web server and the workers. The operator lists the variables and the "
        "hosts of each in ENDPOINT_KEYS. A self-hosted server may need no key.",
    )
    input_price = forms.DecimalField(
        min_value=0,
        max_digits=12,
        decimal_places=6,
        required=False,
        label="Input price",
        help_text="In US dollars per million tokens.",
    )
    output_price = forms.DecimalField(
        min_value=0,
        max_digits=12,
        decimal_places=6,
        required=False,
        label="Output price",
        help_text="In US dollars per million tokens.",
    )
    priced_on = forms.DateField(
        required=False,
        label="Prices as of",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="If empty, today's date.",
    )
    max_concurrency = forms.IntegerField(
        min_value=1,
        max_value=10_000,
        initial=64,
        label="Max. concurrent calls",
        help_text="Across all workers.",
    )
    timeout_seconds = forms.IntegerField(
        min_value=1, max_value=3600, initial=120, label="Timeout", help_text="In seconds, for each call."
    )
    structured_output = forms.ChoiceField(
        choices=StructuredOutput.choices,
        help_text="How judges on this endpoint are made to answer in the required format.",
    )
    account = forms.CharField(
        max_length=100,
        required=False,
        help_text="Endpoints with the same account and model share a rate limit. If empty, the key "
        "variable's name is used.",
    )
    options = StrictJsonField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text='A JSON object, e.g. {"send_temperature": false}. docs/engine.md lists the options of each provider.',
    )

    @classmethod
    def showing(cls, endpoint: Endpoint) -> "EndpointForm":
        """The form as the endpoint is set now."""
        return cls(initial=asdict(spec_of(endpoint)) | {"base_url": endpoint.shown_base_url})

    def clean_options(self) -> dict[str, object]:
        options = self.cleaned_data["options"] or {}
        if not isinstance(options, dict):
            raise forms.ValidationError("Enter the options as a JSON object.")
        return options

    def spec(self, of: Endpoint | None = None) -> EndpointSpec:
        """The endpoint that a valid form describes; an address in `of` that is shown in part stays as it is."""
        spec = EndpointSpec(**self.cleaned_data)
        if of is not None and spec.base_url == of.shown_base_url:
            return replace(spec, base_url=of.base_url)
        return spec
