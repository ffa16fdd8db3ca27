"""allauth's adapters: sign-in with a password, sign-up policy, single sign-on and sessions."""

import logging
from collections.abc import Iterable
from typing import Any

from allauth.account import signals as account_signals
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.core.cache import cache
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Case, Q, Value, When
from django.db.models.functions import Lower
from django.forms import Form
from django.shortcuts import redirect, render
from django.urls import reverse
from requests import Session

from .. import rules
from ..choices import Action
from ..models import Actor, User, lookups, raise_refusal
from ..models.event import record_refusals
from . import limits
from .limits import Limit, Request
from .signals import EMAIL_LENGTH, NAME_LENGTH, describe_identity, record_sign_in
from .sso import THERE, refuse_incomplete

logger = logging.getLogger(__name__)
WRONG_PAIR = "That name and password don't belong together."  # doesn't tell which of them is wrong
LIMITED = ("too_many_login_attempts", "rate_limited")  # allauth's error codes if the limit FAILED is reached
FAILED = {"app": "allauth.account", "action": "login_failed"}


class SignInBackend(AuthenticationBackend):
    """allauth's backend, with one account for a login and one password hash for a try.

    allauth tries a login both as an email address and as a username; the time of a second hash would reveal which
    logins exist.
    """

    def get_user(self, user_id: int) -> User | None:
        """The account of a session, unless it can't sign in any more."""
        user = lookups.users.first(user_id)
        return user if user and self.user_can_authenticate(user) else None

    def _authenticate(self, request: Request, **credentials: Any) -> User | None:
        """The account (`user`, or the one of the login `username`) if the password is right, else None."""
        login = credentials.get("username")
        user = credentials.get("user") or (_account_of(login) if login else None)
        known = self._check_password(user, credentials["password"])
        return known if known and known.may_use_password else None


def _account_of(login: str) -> User | None:
    """The account with this email address, else the one with this username, ignoring case."""
    key = Lower(Value(login))
    named = User.objects.alias(email_key=Lower("email"), username_key=Lower("username"))
    named = named.filter(Q(email_key=key) | Q(username_key=key))
    first = Case(When(email_key=key, then=0), When(username=login, then=1), default=2)
    return named.order_by(first, "pk").first()


