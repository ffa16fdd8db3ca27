"""What the audit log keeps of how people sign in: never a secret."""

from allauth.account import signals as account_signals
from allauth.mfa import signals as factor_signals
from allauth.socialaccount import signals as social_signals
from django.contrib.auth.signals import user_logged_out
from django.db import transaction

from ..choices import Action
from ..models import Actor
from ..models.event import record
from .adapters import _identity, _log_sign_in, _log_sign_out


def connect():
    """Listen to what allauth and Django tell."""
    account_signals.user_logged_in.connect(_log_sign_in, dispatch_uid="log sign-in")
    user_logged_out.connect(_log_sign_out, dispatch_uid="log sign-out")
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
            user, changes = sociallogin.user, _identity(sociallogin.account)
        if authenticator:
            kept = None if action == Action.FACTOR_REMOVE else str(authenticator.type)
            changes = {"factor": [None if kept else str(authenticator.type), kept]}
        record_sign_in(request, user, action, changes)

    return log


@transaction.atomic
def record_sign_in(request, user, action, changes):
    record(Actor(user, request.id), action, subject=user.username, changes=changes)
