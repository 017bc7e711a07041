"""REST views of the study's two analyses, for staff: where Pref-Aligner fails, and what robustness costs."""

from typing import Any

from core.api.viewsets import ConditionalList
from evaluation.models import ResultRow, RunResult
from evaluation.results.figures.analyses import aligner_results, lines_of, one_row_a_run
from evaluation.results.selectors.results import RowFilter, result_rows
from evaluation.results.serializers.analyses import (
    CostLineSerializer,
    CostsQuery,
    StagesOfRunSerializer,
    StagesQuery,
)


class StageList(ConditionalList[RunResult]):
    """Where Pref-Aligner runs fail, stage by stage, by judge, as last computed; newest first."""

    serializer_class = StagesOfRunSerializer
    query_serializer_class = StagesQuery
    queryset = aligner_results(RowFilter()).prefetch_related("run__judges")
    lookups = {
        "run": "run",
        "dataset": "run__dataset",
        "model": "run__endpoint__model",
        "setting": "run__setting",
    }


class CostList(ConditionalList[ResultRow]):
    """Robustness error of each run beside what an item takes, and what the extra effort buys; newest first."""

    serializer_class = CostLineSerializer
    query_serializer_class = CostsQuery
    queryset = result_rows(RowFilter())
    lookups = {
        "run": "result__run",
        "dataset": "result__run__dataset",
        "model": "result__run__endpoint__model",
        "method": "result__run__method",
        "setting": "result__run__setting",
        "judge": "judge",
    }

    def filter_queryset(self, queryset: Any) -> Any:
        # Any: as in Filtered
        return one_row_a_run(super().filter_queryset(queryset))

    def paginate_queryset(self, queryset: Any) -> Any:
        # Any: the rows of a page become lines, together, so that a page takes the same few queries
        return lines_of(super().paginate_queryset(queryset) or [])
