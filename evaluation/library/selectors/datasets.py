"""Datasets and their questions."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from evaluation.models import Catalogue, Dataset, Endpoint, Judge, Question, Rubric, Run


def datasets_with_counts() -> QuerySet[Dataset]:
    """Datasets with `question_count`, for lists."""
    return Dataset.objects.annotate(question_count=Count("questions")).order_by("name")


def question_counts(dataset: Dataset) -> Sequence[tuple[str, str, int]]:
    """Source, category and number of questions of the dataset."""
    counted = dataset.questions.order_by().values("source", "category").annotate(count=Count("pk"))
    return [(row["source"], row["category"], row["count"]) for row in counted.order_by("source", "category")]


def questions_found(
    dataset: Dataset, *, words: str = "", source: str = "", category: str = ""
) -> QuerySet[Question]:
    """Questions of the dataset that have all the words in their text or options, of the source and category."""
    questions = dataset.questions.all()
    for word in words.split():
        questions = questions.filter(Q(text__icontains=word) | Q(options__icontains=word))
    if source:
        questions = questions.filter(source=source)
    if category:
        questions = questions.filter(category=category)
    return questions


def catalogues_assigned_to(dataset: Dataset) -> QuerySet[Catalogue]:
    """Catalogues that the dataset's questions have preferences of, with `assigned_count`."""
    return (
        Catalogue.objects.filter(assignments__question__dataset=dataset)
        .annotate(assigned_count=Count("assignments"))
        .order_by("name", "-version")
    )


def latest_runs_on(dataset: Dataset, limit: int = 10) -> QuerySet[Run]:
    return dataset.runs.select_related("endpoint").order_by("-pk")[:limit]


@dataclass(frozen=True, slots=True)
class LibraryCounts:
    datasets: int
    catalogues: int
    endpoints: int
    rubrics: int
    judges: int


def library_counts() -> LibraryCounts:
    """Names, not versions, of what has versions. All of these tables are short."""
    return LibraryCounts(
        datasets=Dataset.objects.count(),
        catalogues=Catalogue.objects.order_by().values("name").distinct().count(),
        endpoints=Endpoint.objects.count(),
        rubrics=Rubric.objects.order_by().values("name").distinct().count(),
        judges=Judge.objects.count(),
    )
