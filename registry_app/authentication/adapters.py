"""How accounts begin, and what the audit log keeps of how people sign in: never a secret."""

import logging
from typing import Any

from allauth.account import signals as account_signals
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.core.cache import cache
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Case, Q, Value, When
from django.db.models.functions import Lower
from django.shortcuts import redirect, render

from .. import rules
from ..choices import Action
from ..models import Actor, User, raise_refusal
from ..models.event import record_refusals
from . import limits
from .limits import Limit
from .signals import describe_identity, record_sign_in
from .sso import refuse_incomplete

logger = logging.getLogger(__name__)
WRONG_PAIR = "That name and password don't belong together."  # and no hint which of them is wrong
LIMITED = ("too_many_login_attempts", "rate_limited")  # allauth's codes where this limit of its own is reached:
FAILED = {"app": "allauth.account", "action": "login_failed"}
EMAIL_LENGTH, NAME_LENGTH = 254, 150  # characters; those of User's fields


class SignInBackend(AuthenticationBackend):
    """allauth's backend, with one account to each login and one hash to each try.

    allauth tries the login as an address and as a username: a second hash would tell by time which logins exist.
    """

    def _authenticate(self, request, **credentials):
        """The account (`user`, or the one that `username` names) if the password is its own, else None."""
        login = credentials.get("username")
        user = credentials.get("user") or (_account_of(login) if login else None)
        return self._check_password(user, credentials["password"])


def _account_of(login: str) -> User | None:
    """The account with this address, or else with this username, whatever their case."""
    key = Lower(Value(login))
    named = User.objects.alias(email_key=Lower("email"), username_key=Lower("username"))
    named = named.filter(Q(email_key=key) | Q(username_key=key))
    first = Case(When(email_key=key, then=0), When(username=login, then=1), default=2)
    return named.order_by(first, "pk").first()


