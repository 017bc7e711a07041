"""The audit log."""

from typing import Any

from rest_framework import serializers

from core.api.queries import ListQuery
from core.api.row_serializer import RowSerializer
from core.models import AuditEvent, User


class AuditEventSerializer(RowSerializer[AuditEvent]):
    """Who did what to what. `actor` is null where the platform acted by itself, or nobody was logged in."""

    actor = serializers.SlugRelatedField[AuditEvent](slug_field="username", read_only=True, allow_null=True)
    campaign = serializers.IntegerField(source="scope_id", allow_null=True)
    details = serializers.DictField()

    class Meta:
        model = AuditEvent
        fields = ["id", "at", "actor", "campaign", "action", "subject", "details"]


class AuditQuery(ListQuery):
    action = serializers.CharField(
        max_length=50, required=False, default="", help_text="Such as `label.submitted`."
    )
    person = serializers.CharField(max_length=150, required=False, help_text="User name.")
    subject = serializers.CharField(
        max_length=100, required=False, default="", help_text="Such as `task 12`."
    )
    since = serializers.DateField(required=False, default=None, help_text="First day, in UTC.")
    until = serializers.DateField(required=False, default=None, help_text="Last day, in UTC.")

    def validate_person(self, name: str) -> User:
        person = User.objects.filter(username=name).first()
        if person is None:
            raise serializers.ValidationError("Nobody has this user name.")
        return person

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        if values["since"] and values["until"] and values["until"] < values["since"]:
            raise serializers.ValidationError({"until": ["It is before `since`."]})
        return values
