"""Gold releases: immutable, numbered snapshots of what the labels say. A database trigger refuses changes."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotations.models.campaign import Campaign
from annotations.models.task import Task
from annotations.models.validation import ValidationReport
from core.db.constraints import check, known, unique


class GoldStatus(models.TextChoices):
    UNANIMOUS = "unanimous", "All labels agree"
    MAJORITY = "majority", "Most labels agree"
    MEDIAN = "median", "Decided by the median"
    MODEL = "model", "Decided by a model of the raters"
    ADJUDICATED = "adjudicated", "Decided by an adjudicator"
    TIED = "tied", "Tied: unresolved"
    UNLABELLED = "unlabelled", "No label"
    SINGLE = "single", "1 label"


RESOLVED = [
    GoldStatus.UNANIMOUS,
    GoldStatus.MAJORITY,
    GoldStatus.MEDIAN,
    GoldStatus.MODEL,
    GoldStatus.ADJUDICATED,
    GoldStatus.SINGLE,
]


class GoldRule(models.TextChoices):
    MAJORITY = "majority", "Majority of followed / not followed"
    MEDIAN = "median", "Median score, cut at the threshold"
    DAWID_SKENE = "dawid_skene", "Dawid–Skene"
    MACE = "mace", "MACE"


class GoldRelease(models.Model):
    """A numbered release of a campaign's gold labels; `checksum` is the SHA-256 of its JSONL export."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="gold_releases")
    number = models.PositiveIntegerField()
    rule = models.CharField(max_length=20, choices=GoldRule.choices, default=GoldRule.MAJORITY)
    threshold = models.PositiveSmallIntegerField()
    criteria = models.JSONField(help_text="See perg.stats.gold.gold_criteria.GoldCriteria.")
    counts = models.JSONField(help_text="What went in and what did not, by reason, as it was found.")
    notes = models.JSONField(
        help_text="What its users should know: choices looser than the defaults, and raters below a bar.",
    )
    report = models.ForeignKey(
        ValidationReport,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="gold_releases",
        help_text="The newest validation report at that moment.",
    )
    report_figures = models.JSONField(help_text="What that report said: agreement, raters, verdicts.")
    checksum = models.CharField(max_length=64)
    code_version = models.CharField(max_length=50)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="gold_releases",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            unique(
                "gold_release_number_unique", "The campaign has this release already.", "campaign", "number"
            ),
            known("gold_release_rule_known", rule=GoldRule),
        ]

    def __str__(self) -> str:
        return f"{self.campaign} gold {self.number}"


class GoldLabel(models.Model):
    """What the labels on one task amount to. `record` is a copy of all that is exported, as it was at the release."""

    release = models.ForeignKey(GoldRelease, on_delete=models.PROTECT, related_name="gold_labels")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="gold_labels")
    status = models.CharField(max_length=12, choices=GoldStatus.choices)
    followed = models.BooleanField(null=True, blank=True)
    score = models.FloatField(
        null=True, blank=True, help_text="Median of the labels, or the adjudicator's score."
    )
    record = models.JSONField(
        help_text="What is exported: the item, every rater's score, how the gold came about."
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            unique("gold_label_once_in_release", "The release has this task already.", "release", "task"),
            check(
                "gold_followed_iff_resolved",
                "Gold is given exactly where the labels resolve it.",
                Q(status__in=RESOLVED, followed__isnull=False)
                | Q(status__in=[GoldStatus.TIED, GoldStatus.UNLABELLED], followed__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"task {self.task_id}: {self.status}"
