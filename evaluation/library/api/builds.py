"""REST views of building a catalogue: starting a build, how far it is, reviewing what was proposed. For staff."""

from collections.abc import Callable

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api.actor import actor_of
from core.api.idempotency import idempotent
from core.api.permissions import IsStaff
from core.api.queries import FilteredList
from core.api.strict import without_body
from core.errors import DomainError, NotFound
from core.scopes import Scope
from evaluation.library.selectors.catalogues import build_failures, build_progress, near_duplicates
from evaluation.library.serializers.builds import (
    BuildBudgetSerializer,
    BuildProgressSerializer,
    BuildQuery,
    BuildSerializer,
    BuildSizeSerializer,
    MergeSerializer,
    NearDuplicatesSerializer,
    NewBuildSerializer,
    ProposalQuery,
    ProposalSerializer,
    ProposalTextSerializer,
    ReleaseCatalogueSerializer,
)
from evaluation.library.serializers.catalogues import CatalogueSerializer
from evaluation.library.services.catalogue_building import (
    ask_again,
    estimate_build,
    set_build_budget,
    start_build,
)
from evaluation.library.services.catalogue_review import (
    accept_proposal,
    edit_proposal,
    merge_proposals,
    reject_proposal,
    release_catalogue,
    reopen_proposal,
)
from evaluation.models import CatalogueBuild, Proposal
from evaluation.runs.serializers.batches import EstimateLineSerializer

BUILDS = CatalogueBuild.objects.select_related("dataset", "endpoint")
PROPOSALS = Proposal.objects.select_related("question")
DECISIONS: dict[str, Callable[..., Proposal]] = {
    "accept": accept_proposal,
    "reject": reject_proposal,
    "reopen": reopen_proposal,
}


def _build(build_id: int) -> CatalogueBuild:
    return get_object_or_404(BUILDS, pk=build_id)


