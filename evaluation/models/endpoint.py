"""Models that can be called, the rubrics that judges rate by, and the judges."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from core.db.constraints import at_least, check, known, unique, within

SCALE = (1, 2, 3, 4, 5)
ENDS = (SCALE[0], SCALE[-1])
DEFAULT_THRESHOLD = 3
HIDDEN = "…"


class Provider(models.TextChoices):
    OPENAI = "openai", "OpenAI-compatible API"
    ANTHROPIC = "anthropic", "Anthropic API"
    TRANSFORMERS = "transformers", "Local model in the worker"
    RECORDED = "recorded", "Recorded replies"
    HEURISTIC = "heuristic", "Heuristic rules"


class StructuredOutput(models.TextChoices):
    JSON_SCHEMA = "json_schema", "JSON schema"
    TOOL = "tool", "Tool use"
    TAGGED = "tagged", "Tags in the text"


class Endpoint(models.Model):
    """A model behind a provider. Keys are never stored: `api_key_variable` names the environment variable."""

    name = models.CharField(max_length=200)
    provider = models.CharField(max_length=20, choices=Provider.choices)
    model = models.CharField(max_length=200, help_text="The model's name as the provider knows it.")
    # Not a URLField: that refuses a server's name inside one's own network, such as http://vllm:8000/v1.
    base_url = models.CharField(
        max_length=200, blank=True, validators=[RegexValidator(r"^https?://[^\s/]+(/\S*)?$")]
    )
    api_key_variable = models.CharField(max_length=100, blank=True)
    input_price = models.DecimalField(
        max_digits=12,
        decimal_places=6,
        null=True,
        blank=True,
        help_text="US dollars for a million input tokens.",
    )
    output_price = models.DecimalField(
        max_digits=12,
        decimal_places=6,
        null=True,
        blank=True,
        help_text="US dollars for a million output tokens.",
    )
    priced_on = models.DateField(null=True, blank=True)
    account = models.CharField(
        max_length=100,
        blank=True,
        help_text="Endpoints with the same account and model share their rate limit; empty: the key variable's name.",
    )
    max_concurrency = models.PositiveIntegerField(
        default=64, help_text="Calls in flight at most, over all workers."
    )
    timeout_seconds = models.PositiveIntegerField(
        default=120, help_text="For one call, from start to last byte."
    )
    structured_output = models.CharField(
        max_length=12,
        choices=StructuredOutput.choices,
        default=StructuredOutput.JSON_SCHEMA,
        help_text="How a judge on this endpoint is made to answer in the wanted form.",
    )
    options = models.JSONField(
        default=dict,
        blank=True,
        help_text="Of the provider, e.g. dtype, quantization and batch size of a local model.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            unique("endpoint_name_unique", "An endpoint has this name already.", "name"),
            known("endpoint_provider_known", provider=Provider),
            at_least(
                "endpoint_limits_positive",
                "At least one call at a time, and at least a second for it.",
                max_concurrency=1,
                timeout_seconds=1,
            ),
            known(
                "endpoint_structured_output_known",
                "The way of structured output is one of the known ones.",
                structured_output=StructuredOutput,
            ),
            check(
                "endpoint_price_whole_or_absent",
                "Give both prices, not negative, with their date, or none of the three.",
                Q(input_price__isnull=True, output_price__isnull=True, priced_on__isnull=True)
                | Q(
                    input_price__isnull=False,
                    input_price__gte=0,
                    output_price__isnull=False,
                    output_price__gte=0,
                    priced_on__isnull=False,
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def shown_base_url(self) -> str:
        """The base URL without a name and password, which an old row may have in it."""
        before, at, after = self.base_url.rpartition("@")
        return f"{before.partition('//')[0]}//{HIDDEN}@{after}" if at else self.base_url

    @property
    def shown_options(self) -> dict[str, Any]:
        """The options without the content of `extra_body`: an old row may have a key in it."""
        if not isinstance(self.options, dict):
            return {}
        return {name: HIDDEN if name == "extra_body" else value for name, value in self.options.items()}

    @property
    def costs_nothing(self) -> bool:
        """Whether calls are free, as rules and records are; other endpoints without a price are unpriced."""
        return self.provider in {Provider.HEURISTIC, Provider.RECORDED}


class Rubric(models.Model):
    """A version of the instructions by which people and judges rate; anchors say what 1 to 5 mean."""

    name = models.CharField(max_length=200)
    version = models.PositiveIntegerField(default=1)
    instructions = models.TextField(help_text="Markdown.")
    anchors = ArrayField(models.CharField(max_length=300), size=len(SCALE))
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "-version"]
        constraints = [
            unique("rubric_version_unique", "This rubric has this version already.", "name", "version"),
            check(
                "rubric_anchor_per_score",
                "A rubric has one anchor for each score.",
                Q(anchors__len=len(SCALE)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"

    @property
    def scale(self) -> list[tuple[int, str]]:
        return list(zip(SCALE, self.anchors, strict=True))


class JudgeOrigin(models.TextChoices):
    ENDPOINT = "endpoint", "Asks an endpoint"
    IMPORTED = "imported", "Came with an imported run"


class Judge(models.Model):
    """Rates how far a personalised response follows the preference; `followed` = score >= threshold."""

    name = models.CharField(max_length=200)
    origin = models.CharField(max_length=10, choices=JudgeOrigin.choices, default=JudgeOrigin.ENDPOINT)
    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.PROTECT, null=True, blank=True, related_name="judges"
    )
    rubric = models.ForeignKey(Rubric, on_delete=models.PROTECT, null=True, blank=True, related_name="judges")
    threshold = models.PositiveSmallIntegerField(default=DEFAULT_THRESHOLD)
    replicates = models.PositiveSmallIntegerField(default=1)
    temperature = models.FloatField(
        null=True, blank=True, help_text="Empty: 0 for the first rating, 1 for further ones."
    )
    max_tokens = models.PositiveIntegerField(default=1024, help_text="Of a reply, thinking included.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            within(
                "judge_temperature_in_range",
                "A temperature is from 0 to 2.",
                temperature=(0, 2),
                or_none=True,
            ),
            at_least("judge_max_tokens_positive", "A reply has at least one token.", max_tokens=1),
            unique("judge_name_unique", "A judge has this name already.", "name"),
            within("judge_threshold_on_scale", "The threshold is a score from 1 to 5.", threshold=ENDS),
            at_least("judge_replicates_positive", "A judge rates at least once.", replicates=1),
            check(
                "judge_asks_endpoint_or_imported",
                "A judge asks an endpoint by a rubric, or its ratings were imported.",
                Q(origin=JudgeOrigin.ENDPOINT, endpoint__isnull=False, rubric__isnull=False)
                | Q(origin=JudgeOrigin.IMPORTED, endpoint__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def followed(self, score: int | None) -> bool | None:
        """Whether a score says that the preference was followed; None without one."""
        return None if score is None else score >= self.threshold

    @property
    def is_floor(self) -> bool:
        """Whether this is the heuristic judge, a floor to compare LLM judges with."""
        return self.endpoint is not None and self.endpoint.provider == Provider.HEURISTIC
