"""A run of one model by one method in one setting: its items, their responses and the judgments on them."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from evaluation.models.completion import Completion
from evaluation.models.dataset import Catalogue, Dataset, Preference, Question
from evaluation.models.endpoint import SCALE, Endpoint, Judge


class Setting(models.TextChoices):
    RELEVANT = "relevant", "Relevant"
    MIXED = "mixed", "Mixed"
    IRRELEVANT = "irrelevant", "Irrelevant"


class Method(models.TextChoices):
    DIRECT = "direct", "Direct"
    COT = "cot", "Chain of thought"
    ICL = "icl", "In-context examples"
    SELF_CRITIC = "self_critic", "Self-critic"
    PREF_ALIGNER = "pref_aligner", "Pref-Aligner"


class RunStatus(models.TextChoices):
    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    BUDGET_REACHED = "budget_reached", "Budget reached"
    CANCELLED = "cancelled", "Cancelled"
    COMPLETE = "complete", "Complete"


class Batch(models.Model):
    """Runs that were launched together: models × methods × settings over a dataset."""

    name = models.CharField(max_length=200)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="batches"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "batches"
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                name="batch_name_unique",
                violation_error_message="A batch has this name already.",
            ),
            models.CheckConstraint(
                condition=~Q(name=""),
                name="batch_name_given",
                violation_error_message="A batch needs a name.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Prompt(models.Model):
    """A version of a prompt file, as runs used it. A changed file becomes the next version; old ones stay."""

    name = models.CharField(max_length=50, help_text="The stage that the prompt is for.")
    version = models.PositiveIntegerField()
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["name", "version"],
                name="prompt_version_unique",
                violation_error_message="This prompt has this version already.",
            ),
            models.UniqueConstraint(
                fields=["name", "sha256"],
                name="prompt_text_unique",
                violation_error_message="This prompt has this text in another version.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class Run(models.Model):
    """Model × method × setting over a dataset. `running` while a stage or a judge has work left."""

    name = models.CharField(max_length=300)
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="runs")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="runs")
    method = models.CharField(max_length=20, choices=Method.choices)
    setting = models.CharField(max_length=20, choices=Setting.choices)
    status = models.CharField(max_length=20, choices=RunStatus.choices, default=RunStatus.WAITING)
    is_demonstration = models.BooleanField(default=False)
    judges = models.ManyToManyField(Judge, through="RunJudge", related_name="runs")
    batch = models.ForeignKey(Batch, on_delete=models.SET_NULL, null=True, blank=True, related_name="runs")
    catalogue = models.ForeignKey(
        Catalogue, on_delete=models.PROTECT, null=True, blank=True, related_name="runs"
    )
    aligner = models.ForeignKey(
        Endpoint, on_delete=models.PROTECT, null=True, blank=True, related_name="aligned_runs"
    )
    extractor = models.ForeignKey(
        Endpoint, on_delete=models.PROTECT, null=True, blank=True, related_name="extracted_runs"
    )
    prompts = models.ManyToManyField(Prompt, related_name="runs")
    options = models.JSONField(
        default=dict, help_text="Sampling and prompting, see evaluation.stages.plan.RunOptions."
    )
    money_budget = models.DecimalField(
        max_digits=12, decimal_places=4, null=True, blank=True, help_text="US dollars; none: no limit."
    )
    call_budget = models.PositiveIntegerField(null=True, blank=True, help_text="Calls; none: no limit.")
    spent = models.DecimalField(max_digits=14, decimal_places=8, default=0, help_text="US dollars on record.")
    reserved = models.DecimalField(
        max_digits=14,
        decimal_places=8,
        default=0,
        help_text="US dollars that calls in flight may cost at most.",
    )
    calls = models.PositiveIntegerField(
        default=0, help_text="Calls that this run has started, retries included."
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="runs"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                name="run_name_unique",
                violation_error_message="A run has this name already.",
            ),
            models.CheckConstraint(
                condition=~Q(name=""), name="run_name_given", violation_error_message="A run needs a name."
            ),
            models.CheckConstraint(
                condition=Q(money_budget__isnull=True) | Q(money_budget__gt=0),
                name="run_money_budget_positive",
                violation_error_message="A money budget is above 0.",
            ),
            models.CheckConstraint(
                condition=Q(call_budget__isnull=True) | Q(call_budget__gt=0),
                name="run_call_budget_positive",
                violation_error_message="A call budget is above 0.",
            ),
            models.CheckConstraint(
                condition=Q(method__in=Method.values),
                name="run_method_known",
                violation_error_message="The method is one of the known ones.",
            ),
            models.CheckConstraint(
                condition=Q(setting__in=Setting.values),
                name="run_setting_known",
                violation_error_message="The setting is relevant, mixed or irrelevant.",
            ),
            models.CheckConstraint(
                condition=Q(status__in=RunStatus.values),
                name="run_status_known",
                violation_error_message="The status is one of the known ones.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def model_name(self) -> str:
        return self.endpoint.model


class RunImport(models.Model):
    """The file that a recorded run came from, and what became of its rows."""

    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="imported_from")
    file_name = models.CharField(max_length=300)
    sha256 = models.CharField(max_length=64, db_index=True)
    rows_read = models.PositiveIntegerField()
    rows_imported = models.PositiveIntegerField()
    problems = models.JSONField(default=list, help_text="Rejected rows: row, line, column, reason.")
    warnings = models.JSONField(default=list, help_text="What was imported, but not as it stood in the file.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(rows_imported__lte=F("rows_read")),
                name="import_rows_not_more_than_read",
                violation_error_message="No more rows can be imported than were read.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.rows_imported} of {self.rows_read} rows)"


class ItemStatus(models.TextChoices):
    PENDING = "pending", "Being answered"
    DONE = "done", "Answered"
    FAILED = "failed", "Failed"


class Item(models.Model):
    """One question in a run, with the relevant preference that the model was told (none in `irrelevant`)."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="items")
    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="items")
    preference = models.ForeignKey(
        Preference, on_delete=models.PROTECT, null=True, blank=True, related_name="items"
    )
    irrelevant_preferences = models.ManyToManyField(Preference, through="ItemPreference", related_name="+")
    position = models.PositiveIntegerField(help_text="Order in the run, from 1.")
    status = models.CharField(max_length=10, choices=ItemStatus.choices, default=ItemStatus.DONE)
    failure = models.CharField(max_length=300, blank=True, help_text="Why the item could not be answered.")

    class Meta:
        ordering = ["run", "position"]
        indexes = [
            models.Index(
                fields=["run", "id"], name="item_pending_index", condition=Q(status=ItemStatus.PENDING)
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status=ItemStatus.FAILED) & ~Q(failure="")
                | Q(status__in=[ItemStatus.PENDING, ItemStatus.DONE], failure=""),
                name="item_failed_iff_reason",
                violation_error_message="An item says why exactly when it failed.",
            ),
            models.UniqueConstraint(
                fields=["run", "position"],
                name="item_position_unique",
                violation_error_message="The run has an item at this position already.",
            ),
            models.UniqueConstraint(
                fields=["run", "question", "preference"],
                name="item_question_and_preference_unique",
                nulls_distinct=False,
                violation_error_message="The run has this question with this preference already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.position}"


class ItemCall(models.Model):
    """A call that an item needs in a stage of its run; items that ask the same share the completion."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="calls")
    stage = models.CharField(max_length=30, help_text="A key of evaluation.stages.plan.Stage.")
    completion = models.ForeignKey(Completion, on_delete=models.PROTECT, related_name="item_calls")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "stage"],
                name="item_call_once_per_stage",
                violation_error_message="The item has its call of this stage already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.stage}"


class ItemPreference(models.Model):
    """An irrelevant preference that the model was told beside, or instead of, the relevant one."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="shown_irrelevant")
    preference = models.ForeignKey(Preference, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField(help_text="Order in the list shown to the model, from 1.")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "position"],
                name="item_preference_position_unique",
                violation_error_message="The item shows a preference at this position already.",
            ),
            models.UniqueConstraint(
                fields=["item", "preference"],
                name="item_preference_shown_once",
                violation_error_message="The item shows this preference already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.preference_id}"


class Condition(models.TextChoices):
    BASELINE = "baseline", "Baseline"
    PERSONALISED = "personalised", "Personalised"


class Extraction(models.TextChoices):
    """How the option letter was found."""

    RECORDED = "recorded", "Recorded with the response"
    RECORDED_SECOND = "recorded_second", "Recorded, by a second extractor"
    RULE = "rule", "By a rule"
    EXTRACTOR = "extractor", "By an extractor endpoint"
    NONE = "none", "Nothing found"


class Response(models.Model):
    """What the model wrote for an item, without (baseline) or with (personalised) the preferences.

    `answer` is the option letter it commits to; empty: none could be extracted (a delivery failure).
    """

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="responses")
    condition = models.CharField(max_length=12, choices=Condition.choices)
    text = models.TextField(blank=True)
    answer = models.CharField(max_length=1, blank=True)
    recorded_answer = models.TextField(
        blank=True, help_text="The answer cell of the imported file, as it was."
    )
    extraction = models.CharField(max_length=20, choices=Extraction.choices)
    extraction_rule = models.CharField(max_length=50, blank=True, help_text="The rule that found the answer.")
    thoughts = models.TextField(blank=True, help_text="What the aligner says it did.")
    fell_back = models.BooleanField(
        default=False, help_text="The aligner's reply was unreadable, so the baseline response stands in."
    )
    completion = models.ForeignKey(
        Completion, on_delete=models.PROTECT, null=True, blank=True, related_name="responses"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item", "condition"],
                name="response_one_per_condition",
                violation_error_message="The item has its response in this condition already.",
            ),
            models.CheckConstraint(
                condition=Q(condition__in=Condition.values),
                name="response_condition_known",
                violation_error_message="A response is baseline or personalised.",
            ),
            models.CheckConstraint(
                condition=Q(answer="") | Q(answer__regex="^[A-Z]$"),
                name="response_answer_is_letter",
                violation_error_message="An answer is one option letter, or empty.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.condition}"


class RunJudge(models.Model):
    """A judge that rates a run."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="run_judges")
    judge = models.ForeignKey(Judge, on_delete=models.PROTECT, related_name="run_judges")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "judge"],
                name="run_judge_once",
                violation_error_message="This judge rates this run already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.judge_id} on {self.run_id}"


class JudgmentStatus(models.TextChoices):
    PENDING = "pending", "Waiting"
    SCORED = "scored", "Scored"
    UNSCORED = "unscored", "Unscored"


class Judgment(models.Model):
    """A judge's rating of a personalised response, 1–5; unscored, with the reason, where it gave none."""

    response = models.ForeignKey(Response, on_delete=models.CASCADE, related_name="judgments")
    judge = models.ForeignKey(Judge, on_delete=models.PROTECT, related_name="judgments")
    replicate = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(max_length=10, choices=JudgmentStatus.choices, default=JudgmentStatus.PENDING)
    score = models.PositiveSmallIntegerField(null=True, blank=True)
    explanation = models.TextField(blank=True)
    unscored_reason = models.CharField(max_length=200, blank=True)
    completion = models.ForeignKey(
        Completion, on_delete=models.PROTECT, null=True, blank=True, related_name="judgments"
    )
    first_completion = models.ForeignKey(
        Completion,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reasked_judgments",
        help_text="The unreadable reply, where the judge was asked again.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["completion"],
                name="judgment_pending_index",
                condition=Q(status=JudgmentStatus.PENDING),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["response", "judge", "replicate"],
                name="judgment_once_per_replicate",
                violation_error_message="This judge has rated this response already.",
            ),
            models.CheckConstraint(
                condition=Q(
                    status=JudgmentStatus.SCORED,
                    score__isnull=False,
                    score__gte=SCALE[0],
                    score__lte=SCALE[-1],
                )
                | (~Q(status=JudgmentStatus.SCORED) & Q(score__isnull=True)),
                name="judgment_scored_iff_score",
                violation_error_message="A judgment has a score from 1 to 5 exactly when it is scored.",
            ),
            models.CheckConstraint(
                condition=~Q(status=JudgmentStatus.UNSCORED, unscored_reason=""),
                name="judgment_unscored_says_why",
                violation_error_message="An unscored judgment says why.",
            ),
            models.CheckConstraint(
                condition=Q(status__in=JudgmentStatus.values),
                name="judgment_status_known",
                violation_error_message="The status is one of the known ones.",
            ),
            models.CheckConstraint(
                condition=Q(replicate__gte=1),
                name="judgment_replicate_from_1",
                violation_error_message="Replicates count from 1.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.judge_id} on {self.response_id}: {self.score}"
