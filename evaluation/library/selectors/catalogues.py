"""Preference catalogues and how far their builders are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from evaluation.models import (
    BuildQuestion,
    Catalogue,
    CatalogueBuild,
    Completion,
    Preference,
    Proposal,
)
from evaluation.models.catalogue_build import BuildQuestionStatus, BuildStatus, ProposalStatus
from evaluation.models.dataset import PreferenceKind
from perg.stats.base.near_duplicates import near_duplicate_groups


def builds_asking() -> QuerySet[CatalogueBuild]:
    """Catalogue builds that still wait for their endpoint."""
    return CatalogueBuild.objects.filter(status=BuildStatus.ASKING).select_related("endpoint", "prompt")


def catalogues_with_counts() -> QuerySet[Catalogue]:
    """Catalogues with `relevant_count` and `irrelevant_count`, for lists."""
    return Catalogue.objects.annotate(
        relevant_count=Count("preferences", filter=Q(preferences__kind=PreferenceKind.RELEVANT)),
        irrelevant_count=Count("preferences", filter=Q(preferences__kind=PreferenceKind.IRRELEVANT)),
    )


def preferences_found(
    catalogue: Catalogue, *, words: str = "", category: str = "", kind: str = ""
) -> QuerySet[Preference]:
    """Preferences of the catalogue that have all the words, of the category and kind."""
    preferences = catalogue.preferences.all()
    for word in words.split():
        preferences = preferences.filter(text__icontains=word)
    if category:
        preferences = preferences.filter(category=category)
    if kind:
        preferences = preferences.filter(kind=kind)
    return preferences


def versions_of(catalogue: Catalogue) -> QuerySet[Catalogue]:
    """All versions of the catalogue, newest first."""
    return Catalogue.objects.filter(name=catalogue.name).order_by("-version")


class ChangedPreference(NamedTuple):
    """The same text, of another category or kind."""

    before: Preference
    after: Preference


@dataclass(frozen=True, slots=True)
class CatalogueChanges:
    """How a version differs from an older one, `since`: the other's number."""

    since: int
    added: Sequence[Preference]
    removed: Sequence[Preference]
    changed: Sequence[ChangedPreference]
    same: int


def catalogue_changes(old: Catalogue, new: Catalogue) -> CatalogueChanges:
    before = {preference.text: preference for preference in old.preferences.order_by("pk")}
    after = {preference.text: preference for preference in new.preferences.order_by("pk")}
    both = [ChangedPreference(before[text], after[text]) for text in after if text in before]
    changed = [pair for pair in both if _place(pair.before) != _place(pair.after)]
    return CatalogueChanges(
        since=old.version,
        added=[preference for text, preference in after.items() if text not in before],
        removed=[preference for text, preference in before.items() if text not in after],
        changed=changed,
        same=len(both) - len(changed),
    )


def _place(preference: Preference) -> tuple[str, str]:
    return preference.category, preference.kind


def catalogues_with_irrelevant() -> QuerySet[Catalogue]:
    """Catalogues that have an irrelevant preference."""
    irrelevant = Preference.objects.filter(catalogue=OuterRef("pk"), kind=PreferenceKind.IRRELEVANT)
    return Catalogue.objects.filter(Exists(irrelevant))


def builds_with_counts() -> QuerySet[CatalogueBuild]:
    """Catalogue builds with `proposal_count`, `open_count` and `accepted_count`, newest first."""
    return CatalogueBuild.objects.select_related("dataset", "endpoint", "catalogue").annotate(
        proposal_count=Count("proposals"),
        open_count=Count("proposals", filter=Q(proposals__status=ProposalStatus.PROPOSED)),
        accepted_count=Count("proposals", filter=Q(proposals__status=ProposalStatus.ACCEPTED)),
    )


@dataclass(frozen=True, slots=True)
class BuildProgress:
    """Where a build stands: its questions, its proposals by status, and US dollars so far (None: unpriced).

    `unasked` are those of the waiting questions that no call was made for.
    """

    waiting: int
    unasked: int
    read: int
    failed: int
    cost: Decimal | None
    proposals: Mapping[str, int]

    @property
    def settled(self) -> int:
        return self.read + self.failed


def build_progress(build: CatalogueBuild) -> BuildProgress:
    build_questions = BuildQuestion.objects.filter(build=build)
    questions = build_questions.aggregate(
        waiting=Count("pk", filter=Q(status=BuildQuestionStatus.WAITING)),
        read=Count("pk", filter=Q(status=BuildQuestionStatus.READ)),
        failed=Count("pk", filter=Q(status=BuildQuestionStatus.FAILED)),
        unasked=Count("pk", filter=Q(status=BuildQuestionStatus.WAITING, completion__isnull=True)),
    )
    # Two questions that read the same share a call: it is paid once.
    calls = Completion.objects.filter(pk__in=build_questions.values("completion"))
    counts = dict.fromkeys(ProposalStatus.values, 0)
    counts |= dict(
        Proposal.objects.filter(build=build).values_list("status").annotate(Count("pk")).order_by("status")
    )
    cost = calls.aggregate(sum=Sum("cost"))["sum"]
    if cost is not None or build.spent_before:
        cost = (cost or 0) + build.spent_before
    return BuildProgress(**questions, cost=cost, proposals=counts)


def build_failures(build: CatalogueBuild) -> Iterable[Mapping[str, object]]:
    """Why questions of the build have no proposals: reason and count."""
    return (
        BuildQuestion.objects.filter(build=build, status=BuildQuestionStatus.FAILED)
        .values("failure")
        .annotate(count=Count("pk"))
        .order_by("-count", "failure")
    )


def near_duplicates(build: CatalogueBuild) -> list[list[Proposal]]:
    """The proposals of a build that are not merged, with near-identical ones in one group, in the questions' order.

    The first of a group is the one that the others nearly repeat; what was merged into a proposal is `merged.all()`.
    """
    proposals = list(
        Proposal.objects.filter(build=build)
        .exclude(status=ProposalStatus.MERGED)
        .select_related("question")
        .prefetch_related("merged")
        .order_by("question", "position")
    )
    groups = near_duplicate_groups([proposal.text for proposal in proposals])
    return [[proposals[index] for index in group] for group in groups]
