"""Organizations and the people in them."""

from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import AbstractUser
from django.db import models, transaction
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone

from .. import rules
from ..choices import Action, OrganizationRole, Role, Target
from . import endings
from .change import changing, locked, refuse_stale
from .event import Actor, Audited, AuditTarget, record, reference
from .validation import check_password_rules, raise_refusal, refused_as, validate_name

SETTINGS = ("default_role", "members_create", "requires_second_factor")

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
    def audit_target(self):
        """How the log speaks of it."""
        return AuditTarget(Target.USER, self.pk, self.username)

    def get_session_auth_hash(self):
        """What a session must know: other than that of any session before `access_ended_at`, listed or not."""
        return f"{super().get_session_auth_hash()}{self.access_ended_at or ''}"

    def creation_changes(self):
        """What the log says of a new account: {field: [None, value]}, its address and what is unusual."""
        facts = {name: getattr(self, name) for name in NEW_ACCOUNT}
        return {name: [None, value] for name, value in facts.items() if name == "email" or value != NEW_ACCOUNT[name]}

    def clean(self):
        """What a username may hold; one that stays may be older than the rule."""
        super().clean()
        stored = User.objects.filter(pk=self.pk).values_list("username", flat=True).first() if self.pk else None
        if self.username and self.username != stored:
            raise_refusal(rules.refuse_username(self.username), "username")

    def deactivate(self, by, organization):
        """End their access at once, and log it; `by` is an admin of `organization`, which they are in.

        Refuses with `role_too_low`, or as `refuse_deactivation` says.
        """
        self._set_active(by, organization, Action.USER_DEACTIVATE, wanted=False)

    def reactivate(self, by, organization):
        """Let them sign in again, and log it; who may is as for `deactivate`."""
        self._set_active(by, organization, Action.USER_REACTIVATE, wanted=True)

    def refuse_deactivation(self, organization):
        """Why admins of `organization` may neither deactivate this account nor reactivate it, or None.

        `not_in_organization`, `other_organization`, `account_of_staff` or `last_admin`.
        """
        organizations = set(self.memberships.values_list("organization_id", flat=True))
        if organization.pk not in organizations:
            return rules.NOT_HERE
        if len(organizations) > 1:
            return rules.IN_OTHER_ORGANIZATIONS
        if self.is_staff:
            return rules.ACCOUNT_OF_STAFF
        return rules.LAST_ADMIN if self.is_last_admin_somewhere() else None

    def is_last_admin_somewhere(self):
        """Whether an organization has no active admin beside this one."""
        return self.memberships.sole_admins().exists()

    def end_access(self, by, organization=None):
        """End what the account made possible, permanently, and log it: should they come back, they begin anew.

        `organization` is the one whose admin does it, None for the installation's staff.
        """
        self.access_ended_at = timezone.now()
        self.save(update_fields=["access_ended_at"])
        endings.end_of_account(self, by, f"{self} was deactivated.", organization)

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
        locked(User.objects.select_for_update(no_key=True), self.pk)
        ended, _ = SocialAccount.objects.filter(pk=connection.pk, user=self).delete()
        if ended:
            self._end_sessions()
            changes = {"provider": [connection.provider, None], "identity": [connection.uid, None]}
            record(by, Action.SSO_DISCONNECT, self, changes)

    def lock_for_change(self, by, action):
        """Lock the row until commit. Answers (the row anew, no role): an account is its person's own, and staff's."""
        user = locked(User.objects.select_for_update(no_key=True), self.pk)
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


class OrganizationQuerySet(models.QuerySet):
    """Organizations as verbs ask for them."""

    def hold(self, pk):
        """Lock the organization's row until commit: first of all locks, so that nobody acts on a right just taken."""
        return locked(self.select_for_update(no_key=True), pk)