class BuildList(FilteredList[CatalogueBuild]):
    """All builds of catalogues, newest first."""

    permission_classes = [IsStaff]
    serializer_class = BuildSerializer
    query_serializer_class = BuildQuery
    queryset = BUILDS
    lookups = {name: name for name in ("status", "dataset", "endpoint")} | {"search": "name__icontains"}

    @extend_schema(request=NewBuildSerializer, responses={201: BuildSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Start a build: an endpoint is asked about questions of a dataset, for people to review what it proposes."""
        given = NewBuildSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        build = start_build(actor=actor_of(request), **given.validated_data)
        return Response(BuildSerializer(build).data, status=status.HTTP_201_CREATED)


class BuildEstimate(APIView):
    """What a build would take."""

    permission_classes = [IsStaff]
    scope = Scope.READ

    @extend_schema(
        request=BuildSizeSerializer,
        responses={200: EstimateLineSerializer},
        operation_id="catalogues_builds_estimate",
    )
    def post(self, request: Request) -> Response:
        """What a build would take in calls, tokens and money. Starts nothing."""
        given = BuildSizeSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return Response(EstimateLineSerializer(estimate_build(**given.validated_data)).data)


class BuildDetail(generics.RetrieveAPIView[CatalogueBuild]):
    """One build of a catalogue."""

    permission_classes = [IsStaff]
    serializer_class = BuildSerializer
    lookup_url_kwarg = "build_id"
    queryset = BUILDS


class BuildProgress(APIView):
    """Where a build stands."""

    permission_classes = [IsStaff]

    @extend_schema(responses=BuildProgressSerializer)
    def get(self, request: Request, build_id: int) -> Response:
        """Where a build stands: questions, proposals by status, cost, and why questions have no proposals."""
        build = _build(build_id)
        shown = {"build": build, "progress": build_progress(build), "failures": build_failures(build)}
        return Response(BuildProgressSerializer(shown).data)


class BuildBudget(APIView):
    """What a build may spend."""

    permission_classes = [IsStaff]

    @extend_schema(request=BuildBudgetSerializer, responses=BuildSerializer)
    def put(self, request: Request, build_id: int) -> Response:
        """Set what a build may spend, and go on with what has not been asked."""
        build = _build(build_id)
        given = BuildBudgetSerializer(data=request.data, context={"shown": BuildSerializer(build).data})
        given.is_valid(raise_exception=True)
        return Response(
            BuildSerializer(
                set_build_budget(build=build, **given.validated_data, actor=actor_of(request))
            ).data
        )


class BuildAgain(APIView):
    """Asking again."""

    permission_classes = [IsStaff]

    @extend_schema(request=None, responses={202: BuildSerializer})
    @idempotent
    @without_body
    def post(self, request: Request, build_id: int) -> Response:
        """Ask once more about each question that has failed."""
        ask_again(build=_build(build_id), actor=actor_of(request))
        return Response(BuildSerializer(_build(build_id)).data, status=status.HTTP_202_ACCEPTED)


class BuildRelease(APIView):
    """What comes of a build."""

    permission_classes = [IsStaff]

    @extend_schema(request=ReleaseCatalogueSerializer, responses={201: CatalogueSerializer})
    @idempotent
    def post(self, request: Request, build_id: int) -> Response:
        """Make the next version of the catalogue of the proposals that are accepted."""
        build = _build(build_id)
        given = ReleaseCatalogueSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        catalogue = release_catalogue(build=build, **given.validated_data, actor=actor_of(request))
        return Response(CatalogueSerializer(catalogue).data, status=status.HTTP_201_CREATED)


class BuildProposals(FilteredList[Proposal]):
    """The proposals of a build, merged ones included."""

    permission_classes = [IsStaff]
    serializer_class = ProposalSerializer
    query_serializer_class = ProposalQuery
    lookups = {"status": "status", "category": "category"}

    def get_queryset(self) -> QuerySet[Proposal]:
        return PROPOSALS.filter(build=_build(self.kwargs["build_id"]))


class BuildNearDuplicates(APIView):
    """Proposals that say nearly the same."""

    permission_classes = [IsStaff]

    @extend_schema(responses=NearDuplicatesSerializer(many=True))
    def get(self, request: Request, build_id: int) -> Response:
        """Groups of proposals that say nearly the same, those merged already left out: what to look at for merging."""
        groups = [group for group in near_duplicates(_build(build_id)) if len(group) > 1]
        return Response([{"proposals": [proposal.pk for proposal in group]} for group in groups])


class BuildMerge(APIView):
    """Merging proposals."""

    permission_classes = [IsStaff]

    @extend_schema(request=MergeSerializer, responses=ProposalSerializer)
    def post(self, request: Request, build_id: int) -> Response:
        """Let one proposal stand for others, too; it is the answer."""
        build = _build(build_id)
        given = MergeSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        into = PROPOSALS.filter(build=build, pk=given.validated_data["into"]).first()
        if into is None:
            raise DomainError("This build has no such proposal.", field="into")
        keys = set(given.validated_data["proposals"])
        proposals = list(build.proposals.filter(pk__in=keys))
        if len(proposals) < len(keys):
            raise DomainError("This build does not have all of them.", field="proposals")
        merge_proposals(proposals=proposals, into=into, actor=actor_of(request))
        into.refresh_from_db()
        return Response(ProposalSerializer(into).data)


class ProposalDetail(APIView):
    """One proposal."""

    permission_classes = [IsStaff]

    @extend_schema(responses=ProposalSerializer)
    def get(self, request: Request, proposal_id: int) -> Response:
        """One proposal."""
        return Response(ProposalSerializer(get_object_or_404(PROPOSALS, pk=proposal_id)).data)

    @extend_schema(request=ProposalTextSerializer, responses=ProposalSerializer)
    def patch(self, request: Request, proposal_id: int) -> Response:
        """Change a proposal's text or category; what the endpoint wrote stays in its call."""
        proposal = get_object_or_404(PROPOSALS, pk=proposal_id)
        context = {"shown": ProposalSerializer(proposal).data}
        given = ProposalTextSerializer(data=request.data, context=context)
        given.is_valid(raise_exception=True)
        wanted = {"text": proposal.text, "category": proposal.category, **given.validated_data}
        return Response(
            ProposalSerializer(edit_proposal(proposal=proposal, **wanted, actor=actor_of(request))).data
        )


class ProposalDecision(APIView):
    """Deciding on a proposal."""

    permission_classes = [IsStaff]

    @extend_schema(
        request=None,
        responses=ProposalSerializer,
        parameters=[OpenApiParameter("action", str, OpenApiParameter.PATH, enum=list(DECISIONS))],
    )
    @without_body
    def post(self, request: Request, proposal_id: int, action: str) -> Response:
        """Have a proposal in the catalogue, leave it out, or take back what was decided, a merge included."""
        proposal = get_object_or_404(PROPOSALS, pk=proposal_id)
        if action not in DECISIONS:
            raise NotFound(f"What can be done with a proposal: {', '.join(DECISIONS)}.")
        return Response(
            ProposalSerializer(DECISIONS[action](proposal=proposal, actor=actor_of(request))).data
        )
