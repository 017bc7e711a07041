"""Importing others' annotations into a campaign of their own, so that the agreement module serves by itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction

from annotations.agreement.rating_set import RatingSet, rating_set
from annotations.agreement.ratings import SCALE
from annotations.agreement.ratings_files import (
    FileRating,
    FileRatings,
    Kind,
    LineError,
    RatingsFileError,
    Scale,
    format_of,
    parse_ratings,
)
from annotations.models import Campaign, ImportedRating, Member
from annotations.models.campaign import CampaignStatus, Role
from annotations.models.imported import RatedBy
from annotations.services.audit import record as audit
from evaluation.errors import Conflict, DomainError
from evaluation.models.endpoint import DEFAULT_THRESHOLD

ITEM_LENGTH, RATER_LENGTH, NAME_LENGTH = 400, 200, 200


@dataclass(frozen=True, slots=True)
class RatingsFile:
    """A file handed in: its name, its text, and the kind of its raters where it does not say itself."""

    name: str
    text: str
    kind: Kind | None = None


class RatingsRefused(DomainError):
    """The files are refused as a whole and nothing was written; `problems` are all that was found, a line each."""

    code = "import_refused"

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        count = "There is one problem." if len(problems) == 1 else f"There are {len(problems)} problems."
        super().__init__(f"Nothing was imported. {count}", extra={"problems": list(problems)})


@dataclass(frozen=True, slots=True)
class RatingsImport:
    """What an import made of its files; `is_new` is false where the campaign had these very ratings already."""

    campaign: Campaign
    is_new: bool
    items: int
    people: int
    judges: int
    ratings: int
    missing: int

    def as_dict(self) -> dict[str, object]:
        """One JSON-ready object."""
        return {
            "status": "imported" if self.is_new else "unchanged",
            "campaign": {"id": self.campaign.pk, "name": self.campaign.name},
            "scale": self.campaign.scale,
            "threshold": self.campaign.rating_threshold,
            "items": self.items,
            "people": self.people,
            "judges": self.judges,
            "ratings": self.ratings,
            "missing": self.missing,
        }


def import_ratings(
    *,
    name: str,
    files: Sequence[RatingsFile],
    scale: Scale,
    threshold: float | None = None,
    is_cut: bool = True,
    created_by: User | None = None,
) -> RatingsImport:
    """A campaign of the ratings in the files; who imports it leads it. The same once more changes nothing.

    Where an ordinal scale runs from 1 to 5 and no threshold is given, a rating counts as followed from 3 on, as
    elsewhere on the platform; other scales, and those that shall not be cut, have no followed / not followed. Raises
    RatingsRefused with every problem of every file, DomainError where the threshold does not fit the scale, and
    Conflict where a campaign of this name holds something else.
    """
    if not 0 < len(name.strip()) <= NAME_LENGTH:
        raise DomainError(f"A campaign needs a name of at most {NAME_LENGTH} characters.", field="name")
    name = name.strip()
    parsed = _parsed(files, scale)
    try:
        table = rating_set(parsed, scale)
    except RatingsFileError as error:
        raise RatingsRefused([str(problem) for problem in error.errors]) from error
    cut = _threshold(table, threshold, is_cut=is_cut)
    ratings = [rating for file in parsed for rating in file.ratings]
    with transaction.atomic():
        campaign, is_new = Campaign.objects.get_or_create(
            name=name,
            defaults={
                "is_imported": True,
                "scale": scale,
                "rating_threshold": cut,
                "status": CampaignStatus.CLOSED,
                "overlap": 1,
                "max_overlap": 1,
                "sample_size": len(table.table.units),
                "seed": 0,
                "created_by": created_by,
            },
        )
        if is_new:
            _write(campaign, ratings, created_by)
        elif not _holds(campaign, ratings, scale, cut):
            raise Conflict(f"There is a campaign named “{name}” already, with other content.", field="name")
    return RatingsImport(
        campaign,
        is_new,
        items=len(table.table.units),
        people=len(table.people),
        judges=len(table.judges),
        ratings=len(ratings),
        missing=table.missing,
    )


def _parsed(files: Sequence[RatingsFile], scale: Scale) -> list[FileRatings]:
    """Every file read. Raises RatingsRefused with the problems of all of them."""
    parsed, problems = [], list[str]()
    for file in files:
        try:
            file_format = format_of(file.name, file.text)
            read = parse_ratings(file.text, file_format=file_format, scale=scale, kind=file.kind)
        except RatingsFileError as error:
            problems += [f"{file.name}: {problem}" for problem in error.errors]
            continue
        problems += [f"{file.name}: {problem}" for problem in _too_long(read)]
        parsed.append(read)
    if not files:
        problems.append("no file was given")
    if problems:
        raise RatingsRefused(problems)
    return parsed


def _too_long(file: FileRatings) -> list[LineError]:
    """Names that the database would not hold."""
    problems = []
    for rating in file.ratings:
        if len(rating.item) > ITEM_LENGTH:
            problems.append(LineError(rating.line, f"an item's name has more than {ITEM_LENGTH} characters"))
        if len(rating.rater) > RATER_LENGTH:
            problems.append(LineError(rating.line, f"a rater's name has more than {RATER_LENGTH} characters"))
        if "\0" in f"{rating.item}{rating.rater}{rating.label}":
            problems.append(LineError(rating.line, "a null character"))
    return problems


def _threshold(table: RatingSet, threshold: float | None, *, is_cut: bool) -> float | None:
    """The threshold of the campaign. Raises DomainError where it does not part the scale in two."""
    categories = table.table.categories
    if threshold is None:
        on_our_scale = table.scale == "ordinal" and categories == SCALE
        return float(DEFAULT_THRESHOLD) if is_cut and on_our_scale else None
    if table.scale == "nominal":
        raise DomainError("Names without an order cannot be cut at a threshold.", field="threshold")
    if not categories[0] < threshold <= categories[-1]:
        raise DomainError(
            f"The threshold lies above {categories[0]:g}, the lowest rating, and at most at {categories[-1]:g}, "
            "the highest.",
            field="threshold",
        )
    return threshold


def _stored(rating: FileRating) -> tuple[str, str, str, str]:
    """Item, rater, kind and value as the database has them; a number is written the shortest way that is exact."""
    kind = RatedBy.HUMAN if rating.kind == "human" else RatedBy.JUDGE
    whole = isinstance(rating.label, float) and rating.label.is_integer() and abs(rating.label) < 2**53
    return rating.item, rating.rater, kind.value, str(int(rating.label)) if whole else str(rating.label)


def _write(campaign: Campaign, ratings: Sequence[FileRating], created_by: User | None) -> None:
    stored = map(_stored, ratings)
    ImportedRating.objects.bulk_create(
        (
            ImportedRating(campaign=campaign, item=item, rater=rater, kind=kind, value=value)
            for item, rater, kind, value in stored
        ),
        batch_size=5000,
    )
    if created_by is not None:
        Member.objects.create(campaign=campaign, user=created_by, role=Role.LEAD)
    audit("ratings.imported", actor=created_by, campaign=campaign, subject=campaign, ratings=len(ratings))


def _holds(campaign: Campaign, ratings: Sequence[FileRating], scale: Scale, threshold: float | None) -> bool:
    """Whether the campaign is an import of these very ratings."""
    if not campaign.is_imported or (campaign.scale, campaign.rating_threshold) != (scale, threshold):
        return False
    there = campaign.imported_ratings.values_list("item", "rater", "kind", "value")
    return sorted(there) == sorted(map(_stored, ratings))
