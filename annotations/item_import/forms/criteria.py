"""The criteria that follow from the answers, to be corrected by hand."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import QueryDict

from annotations.item_import.services.mappings import NAME_LENGTH
from annotations.item_import.tables.documents import CriterionChoice, CriterionFacts
from perg.rubrics.criterion import Criterion

KINDS = [
    ("binary", "Yes or no"),
    ("ordinal", "Levels in an order"),
    ("nominal", "Labels without an order"),
    ("multilabel", "Any of several labels"),
    ("pairwise", "Which of two outputs is better"),
    ("numeric", "A number"),
    ("text", "Free text: do not import it as ratings"),
]
WITH_OPTIONS = ("ordinal", "nominal", "multilabel")
WITH_FAILURES = ("binary", "ordinal", "nominal", "multilabel")
MOST_SHOWN = 40
"""Criteria in the form, and options whose failures can be ticked: a form of more fields is refused."""


class FailuresField(forms.MultipleChoiceField):
    """Answers that are failures. It is shown as required where it must be said, which another field may do."""

    def validate(self, value: Any) -> None:
        if value:
            super().validate(value)


class CriterionForm(forms.Form):
    """One criterion. Which fields are there depends on its kind; another kind brings others after “Apply”."""

    kind = forms.ChoiceField(choices=KINDS, label="Answers are")
    question = forms.CharField(
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="What raters are asked.",
    )
    options = forms.CharField(required=False, max_length=100_000, widget=forms.Textarea)
    lowest = forms.FloatField(required=False, label="Lowest number")
    highest = forms.FloatField(required=False, label="Highest number")
    fails_below = forms.FloatField(
        required=False, label="Lower numbers are failures", help_text="If empty, failure rates are undefined."
    )
    failures = FailuresField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Which answers are failures?",
    )
    no_failure = forms.BooleanField(required=False, label="None of them is a failure")

    def __init__(
        self, data: QueryDict | None, *, prefix: str, facts: CriterionFacts, choice: CriterionChoice | None
    ) -> None:
        self.facts, self.definition = facts, facts.definition
        super().__init__(data, prefix=prefix, initial=_initial(facts.definition, choice), auto_id="%s")
        self._fit(facts.definition)

    def _fit(self, definition: Criterion) -> None:
        """Leave out the fields that a criterion of this kind does not have."""
        options = self.fields["options"]
        options.widget.attrs["rows"] = min(max(len(definition.options), 2), 8)
        options.label = "Levels" if definition.kind == "ordinal" else "Labels"
        order = ", from the lowest" if definition.kind == "ordinal" else ""
        options.help_text = f"One a line{order}. Add those that nobody chose."
        failures = self.fields["failures"]
        assert isinstance(failures, FailuresField)
        failures.required = self.facts.asks_failure
        failures.choices = [(option.key, option.shown) for option in definition.choices[:MOST_SHOWN]]
        if self.facts.asks_failure:
            failures.help_text = "Please say which, or tick the box below: it is never guessed."
        elif definition.kind == "ordinal":
            failures.help_text = "The lowest levels."
        else:
            failures.help_text = "If you choose none, failure rates are undefined."
        unused = set[str]()
        if definition.kind not in WITH_OPTIONS:
            unused.add("options")
        if definition.kind not in WITH_FAILURES:
            unused |= {"failures", "no_failure"}
        if definition.kind != "numeric":
            unused |= {"lowest", "highest", "fails_below"}
        for name in unused:
            del self.fields[name]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors or cleaned["kind"] != self.definition.kind:
            return cleaned
        failures = cleaned.get("failures", [])
        if cleaned.get("no_failure") and failures:
            self.add_error("failures", "Choose failures, or say that none is one, not both.")
        if self.facts.asks_failure and not failures and not cleaned["no_failure"]:
            self.add_error("failures", "Say which answers are failures, or that none of them is.")
        return cleaned

    def choice(self) -> CriterionChoice:
        """What a valid form says. Raises pydantic.ValidationError."""
        fields = self.cleaned_data
        is_same = fields["kind"] == self.definition.kind
        options = self._options() if is_same and self.definition.kind in WITH_OPTIONS else None
        known = {option.key for option in self.definition.choices}
        if options is not None:
            known &= set(options)
        failures = [key for key in fields.get("failures", []) if key in known] if is_same else []
        return CriterionChoice(
            name=self.facts.name,
            kind=fields["kind"],
            question=" ".join(fields["question"].split("\r")).strip(),
            options=options,
            lowest=fields.get("lowest") if is_same else None,
            highest=fields.get("highest") if is_same else None,
            failures=tuple(failures),
            fails_below=fields.get("fails_below") if is_same else None,
            no_failure=bool(is_same and not failures and self._says_none()),
        )

    def _says_none(self) -> bool:
        """Whether it is said that nothing is a failure: by the box, or by taking away what was one before."""
        had_failures = bool(self.definition.failures) or self.definition.fails_below is not None
        return bool(
            self.cleaned_data.get("no_failure")
            or (had_failures and self.cleaned_data.get("fails_below") is None)
        )

    def _options(self) -> tuple[str, ...]:
        lines = (" ".join(line.split()) for line in self.cleaned_data["options"].splitlines())
        return tuple(dict.fromkeys(line for line in lines if line))


def _initial(definition: Criterion, choice: CriterionChoice | None) -> dict[str, object]:
    failures = list(definition.failures)
    if definition.kind == "ordinal" and definition.fails_below is not None:
        failures = [option.key for option in definition.options[: int(definition.fails_below) - 1]]
    return {
        "kind": definition.kind,
        "question": definition.question,
        "options": "\n".join(option.key for option in definition.options),
        "lowest": definition.lowest,
        "highest": definition.highest,
        "fails_below": definition.fails_below,
        "failures": failures,
        "no_failure": bool(choice and choice.no_failure),
    }


class CriteriaForm(forms.Form):
    """All criteria of a table. `update` stays on the page, so that another kind can be looked at."""

    update = forms.CharField(required=False, widget=forms.HiddenInput)
    save_as = forms.CharField(
        max_length=NAME_LENGTH,
        required=False,
        label="Save columns and criteria as",
        help_text="For the next table with the same columns. A mapping of yours with this name is replaced.",
    )

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        criteria: Sequence[CriterionFacts],
        choices: Sequence[CriterionChoice],
        **kwargs: Any,
    ) -> None:
        # Any: as Django declares it
        super().__init__(data, **kwargs)
        said = {choice.name: choice for choice in choices}
        self.criterion_forms = [
            CriterionForm(data, prefix=f"k{number}", facts=facts, choice=said.get(facts.name))
            for number, facts in enumerate(criteria[:MOST_SHOWN])
        ]
        self._others = [choice for choice in choices if choice.name not in {facts.name for facts in criteria}]
        self.not_shown = len(criteria) - len(self.criterion_forms)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if sum(not form.is_valid() for form in self.criterion_forms):
            raise forms.ValidationError("Please correct the criteria marked below.")
        # What was said of criteria of other columns stays, for when they are mapped again.
        cleaned["choices"] = [*(form.choice() for form in self.criterion_forms), *self._others]
        return cleaned
