"""The items of an imported campaign that are not labelled yet, and how many people have rated each."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from django.db.models import Count, Q

from annotations.models import Campaign, ImportedItem
from annotations.models.imported import RatedBy


@dataclass(frozen=True, slots=True)
class ItemsLeft:
    """Keys of the items without a task, by the number of people who rated them when the campaign was imported."""

    by_ratings: dict[int, list[int]]

    @property
    def count(self) -> int:
        return sum(map(len, self.by_ratings.values()))

    @property
    def counts(self) -> list[tuple[int, int]]:
        """(number of people, number of items), the fewest people first."""
        return [(people, len(items)) for people, items in sorted(self.by_ratings.items())]


def items_left(campaign: Campaign) -> ItemsLeft:
    by_people = Count("ratings__rater", distinct=True, filter=Q(ratings__kind=RatedBy.HUMAN))
    left: defaultdict[int, list[int]] = defaultdict(list)
    items = ImportedItem.objects.filter(campaign=campaign, tasks__isnull=True).order_by("position")
    for item, people in items.annotate(people=by_people).values_list("pk", "people"):
        left[people].append(item)
    return ItemsLeft(dict(left))


def tasks_by_stratum(campaign: Campaign) -> Counter[str]:
    """How many items are labelled already, by the stratum from which they were drawn."""
    strata = campaign.tasks.order_by().values_list("stratum").annotate(n=Count("pk"))
    return Counter(dict(strata))
