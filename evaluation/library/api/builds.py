"""REST views of building a catalogue: starting a build, how far it is, reviewing what was proposed. For staff."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.actor import actor_of
from core.api.idempotency import idempotent
from core.api.strict import without_body
from core.api.viewsets import CollectionViewSet, StaffList, StaffViewSet
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
    BuildSpec,
    ask_again,
    estimate_build,
    set_build_budget,
    start_build,
)
from evaluation.library.services.catalogue_review import (
    DECISIONS,
    edit_proposal,
    merge_proposals,
    release_catalogue,
)
from evaluation.models import CatalogueBuild, Proposal
from evaluation.runs.serializers.batches import EstimateLineSerializer


@extend_schema_view(retrieve=extend_schema(description="One build of a catalogue."))
class Builds(CollectionViewSet[CatalogueBuild]):
    """All builds of catalogues, newest first."""

    serializer_class = BuildSerializer
    query_serializer_class = BuildQuery
    queryset = CatalogueBuild.objects.select_related("dataset", "endpoint")
    lookups = {name: name for name in ("status", "dataset", "endpoint")} | {"search": "name__icontains"}

    @extend_schema(request=NewBuildSerializer, responses={201: BuildSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Start a build: an endpoint is asked about questions of a dataset, for people to review what it proposes."""
        spec = BuildSpec(**NewBuildSerializer.values_in(request.data))
        build = start_build(spec=spec, actor=actor_of(request))
        return Response(BuildSerializer(build).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        request=BuildSizeSerializer,
        responses={200: EstimateLineSerializer},
        operation_id="catalogues_builds_estimate",
    )
    @action(["post"], detail=False, scope=Scope.READ)
    def estimate(self, request: Request) -> Response:
        """What a build would take in calls, tokens and money. Starts nothing."""
        size = BuildSizeSerializer.values_in(request.data)
        return Response(EstimateLineSerializer(estimate_build(**size)).data)

    @extend_schema(responses=BuildProgressSerializer)
    @action(detail=True)
    def progress(self, request: Request, build_id: int) -> Response:
        """Where a build stands: questions, proposals by status, cost, and why questions have no proposals."""
        build = self.get_object()
        state = {"build": build, "progress": build_progress(build), "failures": build_failures(build)}
        return Response(BuildProgressSerializer(state).data)

    @extend_schema(request=BuildBudgetSerializer, responses=BuildSerializer)
    @action(["put"], detail=True)
    def budget(self, request: Request, build_id: int) -> Response:
        """Set what a build may spend, and go on with what has not been asked."""
        build = self.get_object()
        budget = BuildBudgetSerializer.values_in(request.data, shown=BuildSerializer(build).data)
        build = set_build_budget(build=build, **budget, actor=actor_of(request))
        return Response(BuildSerializer(build).data)

    @extend_schema(request=None, responses={202: BuildSerializer})
    @action(["post"], detail=True)
    @idempotent
    @without_body
    def again(self, request: Request, build_id: int) -> Response:
        """Ask once more about each question that has failed."""
        ask_again(build=self.get_object(), actor=actor_of(request))
        return Response(BuildSerializer(self.get_object()).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=ReleaseCatalogueSerializer, responses={201: CatalogueSerializer})
    @action(["post"], detail=True)
    @idempotent
    def release(self, request: Request, build_id: int) -> Response:
        """Make the next version of the catalogue of the proposals that are accepted."""
        build, fields = self.get_object(), ReleaseCatalogueSerializer.values_in(request.data)
        catalogue = release_catalogue(build=build, **fields, actor=actor_of(request))
        return Response(CatalogueSerializer(catalogue).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses=NearDuplicatesSerializer(many=True))
    @action(detail=True, url_name="near_duplicates")
    def near_duplicates(self, request: Request, build_id: int) -> Response:
        """Groups of proposals that say nearly the same, those merged already left out: what to look at for merging."""
        groups = [group for group in near_duplicates(self.get_object()) if len(group) > 1]
        return Response([{"proposals": [proposal.pk for proposal in group]} for group in groups])

    @extend_schema(request=MergeSerializer, responses=ProposalSerializer)
    @action(["post"], detail=True)
    def merge(self, request: Request, build_id: int) -> Response:
        """Let one proposal stand for others, too; it is the answer."""
        build, merge = self.get_object(), MergeSerializer.values_in(request.data)
        into = build.proposals.select_related("question").filter(pk=merge["into"]).first()
        if into is None:
            raise DomainError("This build has no such proposal.", field="into")
        keys = set(merge["proposals"])
        proposals = list(build.proposals.filter(pk__in=keys))
        if len(proposals) < len(keys):
            raise DomainError("This build does not have all of them.", field="proposals")
        merge_proposals(proposals=proposals, into=into, actor=actor_of(request))
        into.refresh_from_db()
        return Response(ProposalSerializer(into).data)


class BuildProposals(StaffList[Proposal]):
    """The proposals of a build, merged ones included."""

    serializer_class = ProposalSerializer
    query_serializer_class = ProposalQuery
    lookups = {"status": "status", "category": "category"}

    def get_queryset(self) -> QuerySet[Proposal]:
        build = get_object_or_404(CatalogueBuild, pk=self.kwargs["build_id"])
        return build.proposals.select_related("question")


class Proposals(mixins.RetrieveModelMixin, StaffViewSet[Proposal]):
    """One proposal."""

    serializer_class = ProposalSerializer
    queryset = Proposal.objects.select_related("question")

    @extend_schema(request=ProposalTextSerializer, responses=ProposalSerializer)
    def partial_update(self, request: Request, proposal_id: int) -> Response:
        """Change a proposal's text or category; what the endpoint wrote stays in its call."""
        proposal = self.get_object()
        changes = ProposalTextSerializer.values_in(request.data, shown=ProposalSerializer(proposal).data)
        fields = {"text": proposal.text, "category": proposal.category, **changes}
        proposal = edit_proposal(proposal=proposal, **fields, actor=actor_of(request))
        return Response(ProposalSerializer(proposal).data)

    @extend_schema(
        request=None,
        responses=ProposalSerializer,
        parameters=[OpenApiParameter("action", str, OpenApiParameter.PATH, enum=list(DECISIONS))],
    )
    @action(["post"], detail=True, url_path="<slug:action>", url_name="action")
    @without_body
    def decide(self, request: Request, proposal_id: int, action: str) -> Response:
        """Have a proposal in the catalogue, leave it out, or take back what was decided, a merge included."""
        proposal = self.get_object()
        if action not in DECISIONS:
            raise NotFound(f"What can be done with a proposal: {', '.join(DECISIONS)}.")
        decided = DECISIONS[action](proposal=proposal, actor=actor_of(request))
        return Response(ProposalSerializer(decided).data)
