"""People's rights: their role in a campaign, their account, who is an admin. Nobody is deleted."""

from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from annotations.labelling.services.assignment import free_leases
from annotations.models import Invitation, Member
from annotations.models.campaign import Role
from annotations.models.people import InvitedRole
from core.audit.writing import record
from core.errors import Conflict, NotAllowed
from core.models import User
from core.users.signals import account_deactivated, rights_changed


@transaction.atomic
def change_role(*, member: Member, role: str, actor: User) -> Member:
    """Make an annotator a lead or the other way round. Raises NotAllowed for oneself."""
    _check_not_oneself(member, actor)
    before = member.role
    if not Member.objects.filter(pk=member.pk).exclude(role=role).update(role=Role(role)):
        raise Conflict(f"{member.user.get_username()} is that already.")
    if role != Role.LEAD:
        _revoke_invitations_by(member.user_id, actor, campaign=member.campaign_id)
    member.role = role
    _record(member, "member.role_changed", actor, before=before, role=role)
    rights_changed.send(User, user=member.user, actor=actor, is_admin_changed=False)
    return member


@transaction.atomic
def deactivate_member(*, member: Member, actor: User) -> Member:
    """Take a person out of the campaign: no access, no tasks; what they labelled stays. Raises NotAllowed for oneself.

    A person who is just being assigned a task keeps it until its lease expires.
    """
    _check_not_oneself(member, actor)
    free_leases(of=Member.objects.filter(pk=member.pk))
    if not Member.objects.filter(pk=member.pk, is_active=True).update(is_active=False):
        raise Conflict(f"{member.user.get_username()} is not in the campaign any more.")
    _revoke_invitations_by(member.user_id, actor, campaign=member.campaign_id)
    member.is_active = False
    _record(member, "member.deactivated", actor)
    rights_changed.send(User, user=member.user, actor=actor, is_admin_changed=False)
    return member


@transaction.atomic
def reactivate_member(*, member: Member, actor: User) -> Member:
    """Let a person into the campaign again, with the role and the labels that they had."""
    if not Member.objects.filter(pk=member.pk, is_active=False).update(is_active=True):
        raise Conflict(f"{member.user.get_username()} is in the campaign already.")
    member.is_active = True
    _record(member, "member.reactivated", actor)
    return member


@transaction.atomic
def deactivate_account(*, user: User, actor: User) -> User:
    """Lock a person out at once: sessions end, API tokens are revoked, current tasks go to others.

    What they labelled stays, with its vote. Raises NotAllowed for oneself, so that an admin is always left.
    """
    _check_admin(actor, on=user)
    free_leases(of=Member.objects.filter(user=user))
    if not User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
        raise Conflict(f"{user.get_username()} is deactivated already.")
    _revoke_invitations_by(user.pk, actor)
    user.is_active = False
    record("account.deactivated", actor=actor, subject=user, username=user.get_username())
    account_deactivated.send(User, user=user, actor=actor)
    return user


@transaction.atomic
def reactivate_account(*, user: User, actor: User) -> User:
    """Let a person in again, with their password and their campaigns; they log in again."""
    _check_admin(actor, on=user)
    if not User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
        raise Conflict(f"{user.get_username()} is active already.")
    user.is_active = True
    record("account.reactivated", actor=actor, subject=user, username=user.get_username())
    return user


@transaction.atomic
def grant_admin(*, user: User, actor: User) -> User:
    """Make a person an admin of the platform."""
    _check_admin(actor, on=user)
    people = User.objects.filter(pk=user.pk, is_active=True, is_staff=False)
    if not people.update(is_staff=True, is_superuser=True):
        raise Conflict(f"{user.get_username()} is an admin already, or deactivated.")
    user.is_staff = user.is_superuser = True
    record("account.admin_granted", actor=actor, subject=user, username=user.get_username())
    rights_changed.send(User, user=user, actor=actor, is_admin_changed=True)
    return user


@transaction.atomic
def withdraw_admin(*, user: User, actor: User) -> User:
    """Make an admin a person like others. Raises NotAllowed for oneself, so that an admin is always left."""
    _check_admin(actor, on=user)
    if not User.objects.filter(pk=user.pk, is_staff=True).update(is_staff=False, is_superuser=False):
        raise Conflict(f"{user.get_username()} is no admin.")
    led = Member.objects.filter(user=user, role=Role.LEAD, is_active=True).values_list("campaign", flat=True)
    _revoke_invitations_by(user.pk, actor, besides=list(led))
    user.is_staff = user.is_superuser = False
    record("account.admin_withdrawn", actor=actor, subject=user, username=user.get_username())
    rights_changed.send(User, user=user, actor=actor, is_admin_changed=True)
    return user


@transaction.atomic
def make_reset_link(*, user: User, actor: User) -> tuple[str, str]:
    """The two parts of a link by which the person sets a new password: good once, and until they log in.

    Django's own token: nothing is stored.
    """
    if not user.is_active:
        raise Conflict(f"{user.get_username()} is deactivated: a new password would be of no use.")
    record("account.reset_link_made", actor=actor, subject=user, username=user.get_username())
    return urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user)


def _check_not_oneself(member: Member, actor: User) -> None:
    """Raises NotAllowed for one's own place, except for an admin, who leads every campaign anyway.

    The person is locked, as `invite` does: an invitation that they make now is there to be revoked, or refused.
    """
    User.objects.select_for_update(no_key=True).get(pk=member.user_id)
    if member.user_id == actor.pk and not actor.is_staff:
        raise NotAllowed("Nobody changes their own place in a campaign: ask another lead or an admin.")


def _check_admin(actor: User, *, on: User) -> None:
    """Only an active admin, and never on themselves. All admins are locked, so that of two who turn on each other
    the second finds that they are none any more.
    """
    admins = User.objects.select_for_update(no_key=True).filter(is_active=True, is_staff=True).order_by("pk")
    if actor.pk not in {admin.pk for admin in admins}:
        raise NotAllowed("Only an admin can do this.")
    if actor.pk == on.pk:
        raise NotAllowed("Nobody does this to themselves: another admin has to.")


def _revoke_invitations_by(
    user_id: int, actor: User, *, campaign: int | None = None, besides: list[int] | None = None
) -> None:
    """Who may no longer invite leaves no open door: their waiting links become worthless."""
    waiting = Invitation.objects.filter(
        created_by_id=user_id, accepted_at__isnull=True, revoked_at__isnull=True
    )
    if campaign is not None:
        if User.objects.filter(pk=user_id, is_staff=True).exists():
            return
        waiting = waiting.filter(campaign_id=campaign)
    if besides is not None:
        waiting = waiting.filter(Q(role=InvitedRole.ADMIN) | ~Q(campaign__in=besides))
    for invitation in waiting.select_for_update(of=("self",), no_key=True).select_related("campaign"):
        Invitation.objects.filter(pk=invitation.pk).update(revoked_at=timezone.now())
        record("invitation.revoked", actor=actor, scope=invitation.campaign, subject=invitation)


def _record(member: Member, action: str, actor: User, **facts: object) -> None:
    username = member.user.get_username()
    record(action, actor=actor, scope=member.campaign, subject=member, username=username, **facts)
