"""Accounts: people who sign in, and service accounts."""

from typing import TYPE_CHECKING, Any

from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone

from .. import rules
from ..choices import Action, Permission, Target
from . import endings
from .change import changing, locked
from .event import Actor, AuditTarget, record
from .validation import check_password_rules, raise_refusal, refused_as

if TYPE_CHECKING:
    from .organization import Organization

# What an account is where the entry of its creation says nothing else.
NEW_ACCOUNT = {
    "email": "",
    "first_name": "",
    "last_name": "",
    "is_active": True,
    "is_staff": False,
    "is_superuser": False,
}


class User(AbstractUser):
    """A person who can sign in, or a service account. Never deleted, only deactivated: what they did keeps their name.

    A service account has no password, only tokens.
    """

    is_service = models.BooleanField("service account", default=False, editable=False)
    time_zone = models.CharField(max_length=rules.ZONE_LENGTH, blank=True, editable=False)  # empty: the browser's
    access_ended_at = models.DateTimeField(null=True, editable=False)  # what began earlier works no more

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                condition=~models.Q(email=""),
                name="user_email_is_unique",
                **refused_as(rules.EMAIL_TAKEN),
            )
        ]

    @property
    def audit_target(self) -> AuditTarget:
        """How the log speaks of it."""
        return AuditTarget(Target.USER, self.pk, self.username)

    @property
    def edited_fields(self) -> dict[str, Any]:
        """The fields that staff edit, with their values."""
        return {name: getattr(self, name) for name in ("username", *NEW_ACCOUNT)}

    @property
    def facts(self) -> list[Any]:
        """What a form shows of it (rule 19): these fields, and whether one of them is fixed."""
        return [self.edited_fields, self.is_last_admin_somewhere()]

    @property
    def may_use_password(self) -> bool:
        """Whether a password lets them in: where single sign-on is the only way, that of staff alone."""
        return self.is_staff or not settings.SSO_ONLY

    def has_usable_password(self) -> bool:
        """Whether they have a password that lets them in."""
        return self.may_use_password and super().has_usable_password()

    def get_session_auth_hash(self) -> str:
        """What a session must know, listed or not. It ends if this changes.

        It changes with the password, with `access_ended_at`, and where the password lets them in no more.
        """
        way_in = "" if self.may_use_password else "single sign-on"
        return f"{super().get_session_auth_hash()}{self.access_ended_at or ''}{way_in}"

    def creation_changes(self) -> dict[str, list]:
        """What the log says of a new account: {field: [None, value]}, its address and what is unusual."""
        facts = {name: getattr(self, name) for name in NEW_ACCOUNT}
        return {name: [None, value] for name, value in facts.items() if name == "email" or value != NEW_ACCOUNT[name]}

    def clean(self) -> None:
        """What a username may hold; one that stays may be older than the rule."""
        super().clean()
        stored = User.objects.filter(pk=self.pk).values_list("username", flat=True).first() if self.pk else None
        if self.username and self.username != stored:
            raise_refusal(rules.refuse_username(self.username), "username")

    def deactivate(self, by: Actor, organization: "Organization") -> None:
        """End their access at once, and log it; `by` is an admin of `organization`, which they are in.

        Refuses with `role_too_low`, or as `refuse_deactivation` says.
        """
        self._set_active(by, organization, Action.USER_DEACTIVATE, wanted=False)

    def reactivate(self, by: Actor, organization: "Organization") -> None:
        """Let them sign in again, and log it; who may is as for `deactivate`."""
        self._set_active(by, organization, Action.USER_REACTIVATE, wanted=True)

    def refuse_deactivation(self, organization: "Organization") -> rules.Refusal | None:
        """Why admins of `organization` may neither deactivate this account nor reactivate it, or None.

        `not_in_organization`, `account_elsewhere`, `account_of_staff` or `last_admin`.
        """
        organizations = set(self.memberships.values_list("organization_id", flat=True))
        if organization.pk not in organizations:
            return rules.NOT_HERE
        if len(organizations) > 1:
            return rules.ACCOUNT_ELSEWHERE
        if self.is_staff:
            return rules.ACCOUNT_OF_STAFF
        return rules.LAST_ADMIN if self.is_last_admin_somewhere() else None

    def is_last_admin_somewhere(self) -> bool:
        """Whether an organization has no active admin beside this one."""
        return self.memberships.sole_admins().exists()

    def end_access(self, by: Actor, organization: "Organization | None" = None) -> None:
        """End what the account made possible, permanently, and log it: should they come back, they begin anew.

        `organization` is the one whose admin does it, None for site staff.
        """
        self.access_ended_at = timezone.now()
        self.save(update_fields=["access_ended_at"])
        endings.end_of_account(self, by, f"{self} was deactivated.", organization)

    def choose_time_zone(self, name: str) -> None:
        """Show them times in the zone `name`, or in their browser's if it is empty. No event: it is theirs alone."""
        self.time_zone = name
        self.save(update_fields=["time_zone"])

    @transaction.atomic
    def give_all_rights(self, by: Actor) -> None:
        """Let them into Django's admin and do everything there, and log it."""
        changes = {name: [False, True] for name in ("is_staff", "is_superuser") if not getattr(self, name)}
        if changes:
            self.is_staff = self.is_superuser = True
            self.save(update_fields=[*changes])
            record(by, Action.USER_EDIT, self, changes)

    @transaction.atomic
    def change_password(self, by: Actor, password: str) -> None:
        """Set their password, which ends their sessions, and log it.

        Raises ValidationError on `password`, or with `service_account`.
        """
        raise_refusal(rules.SERVICE_SIGNS_IN if self.is_service else None)
        check_password_rules(password, self)
        self.set_password(password)
        self.save(update_fields=["password"])
        record(by, Action.PASSWORD_CHANGE, self)

    @transaction.atomic
    def disconnect(self, by: Actor, connection: SocialAccount) -> None:
        """End `connection`, which is theirs, and log it. Whoever has the address at the provider connects anew.

        Ends every session of theirs too: one may be of whom the connection was not meant for.
        """
        locked(User, no_key=True, pk=self.pk)
        ended, _ = SocialAccount.objects.filter(pk=connection.pk, user=self).delete()
        if ended:
            self._end_sessions()
            changes = {"provider": [connection.provider, None], "identity": [connection.uid, None]}
            record(by, Action.SSO_DISCONNECT, self, changes)

    def lock_for_change(self, by: Actor, action: Action | Permission) -> tuple["User", None]:
        """Lock the row until commit. Answers (the row anew, no role): an account is its person's own, and staff's."""
        user = locked(User, no_key=True, pk=self.pk)
        raise_refusal(None if by.staff or by.user == user else rules.ORGANIZATION_ADMINS_ONLY)
        return user, None

    def _end_sessions(self):
        for session in UserSession.objects.filter(user=self):
            session.end()

    def _set_active(self, by, organization, action, *, wanted):
        with changing(organization, by, action) as change:
            raise_refusal(self.refuse_deactivation(organization))
            self.refresh_from_db()
            if self.is_active != wanted:
                self.is_active = wanted
                self.save(update_fields=["is_active"])
                if not wanted:
                    self.end_access(by, organization)
                target = self.audit_target._replace(organization=organization.pk)
                change.record(action, target, {"is_active": [not wanted, wanted]})
