"""How accounts begin, and what the audit log keeps of how people sign in: never a secret."""

import logging

from allauth.account import signals as account_signals
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa import signals as factor_signals
from allauth.socialaccount import signals as social_signals
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from django.db import transaction
from django.shortcuts import redirect, render

from . import rules
from .choices import Action
from .models import Actor, User, enforce
from .models.audit import record

logger = logging.getLogger(__name__)
WRONG_PAIR = "That name and password don't belong together."  # and no hint which of them is wrong
EMAIL_LENGTH, NAME_LENGTH = 254, 150  # characters; those of User's fields


class AccountAdapter(DefaultAccountAdapter):
    """allauth's adapter, with self sign-up closed: accounts are made by admins."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        **dict.fromkeys(("username_password_mismatch", "email_password_mismatch"), WRONG_PAIR),
        "too_many_login_attempts": "Too many tries. Wait a few minutes, then try again.",
    }

    def is_open_for_signup(self, request):
        return False

    def clean_username(self, username, shallow=False):
        """What a provider calls somebody; one that is no username here is replaced by one made of name and address."""
        enforce(rules.refuse_username(username), "username")
        return super().clean_username(username, shallow)

    def send_mail(self, template_prefix, email, context):
        """Send a mail. A server that fails is for the log: the page answers as ever, and so tells nothing."""
        try:
            super().send_mail(template_prefix, email, context)
        except OSError:
            logger.exception("A mail could not be sent.")


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    """allauth's adapter: who comes from the provider is matched by verified email, or gets an account.

    That account is in no organization. Only an address that the provider has verified counts: with another one could
    come into somebody else's account, or lie in wait for them in one made beforehand.
    """

    def pre_social_login(self, request, sociallogin):
        """Lead to the account of the verified address; refuse strangers without one, and further connections."""
        if sociallogin.state.get("process") != "login":
            raise ImmediateHttpResponse(redirect("mfa_index"))
        if sociallogin.is_existing:
            return
        email = next((each.email for each in sociallogin.email_addresses if each.verified is True), None)
        if not email or len(email) > EMAIL_LENGTH:
            raise ImmediateHttpResponse(render(request, "socialaccount/no_email.html", status=403))
        user = User.objects.filter(email__iexact=email).first()
        if user and (user.is_service or not user.is_active):
            raise ImmediateHttpResponse(redirect("account_inactive"))
        if user:
            sociallogin.connect(request, user)

    def is_open_for_signup(self, request, sociallogin):
        return True

    def populate_user(self, request, sociallogin, data):
        """An account as the provider describes it, cut to what there is room for."""
        user = super().populate_user(request, sociallogin, data)
        for name in ("first_name", "last_name"):
            setattr(user, name, getattr(user, name)[:NAME_LENGTH])
        return user

    @transaction.atomic
    def save_user(self, request, sociallogin, form=None):
        """Make the account, and log it."""
        user = super().save_user(request, sociallogin, form)
        changes = {"email": [None, user.email], "provider": [None, sociallogin.account.provider]}
        _record(request, user, Action.USER_CREATE, changes)
        return user


class SessionsAdapter(DefaultUserSessionsAdapter):
    """allauth's adapter, which logs each session that its owner ends."""

    @transaction.atomic
    def end_sessions(self, sessions):
        """End them, one entry each."""
        super().end_sessions(sessions)
        for session in sessions:
            changes = {"address": [session.ip, None]}
            _record(context.request, session.user, Action.SESSION_END, changes)


def connect():
    """Listen to what allauth tells."""
    for signal, action in {
        account_signals.password_changed: Action.PASSWORD_CHANGE,
        account_signals.password_set: Action.PASSWORD_CHANGE,
        account_signals.password_reset: Action.PASSWORD_RESET,
        social_signals.social_account_added: Action.SSO_CONNECT,
        factor_signals.authenticator_added: Action.FACTOR_ADD,
        factor_signals.authenticator_removed: Action.FACTOR_REMOVE,
        factor_signals.authenticator_reset: Action.FACTOR_CODES,
    }.items():
        signal.connect(_logging(action), weak=False, dispatch_uid=f"log {action}")


def _logging(action):
    def log(sender, request, user=None, sociallogin=None, authenticator=None, **_):
        changes = {}
        if sociallogin:
            user, changes = sociallogin.user, {"provider": [None, sociallogin.account.provider]}
        if authenticator:
            kept = None if action == Action.FACTOR_REMOVE else str(authenticator.type)
            changes = {"factor": [None if kept else str(authenticator.type), kept]}
        _record(request, user, action, changes)

    return log


@transaction.atomic
def _record(request, user, action, changes):
    record(Actor(user, request.id), action, subject=user.username, changes=changes)
