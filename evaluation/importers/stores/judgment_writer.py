"""A judge's ratings out of an evaluated file: judgments, and the calls that they cost."""

import hashlib
import json
from collections.abc import Sequence

from django.utils import timezone

from evaluation.importers.report import ImportRefused
from evaluation.importers.rows.rating import Rating
from evaluation.importers.rows.recorded_row import RecordedRow
from evaluation.importers.stores.recorded_endpoint import recorded_endpoint
from evaluation.models import Completion, Judge, Judgment, Response, Run, RunJudge
from evaluation.models.completion import CompletionStatus
from evaluation.models.endpoint import JudgeOrigin
from evaluation.models.judgment import JudgmentStatus

NOBODY = "unnamed judge"
UNNAMED_JUDGE = f"imported: {NOBODY}"
"""Of ratings whose file does not say who gave them."""
UP_TO_DATE = ["endpoint", "request", "text", "input_tokens", "output_tokens", "cost"]


class JudgmentWriter:
    """Writes the ratings of one judge on one run."""

    def __init__(self, run: Run, *, judge: str | None, sha256: str) -> None:
        """Make the judge and put it on the run. Raises `ImportRefused` as `recorded_endpoint` does."""
        self._run = run
        self._sha256 = sha256
        self._endpoint = recorded_endpoint(judge or NOBODY, field="judge")
        self.judge, _ = Judge.objects.get_or_create(
            name=f"imported: {judge or NOBODY}", defaults={"origin": JudgeOrigin.IMPORTED}
        )
        if self.judge.origin != JudgeOrigin.IMPORTED:
            raise ImportRefused(
                f"The judge “{self.judge.name}” asks an endpoint; imported ratings need another name.",
                code="name_taken",
                field="judge",
            )
        RunJudge.objects.create(run=run, judge=self.judge)

    def write(self, rated: Sequence[tuple[RecordedRow, Response]]) -> None:
        """Write the ratings of a chunk of rows on their personalised responses."""
        rows = [(row, row.rating, response) for row, response in rated if row.rating is not None]
        completions = self._create_completions(
            [(row.row, rating) for row, rating, _ in rows if rating.has_usage]
        )
        Judgment.objects.bulk_create(
            Judgment(
                response=response,
                judge=self.judge,
                status=JudgmentStatus.UNSCORED if rating.score is None else JudgmentStatus.SCORED,
                score=rating.score,
                explanation=rating.explanation,
                unscored_reason=rating.unscored_reason,
                completion=completions.get(row.row),
            )
            for row, rating, response in rows
        )

    def _create_completions(self, ratings: Sequence[tuple[int, Rating]]) -> dict[int, Completion]:
        """Row → call. A call outlives its run: one that a deleted run of the same file left is used again."""
        completions = Completion.objects.bulk_create(
            [self._completion(row, rating) for row, rating in ratings],
            update_conflicts=True,
            unique_fields=["request_key"],
            update_fields=UP_TO_DATE,
        )
        return {row: completion for (row, _), completion in zip(ratings, completions, strict=True)}

    def _completion(self, row: int, rating: Rating) -> Completion:
        return Completion(
            endpoint=self._endpoint,
            request_key=self._request_key(row),
            request={"imported": {"sha256": self._sha256, "row": row}},
            status=CompletionStatus.SUCCEEDED,
            attempts=1,
            text=rating.explanation,
            input_tokens=rating.input_tokens,
            output_tokens=rating.output_tokens,
            cost=rating.cost,
            finished_at=timezone.now(),
        )

    def _request_key(self, row: int) -> str:
        run = self._run
        parts = [
            "imported",
            self._sha256,
            run.method,
            run.setting,
            run.name,
            run.model_name,
            self.judge.name,
            row,
        ]
        return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()
