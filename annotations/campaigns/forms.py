"""Forms of those who lead campaigns."""

from typing import Any

from django import forms

from annotations.campaigns.selectors.items_to_label import items_left
from annotations.campaigns.selectors.new_campaigns import (
    people_to_ask,
    responses_to_rate,
    rubrics_to_rate_by,
    runs_to_sample,
)
from annotations.campaigns.services.begin_labelling import LabellingSpec
from annotations.campaigns.services.campaign_makers import rubric_at_first
from annotations.campaigns.services.campaign_spec import CampaignSpec
from annotations.campaigns.services.guidelines import GUIDELINES_LENGTH
from annotations.campaigns.services.sampling import DEFAULT_SHARE
from annotations.labelling.selectors.questions import askable_criteria
from annotations.models import Campaign
from annotations.models.campaign import Disagreement, Role, Sampling
from core.models import User
from evaluation.models import Rubric, Run
from evaluation.models.endpoint import SCALE
from perg.stats.raters.quality import DEFAULT_LOWEST_AGREEMENT, DEFAULT_LOWEST_CONTROL_ACCURACY

MOST_LABELS = 26
LEADS_HELP = {
    "runs": "Runs of the campaigns you lead. Annotators rate a new sample of their personalised responses.",
    "annotators": "People in the campaigns you lead. After you create the campaign, you can invite others "
    "or add them by username.",
    "leads": "Additional leads; you lead every campaign you create. Leads see progress, agreement and "
    "gold, and adjudicate. They can also label, but cannot adjudicate tasks they labelled.",
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
        required=False,
        min_value=1,
        help_text="Maximum number of labels per person. If empty, there is no limit.",
    )
    minimum_seconds = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=3600,
        label="Minimum plausible time (seconds)",
        help_text="Faster labels are marked as implausibly fast on the quality page; they still count.",
    )
    control_every = forms.IntegerField(
        required=False,
        min_value=2,
        max_value=1000,
        label="Control items: one task in",
        help_text="How often an annotator gets a task with a known score; for example, 10 means one task in"
        " 10. Annotators cannot tell which. Add control items on the campaign's page. If empty, "
        "none are used.",
    )
    lowest_control_accuracy = PercentField(
        label="Pause below this control accuracy (%)",
        help_text="Annotators whose whole 95% interval is below this are paused until a lead resumes them.",
    )
    lowest_agreement = forms.FloatField(
        required=False,
        min_value=-1,
        max_value=1,
        label="Pause below this agreement with the others",
        help_text="From −1 to 1, where 0 is chance. Annotators whose whole 95% interval is below this are "
        "paused until a lead resumes them.",
        widget=forms.NumberInput(attrs={"step": "any"}),
    )
    reveals_judges = forms.BooleanField(
        required=False,
        label="Show judges' scores to adjudicators",
        help_text="Only after their own decision. Decisions made after seeing the scores are flagged.",
    )
    lease_minutes = forms.IntegerField(
        min_value=1,
        max_value=24 * 60,
        initial=CampaignSpec.lease_seconds // 60,
        label="Minutes a task is reserved for a person",
        help_text="Counted from the last contact of the person's page with the server. After that, the task"
        " can go to others.",
    )

    def changes(self) -> dict[str, Any]:
        """The cleaned values by the names that services know."""
        values = dict(self.cleaned_data)
        values["lease_seconds"] = 60 * values.pop("lease_minutes")
        return values


USUAL_SAMPLE = 100


