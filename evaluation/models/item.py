"""The items of a run: what the model was asked, the calls that took, and the responses."""

from django.db import models
from django.db.models import Q

from core.db.constraints import at_least, check, known, unique
from evaluation.models.completion import Completion
from evaluation.models.dataset import Preference, Question
from evaluation.models.run import Run


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
    repetition = models.PositiveIntegerField(
        default=1,
        db_default=1,
        help_text="1 for the first item of the run with this question and preference, 2 for the second, …",
    )
    status = models.CharField(max_length=10, choices=ItemStatus.choices, default=ItemStatus.DONE)
    failure = models.CharField(max_length=300, blank=True, help_text="Why the item could not be answered.")

    class Meta:
        ordering = ["run", "position"]
        indexes = [
            models.Index(
                fields=["run", "id"], name="item_pending_index", condition=Q(status=ItemStatus.PENDING)
            ),
            models.Index(
                fields=["run", "id"], name="item_failed_index", condition=Q(status=ItemStatus.FAILED)
            ),
        ]
        constraints = [
            check(
                "item_failed_iff_reason",
                "An item says why exactly when it failed.",
                Q(status=ItemStatus.FAILED) & ~Q(failure="")
                | Q(status__in=[ItemStatus.PENDING, ItemStatus.DONE], failure=""),
            ),
            unique(
                "item_position_unique", "The run has an item at this position already.", "run", "position"
            ),
            models.UniqueConstraint(
                fields=["run", "question", "preference", "repetition"],
                name="item_question_and_preference_unique",
                nulls_distinct=False,
                violation_error_message="The run has this repetition of the question and preference already.",
            ),
            at_least("item_repetition_from_1", "Repetitions count from 1.", repetition=1),
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
            unique(
                "item_call_once_per_stage", "The item has its call of this stage already.", "item", "stage"
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
            unique(
                "item_preference_position_unique",
                "The item shows a preference at this position already.",
                "item",
                "position",
            ),
            unique(
                "item_preference_shown_once", "The item shows this preference already.", "item", "preference"
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
    MISSING = "missing", "No response in the imported file"


class Response(models.Model):
    """What the model wrote for an item, without (baseline) or with (personalised) the preferences.

    `answer` is the option letter it commits to; empty: none could be extracted (a delivery failure). Where
    `extraction` is `missing`, the imported file has no such response: that is no failure of the model.
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
            unique(
                "response_one_per_condition",
                "The item has its response in this condition already.",
                "item",
                "condition",
            ),
            known("response_condition_known", "A response is baseline or personalised.", condition=Condition),
            check(
                "response_answer_is_letter",
                "An answer is one option letter, or empty.",
                Q(answer="") | Q(answer__regex="^[A-Z]$"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.condition}"
