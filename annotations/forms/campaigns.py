"""Forms of those who lead campaigns."""

from django import forms
from django.contrib.auth.models import User

from annotations.models.campaign import Sampling
from evaluation.models import Rubric, Run
from evaluation.models.endpoint import DEFAULT_THRESHOLD, SCALE
from evaluation.models.run import Setting


class RunsField(forms.ModelMultipleChoiceField[Run]):
    """Runs to choose from; demonstration data is named as such here, too."""

    def label_from_instance(self, run: Run) -> str:
        return f"{run} (demonstration data)" if run.is_demonstration else str(run)


class CampaignForm(forms.Form):
    """A new campaign; the fields are the arguments of `create_campaign`."""

    name = forms.CharField(max_length=200)
    runs = RunsField(
        Run.objects.exclude(setting=Setting.IRRELEVANT),
        help_text="People rate a sample of their personalised responses.",
        widget=forms.CheckboxSelectMultiple,
    )
    rubric = forms.ModelChoiceField(Rubric.objects.all())
    sampling = forms.ChoiceField(choices=Sampling.choices, initial=Sampling.RANDOM)
    sample_size = forms.IntegerField(min_value=1, initial=100, help_text="Responses to label.")
    overlap = forms.IntegerField(
        min_value=1,
        max_value=26,
        initial=2,
        help_text="Labels wanted for each response, by different people.",
    )
    threshold = forms.TypedChoiceField(
        choices=[(score, f"{score} or more") for score in SCALE],
        coerce=int,
        initial=DEFAULT_THRESHOLD,
        help_text="The score from which a preference counts as followed.",
    )
    annotators = forms.ModelMultipleChoiceField(
        User.objects.filter(is_active=True).order_by("username"), widget=forms.CheckboxSelectMultiple
    )
    leads = forms.ModelMultipleChoiceField(
        User.objects.filter(is_active=True).order_by("username"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="See progress, agreement and gold. They may label, too.",
    )
    guidelines = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 6}), help_text="Markdown, shown to annotators."
    )
    seed = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=2**31 - 1,
        help_text="Of the sample; left empty, one is drawn and kept.",
    )
