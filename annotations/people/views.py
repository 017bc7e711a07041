"""People of a campaign, for its leads; people of the platform, for admins; invitations, for anyone who has the link."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations.access import led_campaign
from annotations.models import Campaign, Invitation, Member
from annotations.models.campaign import Role
from annotations.models.people import InvitedRole
from annotations.people.forms import CampaignInvitationForm, InvitationForm, NewAccountForm
from annotations.people.selectors import account, accounts, invitation_by, invitations_to, members_of
from annotations.people.services import invitations, people
from core.errors import Conflict, DomainError, NotFound
from core.http.access import PersonRequest, staff_or_404
from core.http.page_query import PageQuery
from core.models import User

ACCOUNTS_ON_A_PAGE = 50
MEMBER_CHANGES = {
    "lead": lambda member, actor: people.change_role(member=member, role=Role.LEAD, actor=actor),
    "annotator": lambda member, actor: people.change_role(member=member, role=Role.ANNOTATOR, actor=actor),
    "deactivate": lambda member, actor: people.deactivate_member(member=member, actor=actor),
    "reactivate": lambda member, actor: people.reactivate_member(member=member, actor=actor),
}
ACCOUNT_CHANGES = {
    "deactivate": people.deactivate_account,
    "reactivate": people.reactivate_account,
    "make_admin": people.grant_admin,
    "withdraw_admin": people.withdraw_admin,
}


@require_GET
def campaign_people(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """Members, their roles, and the invitations that wait."""
    campaign = led_campaign(request.user, campaign_id)
    return _campaign_people(request, campaign, CampaignInvitationForm())


@require_POST
@never_cache
def campaign_invite(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """A link to join the campaign, shown this once."""
    campaign = led_campaign(request.user, campaign_id)
    form = CampaignInvitationForm(request.POST)
    if not form.is_valid():
        return _campaign_people(request, campaign, form, status=422)
    return _invite(request, campaign, form, role=form.cleaned_data["role"])


@require_POST
def member_change(request: PersonRequest, campaign_id: int, member_id: int, change: str) -> HttpResponse:
    """Change a member's role, take them out of the campaign, let them in again."""
    campaign = led_campaign(request.user, campaign_id)
    member = Member.objects.select_related("user", "campaign").filter(campaign=campaign, pk=member_id).first()
    if member is None or change not in MEMBER_CHANGES:
        raise NotFound("This member does not exist.")
    MEMBER_CHANGES[change](member, request.user)
    return redirect("campaign_people", campaign_id=campaign.pk)


@require_POST
def invitation_revoke(request: PersonRequest, invitation_id: int) -> HttpResponse:
    """Make an invitation's link worthless."""
    invitation = Invitation.objects.select_related("campaign").filter(pk=invitation_id).first()
    if invitation is None or not (invitation.campaign_id or request.user.is_staff):
        raise NotFound("This invitation does not exist.")
    if invitation.campaign_id is not None:
        led_campaign(request.user, invitation.campaign_id)
    invitations.revoke_invitation(invitation=invitation, actor=request.user)
    messages.success(request, "The invitation has been revoked. Its link no longer works.")
    if invitation.campaign_id is None:
        return redirect("people_list")
    return redirect("campaign_people", campaign_id=invitation.campaign_id)


@require_http_methods(["GET", "POST"])
@never_cache
@login_not_required
@sensitive_post_parameters("password1", "password2")
def invitation_accept(request: HttpRequest, token: str) -> HttpResponse:
    """A person who is logged in joins with that account; everybody else creates one."""
    try:
        invitation = invitation_by(token)
        if invitation is None:
            raise NotFound("This invitation does not exist. Check that the link is complete.")
        if request.user.is_authenticated:
            return _join(request, request.user, invitation, token)
        return _join_with_new_account(request, invitation, token)
    except (Conflict, NotFound) as error:
        return render(
            request, "annotations/people/invitation_gone.html", {"error": error}, status=error.status
        )


@require_GET
@staff_or_404
def people_list(request: PersonRequest) -> HttpResponse:
    """All accounts, and the invitations to be an admin that wait."""
    return _people_list(request, InvitationForm())


@require_POST
@staff_or_404
@never_cache
def admin_invite(request: PersonRequest) -> HttpResponse:
    """A link to become an admin, shown this once."""
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return _people_list(request, form, status=422)
    return _invite(request, None, form, role=InvitedRole.ADMIN)


@require_GET
@staff_or_404
def person_detail(request: PersonRequest, user_id: int) -> HttpResponse:
    """An account: its campaigns, and what an admin can do with it."""
    return render(request, "annotations/people/people_person.html", {"person": _account(user_id)})


