"""The query parameters of the results pages: filters, an order, the runs to compare."""

from typing import Any

from django import forms

from evaluation.engine.calls.causes import cause_in_words
from evaluation.models import Dataset, Endpoint, Judge, Run
from evaluation.models.endpoint import SCALE
from evaluation.models.result import Dimension
from evaluation.models.run import Method, Setting
from evaluation.results.selectors.item_calls import CALLS
from evaluation.results.selectors.results import ROWS_SORTED_BY, RowFilter, models_with_runs
from evaluation.results.selectors.run_items import SETS, ItemFilter
from evaluation.stages.names import stage_name

ANY = [("", "Any")]
NARROWING = (
    "source",
    "category",
    "preference",
    "preference_category",
    "cause",
    "reason",
    "score",
    "stage",
    "call",
    "error",
    "common",
    "only",
)
"""Fields of `ItemFilterForm` that are those of `ItemFilter`; what is empty does not narrow."""
MOST_COMPARED = 6
"""Runs beside the reference: each is read item by item."""


class RowFilterForm(forms.Form):
    """Which rows of the results are shown, and in which order."""

    by = forms.ChoiceField(label="Slice by", choices=Dimension.choices, required=False)
    value = forms.CharField(label="Slice contains", max_length=200, required=False)
    model = forms.ChoiceField(required=False)
    method = forms.ChoiceField(choices=ANY + Method.choices, required=False)
    setting = forms.ChoiceField(choices=ANY + Setting.choices, required=False)
    judge = forms.ModelChoiceField(Judge.objects.all(), required=False, empty_label="Any")
    dataset = forms.ModelChoiceField(Dataset.objects.all(), required=False, empty_label="Any")
    sort = forms.CharField(required=False, widget=forms.HiddenInput)
    run = forms.ModelMultipleChoiceField(Run.objects.all(), required=False, widget=forms.MultipleHiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [*ANY, *((model, model) for model in models_with_runs())]
        self.fields["model"].choices = choices  # type: ignore[attr-defined]

    def clean_sort(self) -> str:
        sort: str = self.cleaned_data["sort"] or "model"
        if sort.removeprefix("-") not in ROWS_SORTED_BY:
            raise forms.ValidationError("The table cannot be sorted by this column.")
        return sort

    def filters(self) -> RowFilter:
        """The selection; of a form with errors, the valid part of it."""
        self.is_valid()
        values = self.cleaned_data
        sort = values.get("sort") or "model"
        return RowFilter(
            dimension=values.get("by") or Dimension.WHOLE,
            value=values.get("value") or "",
            model=values.get("model") or "",
            method=values.get("method") or "",
            setting=values.get("setting") or "",
            judge=values["judge"].pk if values.get("judge") else None,
            dataset=values["dataset"].pk if values.get("dataset") else None,
            runs=tuple(run.pk for run in values.get("run") or ()),
            sort=sort.removeprefix("-"),
            descending=sort.startswith("-"),
        )


class ComparisonForm(forms.Form):
    """A run to compare with, and the runs that are compared with it."""

    reference = forms.ModelChoiceField(
        Run.objects.all(), label="Reference run", help_text="The other runs are compared with this run."
    )
    run = forms.ModelMultipleChoiceField(
        Run.objects.all(),
        label="Runs to compare",
        help_text=f"Up to {MOST_COMPARED}. Hold Ctrl or Cmd to choose several.",
        widget=forms.SelectMultiple(attrs={"size": 8}),
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        reference, runs = values.get("reference"), values.get("run")
        if reference is not None and runs is not None:
            others = [run for run in runs if run != reference]
            if not others:
                self.add_error("run", "Choose a run other than the reference run.")
            if len(others) > MOST_COMPARED:
                self.add_error("run", f"You can compare at most {MOST_COMPARED} runs at a time.")
            values["others"] = others
        return values


class ItemFilterForm(forms.Form):
    """Which items of a run are listed."""

    show = forms.ChoiceField(
        label="Items", choices=[(key, items.name) for key, items in SETS.items()], required=False
    )
    judge = forms.ModelChoiceField(
        Judge.objects.none(), required=False, empty_label="None", help_text="Show verdicts of this judge."
    )
    source = forms.CharField(max_length=200, required=False)
    category = forms.CharField(max_length=200, required=False)
    preference_category = forms.CharField(max_length=50, required=False)
    q = forms.CharField(
        label="Question contains", max_length=200, required=False, widget=forms.TextInput({"type": "search"})
    )
    preference = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)
    cause = forms.CharField(label="Cause of failure", max_length=300, required=False)
    reason = forms.CharField(label="Reason for missing score", max_length=200, required=False)
    score = forms.TypedChoiceField(
        label="Score",
        choices=[*ANY, *((str(score), str(score)) for score in SCALE)],
        coerce=int,
        empty_value=None,
        required=False,
    )
    stage = forms.CharField(max_length=30, required=False, widget=forms.HiddenInput)
    call = forms.ChoiceField(choices=list(CALLS.items()), required=False, widget=forms.HiddenInput)
    endpoint = forms.ModelChoiceField(Endpoint.objects.all(), required=False, widget=forms.HiddenInput)
    error = forms.CharField(max_length=50, required=False, widget=forms.HiddenInput)
    common = forms.ModelChoiceField(Run.objects.all(), required=False, widget=forms.HiddenInput)
    only = forms.ModelChoiceField(Run.objects.all(), required=False, widget=forms.HiddenInput)
    after = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, run: Run, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["judge"].queryset = run.judges.order_by("name")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if SETS[values.get("show") or "all"].by_judge and not values.get("judge"):
            self.add_error("judge", "Choose a judge.")
        return values

    def filters(self) -> ItemFilter:
        """The selection of a form without errors."""
        values = self.cleaned_data
        return ItemFilter(
            show=values["show"] or "all",
            judge=values["judge"],
            text=values["q"] or None,
            endpoint=values["endpoint"].pk if values["endpoint"] else None,
            **{name: values[name] or None for name in NARROWING},
        )

    def hidden_fields_given(self) -> list[forms.BoundField]:
        """What narrows the list beyond the fields that show, so that a new filter keeps it."""
        return [field for field in self.hidden_fields() if field.name != "after" and field.value()]

    def narrowed(self) -> list[str]:
        """In words, what narrows the list and shows in none of the fields."""
        values = self.cleaned_data
        words = []
        if values["preference"]:
            words.append(f"the preference “{values['preference']}”")
        if values["stage"]:
            call = CALLS[values["call"] or "wanted"]
            words.append(f"calls of the stage “{stage_name(values['stage'])}”: {call[:1].lower()}{call[1:]}")
        if values["error"]:
            called = f" by {values['endpoint']}" if values["endpoint"] else ""
            cause = cause_in_words(values["error"]).rstrip(".")
            words.append(f"calls{called} that ended without an answer: {cause[:1].lower()}{cause[1:]}")
        if values["common"]:
            words.append(f"items in common with {values['common']}")
        if values["only"]:
            words.append(f"items missing from {values['only']}")
        return words
