"""Questions with their options, and the preferences that users may have about answers."""

import hashlib
import json

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import MD5, Ord

from core.db.constraints import check, known, not_blank, unique

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
            unique("dataset_name_unique", "A dataset has this name already.", "name"),
            not_blank("dataset_name_given", "A dataset needs a name.", "name"),
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
            unique("question_unique_in_dataset", "This dataset has this question already.", "dataset", "key"),
            not_blank("question_text_given", "A question needs a text.", "text"),
            check(
                "question_options_2_to_26",
                "A question has 2 to 26 options.",
                Q(options__len__gte=MIN_OPTIONS, options__len__lte=MAX_OPTIONS),
            ),
            check(
                "question_gold_is_an_option",
                "The gold option is not among the options.",
                Q(gold_option__regex="^[A-Z]$") & Q(options__len__gte=Ord(F("gold_option")) - (ord("A") - 1)),
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
            unique("catalogue_version_unique", "This catalogue has this version already.", "name", "version"),
            not_blank("catalogue_name_given", "A catalogue needs a name.", "name"),
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
            not_blank("preference_text_given", "A preference needs a text.", "text"),
            known(
                "preference_category_known",
                "A preference's category is one of the known ones.",
                category=PreferenceCategory,
            ),
            known("preference_kind_known", "A preference is relevant or irrelevant.", kind=PreferenceKind),
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
            unique(
                "assignment_one_preference_per_catalogue",
                "The question has its preference of this catalogue already.",
                "question",
                "catalogue",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.question}: {self.preference}"
