"""Reviewing what an endpoint proposed, and releasing what was accepted as a version of a catalogue.

Every change holds the build's row, so two people who review at once change one proposal after the other, and nothing
changes under a release.
"""

from collections import Counter
from collections.abc import Callable, Collection

from django.db import transaction
from django.db.models import Max

from core.audit.writing import record
from core.errors import Conflict, DomainError
from core.models import User
from evaluation.importers.lock import one_import_at_a_time
from evaluation.models import Catalogue, CatalogueBuild, Preference, Proposal
from evaluation.models.catalogue_build import BuildStatus, ProposalStatus
from evaluation.models.dataset import PreferenceCategory, PreferenceKind
from evaluation.stages.propose import MAX_TEXT, one_line

STANDING = [ProposalStatus.PROPOSED, ProposalStatus.ACCEPTED, ProposalStatus.REJECTED]


def accept_proposal(*, proposal: Proposal, actor: User | None) -> Proposal:
    """Have the proposal in the catalogue. Raises Conflict where it is merged, or the build is released."""
    return _change("proposal.accepted", actor, proposal, STANDING, status=ProposalStatus.ACCEPTED)


def reject_proposal(*, proposal: Proposal, actor: User | None) -> Proposal:
    """Leave the proposal out, and those merged into it. Raises Conflict as `accept_proposal` does."""
    return _change("proposal.rejected", actor, proposal, STANDING, status=ProposalStatus.REJECTED)


def reopen_proposal(*, proposal: Proposal, actor: User | None) -> Proposal:
    """Take back what was decided on the proposal, a merge included. Raises Conflict where the build is released."""
    undecided = {"status": ProposalStatus.PROPOSED, "merged_into": None}
    return _change("proposal.reopened", actor, proposal, ProposalStatus.values, **undecided)


DECISIONS: dict[str, Callable[..., Proposal]] = {
    "accept": accept_proposal,
    "reject": reject_proposal,
    "reopen": reopen_proposal,
}


def edit_proposal(*, proposal: Proposal, text: str, category: str, actor: User | None) -> Proposal:
    """Change text and category; what the endpoint wrote stays in its call.

    Raises DomainError for a text or category that will not do, Conflict as `accept_proposal` does.
    """
    text = one_line(text)
    if not 1 <= len(text) <= MAX_TEXT:
        raise DomainError(f"A preference has 1 to {MAX_TEXT} characters.", field="text")
    if category not in PreferenceCategory.values:
        raise DomainError("The category is one of the known ones.", field="category")
    return _change("proposal.edited", actor, proposal, STANDING, text=text, category=category)


@transaction.atomic
def merge_proposals(*, proposals: Collection[Proposal], into: Proposal, actor: User | None) -> int:
    """Let one proposal stand for others, and for those merged into them before; give the number merged now.

    Raises DomainError for a proposal of another build, Conflict where one of them is merged elsewhere already, is
    `into` itself, or the build is released.
    """
    _lock(into.build_id)
    if any(proposal.build_id != into.build_id for proposal in proposals):
        raise DomainError("Only proposals of one build can be merged.", field="into")
    keys = {proposal.pk for proposal in proposals}
    if into.pk in keys:
        raise Conflict("A proposal cannot be merged into itself.", code="merged_into_itself", field="into")
    if not Proposal.objects.filter(pk=into.pk, status__in=STANDING).exists():
        raise Conflict(
            f"No. {into.pk} is merged into another one; merge into that.", code="merged", field="into"
        )
    merged = Proposal.objects.filter(pk__in=keys, status__in=STANDING).update(
        status=ProposalStatus.MERGED, merged_into=into
    )
    if merged < len(keys):
        raise Conflict("One of them has been merged meanwhile.", code="merged")
    Proposal.objects.filter(merged_into__in=keys).update(merged_into=into)
    record("proposal.merged", actor=actor, subject=into, build=into.build_id, proposals=sorted(keys))
    return merged


def release_catalogue(
    *, build: CatalogueBuild, irrelevant_from: Catalogue | None = None, actor: User | None
) -> Catalogue:
    """Make the next version of the build's catalogue of what was accepted; the others stay where they are.

    All irrelevant preferences of `irrelevant_from` come with it. Raises Conflict unless the build is to be reviewed,
    something is accepted and no text occurs twice; DomainError where `irrelevant_from` has no irrelevant preference.
    """
    with one_import_at_a_time():
        if _lock(build.pk).status != BuildStatus.REVIEWING:
            raise Conflict("The endpoint is still being asked; release when it has answered.", code="asking")
        accepted = [
            (proposal.text, proposal.category, PreferenceKind.RELEVANT)
            for proposal in build.proposals.filter(status=ProposalStatus.ACCEPTED)
        ]
        if not accepted:
            raise Conflict("Accept at least one proposal first.", code="nothing_accepted")
        entries = accepted + (_irrelevant(irrelevant_from) if irrelevant_from else [])
        _check_distinct([text for text, _, _ in entries])
        last = Catalogue.objects.filter(name=build.name).aggregate(last=Max("version"))["last"] or 0
        catalogue = Catalogue.objects.create(name=build.name, version=last + 1)
        Preference.objects.bulk_create(
            Preference(catalogue=catalogue, text=text, category=category, kind=kind)
            for text, category, kind in entries
        )
        CatalogueBuild.objects.filter(pk=build.pk).update(status=BuildStatus.RELEASED, catalogue=catalogue)
        record(
            "build.released", actor=actor, subject=build, catalogue=str(catalogue), preferences=len(entries)
        )
    build.refresh_from_db()
    return catalogue


def _irrelevant(catalogue: Catalogue) -> list[tuple[str, str, PreferenceKind]]:
    of_it = catalogue.preferences.filter(kind=PreferenceKind.IRRELEVANT).order_by("pk")
    entries = [
        (text, category, PreferenceKind.IRRELEVANT)
        for text, category in of_it.values_list("text", "category")
    ]
    if not entries:
        raise DomainError(f"{catalogue} has no irrelevant preference.", field="irrelevant_from")
    return entries


def _check_distinct(texts: Collection[str]) -> None:
    text, count = Counter(texts).most_common(1)[0]
    if count > 1:
        raise Conflict(
            f"“{text}” is there {count} times; merge these, or edit all but one.", code="duplicate_text"
        )


def _lock(build_id: int) -> CatalogueBuild:
    """The build, held until the transaction ends. Raises Conflict where it is released."""
    # No key: proposals may be read into the build meanwhile.
    build = CatalogueBuild.objects.select_for_update(no_key=True).get(pk=build_id)
    if build.status == BuildStatus.RELEASED:
        raise Conflict("This build is released; its proposals change no more.", code="released")
    return build


@transaction.atomic
def _change(
    action: str, actor: User | None, proposal: Proposal, statuses: Collection[str], **fields: object
) -> Proposal:
    """Set fields of a proposal that is in one of the statuses, and note what that changed as `action`.

    Raises Conflict where it is in none of them.
    """
    _lock(proposal.build_id)
    told = [name for name in ("status", "text", "category") if name in fields]
    held = Proposal.objects.get(pk=proposal.pk)
    before = {name: getattr(held, name) for name in told}
    if not Proposal.objects.filter(pk=proposal.pk, status__in=statuses).update(**fields):
        raise Conflict("It is merged into another one; take it out of there first.", code="merged")
    proposal.refresh_from_db()
    after = {name: getattr(proposal, name) for name in told}
    if after != before:
        record(action, actor=actor, subject=proposal, build=proposal.build_id, before=before, after=after)
    return proposal
