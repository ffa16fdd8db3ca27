"""Registries: where an organization keeps the artifacts it trusts."""

import copy
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from .. import rules
from ..choices import Action, Kind, OrganizationRole, Role, Visibility
from . import restriction_journal
from .accepted_type import AcceptedType, new_types
from .event import record
from .former_name import FormerName
from .impact import Restriction
from .organization import Organization, OrganizationMembership, User
from .registry_member import RANK, RegistryMember
from .registry_queryset import CORE_KEYS, RegistryQuerySet
from .validation import raise_refusal, validate_description, validate_name

TRACKED = ("name", "description", "visibility", "accepts_all_types")

NAME_IS_UNIQUE = models.UniqueConstraint(
    fields=["organization", "name_key"],
    name="registry_name_is_unique",
    violation_error_code=rules.NAME_TAKEN.code,
    violation_error_message=rules.NAME_TAKEN.reason,
)


class Registry(models.Model):
    """A named shelf of an organization: core (born with it) or custom (made by people).

    Written only by its verbs (`create`, `edit`, `restrict`, …): one transaction that locks the row, asks who may and
    what may, saves, and logs. `version` counts its changes; the database refuses any other step.
    """

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="registries")
    kind = models.CharField(max_length=6, choices=Kind, default=Kind.CUSTOM)
    name = models.CharField(
        max_length=rules.NAME_LENGTH,
        validators=[validate_name],
        help_text="Code that loads artifacts uses this name, so pick one that lasts.",
    )
    name_key = models.CharField(max_length=rules.KEY_LENGTH, editable=False)
    description = models.TextField(blank=True, validators=[validate_description])
    visibility = models.CharField(max_length=12, choices=Visibility, default=Visibility.ORGANIZATION)
    accepts_all_types = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = RegistryQuerySet.as_manager()
    _held: "Registry | None" = None  # the row as it is stored, of a draft and while a verb holds its lock

    class Meta:
        verbose_name_plural = "registries"
        ordering = ["organization", "name_key"]
        indexes = [
            models.Index(fields=["organization", "updated_at", "id"], name="registry_by_update"),
            models.Index(fields=["organization", "visibility", "name_key"], name="registry_by_visibility"),
            models.Index(fields=["organization", "visibility", "updated_at", "id"], name="registry_by_vis_update"),
        ]
        constraints = [
            NAME_IS_UNIQUE,
            models.CheckConstraint(
                condition=~Q(kind=Kind.CORE) | Q(visibility=Visibility.ORGANIZATION),
                name="registry_core_is_shared",
                violation_error_code=rules.CORE_IS_SHARED.code,
                violation_error_message=rules.CORE_IS_SHARED.reason,
            ),
            models.CheckConstraint(
                condition=~Q(kind=Kind.CORE) | Q(accepts_all_types=False),
                name="registry_core_keeps_a_list",
                violation_error_code=rules.CORE_KEEPS_A_LIST.code,
                violation_error_message=rules.CORE_KEEPS_A_LIST.reason,
            ),
            models.CheckConstraint(
                condition=~Q(kind=Kind.CORE) | Q(name_key__in=CORE_KEYS),
                name="registry_core_is_given",
                violation_error_code=rules.CORE_IS_GIVEN.code,
                violation_error_message=rules.CORE_IS_GIVEN.reason,
            ),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="registry_kind_is_known"),
            models.CheckConstraint(condition=Q(visibility__in=Visibility.values), name="registry_visibility_is_known"),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("registries:detail", args=[self.organization.slug, self.name])

    @property
    def is_core(self):
        """Whether the organization was born with it."""
        return self.kind == Kind.CORE

    @property
    def is_restricted(self):
        """Whether only people with a role in it see it."""
        return self.visibility == Visibility.RESTRICTED

    @property
    def summary(self):
        """The first line of the description."""
        return self.description.partition("\n")[0]

    # What it is to whom.

    def role_of(self, actor):
        """The effective role of `actor` here (rulebook §3), or None. Whoever comes through staff doors is admin."""
        if actor.staff:
            return Role.ADMIN
        given = self.members.active().for_user(actor.user and actor.user.pk).order_by(RANK.desc()).values("role")[:1]
        memberships = OrganizationMembership.objects.of_active().select_related("organization", "user").order_by()
        memberships = memberships.filter(organization=self.organization_id, user=actor.user)
        membership = memberships.annotate(given_role=models.Subquery(given)).first()
        return membership and membership.effective_role(self.visibility, membership.given_role)

    def who_can(self, role, visibility=None):
        """The memberships of all whose effective role here is at least `role` (rulebook §3), were it of `visibility`.

        Asked of the database in one condition; `role_of` says the same of one person.
        """
        visibility = visibility or self.visibility
        memberships, given = self.organization.memberships.of_active(), self.members.active()
        shared = rules.shared_role(visibility, self.organization.default_role)
        if rules.rank(shared) >= rules.rank(role):
            return memberships
        reached = Q(role=OrganizationRole.ADMIN) | given.at_least(role).users()
        if rules.rank(role) <= rules.rank(Role.MEMBER):  # whatever role a service account has counts as member
            reached |= Q(user__is_service=True) & (Q() if shared else given.users())
        return memberships.filter(reached)

    def people(self):
        """The memberships of everybody who can see it."""
        return self.who_can(Role.RESTRICTED_VIEWER)

    def admins(self):
        """The memberships of those who are admins here: organization admins, and who has the role."""
        return self.who_can(Role.ADMIN)

    def sides_of_restriction(self):
        """The memberships of those who would keep access, and of those who would lose it, were it restricted."""
        kept = self.who_can(Role.RESTRICTED_VIEWER, Visibility.RESTRICTED)
        return kept, self.organization.memberships.of_active().exclude(pk__in=kept.order_by().values("pk"))

    def restriction(self):
        """What restricting it would do, counted now (rule 18)."""
        kept, lost = self.sides_of_restriction()
        return Restriction(kept.count(), lost.count())

    def types_in_use(self):
        """The names of the types that its collections use (rule 11)."""
        return frozenset(self.collections.order_by().values_list("type", flat=True).distinct())

    def accepted(self):
        """The names of the types that it takes, or None where it takes all."""
        return None if self.accepts_all_types else self.type_names()

    def protected_names(self):
        """The aliases that are protected here (rule 26), sorted."""
        return sorted(self.protected_aliases.values_list("name", flat=True))

    # What may be kept.

    def clean(self):
        """Rules 2, 3, 6 and 9, against the row as it is stored; texts that stay may be older than their rules."""
        self.name = rules.clean_name(self.name)
        self.name_key = rules.name_key(self.name)
        self.description = rules.clean_description(self.description)
        stored = self._held or (Registry.objects.filter(pk=self.pk).first() if self.pk else None)
        if not stored or stored.name != self.name:
            raise_refusal(rules.refuse_name(self.name), "name")
        if not stored or stored.description != self.description:
            raise_refusal(rules.refuse_description(self.description), "description")
        raise_refusal(rules.refuse_kind(stored.kind if stored else None, self.kind), "kind")
        organization, visibility = (stored.organization_id, stored.visibility) if stored else (None, None)
        raise_refusal(rules.refuse_organization(organization, self.organization_id), "organization")
        raise_refusal(rules.refuse_visibility(self.kind, visibility, self.visibility), "visibility")
        if stored and (self.name, self.description) != (stored.name, stored.description):
            raise_refusal(rules.refuse_metadata(self.kind), "name")

        if self.accepts_all_types:
            raise_refusal(rules.refuse_all_types(self.kind), "accepts_all_types")

    def validate_constraints(self, exclude=None):
        """Rule 14. What the CHECK constraints say of one row, `clean` has asked of the rules; they stand behind it.

        None is excluded: Django's forms would skip those that name a field which the form doesn't show.
        """
        if self._held and self._held.name_key == self.name_key:
            return
        try:
            NAME_IS_UNIQUE.validate(Registry, self)
        except ValidationError as error:
            raise ValidationError(error.update_error_dict({})) from error

    def draft(self):
        """A copy for a form to write on, judged against this one; a verb judges again, against the row it holds."""
        draft = copy.copy(self)
        draft._held = self
        return draft

    def _check(self):
        """`full_clean` without what is said twice: `clean` judges the texts, foreign keys who exists."""
        self.clean()
        self.clean_fields(exclude={"organization", "created_by", "name", "description"})
        self.validate_constraints()

    # Verbs: each asks who may, and raises ValidationError with the rulebook's code where it refuses.
    @transaction.atomic
    def create(self, by, types=(), reason="", *, confirmed=False):
        """Keep this new custom registry (rules 7, 13, 14, 17); `types` (names) are ignored where it accepts all."""
        organization = Organization.objects.hold(self.organization_id)
        membership = organization.memberships.of_active().filter(user=by.user).first()
        if not by.staff:
            role = membership and membership.role
            raise_refusal(rules.refuse_creation(role, members_create=organization.members_create))
        self.created_by = by.user
        self._check()
        types = [] if self.accepts_all_types else new_types(types, confirmed=confirmed)
        raise_refusal(None if self.accepts_all_types else rules.refuse_type_list(types), "types")
        self.save(force_insert=True)
        self._put_types(types, by)
        FormerName.objects.filter(organization=self.organization_id, name_key=self.name_key).delete()
        changes = self.birth(types)
        if membership:
            RegistryMember.objects.create(registry=self, user=by.user, role=Role.ADMIN)
            changes["admins"] = [None, by.user.username]
        event = self.record(by, Action.CREATE, changes, reason)
        if self.is_restricted:
            restriction_journal.note(self, event)

    def edit(self, by, *, name, description, version=None, reason=""):
        """Rules 3, 10, 14, 15 and 19: give it another name or description. `version` is the one that was shown."""
        with self._changing(by, Action.EDIT, version, reason):
            old_key, old_name = self.name_key, self.name
            self.name, self.description = name, description
            self.clean()
            if self.name_key != old_key:
                FormerName.keep(self, old_name, old_key)

    def restrict(self, by, *, version=None, seen=None, keep=(), reason=""):
        """Rules 2, 8, 9 and 18: close it to everybody without a role, for good. `seen` is the Restriction shown.

        `keep` are users who would lose access: each is given a role here in the same transaction.
        """
        with self._changing(by, Action.RESTRICT, version, reason, rules.STALE_PREVIEW) as changes:
            raise_refusal(rules.refuse_restriction(self.kind, self.visibility), "visibility")
            now = self.restriction()
            raise_refusal(rules.STALE_PREVIEW if seen not in (None, now) else None)
            for membership in self.sides_of_restriction()[1].filter(user__in=keep).select_related("user"):
                role = Role.MEMBER if membership.user.is_service else Role.VIEWER
                RegistryMember(registry=self, user=membership.user, role=role).save_by(by)
            self.visibility = Visibility.RESTRICTED
            changes["people"] = [now.total, self.who_can(Role.RESTRICTED_VIEWER).count()]

    def add_types(self, by, types, *, version=None, confirmed=False, reason=""):
        """Rules 4, 12 and 13: accept `types` (names) too; those accepted already change nothing."""
        stale = rules.STALE_PREVIEW if self.is_core else rules.EDIT_CONFLICT
        with self._changing(by, Action.TYPE_ADD, version, reason, stale) as changes:
            raise_refusal(rules.refuse_type_addition(self.accepts_all_types), "types")
            accepted = self.type_names()
            self._put_types(new_types(types, accepted, confirmed=confirmed), by)
            self._note_types(changes, accepted)

    def remove_type(self, by, name, *, version=None, reason=""):
        """Rules 4 and 11: no longer accept type `name`. Answers whether it was on the list."""
        with self._changing(by, Action.TYPE_REMOVE, version, reason) as changes:
            accepted = self.type_names()
            if self.is_core or name in accepted:
                in_use = name in self.types_in_use()
                raise_refusal(
                    rules.refuse_type_removal(self.kind, name, in_use=in_use, others=len(accepted) - 1), "types"
                )
                self.types.filter(name=name).delete()
                self._note_types(changes, accepted)
        return name in accepted

    def accept_all_types(self, by, *, version=None, reason=""):
        """Rules 4 and 12: from a list to all types."""
        with self._changing(by, Action.TYPES_ALL, version, reason) as changes:
            raise_refusal(rules.refuse_all_types(self.kind), "accepts_all_types")
            accepted = self.type_names()
            self.types.all().delete()
            self.accepts_all_types = True
            self._note_types(changes, accepted)

    def accept_only(self, by, types, *, version=None, confirmed=False, reason=""):
        """Rules 7, 12 and 13: from all types to the list `types`, joined by those in use."""
        with self._changing(by, Action.TYPES_LIST, version, reason) as changes:
            if self.accepts_all_types:
                types = new_types([*types, *sorted(self.types_in_use())], confirmed=confirmed)
                raise_refusal(rules.refuse_type_list(types), "types")
                self.accepts_all_types = False
                self._put_types(types, by)
                self._note_types(changes, [])

    @transaction.atomic
    def delete_by(self, by, *, version=None, seen=None, reason=""):
        """Rules 5, 16 and 18: remove it and what it holds; the log stays. `seen` are the counts that were shown."""
        self.hold(by, Action.DELETE, version, rules.STALE_PREVIEW)
        raise_refusal(rules.refuse_delete(self.kind))
        raise_refusal(rules.STALE_PREVIEW if seen not in (None, self.collections.holdings()) else None)
        changes = {field: [after, before] for field, (before, after) in self.birth(self.type_names()).items()}
        pk = self.pk
        self.delete()
        self.pk = pk
        self.record(by, Action.DELETE, changes, reason)

    def record(self, by, action, changes, reason="", *, subject="", collection=None):
        """Log `action` on it, or on what `subject` names in it; the last statement of its transaction.

        Answers the entry.
        """
        return record(
            by,
            action,
            subject=subject or self.name,
            organization=self.organization_id,
            registry=self.pk,
            collection=collection,
            changes=changes,
            reason=reason,
        )

    def birth(self, types):
        """What the log says of a registry that begins, accepting `types`: {field: [None, value]}."""
        facts = {field: getattr(self, field) for field in TRACKED}
        if not self.accepts_all_types:
            facts["types"] = sorted(types)
        return {field: [None, value] for field, value in facts.items()}

    def type_names(self):
        """The names of the types on its list, sorted."""
        return sorted(self.types.values_list("name", flat=True))

    def hold(self, by, action, version=None, stale=rules.EDIT_CONFLICT):
        """Hold the row until commit, read it anew, and refuse who may not, or who saw another version.

        Answers the effective role of `by`.
        """
        Organization.objects.hold(self.organization_id)
        self.refresh_from_db(from_queryset=Registry.objects.select_for_update())
        role = self.role_of(by)
        raise_refusal(rules.refuse_role(action, role))
        raise_refusal(stale if version not in (None, self.version) else None)
        return role

    @contextmanager
    def _changing(self, by, action, version=None, reason="", stale=rules.EDIT_CONFLICT):
        """One change: whatever the block sets is checked, saved and logged, or nothing at all is.

        Yields the dict of changes that the log will have beside those of the tracked fields.
        """
        with transaction.atomic():
            self.hold(by, action, version, stale)
            held, changes = copy.copy(self), dict[str, list]()
            self._held = held
            try:
                yield changes
                self._keep_change(held, by, action, changes, reason)
            except Exception:
                vars(self).update(vars(held))  # what was refused is not what this is
                raise
            finally:
                self._held = None

    def _keep_change(self, held, by, action, changes, reason):
        self._check()
        fields = {field: [getattr(held, field), getattr(self, field)] for field in TRACKED}
        changed = {field: values for field, values in fields.items() if values[0] != values[1]} | changes
        if changed:
            self.version += 1
            self.updated_at = timezone.now()
            self.save()
            event = self.record(by, action, changed, reason)
            if "visibility" in changed:
                restriction_journal.note(self, event)

    def _put_types(self, types, by):
        AcceptedType.objects.bulk_create(AcceptedType(registry=self, name=name, added_by=by.user) for name in types)

    def _note_types(self, changes, before):
        after = self.type_names()
        if after != before:
            changes["types"] = [before, after]
