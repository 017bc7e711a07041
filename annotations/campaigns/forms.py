"""Forms of those who lead campaigns."""

from typing import Any

from django import forms

from annotations.campaigns.selectors.new_campaigns import (
    people_to_ask,
    responses_to_rate,
    rubrics_to_rate_by,
    runs_to_sample,
)
from annotations.campaigns.services.campaign_makers import rubric_at_first
from annotations.campaigns.services.guidelines import GUIDELINES_LENGTH
from annotations.models import Campaign
from annotations.models.campaign import Disagreement, Role, Sampling
from core.models import User
from evaluation.models import Rubric, Run
from evaluation.models.endpoint import DEFAULT_THRESHOLD, SCALE
from perg.stats.raters.quality import DEFAULT_LOWEST_AGREEMENT, DEFAULT_LOWEST_CONTROL_ACCURACY

MOST_LABELS = 26
DEFAULT_SHARE = 0.5
DEFAULT_MINUTES = 15
LEADS_HELP = {
    "runs": "Those of the campaigns that you lead. People rate a sample of their personalised responses, drawn anew.",
    "annotators": "Those who are in campaigns that you lead. Others are invited, or added by their user names, once "
    "the campaign is there.",
    "leads": "Besides you: who makes a campaign leads it. Leads see progress, agreement and gold, and adjudicate. They "
    "may label, too, but do not adjudicate what they have labelled.",
}
"""What the form says to a lead, who chooses from less than staff."""


class RunsField(forms.ModelMultipleChoiceField[Run]):
    """Runs to choose from; demonstration data is named as such here, too."""

    def label_from_instance(self, run: Run) -> str:
        return f"{run} (demonstration data)" if run.is_demonstration else str(run)


class PercentField(forms.FloatField):
    """A share, entered in per cent."""

    def __init__(self, *, least: float = 0, initial: float | None = None, **options: Any) -> None:
        super().__init__(
            min_value=least * 100,
            max_value=100,
            required=False,
            initial=None if initial is None else round(initial * 100, 6),
            **options,
        )
        self.widget.attrs["step"] = "any"

    def prepare_value(self, value: Any) -> Any:
        return value

    def clean(self, value: Any) -> float | None:
        percent = super().clean(value)
        return None if percent is None else percent / 100


class QualityFields(forms.Form):
    """What may be set at the start and changed while people label."""

    labels_per_person = forms.IntegerField(
        required=False, min_value=1, help_text="Most labels that one person makes; left empty, no limit."
    )
    minimum_seconds = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=3600,
        label="Shortest plausible time, in seconds",
        help_text="A label made in less counts as implausibly fast in the view of quality; it keeps its vote.",
    )
    control_every = forms.IntegerField(
        required=False,
        min_value=2,
        max_value=1000,
        label="Control items: one task in",
        help_text="Of a person's tasks, one in so many has a known score, and nobody can tell which. The items are "
        "added on the campaign's page. Left empty, none.",
    )
    lowest_control_accuracy = PercentField(
        label="Pause below, on control items (%)",
        help_text="Who is surely below it on the control items gets no more tasks until a lead says so.",
    )
    lowest_agreement = forms.FloatField(
        required=False,
        min_value=-1,
        max_value=1,
        label="Pause below, in agreement with the rest",
        help_text="From −1 to 1, where 0 is chance. Who is surely below it gets no more tasks until a lead says so.",
        widget=forms.NumberInput(attrs={"step": "any"}),
    )
    reveals_judges = forms.BooleanField(
        required=False,
        label="Judges' scores may be shown to adjudicators",
        help_text="Only after their own decision; one that they make afterwards is marked so.",
    )
    lease_minutes = forms.IntegerField(
        min_value=1,
        max_value=24 * 60,
        initial=DEFAULT_MINUTES,
        label="Minutes that a task is kept for a person",
        help_text="Counted from when their page was last heard of. After that, others may get it.",
    )

    def changes(self) -> dict[str, Any]:
        """The cleaned values by the names that services know."""
        values = dict(self.cleaned_data)
        values["lease_seconds"] = 60 * values.pop("lease_minutes")
        return values


USUAL_SAMPLE = 100


