"""Which question gets which relevant preference: the file's own, or a catalogue's in turn."""

from collections.abc import Sequence

from evaluation.importers.preference_store import PreferenceStore
from evaluation.importers.report import ImportRefused
from evaluation.models import Catalogue, Dataset, Preference, PreferenceAssignment, Question
from evaluation.models.dataset import PreferenceKind

Asked = Sequence[tuple[Question, str]]
"""Questions in the order of the file, each with the preference that the file has for it, or an empty text."""


class RoundRobin:
    """Assigns a catalogue's relevant preferences in turn, within each source, in the order of the file."""

    def __init__(self, dataset: Dataset, catalogue: Catalogue) -> None:
        """Raises `ImportRefused`: `no_preferences`, if the catalogue has no relevant one."""
        self.catalogue = catalogue
        self.created = 0
        self._dataset = dataset
        self._preferences = list(catalogue.preferences.filter(kind=PreferenceKind.RELEVANT).order_by("pk"))
        self._given: dict[str, int] = {}
        if not self._preferences:
            raise ImportRefused(
                f"The catalogue {catalogue} has no relevant preferences.",
                code="no_preferences",
                field="catalogue",
            )

    def assign(self, asked: Asked) -> None:
        """Assign to the questions that have no preference of this catalogue yet."""
        questions = {question.pk: question for question, _ in asked}
        has_one = set(
            PreferenceAssignment.objects.filter(catalogue=self.catalogue, question__in=questions).values_list(
                "question_id", flat=True
            )
        )
        # A list, not a generator: the turns are counted before anything of this chunk is written.
        new = [
            PreferenceAssignment(
                question=question, catalogue=self.catalogue, preference=self._next(question.source)
            )
            for question in questions.values()
            if question.pk not in has_one
        ]
        self.created += len(PreferenceAssignment.objects.bulk_create(new))

    def _next(self, source: str) -> Preference:
        """The next preference of a source, going on from where the last import to the dataset stopped."""
        if source not in self._given:
            self._given[source] = PreferenceAssignment.objects.filter(
                catalogue=self.catalogue, question__dataset=self._dataset, question__source=source
            ).count()
        number = self._given[source]
        self._given[source] += 1
        return self._preferences[number % len(self._preferences)]

    def warnings(self) -> list[str]:
        return []


class FromFile:
    """Assigns the preferences that the file itself has, in a catalogue named after the dataset."""

    def __init__(self, dataset: Dataset) -> None:
        self.created = 0
        self.catalogue: Catalogue | None = None
        self._store = PreferenceStore(None, kind=PreferenceKind.RELEVANT, fallback=dataset.name)
        self._conflicts = 0

    def assign(self, asked: Asked) -> None:
        """Assign where the file has a preference; a question that has another one in the catalogue keeps it."""
        asked = [(question, text) for question, text in asked if text]
        if not asked:
            return
        self.catalogue = self._store.fallback
        preferences = self._store.resolve([text for _, text in asked])
        assigned = dict(
            PreferenceAssignment.objects.filter(
                catalogue=self.catalogue, question__in={question.pk for question, _ in asked}
            ).values_list("question_id", "preference_id")
        )
        new = []
        for question, text in asked:
            wanted = preferences[text]
            if question.pk not in assigned:
                assigned[question.pk] = wanted.pk
                new.append(
                    PreferenceAssignment(question=question, catalogue=self.catalogue, preference=wanted)
                )
            elif assigned[question.pk] != wanted.pk:
                self._conflicts += 1
        self.created += len(PreferenceAssignment.objects.bulk_create(new))

    def warnings(self) -> list[str]:
        if not self._conflicts:
            return []
        return [
            f"{self._conflicts} rows have another preference than their question has in the catalogue "
            f"{self.catalogue}; the catalogue's was kept."
        ]
