"""Questions with their options, and the preferences that users may have about answers."""

import hashlib
import json

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import MD5, Ord

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MIN_OPTIONS, MAX_OPTIONS = 2, len(LETTERS)


class Dataset(models.Model):
    """A named collection of questions."""

    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    is_demonstration = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                name="dataset_name_unique",
                violation_error_message="A dataset has this name already.",
            ),
            models.CheckConstraint(
                condition=~Q(name=""),
                name="dataset_name_given",
                violation_error_message="A dataset needs a name.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Question(models.Model):
    """A multiple-choice question: 2–26 options, one of which, the gold option, is right."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="questions")
    key = models.CharField(
        max_length=64, help_text="SHA-256 of text, options and gold option: the question's identity."
    )
    external_id = models.CharField(max_length=200, blank=True, help_text="The id in the file it came from.")
    text = models.TextField()
    options = ArrayField(models.TextField())
    gold_option = models.CharField(max_length=1, validators=[RegexValidator("^[A-Z]$")])
    source = models.CharField(max_length=200, blank=True, help_text="The benchmark, e.g. cais/mmlu.")
    category = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["dataset", "source"], name="question_source_index")]
        constraints = [
            models.UniqueConstraint(
                fields=["dataset", "key"],
                name="question_unique_in_dataset",
                violation_error_message="This dataset has this question already.",
            ),
            models.CheckConstraint(
                condition=~Q(text=""),
                name="question_text_given",
                violation_error_message="A question needs a text.",
            ),
            models.CheckConstraint(
                condition=Q(options__len__gte=MIN_OPTIONS, options__len__lte=MAX_OPTIONS),
                name="question_options_2_to_26",
                violation_error_message="A question has 2 to 26 options.",
            ),
            models.CheckConstraint(
                condition=Q(gold_option__regex="^[A-Z]$")
                & Q(options__len__gte=Ord(F("gold_option")) - (ord("A") - 1)),
                name="question_gold_is_an_option",
                violation_error_message="The gold option is not among the options.",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:80]

    @property
    def lettered_options(self) -> list[tuple[str, str]]:
        return list(zip(LETTERS, self.options, strict=False))

    @staticmethod
    def key_of(text: str, options: list[str], gold_option: str) -> str:
        """The identity of a question: the same text, options and gold option are the same question."""
        canonical = json.dumps([text, options, gold_option], ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


class Catalogue(models.Model):
    """A version of a list of preferences."""

    name = models.CharField(max_length=200)
    version = models.PositiveIntegerField(default=1)
    is_demonstration = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["name", "version"],
                name="catalogue_version_unique",
                violation_error_message="This catalogue has this version already.",
            ),
            models.CheckConstraint(
                condition=~Q(name=""),
                name="catalogue_name_given",
                violation_error_message="A catalogue needs a name.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class PreferenceCategory(models.TextChoices):
    CLARITY = "clarity", "Clarity"
    BREVITY = "brevity", "Brevity"
    STRUCTURE = "structure", "Structure"
    EXAMPLES = "examples", "Examples"
    CONTEXT = "context", "Context"
    PERSPECTIVE = "perspective", "Perspective"
    TONE = "tone", "Tone"
    OTHER = "other", "Other"


class PreferenceKind(models.TextChoices):
    RELEVANT = "relevant", "Relevant to answering"
    IRRELEVANT = "irrelevant", "Irrelevant to answering"


class Preference(models.Model):
    """One sentence on what a user likes; relevant to how a question is answered, or not."""

    catalogue = models.ForeignKey(Catalogue, on_delete=models.CASCADE, related_name="preferences")
    text = models.TextField()
    category = models.CharField(
        max_length=20, choices=PreferenceCategory.choices, default=PreferenceCategory.OTHER
    )
    kind = models.CharField(max_length=10, choices=PreferenceKind.choices, default=PreferenceKind.RELEVANT)

    class Meta:
        ordering = ["pk"]
        constraints = [
            # On the hash: an index entry has an upper size, a text has none.
            models.UniqueConstraint(
                "catalogue",
                MD5("text"),
                name="preference_unique_in_catalogue",
                violation_error_message="This catalogue has this preference already.",
            ),
            models.CheckConstraint(
                condition=~Q(text=""),
                name="preference_text_given",
                violation_error_message="A preference needs a text.",
            ),
            models.CheckConstraint(
                condition=Q(category__in=PreferenceCategory.values),
                name="preference_category_known",
                violation_error_message="A preference's category is one of the known ones.",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=PreferenceKind.values),
                name="preference_kind_known",
                violation_error_message="A preference is relevant or irrelevant.",
            ),
        ]

    def __str__(self) -> str:
        return self.text


class PreferenceAssignment(models.Model):
    """The one relevant preference that a question has in a catalogue."""

    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="preference_assignments")
    catalogue = models.ForeignKey(Catalogue, on_delete=models.CASCADE, related_name="assignments")
    preference = models.ForeignKey(Preference, on_delete=models.CASCADE, related_name="assignments")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["question", "catalogue"],
                name="assignment_one_preference_per_catalogue",
                violation_error_message="The question has its preference of this catalogue already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.question}: {self.preference}"
