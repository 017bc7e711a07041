"""The filters of the items of a campaign, as a form and as the parameters of links."""

from collections.abc import Sequence
from typing import Any

from django import forms

from annotations.items.selectors.items import LONGEST_LABEL, ORDERS, SHOWS, ItemFilter
from annotations.models import Criterion

OF_THE_REPORT = " (imported)"
"""What a validation report adds to the name of a rater that is also one of its own."""


class ItemFilterForm(forms.Form):
    """Which items to show. The labels come from links: from a number to the items that it counts."""

    criterion = forms.ChoiceField(required=False)
    judge = forms.ChoiceField(required=False)
    show = forms.ChoiceField(required=False, choices=[*SHOWS.items()])
    attribute = forms.CharField(
        required=False, max_length=400, widget=forms.TextInput(attrs={"placeholder": "source=web"})
    )
    search = forms.CharField(label="Text or id", required=False, max_length=200)
    order = forms.ChoiceField(required=False, choices=[*ORDERS.items()])
    judge_label = forms.CharField(
        required=False, max_length=LONGEST_LABEL, widget=forms.HiddenInput, strip=False
    )
    people_label = forms.CharField(
        required=False, max_length=LONGEST_LABEL, widget=forms.HiddenInput, strip=False
    )

    def __init__(
        self, data: Any, *, criteria: Sequence[Criterion], judges: Sequence[str], **kwargs: Any
    ) -> None:
        # Any: as Django declares it
        super().__init__(_with_known_judge(data, judges), **kwargs)
        self.criteria = {criterion.key: criterion for criterion in criteria}
        keys = [(criterion.key, criterion.key) for criterion in criteria]
        choices = {
            "criterion": keys if len(keys) == 1 else [("", "All"), *keys],
            "judge": [("", "Any"), *((name, name) for name in judges)],
        }
        for name, of_field in choices.items():
            self.fields[name].choices = of_field  # type: ignore[attr-defined]

    def clean_attribute(self) -> tuple[str, str] | None:
        """Name and value; a name may have an equals sign in it only where a link has quoted it."""
        text: str = self.cleaned_data["attribute"]
        if not text:
            return None
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise forms.ValidationError("Write it as name=value.")
        return name.strip(), value.strip()

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        of_one = [values.get(name) for name in ("judge", "judge_label", "people_label")]
        if (
            values.get("show") in {"judge_differs", "people_disagree"}
            or values.get("order") == "disagreement"
        ):
            of_one.append("criterion")
        if any(of_one) and not values.get("criterion"):
            # Without a choice these are of the first.
            values["criterion"] = next(iter(self.criteria), "")
        return values

    @property
    def chosen(self) -> ItemFilter:
        """Call it on a valid form."""
        values = self.cleaned_data
        return ItemFilter(
            criterion=self.criteria.get(values["criterion"]),
            judge=values["judge"],
            show=values["show"],
            judge_label=values["judge_label"],
            people_label=values["people_label"],
            attribute=values["attribute"],
            search=values["search"],
            order=values["order"] or "file",
        )

    @property
    def hidden_given(self) -> list[forms.BoundField]:
        """The labels that a link has set."""
        return [field for field in self.hidden_fields() if field.value()]


def _with_known_judge(data: Any, judges: Sequence[str]) -> Any:
    """The data with the judge's own name where a link has the name that a report gives it."""
    judge = data.get("judge")
    if judge and judge not in judges and judge.removesuffix(OF_THE_REPORT) in judges:
        data = data.copy()
        data["judge"] = judge.removesuffix(OF_THE_REPORT)
    return data
