"""REST views of labelling, which the annotation screen calls, too. All need the scope `annotate` to write.

Annotators are blind: nothing here tells the model, the run, a judge, or a control item from another task.
"""

from functools import cache
from http import HTTPStatus

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotations.access import labelling_member, own_assignment
from annotations.labelling.differences import word_differences
from annotations.labelling.keys import USUAL_KEYS
from annotations.labelling.responses import rendered
from annotations.labelling.selectors.history import history_of
from annotations.labelling.selectors.labelling import labelled_by, next_task, shown_task
from annotations.labelling.selectors.questions import asked_definitions
from annotations.labelling.selectors.standing import labels_wanted_of
from annotations.labelling.serializers import (
    ClaimSerializer,
    DifferencesSerializer,
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
    ScreenSettingsSerializer,
    ShownTaskSerializer,
    StandingSerializer,
    SubmittedSerializer,
)
from annotations.labelling.services.assignment import claim_task, renew_lease
from annotations.labelling.services.labels import save_draft, submit_label
from annotations.labelling.services.screen_settings import set_keys
from annotations.labelling.services.skips import flag_task, skip_task
from annotations.models import Assignment, Member
from core.api.actor import actor_of
from core.api.queries import Queried
from core.api.strict import without_body
from core.errors import DomainError, NotFound
from core.middleware.same_person import HEADER
from core.scopes import Scope
from core.text.word_splitting import MOST_WORDS

PERSON = OpenApiParameter(
    HEADER,
    int,
    OpenApiParameter.HEADER,
    description="For a page that stays open: the person whose page it is. 409 with the code `another_person` where "
    "somebody else is logged in in this browser meanwhile.",
)

# Made once: a serializer copies its fields when it is made, which takes longer than what is done with them.
CLAIM, DRAFT, LABEL = ClaimSerializer(), NewDraftSerializer(), NewLabelSerializer()
SKIP, FLAG = NewSkipSerializer(), NewFlagSerializer()
NEXT, SUBMITTED = NextSerializer(), SubmittedSerializer()


class NextTask(APIView):
    """A task to label: one in hand that is not among `holding`, else a new one; or why there is none.

    It is kept for the caller for as long as the campaign's `lease_seconds`; a heartbeat renews that.
    """

    scope = Scope.ANNOTATE

    @extend_schema(parameters=[PERSON], request=ClaimSerializer, responses=NextSerializer)
    def post(self, request: Request, campaign_id: int) -> Response:
        member = labelling_member(actor_of(request), campaign_id)
        entries = CLAIM.run_validation(request.data)
        assignment = claim_task(member=member, holding=entries["holding"])
        return Response(NEXT.to_representation(next_task(member, assignment)))


class OwnStanding(APIView):
    """How far the caller is in a campaign."""

    @extend_schema(responses=StandingSerializer)
    def get(self, request: Request, campaign_id: int) -> Response:
        return Response(StandingSerializer(_standing(labelling_member(actor_of(request), campaign_id))).data)


class OwnHistory(Queried, generics.ListAPIView[Assignment]):
    """What the caller has labelled and skipped in a campaign, handed out last first."""

    serializer_class = HistorySerializer
    query_serializer_class = HistoryQuery

    def get_serializer_context(self) -> dict[str, object]:
        """With what gives the campaign's criteria: read once, and only where a label of an item is in the list."""
        criteria = cache(lambda: asked_definitions(self.kwargs["campaign_id"]))
        return {**super().get_serializer_context(), "criteria": criteria}

    def get_queryset(self) -> QuerySet[Assignment]:
        member = labelling_member(actor_of(self.request), self.kwargs["campaign_id"])
        return history_of(member, words=self.query.get("words", ""), score=self.query.get("score"))


class OwnTask(APIView):
    """One of one's own tasks, whatever has become of it."""

    @extend_schema(responses=ShownTaskSerializer)
    def get(self, request: Request, assignment_id: int) -> Response:
        assignment = own_assignment(actor_of(request), assignment_id)
        return Response(ShownTaskSerializer(shown_task(assignment)).data)


