"""How much the library holds."""

from dataclasses import dataclass

from evaluation.models import Catalogue, Dataset, Endpoint, Judge, Rubric


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
