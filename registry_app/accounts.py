"""How accounts begin, and what the audit log keeps of how people sign in: never a secret."""

from allauth.account import signals as account_signals
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa import signals as factor_signals
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from django.db import transaction

from .choices import Action
from .models import Actor
from .models.audit import record


class AccountAdapter(DefaultAccountAdapter):
    """allauth's adapter, with self sign-up closed: accounts are made by admins."""

    def is_open_for_signup(self, request):
        return False


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
        factor_signals.authenticator_added: Action.FACTOR_ADD,
        factor_signals.authenticator_removed: Action.FACTOR_REMOVE,
        factor_signals.authenticator_reset: Action.FACTOR_CODES,
    }.items():
        signal.connect(_logging(action), weak=False, dispatch_uid=f"log {action}")


def _logging(action):
    def log(sender, request, user, authenticator=None, **_):
        changes = {}
        if authenticator:
            kept = None if action == Action.FACTOR_REMOVE else str(authenticator.type)
            changes = {"factor": [None if kept else str(authenticator.type), kept]}
        _record(request, user, action, changes)

    return log


@transaction.atomic
def _record(request, user, action, changes):
    record(Actor(user, request.id), action, subject=user.username, changes=changes)
