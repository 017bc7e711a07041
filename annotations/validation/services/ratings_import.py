"""Importing others' annotations into a campaign of their own, so that the agreement module serves by itself."""

import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TextIO

from django.conf import settings
from django.db import transaction

from annotations.item_import.services.item_writer import (
    NewItem,
    NewRating,
    item_keys,
    write_items,
    write_ratings,
)
from annotations.models import Campaign, Criterion, Member
from annotations.models.campaign import CampaignStatus, Role
from annotations.models.imported import AnswerKind, RatedBy, RatingScale
from core.audit.writing import record as audit
from core.errors import Conflict, DomainError
from core.models import User
from core.names import check_name
from evaluation.importers.files.source_file import Progress, no_progress
from perg.formats.label_forms import label_of, listed, shown
from perg.stats.files.joined_files import NamedRatings, joined_files
from perg.stats.files.rating_set import RatingSet, rating_set
from perg.stats.files.ratings_files import (
    FileRating,
    FileRatings,
    Kind,
    Label,
    LineError,
    RatingsFileError,
    Scale,
)
from perg.stats.files.ratings_parsing import FileFormat, format_of, parse_ratings
from perg.stats.files.ratings_rows import LONGEST_LINE, encoding_of
from perg.stats.files.ratings_warnings import rating_warnings
from perg.stats.files.repeated_problems import told_once
from perg.stats.files.stated_failures import FailuresError, NotStated, stated_failures
from perg.stats.files.stated_scale import ScaleError, stated_categories

ITEM_LENGTH, RATER_LENGTH, NAME_LENGTH = 400, 200, 200
NOT_STORABLE = re.compile("[\0\ud800-\udfff]")
"""Characters that PostgreSQL refuses in text."""


@dataclass(frozen=True, slots=True)
class RatingsFile:
    """A file handed in: its name, its text or where it is, and the kind of its raters where it does not say itself."""

    name: str
    text: str | Path
    kind: Kind | None = None

    @contextmanager
    def opened(self) -> Iterator[TextIO]:
        """The text, from its beginning. Raises RatingsFileError where it cannot be read, or is in another encoding."""
        if isinstance(self.text, str):
            yield io.StringIO(self.text.lstrip("\ufeff"), newline="")
            return
        try:
            with self.text.open("rb") as stream:
                encoding = encoding_of(stream)
            text = self.text.open(encoding=encoding, newline="")
        except OSError as error:
            raise RatingsFileError([LineError(None, f"cannot be read: {error.strerror}")]) from error
        except ValueError as error:
            raise RatingsFileError([LineError(None, str(error))]) from error
        with text:
            yield text


class RatingsRefused(DomainError):
    """The files are refused as a whole and nothing was written; `problems` are all that was found, a line each."""

    code = "import_refused"

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        count = "There is one problem." if len(problems) == 1 else f"There are {len(problems)} problems."
        super().__init__(f"Nothing was imported. {count}", extra={"problems": list(problems)})


class FailureNotStated(DomainError):
    """There are two categories, and it is not stated which is the failure; nothing was written."""

    code = "failure_not_stated"


CRITERION = "rating"
"""The key of the only criterion of files that name none."""
KINDS: dict[Scale, AnswerKind] = {
    "nominal": AnswerKind.NOMINAL,
    "ordinal": AnswerKind.ORDINAL,
    "interval": AnswerKind.NUMERIC,
}
Outcome = Literal["imported", "unchanged", "failure stated"]


