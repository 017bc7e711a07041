"""Forms of rubrics and judges, and of trying a judge out."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from evaluation.judges.services.judges import MAX_NAME as JUDGE_NAME
from evaluation.judges.services.judges import MAX_REPLICATES
from evaluation.judges.services.rubrics import MAX_ANCHOR, MAX_INSTRUCTIONS, MAX_NAME
from evaluation.models import Endpoint, Rubric, Run
from evaluation.models.endpoint import DEFAULT_THRESHOLD, SCALE, Provider
from evaluation.stages.judge import MAX_TOKENS, JudgeInput


class RubricForm(forms.Form):
    """What judges and people rate by: instructions, and an anchor for each score."""

    instructions = forms.CharField(
        max_length=MAX_INSTRUCTIONS, widget=forms.Textarea(attrs={"rows": 8}), help_text="Markdown."
    )

    def __init__(self, data: object = None, *, showing: Rubric | None = None) -> None:
        initial: dict[str, object] = {}
        if showing is not None:
            initial = {"instructions": showing.instructions}
            initial |= {f"anchor_{score}": anchor for score, anchor in showing.scale}
        super().__init__(data, initial=initial)  # type: ignore[arg-type] # a QueryDict
        for score in SCALE:
            self.fields[f"anchor_{score}"] = forms.CharField(
                max_length=MAX_ANCHOR, label=f"What {score} means"
            )

    def words(self) -> dict[str, Any]:
        """The instructions of a valid form, its anchors from 1 on, and its name where it has one."""
        # Any: texts, and the list of anchors
        anchors = [self.cleaned_data[f"anchor_{score}"] for score in SCALE]
        texts = {name: self.cleaned_data[name] for name in ("name", "instructions") if name in self.fields}
        return texts | {"anchors": anchors}


class NewRubricForm(RubricForm):
    """A rubric that there is not yet."""

    name = forms.CharField(max_length=MAX_NAME)
    field_order = ["name", "instructions"]


class JudgeForm(forms.Form):
    """A judge to make; the fields are those of `JudgeSpec`."""

    name = forms.CharField(max_length=JUDGE_NAME)
    endpoint = forms.ModelChoiceField(Endpoint.objects.exclude(provider=Provider.RECORDED))
    rubric = forms.ModelChoiceField(Rubric.objects.all())
    threshold = forms.IntegerField(
        min_value=SCALE[0],
        max_value=SCALE[-1],
        initial=DEFAULT_THRESHOLD,
        help_text="The lowest score that counts as followed.",
    )
    replicates = forms.IntegerField(
        min_value=1,
        max_value=MAX_REPLICATES,
        initial=1,
        help_text="Number of ratings per response. With more than one, the judge's self-consistency can be "
        "measured.",
    )
    temperature = forms.FloatField(
        min_value=0,
        max_value=2,
        required=False,
        help_text="If empty, 0 for the first rating and 1 for further ratings.",
    )
    max_tokens = forms.IntegerField(
        min_value=1,
        max_value=100_000,
        initial=MAX_TOKENS,
        label="Max. tokens",
        help_text="Maximum length of a reply. Reasoning models need more.",
    )


class ItemChoiceForm(forms.Form):
    """An item of a run, by its place."""

    run = forms.ModelChoiceField(Run.objects.none(), label="Run")
    position = forms.IntegerField(min_value=1, initial=1, label="Item number")


class TrialForm(forms.Form):
    """What a judge is shown in a trial."""

    question = forms.CharField(max_length=20_000, widget=forms.Textarea(attrs={"rows": 3}))
    options = forms.CharField(
        max_length=20_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="One option per line, without letters.",
    )
    preference = forms.CharField(max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))
    baseline = forms.CharField(
        max_length=100_000,
        required=False,
        label="Baseline response",
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    personalised = forms.CharField(
        max_length=100_000, label="Personalised response", widget=forms.Textarea(attrs={"rows": 5})
    )

    @classmethod
    def showing(cls, shown: JudgeInput) -> "TrialForm":
        return cls(
            initial={
                "question": shown.question,
                "options": "\n".join(shown.options),
                "preference": shown.preference,
                "baseline": shown.baseline,
                "personalised": shown.personalised,
            }
        )

    def clean(self) -> dict[str, object]:
        cleaned: dict[str, object] = super().clean() or {}
        if any("\0" in str(value) for value in cleaned.values()):
            raise ValidationError("The text contains a null byte, which cannot be stored.")
        return cleaned

    def shown(self) -> JudgeInput:
        """What a valid form has the judge see."""
        fields = dict(self.cleaned_data)
        options = tuple(line.strip() for line in str(fields.pop("options")).splitlines() if line.strip())
        return JudgeInput(options=options, **fields)
