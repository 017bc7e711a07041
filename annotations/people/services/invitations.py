"""Inviting people by a link that is good for one person, once. Only a hash of its secret is stored."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone

from annotations.models import Campaign, Invitation, Member
from annotations.models.campaign import Role
from annotations.models.people import InvitedRole
from annotations.people.selectors import hash_of
from core.audit.writing import record
from core.errors import Conflict, DomainError, NotAllowed, NotFound
from core.models import User

DAYS = 7
TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Issued:
    """A new invitation with the secret of its link, which nobody can read again."""

    invitation: Invitation
    token: str


@transaction.atomic
def invite(
    *, role: str, campaign: Campaign | None, created_by: User, note: str = "", days: int = DAYS
) -> Issued:
    """A link that makes the first person who opens it an annotator or lead of the campaign, or an admin.

    Raises NotAllowed for who does not lead the campaign, or is no admin where an admin is invited.
    """
    # Under the lock that taking somebody's rights away takes: it revokes every invitation of theirs, this one too.
    inviter = User.objects.select_for_update(no_key=True).get(pk=created_by.pk)
    may = (
        Campaign.objects.led_by(inviter).filter(pk=campaign.pk).exists()
        if campaign
        else inviter.is_active and inviter.is_staff
    )
    if not may:
        raise NotAllowed("Leads invite to their campaigns, admins to all of them and to the platform.")
    token = secrets.token_urlsafe(TOKEN_BYTES)
    invitation = Invitation.objects.create(
        token_hash=hash_of(token),
        role=InvitedRole(role),
        campaign=campaign,
        note=note,
        created_by=inviter,
        expires_at=timezone.now() + timedelta(days=days),
    )
    facts = {"role": invitation.role, "note": note, "expires_at": invitation.expires_at.isoformat()}
    record("invitation.created", actor=inviter, scope=campaign, subject=invitation, **facts)
    return Issued(invitation, token)


def send_invitation(*, invitation: Invitation, link: str, address: str) -> None:
    """Send the link by email. Raises DomainError where the mail server does not take it."""
    to = f"label in the campaign “{invitation.campaign}”" if invitation.campaign else "administer this site"
    if invitation.role == InvitedRole.LEAD:
        to = f"lead the campaign “{invitation.campaign}”"
    text = (
        f"{invitation.created_by.get_username()} invites you to {to}.\n\n{link}\n\n"
        f"The link is for you alone: it works once, until {invitation.expires_at:%d %B %Y, %H:%M} UTC.\n"
    )
    try:
        send_mail("Invitation to PERG", text, None, [address])
    except OSError as error:  # smtplib's errors are among these
        raise DomainError("The email could not be sent. Copy the link instead.", code="not_sent") from error


@transaction.atomic
def revoke_invitation(*, invitation: Invitation, actor: User) -> Invitation:
    """Make the link worthless. Raises Conflict where somebody has used it, or it is revoked already."""
    now = timezone.now()
    waiting = Invitation.objects.filter(pk=invitation.pk, accepted_at__isnull=True, revoked_at__isnull=True)
    if not waiting.update(revoked_at=now):
        raise Conflict("This invitation has been used or revoked already.")
    invitation.revoked_at = now
    record("invitation.revoked", actor=actor, scope=invitation.campaign, subject=invitation)
    return invitation


@transaction.atomic
def accept_invitation(*, token: str, user: User) -> Invitation:
    """Let the person in as the invitation says. The same person twice is one acceptance.

    Raises NotFound for an unknown link; Conflict where it was used, revoked or has expired, and where the person is
    in already or was taken out of the campaign: then the invitation stays good for somebody else.
    """
    invitation = _locked(token)
    if invitation.accepted_by_id == user.pk:
        return invitation
    check_waiting(invitation)
    if invitation.campaign is None:
        _make_admin(user)
    else:
        _make_member(invitation.campaign, user, Role(invitation.role))
    invitation.accepted_at, invitation.accepted_by = timezone.now(), user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    facts = {"username": user.get_username(), "role": invitation.role}
    record("invitation.accepted", actor=user, scope=invitation.campaign, subject=invitation, **facts)
    return invitation


@transaction.atomic
def accept_with_new_account(*, token: str, username: str, password: str, email: str = "") -> User:
    """An account for who has the link, and what it invites to. Raises as `accept_invitation` does.

    Raises Conflict where the user name is taken, in whatever capitals.
    """
    check_waiting(_locked(token))
    # Two links at once: one name must not become two accounts that differ in capitals alone.
    if User.objects.filter(username__iexact=username).exists():
        raise Conflict("Somebody has this username already.", field="username")
    user = User.objects.create_user(username, email=email, password=password)
    record("account.created", actor=user, subject=user, username=username)
    accept_invitation(token=token, user=user)
    return user


def check_waiting(invitation: Invitation) -> None:
    """Raises Conflict for an invitation that no longer works, in words for the person who has the link."""
    if invitation.accepted_at is not None:
        raise Conflict("This invitation has been used. Ask for another one.", code="invitation_used")
    if invitation.revoked_at is not None:
        raise Conflict(
            "This invitation was revoked. Ask the person who sent it to you.", code="invitation_revoked"
        )
    if invitation.expires_at <= timezone.now():
        raise Conflict("This invitation has expired. Ask for another one.", code="invitation_expired")


def _locked(token: str) -> Invitation:
    """The invitation, for one person at a time: the second with the same link finds it used."""
    rows = Invitation.objects.select_for_update(of=("self",), no_key=True).select_related("campaign")
    invitation = rows.filter(token_hash=hash_of(token)).first()
    if invitation is None:
        raise NotFound("There is no such invitation. Is the link complete?", code="invitation_unknown")
    return invitation


def _make_member(campaign: Campaign, user: User, role: Role) -> None:
    member, is_new = Member.objects.get_or_create(campaign=campaign, user=user, defaults={"role": role})
    if is_new:
        return
    member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    if not member.is_active:
        raise Conflict(
            "You were taken out of this campaign. One of its leads can let you in again.", code="taken_out"
        )
    if role == Role.ANNOTATOR or member.role == role:
        raise Conflict("You are in this campaign already.", code="already_member")
    Member.objects.filter(pk=member.pk).update(role=role)


def _make_admin(user: User) -> None:
    if user.is_staff:
        raise Conflict("You are an admin already.", code="already_admin")
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
