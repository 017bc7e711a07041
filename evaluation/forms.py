"""Forms of the evaluation's pages."""

from decimal import Decimal

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat

from evaluation.models import Catalogue, Dataset, Endpoint, Judge
from evaluation.models.endpoint import JudgeOrigin, Provider
from evaluation.models.run import Method, Setting
from evaluation.services.launching import BatchSpec
from evaluation.stages.plan import RunOptions


class RecordedRunForm(forms.Form):
    """A recorded run to import, and what the file itself does not say of it."""

    file = forms.FileField(label="CSV file", help_text="One row an item, as the PERG study records its runs.")
    model = forms.CharField(
        max_length=200, help_text="The model that wrote the responses, e.g. mixtral-8x7b."
    )
    method = forms.ChoiceField(choices=Method.choices)
    setting = forms.ChoiceField(choices=Setting.choices)
    name = forms.CharField(
        max_length=300, required=False, help_text="Left empty, one is made up from the above."
    )
    catalogue = forms.ModelChoiceField(
        Catalogue.objects.all(), required=False, help_text="Gives the preferences their categories."
    )
    judge = forms.CharField(
        max_length=180, required=False, help_text="Who gave the ratings in the file, if there are any."
    )
    strict = forms.BooleanField(required=False, label="Refuse the file if any row is rejected")

    def clean_file(self) -> UploadedFile[bytes]:
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if file.size is not None and file.size > settings.UPLOAD_MAX_BYTES:
            raise forms.ValidationError(
                f"The file has {filesizeformat(file.size)}; at most "
                f"{filesizeformat(settings.UPLOAD_MAX_BYTES)} can be uploaded. "
                "Use the command import_recorded_run for larger ones."
            )
        return file


SMALLEST_BUDGET = Decimal("0.0001")
"""The least that the money columns can hold; a budget of nothing is no budget."""

CALLABLE = Endpoint.objects.exclude(provider__in=[Provider.RECORDED, Provider.HEURISTIC])
ANSWERING = Endpoint.objects.exclude(provider=Provider.HEURISTIC)


class LaunchForm(forms.Form):
    """A batch to launch: every model by every method in every setting."""

    name = forms.CharField(max_length=150, help_text="Its runs are named after it.")
    dataset = forms.ModelChoiceField(Dataset.objects.all())
    catalogue = forms.ModelChoiceField(
        Catalogue.objects.all(), help_text="Where the preferences come from that the models are told."
    )
    models = forms.ModelMultipleChoiceField(CALLABLE, widget=forms.CheckboxSelectMultiple)
    methods = forms.MultipleChoiceField(choices=Method.choices, widget=forms.CheckboxSelectMultiple)
    settings = forms.MultipleChoiceField(choices=Setting.choices, widget=forms.CheckboxSelectMultiple)
    judges = forms.ModelMultipleChoiceField(
        Judge.objects.exclude(origin=JudgeOrigin.IMPORTED),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="They rate every run but those in the setting “irrelevant”, where nothing is to be followed.",
    )
    aligner = forms.ModelChoiceField(
        CALLABLE,
        required=False,
        help_text="Edits the answers in Pref-Aligner; left empty, the model itself does.",
    )
    extractor = forms.ModelChoiceField(
        CALLABLE, required=False, help_text="Asked for the chosen option only where the rules find none."
    )
    sample_size = forms.IntegerField(
        min_value=1,
        required=False,
        label="Questions to draw",
        help_text="Left empty, all of the dataset.",
    )
    seed = forms.IntegerField(
        min_value=0, initial=0, help_text="The same seed draws the same questions and preferences."
    )
    temperature = forms.FloatField(
        min_value=0,
        max_value=2,
        initial=0,
        required=False,
        help_text="Left empty, the provider's own; some models take no other.",
    )
    max_tokens = forms.IntegerField(
        min_value=1, max_value=100_000, initial=1024, label="Longest reply", help_text="Tokens."
    )
    irrelevant_count = forms.IntegerField(
        min_value=1,
        max_value=50,
        initial=4,
        label="Irrelevant preferences",
        help_text="Told with each question in mixed and irrelevant.",
    )
    relevant_position = forms.IntegerField(
        min_value=1,
        required=False,
        label="Place of the relevant one",
        help_text="In mixed, from 1; left empty, the middle.",
    )
    icl_examples = forms.IntegerField(
        min_value=1,
        max_value=20,
        initial=3,
        label="In-context examples",
        help_text="Solved questions shown by that method.",
    )
    money_budget = forms.DecimalField(
        min_value=SMALLEST_BUDGET,
        max_digits=12,
        decimal_places=4,
        required=False,
        help_text="US dollars for each run; left empty, no limit.",
    )
    call_budget = forms.IntegerField(
        min_value=1, required=False, help_text="Calls for each run; left empty, no limit."
    )

    def spec(self) -> BatchSpec:
        """The batch that a valid form describes."""
        fields = dict(self.cleaned_data)
        options = RunOptions(**{name: fields.pop(name) for name in RunOptions.model_fields})
        return BatchSpec(**fields, options=options)


class BudgetForm(forms.Form):
    """What a run may spend; an empty field is no limit."""

    money_budget = forms.DecimalField(
        min_value=SMALLEST_BUDGET,
        max_digits=12,
        decimal_places=4,
        required=False,
        help_text="US dollars; left empty, no limit.",
    )
    call_budget = forms.IntegerField(min_value=1, required=False, help_text="Left empty, no limit.")
