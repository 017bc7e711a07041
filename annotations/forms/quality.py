"""Forms of quality: items with a known score, the qualification round, and what a lead does about a person."""

import csv
import io
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from annotations.models import Campaign, GoldRelease, Task
from annotations.models.task import TaskKind
from annotations.selectors.controls import candidates
from annotations.services.controls import WIDEST, KnownItem
from annotations.services.quality import REASON_LENGTH
from evaluation.models.endpoint import SCALE
from evaluation.page_query import key_in

KIND_CHOICES = [
    (TaskKind.CONTROL, "Control item, unannounced"),
    (TaskKind.QUALIFICATION, "Qualification item, with feedback"),
]
TOLERANCE_CHOICES = [
    (width, "exactly that score" if width == 0 else f"{width} off is right, too")
    for width in range(WIDEST + 1)
]
SCORE_CHOICES = [(score, str(score)) for score in SCALE]
COLUMNS = ("response", "score", "tolerance", "explanation")
MOST_ROWS = 5000
MOST_BYTES = 5_000_000
MOST_PROBLEMS = 50


class ScoreChangeForm(forms.Form):
    """What an item should be given."""

    score = forms.TypedChoiceField(choices=SCORE_CHOICES, coerce=int, label="Known score")
    tolerance = forms.TypedChoiceField(choices=TOLERANCE_CHOICES, coerce=int, initial=0)
    explanation = forms.CharField(
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Why this is the score. Annotators see it once the item can no longer be asked.",
    )


class KnownScoreForm(ScoreChangeForm):
    """The known score of one response, that becomes an item."""

    response = forms.IntegerField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(choices=KIND_CHOICES, label="Use it as")


class GoldItemsForm(forms.Form):
    """Items drawn from a gold release of any campaign that the person leads."""

    release = forms.ModelChoiceField(GoldRelease.objects.none(), label="Gold release")
    count = forms.IntegerField(
        min_value=1, max_value=1000, initial=20, label="At most so many", help_text="Drawn at random."
    )
    tolerance = forms.TypedChoiceField(choices=TOLERANCE_CHOICES, coerce=int, initial=1)
    kind = forms.ChoiceField(choices=KIND_CHOICES, label="Use them as")

    def __init__(self, *args: Any, led: Sequence[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["release"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = GoldRelease.objects.filter(campaign__in=led).select_related("campaign")


class ItemsUploadForm(forms.Form):
    """A CSV file of known scores. `items` holds them once the form is valid; with any bad row it is not."""

    file = forms.FileField(
        label="CSV file",
        help_text="Columns response, score, tolerance (may be empty: 0) and explanation; others are left out.",
    )
    kind = forms.ChoiceField(choices=KIND_CHOICES, label="Use them as")

    def __init__(self, *args: Any, campaign: Campaign, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.campaign = campaign
        self.items: list[KnownItem] = []

    def clean_file(self) -> UploadedFile[bytes]:
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > MOST_BYTES:
            raise forms.ValidationError("This file is too large: 5 MB at most.")
        try:
            text = file.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise forms.ValidationError("The file is not UTF-8 text; save it as “CSV UTF-8”.") from error
        self.items, problems = read_known_items(text, self.campaign)
        if problems:
            rest = len(problems) - MOST_PROBLEMS
            shown = problems[:MOST_PROBLEMS] + ([f"… and {rest} more."] if rest > 0 else [])
            raise forms.ValidationError([*shown, "Nothing was added."])
        return file


def read_known_items(text: str, campaign: Campaign) -> tuple[list[KnownItem], list[str]]:
    """The items in a CSV file, and what is wrong with it, row by row. The header is row 1."""
    reader = csv.DictReader(io.StringIO(text, newline=""), restval="")
    missing = [name for name in COLUMNS[:2] if name not in (reader.fieldnames or [])]
    if missing:
        return [], [f"The header row lacks the column {name}." for name in missing]
    if misspelt := _misspelt(reader.fieldnames or []):
        return [], misspelt
    problems: list[str] = []
    items: dict[int, tuple[int, KnownItem]] = {}
    try:
        for number, row in enumerate(reader, start=2):
            if number > MOST_ROWS + 1:
                return [], [f"A file has at most {MOST_ROWS:,} rows."]
            if not (row.get("score") or "").strip():
                continue  # Left empty in the list of candidates: not chosen.
            item = _read_row(row)
            if isinstance(item, str):
                problems.append(f"Row {number}: {item}")
            elif item.response in items:
                problems.append(
                    f"Row {number}: response {item.response} is in row {items[item.response][0]}, too."
                )
            else:
                items[item.response] = (number, item)
    except csv.Error as error:
        return [], [f"The file cannot be read as CSV: {error}."]
    problems += _not_candidates(items, campaign)
    if not items and not problems:
        problems.append("The file has no row with a score.")
    return [item for _, item in items.values()], problems


def _misspelt(header: Sequence[str]) -> list[str]:
    """A column that is nearly a known one would be left out without a word; columns of one's own may stay."""
    return [
        f"There is no column “{name[:40]}”. Did you mean “{known}”?"
        for name in header
        if name not in COLUMNS
        for known in get_close_matches(name.strip().lower(), COLUMNS, n=1, cutoff=0.75)
    ]


def _read_row(row: dict[str, str]) -> KnownItem | str:
    """The row's item, or what is wrong with it."""
    cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
    numbers: dict[str, int] = {}
    for name, lowest, highest in (
        ("response", 1, 2**63 - 1),
        ("score", SCALE[0], SCALE[-1]),
        ("tolerance", 0, WIDEST),
    ):
        cell = cells[name] or ("0" if name == "tolerance" else "")
        number = key_in(cell)
        if number is None or not lowest <= number <= highest:
            allowed = "the number of a response" if name == "response" else f"{lowest} to {highest}"
            return f"{name} is “{cell[:40]}”, not {allowed}."
        numbers[name] = number
    if "\0" in cells["explanation"]:
        return "the explanation is not plain text."
    return KnownItem(explanation=cells["explanation"], **numbers)


def _not_candidates(items: dict[int, tuple[int, KnownItem]], campaign: Campaign) -> list[str]:
    free = set(candidates(campaign).filter(pk__in=list(items)).values_list("pk", flat=True))
    taken = set(
        Task.objects.filter(campaign=campaign, response__in=list(items)).values_list("response", flat=True)
    )
    return [
        f"Row {number}: response {response} "
        + (
            "is a task or an item of the campaign already."
            if response in taken
            else "is no personalised response, with a preference to follow, of the campaign's runs."
        )
        for response, (number, _) in items.items()
        if response not in free
    ]


class PersonActionForm(forms.Form):
    """What a lead does about a member, with a reason for a pause."""

    action = forms.ChoiceField(
        choices=[(name, name) for name in ("pause", "resume", "set_aside", "restore")],
        error_messages={"required": "Choose what to do."},
    )
    reason = forms.CharField(required=False, max_length=REASON_LENGTH)


class QualificationAnswerForm(forms.Form):
    """What a member gives a qualification item."""

    task = forms.IntegerField(widget=forms.HiddenInput)
    score = forms.TypedChoiceField(
        choices=SCORE_CHOICES,
        coerce=int,
        error_messages={"required": "Choose a score from 1 to 5 first."},
    )
