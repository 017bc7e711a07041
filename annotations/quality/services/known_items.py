"""A CSV file of responses with their known scores: all of its items, or none."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from annotations.models import Campaign, Task
from annotations.quality.selectors.controls import candidates
from annotations.quality.services.controls import WIDEST, KnownItem
from core.errors import DomainError
from core.text.keys import key_in
from evaluation.importers.files.csv_file import CsvFile, check_text
from evaluation.importers.report import ImportRefused
from evaluation.models.endpoint import SCALE
from perg.formats.spreadsheet import as_written

COLUMNS = ("response", "score", "tolerance", "explanation")
MOST_ROWS = 5000


class KnownItemsRefused(DomainError):
    """The file is refused as a whole; `problems` are all that is wrong with it, a line each."""

    code = "import_refused"

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("Nothing was added.", field="file")


def read_known_items(path: Path, campaign: Campaign) -> list[KnownItem]:
    """The items in a CSV file. The header is row 1. Raises KnownItemsRefused where any row is not right."""
    with path.open("rb") as stream:
        try:
            check_text(stream)
            items, problems = _known_items(CsvFile(stream), campaign)
        except ImportRefused as error:
            raise KnownItemsRefused([error.message]) from error
    if problems:
        raise KnownItemsRefused(problems)
    return items


def _known_items(file: CsvFile, campaign: Campaign) -> tuple[list[KnownItem], list[str]]:
    """The items, and what is wrong with the file."""
    file.refuse_unless_known(set(COLUMNS) & set(file.header), COLUMNS)
    missing = [name for name in COLUMNS[:2] if name not in file.header]
    if missing:
        return [], [f"The header row lacks the column {name}." for name in missing]
    if misspelt := _misspelt(file.header):
        return [], misspelt
    problems: list[str] = []
    items: dict[int, tuple[int, KnownItem]] = {}
    for record in file:
        number, row = record.row + 1, dict(zip(file.header, record.cells, strict=False))
        if record.row > MOST_ROWS:
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


def _read_row(row: Mapping[str, str]) -> KnownItem | str:
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
    return KnownItem(explanation=as_written(cells["explanation"]), **numbers)


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
