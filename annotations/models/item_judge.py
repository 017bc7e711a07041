"""Judges of imported items: endpoints that are asked a campaign's criteria, and what each of their calls is for."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from annotations.models.campaign import Campaign
from annotations.models.imported import ImportedItem
from core.db.constraints import at_least, check, known, not_blank, unique, within
from evaluation.models import Completion, Endpoint


class CallsFor(models.TextChoices):
    ALL = "all", "One call for all criteria"
    EACH = "each", "One call for each criterion"


class ReplyForm(models.TextChoices):
    STRUCTURED = "structured", "JSON; enforced where the endpoint can do that"
    OWN = "own", "As the prompt says"


class OutputOrder(models.TextChoices):
    DRAWN = "drawn", "One order, drawn for each item"
    BOTH = "both", "Both orders, in two calls"


class JudgingState(models.TextChoices):
    NEW = "new", "Not started"
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    BUDGET_REACHED = "budget_reached", "Budget reached"
    STOPPED = "stopped", "Stopped"
    COMPLETE = "complete", "Complete"
    CANCELLED = "cancelled", "Cancelled"


class ItemJudge(models.Model):
    """A version of a judge: an endpoint, a prompt, and the criteria that it is asked of a campaign's items.

    What it is never changes, as its ratings are by what it was: a change is a new version under the same name. What
    follows `state` is how far its judging is. Money is in US dollars.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="item_judges")
    name = models.CharField(max_length=150)
    version = models.PositiveSmallIntegerField(default=1)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="item_judges")
    system = models.TextField(blank=True, help_text="The system message; places as in the template.")
    template = models.TextField(help_text="The user's message, with named places such as {output}.")
    questions = models.JSONField(help_text="What it asks, and how answers are stored, as of its making.")
    calls_for = models.CharField(max_length=4, choices=CallsFor.choices, default=CallsFor.ALL)
    reply_form = models.CharField(max_length=10, choices=ReplyForm.choices, default=ReplyForm.STRUCTURED)
    reason_first = models.BooleanField(default=True, help_text="The explanation comes before the answers.")
    output_order = models.CharField(
        max_length=5, choices=OutputOrder.choices, default=OutputOrder.DRAWN, help_text="Of two outputs."
    )
    temperature = models.FloatField(
        null=True, blank=True, help_text="Empty: 0 for the first rating, 1 for further ones."
    )
    max_tokens = models.PositiveIntegerField(default=1024, help_text="Of a reply, thinking included.")
    replicates = models.PositiveSmallIntegerField(default=1)
    examples = models.ManyToManyField(
        ImportedItem,
        blank=True,
        related_name="+",
        help_text="Shown with people's answers in every call, so never judged, nor part of the validation.",
    )
    example_answers = models.JSONField(
        default=dict, blank=True, help_text="What people had answered of each example, by its primary key."
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    state = models.CharField(max_length=14, choices=JudgingState.choices, default=JudgingState.NEW)
    stop_reason = models.CharField(
        max_length=50, blank=True, help_text="The error code of the calls that failed."
    )
    going_since = models.DateTimeField(
        null=True, blank=True, help_text="When it was last started or resumed."
    )
    finished_at = models.DateTimeField(null=True, blank=True)
    rated_at = models.DateTimeField(null=True, blank=True, help_text="When its last rating was stored.")
    money_budget = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    call_budget = models.PositiveIntegerField(null=True, blank=True)
    calls = models.PositiveIntegerField(
        default=0, help_text="Made for it, or queued; not those found on record."
    )
    spent = models.DecimalField(max_digits=14, decimal_places=8, default=0)
    reserved = models.DecimalField(
        max_digits=14, decimal_places=8, default=0, help_text="What the queued calls may cost at most."
    )

    class Meta:
        ordering = ["name", "-version"]
        constraints = [
            unique(
                "item_judge_version_unique",
                "The campaign has this version of the judge already.",
                "campaign",
                "name",
                "version",
            ),
            not_blank("item_judge_whole", "A judge has a name and a prompt.", "name", "template"),
            known(
                "item_judge_choices_known",
                calls_for=CallsFor,
                reply_form=ReplyForm,
                output_order=OutputOrder,
                state=JudgingState,
            ),
            within(
                "item_judge_temperature_in_range",
                "A temperature is from 0 to 2.",
                temperature=(0, 2),
                or_none=True,
            ),
            at_least(
                "item_judge_counts_positive",
                "A judge has a version, a token and a rating at least.",
                version=1,
                max_tokens=1,
                replicates=1,
            ),
            at_least("item_judge_call_budget_positive", "A budget is above 0.", call_budget=1, or_none=True),
            check(
                "item_judge_money_budget_positive",
                "A budget is above 0.",
                Q(money_budget__isnull=True) | Q(money_budget__gt=0),
            ),
            check(
                "item_judge_stopped_has_reason",
                "Only a judge that was stopped says why, and it always does.",
                Q(state=JudgingState.STOPPED) & ~Q(stop_reason="")
                | ~Q(state=JudgingState.STOPPED) & Q(stop_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"

    def rater(self, replicate: int) -> str:
        """The name under which its ratings are stored."""
        return str(self) if replicate == 1 else f"{self} ({replicate})"

    @property
    def raters(self) -> list[str]:
        return [self.rater(replicate) for replicate in range(1, self.replicates + 1)]


class ItemJudgmentState(models.TextChoices):
    WAITING = "waiting", "Not asked yet"
    PENDING = "pending", "Asked"
    SCORED = "scored", "Scored"
    UNSCORED = "unscored", "Unscored"


class ItemJudgment(models.Model):
    """One call that a judge is to make: an item, a criterion or all of them, a replicate, an order of two outputs.

    Its answers are `ImportedRating` rows; `unanswered` has the keys of the criteria that lack one, and `reason` why.
    """

    judge = models.ForeignKey(ItemJudge, on_delete=models.CASCADE, related_name="judgments")
    item = models.ForeignKey(ImportedItem, on_delete=models.CASCADE, related_name="judgments")
    criterion = models.CharField(
        max_length=50, blank=True, help_text="The key of the criterion asked. Empty: several."
    )
    replicate = models.PositiveSmallIntegerField(default=1)
    swapped = models.BooleanField(default=False, help_text="The second output is shown first.")
    state = models.CharField(
        max_length=8, choices=ItemJudgmentState.choices, default=ItemJudgmentState.WAITING
    )
    completion = models.ForeignKey(
        Completion, on_delete=models.PROTECT, null=True, blank=True, related_name="item_judgments"
    )
    first_completion = models.ForeignKey(
        Completion,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The call whose reply was unreadable, so that it was asked once more.",
    )
    unanswered = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    explanation = models.TextField(blank=True)
    round = models.PositiveSmallIntegerField(
        default=0, help_text="How often a reply without an answer was asked for again by a person."
    )
    is_paid = models.BooleanField(default=False, help_text="The call was made for this judge.")
    reserved = models.DecimalField(max_digits=14, decimal_places=8, default=0)
    counted = models.DecimalField(
        max_digits=14,
        decimal_places=8,
        default=0,
        help_text="Of the call's cost, what is not to be added again.",
    )
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(
                fields=["judge", "id"], name="item_judgment_waiting_index", condition=Q(state="waiting")
            ),
            models.Index(
                fields=["judge", "completion"],
                name="item_judgment_pending_index",
                condition=Q(state="pending"),
            ),
            models.Index(fields=["judge", "-settled_at"], name="item_judgment_settled_index"),
        ]
        constraints = [
            unique(
                "item_judgment_once",
                "The judge is asked this of the item already.",
                "judge",
                "item",
                "criterion",
                "replicate",
                "swapped",
            ),
            known("item_judgment_state_known", state=ItemJudgmentState),
            check(
                "item_judgment_pending_has_call",
                "What was asked has a call, and what was not has none.",
                Q(state=ItemJudgmentState.WAITING, completion__isnull=True)
                | Q(state__in=[ItemJudgmentState.PENDING, ItemJudgmentState.SCORED], completion__isnull=False)
                | Q(state=ItemJudgmentState.UNSCORED),
            ),
            check(
                "item_judgment_unscored_has_reason",
                "An unscored judgment says why.",
                ~Q(state=ItemJudgmentState.UNSCORED, reason=""),
            ),
            check(
                "item_judgment_settled_has_time",
                "A judgment has a time exactly when it is settled.",
                Q(
                    state__in=[ItemJudgmentState.SCORED, ItemJudgmentState.UNSCORED],
                    settled_at__isnull=False,
                )
                | Q(
                    state__in=[ItemJudgmentState.WAITING, ItemJudgmentState.PENDING],
                    settled_at__isnull=True,
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.judge_id} on {self.item_id}: {self.state}"


class ItemJudgeTrial(models.Model):
    """A test of a judge before there is one: a call on an item, and the criteria by which its reply is read."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="item_judge_trials")
    item = models.ForeignKey(ImportedItem, on_delete=models.CASCADE, related_name="+")
    completion = models.ForeignKey(Completion, on_delete=models.PROTECT, related_name="+")
    questions = models.JSONField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"test {self.pk} on {self.item}"
