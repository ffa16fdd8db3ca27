"""Signal handlers that write audit entries about signing in. No entry contains a secret."""

from collections.abc import Callable

from allauth.account import signals as account_signals
from allauth.account.authentication import get_authentication_records
from allauth.mfa import signals as factor_signals
from allauth.socialaccount import signals as social_signals
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.signals import user_logged_out
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from .. import rules
from ..choices import Action
from ..models import Actor, User
from ..models.event import record, record_refusals
from ..models.provisioning import take_over
from . import claims
from .groups import follow_on_sign_in
from .limits import Request

EMAIL_LENGTH, NAME_LENGTH = 254, 150  # characters; those of User's fields


def connect() -> None:
    """Connect the handlers to the signals of allauth and Django."""
    account_signals.user_logged_in.connect(_log_sign_in, dispatch_uid="log sign-in")
    account_signals.user_logged_in.connect(_follow_provider, dispatch_uid="follow provider")
    account_signals.user_logged_in.connect(follow_on_sign_in, dispatch_uid="follow groups")
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


def _logging(action: Action) -> Callable[..., None]:
    def log(sender, request, user=None, sociallogin=None, authenticator=None, **_):
        changes = {}
        if sociallogin:
            user, changes = sociallogin.user, describe_identity(sociallogin.account)
        if authenticator:
            kept = None if action == Action.FACTOR_REMOVE else str(authenticator.type)
            changes = {"factor": [None if kept else str(authenticator.type), kept]}
        record_sign_in(request, user, action, changes)

    return log


@transaction.atomic
def record_sign_in(request: Request, user: User, action: Action, changes: dict[str, list]) -> None:
    """Record that `user` did `action` to their own account in this request; `changes` as in `record`."""
    record(Actor(user, request.id), action, user, changes)


def _log_sign_in(sender, request, user, **_):
    steps = [step.get("type") or step["method"] for step in get_authentication_records(request, user)]
    methods = [SINGLE_SIGN_ON if step == "socialaccount" else step for step in steps]
    record_sign_in(request, user, Action.SIGN_IN, {"methods": [None, methods or [request.resolver_match.view_name]]})


def _follow_provider(sender, request, user, sociallogin=None, **_):
    """Take over address and names as the provider says them now; log if the address is another account's."""
    if sociallogin is None:
        return
    claimed = sociallogin.account.extra_data["userinfo"]
    email = next((each.email for each in sociallogin.email_addresses if each.verified is True), "")
    said = {name: value[:NAME_LENGTH] for name, value in claims.names(claimed).items()}
    by = Actor(user, request.id)
    try:
        take_over(user, by, {"email": email if len(email) <= EMAIL_LENGTH else "", **said})
    except (ValidationError, IntegrityError):
        taken = ValidationError(rules.ADDRESS_TAKEN.message, code=rules.ADDRESS_TAKEN.code)
        record_refusals(by, Action.USER_EDIT, taken, user, changes={"email": [user.email, email]})


def _log_sign_out(sender, request, user, **_):
    if user:
        record_sign_in(request, user, Action.SIGN_OUT, {})


SINGLE_SIGN_ON = "single sign-on"  # its name in the log


def describe_identity(account: SocialAccount) -> dict[str, list]:
    """The changes of a new connection: the provider, and the provider's id of the person."""
    return {"provider": [None, account.provider], "identity": [None, account.uid]}
