"""Actions on the members of a campaign."""

from rest_framework import serializers

from annotations.models import Member
from annotations.models.campaign import Role
from annotations.quality.services.quality import REASON_LENGTH
from core.api.queries import ListQuery
from core.api.strict import StrictSerializer
from core.models import User

MOST_PEOPLE = 1000


class MemberQuery(ListQuery):
    role = serializers.ChoiceField(Role.choices, required=False)
    is_active = serializers.BooleanField(required=False, allow_null=True, default=None)


class NewMembersSerializer(StrictSerializer[Member]):
    """People who have an account, to bring into a campaign."""

    usernames = serializers.ListField(
        child=serializers.CharField(max_length=150), allow_empty=False, max_length=MOST_PEOPLE
    )
    role = serializers.ChoiceField(Role.choices, default=Role.ANNOTATOR)

    def validate_usernames(self, names: list[str]) -> list[User]:
        people = list(User.objects.filter(username__in=names, is_active=True).order_by("pk"))
        unknown = sorted(set(names) - {user.username for user in people})
        if unknown:
            raise serializers.ValidationError(f"Nobody has an account named {', '.join(unknown)}.")
        return people


class MemberActionSerializer(StrictSerializer[Member]):
    """`reason` is for pausing: the person reads it."""

    reason = serializers.CharField(max_length=REASON_LENGTH, required=False, allow_blank=True, default="")
