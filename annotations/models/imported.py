"""What a campaign of imported ratings holds: items, the questions that raters answered of them, and their ratings."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from annotations.models.campaign import Campaign
from core.db.constraints import check, known, not_blank, unique
from perg.formats.rated_items import beginning_of


class RatedBy(models.TextChoices):
    HUMAN = "human", "Person"
    JUDGE = "judge", "Judge"


class RatingScale(models.TextChoices):
    """What the answers to a criterion mean: names, an order, or distances."""

    NOMINAL = "nominal", "Nominal: names without an order"
    ORDINAL = "ordinal", "Ordinal: an order"
    INTERVAL = "interval", "Interval: distances"


class AnswerKind(models.TextChoices):
    """The kinds of criteria; see `perg.rubrics.criterion`. A text is asked, and never aggregated."""

    BINARY = "binary", "Yes or no"
    ORDINAL = "ordinal", "Ordered levels"
    NOMINAL = "nominal", "One of several labels"
    PAIRWISE = "pairwise", "The better of two outputs"
    NUMERIC = "numeric", "A number"
    TEXT = "text", "Free text"


class ImportedItem(models.Model):
    """One thing that was rated, under its owner's id. Items with the same cluster are resampled together.

    `exhibit` is what a rater saw, as `perg.formats.rated_items.dump_exhibit` writes it; empty: the file had no texts.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="imported_items")
    # The lengths keep the unique indexes below what a B-tree page holds, whatever the script.
    external_id = models.CharField(max_length=400)
    position = models.PositiveIntegerField(help_text="Place in the file, from 0.")
    cluster = models.CharField(
        max_length=400, blank=True, help_text="What it shares with other items. Empty: nothing."
    )
    exhibit = models.JSONField(default=dict, blank=True)
    attributes = models.JSONField(default=dict, blank=True, help_text="Name to value.")

    class Meta:
        ordering = ["position"]
        constraints = [
            unique("imported_item_once", "The campaign has this item already.", "campaign", "external_id"),
            unique(
                "imported_item_position_once",
                "Another item has this place.",
                "campaign",
                "position",
            ),
            not_blank("imported_item_has_id", "An item has an id.", "external_id"),
        ]

    def __str__(self) -> str:
        return self.external_id

    @property
    def first_words(self) -> str:
        """What a rater sees of it first: what an annotator, who must not learn its id, knows it by."""
        words = beginning_of(self.exhibit)
        return words or f"Item {self.position + 1}"


class Criterion(models.Model):
    """One question that raters answered of the items of a campaign, and what its answers mean.

    On an ordinal scale whose categories are names, the value of an answer is its place among them, from 1. A question
    with any of k labels is k criteria of yes and no, each `part_of` the question.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="criteria")
    position = models.PositiveSmallIntegerField(help_text="Place among the campaign's criteria, from 0.")
    key = models.CharField(max_length=120)
    part_of = models.CharField(max_length=120, blank=True, help_text="The question whose label this is.")
    question = models.TextField(blank=True)
    definition = models.JSONField(
        default=dict,
        blank=True,
        help_text="A perg.rubrics.criterion.Criterion, so that it can be asked. Empty: only ratings are known.",
    )
    is_asked = models.BooleanField(default=False, help_text="Asked of the people who label here.")
    kind = models.CharField(max_length=8, choices=AnswerKind.choices)
    scale = models.CharField(max_length=8, choices=RatingScale.choices)
    categories = ArrayField(
        models.TextField(),
        null=True,
        blank=True,
        help_text="All possible answers, from the lowest. Empty: those that occur.",
    )
    failure_labels = ArrayField(
        models.TextField(),
        null=True,
        blank=True,
        help_text="Answers on a nominal scale that count as failures. Empty: not stated.",
    )
    threshold = models.FloatField(
        null=True, blank=True, help_text="Lower answers count as failures. Empty: not stated."
    )
    warnings = ArrayField(
        models.TextField(), default=list, blank=True, help_text="Possible mistakes in its ratings."
    )

    class Meta:
        ordering = ["position"]
        verbose_name_plural = "criteria"
        constraints = [
            unique("criterion_key_once", "The campaign has this criterion already.", "campaign", "key"),
            unique("criterion_position_once", "Another criterion has this place.", "campaign", "position"),
            not_blank("criterion_has_key", "A criterion has a key.", "key"),
            known("criterion_kind_and_scale_known", kind=AnswerKind, scale=RatingScale),
            check(
                "criterion_asked_has_definition",
                "A criterion that is asked has a definition.",
                Q(is_asked=False) | ~Q(definition={}),
            ),
            check(
                "criterion_names_have_no_threshold",
                "Names without an order cannot be cut at a threshold.",
                ~Q(scale=RatingScale.NOMINAL) | Q(threshold__isnull=True),
            ),
            check(
                "criterion_failure_labels_are_names",
                "Only names without an order are failures one by one.",
                Q(failure_labels__isnull=True) | Q(scale=RatingScale.NOMINAL, failure_labels__len__gte=1),
            ),
            check(
                "criterion_scale_has_two_categories",
                "A stated scale has two categories or more.",
                Q(categories__isnull=True) | Q(categories__len__gte=2),
            ),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def title(self) -> str:
        """What people read: the question or, where none is known, the key."""
        return self.question.strip() or self.key


class ImportedRating(models.Model):
    """What `rater` answered of an item; `value` is the label or number as text.

    `swapped`: the two outputs were shown in the other order. The value has that undone: "first" is the item's first.
    """

    criterion = models.ForeignKey(Criterion, on_delete=models.CASCADE, related_name="ratings")
    item = models.ForeignKey(ImportedItem, on_delete=models.CASCADE, related_name="ratings")
    rater = models.CharField(max_length=200)
    kind = models.CharField(max_length=5, choices=RatedBy.choices)
    value = models.TextField()
    explanation = models.TextField(blank=True)
    swapped = models.BooleanField(default=False)

    class Meta:
        ordering = ["pk"]
        constraints = [
            unique(
                "imported_rating_once",
                "This rater has rated this item already.",
                "criterion",
                "item",
                "rater",
                "swapped",
            ),
            known("imported_rating_kind_known", "A rater is a person or a judge.", kind=RatedBy),
            not_blank("imported_rating_whole", "A rating has a rater and a value.", "rater", "value"),
        ]

    def __str__(self) -> str:
        return f"{self.rater} on {self.item_id}: {self.value}"