class Differences(APIView):
    """The responses of one of one's own tasks, with the words marked in which they differ. 400 with the code `too_long`
    where they are too long to compare.
    """

    @extend_schema(responses=DifferencesSerializer)
    def get(self, request: Request, assignment_id: int) -> Response:
        shown = shown_task(own_assignment(actor_of(request), assignment_id))
        if shown.item is not None:
            raise NotFound(
                "Differences are marked between the two responses to a question, not in imported items."
            )
        marked = word_differences(rendered(shown.baseline), rendered(shown.personalised))
        if marked is None:
            raise DomainError(
                f"These texts are too long to compare here: more than {MOST_WORDS:,} words, or too many repeated ones.",
                code="too_long",
            )
        return Response(dict(zip(("baseline_html", "personalised_html"), marked, strict=True)))


class Heartbeat(APIView):
    """Keep a task while somebody is at it. 409 with the code `lease_lost` once the lease is lost, whether or not
    somebody else has the task; what is submitted then is still accepted.
    """

    scope = Scope.ANNOTATE

    @extend_schema(parameters=[PERSON], request=None, responses=LeaseSerializer)
    @without_body
    def post(self, request: Request, assignment_id: int) -> Response:
        assignment = renew_lease(assignment=own_assignment(actor_of(request), assignment_id))
        return Response(LeaseSerializer(assignment).data)


class DraftOfTask(APIView):
    """Keep what has been entered so far. 409 with the code `stale_draft` where another page has saved a newer one."""

    scope = Scope.ANNOTATE

    @extend_schema(parameters=[PERSON], request=NewDraftSerializer, responses=DraftSavedSerializer)
    def put(self, request: Request, assignment_id: int) -> Response:
        assignment = own_assignment(actor_of(request), assignment_id)
        entries = DRAFT.run_validation(request.data)
        return Response(DraftSavedSerializer(save_draft(assignment=assignment, **entries)).data)


class Submission(APIView):
    """Label a task, or revise the label. Send it again, with the same `submission_key`, until it is answered: it
    counts once. 409 with the code `already_labelled` and the label where it is not `based_on` the newest revision.
    """

    scope = Scope.ANNOTATE

    @extend_schema(parameters=[PERSON], request=NewLabelSerializer, responses=SubmittedSerializer)
    def post(self, request: Request, assignment_id: int) -> Response:
        assignment = own_assignment(actor_of(request), assignment_id)
        entries = LABEL.run_validation(request.data)
        label = submit_label(assignment=assignment, **entries)
        answer = {"revision": label.revision, "done": labelled_by(assignment.member)}
        return Response(SUBMITTED.to_representation(answer))


class Skip(APIView):
    """Give a task to somebody else, with a reason. Skipping it twice is one skip."""

    scope = Scope.ANNOTATE

    @extend_schema(parameters=[PERSON], request=NewSkipSerializer, responses=StandingSerializer)
    def post(self, request: Request, assignment_id: int) -> Response:
        assignment = own_assignment(actor_of(request), assignment_id)
        entries = SKIP.run_validation(request.data)
        skip_task(assignment=assignment, **entries)
        member = labelling_member(actor_of(request), assignment.member.campaign_id)
        return Response(StandingSerializer(_standing(member)).data)


class FlagOfTask(APIView):
    """Tell the leads of something amiss with a task. The same flag again is the same flag."""

    scope = Scope.ANNOTATE

    @extend_schema(parameters=[PERSON], request=NewFlagSerializer, responses={201: FlaggedSerializer})
    def post(self, request: Request, assignment_id: int) -> Response:
        assignment = own_assignment(actor_of(request), assignment_id)
        entries = FLAG.run_validation(request.data)
        flag = flag_task(assignment=assignment, **entries)
        return Response(FlaggedSerializer(flag).data, status=HTTPStatus.CREATED)


class OwnScreenSettings(APIView):
    """Remember the caller's keys of the annotation screen; actions that are not named get their usual one. The answer
    has all keys.
    """

    scope = Scope.ANNOTATE

    @extend_schema(parameters=[PERSON], request=ScreenSettingsSerializer, responses=ScreenSettingsSerializer)
    def put(self, request: Request) -> Response:
        settings = ScreenSettingsSerializer(data=request.data)
        settings.is_valid(raise_exception=True)
        own = set_keys(user=actor_of(request), keys=settings.validated_data["keys"])
        return Response({"keys": USUAL_KEYS | own.keys})


def _standing(member: Member) -> dict[str, object]:
    return {"done": labelled_by(member), "wanted": labels_wanted_of(member)}