class CampaignForm(QualityFields):
    """A new campaign, of what its maker may choose; `arguments` are those of `create_campaign`.

    Only name, runs and people have no default.
    """

    name = forms.CharField(max_length=200)
    runs = RunsField(
        Run.objects.none(),
        help_text="People rate a sample of their personalised responses.",
        widget=forms.CheckboxSelectMultiple,
    )
    sample_size = forms.IntegerField(min_value=1, initial=USUAL_SAMPLE, help_text="Responses to label.")
    sampling = forms.ChoiceField(choices=Sampling.choices, initial=Sampling.RANDOM)
    enriched_share = PercentField(
        initial=DEFAULT_SHARE,
        least=0.01,
        label="Share where judges disagree (%)",
        help_text="For the enriched sample only.",
    )
    seed = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=2**31 - 1,
        help_text="Of the sample; left empty, one is drawn and kept.",
    )
    annotators = forms.ModelMultipleChoiceField(
        User.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        help_text="Those without an account are invited on the campaign's page of people, once it is there; if nobody "
        "has one yet, choose yourself.",
    )
    leads = forms.ModelMultipleChoiceField(
        User.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="See progress, agreement and gold, and adjudicate. They may label, too, but do not adjudicate what "
        "they have labelled.",
    )
    rubric = forms.ModelChoiceField(Rubric.objects.none(), empty_label=None)
    threshold = forms.TypedChoiceField(
        choices=[(score, f"{score} or more") for score in SCALE],
        coerce=int,
        initial=DEFAULT_THRESHOLD,
        help_text="The score from which a preference counts as followed.",
    )
    asks_correctness = forms.BooleanField(
        required=False, label="Ask, too, whether the personalised response's answer is right"
    )
    guidelines = forms.CharField(
        required=False,
        strip=True,
        max_length=GUIDELINES_LENGTH,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="Markdown, shown to annotators: what to look at, what to ignore, examples of hard cases. You can "
        "change them later; labels keep the version that they were made by.",
    )
    overlap = forms.IntegerField(
        min_value=1,
        max_value=MOST_LABELS,
        initial=2,
        label="Labels at first",
        help_text="Wanted for each response, by different people.",
    )
    max_overlap = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_LABELS,
        label="Labels at most",
        help_text="While people disagree on a response, one more is asked for at a time; then a lead decides. Left "
        "empty: one more than at first, if there are people enough.",
    )
    disagreement = forms.ChoiceField(
        choices=Disagreement.choices, initial=Disagreement.EITHER, label="People disagree where"
    )
    disagreement_range = forms.IntegerField(
        min_value=1, max_value=SCALE[-1] - SCALE[0], initial=2, label="Far apart means by at least"
    )
    pass_mark = PercentField(
        least=0.01,
        label="Qualification: share to get right (%)",
        help_text="Left empty, nobody has to qualify. The round's items are added on the campaign's page.",
    )
    qualification_attempts = forms.IntegerField(
        min_value=1, max_value=100, initial=3, label="Attempts at the qualification"
    )

    def __init__(self, *args: Any, maker: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.maker = maker
        # Before the choices, which it may add to.
        self.fields["rubric"].initial = rubric_at_first(maker)
        for name, choices in {
            "runs": runs_to_sample(maker),
            "annotators": people_to_ask(maker),
            "leads": people_to_ask(maker) if maker.is_staff else people_to_ask(maker).exclude(pk=maker.pk),
            "rubric": rubrics_to_rate_by(maker),
        }.items():
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = choices
        if not maker.is_staff:
            for name, text in LEADS_HELP.items():
                self.fields[name].help_text = text
        if chosen := self.initial.get("runs"):
            runs = self.fields["runs"].queryset.filter(pk__in=chosen)  # type: ignore[attr-defined] # as above
            # The address may name none that there are: then the form asks for runs first.
            self.fields["sample_size"].initial = min(USUAL_SAMPLE, responses_to_rate(runs)) or USUAL_SAMPLE
        self.fields["lowest_control_accuracy"].initial = round(DEFAULT_LOWEST_CONTROL_ACCURACY * 100, 6)
        self.fields["lowest_agreement"].initial = DEFAULT_LOWEST_AGREEMENT

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("sampling") != Sampling.ENRICHED:
            cleaned["enriched_share"] = None
        elif cleaned.get("enriched_share") is None and "enriched_share" not in self.errors:
            cleaned["enriched_share"] = DEFAULT_SHARE
        elif cleaned.get("enriched_share") == 1:
            self.add_error(
                "enriched_share", "Some of the sample has to come from the rest, or it says nothing of it."
            )
        overlap = cleaned.get("overlap")
        if overlap is not None and cleaned.get("max_overlap") is None and "max_overlap" not in self.errors:
            in_it = {*cleaned.get("annotators", ()), *cleaned.get("leads", ())}
            if not self.maker.is_staff:
                in_it.add(self.maker)
            cleaned["max_overlap"] = max(overlap, min(overlap + 1, len(in_it)))
        return cleaned

    def arguments(self) -> dict[str, Any]:
        """The cleaned values as arguments of `create_campaign`."""
        return self.changes()


class SettingsForm(QualityFields):
    """What is harmless to change while people label."""

    max_overlap = forms.IntegerField(
        min_value=1,
        max_value=MOST_LABELS,
        label="Labels at most",
        help_text="May only rise. What waits for adjudication then asks people for one more label first.",
    )

    def __init__(self, data: Any = None, *, campaign: Campaign) -> None:
        initial = {
            name: getattr(campaign, name)
            for name in (*QualityFields.base_fields, "max_overlap")
            if name != "lease_minutes"
        }
        if campaign.lowest_control_accuracy is not None:
            initial["lowest_control_accuracy"] = round(campaign.lowest_control_accuracy * 100, 6)
        initial["lease_minutes"] = max(1, round(campaign.lease_seconds / 60))
        super().__init__(data, initial=initial)


class MembersForm(forms.Form):
    """People who have an account, to bring into a campaign. A lead does not get to see who else has one."""

    usernames = forms.CharField(
        label="User names", help_text="Of people who have an account, with spaces or commas between them."
    )
    role = forms.ChoiceField(choices=Role.choices, initial=Role.ANNOTATOR)

    def clean_usernames(self) -> list[User]:
        names = set(self.cleaned_data["usernames"].replace(",", " ").split())
        found = list(User.objects.filter(username__in=names, is_active=True))
        unknown = sorted(names - {user.username for user in found})
        if unknown:
            raise forms.ValidationError(f"Nobody has an account named {', '.join(unknown)}.")
        if not found:
            raise forms.ValidationError("Name at least one person.")
        return found


class GuidelinesForm(forms.Form):
    """A new version of the guidelines; `based_on` is the one that was edited."""

    text = forms.CharField(
        required=False,
        strip=True,
        max_length=GUIDELINES_LENGTH,
        widget=forms.Textarea(attrs={"rows": 16}),
        label="Guidelines",
        help_text="Markdown: <code>**bold**</code>, <code>- item</code>, <code>## heading</code>.",
    )
    based_on = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def clean_text(self) -> str:
        # A browser sends CR LF for what was typed as a line feed.
        return str(self.cleaned_data["text"]).replace("\r\n", "\n")
