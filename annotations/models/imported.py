"""Ratings that people and judges made elsewhere, in campaigns that have no responses of our own."""

from django.db import models

from annotations.models.campaign import Campaign
from core.db.constraints import known, not_blank, unique


class RatedBy(models.TextChoices):
    HUMAN = "human", "Person"
    JUDGE = "judge", "Judge"


class ImportedRating(models.Model):
    """What `rater` gave `item`, both by their names in the file; `value` is the label or number as text."""

    # The lengths keep the unique index below what a B-tree page holds, whatever the script.
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="imported_ratings")
    item = models.CharField(max_length=400)
    rater = models.CharField(max_length=200)
    kind = models.CharField(max_length=5, choices=RatedBy.choices)
    value = models.TextField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            unique(
                "imported_rating_once", "This rater has rated this item already.", "campaign", "item", "rater"
            ),
            known("imported_rating_kind_known", "A rater is a person or a judge.", kind=RatedBy),
            not_blank(
                "imported_rating_whole",
                "A rating has an item, a rater and a value.",
                "item",
                "rater",
                "value",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rater} on {self.item}: {self.value}"
