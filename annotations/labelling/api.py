"""REST views of labelling: enough to build another annotation screen on. All need the scope `annotate` to write.

They call what the browser's screen calls, and show what it shows: annotators are blind here, too.
"""

from http import HTTPStatus

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotations.access import labelling_member, own_assignment
from annotations.labelling.selectors.history import history_of
from annotations.labelling.selectors.labelling import labelled_by, shown_task, why_nothing_to_label
from annotations.labelling.selectors.standing import labels_wanted_of
from annotations.labelling.serializers import (
    ClaimSerializer,
    DraftSavedSerializer,
    FlaggedSerializer,
    HistoryQuery,
    HistorySerializer,
    LeaseSerializer,
    NewDraftSerializer,
    NewFlagSerializer,
    NewLabelSerializer,
    NewSkipSerializer,
    NextSerializer,
    ShownTaskSerializer,
    StandingSerializer,
    SubmittedSerializer,
)
from annotations.labelling.services.assignment import claim_task, renew_lease
from annotations.labelling.services.labels import save_draft, submit_label
from annotations.labelling.services.skips import flag_task, skip_task
from annotations.models import Assignment, Member
from core.api.actor import actor_of
from core.api.queries import Queried
from core.api.strict import without_body
from core.scopes import Scope


class NextTask(APIView):
    """A task to label: one in hand that is not among `holding`, else a new one; or why there is none.

    It is kept for the caller for as long as the campaign's `lease_seconds`; a heartbeat renews that.
    """

    scope = Scope.ANNOTATE

    @extend_schema(request=ClaimSerializer, responses=NextSerializer)
    def post(self, request: Request, campaign_id: int) -> Response:
        member = labelling_member(actor_of(request), campaign_id)
        given = ClaimSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        assignment = claim_task(
            campaign=member.campaign, member=member, holding=given.validated_data["holding"]
        )
        answer = _standing(member) | {
            "task": shown_task(assignment) if assignment else None,
            "nothing": None if assignment else why_nothing_to_label(member),
        }
        return Response(NextSerializer(answer).data)


class OwnStanding(APIView):
    """How far the caller is in a campaign."""

    @extend_schema(responses=StandingSerializer)
    def get(self, request: Request, campaign_id: int) -> Response:
        return Response(StandingSerializer(_standing(labelling_member(actor_of(request), campaign_id))).data)


class OwnHistory(Queried, generics.ListAPIView[Assignment]):
    """What the caller has labelled and skipped in a campaign, handed out last first."""

    serializer_class = HistorySerializer
    query_serializer_class = HistoryQuery

    def get_queryset(self) -> QuerySet[Assignment]:
        member = labelling_member(actor_of(self.request), self.kwargs["campaign_id"])
        return history_of(member, words=self.query.get("words", ""), score=self.query.get("score"))


class OwnTask(APIView):
    """One of one's own tasks, whatever has become of it."""

    @extend_schema(responses=ShownTaskSerializer)
    def get(self, request: Request, assignment_id: int) -> Response:
        assignment = own_assignment(actor_of(request), assignment_id)
        return Response(ShownTaskSerializer(shown_task(assignment)).data)


class Heartbeat(APIView):
    """Keep a task while somebody is at it. 409 with the code `lease_lost` once the lease is lost, whether or not
    somebody else has the task; what is submitted then is still accepted.
    """

    scope = Scope.ANNOTATE

    @extend_schema(request=None, responses=LeaseSerializer)
    @without_body
    def post(self, request: Request, assignment_id: int) -> Response:
        assignment = renew_lease(assignment=own_assignment(actor_of(request), assignment_id))
        return Response(LeaseSerializer(assignment).data)


class DraftOfTask(APIView):
    """Keep what has been entered so far. 409 with the code `stale_draft` where another page has saved a newer one."""

    scope = Scope.ANNOTATE

    @extend_schema(request=NewDraftSerializer, responses=DraftSavedSerializer)
    def put(self, request: Request, assignment_id: int) -> Response:
        assignment = own_assignment(actor_of(request), assignment_id)
        given = NewDraftSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return Response(DraftSavedSerializer(save_draft(assignment=assignment, **given.validated_data)).data)


class Submission(APIView):
    """Label a task, or revise the label. Send it again, with the same `submission_key`, until it is answered: it
    counts once. 409 with the code `already_labelled` and the label where it is not `based_on` the newest revision.
    """

    scope = Scope.ANNOTATE

    @extend_schema(request=NewLabelSerializer, responses=SubmittedSerializer)
    def post(self, request: Request, assignment_id: int) -> Response:
        assignment = own_assignment(actor_of(request), assignment_id)
        given = NewLabelSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        label = submit_label(assignment=assignment, **given.validated_data)
        answer = {
            "revision": label.revision,
            "done": labelled_by(assignment.member),
        }
        return Response(SubmittedSerializer(answer).data)


class Skip(APIView):
    """Give a task to somebody else, with a reason. Skipping it twice is one skip."""

    scope = Scope.ANNOTATE

    @extend_schema(request=NewSkipSerializer, responses=StandingSerializer)
    def post(self, request: Request, assignment_id: int) -> Response:
        assignment = own_assignment(actor_of(request), assignment_id)
        given = NewSkipSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        skip_task(assignment=assignment, **given.validated_data)
        member = labelling_member(actor_of(request), assignment.member.campaign_id)
        return Response(StandingSerializer(_standing(member)).data)


class FlagOfTask(APIView):
    """Tell the leads of something amiss with a task. The same flag again is the same flag."""

    scope = Scope.ANNOTATE

    @extend_schema(request=NewFlagSerializer, responses={201: FlaggedSerializer})
    def post(self, request: Request, assignment_id: int) -> Response:
        assignment = own_assignment(actor_of(request), assignment_id)
        given = NewFlagSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        flag = flag_task(assignment=assignment, **given.validated_data)
        return Response(FlaggedSerializer(flag).data, status=HTTPStatus.CREATED)


def _standing(member: Member) -> dict[str, object]:
    return {"done": labelled_by(member), "wanted": labels_wanted_of(member)}
