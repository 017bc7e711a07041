"""Invitations to a campaign, and the accounts of the platform."""

from typing import Any

from rest_framework import serializers

from annotations.models import Invitation, Member
from annotations.models.campaign import Role
from annotations.people.services.invitations import DAYS
from core.api.queries import ListQuery
from core.api.row_serializer import RowSerializer
from core.api.strict import StrictSerializer
from core.models import User

MOST_DAYS = 90


class InvitationSerializer(RowSerializer[Invitation]):
    """A link that lets one person in, once. It is not stored and not shown again."""

    created_by = serializers.CharField(source="created_by.username")

    class Meta:
        model = Invitation
        fields = ["id", "role", "campaign", "note", "created_by", "created_at", "expires_at", "revoked_at"]


class IssuedInvitationSerializer(InvitationSerializer):
    """A new one with its link, shown this once."""

    link = serializers.SerializerMethodField()

    class Meta(InvitationSerializer.Meta):
        fields = [*InvitationSerializer.Meta.fields, "link"]

    def get_link(self, invitation: Invitation) -> str:
        return str(self.context["link"])


class NewInvitationSerializer(StrictSerializer[Any]):
    """Whom to invite; `note` is for the list."""

    role = serializers.ChoiceField(Role.choices, default=Role.ANNOTATOR)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, required=False, default=DAYS)


class PlaceSerializer(RowSerializer[Member]):
    """A person's place in a campaign."""

    campaign_name = serializers.CharField(source="campaign.name")

    class Meta:
        model = Member
        fields = ["campaign", "campaign_name", "role", "is_active"]


class AccountSerializer(RowSerializer[User]):
    """An account, with the campaigns that the person is in."""

    is_admin = serializers.BooleanField(source="is_staff")
    campaigns = PlaceSerializer(source="campaigns_in", many=True)

    class Meta:
        model = User
        fields = ["id", "username", "is_active", "is_admin", "last_login", "date_joined", "campaigns"]


class AccountQuery(ListQuery):
    search = serializers.CharField(required=False, max_length=150, help_text="A part of the user name.")
    is_active = serializers.BooleanField(required=False, allow_null=True, default=None)
    is_admin = serializers.BooleanField(required=False, allow_null=True, default=None)