class Organization(models.Model):
    """The people who share registries. It has its two core registries from the moment it exists (rule 1)."""

    name = models.CharField(max_length=rules.NAME_LENGTH, validators=[validate_name])
    slug = models.SlugField(max_length=60, unique=True, help_text="Its part of every address.")
    default_role = models.CharField(
        max_length=20, choices=[(role.value, role.label) for role in rules.DEFAULT_ROLES], default=Role.VIEWER
    )
    members_create = models.BooleanField("members create registries", default=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    requires_second_factor = models.BooleanField(
        default=False, help_text="Whether its members need a second factor to get to any of its pages."
    )

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name

    @property
    def audit_target(self):
        """How the log speaks of it."""
        return AuditTarget(Target.ORGANIZATION, self.pk, self.name, self.pk)

    def get_absolute_url(self):
        return reverse("registries:index", args=[self.slug])

    def clean(self):
        self.name = rules.clean_name(self.name)

    def validate(self):
        """`full_clean` but for the name, which no verb changes and which may be older than the rule of names."""
        self.full_clean(exclude=["name"])

    def edit(self, by, *, default_role, members_create, etag=None):
        """Change what everybody may, and log it. Refuses with `role_too_low`, or `edit_conflict` (rule 19)."""
        with changing(self, by, Action.ORGANIZATION_EDIT, etag=etag) as change:
            change.row.default_role, change.row.members_create = str(default_role), members_create

    def require_second_factor(self, by, wanted):
        """Let members in with a second factor only, or (`wanted` False) without one again; and log it.

        Refuses with `role_too_low`.
        """
        with changing(self, by, Action.FACTOR_REQUIRE) as change:
            change.row.requires_second_factor = wanted

    def targets_named(self, name):
        """The AuditTargets of the registries, teams and people here that have just this name today."""
        key = rules.name_key(name)
        people = self.memberships.select_related("user").filter(user__username__iexact=name)
        found: list[Audited] = [*self.registries.filter(name_key=key), *self.teams.filter(name_key=key), *people]
        return [each.audit_target for each in found]

    # What a Change asks of it.

    def lock_for_change(self, by, action):
        """Lock the row until commit. Answers (the row anew, the organization role of `by`)."""
        organization = Organization.objects.hold(self.pk)
        membership = None if by.staff else organization.memberships.of_active().filter(user=by.user).first()
        role = OrganizationRole.ADMIN if by.staff else membership and membership.role
        raise_refusal(rules.refuse_in_organization(action, role, members_create=organization.members_create))
        return organization, role

    def logged_fields(self):
        """The fields whose changes the log holds."""
        return {field: getattr(self, field) for field in SETTINGS}


class OrganizationMembershipQuerySet(models.QuerySet):
    """Memberships as pages ask for them."""

    def of_active(self):
        """Those of people who can still sign in."""
        return self.filter(user__is_active=True)

    def named(self, names, *, by_address):
        """Those of the people whose username, or email address if `by_address`, is among `names`, ignoring case."""
        wanted = [name.lower() for name in names if name]
        people = User.objects.alias(username_key=Lower("username"), email_key=Lower("email"))
        called = models.Q(username_key__in=wanted)
        return self.filter(user__in=people.filter(called | models.Q(email_key__in=wanted) if by_address else called))

    def admins(self):
        """Those of organization admins who can still sign in."""
        return self.of_active().filter(role=OrganizationRole.ADMIN)

    def sole_admins(self):
        """Those of admins without whom their organization has no other."""
        others = OrganizationMembership.objects.admins().filter(organization=models.OuterRef("organization"))
        return self.admins().exclude(models.Exists(others.exclude(user=models.OuterRef("user")).order_by()))


class OrganizationMembership(models.Model):
    """That a person is in an organization, and as what."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=10, choices=OrganizationRole, default=OrganizationRole.MEMBER)

    objects = OrganizationMembershipQuerySet.as_manager()

    class Meta:
        ordering = ["organization__name", "user__username"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "user"],
                name="membership_is_single",
                violation_error_code="already_in",
                violation_error_message="They are in this organization already.",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=OrganizationRole.values), name="membership_role_is_known"
            ),
        ]

    def __str__(self):
        return f"{self.user} in {self.organization}"

    def get_absolute_url(self):
        return reverse("members:detail", args=[self.organization.slug, self.user.username])

    @property
    def audit_target(self):
        """The person, in this organization."""
        return self.user.audit_target._replace(organization=self.organization_id)

    @property
    def facts(self):
        """What a form shows of it (rule 19)."""
        return str(self.role)

    @property
    def is_admin(self):
        """Whether this makes its user an organization admin."""
        return self.role == OrganizationRole.ADMIN

    @property
    def may_create(self):
        """Whether its user may create registries."""
        return rules.refuse_creation(self.role, members_create=self.organization.members_create) is None

    def effective_role(self, visibility, given):
        """The person's effective role in a registry of this visibility that gave them `given` (rulebook §3), or None.

        Needs `organization` and `user` at hand.
        """
        return rules.effective_role(
            visibility,
            self.role,
            given,
            default=self.organization.default_role,
            service=self.user.is_service,
        )

    def registries(self):
        """The registries of the organization that this person can see."""
        return self.organization.registries.visible_to(self)

    def save_by(self, by, etag=None):
        """Add the person or change the role, and log it. `etag` is that of what was shown (rule 19).

        Refuses with `role_too_low`, `last_admin`, `service_role` or `edit_conflict`.
        """
        with changing(self.organization, by, Action.PERSON_CHANGE if self.pk else Action.PERSON_ADD) as change:
            stored = OrganizationMembership.objects.filter(pk=self.pk).first()
            refuse_stale(etag, stored)
            raise_refusal(rules.SERVICE_IS_NO_ADMIN if self.is_admin and self.user.is_service else None, "role")
            if stored and not self.is_admin:
                raise_refusal(stored.refuse_last_admin(), "role")
            if stored and stored.role == self.role:
                return
            self.full_clean()
            self.save()
            if stored and stored.is_admin:
                endings.end_of_admin_role(self, by, f"{self.user} is no longer an organization admin.")
            action = Action.PERSON_CHANGE if stored else Action.PERSON_ADD
            change.record(action, self, {"role": [stored.role if stored else None, self.role]})

    def delete_by(self, by):
        """Remove the person from the organization, with all that being in it made possible.

        Refuses with `role_too_low` or `last_admin`.
        """
        with changing(self.organization, by, Action.PERSON_REMOVE) as change:
            stored = OrganizationMembership.objects.filter(pk=self.pk).first()
            if stored is None:
                return
            raise_refusal(stored.refuse_last_admin(), "role")
            lost = stored._remove_roles()
            self.delete()
            endings.end_of_membership(stored, by, f"{self.user} was removed from the organization.")
            change.record(Action.PERSON_REMOVE, stored, {"role": [stored.role, None]}, lost)

    def _remove_roles(self):
        """Remove the person's roles in registries and teams of the organization; answers what they were."""
        roles = self.user.registry_roles.filter(registry__organization=self.organization_id).select_related("registry")
        teams = self.user.team_memberships.filter(team__organization=self.organization_id).select_related("team")
        lost = {
            "registry_roles": [reference(each.registry, role=each.role) for each in roles],
            "team_roles": [reference(each.team, role=each.role) for each in teams],
        }
        roles.delete()
        teams.delete()
        return {what: things for what, things in lost.items() if things}

    def refuse_last_admin(self):
        """Why its person, an organization admin, must stay one (`last_admin`: no other is active); else None."""
        if not self.is_admin:
            return None
        others = OrganizationMembership.objects.admins().filter(organization=self.organization_id)
        return None if others.exclude(user=self.user_id).exists() else rules.LAST_ADMIN
