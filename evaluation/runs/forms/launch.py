"""The form that launches a batch."""

from django import forms

from evaluation.endpoints.selectors import answering_endpoints
from evaluation.models import Catalogue, Dataset, Endpoint, Judge
from evaluation.models.endpoint import JudgeOrigin, Provider
from evaluation.models.run import Method, Setting
from evaluation.runs.forms.runs import SMALLEST_BUDGET
from evaluation.runs.services.launching import BatchSpec
from evaluation.stages.plan import RunOptions

CALLABLE = Endpoint.objects.exclude(provider__in=[Provider.RECORDED, Provider.HEURISTIC])


class LaunchForm(forms.Form):
    """A batch to launch: every model by every method in every setting."""

    name = forms.CharField(max_length=150, help_text="Its runs are named after the batch.")
    dataset = forms.ModelChoiceField(Dataset.objects.all())
    catalogue = forms.ModelChoiceField(
        Catalogue.objects.all(), help_text="The source of the preferences given to the models."
    )
    models = forms.ModelMultipleChoiceField(
        answering_endpoints(),
        widget=forms.CheckboxSelectMultiple,
        help_text="A recorded model replays the answers of its imported runs, at no cost.",
    )
    methods = forms.MultipleChoiceField(choices=Method.choices, widget=forms.CheckboxSelectMultiple)
    settings = forms.MultipleChoiceField(choices=Setting.choices, widget=forms.CheckboxSelectMultiple)
    judges = forms.ModelMultipleChoiceField(
        Judge.objects.exclude(origin=JudgeOrigin.IMPORTED),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Judges rate all runs except those in the setting “irrelevant”, which have no preference "
        "to follow.",
    )
    aligner = forms.ModelChoiceField(
        CALLABLE,
        required=False,
        help_text="Edits the answers in Pref-Aligner. If empty, the model edits its own answers.",
    )
    extractor = forms.ModelChoiceField(
        CALLABLE, required=False, help_text="Called to identify the chosen option only if the rules cannot."
    )
    sample_size = forms.IntegerField(
        min_value=1,
        required=False,
        label="Number of questions",
        help_text="Drawn at random. If empty, the whole dataset is used.",
    )
    seed = forms.IntegerField(
        min_value=0, initial=0, help_text="The same seed draws the same questions and preferences."
    )
    temperature = forms.FloatField(
        min_value=0,
        max_value=2,
        initial=0,
        required=False,
        help_text="If empty, the provider's default. Some models accept no other value.",
    )
    max_tokens = forms.IntegerField(
        min_value=1,
        max_value=100_000,
        initial=1024,
        label="Max. tokens",
        help_text="Maximum length of a reply.",
    )
    irrelevant_count = forms.IntegerField(
        min_value=1,
        max_value=50,
        initial=4,
        label="Irrelevant preferences",
        help_text="Number given with each question in the settings mixed and irrelevant.",
    )
    relevant_position = forms.IntegerField(
        min_value=1,
        required=False,
        label="Position of the relevant preference",
        help_text="In the setting mixed, counted from 1. If empty, the middle.",
    )
    icl_examples = forms.IntegerField(
        min_value=1,
        max_value=20,
        initial=3,
        label="In-context examples",
        help_text="Number of solved questions shown by the in-context method.",
    )
    money_budget = forms.DecimalField(
        min_value=SMALLEST_BUDGET,
        max_digits=12,
        decimal_places=4,
        required=False,
        help_text="In US dollars, for each run. If empty, there is no limit.",
    )
    call_budget = forms.IntegerField(
        min_value=1,
        required=False,
        help_text="Maximum number of calls for each run. If empty, there is no limit.",
    )

    def spec(self) -> BatchSpec:
        """The batch that a valid form describes."""
        fields = dict(self.cleaned_data)
        options = RunOptions(**{name: fields.pop(name) for name in RunOptions.model_fields})
        return BatchSpec(**fields, options=options)


def only_choices() -> dict[str, object]:
    """Dataset and catalogue, where there is only one: nobody has to choose it."""
    only: dict[str, object] = {}
    for name, known in (("dataset", Dataset.objects.all()), ("catalogue", Catalogue.objects.all())):
        keys = list(known.values_list("pk", flat=True)[:2])
        if len(keys) == 1:
            only[name] = keys[0]
    return only