@require_POST
@staff_or_404
def person_change(request: PersonRequest, user_id: int, change: str) -> HttpResponse:
    """Deactivate an account or reactivate it, make an admin or take it back."""
    if change not in ACCOUNT_CHANGES:
        raise Http404
    ACCOUNT_CHANGES[change](user=_account(user_id), actor=request.user)
    return redirect("person_detail", user_id=user_id)


@require_POST
@staff_or_404
@never_cache
def person_reset_link(request: PersonRequest, user_id: int) -> HttpResponse:
    """A link by which the person sets a new password, shown this once."""
    person = _account(user_id)
    uidb64, token = people.make_reset_link(user=person, actor=request.user)
    path = reverse("password_reset_confirm", kwargs={"uidb64": uidb64, "token": token})
    context = {
        "person": person,
        "link": request.build_absolute_uri(path),
        "days": settings.PASSWORD_RESET_TIMEOUT // 86400,
    }
    return render(request, "annotations/people/people_reset_link.html", context)


def _account(user_id: int) -> User:
    person = account(user_id)
    if person is None:
        raise NotFound("This person does not exist.")
    return person


def _campaign_people(
    request: PersonRequest, campaign: Campaign, form: InvitationForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "campaign": campaign,
        "members": members_of(campaign),
        "invitations": invitations_to(campaign),
        "form": form,
        "sends_email": settings.SENDS_EMAIL,
    }
    return render(request, "annotations/people/people_campaign.html", context, status=status)


def _people_list(request: PersonRequest, form: InvitationForm, *, status: int = 200) -> HttpResponse:
    query = PageQuery(request)
    search = query.text("q")
    context = {
        "page": Paginator(accounts(search=search), ACCOUNTS_ON_A_PAGE).get_page(query.page_number()),
        "search": search,
        "invitations": invitations_to(None),
        "form": form,
        "sends_email": settings.SENDS_EMAIL,
    }
    return render(request, "annotations/people/people_list.html", context, status=status)


def _invite(
    request: PersonRequest, campaign: Campaign | None, form: InvitationForm, *, role: str
) -> HttpResponse:
    """Make the invitation and show its link; send it, too, where an address is given."""
    issued = invitations.invite(
        role=role,
        campaign=campaign,
        created_by=request.user,
        note=form.cleaned_data["note"],
        days=form.cleaned_data["days"],
    )
    link = request.build_absolute_uri(reverse("invitation_accept", kwargs={"token": issued.token}))
    context = {"campaign": campaign, "invitation": issued.invitation, "link": link}
    if address := form.cleaned_data.get("address"):
        try:
            invitations.send_invitation(invitation=issued.invitation, link=link, address=address)
            context["sent_to"] = address
        except DomainError as error:
            context["not_sent"] = error.message
    return render(request, "annotations/people/invitation_made.html", context)


def _join(request: HttpRequest, user: User, invitation: Invitation, token: str) -> HttpResponse:
    # Who comes back to a link they have used themselves is shown in, not told that it is used.
    if request.method == "POST" or invitation.accepted_by_id == user.pk:
        accepted = invitations.accept_invitation(token=token, user=user)
        request.session.cycle_key()  # the person may do more than before
        return _welcome(request, accepted)
    invitations.check_waiting(invitation)
    return render(request, "annotations/people/invitation.html", {"invitation": invitation})


def _join_with_new_account(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    form = NewAccountForm(request.POST or None)
    try:
        invitations.check_waiting(invitation)
        if form.is_valid():
            cleaned = form.cleaned_data
            user = invitations.accept_with_new_account(
                token=token,
                username=cleaned["username"],
                password=cleaned["password1"],
                email=cleaned.get("email", ""),
            )
            login(request, user)
            return _welcome(request, invitation)
    except Conflict as error:
        if error.field is not None:
            form.add_error(error.field, error.message)
        elif (user_again := _who_clicked_twice(request, token)) is not None:
            login(request, user_again)
            return _welcome(request, invitation)
        else:
            raise
    context = {"invitation": invitation, "form": form}
    return render(request, "annotations/people/invitation.html", context, status=422 if form.errors else 200)


def _who_clicked_twice(request: HttpRequest, token: str) -> User | None:
    """Of a double click the first made the account, and the second gets the answer: it is the same person if it has
    the same name and password.
    """
    invitation = invitation_by(token)
    user = authenticate(
        request, username=request.POST.get("username", ""), password=request.POST.get("password1", "")
    )
    if invitation is None or user is None or user.pk != invitation.accepted_by_id:
        return None
    return invitation.accepted_by


def _welcome(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    into = f"the campaign “{invitation.campaign}”" if invitation.campaign else "PERG"
    messages.success(request, f"Welcome! You have joined {into} as {invitation.get_role_display().lower()}.")
    return redirect("home")
