"""Ratings that people and judges made elsewhere, in campaigns that have no responses of our own."""

from django.db import models
from django.db.models import Q

from annotations.models.campaign import Campaign


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
            models.UniqueConstraint(
                fields=["campaign", "item", "rater"],
                name="imported_rating_once",
                violation_error_message="This rater has rated this item already.",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=RatedBy.values),
                name="imported_rating_kind_known",
                violation_error_message="A rater is a person or a judge.",
            ),
            models.CheckConstraint(
                condition=~Q(item="") & ~Q(rater="") & ~Q(value=""),
                name="imported_rating_whole",
                violation_error_message="A rating has an item, a rater and a value.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rater} on {self.item}: {self.value}"
