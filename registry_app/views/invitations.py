"""Pages of invitations: create, revoke, and accept."""

import logging

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.mail import EmailMessage, get_connection
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.text import get_text_list
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from .. import rules
from ..authentication.adapters import sign_in
from ..choices import Action
from ..forms import ConfirmForm, InviteForm, JoinForm
from ..listings.invitations import InvitationListing
from ..models import Invitation, User, make_invited_account
from ..models.invitation import invite
from ..models.secret import secret_of
from ..permissions import require_admin
from .rendering import (
    actor_of,
    form_data,
    keep_for_showing,
    log_refusals,
    refused_page,
    render_page,
    take_seed,
    take_seeds,
)

logger = logging.getLogger(__name__)


@require_http_methods(["GET", "POST"])
def create(request, organization):
    """Create invitations, which leads to a page that shows their links once; and list the open ones."""
    membership = require_admin(request.user, organization, Action.INVITE)
    listing = InvitationListing(membership, request.GET)
    form = InviteForm(form_data(request), looker=membership)
    if form.is_valid():
        wanted = form.cleaned_data
        invited = wanted["email"] or [""], wanted["role"], wanted["teams"]
        if form.submit(invite, membership.organization, actor_of(request), *invited):
            return _created(request, form.answer)
    log_refusals(request, form, Action.INVITE, membership.organization)
    context = {"section": "people", "form": form, **listing.context}
    return render_page(request, "invitations/create.html", membership, context, status=form.status)


@require_http_methods(["GET", "POST"])
def detail(request, organization, pk):
    """An open invitation, with its link the first time after it was created. A POST replaces it by another one."""
    membership = require_admin(request.user, organization, Action.INVITE)
    invitation = get_object_or_404(Invitation.objects.open(), organization=membership.organization, pk=pk)
    form = ConfirmForm(form_data(request))
    if form.is_valid() and form.submit(invitation.replace_by, actor_of(request)):
        return _created(request, [form.answer])
    log_refusals(request, form, Action.INVITE, invitation)
    seed = take_seed(request, invitation)
    context = {"section": "people", "form": form, "invitation": invitation}
    context["link"] = _link(request, seed) if seed else ""
    return render_page(request, "invitations/detail.html", membership, context, status=form.status)


@require_safe
def created(request, organization):
    """The links of the organization's invitations that the session has just created, once."""
    membership = require_admin(request.user, organization, Action.INVITE)
    seeds = take_seeds(request, membership.organization.invitations.open().order_by("pk"))
    links = [(invitation, _link(request, seed)) for invitation, seed in seeds.items()]
    context = {"section": "people", "links": links}
    return render_page(request, "invitations/created.html", membership, context)


def _link(request, seed):
    return request.build_absolute_uri(reverse("invitations:accept", args=[secret_of(seed)]))


def _created(request, invitations):
    """Mail the links of the new invitations where that is possible, and lead to the page that shows them."""
    for invitation in invitations:
        keep_for_showing(request, invitation)
    if settings.HAS_MAIL and (addressed := [each for each in invitations if each.email]):
        _mail_links(request, addressed)
    slug = invitations[0].organization.slug
    if len(invitations) > 1:
        return redirect("invitations:created", slug)
    return redirect("invitations:detail", slug, invitations[0].pk)


def _mail_links(request, invitations):
    """Mail each link to the invited address, all over one connection, and say to whom, and to whom not."""
    sent = []
    try:
        with get_connection() as connection:
            sent += [each.email for each in invitations if _mailed(each, _link(request, each.seed), connection)]
    except OSError:
        logger.exception("The mail server could not be reached.")
    for email in sent:
        messages.success(request, f"A mail with the link is on its way to {email}.")
    if left := [each.email for each in invitations if each.email not in sent]:
        messages.warning(request, f"No mail could be sent to {', '.join(left)}. Pass the links on yourself.")


def _mailed(invitation, link, connection):
    """Mail the link to the invited address. Whether the mail server has accepted it."""
    body = render_to_string("invitations/mail.txt", {"invitation": invitation, "link": link})
    subject = f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}Join {invitation.organization}"
    try:
        return bool(EmailMessage(subject, body, to=[invitation.email], connection=connection).send())
    except OSError:
        logger.exception("An invitation could not be mailed.")
        return False


@require_POST
def revoke(request, organization, pk):
    """End an invitation before it is used. One that has ended doesn't change."""
    membership = require_admin(request.user, organization, Action.INVITE_REVOKE)
    invitation = get_object_or_404(Invitation, organization=membership.organization, pk=pk)
    form = ConfirmForm(request.POST)
    if form.is_valid() and form.submit(invitation.revoke_by, actor_of(request)):
        messages.success(request, "The invitation is revoked. Its link no longer works.")
        return redirect("invitations:create", organization)
    log_refusals(request, form, Action.INVITE_REVOKE, invitation)
    return refused_page(request, membership, form)


@login_not_required
@require_http_methods(["GET", "POST"])
def accept(request, token):
    """Accept an invitation by its link: with the user's account, or with a new one, which only the provider makes where
    single sign-on is the only way in.

    404 for a link that was used or revoked, that has ended, and that never was.
    """
    invitation = Invitation.objects.of_token(token)
    if invitation is None:
        raise Http404
    if request.user.is_authenticated:
        return _join(request, invitation)
    if settings.SSO_ONLY:
        return render(request, "invitations/accept.html", {"invitation": invitation})
    form = JoinForm(form_data(request), initial={"email": invitation.email})
    if form.is_valid() and form.submit(make_invited_account, invitation, **form.cleaned_data, request_id=request.id):
        user = User.objects.get(username=form.cleaned_data["username"])
        sign_in(request, user)
        return _welcome(request, invitation)
    if rules.INVITATION_USED.code in form.codes:
        raise Http404
    context = {"form": form, "invitation": invitation}
    return render(request, "invitations/accept.html", context, status=form.status)


def _join(request, invitation):
    """Join with the signed-in account. A member who opens the link doesn't use up the invitation."""
    organization = invitation.organization
    if organization.memberships.filter(user=request.user).exists():
        messages.info(request, f"You are in {organization} already.")
        return redirect(organization)
    form = ConfirmForm(form_data(request))
    if form.is_valid() and form.submit(invitation.accept, actor_of(request)):
        return _welcome(request, invitation)
    if rules.INVITATION_USED.code in form.codes:
        raise Http404
    return render(request, "invitations/join.html", {"form": form, "invitation": invitation}, status=form.status)


def _welcome(request, invitation):
    organization, role = invitation.organization, invitation.get_role_display().lower()
    said = [f"Welcome to {organization}. Your role in it: {role}."]
    if teams := [team.name for team in invitation.teams_left]:
        said.append(f"You are in {get_text_list(teams, 'and')}.")
    if gone := invitation.teams_gone:
        said.append(f"You were to be in {get_text_list(gone, 'and')} too, but that was deleted.")
    messages.success(request, " ".join(said))
    return redirect(organization)