class CampaignForm(QualityFields):
    """A new campaign, of what its maker may choose. Only name, runs and people have no default."""

    name = forms.CharField(max_length=200)
    runs = RunsField(
        Run.objects.none(),
        help_text="Annotators rate a sample of these runs' personalised responses.",
        widget=forms.CheckboxSelectMultiple,
    )
    sample_size = forms.IntegerField(
        min_value=1, initial=USUAL_SAMPLE, help_text="Number of responses to label."
    )
    sampling = forms.ChoiceField(choices=Sampling.of_runs(), initial=CampaignSpec.sampling)
    enriched_share = PercentField(
        initial=DEFAULT_SHARE,
        least=0.01,
        label="Share where judges disagree (%)",
        help_text="Only for enriched sampling.",
    )
    seed = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=2**31 - 1,
        help_text="Seed for drawing the sample. If empty, a random seed is chosen and stored.",
    )
    annotators = forms.ModelMultipleChoiceField(
        User.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        help_text="After you create the campaign, you can invite people without an account on its People "
        "page. If nobody has an account yet, choose yourself.",
    )
    leads = forms.ModelMultipleChoiceField(
        User.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Leads see progress, agreement and gold, and adjudicate. They can also label, but cannot "
        "adjudicate tasks they labelled.",
    )
    rubric = forms.ModelChoiceField(Rubric.objects.none(), empty_label=None)
    threshold = forms.TypedChoiceField(
        choices=[(score, f"{score} or more") for score in SCALE],
        coerce=int,
        initial=CampaignSpec.threshold,
        help_text="The lowest score that counts as followed.",
    )
    asks_correctness = forms.BooleanField(
        required=False, label="Also ask whether the personalised response's answer is correct"
    )
    guidelines = forms.CharField(
        required=False,
        strip=True,
        max_length=GUIDELINES_LENGTH,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="Instructions for annotators, in Markdown: what to look at, what to ignore, examples of "
        "hard cases. You can change them later; each label records the version it was made with.",
    )
    overlap = forms.IntegerField(
        min_value=1,
        max_value=MOST_LABELS,
        initial=CampaignSpec.overlap,
        label="Initial labels per response",
        help_text="Number of labels to collect for each response, from different people.",
    )
    max_overlap = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_LABELS,
        label="Maximum labels per response",
        help_text="While annotators disagree on a response, one more label is collected at a time, up to "
        "this number; then a lead decides. If empty: one more than the initial number, if there "
        "are enough people.",
    )
    disagreement = forms.ChoiceField(
        choices=Disagreement.choices, initial=CampaignSpec.disagreement, label="Annotators disagree if"
    )
    disagreement_range = forms.IntegerField(
        min_value=1,
        max_value=SCALE[-1] - SCALE[0],
        initial=CampaignSpec.disagreement_range,
        label="Minimum difference that counts as far apart",
    )
    pass_mark = PercentField(
        least=0.01,
        label="Qualification pass mark (%)",
        help_text="If empty, no qualification is required. Add the qualification items on the campaign's "
        "page.",
    )
    qualification_attempts = forms.IntegerField(
        min_value=1,
        max_value=100,
        initial=CampaignSpec.qualification_attempts,
        label="Qualification attempts",
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
                "enriched_share",
                "Enter less than 100%: part of the sample must come from the other responses to represent"
                " them.",
            )
        overlap = cleaned.get("overlap")
        if overlap is not None and cleaned.get("max_overlap") is None and "max_overlap" not in self.errors:
            in_it = {*cleaned.get("annotators", ()), *cleaned.get("leads", ())}
            if not self.maker.is_staff:
                in_it.add(self.maker)
            cleaned["max_overlap"] = max(overlap, min(overlap + 1, len(in_it)))
        return cleaned

    def spec(self) -> CampaignSpec:
        """The campaign that a valid form describes."""
        return CampaignSpec(**self.changes())


class SettingsForm(QualityFields):
    """What is harmless to change while people label."""

    max_overlap = forms.IntegerField(
        min_value=1,
        max_value=MOST_LABELS,
        label="Maximum labels per response",
        help_text="Can only be increased. Tasks waiting for adjudication then get one more label first.",
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
        label="Usernames", help_text="Usernames of people who have an account, separated by spaces or commas."
    )
    role = forms.ChoiceField(choices=Role.choices, initial=Role.ANNOTATOR)

    def clean_usernames(self) -> list[User]:
        names = set(self.cleaned_data["usernames"].replace(",", " ").split())
        people = list(User.objects.filter(username__in=names, is_active=True))
        unknown = sorted(names - {user.username for user in people})
        if unknown:
            raise forms.ValidationError(f"No account with the username: {', '.join(unknown)}.")
        if not people:
            raise forms.ValidationError("Enter at least one username.")
        return people


class BeginLabellingForm(forms.Form):
    """Imported items to label: how many, by whom, and what is asked. Later rounds are drawn as the first was."""

    criteria = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one criterion to ask."},
    )
    items = forms.IntegerField(required=False, min_value=1, label="Number of items")
    sampling = forms.ChoiceField(choices=Sampling.of_items(), label="How items are drawn")
    labels_per_item = forms.IntegerField(
        min_value=1,
        max_value=MOST_LABELS,
        initial=LabellingSpec.labels_per_item,
        help_text="By different people. If people have rated the items before, one more is often enough.",
    )
    annotators = forms.ModelMultipleChoiceField(
        User.objects.none(),
        required=False,
        label="People who join the campaign",
        widget=forms.CheckboxSelectMultiple,
        help_text="Everybody in the campaign can label. Invite people without an account on its People page.",
    )

    def __init__(self, data: Any = None, *, campaign: Campaign, maker: User) -> None:
        super().__init__(data)
        self.askable = askable_criteria(campaign)
        self.left = items_left(campaign)
        self.is_first = not campaign.is_labelled
        can_be_asked = [criterion for criterion in self.askable if not criterion.problem]
        criteria, people = self.fields["criteria"], self.fields["annotators"]
        assert isinstance(criteria, forms.MultipleChoiceField)
        assert isinstance(people, forms.ModelMultipleChoiceField)
        criteria.choices = [
            (criterion.key, f"{criterion.name} ({criterion.kind})") for criterion in can_be_asked
        ]
        criteria.initial = [
            criterion.key for criterion in can_be_asked if self.is_first or criterion.is_asked
        ]
        people.queryset = people_to_ask(maker).exclude(memberships__campaign=campaign)
        self.fields["items"].help_text = f"If empty, all {self.left.count} that are not labelled yet."
        if not self.is_first:
            self.fields["sampling"].choices = [(campaign.sampling, Sampling(campaign.sampling).label)]  # type: ignore[attr-defined]
            self.fields["labels_per_item"].initial = campaign.overlap
        self.fields["sampling"].initial = campaign.sampling if not self.is_first else LabellingSpec.sampling

    def spec(self) -> LabellingSpec:
        """What a valid form describes."""
        return LabellingSpec(**self.cleaned_data)


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
