"""What people said of items: which items they have labelled, and labelled items as examples for a judge."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

from django.db.models import Exists, OuterRef, QuerySet

from annotations.item_judging.selectors.questions import Question
from annotations.models import Campaign, ImportedItem, ImportedRating
from annotations.models.imported import RatedBy
from perg.formats.rated_items import Exhibit, load_exhibit

MOST_EXAMPLES = 20
LOOKED_AT = 5_000
"""Labelled items among which examples are drawn."""


@dataclass(frozen=True, slots=True)
class Example:
    """An item with people's answers to questions, by the questions' keys, as a judge would write them in JSON."""

    item: ImportedItem
    exhibit: Exhibit
    answers: Mapping[str, object]
    explanation: str


def labelled_items(campaign: Campaign, questions: Sequence[Question]) -> QuerySet[ImportedItem]:
    """Items of which people have answered one of the questions."""
    rows = list(chain.from_iterable(question.rows.values() for question in questions))
    by_people = ImportedRating.objects.filter(item=OuterRef("pk"), criterion__in=rows, kind=RatedBy.HUMAN)
    return campaign.imported_items.filter(Exists(by_people))


def examples_of(items: Sequence[ImportedItem], questions: Sequence[Question]) -> list[Example]:
    """The items of which people have answered all questions that are asked of every item, with their commonest answers.

    Of equally common answers the first that was given counts.
    """
    rows = list(chain.from_iterable(question.rows.values() for question in questions))
    counts: dict[tuple[int, int], Counter[str]] = {}
    explanations: dict[int, str] = {}
    for item_key, criterion, value, explanation in _answers(items, rows):
        counts.setdefault((item_key, criterion), Counter())[value] += 1
        if explanation:
            explanations.setdefault(item_key, explanation)
    examples = list[Example]()
    for item in items:
        values = {row: counts[item.pk, row].most_common(1)[0][0] for row in rows if (item.pk, row) in counts}
        answers = {question.key: question.read(values) for question in questions}
        needed = [question.key for question in questions if question.definition.only_if is None]
        if all(answers[key] is not None for key in needed) and item.exhibit:
            said = {key: answer for key, answer in answers.items() if answer is not None}
            examples.append(Example(item, load_exhibit(item.exhibit), said, explanations.get(item.pk, "")))
    return examples


def _answers(items: Sequence[ImportedItem], criteria: Sequence[int]) -> Iterator[tuple[int, int, str, str]]:
    """What people said of the items: item, criterion, value and explanation, in the order in which it was said."""
    ratings = ImportedRating.objects.filter(item__in=items, criterion__in=criteria, kind=RatedBy.HUMAN)
    yield from ratings.order_by("pk").values_list("item", "criterion", "value", "explanation")


def drawn_examples(campaign: Campaign, questions: Sequence[Question], count: int) -> list[Example]:
    """Examples that show each answer to the first question, as far as there are some; the same at every call."""
    if not count or not questions:
        return []
    items = list(labelled_items(campaign, questions).exclude(exhibit={}).order_by("position")[:LOOKED_AT])
    random.Random(campaign.pk).shuffle(items)
    by_answer: dict[str, list[Example]] = {}
    for example in examples_of(items, questions):
        by_answer.setdefault(str(example.answers[questions[0].key]), []).append(example)
    in_turns = chain.from_iterable(zip_longest(*(by_answer[answer] for answer in sorted(by_answer))))
    drawn = [example for example in in_turns if example is not None][:count]
    return sorted(drawn, key=lambda example: example.item.position)
