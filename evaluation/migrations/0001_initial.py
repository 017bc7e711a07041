import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("core", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="Batch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="batches",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name_plural": "batches",
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("name",),
                        name="batch_name_unique",
                        violation_error_message="A batch has this name already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True),
                        name="batch_name_given",
                        violation_error_message="A batch needs a name.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Catalogue",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("version", models.PositiveIntegerField(default=1)),
                ("is_demonstration", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["name", "-version"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("name", "version"),
                        name="catalogue_version_unique",
                        violation_error_message="This catalogue has this version already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True),
                        name="catalogue_name_given",
                        violation_error_message="A catalogue needs a name.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Dataset",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("description", models.TextField(blank=True)),
                ("is_demonstration", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("name",),
                        name="dataset_name_unique",
                        violation_error_message="A dataset has this name already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True),
                        name="dataset_name_given",
                        violation_error_message="A dataset needs a name.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Endpoint",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "provider",
                    models.CharField(
                        choices=[
                            ("openai", "OpenAI-compatible API"),
                            ("anthropic", "Anthropic API"),
                            ("transformers", "Local model in the worker"),
                            ("recorded", "Recorded replies"),
                            ("heuristic", "Heuristic rules"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "model",
                    models.CharField(help_text="The model's name as the provider knows it.", max_length=200),
                ),
                (
                    "base_url",
                    models.CharField(
                        blank=True,
                        max_length=200,
                        validators=[django.core.validators.RegexValidator("^https?://[^\\s/]+(/\\S*)?$")],
                    ),
                ),
                ("api_key_variable", models.CharField(blank=True, max_length=100)),
                (
                    "input_price",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        help_text="US dollars for a million input tokens.",
                        max_digits=12,
                        null=True,
                    ),
                ),
                (
                    "output_price",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        help_text="US dollars for a million output tokens.",
                        max_digits=12,
                        null=True,
                    ),
                ),
                ("priced_on", models.DateField(blank=True, null=True)),
                (
                    "account",
                    models.CharField(
                        blank=True,
                        help_text="Endpoints with the same account and model share their rate limit; empty: the key variable's name.",
                        max_length=100,
                    ),
                ),
                (
                    "max_concurrency",
                    models.PositiveIntegerField(
                        default=64, help_text="Calls in flight at most, over all workers."
                    ),
                ),
                (
                    "timeout_seconds",
                    models.PositiveIntegerField(
                        default=120, help_text="For one call, from start to last byte."
                    ),
                ),
                (
                    "structured_output",
                    models.CharField(
                        choices=[
                            ("json_schema", "JSON schema"),
                            ("tool", "Tool use"),
                            ("tagged", "Tags in the text"),
                        ],
                        default="json_schema",
                        help_text="How a judge on this endpoint is made to answer in the wanted form.",
                        max_length=12,
                    ),
                ),
                (
                    "options",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="Of the provider, e.g. dtype, quantization and batch size of a local model.",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("name",),
                        name="endpoint_name_unique",
                        violation_error_message="An endpoint has this name already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("provider__in", ["openai", "anthropic", "transformers", "recorded", "heuristic"])
                        ),
                        name="endpoint_provider_known",
                        violation_error_message="The provider is one of the known ones.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("max_concurrency__gte", 1), ("timeout_seconds__gte", 1)),
                        name="endpoint_limits_positive",
                        violation_error_message="At least one call at a time, and at least a second for it.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("structured_output__in", ["json_schema", "tool", "tagged"])),
                        name="endpoint_structured_output_known",
                        violation_error_message="The way of structured output is one of the known ones.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("input_price__isnull", True),
                                ("output_price__isnull", True),
                                ("priced_on__isnull", True),
                            ),
                            models.Q(
                                ("input_price__gte", 0),
                                ("input_price__isnull", False),
                                ("output_price__gte", 0),
                                ("output_price__isnull", False),
                                ("priced_on__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="endpoint_price_whole_or_absent",
                        violation_error_message="Give both prices, not negative, with their date, or none of the three.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Prompt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(help_text="The stage that the prompt is for.", max_length=50)),
                ("version", models.PositiveIntegerField()),
                ("text", models.TextField()),
                ("sha256", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["name", "-version"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("name", "version"),
                        name="prompt_version_unique",
                        violation_error_message="This prompt has this version already.",
                    ),
                    models.UniqueConstraint(
                        fields=("name", "sha256"),
                        name="prompt_text_unique",
                        violation_error_message="This prompt has this text in another version.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CatalogueBuild",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(help_text="Of the catalogue to make.", max_length=200)),
                (
                    "dataset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="catalogue_builds",
                        to="evaluation.dataset",
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="catalogue_builds",
                        to="evaluation.endpoint",
                    ),
                ),
                (
                    "prompt",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="catalogue_builds",
                        to="evaluation.prompt",
                    ),
                ),
                (
                    "sample_size",
                    models.PositiveIntegerField(help_text="Questions that the endpoint is asked about."),
                ),
                (
                    "per_question",
                    models.PositiveSmallIntegerField(help_text="Proposals wanted for each question."),
                ),
                ("seed", models.PositiveBigIntegerField(default=0, help_text="Of the sample.")),
                (
                    "money_budget",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        help_text="US dollars; none: no limit. Questions that it has no room for are not asked.",
                        max_digits=12,
                        null=True,
                    ),
                ),
                (
                    "spent_before",
                    models.DecimalField(
                        decimal_places=8,
                        default=0,
                        help_text="US dollars for calls that led to nothing, so that their questions were asked again.",
                        max_digits=14,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("asking", "Asking the endpoint"),
                            ("reviewing", "To be reviewed"),
                            ("released", "Released"),
                        ],
                        default="asking",
                        max_length=10,
                    ),
                ),
                (
                    "catalogue",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="build",
                        to="evaluation.catalogue",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="catalogue_builds",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True),
                        name="build_name_given",
                        violation_error_message="A catalogue needs a name.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sample_size__gte", 1)),
                        name="build_sample_size_positive",
                        violation_error_message="A sample has at least one question.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("per_question__gte", 1), ("per_question__lte", 10)),
                        name="build_per_question_1_to_10",
                        violation_error_message="Each question gets 1 to 10 proposals.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("money_budget__isnull", True), ("money_budget__gt", 0), _connector="OR"
                        ),
                        name="build_money_budget_positive",
                        violation_error_message="A money budget is above 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["asking", "reviewing", "released"])),
                        name="build_status_known",
                        violation_error_message="The status is one of the known ones.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("catalogue__isnull", False), ("status", "released")),
                            models.Q(
                                models.Q(("status", "released"), _negated=True), ("catalogue__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="build_released_iff_catalogue",
                        violation_error_message="A build has its catalogue exactly when it is released.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Run",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=300)),
                (
                    "dataset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runs",
                        to="evaluation.dataset",
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runs",
                        to="evaluation.endpoint",
                    ),
                ),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("direct", "Direct"),
                            ("cot", "Chain of thought"),
                            ("icl", "In-context examples"),
                            ("self_critic", "Self-critic"),
                            ("pref_aligner", "Pref-Aligner"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "setting",
                    models.CharField(
                        choices=[("relevant", "Relevant"), ("mixed", "Mixed"), ("irrelevant", "Irrelevant")],
                        max_length=20,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("running", "Running"),
                            ("paused", "Paused"),
                            ("budget_reached", "Budget reached"),
                            ("cancelled", "Cancelled"),
                            ("complete", "Complete"),
                            ("failed", "Failed"),
                        ],
                        default="waiting",
                        max_length=20,
                    ),
                ),
                ("is_demonstration", models.BooleanField(default=False)),
                (
                    "batch",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="runs",
                        to="evaluation.batch",
                    ),
                ),
                (
                    "catalogue",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runs",
                        to="evaluation.catalogue",
                    ),
                ),
                (
                    "aligner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="aligned_runs",
                        to="evaluation.endpoint",
                    ),
                ),
                (
                    "extractor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="extracted_runs",
                        to="evaluation.endpoint",
                    ),
                ),
                (
                    "options",
                    models.JSONField(
                        default=dict,
                        help_text="Sampling and prompting, see evaluation.stages.plan.RunOptions.",
                    ),
                ),
                (
                    "money_budget",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        help_text="US dollars; none: no limit.",
                        max_digits=12,
                        null=True,
                    ),
                ),
                (
                    "call_budget",
                    models.PositiveIntegerField(blank=True, help_text="Calls; none: no limit.", null=True),
                ),
                (
                    "spent",
                    models.DecimalField(
                        decimal_places=8, default=0, help_text="US dollars on record.", max_digits=14
                    ),
                ),
                (
                    "spent_estimated",
                    models.DecimalField(
                        db_default=0,
                        decimal_places=8,
                        default=0,
                        help_text="US dollars of those spent that are estimated: the server did not count the tokens.",
                        max_digits=14,
                    ),
                ),
                (
                    "reserved",
                    models.DecimalField(
                        decimal_places=8,
                        default=0,
                        help_text="US dollars that calls in flight may cost at most.",
                        max_digits=14,
                    ),
                ),
                (
                    "calls",
                    models.PositiveIntegerField(
                        default=0, help_text="Calls that this run has started, retries included."
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="runs",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("prompts", models.ManyToManyField(related_name="runs", to="evaluation.prompt")),
            ],
            options={
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("name",),
                        name="run_name_unique",
                        violation_error_message="A run has this name already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True),
                        name="run_name_given",
                        violation_error_message="A run needs a name.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("money_budget__isnull", True), ("money_budget__gt", 0), _connector="OR"
                        ),
                        name="run_money_budget_positive",
                        violation_error_message="A money budget is above 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("call_budget__isnull", True), ("call_budget__gt", 0), _connector="OR"
                        ),
                        name="run_call_budget_positive",
                        violation_error_message="A call budget is above 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("method__in", ["direct", "cot", "icl", "self_critic", "pref_aligner"])
                        ),
                        name="run_method_known",
                        violation_error_message="The method is one of the known ones.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("setting__in", ["relevant", "mixed", "irrelevant"])),
                        name="run_setting_known",
                        violation_error_message="The setting is relevant, mixed or irrelevant.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status__in",
                                [
                                    "waiting",
                                    "running",
                                    "paused",
                                    "budget_reached",
                                    "cancelled",
                                    "complete",
                                    "failed",
                                ],
                            )
                        ),
                        name="run_status_known",
                        violation_error_message="The status is one of the known ones.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Completion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="completions",
                        to="evaluation.endpoint",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        blank=True,
                        help_text="The run that pays: the first to ask. While it is not running, the call waits.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="completions",
                        to="evaluation.run",
                    ),
                ),
                ("request_key", models.CharField(max_length=64)),
                ("request", models.JSONField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Waiting"),
                            ("leased", "Being called"),
                            ("succeeded", "Succeeded"),
                            ("refused", "Refused by the model"),
                            ("failed", "Failed"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                (
                    "lease",
                    models.UUIDField(
                        blank=True,
                        help_text="Whose claim this is; a late result under an old one is void.",
                        null=True,
                    ),
                ),
                ("leased_until", models.DateTimeField(blank=True, null=True)),
                (
                    "not_before",
                    models.DateTimeField(
                        default=django.utils.timezone.now,
                        help_text="The place in the queue: calls are made in this order, a retry not earlier.",
                    ),
                ),
                (
                    "throttled_since",
                    models.DateTimeField(
                        blank=True,
                        help_text="When the provider began to answer nothing but that there are too many calls.",
                        null=True,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("text", models.TextField(blank=True)),
                ("raw_reply", models.JSONField(blank=True, null=True)),
                ("input_tokens", models.PositiveIntegerField(blank=True, null=True)),
                ("output_tokens", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "seconds",
                    models.FloatField(
                        blank=True, help_text="From the start of the call to its last byte.", null=True
                    ),
                ),
                (
                    "reserved_cost",
                    models.DecimalField(
                        decimal_places=8,
                        default=0,
                        help_text="US dollars that the call in flight may cost at most, held back from the run's budget.",
                        max_digits=14,
                    ),
                ),
                (
                    "reasoning",
                    models.TextField(blank=True, help_text="What a thinking model wrote before its answer."),
                ),
                (
                    "cost",
                    models.DecimalField(
                        blank=True,
                        decimal_places=8,
                        help_text="US dollars; none: unpriced.",
                        max_digits=14,
                        null=True,
                    ),
                ),
                (
                    "cost_is_estimated",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="The server did not say how many tokens the call took, or not in numbers.",
                    ),
                ),
                ("error_code", models.CharField(blank=True, max_length=50)),
                ("error_message", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("request_key",),
                        name="completion_request_unique",
                        violation_error_message="This request has been made already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["pending", "leased", "succeeded", "refused", "failed"])
                        ),
                        name="completion_status_known",
                        violation_error_message="The status is one of the known ones.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("lease__isnull", False),
                                ("leased_until__isnull", False),
                                ("status", "leased"),
                            ),
                            models.Q(
                                models.Q(("status", "leased"), _negated=True),
                                ("lease__isnull", True),
                                ("leased_until__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="completion_leased_iff_called",
                        violation_error_message="A completion has a lease exactly while it is being called.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("finished_at__isnull", False),
                                ("status__in", ["succeeded", "refused", "failed"]),
                            ),
                            models.Q(
                                models.Q(("status__in", ["succeeded", "refused", "failed"]), _negated=True),
                                ("finished_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="completion_finished_has_time",
                        violation_error_message="A completion has a finishing time exactly when it is finished.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("error_code", ""), ("status", "failed"), _negated=True),
                        name="completion_failure_has_code",
                        violation_error_message="A failed completion says why.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Question",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "dataset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="questions",
                        to="evaluation.dataset",
                    ),
                ),
                (
                    "key",
                    models.CharField(
                        help_text="SHA-256 of text, options and gold option: the question's identity.",
                        max_length=64,
                    ),
                ),
                (
                    "external_id",
                    models.CharField(
                        blank=True, help_text="The id in the file it came from.", max_length=200
                    ),
                ),
                ("text", models.TextField()),
                (
                    "options",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None),
                ),
                (
                    "gold_option",
                    models.CharField(
                        max_length=1, validators=[django.core.validators.RegexValidator("^[A-Z]$")]
                    ),
                ),
                (
                    "source",
                    models.CharField(blank=True, help_text="The benchmark, e.g. cais/mmlu.", max_length=200),
                ),
                ("category", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [models.Index(fields=["dataset", "source"], name="question_source_index")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("dataset", "key"),
                        name="question_unique_in_dataset",
                        violation_error_message="This dataset has this question already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True),
                        name="question_text_given",
                        violation_error_message="A question needs a text.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("options__len__gte", 2), ("options__len__lte", 26)),
                        name="question_options_2_to_26",
                        violation_error_message="A question has 2 to 26 options.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("gold_option__regex", "^[A-Z]$"),
                            (
                                "options__len__gte",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.functions.text.Ord(models.F("gold_option")),
                                    "-",
                                    models.Value(64),
                                ),
                            ),
                        ),
                        name="question_gold_is_an_option",
                        violation_error_message="The gold option is not among the options.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BuildQuestion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "build",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="build_questions",
                        to="evaluation.cataloguebuild",
                    ),
                ),
                (
                    "question",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="evaluation.question",
                    ),
                ),
                ("replicate", models.PositiveSmallIntegerField(default=1)),
                (
                    "completion",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="build_questions",
                        to="evaluation.completion",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("read", "Read"), ("failed", "Failed")],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                (
                    "failure",
                    models.CharField(
                        blank=True, help_text="Why there are no proposals for it.", max_length=300
                    ),
                ),
            ],
            options={
                "ordering": ["build", "question"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("build", "question"),
                        name="build_question_once",
                        violation_error_message="The build has this question already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("replicate__gte", 1)),
                        name="build_question_replicate_from_1",
                        violation_error_message="Replicates count from 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "failed"), models.Q(("failure", ""), _negated=True)),
                            models.Q(("failure", ""), ("status__in", ["waiting", "read"])),
                            _connector="OR",
                        ),
                        name="build_question_failed_iff_reason",
                        violation_error_message="A question says why exactly when it has failed.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status", "waiting"), ("completion__isnull", False), _connector="OR"
                        ),
                        name="build_question_settled_has_call",
                        violation_error_message="A question is read, or has failed, only after a call.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Rubric",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("version", models.PositiveIntegerField(default=1)),
                ("instructions", models.TextField(help_text="Markdown.")),
                (
                    "anchors",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=300), size=5
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["name", "-version"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("name", "version"),
                        name="rubric_version_unique",
                        violation_error_message="This rubric has this version already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("anchors__len", 5)),
                        name="rubric_anchor_per_score",
                        violation_error_message="A rubric has one anchor for each score.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Judge",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "origin",
                    models.CharField(
                        choices=[("endpoint", "Asks an endpoint"), ("imported", "Came with an imported run")],
                        default="endpoint",
                        max_length=10,
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="judges",
                        to="evaluation.endpoint",
                    ),
                ),
                (
                    "rubric",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="judges",
                        to="evaluation.rubric",
                    ),
                ),
                ("threshold", models.PositiveSmallIntegerField(default=3)),
                ("replicates", models.PositiveSmallIntegerField(default=1)),
                (
                    "temperature",
                    models.FloatField(
                        blank=True, help_text="Empty: 0 for the first rating, 1 for further ones.", null=True
                    ),
                ),
                (
                    "max_tokens",
                    models.PositiveIntegerField(default=1024, help_text="Of a reply, thinking included."),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("temperature__isnull", True),
                            models.Q(("temperature__gte", 0), ("temperature__lte", 2)),
                            _connector="OR",
                        ),
                        name="judge_temperature_in_range",
                        violation_error_message="A temperature is from 0 to 2.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("max_tokens__gte", 1)),
                        name="judge_max_tokens_positive",
                        violation_error_message="A reply has at least one token.",
                    ),
                    models.UniqueConstraint(
                        fields=("name",),
                        name="judge_name_unique",
                        violation_error_message="A judge has this name already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("threshold__gte", 1), ("threshold__lte", 5)),
                        name="judge_threshold_on_scale",
                        violation_error_message="The threshold is a score from 1 to 5.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("replicates__gte", 1)),
                        name="judge_replicates_positive",
                        violation_error_message="A judge rates at least once.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("endpoint__isnull", False), ("origin", "endpoint"), ("rubric__isnull", False)
                            ),
                            models.Q(("endpoint__isnull", True), ("origin", "imported")),
                            _connector="OR",
                        ),
                        name="judge_asks_endpoint_or_imported",
                        violation_error_message="A judge asks an endpoint by a rubric, or its ratings were imported.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CanaryTest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "judge",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="canary_tests",
                        to="evaluation.judge",
                    ),
                ),
                ("set_version", models.PositiveIntegerField()),
                (
                    "started_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("started_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="CanaryCall",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "test",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="calls",
                        to="evaluation.canarytest",
                    ),
                ),
                ("technique", models.CharField(max_length=100)),
                ("is_injected", models.BooleanField()),
                (
                    "completion",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="evaluation.completion",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("test", "technique", "is_injected"),
                        name="canary_call_unique",
                        violation_error_message="This test has asked about this response already.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ComputingTrouble",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="computing_troubles",
                        to="evaluation.run",
                    ),
                ),
                (
                    "computed",
                    models.CharField(
                        choices=[("result", "Result"), ("gain", "Comparison with the direct run")],
                        max_length=10,
                    ),
                ),
                ("begun_at", models.DateTimeField()),
                ("failed_at", models.DateTimeField(null=True)),
                ("tries", models.PositiveIntegerField(default=1)),
                ("why", models.TextField(blank=True, help_text="In words, for the pages that wait for it.")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("run", "computed"),
                        name="computing_trouble_once",
                        violation_error_message="There is a note of this computation already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("failed_at__isnull", True), models.Q(("why", ""), _negated=True), _connector="OR"
                        ),
                        name="computing_trouble_says_why",
                        violation_error_message="A computation that failed says why.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("computed__in", ["result", "gain"])),
                        name="computing_trouble_kind_known",
                        violation_error_message="What is computed is one of the known kinds.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportJob",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("leased_until", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "lost_workers",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="Workers lost since it was queued, by a request or a retry."
                    ),
                ),
                ("failure", models.TextField(blank=True)),
                (
                    "failure_code",
                    models.CharField(blank=True, help_text="The same for programs.", max_length=60),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("kind", models.CharField(help_text="A name of evaluation.imports.kinds.", max_length=40)),
                (
                    "arguments",
                    models.JSONField(
                        blank=True, default=dict, help_text="What was entered beside the files."
                    ),
                ),
                (
                    "files",
                    models.JSONField(
                        default=list, help_text="Of each file: the field it came in, its name, its size."
                    ),
                ),
                (
                    "folder",
                    models.CharField(
                        blank=True,
                        help_text="Of the files, below IMPORT_ROOT; empty once they are deleted.",
                        max_length=40,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Being imported"),
                            ("done", "Done"),
                            ("refused", "Not imported"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        max_length=8,
                    ),
                ),
                ("bytes_total", models.BigIntegerField()),
                ("bytes_done", models.BigIntegerField(default=0)),
                ("report", models.JSONField(blank=True, help_text="What was imported.", null=True)),
                (
                    "failure_field",
                    models.CharField(
                        blank=True, help_text="The input at fault, if it is one.", max_length=60
                    ),
                ),
                (
                    "problems",
                    models.JSONField(blank=True, default=list, help_text="Of single rows, with their lines."),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status__in", ["queued", "running"])),
                        fields=["leased_until"],
                        name="importjob_unfinished",
                    ),
                    models.Index(fields=["requested_by", "-id"], name="import_job_of_person_index"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["queued", "running", "done", "refused", "failed"])
                        ),
                        name="importjob_status_known",
                        violation_error_message="The status is one of the known ones.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "running"), ("leased_until__isnull", False)),
                            models.Q(
                                models.Q(("status", "running"), _negated=True), ("leased_until__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="importjob_running_iff_leased",
                        violation_error_message="A lease runs exactly while a worker is at it.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status__in", ["queued", "running"]), ("finished_at__isnull", True)),
                            models.Q(
                                models.Q(("status__in", ["queued", "running"]), _negated=True),
                                ("finished_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="importjob_finished_has_time",
                        violation_error_message="There is an end exactly when it is finished.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("status__in", ["refused", "failed"]),
                                models.Q(("failure", ""), _negated=True),
                                models.Q(("failure_code", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("status__in", ["refused", "failed"]), _negated=True),
                                ("failure", ""),
                                ("failure_code", ""),
                            ),
                            _connector="OR",
                        ),
                        name="importjob_failed_iff_reason",
                        violation_error_message="It says why exactly when it failed.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("report__isnull", False), ("status", "done")),
                            models.Q(models.Q(("status", "done"), _negated=True), ("report__isnull", True)),
                            _connector="OR",
                        ),
                        name="import_job_done_iff_report",
                        violation_error_message="An import has a report exactly when it is done.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Preference",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "catalogue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="preferences",
                        to="evaluation.catalogue",
                    ),
                ),
                ("text", models.TextField()),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("clarity", "Clarity"),
                            ("brevity", "Brevity"),
                            ("structure", "Structure"),
                            ("examples", "Examples"),
                            ("context", "Context"),
                            ("perspective", "Perspective"),
                            ("tone", "Tone"),
                            ("other", "Other"),
                        ],
                        default="other",
                        max_length=20,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("relevant", "Relevant to answering"),
                            ("irrelevant", "Irrelevant to answering"),
                        ],
                        default="relevant",
                        max_length=10,
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("catalogue"),
                        django.db.models.functions.text.MD5("text"),
                        name="preference_unique_in_catalogue",
                        violation_error_message="This catalogue has this preference already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True),
                        name="preference_text_given",
                        violation_error_message="A preference needs a text.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "category__in",
                                [
                                    "clarity",
                                    "brevity",
                                    "structure",
                                    "examples",
                                    "context",
                                    "perspective",
                                    "tone",
                                    "other",
                                ],
                            )
                        ),
                        name="preference_category_known",
                        violation_error_message="A preference's category is one of the known ones.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["relevant", "irrelevant"])),
                        name="preference_kind_known",
                        violation_error_message="A preference is relevant or irrelevant.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Item",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="items", to="evaluation.run"
                    ),
                ),
                (
                    "question",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="items",
                        to="evaluation.question",
                    ),
                ),
                (
                    "preference",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="items",
                        to="evaluation.preference",
                    ),
                ),
                ("position", models.PositiveIntegerField(help_text="Order in the run, from 1.")),
                (
                    "repetition",
                    models.PositiveIntegerField(
                        db_default=1,
                        default=1,
                        help_text="1 for the first item of the run with this question and preference, 2 for the second, …",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("pending", "Being answered"), ("done", "Answered"), ("failed", "Failed")],
                        default="done",
                        max_length=10,
                    ),
                ),
                (
                    "failure",
                    models.CharField(
                        blank=True, help_text="Why the item could not be answered.", max_length=300
                    ),
                ),
            ],
            options={
                "ordering": ["run", "position"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "pending")),
                        fields=["run", "id"],
                        name="item_pending_index",
                    ),
                    models.Index(
                        condition=models.Q(("status", "failed")),
                        fields=["run", "id"],
                        name="item_failed_index",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "failed"), models.Q(("failure", ""), _negated=True)),
                            models.Q(("failure", ""), ("status__in", ["pending", "done"])),
                            _connector="OR",
                        ),
                        name="item_failed_iff_reason",
                        violation_error_message="An item says why exactly when it failed.",
                    ),
                    models.UniqueConstraint(
                        fields=("run", "position"),
                        name="item_position_unique",
                        violation_error_message="The run has an item at this position already.",
                    ),
                    models.UniqueConstraint(
                        fields=("run", "question", "preference", "repetition"),
                        name="item_question_and_preference_unique",
                        nulls_distinct=False,
                        violation_error_message="The run has this repetition of the question and preference already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("repetition__gte", 1)),
                        name="item_repetition_from_1",
                        violation_error_message="Repetitions count from 1.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ItemCall",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="calls",
                        to="evaluation.item",
                    ),
                ),
                (
                    "stage",
                    models.CharField(help_text="A key of evaluation.stages.plan.Stage.", max_length=30),
                ),
                (
                    "completion",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="item_calls",
                        to="evaluation.completion",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("item", "stage"),
                        name="item_call_once_per_stage",
                        violation_error_message="The item has its call of this stage already.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ItemPreference",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="shown_irrelevant",
                        to="evaluation.item",
                    ),
                ),
                (
                    "preference",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="evaluation.preference",
                    ),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        help_text="Order in the list shown to the model, from 1."
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("item", "position"),
                        name="item_preference_position_unique",
                        violation_error_message="The item shows a preference at this position already.",
                    ),
                    models.UniqueConstraint(
                        fields=("item", "preference"),
                        name="item_preference_shown_once",
                        violation_error_message="The item shows this preference already.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Response",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="responses",
                        to="evaluation.item",
                    ),
                ),
                (
                    "condition",
                    models.CharField(
                        choices=[("baseline", "Baseline"), ("personalised", "Personalised")], max_length=12
                    ),
                ),
                ("text", models.TextField(blank=True)),
                ("answer", models.CharField(blank=True, max_length=1)),
                (
                    "recorded_answer",
                    models.TextField(
                        blank=True, help_text="The answer cell of the imported file, as it was."
                    ),
                ),
                (
                    "extraction",
                    models.CharField(
                        choices=[
                            ("recorded", "Recorded with the response"),
                            ("recorded_second", "Recorded, by a second extractor"),
                            ("rule", "By a rule"),
                            ("extractor", "By an extractor endpoint"),
                            ("none", "Nothing found"),
                            ("missing", "No response in the imported file"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "extraction_rule",
                    models.CharField(blank=True, help_text="The rule that found the answer.", max_length=50),
                ),
                ("thoughts", models.TextField(blank=True, help_text="What the aligner says it did.")),
                (
                    "fell_back",
                    models.BooleanField(
                        default=False,
                        help_text="The aligner's reply was unreadable, so the baseline response stands in.",
                    ),
                ),
                (
                    "completion",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="responses",
                        to="evaluation.completion",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("item", "condition"),
                        name="response_one_per_condition",
                        violation_error_message="The item has its response in this condition already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("condition__in", ["baseline", "personalised"])),
                        name="response_condition_known",
                        violation_error_message="A response is baseline or personalised.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("answer", ""), ("answer__regex", "^[A-Z]$"), _connector="OR"),
                        name="response_answer_is_letter",
                        violation_error_message="An answer is one option letter, or empty.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Judgment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "response",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="judgments",
                        to="evaluation.response",
                    ),
                ),
                (
                    "judge",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="judgments",
                        to="evaluation.judge",
                    ),
                ),
                ("replicate", models.PositiveSmallIntegerField(default=1)),
                (
                    "status",
                    models.CharField(
                        choices=[("pending", "Waiting"), ("scored", "Scored"), ("unscored", "Unscored")],
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("score", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("explanation", models.TextField(blank=True)),
                ("unscored_reason", models.CharField(blank=True, max_length=200)),
                (
                    "completion",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="judgments",
                        to="evaluation.completion",
                    ),
                ),
                (
                    "first_completion",
                    models.ForeignKey(
                        blank=True,
                        help_text="The unreadable reply, where the judge was asked again.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reasked_judgments",
                        to="evaluation.completion",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "pending")),
                        fields=["completion"],
                        name="judgment_pending_index",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("response", "judge", "replicate"),
                        name="judgment_once_per_replicate",
                        violation_error_message="This judge has rated this response already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("score__gte", 1),
                                ("score__isnull", False),
                                ("score__lte", 5),
                                ("status", "scored"),
                            ),
                            models.Q(models.Q(("status", "scored"), _negated=True), ("score__isnull", True)),
                            _connector="OR",
                        ),
                        name="judgment_scored_iff_score",
                        violation_error_message="A judgment has a score from 1 to 5 exactly when it is scored.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status", "unscored"), ("unscored_reason", ""), _negated=True),
                        name="judgment_unscored_says_why",
                        violation_error_message="An unscored judgment says why.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["pending", "scored", "unscored"])),
                        name="judgment_status_known",
                        violation_error_message="The status is one of the known ones.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("replicate__gte", 1)),
                        name="judgment_replicate_from_1",
                        violation_error_message="Replicates count from 1.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PreferenceAssignment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "question",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="preference_assignments",
                        to="evaluation.question",
                    ),
                ),
                (
                    "catalogue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="assignments",
                        to="evaluation.catalogue",
                    ),
                ),
                (
                    "preference",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="assignments",
                        to="evaluation.preference",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("question", "catalogue"),
                        name="assignment_one_preference_per_catalogue",
                        violation_error_message="The question has its preference of this catalogue already.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "build",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="proposals",
                        to="evaluation.cataloguebuild",
                    ),
                ),
                (
                    "question",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="evaluation.question",
                    ),
                ),
                (
                    "completion",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposals",
                        to="evaluation.completion",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(help_text="Order in the reply, from 1.")),
                ("text", models.TextField()),
                (
                    "reason",
                    models.TextField(
                        blank=True, help_text="Why it bears on the question, as the endpoint says."
                    ),
                ),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("clarity", "Clarity"),
                            ("brevity", "Brevity"),
                            ("structure", "Structure"),
                            ("examples", "Examples"),
                            ("context", "Context"),
                            ("perspective", "Perspective"),
                            ("tone", "Tone"),
                            ("other", "Other"),
                        ],
                        default="other",
                        max_length=20,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("proposed", "To be reviewed"),
                            ("accepted", "Accepted"),
                            ("rejected", "Rejected"),
                            ("merged", "Merged"),
                        ],
                        default="proposed",
                        max_length=10,
                    ),
                ),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        help_text="The proposal that stands for this one, too.",
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="merged",
                        to="evaluation.proposal",
                    ),
                ),
            ],
            options={
                "ordering": ["build", "question", "position"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("build", "question", "position"),
                        name="proposal_position_unique",
                        violation_error_message="The question has a proposal at this position already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True),
                        name="proposal_text_given",
                        violation_error_message="A preference needs a text.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("position__gte", 1)),
                        name="proposal_position_from_1",
                        violation_error_message="Positions count from 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "category__in",
                                [
                                    "clarity",
                                    "brevity",
                                    "structure",
                                    "examples",
                                    "context",
                                    "perspective",
                                    "tone",
                                    "other",
                                ],
                            )
                        ),
                        name="proposal_category_known",
                        violation_error_message="A preference's category is one of the known ones.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["proposed", "accepted", "rejected", "merged"])),
                        name="proposal_status_known",
                        violation_error_message="The status is one of the known ones.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("merged_into__isnull", False), ("status", "merged")),
                            models.Q(
                                models.Q(("status", "merged"), _negated=True), ("merged_into__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="proposal_merged_iff_into",
                        violation_error_message="A proposal names the one that stands for it exactly when it is merged.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("merged_into__isnull", True),
                            models.Q(("merged_into", models.F("id")), _negated=True),
                            _connector="OR",
                        ),
                        name="proposal_not_merged_into_itself",
                        violation_error_message="A proposal cannot be merged into itself.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RunResult",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="result",
                        to="evaluation.run",
                    ),
                ),
                ("computed_at", models.DateTimeField()),
                ("seconds", models.FloatField(help_text="That computing it took.")),
                ("items", models.PositiveIntegerField(help_text="Of the run, in whatever state.")),
                ("items_done", models.PositiveIntegerField()),
                ("items_failed", models.PositiveIntegerField()),
                (
                    "metrics",
                    models.JSONField(help_text="perg.stats.runs.perg_metrics.PergMetrics, over all items."),
                ),
                (
                    "costs",
                    models.JSONField(
                        help_text="evaluation.results.metrics.run_costs.RunCosts: what an item takes."
                    ),
                ),
                (
                    "stages",
                    models.JSONField(
                        help_text="evaluation.results.metrics.aligner_failures.AlignerFailures; none: no Pref-Aligner.",
                        null=True,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ResultRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "result",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rows",
                        to="evaluation.runresult",
                    ),
                ),
                (
                    "dimension",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "All items"),
                            ("source", "Source"),
                            ("category", "Category"),
                            ("preference", "Preference"),
                            ("preference_category", "Preference category"),
                        ],
                        max_length=20,
                    ),
                ),
                ("value", models.TextField(blank=True, help_text="Of the dimension; empty for all items.")),
                (
                    "judge",
                    models.ForeignKey(
                        blank=True,
                        help_text="None: no judge rates the run.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="evaluation.judge",
                    ),
                ),
                ("items", models.PositiveIntegerField(help_text="With both responses.")),
                ("figures", models.JSONField()),
                ("breakage_rate", models.FloatField(null=True)),
                ("alignment_failure", models.FloatField(null=True)),
                ("robustness_error", models.FloatField(null=True)),
                ("performance_variation", models.FloatField(null=True)),
                ("delivery_failure", models.FloatField(null=True)),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [models.Index(fields=["dimension", "result"], name="result_row_dimension_index")],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("result"),
                        models.F("dimension"),
                        django.db.models.functions.text.MD5("value"),
                        models.F("judge"),
                        name="result_row_once",
                        nulls_distinct=False,
                        violation_error_message="The result has this slice by this judge already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("dimension__in", ["", "source", "category", "preference", "preference_category"])
                        ),
                        name="result_row_dimension_known",
                        violation_error_message="The dimension is one of the known ones.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RunChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("run_id", models.BigIntegerField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name="RunGain",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="gain", to="evaluation.run"
                    ),
                ),
                (
                    "reference",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="evaluation.run"
                    ),
                ),
                ("computed_at", models.DateTimeField(help_text="When its reading began.")),
                (
                    "document",
                    models.JSONField(help_text="evaluation.results.metrics.comparison.ComparisonDocument"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RunImport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="imported_from",
                        to="evaluation.run",
                    ),
                ),
                ("file_name", models.CharField(max_length=300)),
                ("sha256", models.CharField(db_index=True, max_length=64)),
                ("rows_read", models.PositiveIntegerField()),
                ("rows_imported", models.PositiveIntegerField()),
                (
                    "problems",
                    models.JSONField(default=list, help_text="Rejected rows: row, line, column, reason."),
                ),
                (
                    "warnings",
                    models.JSONField(
                        default=list, help_text="What was imported, but not as it stood in the file."
                    ),
                ),
                (
                    "ratings_of",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("pref", "The direct run’s (pref_res)"),
                            ("aligner", "The aligner’s (aligner_res)"),
                        ],
                        default="",
                        help_text="Empty: the file has ratings of one response only, or none.",
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("rows_imported__lte", models.F("rows_read"))),
                        name="import_rows_not_more_than_read",
                        violation_error_message="No more rows can be imported than were read.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ratings_of__in", ["", "pref", "aligner"])),
                        name="import_ratings_of_known",
                        violation_error_message="Ratings rate the direct run's responses or the aligner's.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RunJudge",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="run_judges",
                        to="evaluation.run",
                    ),
                ),
                (
                    "judge",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="run_judges",
                        to="evaluation.judge",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("run", "judge"),
                        name="run_judge_once",
                        violation_error_message="This judge rates this run already.",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="Item",
            name="irrelevant_preferences",
            field=models.ManyToManyField(
                related_name="+", through="evaluation.ItemPreference", to="evaluation.preference"
            ),
        ),
        migrations.AddField(
            model_name="Run",
            name="judges",
            field=models.ManyToManyField(
                related_name="runs", through="evaluation.RunJudge", to="evaluation.judge"
            ),
        ),
    ]
