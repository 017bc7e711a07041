"""Forms of the pages on which catalogues are built."""

from django import forms
from django.core.files.uploadedfile import UploadedFile

from core.text.uploads import within_limit
from evaluation.library.selectors.catalogues import catalogues_with_irrelevant
from evaluation.library.services.catalogue_building import MAX_NAME, MAX_SEED
from evaluation.models import Catalogue, CatalogueBuild, Dataset, Proposal
from evaluation.models.catalogue_build import MAX_PER_QUESTION
from evaluation.models.dataset import PreferenceCategory, PreferenceKind
from evaluation.runs.forms.launch import CALLABLE
from evaluation.runs.forms.runs import SMALLEST_BUDGET
from evaluation.stages.propose import MAX_TEXT


class BuildForm(forms.Form):
    """A catalogue to build; the fields are those of `BuildSpec`."""

    name = forms.CharField(
        max_length=MAX_NAME,
        label="Catalogue name",
        help_text="If a catalogue with this name exists, a new version is created.",
    )
    dataset = forms.ModelChoiceField(Dataset.objects.all())
    endpoint = forms.ModelChoiceField(CALLABLE, help_text="The model that proposes preferences.")
    sample_size = forms.IntegerField(
        min_value=1,
        initial=20,
        label="Questions",
        help_text="Number of questions to draw from the dataset. Each takes one call.",
    )
    per_question = forms.IntegerField(
        min_value=1, max_value=MAX_PER_QUESTION, initial=3, label="Proposals per question"
    )
    seed = forms.IntegerField(
        min_value=0, max_value=MAX_SEED, initial=0, help_text="The same seed draws the same questions."
    )
    money_budget = forms.DecimalField(
        min_value=SMALLEST_BUDGET,
        max_digits=12,
        decimal_places=4,
        required=False,
        help_text="In US dollars. If empty, there is no limit. Questions beyond the budget are skipped.",
    )


class BuildBudgetForm(forms.Form):
    """What a build may spend; empty is no limit."""

    money_budget = forms.DecimalField(
        min_value=SMALLEST_BUDGET,
        max_digits=12,
        decimal_places=4,
        required=False,
        help_text="In US dollars. If empty, there is no limit.",
    )


class CatalogueFileForm(forms.Form):
    """A file of preferences; the fields are arguments of `import_catalogue`."""

    file = forms.FileField(
        label="CSV file", help_text="Columns: text, category and kind. Only text is required."
    )
    name = forms.CharField(
        max_length=MAX_NAME,
        label="Catalogue name",
        help_text="If a catalogue with this name exists, a new version is created, unless the content is "
        "unchanged.",
    )

    def clean_file(self) -> UploadedFile[bytes]:
        return within_limit(self.cleaned_data["file"], command="import_catalogue")


class PreferenceSearchForm(forms.Form):
    """Words, category and kind of preferences."""

    q = forms.CharField(
        required=False, label="Search text", max_length=200, widget=forms.TextInput(attrs={"type": "search"})
    )
    category = forms.ChoiceField(required=False, choices=[("", "All"), *PreferenceCategory.choices])
    kind = forms.ChoiceField(required=False, choices=[("", "All"), *PreferenceKind.choices])


class ProposalForm(forms.Form):
    """A proposal as it is wanted in the catalogue."""

    text = forms.CharField(
        max_length=MAX_TEXT,
        label="Preference",
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": MAX_TEXT}),
    )
    category = forms.ChoiceField(choices=PreferenceCategory.choices)

    @classmethod
    def showing(cls, proposal: Proposal) -> "ProposalForm":
        """The form as it stands on the review page, with ids of its own."""
        return cls(
            initial={"text": proposal.text, "category": proposal.category},
            auto_id=f"proposal-{proposal.pk}-%s",
        )


class MergeForm(forms.Form):
    """Proposals that another one, named by its number, is to stand for."""

    into = forms.ModelChoiceField(
        Proposal.objects.none(),
        widget=forms.NumberInput,
        error_messages={
            "required": "Enter the number of the proposal to keep.",
            "invalid_choice": "There is no proposal with this number in this build.",
        },
    )
    proposals = forms.ModelMultipleChoiceField(Proposal.objects.none())

    def __init__(self, build: CatalogueBuild, data: object) -> None:
        super().__init__(data)  # type: ignore[arg-type] # a QueryDict, whatever the stubs call it
        for field in self.fields.values():
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = build.proposals.all()


class ReleaseForm(forms.Form):
    """What comes with the accepted proposals."""

    irrelevant_from = forms.ModelChoiceField(
        Catalogue.objects.none(),
        required=False,
        label="Copy irrelevant preferences from",
        help_text="All irrelevant preferences are copied. Runs in the settings “mixed” and “irrelevant” "
        "need some.",
    )

    def __init__(self, data: object = None) -> None:
        super().__init__(data)  # type: ignore[arg-type] # as above
        field = self.fields["irrelevant_from"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = catalogues_with_irrelevant()
