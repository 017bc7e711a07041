"""Which question gets which relevant preference: the file's own, or a catalogue's in turn."""

from collections.abc import Sequence

from evaluation.importers.report import ImportRefused
from evaluation.importers.stores.preference_store import PreferenceStore
from evaluation.models import Catalogue, Dataset, Preference, PreferenceAssignment, Question
from evaluation.models.dataset import PreferenceKind

Preferred = Sequence[tuple[Question, str]]
"""Questions in the order of the file, each with the preference that the file has for it, or an empty text."""


class RoundRobin:
    """Assigns a catalogue's relevant preferences in turn, within each source, in the order of the file."""

    def __init__(self, dataset: Dataset, catalogue: Catalogue) -> None:
        """Raises `ImportRefused`: `no_preferences`, if the catalogue has no relevant one."""
        self.catalogue = catalogue
        self.created = 0
        self._dataset = dataset
        self._preferences = list(catalogue.preferences.filter(kind=PreferenceKind.RELEVANT).order_by("pk"))
        self._turns: dict[str, int] = {}
        if not self._preferences:
            raise ImportRefused(
                f"The catalogue {catalogue} has no relevant preferences.",
                code="no_preferences",
                field="catalogue",
            )

    def assign(self, preferred: Preferred) -> None:
        """Assign to the questions that have no preference of this catalogue yet."""
        questions = {question.pk: question for question, _ in preferred}
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
        if source not in self._turns:
            self._turns[source] = PreferenceAssignment.objects.filter(
                catalogue=self.catalogue, question__dataset=self._dataset, question__source=source
            ).count()
        number = self._turns[source]
        self._turns[source] += 1
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

    def assign(self, preferred: Preferred) -> None:
        """Assign where the file has a preference; a question that has another one in the catalogue keeps it."""
        preferred = [(question, text) for question, text in preferred if text]
        if not preferred:
            return
        self.catalogue = self._store.fallback
        preferences = self._store.resolve([text for _, text in preferred])
        assigned = dict(
            PreferenceAssignment.objects.filter(
                catalogue=self.catalogue, question__in={question.pk for question, _ in preferred}
            ).values_list("question_id", "preference_id")
        )
        new = []
        for question, text in preferred:
            preference = preferences[text]
            if question.pk not in assigned:
                assigned[question.pk] = preference.pk
                new.append(
                    PreferenceAssignment(question=question, catalogue=self.catalogue, preference=preference)
                )
            elif assigned[question.pk] != preference.pk:
                self._conflicts += 1
        self.created += len(PreferenceAssignment.objects.bulk_create(new))

    def warnings(self) -> list[str]:
        if not self._conflicts:
            return []
        return [
            f"{self._conflicts} rows have another preference than their question has in the catalogue "
            f"{self.catalogue}; the catalogue's was kept."
        ]