class AccountAdapter(DefaultAccountAdapter):
    """allauth's adapter without self sign-up: admins create accounts."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        **dict.fromkeys(("username_password_mismatch", "email_password_mismatch"), WRONG_PAIR),
        **dict.fromkeys(LIMITED, f"{rules.TOO_MANY_TRIES.reason} {rules.TOO_MANY_TRIES.way_out}"),
    }
    tried: dict[str, Any] | None = None  # the credentials of the current try

    def is_open_for_signup(self, request: Request) -> bool:
        return False

    def get_logout_redirect_url(self, request: Request) -> str:
        """After signing out: the page that leads on to the provider, where nobody signs in otherwise."""
        return reverse("sessions:ended") if settings.SSO_ONLY else super().get_logout_redirect_url(request)

    def logout(self, request: Request) -> None:
        """Sign out. What ends the session at the provider is kept for the page that leads there."""
        there = request.session.get(THERE)
        super().logout(request)
        if there:
            request.session[THERE] = there

    def pre_authenticate(self, request: Request, **credentials: Any) -> None:
        """Count the try."""
        self.tried = credentials
        super().pre_authenticate(request, **credentials)

    def validation_error(self, code: str, *args: object) -> ValidationError:
        """allauth's error. If the code says that a limit is reached, log it."""
        if code in LIMITED and (limit := self._limit_reached(context.request)):
            limits.reach(context.request, limit)
        return super().validation_error(code, *args)

    def _limit_reached(self, request: Request) -> Limit | None:
        """The Limit that is reached. None if allauth gave the code because it could not count a try."""
        if self.tried:
            key = self._get_login_attempts_cache_key(request, **self.tried)
            account = self.tried.get("user") or _account_of(self.tried["username"])
        else:  # a second factor
            account = request.user if request.user.is_authenticated else request._login_stage.login.user
            key = f"mfa-auth-user-{account.pk}"
        for rate in ratelimit.get_rates(**FAILED):
            place = ratelimit.get_cache_key(request, **FAILED, rate=rate, key=key)
            times = cache.get(place, [])  # the times of the tries, the newest first
            if len(times) >= rate.amount:
                account, until = account if rate.per == "key" else None, times[-1] + rate.duration
                return Limit(Action.SIGN_IN_LIMIT, place, int(rate.duration), until, len(times), account)
        return None

    def reauthenticate(self, user: User, password: str) -> bool:
        """Whether `password` is that of `user`, who is signed in."""
        credentials = {"user": user, "username": user.username, "password": password}
        return self.authenticate(context.request, **credentials) is not None

    def is_safe_url(self, url: str | None) -> bool:
        """Whether a redirect may go to `url`: not if it is malformed or belongs to another site."""
        try:
            return super().is_safe_url(url)
        except ValueError:
            return False

    def clean_username(self, username: str, shallow: bool = False) -> str:
        """The username that a provider sends. If it isn't valid, allauth makes one of name and address."""
        raise_refusal(rules.refuse_username(username), "username")
        return super().clean_username(username, shallow)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail. A failure goes to the site's log only, because a page must not reveal who gets mail."""
        try:
            super().send_mail(template_prefix, email, context)
        except OSError:
            logger.exception("A mail could not be sent.")


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    """allauth's adapter: connects a person of the provider to the account with their verified email, or makes one.

    A new account is in no organization. Only an address that the provider has verified counts, because with any other
    address a person could take over an account, or prepare one for somebody to use later. An account that is connected
    to a person of this provider is never connected to a second one, because a provider gives old addresses to new
    people.
    """

    def get_requests_session(self) -> Session:
        """A session with the provider. It refuses an answer that lacks what allauth reads."""
        session = super().get_requests_session()
        session.hooks["response"].append(refuse_incomplete)
        return session

    def pre_social_login(self, request: Request, sociallogin: SocialLogin) -> None:
        """Connect to the account with the verified address. Refuse a person without one, and a second connection."""
        if sociallogin.state.get("process") != "login":
            raise ImmediateHttpResponse(redirect("mfa_index"))
        if sociallogin.is_existing:
            return
        email = next((each.email for each in sociallogin.email_addresses if each.verified is True), None)
        if not email or len(email) > EMAIL_LENGTH:
            raise ImmediateHttpResponse(render(request, "socialaccount/no_email.html", status=403))
        if user := User.objects.filter(email__iexact=email).first():
            self._match(request, sociallogin, user)

    def _match(self, request: Request, sociallogin: SocialLogin, user: User) -> None:
        """Connect to the account `user`, or show the page that says why not."""
        try:
            self._connect(request, sociallogin, user)
        except ValidationError as error:
            identity = describe_identity(sociallogin.account)
            record_refusals(Actor(None, request.id), Action.SSO_CONNECT, error, user, changes=identity)
            other = any(each.code == rules.OTHER_IDENTITY.code for each in error.error_dict[NON_FIELD_ERRORS])
            page = render(request, "socialaccount/other_identity.html", status=403) if other else None
            raise ImmediateHttpResponse(page or redirect("account_inactive")) from error

    @transaction.atomic
    def _connect(self, request: Request, sociallogin: SocialLogin, user: User) -> None:
        """Connect the account. ValidationError if `rules.refuse_connection` refuses."""
        # The lock makes two first visits at once wait for each other: the second one sees the connection of the first.
        user = User.objects.select_for_update().get(pk=user.pk)
        sociallogin.lookup()
        if sociallogin.is_existing:
            return
        connected = SocialAccount.objects.filter(user=user, provider=sociallogin.account.provider).exists()
        raise_refusal(rules.refuse_connection(service=user.is_service, active=user.is_active, connected=connected))
        sociallogin.connect(request, user)

    def is_open_for_signup(self, request: Request, sociallogin: SocialLogin) -> bool:
        return True

    def populate_user(self, request: Request, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        """An account with the provider's names, cut to the length of the fields."""
        user = super().populate_user(request, sociallogin, data)
        for name in ("first_name", "last_name"):
            setattr(user, name, getattr(user, name)[:NAME_LENGTH])
        return user

    def save_user(self, request: Request, sociallogin: SocialLogin, form: Form | None = None) -> User:
        """Make the account, and log it. If another first visit of this person has made it meanwhile, say so."""
        try:
            return self._make_account(request, sociallogin, form)
        except IntegrityError as error:
            messages.error(request, "Two visits began your account at once. Please sign in again.")
            raise ImmediateHttpResponse(redirect("account_login")) from error

    @transaction.atomic
    def _make_account(self, request: Request, sociallogin: SocialLogin, form: Form | None) -> User:
        user = super().save_user(request, sociallogin, form)
        changes = user.creation_changes() | describe_identity(sociallogin.account)
        record_sign_in(request, user, Action.USER_CREATE, changes)
        return user


class SessionsAdapter(DefaultUserSessionsAdapter):
    """allauth's adapter, with an audit entry for each session that its owner ends."""

    @transaction.atomic
    def end_sessions(self, sessions: Iterable[UserSession]) -> None:
        """End the sessions, with an entry for each."""
        super().end_sessions(sessions)
        for session in sessions:
            changes = {"began": [session.created_at.isoformat(timespec="seconds"), None]}
            record_sign_in(context.request, session.user, Action.SESSION_END, changes)


def sign_in(request: Request, user: User) -> None:
    """Sign in `user`, whose account was made in this request."""
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    account_signals.user_logged_in.send(sender=User, request=request, user=user)
