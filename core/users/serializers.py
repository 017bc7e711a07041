"""What the API shows of accounts: sessions, tokens, the second factor and the account's history. No secret."""

from typing import Any

from rest_framework import serializers

from core.models import ApiToken, AuditEvent, Session
from core.users.history import WORDS
from core.users.login.origin import device


class SessionSerializer(serializers.ModelSerializer[Session]):
    """A login in a browser. `last_seen_at` is exact to a few minutes; `device` is what the browser says it is."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    device = serializers.SerializerMethodField()

    class Meta:
        model = Session
        fields = ["id", "device", "address", "user_agent", "began_at", "last_seen_at"]
        read_only_fields = fields

    def get_device(self, session: Session) -> str:
        return device(session.user_agent)


class TokenSerializer(serializers.ModelSerializer[ApiToken]):
    """An API token without its secret; `last_used_at` is exact to a minute."""

    scopes = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = ApiToken
        fields = ["id", "name", "prefix", "scopes", "created_at", "last_used_at", "expires_at", "revoked_at"]
        read_only_fields = fields


class AccessEventSerializer(serializers.ModelSerializer[AuditEvent]):
    """A login, a wrong password, or a change to how somebody logs in. `actor` is null where nobody was logged in."""

    actor = serializers.SlugRelatedField[AuditEvent](slug_field="username", read_only=True, allow_null=True)
    action = serializers.ChoiceField(list(WORDS), read_only=True)
    address = serializers.SerializerMethodField()
    user_agent = serializers.SerializerMethodField()

    class Meta:
        model = AuditEvent
        fields = ["id", "at", "actor", "action", "address", "user_agent"]
        read_only_fields = fields

    def get_address(self, event: AuditEvent) -> str:
        return str(event.details.get("address", ""))

    def get_user_agent(self, event: AuditEvent) -> str:
        return str(event.details.get("user_agent", ""))


class SecondFactorSerializer(serializers.Serializer[Any]):
    """`is_required`: the site requires a second factor of this person."""

    is_on = serializers.BooleanField(read_only=True)
    is_required = serializers.BooleanField(read_only=True)
    recovery_codes_left = serializers.IntegerField(read_only=True)


class EndedSerializer(serializers.Serializer[Any]):
    """How many sessions were ended."""

    ended = serializers.IntegerField(read_only=True)


class DoneSerializer(serializers.Serializer[Any]):
    """What was done, in a sentence."""

    detail = serializers.CharField(read_only=True)
