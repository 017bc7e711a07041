"""A run of one model by one method in one setting: what it is launched with, where it stands, and its judges."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from core.db.constraints import check, known, not_blank, unique
from evaluation.models.dataset import Catalogue, Dataset
from evaluation.models.endpoint import Endpoint, Judge


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
    FAILED = "failed", "Failed"  # ended, and every item failed, or every judgment of a judge


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
            unique("batch_name_unique", "A batch has this name already.", "name"),
            not_blank("batch_name_given", "A batch needs a name.", "name"),
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
            unique("prompt_version_unique", "This prompt has this version already.", "name", "version"),
            unique("prompt_text_unique", "This prompt has this text in another version.", "name", "sha256"),
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
    spent_estimated = models.DecimalField(
        max_digits=14,
        decimal_places=8,
        default=0,
        db_default=0,
        help_text="US dollars of those spent that are estimated: the server did not count the tokens.",
    )
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
            unique("run_name_unique", "A run has this name already.", "name"),
            not_blank("run_name_given", "A run needs a name.", "name"),
            check(
                "run_money_budget_positive",
                "A money budget is above 0.",
                Q(money_budget__isnull=True) | Q(money_budget__gt=0),
            ),
            check(
                "run_call_budget_positive",
                "A call budget is above 0.",
                Q(call_budget__isnull=True) | Q(call_budget__gt=0),
            ),
            known("run_method_known", method=Method),
            known("run_setting_known", "The setting is relevant, mixed or irrelevant.", setting=Setting),
            known("run_status_known", status=RunStatus),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def model_name(self) -> str:
        return self.endpoint.model


class RatingsOf(models.TextChoices):
    """Which responses the ratings in a Pref-Aligner file rate."""

    PREF = "pref", "The direct run’s (pref_res)"
    ALIGNER = "aligner", "The aligner’s (aligner_res)"


class RunImport(models.Model):
    """The file that a recorded run came from, and what became of its rows."""

    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="imported_from")
    file_name = models.CharField(max_length=300)
    sha256 = models.CharField(max_length=64, db_index=True)
    rows_read = models.PositiveIntegerField()
    rows_imported = models.PositiveIntegerField()
    problems = models.JSONField(default=list, help_text="Rejected rows: row, line, column, reason.")
    warnings = models.JSONField(default=list, help_text="What was imported, but not as it stood in the file.")
    ratings_of = models.CharField(
        max_length=10,
        choices=RatingsOf.choices,
        blank=True,
        default="",
        help_text="Empty: the file has ratings of one response only, or none.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            check(
                "import_rows_not_more_than_read",
                "No more rows can be imported than were read.",
                Q(rows_imported__lte=F("rows_read")),
            ),
            check(
                "import_ratings_of_known",
                "Ratings rate the direct run's responses or the aligner's.",
                Q(ratings_of__in=["", *RatingsOf.values]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.rows_imported} of {self.rows_read} rows)"


class RunJudge(models.Model):
    """A judge that rates a run."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="run_judges")
    judge = models.ForeignKey(Judge, on_delete=models.PROTECT, related_name="run_judges")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            unique("run_judge_once", "This judge rates this run already.", "run", "judge"),
        ]

    def __str__(self) -> str:
        return f"{self.judge_id} on {self.run_id}"
