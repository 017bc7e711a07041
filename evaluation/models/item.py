"""The items of a run: what the model was asked, the calls that took, and the responses."""

from django.db import models
from django.db.models import Q

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
                fields=["run", "question", "preference", "repetition"],
                name="item_question_and_preference_unique",
                nulls_distinct=False,
                violation_error_message="The run has this repetition of the question and preference already.",
            ),
            models.CheckConstraint(
                condition=Q(repetition__gte=1),
                name="item_repetition_from_1",
                violation_error_message="Repetitions count from 1.",
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
