"""People: members of a campaign, accounts of the platform, invitations that wait for somebody."""

import hashlib

from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.utils import timezone

from annotations.models import Campaign, Invitation, Member
from annotations.models.people import InvitedRole
from core.models import User


def members_of(campaign: Campaign) -> QuerySet[Member]:
    """Everybody who is or was in the campaign: the active first, leads before annotators, by name."""
    return campaign.members.select_related("user").order_by(
        "-is_active", "-user__is_active", "-role", "user__username"
    )


def invitations_to(campaign: Campaign | None) -> QuerySet[Invitation]:
    """Invitations to the campaign (None: to be an admin) that nobody has used and that still let somebody in."""
    waiting = Invitation.objects.filter(
        accepted_at__isnull=True, revoked_at__isnull=True, expires_at__gt=timezone.now()
    )
    to = {"role": InvitedRole.ADMIN} if campaign is None else {"campaign": campaign}
    return waiting.filter(**to).select_related("created_by", "campaign")


def hash_of(token: str) -> str:
    """What is stored of a link's secret. It is random and long, so that a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def invitation_by(token: str) -> Invitation | None:
    """The invitation whose link has this secret."""
    rows = Invitation.objects.select_related("campaign", "created_by")
    return rows.filter(token_hash=hash_of(token)).first()


def accounts(*, search: str = "") -> QuerySet[User]:
    """All accounts by name, each with `campaigns_in`: its places in campaigns."""
    people = User.objects.filter(username__icontains=search) if search else User.objects.all()
    places = Member.objects.filter(is_active=True).select_related("campaign").order_by("campaign__name")
    return people.prefetch_related(Prefetch("memberships", places, to_attr="campaigns_in")).order_by(
        "-is_active", "username"
    )


def account(user_id: int) -> User | None:
    """One account, with `campaigns_in` as in `accounts`, and `has_token`: a program acts for it over REST."""
    places = Member.objects.select_related("campaign").order_by("-is_active", "campaign__name")
    with_token = User.objects.filter(
        api_tokens__revoked_at__isnull=True, api_tokens__expires_at__gt=timezone.now()
    )
    return (
        User.objects.annotate(has_token=Exists(with_token.filter(pk=OuterRef("pk"))))
        .prefetch_related(Prefetch("memberships", places, to_attr="campaigns_in"))
        .filter(pk=user_id)
        .first()
    )
