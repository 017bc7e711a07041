"""Preferences of files into catalogues: matched by their exact text, made where they are new."""

import re
from collections.abc import Collection, Sequence

from core.errors import NotFound
from evaluation.models import Catalogue, Preference
from evaluation.models.dataset import PreferenceCategory, PreferenceKind

RECORDED_CATALOGUE = "Recorded preferences"


def catalogue_called(name: str) -> Catalogue:
    """The newest version of a catalogue, or the version that `NAME v2` asks for. Raises `NotFound`."""
    newest = Catalogue.objects.filter(name=name).order_by("-version").first()
    if newest is not None:
        return newest
    match = re.fullmatch(r"(.+) v(\d{1,9})", name)
    if match:
        exact = Catalogue.objects.filter(name=match.group(1), version=int(match.group(2))).first()
        if exact is not None:
            return exact
    names = ", ".join(str(catalogue) for catalogue in Catalogue.objects.all()[:20]) or "none"
    raise NotFound(f"There is no catalogue “{name}”. There are: {names}.", field="catalogue")


class PreferenceStore:
    """Gets the preferences of one import from a catalogue, if one is named, or else from one that it may extend."""

    def __init__(
        self, catalogue: Catalogue | None, *, kind: PreferenceKind, fallback: str = RECORDED_CATALOGUE
    ) -> None:
        self._catalogue = catalogue
        self._kind = kind
        self._fallback_name = fallback
        self._fallback: Catalogue | None = None
        self._elsewhere = 0
        self._examples: list[str] = []

    @property
    def fallback(self) -> Catalogue:
        if self._fallback is None:
            newest = Catalogue.objects.filter(name=self._fallback_name).order_by("-version").first()
            self._fallback = newest or Catalogue.objects.create(name=self._fallback_name, version=1)
        return self._fallback

    def resolve(self, texts: Sequence[str]) -> dict[str, Preference]:
        """Text → stored preference, for all the texts (one for each use, as uses are counted)."""
        distinct = dict.fromkeys(texts)
        preferences = self._existing(self._catalogue, distinct) if self._catalogue else {}
        elsewhere = [text for text in distinct if text not in preferences]
        if self._catalogue:
            self._elsewhere += sum(text not in preferences for text in texts)
            self._examples = (self._examples + [text for text in elsewhere if text not in self._examples])[:3]
        if elsewhere:
            preferences |= self._from_fallback(elsewhere)
        return preferences

    def _from_fallback(self, texts: Sequence[str]) -> dict[str, Preference]:
        preferences = self._existing(self.fallback, texts)
        created = Preference.objects.bulk_create(
            Preference(catalogue=self.fallback, text=text, category=PreferenceCategory.OTHER, kind=self._kind)
            for text in texts
            if text not in preferences
        )
        return preferences | {preference.text: preference for preference in created}

    def _existing(self, catalogue: Catalogue, texts: Collection[str]) -> dict[str, Preference]:
        return {
            preference.text: preference for preference in catalogue.preferences.filter(text__in=list(texts))
        }

    def warnings(self) -> list[str]:
        """What the named catalogue did not have, in words."""
        if not self._elsewhere:
            return []
        examples = "; ".join(f"“{text[:80]}”" for text in self._examples)
        return [
            f"{self._elsewhere} preferences are not in the catalogue {self._catalogue} and were taken into "
            f"“{self._fallback_name}”, such as {examples}."
        ]