class AccountAdapter(DefaultAccountAdapter):
    """allauth's adapter, with self sign-up closed: accounts are made by admins."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        **dict.fromkeys(("username_password_mismatch", "email_password_mismatch"), WRONG_PAIR),
        **dict.fromkeys(LIMITED, f"{rules.TOO_MANY_TRIES.reason} {rules.TOO_MANY_TRIES.way_out}"),
    }
    tried: dict[str, Any] | None = None  # the credentials that are being tried

    def is_open_for_signup(self, request):
        return False

    def pre_authenticate(self, request, **credentials):
        """Count the try."""
        self.tried = credentials
        super().pre_authenticate(request, **credentials)

    def validation_error(self, code, *args):
        """allauth's error; that a limit is reached is noted too."""
        if code in LIMITED and (limit := self._limit_reached(context.request)):
            limits.reach(context.request, limit)
        return super().validation_error(code, *args)

    def _limit_reached(self, request):
        """The Limit; None where there is none, because allauth only found no turn to count."""
        if self.tried:
            key = self._get_login_attempts_cache_key(request, **self.tried)
            account = self.tried.get("user") or _account_of(self.tried["username"])
        else:  # a second factor
            account = request.user if request.user.is_authenticated else request._login_stage.login.user
            key = f"mfa-auth-user-{account.pk}"
        for rate in ratelimit.get_rates(**FAILED):
            place = ratelimit.get_cache_key(request, **FAILED, rate=rate, key=key)
            times = cache.get(place, [])  # of the tries, the newest first
            if len(times) >= rate.amount:
                account, until = account if rate.per == "key" else None, times[-1] + rate.duration
                return Limit(Action.SIGN_IN_LIMIT, place, int(rate.duration), until, len(times), account)
        return None

    def reauthenticate(self, user, password):
        """Whether this is the password of `user`, who is signed in."""
        credentials = {"user": user, "username": user.username, "password": password}
        return self.authenticate(context.request, **credentials) is not None

    def is_safe_url(self, url):
        """Whether one may be led to `url`. What is no address at all counts like the address of another site."""
        try:
            return super().is_safe_url(url)
        except ValueError:
            return False

    def clean_username(self, username, shallow=False):
        """What a provider calls somebody; one that is no username here is replaced by one made of name and address."""
        raise_refusal(rules.refuse_username(username), "username")
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
    come into somebody else's account, or lie in wait for them in one made beforehand. And it counts once: an account
    that is connected to a person of this provider is never connected to a second one, for addresses are given anew.
    """

    def get_requests_session(self):
        """A session with the provider, which ends at an answer that allauth would stumble over."""
        session = super().get_requests_session()
        session.hooks["response"].append(refuse_incomplete)
        return session

    def pre_social_login(self, request, sociallogin):
        """Lead to the account of the verified address; refuse strangers without one, and further connections."""
        if sociallogin.state.get("process") != "login":
            raise ImmediateHttpResponse(redirect("mfa_index"))
        if sociallogin.is_existing:
            return
        email = next((each.email for each in sociallogin.email_addresses if each.verified is True), None)
        if not email or len(email) > EMAIL_LENGTH:
            raise ImmediateHttpResponse(render(request, "socialaccount/no_email.html", status=403))
        if user := User.objects.filter(email__iexact=email).first():
            self._match(request, sociallogin, user)

    def _match(self, request, sociallogin, user):
        """Lead to the account `user`, or to a page that says why not."""
        try:
            self._connect(request, sociallogin, user)
        except ValidationError as error:
            identity = describe_identity(sociallogin.account)
            record_refusals(Actor(None, request.id), Action.SSO_CONNECT, error, subject=user.username, changes=identity)
            other = any(each.code == rules.OTHER_IDENTITY.code for each in error.error_dict[NON_FIELD_ERRORS])
            page = render(request, "socialaccount/other_identity.html", status=403) if other else None
            raise ImmediateHttpResponse(page or redirect("account_inactive")) from error

    @transaction.atomic
    def _connect(self, request, sociallogin, user):
        """Connect the account, or refuse as `rules.refuse_connection` does."""
        # Two first visits at once wait for one another here: the second sees what the first has connected.
        user = User.objects.select_for_update().get(pk=user.pk)
        sociallogin.lookup()
        if sociallogin.is_existing:
            return
        connected = SocialAccount.objects.filter(user=user, provider=sociallogin.account.provider).exists()
        raise_refusal(rules.refuse_connection(service=user.is_service, active=user.is_active, connected=connected))
        sociallogin.connect(request, user)

    def is_open_for_signup(self, request, sociallogin):
        return True

    def populate_user(self, request, sociallogin, data):
        """An account as the provider describes it, cut to what there is room for."""
        user = super().populate_user(request, sociallogin, data)
        for name in ("first_name", "last_name"):
            setattr(user, name, getattr(user, name)[:NAME_LENGTH])
        return user

    def save_user(self, request, sociallogin, form=None):
        """Make the account, and log it. Where another first visit of this person is quicker, say so."""
        try:
            return self._make_account(request, sociallogin, form)
        except IntegrityError as error:
            messages.error(request, "Two visits began your account at once. Please sign in again.")
            raise ImmediateHttpResponse(redirect("account_login")) from error

    @transaction.atomic
    def _make_account(self, request, sociallogin, form):
        user = super().save_user(request, sociallogin, form)
        changes = user.birth() | describe_identity(sociallogin.account)
        record_sign_in(request, user, Action.USER_CREATE, changes)
        return user


class SessionsAdapter(DefaultUserSessionsAdapter):
    """allauth's adapter, which logs each session that its owner ends."""

    @transaction.atomic
    def end_sessions(self, sessions):
        """End them, one entry each."""
        super().end_sessions(sessions)
        for session in sessions:
            changes = {"began": [session.created_at.isoformat(timespec="seconds"), None]}
            record_sign_in(context.request, session.user, Action.SESSION_END, changes)


def sign_in(request, user):
    """Sign in `user`, whose account this request has made."""
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    account_signals.user_logged_in.send(sender=User, request=request, user=user)
