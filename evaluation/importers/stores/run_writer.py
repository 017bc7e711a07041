"""Checked rows of a recorded run into the database, chunk by chunk."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q

from evaluation.importers.report import DeliveryFailures
from evaluation.importers.rows.recorded_row import RecordedItem, RecordedResponse, RecordedRow
from evaluation.importers.rows.row_tally import RowTally
from evaluation.importers.stores.judgment_writer import JudgmentWriter
from evaluation.importers.stores.preference_store import PreferenceStore
from evaluation.importers.stores.question_store import QuestionStore
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
from evaluation.models.item import Condition, Extraction
from evaluation.models.run import Setting

Pair = tuple[int, int | None]
"""The question of an item and its relevant preference, None in the irrelevant setting."""


@dataclass(frozen=True)
class Entry:
    """What becomes an item: a row, one of its personalised responses, and what both are about as it is stored."""

    row: RecordedRow
    recorded: RecordedItem
    question: Question
    preferences: tuple[Preference, ...]


class RunWriter:
    """Writes the rows of one run. Rows that repeat a question and preference become items of their own."""

    def __init__(
        self,
        run: Run,
        *,
        questions: QuestionStore,
        preferences: PreferenceStore,
        judgments: JudgmentWriter | None,
        tally: RowTally,
        catalogue: Catalogue | None = None,
    ) -> None:
        self._run = run
        self._is_irrelevant = run.setting == Setting.IRRELEVANT
        self._catalogue = catalogue
        self._questions = questions
        self._preferences = preferences
        self._judgments = judgments
        self._tally = tally
        self.items = 0

    def write(self, rows: Sequence[RecordedRow]) -> None:
        """Write a chunk of rows, some queries for all of them."""
        questions = self._questions.resolve([row.question for row in rows])
        preferences = self._preferences.resolve(
            [text for row in rows for item in row.items for text in item.preferences]
        )
        entries = [
            Entry(row, item, question, tuple(preferences[text] for text in item.preferences))
            for row, question in zip(rows, questions, strict=True)
            for item in row.items
        ]
        items = self._create_items(entries)
        personalised = self._create_responses(items, entries)
        if self._judgments is not None:
            self._judgments.write(list(zip((entry.row for entry in entries), personalised, strict=True)))
        for row in rows:
            self._tally.add(row)

    def _repetitions(self, pairs: Sequence[Pair]) -> list[int]:
        """For each pair, the how many-eth it is in the run, from 1; the database knows: memory stays flat."""
        counts: Counter[Pair] = Counter()
        if self.items:
            written = Item.objects.filter(run=self._run, question__in={question for question, _ in pairs})
            for question, preference, number in (
                written.order_by().values_list("question_id", "preference_id").annotate(number=Count("pk"))
            ):
                counts[question, preference] = number
        repetitions = []
        for pair in pairs:
            counts[pair] += 1
            repetitions.append(counts[pair])
        return repetitions

    def _create_items(self, entries: Sequence[Entry]) -> list[Item]:
        relevant = [None if self._is_irrelevant else entry.preferences[0] for entry in entries]
        repetitions = self._repetitions(
            [
                (entry.question.pk, None if preference is None else preference.pk)
                for entry, preference in zip(entries, relevant, strict=True)
            ]
        )
        self._tally.repeated_items += sum(repetition > 1 for repetition in repetitions)
        items = [
            Item(
                run=self._run,
                question=entry.question,
                preference=preference,
                position=position,
                repetition=repetition,
            )
            for position, (entry, preference, repetition) in enumerate(
                zip(entries, relevant, repetitions, strict=True), start=self.items + 1
            )
        ]
        self.items += len(items)
        self._assign(items)
        Item.objects.bulk_create(items)
        if self._is_irrelevant:
            ItemPreference.objects.bulk_create(
                ItemPreference(item=item, preference=preference, position=position)
                for item, entry in zip(items, entries, strict=True)
                for position, preference in enumerate(entry.preferences, start=1)
            )
        return items

    def _assign(self, items: Sequence[Item]) -> None:
        """Have the questions keep, in the named catalogue, the preferences that the record told with them.

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

    def _create_responses(self, items: Sequence[Item], entries: Sequence[Entry]) -> list[Response]:
        baseline, personalised = [], []
        for item, entry in zip(items, entries, strict=True):
            baseline.append(self._response(item, Condition.BASELINE, entry.row.baseline))
            personalised.append(self._response(item, Condition.PERSONALISED, entry.recorded.personalised))
        Response.objects.bulk_create(baseline)
        return Response.objects.bulk_create(personalised)

    def _response(self, item: Item, condition: Condition, recorded: RecordedResponse) -> Response:
        if recorded.is_missing and condition == Condition.BASELINE:
            extraction = Extraction.MISSING
        else:
            extraction = Extraction.RECORDED_SECOND if recorded.is_second_extraction else Extraction.RECORDED
        return Response(
            item=item,
            condition=condition,
            text=recorded.text,
            answer=recorded.answer,
            recorded_answer=recorded.recorded_answer,
            extraction=extraction,
            thoughts=recorded.thoughts,
        )

    def finish(self) -> None:
        """Mark the baselines as missing where no row has one: a code such as -1 for every answer is no response."""
        if self._tally.has_no_baseline:
            Response.objects.filter(item__run=self._run, condition=Condition.BASELINE).update(
                extraction=Extraction.MISSING
            )

    def warnings(self) -> list[str]:
        """What the stores did not agree with, in words."""
        return self._questions.warnings() + self._preferences.warnings()


def delivery_failures_of(run: Run) -> DeliveryFailures:
    """The delivery failures of a run's items. A response that its file does not have is none."""
    recorded = ~Q(extraction=Extraction.MISSING)
    return DeliveryFailures(
        **Response.objects.filter(item__run=run, answer="").aggregate(
            baseline=Count("pk", filter=recorded & Q(condition=Condition.BASELINE)),
            personalised=Count("pk", filter=Q(condition=Condition.PERSONALISED)),
        )
    )


def missing_baselines_of(run: Run) -> int:
    """The items of a run whose file has no baseline response for them."""
    return Response.objects.filter(item__run=run, extraction=Extraction.MISSING).count()
