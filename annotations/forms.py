"""Forms of labelling."""

from typing import Any

from django import forms
from django.contrib.auth.models import User

from annotations.models.campaign import Sampling
from annotations.services.labels import COMMENT_LENGTH
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


class LabelForm(forms.Form):
    """What an annotator submits for a task."""

    score = forms.TypedChoiceField(
        choices=[(score, str(score)) for score in SCALE],
        coerce=int,
        error_messages={"required": "Choose a score from 1 to 5 first."},
    )
    comment = forms.CharField(
        required=False, strip=False, max_length=COMMENT_LENGTH, widget=forms.Textarea(attrs={"rows": 3})
    )
    submission_key = forms.UUIDField(widget=forms.HiddenInput)

    def clean_comment(self) -> str:
        # A browser sends CR LF for what was typed as a line feed.
        return str(self.cleaned_data["comment"]).replace("\r\n", "\n")


class DraftForm(forms.Form):
    """What an annotator has entered so far."""

    score = forms.TypedChoiceField(
        choices=[(score, str(score)) for score in SCALE], coerce=int, required=False, empty_value=None
    )
    comment = forms.CharField(required=False, strip=False, max_length=COMMENT_LENGTH)
    version = forms.IntegerField(min_value=0)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        cleaned["comment"] = str(cleaned.get("comment", "")).replace("\r\n", "\n")
        return cleaned
