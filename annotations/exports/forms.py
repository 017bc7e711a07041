"""Form of what is to be exported; its fields are the table's filters."""

from typing import Any

from django import forms

from annotations.exports.tables.columns import Filter, FilterKind, Kind, Table
from annotations.models import Campaign, GoldRelease
from annotations.models.export import ExportFormat, RaterNames
from core.models import User
from evaluation.models import Catalogue, Dataset, Run

LICENCES = "unknown, cc-by-4.0, cc-by-sa-4.0, cc-by-nc-4.0, cc0-1.0, odc-by, apache-2.0, mit, other"
MOST_LISTED = 500


class ExportForm(forms.Form):
    """What of a table, in which format, and how people are called."""

    format = forms.ChoiceField(choices=ExportFormat.choices)
    raters = forms.ChoiceField(
        required=False,
        label="Names of people",
        choices=[("", "Default: pseudonyms in a dataset, otherwise usernames"), *RaterNames.choices],
        help_text="A person has the same pseudonym in all files of a campaign.",
    )
    licence = forms.CharField(
        required=False,
        max_length=60,
        help_text=f"For the dataset card. Use a licence identifier of the Hub, such as {LICENCES}.",
    )

    def __init__(self, *args: Any, table: Table, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.table = table
        for option in table.filters:
            self.fields[option.name] = _field(option, user)
        self.order_fields([*(option.name for option in table.filters), "format", "raters", "licence"])
        if not any(column.kind == Kind.PERSON or column.rated_by_people for column in table.columns):
            del self.fields["raters"]

    def arguments(self) -> dict[str, Any]:
        """What a valid form asks for."""
        values = self.cleaned_data
        return {
            "table": self.table.name,
            "format": values["format"],
            "raters": values.get("raters", ""),
            "licence": values["licence"],
            "filters": {option.name: values[option.name] for option in self.table.filters},
        }


def _field(option: Filter, user: User) -> forms.Field:
    """A field that gives what the filter takes: a key, a word, a day, or nothing."""
    options: dict[str, Any] = {
        "label": option.label,
        "help_text": option.help_text,
        "required": option.is_required,
    }
    if option.kind == FilterKind.DAY:
        return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), **options)
    if option.kind == FilterKind.TEXT:
        return forms.CharField(max_length=200, **options)
    if option.kind == FilterKind.CHOICE:
        return forms.ChoiceField(choices=option.choices, **options)
    if option.kind == FilterKind.CAMPAIGN and not user.is_staff:
        options["required"] = True
    everything = [] if options["required"] else [("", "All")]
    choices = [*everything, *_rows(option.kind, user)]
    return forms.TypedChoiceField(choices=choices, coerce=int, empty_value=None, **options)


def _rows(kind: FilterKind, user: User) -> list[tuple[int, str]]:
    """What there is to choose from, newest first: a lead's own campaigns and what they are on; all for staff."""
    led = Campaign.objects.led_by(user)
    if kind == FilterKind.CAMPAIGN:
        return [(campaign.pk, campaign.name) for campaign in led.order_by("-pk")[:MOST_LISTED]]
    if kind == FilterKind.RELEASE:
        releases = GoldRelease.objects.filter(campaign__in=led).select_related("campaign").order_by("-pk")
        return [
            (release.pk, f"{release.campaign.name}: release {release.number}")
            for release in releases[:MOST_LISTED]
        ]
    if kind == FilterKind.RUN:
        runs = Run.objects.all() if user.is_staff else Run.objects.filter(campaigns__in=led).distinct()
        return [(run.pk, str(run)) for run in runs.order_by("-pk")[:MOST_LISTED]]
    if kind == FilterKind.DATASET:
        datasets = Dataset.objects.all()
        if not user.is_staff:
            datasets = datasets.filter(runs__campaigns__in=led).distinct()
        return [(dataset.pk, dataset.name) for dataset in datasets.order_by("name")[:MOST_LISTED]]
    catalogues = Catalogue.objects.all()
    if not user.is_staff:
        catalogues = catalogues.filter(runs__campaigns__in=led).distinct()
    return [(catalogue.pk, str(catalogue)) for catalogue in catalogues.order_by("name")[:MOST_LISTED]]
