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


class OwnSessionList(Queried, generics.ListAPIView[Session]):
    """Where the caller is logged in, newest first."""

    serializer_class = SessionSerializer
    query_serializer_class = ListQuery
    ordering = ("-began_at", "session_key")

    def get_queryset(self) -> QuerySet[Session]:
        return sessions_of(self.person())

    def person(self) -> User:
        return actor_of(self.request)


class OwnSessionEnd(APIView):
    """End one of the caller's sessions."""

    @extend_schema(request=None, responses={204: None})
    @without_body
    def post(self, request: Request, public_id: UUID) -> Response:
        end_session(user=actor_of(request), public_id=public_id, actor=actor_of(request))
        return Response(status=HTTPStatus.NO_CONTENT)


class OwnSessionsEndOthers(APIView):
    """End all of the caller's sessions; one in which this is asked stays."""

    @extend_schema(request=None, responses=EndedSerializer)
    @without_body
    def post(self, request: Request) -> Response:
        besides = None if request.auth else request.session.session_key
        ended = end_sessions(user=actor_of(request), actor=actor_of(request), besides=besides)
        return Response(EndedSerializer({"ended": ended}).data)


class OwnTokenList(Queried, generics.ListAPIView[ApiToken]):
    """The caller's tokens, newest first, those that have ended included."""

    serializer_class = TokenSerializer
    query_serializer_class = ListQuery

    def get_queryset(self) -> QuerySet[ApiToken]:
        return tokens_of(self.person())

    def person(self) -> User:
        return actor_of(self.request)


class OwnTokenRevoke(APIView):
    """Make one of the caller's tokens worthless."""

    @extend_schema(request=None, responses=TokenSerializer)
    @without_body
    def post(self, request: Request, token_id: int) -> Response:
        token = token_by_id(actor_of(request), token_id)
        return Response(TokenSerializer(revoke_token(token=token, actor=actor_of(request))).data)


class OwnHistory(Queried, generics.ListAPIView[AuditEvent]):
    """How the caller's account was used, newest first."""

    serializer_class = AccessEventSerializer
    query_serializer_class = ListQuery

    def get_queryset(self) -> QuerySet[AuditEvent]:
        return access_events(self.person())

    def person(self) -> User:
        return actor_of(self.request)


class OwnSecondFactor(APIView):
    """Whether the caller has a second factor."""

    @extend_schema(responses=SecondFactorSerializer)
    def get(self, request: Request) -> Response:
        return Response(SecondFactorSerializer(_second_factor(actor_of(request))).data)


class PersonSessionList(OwnSessionList):
    """Where a person is logged in, newest first."""

    permission_classes = [IsStaff]

    def person(self) -> User:
        return person_by(self.kwargs["user_id"])


class PersonTokenList(OwnTokenList):
    """A person's tokens, newest first, those that have ended included."""

    permission_classes = [IsStaff]

    def person(self) -> User:
        return person_by(self.kwargs["user_id"])


class PersonTokenRevoke(APIView):
    """Make one of a person's tokens worthless."""

    permission_classes = [IsStaff]

    @extend_schema(request=None, responses=TokenSerializer)
    @without_body
    def post(self, request: Request, user_id: int, token_id: int) -> Response:
        token = token_by_id(person_by(user_id), token_id)
        return Response(TokenSerializer(revoke_token(token=token, actor=actor_of(request))).data)


class PersonHistory(OwnHistory):
    """How a person's account was used, newest first."""

    permission_classes = [IsStaff]

    def person(self) -> User:
        return person_by(self.kwargs["user_id"])


class PersonSecondFactor(APIView):
    """Whether a person has a second factor."""

    permission_classes = [IsStaff]

    @extend_schema(responses=SecondFactorSerializer)
    def get(self, request: Request, user_id: int) -> Response:
        return Response(SecondFactorSerializer(_second_factor(person_by(user_id))).data)


class PersonSecurityAction(APIView):
    """`end_sessions`, `revoke_tokens`, or `reset_second_factor` for somebody who has lost their device."""

    permission_classes = [IsStaff]

    @extend_schema(
        request=None,
        responses=DoneSerializer,
        parameters=[OpenApiParameter("action", str, OpenApiParameter.PATH, enum=list(ACTIONS))],
    )
    @without_body
    def post(self, request: Request, user_id: int, action: str) -> Response:
        person = person_by(user_id)
        if action not in ACTIONS:
            raise NotFound(f"What can be done: {', '.join(ACTIONS)}.")
        return Response(DoneSerializer({"detail": ACTIONS[action](person, actor_of(request))}).data)


def _second_factor(user: User) -> dict[str, object]:
    return {
        "is_on": authenticator_of(user) is not None,
        "is_required": is_required_of(user),
        "recovery_codes_left": codes_left(user),
    }