@dataclass(frozen=True, slots=True)
class RatingsImport:
    """What an import made of its files.

    `status`: whether the campaign is new, had the same ratings already, or had them and got its failures or scale
    stated now.
    """

    criterion: Criterion
    status: Outcome
    items: int
    people: int
    judges: int
    ratings: int
    missing: int

    @property
    def campaign(self) -> Campaign:
        """The campaign that holds the ratings."""
        return self.criterion.campaign

    @property
    def failures_in_words(self) -> str:
        """What counts as a failure."""
        labels, threshold = self.criterion.failure_labels, self.criterion.threshold
        if labels:
            return f"A failure is {' or '.join(f'“{label}”' for label in labels)}."
        if threshold is not None:
            return f"A failure is a rating below {threshold:g}."
        return "No failure is stated, so failure rates are undefined."

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings about the ratings, in sentences."""
        return tuple(self.criterion.warnings)

    def as_dict(self) -> dict[str, object]:
        """One JSON-ready object."""
        return {
            "status": self.status,
            "campaign": {"id": self.campaign.pk, "name": self.campaign.name},
            "scale": self.criterion.scale,
            "categories": self.criterion.categories,
            "threshold": self.criterion.threshold,
            "failures": self.criterion.failure_labels,
            "items": self.items,
            "people": self.people,
            "judges": self.judges,
            "ratings": self.ratings,
            "missing": self.missing,
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingsSpec:
    """What to import, under which name, and what it means.

    `categories` state the scale (`stated_categories`); without them, it consists of the ratings that occur. `failures`
    or the `threshold` state what a failure is (`stated_failures`); with `is_cut` false, nothing is.
    """

    name: str
    files: Sequence[RatingsFile]
    scale: Scale
    categories: Sequence[str] = ()
    failures: Sequence[str] = ()
    threshold: float | None = None
    is_cut: bool = True


def import_ratings(
    *, spec: RatingsSpec, created_by: User | None = None, progress: Progress = no_progress
) -> RatingsImport:
    """A campaign of the ratings in the files, led by `created_by`. The same files again change nothing but a scale or
    a failure that was not stated before.

    Raises:
        RatingsRefused: with every problem of every file.
        FailureNotStated: there are two categories, and it is not stated which is the failure.
        DomainError: the failures, threshold or scale do not fit the ratings.
        Conflict: a campaign of this name holds something else.
    """
    if not 0 < len(spec.name.strip()) <= NAME_LENGTH:
        raise DomainError(f"A campaign needs a name of at most {NAME_LENGTH} characters.", field="name")
    check_name(spec.name)
    full_scale = _stated_scale(spec)
    joined = joined_files(_parsed(spec, full_scale, progress))
    if joined.problems:
        raise RatingsRefused(joined.problems)
    try:
        table = rating_set([file.ratings for file in joined.files], spec.scale, categories=full_scale)
    except RatingsFileError as error:
        raise RatingsRefused([str(problem) for problem in error.errors]) from error
    ratings = [rating for file in joined.files for rating in file.ratings.ratings]
    try:
        cut = stated_failures(
            full_scale or _occurring(table, ratings),
            spec.scale,
            failures=spec.failures,
            threshold=spec.threshold,
            is_cut=spec.is_cut,
        )
    except NotStated as error:
        raise FailureNotStated(f"Nothing was imported. {error}", field=error.field) from error
    except FailuresError as error:
        raise DomainError(str(error), field=error.field) from error
    meaning = {
        "scale": spec.scale,
        "categories": None if full_scale is None else [shown(category) for category in full_scale],
        "threshold": cut.threshold,
        "failure_labels": list(cut.labels) or None,
        "warnings": list(rating_warnings(joined.files, spec.scale, is_stated=full_scale is not None)),
    }
    with transaction.atomic():
        campaign, is_new = Campaign.objects.get_or_create(
            name=spec.name.strip(),
            defaults={
                "is_imported": True,
                "status": CampaignStatus.CLOSED,
                "overlap": 1,
                "max_overlap": 1,
                "sample_size": len(table.table.units),
                "seed": 0,
                "created_by": created_by,
            },
        )
        status: Outcome = "imported"
        if is_new:
            criterion = Criterion.objects.create(
                campaign=campaign, position=0, key=CRITERION, kind=KINDS[spec.scale], **meaning
            )
            _write(criterion, ratings, created_by)
        else:
            criterion, status = _again(campaign, ratings, meaning, created_by)
    return RatingsImport(
        criterion,
        status,
        items=len(table.table.units),
        people=len(table.people),
        judges=len(table.judges),
        ratings=len(ratings),
        missing=table.missing,
    )


def _stated_scale(spec: RatingsSpec) -> tuple[Label, ...] | None:
    """The stated scale, if there is one. Raises DomainError."""
    if not spec.categories:
        return None
    try:
        return stated_categories(spec.categories, spec.scale)
    except ScaleError as error:
        raise DomainError(str(error), field="categories") from error


def _occurring(table: RatingSet, ratings: Sequence[FileRating]) -> tuple[Label, ...]:
    """The categories that occur, in the order of the table's."""
    if table.scale == "nominal":
        return table.labels
    return tuple(sorted({float(rating.label) for rating in ratings}))


def _parsed(spec: RatingsSpec, categories: Sequence[Label] | None, progress: Progress) -> list[NamedRatings]:
    """Every file read. Raises RatingsRefused with the problems of all of them."""
    parsed, problems = [], list[str]()
    names, with_names = Counter[str](), list[str]()
    room: int = settings.IMPORT_MAX_RATINGS
    for number, file in enumerate(spec.files, start=1):
        try:
            with file.opened() as text:
                read = parse_ratings(
                    text,
                    file_format=_checked_format(file.name, text),
                    scale=spec.scale,
                    kind=file.kind,
                    categories=categories,
                    names=[label_of(failure) for failure in spec.failures],
                    most=room,
                )
        except RatingsFileError as error:
            told = told_once(error.errors, error.cells)
            problems += [f"{file.name}: {problem}" for problem in told.errors]
            names += told.names
            with_names += [file.name] if told.names else []
            continue
        too_long = told_once(_too_long(read), len(read.ratings))
        problems += [f"{file.name}: {problem}" for problem in too_long.errors]
        parsed.append(NamedRatings(file.name, read))
        room = max(room - len(read.ratings) - read.missing, 0)
        progress(number, len(spec.files))
    if names:
        problems.insert(0, _another_scale(names, with_names, spec.scale))
    if not spec.files:
        problems.append("no file was given")
    if problems:
        raise RatingsRefused(problems)
    return parsed


