"""Forms of judging imported items."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from annotations.item_judging.selectors.judges import usable_endpoints
from annotations.item_judging.selectors.people_answers import MOST_EXAMPLES, drawn_examples
from annotations.item_judging.selectors.questions import Question, questions_of
from annotations.item_judging.services.control import JudgingPlan
from annotations.item_judging.services.judges import (
    MAX_NAME,
    MAX_PROMPT,
    MAX_REPLICATES,
    MAX_TOKENS,
    ItemJudgeSpec,
)
from annotations.models import Campaign, ImportedItem
from annotations.models.item_judge import CallsFor, OutputOrder, ReplyForm
from core.models import User
from evaluation.models import Endpoint
from evaluation.runs.forms.runs import SMALLEST_BUDGET

LONGEST_ID = 400


class ItemJudgeForm(forms.Form):
    """A judge to make; most fields are those of `ItemJudgeSpec`."""

    name = forms.CharField(
        max_length=MAX_NAME, help_text="The same name as another judge's: this is its next version."
    )
    endpoint = forms.ModelChoiceField(Endpoint.objects.none())
    criteria = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, help_text="What it is asked.")
    system = forms.CharField(
        max_length=MAX_PROMPT,
        required=False,
        strip=False,
        label="System message",
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    template = forms.CharField(
        max_length=MAX_PROMPT,
        strip=False,
        label="Prompt",
        widget=forms.Textarea(attrs={"rows": 14}),
        help_text="Places in braces are filled for each item: {context}, {output} (of pairs {output_a} and "
        "{output_b}), {reference}, {criteria}, {form}, and the headings of the context, such as {question}. "
        "{{ double }} braces work, too.",
    )
    reply_form = forms.ChoiceField(choices=ReplyForm.choices, label="Form of the reply")
    reason_first = forms.BooleanField(required=False, initial=True, label="Explain before answering")
    calls_for = forms.ChoiceField(choices=CallsFor.choices, label="Calls")
    output_order = forms.ChoiceField(choices=OutputOrder.choices, label="Order of two outputs")
    replicates = forms.IntegerField(
        min_value=1,
        max_value=MAX_REPLICATES,
        initial=1,
        label="Ratings of each item",
        help_text="More than one shows whether the judge agrees with itself.",
    )
    temperature = forms.FloatField(
        min_value=0,
        max_value=2,
        required=False,
        help_text="If empty, 0 for the first rating and 1 for further ratings.",
    )
    max_tokens = forms.IntegerField(
        min_value=1,
        max_value=MAX_TOKENS,
        initial=1024,
        label="Max. tokens",
        help_text="Of a reply. Reasoning models need more.",
    )
    drawn = forms.IntegerField(
        min_value=0,
        max_value=MOST_EXAMPLES,
        required=False,
        label="Examples to draw",
        help_text="Items that people have labelled, shown with their answers. This judge never rates them.",
    )
    examples = forms.CharField(
        required=False,
        label="Or examples of your choice",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Ids of labelled items, one a line.",
    )
    item = forms.CharField(
        max_length=LONGEST_ID,
        required=False,
        label="Item for preview and test",
        help_text="Its id. If empty, the first.",
    )

    def __init__(self, *args: Any, campaign: Campaign, person: User, **kwargs: Any) -> None:
        # Any: as in Form
        super().__init__(*args, **kwargs)
        self.campaign = campaign
        self.questions = questions_of(campaign)
        self.fields["endpoint"].queryset = usable_endpoints(person)  # type: ignore[attr-defined] # a ModelChoiceField
        criteria = self.fields["criteria"]
        criteria.choices = [(question.key, _named(question)) for question in self.questions]  # type: ignore[attr-defined]
        criteria.initial = [question.key for question in self.questions]
        if not any(question.is_pairwise for question in self.questions):
            del self.fields["output_order"]

    def clean_item(self) -> ImportedItem | None:
        external_id = self.cleaned_data["item"]
        return self._items([external_id])[0] if external_id else None

    def clean_examples(self) -> list[ImportedItem]:
        lines = [line.strip() for line in self.cleaned_data["examples"].splitlines() if line.strip()]
        if len(lines) > MOST_EXAMPLES:
            raise ValidationError(f"At most {MOST_EXAMPLES} examples can be shown.")
        return self._items(lines)

    def _items(self, external_ids: list[str]) -> list[ImportedItem]:
        items = {
            item.external_id: item
            for item in self.campaign.imported_items.filter(external_id__in=external_ids)
        }
        if missing := [external_id for external_id in external_ids if external_id not in items]:
            raise ValidationError(f"There is no item “{missing[0][:100]}” in this campaign.")
        return [items[external_id] for external_id in external_ids]

    def spec(self) -> ItemJudgeSpec:
        """The judge that a valid form describes."""
        fields = {name: value for name, value in self.cleaned_data.items() if name not in ("drawn", "item")}
        if not fields["examples"] and (count := self.cleaned_data["drawn"]):
            asked = [question for question in self.questions if question.key in fields["criteria"]]
            fields["examples"] = [example.item for example in drawn_examples(self.campaign, asked, count)]
        return ItemJudgeSpec(**fields)


def initial_of(spec: ItemJudgeSpec) -> dict[str, object]:
    """A form that shows a spec, to change something in it."""
    initial: dict[str, object] = {name: getattr(spec, name) for name in spec.__slots__}
    return initial | {"examples": "\n".join(item.external_id for item in spec.examples)}


def _named(question: Question) -> str:
    return f"{question.key}: {question.definition.question}".rstrip(": ")


class JudgingForm(forms.Form):
    """What to judge, and what it may cost."""

    labelled_only = forms.BooleanField(required=False, label="Only items that people have labelled")
    sample_size = forms.IntegerField(
        min_value=1,
        max_value=2**31 - 1,
        required=False,
        label="Number of items",
        help_text="Drawn at random, the same for every judge. If empty, all.",
    )
    money_budget = forms.DecimalField(
        min_value=SMALLEST_BUDGET,
        max_digits=12,
        decimal_places=4,
        required=False,
        help_text="In US dollars. If empty, there is no limit.",
    )
    call_budget = forms.IntegerField(
        min_value=1, max_value=2**31 - 1, required=False, help_text="If empty, there is no limit."
    )

    def plan(self) -> JudgingPlan:
        return JudgingPlan(**self.cleaned_data)
