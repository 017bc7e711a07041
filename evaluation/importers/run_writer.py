"""Checked rows of a recorded run into the database, chunk by chunk."""

from array import array
from collections import Counter
from collections.abc import Sequence

from evaluation.importers.judgment_writer import JudgmentWriter
from evaluation.importers.preference_store import PreferenceStore
from evaluation.importers.question_store import QuestionStore
from evaluation.importers.recorded_row import RecordedItem, RecordedResponse, RecordedRow, disputed_claims
from evaluation.importers.report import DeliveryFailures, Problem, ProblemLog
from evaluation.models import (
    Catalogue,
    Item,
    ItemPreference,
    Preference,
    PreferenceAssignment,
    Question,
    Response,
    Run,
)
from evaluation.models.endpoint import DEFAULT_THRESHOLD
from evaluation.models.item import Condition, Extraction
from evaluation.models.run import Setting

Pair = tuple[int, int | None]
"""What is unique in a run: the question and its relevant preference, None in the irrelevant setting."""


class RunWriter:
    """Writes the rows of one run; refuses those that repeat an earlier one."""

    def __init__(
        self,
        run: Run,
        *,
        questions: QuestionStore,
        preferences: PreferenceStore,
        judgments: JudgmentWriter | None,
        problems: ProblemLog,
        catalogue: Catalogue | None = None,
    ) -> None:
        self._run = run
        self._catalogue = catalogue
        self._questions = questions
        self._preferences = preferences
        self._judgments = judgments
        self._problems = problems
        self._row_of_position = array("L")  # four or eight bytes an item: it may grow with the file
        self.rows_imported = 0
        self._failures: Counter[str] = Counter()
        self._disputed: Counter[str] = Counter()

    @property
    def items(self) -> int:
        return len(self._row_of_position)

    @property
    def delivery_failures(self) -> DeliveryFailures:
        return DeliveryFailures(self._failures[Condition.BASELINE], self._failures[Condition.PERSONALISED])

    def write(self, rows: Sequence[RecordedRow]) -> None:
        """Write a chunk of rows, some queries for all of them."""
        questions = dict(
            zip(
                (row.row for row in rows),
                self._questions.resolve([row.question for row in rows]),
                strict=True,
            )
        )
        preferences = self._preferences.resolve(
            [text for row in rows for item in row.items for text in item.preferences]
        )
        accepted = self._without_repetitions(rows, questions, preferences)
        entries = [(row, item) for row in accepted for item in row.items]
        items = self._create_items(entries, questions, preferences)
        if self._run.setting == Setting.IRRELEVANT:
            self._show_irrelevant(items, entries, preferences)
        personalised = self._create_responses(items, entries)
        if self._judgments is not None:
            self._judgments.write(list(zip((row for row, _ in entries), personalised, strict=True)))
        self._count(accepted)

    def _pairs(
        self, row: RecordedRow, questions: dict[int, Question], preferences: dict[str, Preference]
    ) -> list[Pair]:
        question = questions[row.row].pk
        if self._run.setting == Setting.IRRELEVANT:
            return [(question, None)]
        return [(question, preferences[item.preferences[0]].pk) for item in row.items]

    def _without_repetitions(
        self, rows: Sequence[RecordedRow], questions: dict[int, Question], preferences: dict[str, Preference]
    ) -> list[RecordedRow]:
        seen = self._rows_of_pairs({question.pk for question in questions.values()})
        accepted = []
        for row in rows:
            pairs = self._pairs(row, questions, preferences)
            earlier = next((seen[pair] for pair in pairs if pair in seen), None)
            if earlier is None:
                seen.update(dict.fromkeys(pairs, row.row))
                accepted.append(row)
            else:
                what = "question" if self._run.setting == Setting.IRRELEVANT else "question and preference"
                self._problems.add(
                    Problem(row.row, row.line, "question", f"the same {what} as row {earlier}")
                )
        return accepted

    def _rows_of_pairs(self, questions: set[int]) -> dict[Pair, int]:
        """The rows that earlier chunks wrote for these questions; the database knows: memory stays flat."""
        if not self.items:
            return {}
        written = Item.objects.filter(run=self._run, question__in=questions)
        return {
            (question, preference): self._row_of_position[position - 1]
            for question, preference, position in written.values_list(
                "question_id", "preference_id", "position"
            )
        }

    def _create_items(
        self,
        entries: Sequence[tuple[RecordedRow, RecordedItem]],
        questions: dict[int, Question],
        preferences: dict[str, Preference],
    ) -> list[Item]:
        items = []
        for row, item in entries:
            self._row_of_position.append(row.row)
            is_irrelevant = self._run.setting == Setting.IRRELEVANT
            items.append(
                Item(
                    run=self._run,
                    question=questions[row.row],
                    preference=None if is_irrelevant else preferences[item.preferences[0]],
                    position=self.items,
                )
            )
        self._assign(items)
        return Item.objects.bulk_create(items)

    def _assign(self, items: Sequence[Item]) -> None:
        """Have the questions keep, in the given catalogue, the preferences that the record told with them.

        So a run that is launched later asks what is on record, and pairs with it. A question that has one keeps it.
        """
        if self._catalogue is None:
            return
        PreferenceAssignment.objects.bulk_create(
            (
                PreferenceAssignment(
                    question=item.question, catalogue=self._catalogue, preference=item.preference
                )
                for item in items
                if item.preference is not None and item.preference.catalogue_id == self._catalogue.pk
            ),
            ignore_conflicts=True,
        )

    def _show_irrelevant(
        self,
        items: Sequence[Item],
        entries: Sequence[tuple[RecordedRow, RecordedItem]],
        preferences: dict[str, Preference],
    ) -> None:
        ItemPreference.objects.bulk_create(
            ItemPreference(item=item, preference=preferences[text], position=position)
            for item, (_, recorded) in zip(items, entries, strict=True)
            for position, text in enumerate(recorded.preferences, start=1)
        )

    def _create_responses(
        self, items: Sequence[Item], entries: Sequence[tuple[RecordedRow, RecordedItem]]
    ) -> list[Response]:
        baseline, personalised = [], []
        for item, (row, recorded) in zip(items, entries, strict=True):
            baseline.append(self._response(item, Condition.BASELINE, row.baseline))
            personalised.append(self._response(item, Condition.PERSONALISED, recorded.personalised))
        Response.objects.bulk_create(baseline)
        return Response.objects.bulk_create(personalised)

    def _response(self, item: Item, condition: Condition, recorded: RecordedResponse) -> Response:
        self._failures[condition] += not recorded.answer
        return Response(
            item=item,
            condition=condition,
            text=recorded.text,
            answer=recorded.answer,
            recorded_answer=recorded.recorded_answer,
            extraction=Extraction.RECORDED_SECOND if recorded.is_second_extraction else Extraction.RECORDED,
            thoughts=recorded.thoughts,
        )

    def _count(self, accepted: Sequence[RecordedRow]) -> None:
        self.rows_imported += len(accepted)
        threshold = self._judgments.judge.threshold if self._judgments else DEFAULT_THRESHOLD
        for row in accepted:
            self._disputed.update(disputed_claims(row, setting=self._run.setting, threshold=threshold))

    def warnings(self) -> list[str]:
        """What the stores and the derived columns did not agree with, in words."""
        disputed = [
            f"{count} {'row says' if count == 1 else 'rows say'} otherwise in {name} than in its answers and "
            "rating; the answers and the rating count."
            for name, count in self._disputed.items()
        ]
        return self._questions.warnings() + self._preferences.warnings() + disputed
