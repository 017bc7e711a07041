"""What each column is for, to be corrected by hand."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from pydantic import ValidationError

from annotations.item_import.services.mappings import NAME_LENGTH
from annotations.item_import.tables.documents import ColumnFacts
from annotations.item_import.tables.stated import NotUnderstood, first_message, whole_mapping
from perg.formats.label_forms import DECIMAL_COMMA
from perg.formats.mapping.uses import CRITERION, ColumnUse, TableMapping

MOST_COLUMNS = 120
"""Columns that the form shows: a form of more fields is refused. Others keep their use."""
ROLES = [
    ("ignore", "Nothing: leave it out"),
    ("id", "Id of the item"),
    (
        "What raters see",
        [
            ("context", "Context: a question, a document …"),
            ("output", "Output that is rated"),
            ("second_output", "Second output, to compare with"),
            ("reference", "Reference answer"),
        ],
    ),
    (
        "Ratings",
        [
            ("person", "Ratings by a person"),
            ("judge", "Ratings by a judge"),
            ("explanation", "Explanation of a rating"),
        ],
    ),
    (
        "About the item",
        [("attribute", "Attribute, to compare groups"), ("cluster", "Cluster: what items share")],
    ),
    (
        "In a table with one rating a row",
        [
            ("rater", "Who rated"),
            ("rater_kind", "Whether the rater is human or a judge"),
            ("criterion", "What was asked"),
            ("answer", "The answer"),
        ],
    ),
]
BLOCKS = [
    ("", "By its content"),
    ("text", "Text"),
    ("markdown", "Markdown"),
    ("code", "Code"),
    ("json", "JSON"),
    ("chat", "Chat"),
    ("trace", "Trace of steps"),
]
RATED_BY = ("person", "judge")


class ColumnForm(forms.Form):
    """One column. Which fields count depends on the role; a style sheet hides the others."""

    role = forms.ChoiceField(choices=ROLES, label="Use it as")
    rater = forms.CharField(required=False, max_length=NAME_LENGTH, label="Rater's name")
    criterion = forms.CharField(required=False, max_length=1000, label="What was asked")
    heading = forms.CharField(required=False, max_length=200, label="Heading")
    block = forms.ChoiceField(choices=BLOCKS, required=False, label="Shown as")
    swapped = forms.BooleanField(required=False, label="Saw the outputs in the other order")
    comma = forms.BooleanField(required=False, label="Decimal comma")

    def __init__(self, data: QueryDict | None, *, prefix: str, facts: ColumnFacts, use: ColumnUse) -> None:
        self.facts, self.before = facts, use
        super().__init__(
            data, prefix=prefix, initial=_initial(facts, use), auto_id="%s", use_required_attribute=False
        )

    @property
    def shows_comma(self) -> bool:
        """Whether some of its numbers may have a decimal comma."""
        return self.before.decimal_comma or any(map(DECIMAL_COMMA.fullmatch, self.facts.examples))

    def use(self) -> ColumnUse:
        """What a valid form says. Raises pydantic.ValidationError."""
        fields, role = self.cleaned_data, self.cleaned_data["role"]
        stated: dict[str, object] = {"role": role, "decimal_comma": fields["comma"]}
        if role in RATED_BY:
            stated |= {
                "role": "rating",
                "rater_kind": role,
                "rater": fields["rater"].strip() or self.facts.name[:NAME_LENGTH],
                "criterion": fields["criterion"].strip() or CRITERION,
                "swapped": fields["swapped"],
            }
            if self.before.role == "rating":
                stated["raters_column"] = self.before.raters_column
        elif role == "explanation":
            stated["rater"] = fields["rater"].strip()
        elif role == "answer":
            stated |= {"criterion": fields["criterion"].strip() or CRITERION, "swapped": fields["swapped"]}
        elif role in ("context", "output", "second_output", "reference"):
            stated |= {"heading": fields["heading"].strip(), "block": fields["block"] or None}
        elif role == "attribute":
            stated["heading"] = fields["heading"].strip()
        elif role == "id":
            stated["groups"] = self.before.groups and self.before.role == "id"
        return ColumnUse.model_validate(stated)


def _initial(facts: ColumnFacts, use: ColumnUse) -> dict[str, object]:
    role: str = use.role
    return {
        "role": use.rater_kind if role == "rating" else role,
        "rater": use.rater or (facts.name if role == "rating" else ""),
        "criterion": "" if use.criterion == CRITERION else use.criterion,
        "heading": use.heading,
        "block": use.block or "",
        "swapped": use.swapped,
        "comma": use.decimal_comma,
    }


class MappingForm(forms.Form):
    """All columns of a table, and a name to save their mapping under."""

    save_as = forms.CharField(
        max_length=NAME_LENGTH,
        required=False,
        label="Save this mapping as",
        help_text="For the next table with the same columns. A mapping of yours with this name is replaced.",
    )

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        columns: Sequence[ColumnFacts],
        mapping: TableMapping,
        **kwargs: Any,
    ) -> None:
        # Any: as Django declares it
        super().__init__(data, **kwargs)
        self.mapping = mapping
        shown = _shown(columns, mapping)
        self.column_forms = [
            ColumnForm(data, prefix=f"c{number}", facts=facts, use=_use_of(mapping, facts.name))
            for number, facts in enumerate(columns)
            if facts.name in shown
        ]
        self.not_shown = [facts.name for facts in columns if facts.name not in shown]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if sum(not form.is_valid() for form in self.column_forms):
            raise forms.ValidationError("Please correct the columns marked below.")
        uses = {name: _use_of(self.mapping, name) for name in self.not_shown}
        try:
            uses |= {form.facts.name: form.use() for form in self.column_forms}
            cleaned["mapping"] = whole_mapping({name: uses[name] for name in self._names(uses)})
        except ValidationError as error:
            raise forms.ValidationError(first_message(error)) from error
        except NotUnderstood as error:
            raise forms.ValidationError(error.message) from error
        return cleaned

    def _names(self, uses: Mapping[str, ColumnUse]) -> Iterator[str]:
        """The columns in the table's order, as far as it is known."""
        yield from (name for name in self.mapping.columns if name in uses)
        yield from (name for name in uses if name not in self.mapping.columns)


def _use_of(mapping: TableMapping, name: str) -> ColumnUse:
    return mapping.columns.get(name, ColumnUse(role="ignore"))


def _shown(columns: Sequence[ColumnFacts], mapping: TableMapping) -> set[str]:
    """The columns in the form: all, or those that matter most."""
    names = [facts.name for facts in columns]
    names.sort(key=lambda name: _RARELY_CORRECTED.get(_use_of(mapping, name).role, 0))
    return set(names[:MOST_COLUMNS])


_RARELY_CORRECTED = {"attribute": 1, "ignore": 2}