def _checked_format(name: str, text: TextIO) -> FileFormat:
    """The format of a file that is at its beginning, and stays there. Raises RatingsFileError.

    JSON by rater is read as one document, so what it may hold is counted first: each value has a comma or a bracket
    before it.
    """
    file_format = format_of(name, text.read(LONGEST_LINE))
    text.seek(0)
    if file_format != "pairs":
        return file_format
    most, values = 2 * settings.IMPORT_MAX_RATINGS, 0
    while block := text.read(LONGEST_LINE):
        values += sum(map(block.count, ",[{"))
        if values > most:
            raise RatingsFileError([LineError(None, f"there are more than {most:,} values in the file")])
    text.seek(0)
    return file_format


def _another_scale(names: Counter[str], file_names: Sequence[str], scale: Scale) -> str:
    """What to do about labels that are names, on a scale of numbers."""
    labels = listed(label for label, _ in names.most_common())
    count = f"{names.total()} ratings in {' and '.join(dict.fromkeys(file_names))}"
    return (
        f"{count} are names: {labels}. The scale “{RatingScale(scale).label}” takes numbers. Choose the scale "
        f"“{RatingScale.NOMINAL.label}” (--scale {RatingScale.NOMINAL})."
    )


def _too_long(file: FileRatings) -> list[LineError]:
    """Names that the database would not hold."""
    problems = []
    for rating in file.ratings:
        if len(rating.item) > ITEM_LENGTH:
            problems.append(LineError(rating.line, f"an item's name has more than {ITEM_LENGTH} characters"))
        if len(rating.rater) > RATER_LENGTH:
            problems.append(LineError(rating.line, f"a rater's name has more than {RATER_LENGTH} characters"))
        if NOT_STORABLE.search(f"{rating.item}{rating.rater}{rating.label}"):
            problems.append(LineError(rating.line, "a null character, or half of a character"))
    return problems


def _stored(rating: FileRating) -> tuple[str, str, str, str]:
    """Item, rater, kind and value as the database has them; a number is written the shortest way that is exact."""
    kind = RatedBy.HUMAN if rating.kind == "human" else RatedBy.JUDGE
    return rating.item, rating.rater, kind.value, shown(rating.label)


def _write(criterion: Criterion, ratings: Sequence[FileRating], created_by: User | None) -> None:
    campaign = criterion.campaign
    external_ids = dict.fromkeys(rating.item for rating in ratings)
    write_items(campaign, map(NewItem, external_ids))
    keys = item_keys(campaign)
    write_ratings(_new_rating(criterion, keys, rating) for rating in ratings)
    if created_by is not None:
        Member.objects.create(campaign=campaign, user=created_by, role=Role.LEAD)
    audit("ratings.imported", actor=created_by, scope=campaign, subject=campaign, ratings=len(ratings))


def _new_rating(criterion: Criterion, keys: Mapping[str, int], rating: FileRating) -> NewRating:
    item, rater, kind, value = _stored(rating)
    return NewRating(criterion.pk, keys[item], rater, kind, value)


def _has_exactly(criterion: Criterion, ratings: Sequence[FileRating]) -> bool:
    """Whether the criterion has these ratings and no others."""
    if criterion.ratings.count() != len(ratings):
        return False
    stored = set(map(_stored, ratings))
    rows = criterion.ratings.order_by().values_list("item__external_id", "rater", "kind", "value")
    return all(row in stored for row in rows.iterator(chunk_size=5000))


def _again(
    campaign: Campaign,
    ratings: Sequence[FileRating],
    meaning: Mapping[str, object],
    actor: User | None,
) -> tuple[Criterion, Outcome]:
    """The same ratings under the same name. Raises Conflict where the campaign holds something else."""
    criteria = list(campaign.criteria.select_related("campaign"))
    if len(criteria) == 1 and criteria[0].key == CRITERION and _has_exactly(criteria[0], ratings):
        criterion = criteria[0]
        compared = [field for field in meaning if field != "warnings"]
        changed = [field for field in compared if getattr(criterion, field) != meaning[field]]
        if not changed:
            return criterion, "unchanged"
        is_led = actor is None or Campaign.objects.led_by(actor).filter(pk=campaign.pk).exists()
        if is_led and "scale" not in changed and all(getattr(criterion, field) is None for field in changed):
            for field, value in meaning.items():
                setattr(criterion, field, value)
            criterion.save(update_fields=list(meaning))
            audit(
                "ratings.failure_stated",
                actor=actor,
                scope=campaign,
                subject=campaign,
                failures=criterion.failure_labels,
                threshold=criterion.threshold,
                categories=criterion.categories,
            )
            return criterion, "failure stated"
    raise Conflict(
        f"There is a campaign named “{campaign.name}” already, with other content. Import under another name.",
        field="name",
    )
