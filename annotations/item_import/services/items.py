"""Importing a table: its items, criteria and ratings into a campaign, new or there already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction

from annotations.item_import.services.merging import ItemsImport, add_new
from annotations.item_import.tables.checking import CheckedTable, checked_table
from annotations.item_import.tables.documents import MOST_PROBLEMS, CriterionChoice, RowProblem
from annotations.item_import.tables.outcome import ignored_columns
from annotations.item_import.tables.reading import RowsDone, nobody, stored_table
from annotations.models import Campaign, Member
from annotations.models.campaign import CampaignStatus, Role
from core.audit.writing import record as audit
from core.errors import Conflict, DomainError
from core.models import User
from core.names import check_name
from perg.formats.mapping.uses import TableMapping
from perg.formats.tables.layout import NOTHING_STATED, StatedLayout
from perg.rubrics.criterion import Criterion as Definition

NAME_LENGTH = 200


class ItemsRefused(DomainError):
    """Rows cannot be used, and it was not said that the others shall be imported; nothing was written."""

    code = "import_refused"

    def __init__(self, problems: Sequence[RowProblem]) -> None:
        self.problems = tuple(problems)
        count = "There is one problem." if len(problems) == 1 else f"There are {len(problems):,} problems."
        listed = [problem.dumped() for problem in problems[:MOST_PROBLEMS]]
        super().__init__(f"Nothing was imported. {count}", extra={"problems": listed})


class FailureQuestion(DomainError):
    """Criteria have two answers, and it was not said which is a failure; nothing was written."""

    code = "failure_not_stated"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsSpec:
    """What to import, and where to.

    Attributes:
        campaign: its name; one that is there gets what is new.
        mapping: what the columns are for. choices: what was said of the criteria.
        rest: whether to import the others where rows cannot be used.
    """

    file: Path
    file_name: str
    campaign: str
    mapping: TableMapping
    stated: StatedLayout = NOTHING_STATED
    choices: Sequence[CriterionChoice] = ()
    rest: bool = False


def import_items(
    *, spec: ItemsSpec, created_by: User | None = None, rows_done: RowsDone = nobody
) -> ItemsImport:
    """Import a table; what the campaign has already is not made again, and never changed.

    Raises:
        ImportRefused: the file holds no table.
        ItemsRefused: rows cannot be used, or contradict what is there, and `rest` is false.
        FailureQuestion: it must be said which answers are failures.
        Conflict: there is another campaign of this name.
        DomainError: the criteria or the name do not fit.
    """
    name = spec.campaign.strip()
    if not 0 < len(name) <= NAME_LENGTH:
        raise DomainError(f"A campaign needs a name of at most {NAME_LENGTH} characters.", field="campaign")
    check_name(name, field="campaign")
    with transaction.atomic():
        before = Campaign.objects.select_for_update().filter(name=name).first()
        if before is not None:
            _check_target(before, created_by)
        with stored_table(spec.file, spec.file_name, spec.stated, rows_done) as (table, replacements):
            definitions = _definitions(before)
            checked = checked_table(table, spec.mapping, spec.choices, definitions)
            ignored = ignored_columns(spec.mapping, table.columns)
            notes = [*table.notes, *replacements.notes(), *_overruled(spec.choices, definitions, checked)]
        _check_whole(checked)
        campaign = before or _new_campaign(name, len(checked.items), created_by)
        report = ItemsImport(campaign, before is None, ignored=ignored, warnings=notes)
        add_new(report, checked, spec.file_name)
        report.problems.sort(key=lambda problem: problem.row)
        if report.problems and not spec.rest:
            raise ItemsRefused(report.problems)
        if before is None and created_by is not None:
            Member.objects.create(campaign=campaign, user=created_by, role=Role.LEAD)
        if report.status != "unchanged":
            audit(
                "items.imported",
                actor=created_by,
                scope=campaign,
                subject=campaign,
                file=spec.file_name,
                items=report.new_items,
                ratings=report.new_ratings,
            )
    return report


def _check_target(campaign: Campaign, actor: User | None) -> None:
    """Raise Conflict where the person may not import into this campaign, or it is of another kind."""
    is_led = actor is None or Campaign.objects.led_by(actor).filter(pk=campaign.pk).exists()
    if not is_led or not campaign.is_imported:
        raise Conflict(
            f"There is a campaign named “{campaign.name}” already. Import under another name.",
            field="campaign",
        )
    if campaign.status == CampaignStatus.ARCHIVED:
        raise Conflict(f"“{campaign.name}” is archived. Import under another name.", field="campaign")


def _definitions(campaign: Campaign | None) -> dict[str, Definition]:
    """The criteria that a campaign has, by their keys; of labels, the question that they are part of.

    Raises Conflict where ratings were imported without their questions.
    """
    if campaign is None:
        return {}
    stored = list(campaign.criteria.all())
    if any(not criterion.definition for criterion in stored):
        raise Conflict(
            f"The ratings of “{campaign.name}” were imported without questions, so nothing can be added to them. "
            "Import under another name.",
            field="campaign",
        )
    return {
        criterion.part_of or criterion.key: Definition.model_validate(criterion.definition)
        for criterion in stored
    }


def _overruled(
    choices: Sequence[CriterionChoice], definitions: Mapping[str, Definition], checked: CheckedTable
) -> list[str]:
    """Sentences on the criteria of which something was said, though the campaign has them already."""
    said = {choice.name: choice for choice in choices}
    overruled = [
        name
        for name, criterion in checked.criteria.items()
        if criterion.definition.key in definitions
        and name in said
        and said[name].kind not in (None, criterion.definition.kind)
    ]
    return [f"“{name}” is read as the campaign defines it already, not as you chose." for name in overruled]


def _check_whole(checked: CheckedTable) -> None:
    """Raise where nothing can be imported, whatever is left out."""
    if not checked.items:
        if checked.problems:
            raise ItemsRefused(checked.problems)
        raise DomainError("The table has no items.", code="import_refused")
    ratings = sum(len(entry.values) for of in checked.ratings.values() for entry in of)
    if ratings > settings.IMPORT_MAX_RATINGS:
        raise DomainError(
            f"The table has {ratings:,} ratings; at most {settings.IMPORT_MAX_RATINGS:,} can be imported.",
            code="too_large",
        )
    names = [name for name, criterion in checked.criteria.items() if criterion.asks_failure]
    if names:
        listed = ", ".join(f"“{name}”" for name in names)
        raise FailureQuestion(
            f"Nothing was imported. Which answers to {listed} are failures? Say which, or that none is.",
            field="criteria",
        )


def _new_campaign(name: str, items: int, created_by: User | None) -> Campaign:
    campaign, is_new = Campaign.objects.get_or_create(
        name=name,
        defaults={
            "is_imported": True,
            "status": CampaignStatus.CLOSED,
            "overlap": 1,
            "max_overlap": 1,
            "sample_size": items,
            "seed": 0,
            "created_by": created_by,
        },
    )
    if not is_new:
        raise Conflict(f"A campaign named “{name}” was made a moment ago. Import again.", field="campaign")
    return campaign
