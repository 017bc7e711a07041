"""Questions of files into a dataset: those that are there already are reused, and completed where blank."""

from collections import Counter
from collections.abc import Sequence

from evaluation.importers.cells.question_draft import QuestionDraft
from evaluation.importers.report import ImportRefused
from evaluation.importers.stores.names import require_name
from evaluation.models import Dataset, Question

FIELDS = ("source", "category", "external_id")
NAME_LENGTH = 200


def dataset_called(name: str, *, is_demonstration: bool) -> Dataset:
    """The dataset of this name, made if it is new.

    Raises `ImportRefused`: `invalid_name`; `not_a_demonstration` where a demonstration would join real data.
    """
    require_name(name, longest=NAME_LENGTH, field="dataset", whose="A dataset's name")
    dataset, is_new = Dataset.objects.get_or_create(
        name=name, defaults={"is_demonstration": is_demonstration}
    )
    if is_demonstration and not is_new and not dataset.is_demonstration:
        raise ImportRefused(
            f"The dataset “{name}” is no demonstration; a demonstration goes into a dataset of its own.",
            code="not_a_demonstration",
            field="dataset",
        )
    return dataset


class QuestionStore:
    """Gets or makes the questions of one dataset, chunk by chunk, and counts what did not agree."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.created = 0
        self.filled = 0
        self.conflicts: Counter[str] = Counter()

    def resolve(self, drafts: Sequence[QuestionDraft]) -> list[Question]:
        """The stored questions of the drafts, in their order; at most a few queries, however many drafts."""
        stored = self.dataset.questions.filter(key__in={draft.key for draft in drafts})
        questions = {question.key: question for question in stored}
        missing = {draft.key: draft for draft in drafts if draft.key not in questions}
        created = Question.objects.bulk_create([self._made(draft) for draft in missing.values()])
        self.created += len(created)
        questions |= {question.key: question for question in created}
        changed = {draft.key for draft in drafts if self._complete(questions[draft.key], draft)}
        if changed:
            Question.objects.bulk_update([questions[key] for key in changed], FIELDS)
            self.filled += len(changed)
        return [questions[draft.key] for draft in drafts]

    def _made(self, draft: QuestionDraft) -> Question:
        return Question(
            dataset=self.dataset,
            key=draft.key,
            text=draft.text,
            options=list(draft.options),
            gold_option=draft.gold_option,
            source=draft.source,
            category=draft.category,
            external_id=draft.external_id,
        )

    def _complete(self, question: Question, draft: QuestionDraft) -> bool:
        """Fill the blanks of a question from a draft; whether anything changed. The first value stays."""
        is_changed = False
        for field in FIELDS:
            old, new = getattr(question, field), getattr(draft, field)
            if new and not old:
                setattr(question, field, new)
                is_changed = True
            elif new and new != old:
                self.conflicts[field] += 1
        return is_changed

    def warnings(self) -> list[str]:
        """What did not agree with the questions that were there, in words."""
        return [
            f"{count} {'row has' if count == 1 else 'rows have'} another {field.replace('_', ' ')} than the "
            f"question has in the dataset “{self.dataset.name}”; the dataset's was kept."
            for field, count in self.conflicts.items()
        ]
