"""REST views of accounts: one's own, and for admins another person's.

Tokens are made on their page only, and a second factor is set up there: both ask for the password.
"""

from http import HTTPStatus
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api.actor import actor_of
from core.api.permissions import IsStaff
from core.api.queries import ListQuery, Queried
from core.api.strict import without_body
from core.errors import NotFound
from core.models import ApiToken, AuditEvent, Session, User
from core.users.administration import ACTIONS
from core.users.history import access_events
from core.users.person_views import person_by, token_by_id
from core.users.second_factor.changes import codes_left
from core.users.second_factor.state import authenticator_of, is_required_of
from core.users.serializers import (
    AccessEventSerializer,
    DoneSerializer,
    EndedSerializer,
    SecondFactorSerializer,
    SessionSerializer,
    TokenSerializer,
)
from core.users.sessions.ending import end_session, end_sessions, sessions_of
from core.users.tokens.tokens import revoke_token, tokens_of


class Own(APIView):
    """Of the caller's account."""

    def person(self) -> User:
        return actor_of(self.request)


class OfAnother(APIView):
    """Of another person's account, for admins. It comes before the view of one's own."""

    permission_classes = [IsStaff]

    def person(self) -> User:
        return person_by(self.kwargs["user_id"])


class OwnSessionList(Own, Queried, generics.ListAPIView[Session]):
    """Where the caller is logged in, newest first."""

    serializer_class = SessionSerializer
    query_serializer_class = ListQuery
    ordering = ("-began_at", "session_key")

    def get_queryset(self) -> QuerySet[Session]:
        return sessions_of(self.person())


class PersonSessionList(OfAnother, OwnSessionList):
    """Where a person is logged in, newest first."""


class OwnSessionEnd(Own):
    """End one of the caller's sessions."""

    @extend_schema(request=None, responses={204: None})
    @without_body
    def post(self, request: Request, public_id: UUID) -> Response:
        end_session(user=self.person(), public_id=public_id, actor=self.person())
        return Response(status=HTTPStatus.NO_CONTENT)


class OwnSessionsEndOthers(Own):
    """End all of the caller's sessions; one in which this is asked stays."""

    @extend_schema(request=None, responses=EndedSerializer)
    @without_body
    def post(self, request: Request) -> Response:
        besides = None if request.auth else request.session.session_key
        ended = end_sessions(user=self.person(), actor=self.person(), besides=besides)
        return Response(EndedSerializer({"ended": ended}).data)


class OwnTokenList(Own, Queried, generics.ListAPIView[ApiToken]):
    """The caller's tokens, newest first, those that have ended included."""

    serializer_class = TokenSerializer
    query_serializer_class = ListQuery

    def get_queryset(self) -> QuerySet[ApiToken]:
        return tokens_of(self.person())


class PersonTokenList(OfAnother, OwnTokenList):
    """A person's tokens, newest first, those that have ended included."""


class OwnTokenRevoke(Own):
    """Make one of the caller's tokens worthless."""

    @extend_schema(request=None, responses=TokenSerializer)
    @without_body
    def post(self, request: Request, /, token_id: int, **_: object) -> Response:
        token = token_by_id(self.person(), token_id)
        return Response(TokenSerializer(revoke_token(token=token, actor=actor_of(request))).data)


class PersonTokenRevoke(OfAnother, OwnTokenRevoke):
    """Make one of a person's tokens worthless."""


class OwnHistory(Own, Queried, generics.ListAPIView[AuditEvent]):
    """How the caller's account was used, newest first."""

    serializer_class = AccessEventSerializer
    query_serializer_class = ListQuery

    def get_queryset(self) -> QuerySet[AuditEvent]:
        return access_events(self.person())


class PersonHistory(OfAnother, OwnHistory):
    """How a person's account was used, newest first."""


class OwnSecondFactor(Own):
    """Whether the caller has a second factor."""

    @extend_schema(responses=SecondFactorSerializer)
    def get(self, request: Request, **_: object) -> Response:
        person = self.person()
        state = {
            "is_on": authenticator_of(person) is not None,
            "is_required": is_required_of(person),
            "recovery_codes_left": codes_left(person),
        }
        return Response(SecondFactorSerializer(state).data)


class PersonSecondFactor(OfAnother, OwnSecondFactor):
    """Whether a person has a second factor."""


class PersonSecurityAction(OfAnother):
    """`end_sessions`, `revoke_tokens`, or `reset_second_factor` for somebody who has lost their device."""

    @extend_schema(
        request=None,
        responses=DoneSerializer,
        parameters=[OpenApiParameter("action", str, OpenApiParameter.PATH, enum=list(ACTIONS))],
    )
    @without_body
    def post(self, request: Request, user_id: int, action: str) -> Response:
        person = self.person()
        if action not in ACTIONS:
            raise NotFound(f"What can be done: {', '.join(ACTIONS)}.")
        return Response(DoneSerializer({"detail": ACTIONS[action](person, actor_of(request))}).data)
