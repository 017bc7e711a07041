"""What a page shows of items: how they begin, and their ratings by criterion."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import TextField
from django.db.models.expressions import RawSQL

from annotations.items.selectors.answers import Answers, number_in
from annotations.models import Campaign, Criterion, ImportedItem, ImportedRating
from annotations.models.imported import RatedBy

SHOWN_CHARACTERS = 200

# Of a chat the last turn, in the shapes that turns have; of anything else the content itself.
BEGINNING = """
    left(coalesce(
        exhibit #>> '{outputs,0,0,content,-1,content}', exhibit #>> '{outputs,0,0,content,-1,text}',
        exhibit #>> '{outputs,0,0,content,-1,value}', exhibit #>> '{outputs,0,0,content}',
        exhibit #>> '{context,0,content}', ''
    ), %s)
"""


@dataclass(frozen=True, slots=True)
class GivenRating:
    """A rating as people read it: `label` is the answer, `is_failure` whether it counts as one."""

    rater: str
    kind: str
    value: str
    label: str
    is_failure: bool
    explanation: str
    swapped: bool

    @property
    def is_by_judge(self) -> bool:
        return self.kind == RatedBy.JUDGE


@dataclass(slots=True)
class CriterionRatings:
    """An item's ratings by one criterion, people first."""

    criterion: Criterion
    ratings: list[GivenRating] = field(default_factory=list)

    @property
    def people(self) -> list[GivenRating]:
        return [rating for rating in self.ratings if not rating.is_by_judge]

    @property
    def judges(self) -> list[GivenRating]:
        return [rating for rating in self.ratings if rating.is_by_judge]

    @property
    def people_labels(self) -> list[tuple[str, int]]:
        """What people answered, and how many of them, the most common first."""
        return Counter(rating.label for rating in self.people).most_common()

    @property
    def disagreement(self) -> float | None:
        """The share of pairs of ratings that differ or, on scales of numbers, the highest less the lowest."""
        values = [rating.value for rating in self.ratings]
        if not values:
            return None
        if not Answers(self.criterion).are_names:
            numbers = [number for value in values if (number := number_in(value)) is not None]
            return max(numbers) - min(numbers) if numbers else None
        n = len(values)
        same = sum(count * (count - 1) for count in Counter(values).values())
        return None if n < 2 else 1 - same / (n * (n - 1))


@dataclass(frozen=True, slots=True)
class ItemLine:
    """A line of the list: an item, how its output begins, and its ratings by those criteria that it has any of."""

    item: ImportedItem
    beginning: str
    by_criterion: Sequence[CriterionRatings]


def item_lines(items: Iterable[ImportedItem], criteria: Sequence[Criterion]) -> list[ItemLine]:
    """The lines of a page of items: two queries, however many there are."""
    shown = list(items)
    beginnings = _beginnings(shown)
    ratings = ratings_of(shown, criteria)
    return [ItemLine(item, beginnings.get(item.pk, ""), ratings[item.pk]) for item in shown]


def ratings_of(
    items: Sequence[ImportedItem], criteria: Sequence[Criterion]
) -> Mapping[int, list[CriterionRatings]]:
    """The ratings of each item by criterion, in the order of the criteria, people first: one query."""
    answers = {criterion.pk: Answers(criterion) for criterion in criteria}
    grouped = {
        item.pk: {key: CriterionRatings(of.criterion) for key, of in answers.items()} for item in items
    }
    rows = ImportedRating.objects.filter(item__in=[item.pk for item in items], criterion__in=answers)
    for row in rows.order_by("kind", "pk"):
        grouped[row.item_id][row.criterion_id].ratings.append(_given(row, answers[row.criterion_id]))
    return {key: [group for group in groups.values() if group.ratings] for key, groups in grouped.items()}


def _given(row: ImportedRating, answers: Answers) -> GivenRating:
    return GivenRating(
        rater=row.rater,
        kind=row.kind,
        value=row.value,
        label=answers.label(row.value),
        is_failure=answers.is_failure(row.value),
        explanation=row.explanation,
        swapped=row.swapped,
    )


def _beginnings(items: Sequence[ImportedItem]) -> dict[int, str]:
    beginning = RawSQL(BEGINNING, [SHOWN_CHARACTERS], output_field=TextField())
    rows = ImportedItem.objects.filter(pk__in=[item.pk for item in items]).order_by()
    return dict(rows.annotate(beginning=beginning).values_list("pk", "beginning"))


def criteria_of(campaign: Campaign) -> list[Criterion]:
    return list(campaign.criteria.order_by("position"))


def judges_of(criteria: Sequence[Criterion]) -> list[str]:
    """The names of all judges who answered one of the criteria."""
    ratings = ImportedRating.objects.filter(criterion__in=criteria, kind=RatedBy.JUDGE)
    return list(ratings.order_by("rater").values_list("rater", flat=True).distinct())
