"""Catalogues of preferences."""

from typing import Any

from rest_framework import serializers

from core.api.dataclass_serializer import DataclassSerializer
from core.api.queries import LARGEST_INTEGER, ListQuery, Query
from core.api.strict import StrictSerializer
from evaluation.library.selectors.catalogues import CatalogueChanges, ChangedPreference
from evaluation.models import Catalogue, Preference
from evaluation.models.dataset import PreferenceCategory, PreferenceKind


class CatalogueSerializer(serializers.ModelSerializer[Catalogue]):
    """A version of a list of preferences."""

    class Meta:
        model = Catalogue
        fields = ["id", "name", "version", "is_demonstration", "created_at"]
        read_only_fields = fields


class PreferenceSerializer(serializers.ModelSerializer[Preference]):
    """One sentence on what a user likes."""

    class Meta:
        model = Preference
        fields = ["id", "catalogue", "text", "category", "kind"]
        read_only_fields = fields


class PreferenceQuery(ListQuery):
    """Filters of the preferences of a catalogue."""

    category = serializers.ChoiceField(PreferenceCategory.choices, required=False)
    kind = serializers.ChoiceField(PreferenceKind.choices, required=False)
    search = serializers.CharField(required=False, max_length=200, help_text="A part of the text.")


class SinceQuery(Query):
    """With which version of a catalogue another is compared."""

    since = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=LARGEST_INTEGER,
        help_text="The number of a version; the one before, if it is not named.",
    )


class CatalogueFileSerializer(StrictSerializer[Any]):
    """A file of preferences; other content than that of a version that there is becomes the next version."""

    file = serializers.FileField(help_text="CSV with the columns text, category, kind.")
    name = serializers.CharField(max_length=200)


class ChangedPreferenceSerializer(serializers.Serializer[ChangedPreference]):
    """The same text, of another category or kind."""

    before = PreferenceSerializer()
    after = PreferenceSerializer()


class CatalogueChangesSerializer(DataclassSerializer[CatalogueChanges]):
    """How a version differs from another one, `since`: the version's number. `same` preferences are as they were."""

    dataclass = CatalogueChanges
    added = PreferenceSerializer(many=True)
    removed = PreferenceSerializer(many=True)
    changed = ChangedPreferenceSerializer(many=True)
