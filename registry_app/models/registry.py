"""Registries: where an organization keeps the artifacts it trusts."""

import copy
from collections.abc import Collection, Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from .. import rules
from ..choices import Action, Kind, Permission, Role, Target, Visibility
from . import request, restriction_journal
from .accepted_type import AcceptsTypes, new_types
from .change import changing, locked, refuse_stale
from .effective_role import EffectiveRoles
from .event import Actor, AuditEvent, AuditTarget, record, reference
from .folded_name import FoldedNameField
from .former_name import FormerName
from .organization import Organization
from .protected_alias import protected_in
from .registry_member import RegistryMember
from .registry_queryset import CORE_KEYS, RegistryQuerySet
from .user import User
from .validation import raise_refusal, refused_as, validate_description, validate_name

TRACKED = ("name", "description", "visibility", "accepts_all_types")
NAME_IS_UNIQUE = models.UniqueConstraint(
    fields=["organization", "name_key"], name="registry_name_is_unique", **refused_as(rules.NAME_TAKEN)
)


class Registry(EffectiveRoles, AcceptsTypes, models.Model):
    """A named set of collections of an organization: core (created with it) or custom (made by people).

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
    name_folded = FoldedNameField()
    description = models.TextField(blank=True, validators=[validate_description])
    visibility = models.CharField(max_length=12, choices=Visibility, default=Visibility.ORGANIZATION)
    accepts_all_types = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)  # of anything in it: see `note_content`
    last_subject = models.CharField(max_length=rules.LABEL_LENGTH + 16, blank=True, editable=False)  # "": itself
    collection_count = models.PositiveIntegerField(default=0, editable=False)
    link_count = models.PositiveIntegerField(default=0, editable=False)
    byte_count = models.BigIntegerField(default=0, editable=False)  # that the linked versions state
    objects = RegistryQuerySet.as_manager()
    _stored: "Registry | None" = None  # the row as it is stored, of a draft and of a row that is being changed

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
                **refused_as(rules.CORE_IS_SHARED),
            ),
            models.CheckConstraint(
                condition=~Q(kind=Kind.CORE) | Q(accepts_all_types=False),
                name="registry_core_keeps_a_list",
                **refused_as(rules.CORE_KEEPS_A_LIST),
            ),
            models.CheckConstraint(
                condition=~Q(kind=Kind.CORE) | Q(name_key__in=CORE_KEYS),
                name="registry_core_is_given",
                **refused_as(rules.CORE_IS_GIVEN),
            ),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="registry_kind_is_known"),
            models.CheckConstraint(condition=Q(visibility__in=Visibility.values), name="registry_visibility_is_known"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("registries:detail", args=[self.organization.slug, self.name])

    @property
    def audit_target(self) -> AuditTarget:
        """How the log speaks of it."""
        return AuditTarget(Target.REGISTRY, self.pk, self.name, self.organization_id, self.pk)

    @property
    def is_core(self) -> bool:
        """Whether the organization was born with it."""
        return self.kind == Kind.CORE

    @property
    def is_restricted(self) -> bool:
        """Whether only people with a role in it see it."""
        return self.visibility == Visibility.RESTRICTED

    @property
    def summary(self) -> str:
        """The first sentence of the description."""
        return rules.first_sentence(self.description)

    def protected_names(self) -> list[str]:
        """The aliases that are protected here (rule 26), sorted."""
        return sorted(protected_in(self.pk))

    def clean(self) -> None:
        """Rules 2, 3, 6 and 9, against the row as it is stored; texts that stay may be older than their rules."""
        self.name = rules.clean_name(self.name)
        self.name_key = rules.name_key(self.name)
        self.description = rules.clean_description(self.description)
        stored = self._stored or (Registry.objects.filter(pk=self.pk).first() if self.pk else None)
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
        raise_refusal(rules.refuse_all_types(self.kind) if self.accepts_all_types else None, "accepts_all_types")

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Rule 14, whatever a form excludes: `clean` has asked the rules what the CHECK constraints say of one row."""
        if self._stored and self._stored.name_key == self.name_key:
            return
        try:
            NAME_IS_UNIQUE.validate(Registry, self)
        except ValidationError as error:
            raise ValidationError(error.update_error_dict({})) from error

    def draft(self) -> "Registry":
        """A copy for a form to write on, judged against this one; a verb judges again, against the row it holds."""
        draft = copy.copy(self)
        draft._stored = self
        return draft

    def validate(self) -> None:
        """`full_clean` without what is said twice: `clean` judges the texts, foreign keys who exists."""
        self.clean()
        self.clean_fields(exclude={"organization", "created_by", "name", "description"})
        self.validate_constraints()

    # Verbs: each asks who may, and raises ValidationError with the rulebook's code where it refuses.

    def create(self, by: Actor, types: Iterable[str] = (), reason: str = "", *, confirmed: bool = False) -> None:
        """Keep this new custom registry (rules 7, 13, 14, 17); `types` (names) are ignored where it accepts all."""
        with changing(self.organization, by, Action.CREATE):
            self.created_by = by.user
            self.validate()
            types = [] if self.accepts_all_types else new_types(types, confirmed=confirmed)
            raise_refusal(None if self.accepts_all_types else rules.refuse_type_list(types), "types")
            self.save(force_insert=True)
            self._put_types(types, by)
            FormerName.objects.filter(organization=self.organization_id, name_key=self.name_key).delete()
            related = {}
            # Who isn't staff is an active member: the lock has checked it.
            if by.user and (not by.staff or self.organization.memberships.of_active().filter(user=by.user).exists()):
                RegistryMember.objects.create(registry=self, user=by.user, role=Role.ADMIN)
                related["admin"] = reference(by.user)
            event = record(by, Action.CREATE, self, self.creation_changes(types), related, reason=reason)
            if self.is_restricted:
                restriction_journal.note(self, event)

    def edit(self, by: Actor, *, name: str, description: str, etag: str | None = None, reason: str = "") -> None:
        """Rules 3, 10, 14, 15 and 19: give it another name or description. `etag` is that of what was shown."""
        with changing(self, by, Action.EDIT, etag=etag, reason=reason) as change:
            change.row.name, change.row.description = name, description

    def restrict(self, by: Actor, *, etag: str | None = None, keep: Iterable[User] = (), reason: str = "") -> None:
        """Rules 2, 8, 9 and 18: limit it to people with a role, permanently. `etag`: of it and its `restriction()`.

        `keep` are users who would lose access: each is given a role here in the same change.
        """
        with changing(self, by, Action.RESTRICT, reason=reason) as change:
            registry, now = change.row, change.row.restriction()
            refuse_stale(etag, registry, now, stale=rules.STALE_PREVIEW)
            raise_refusal(rules.refuse_restriction(registry.kind, registry.visibility), "visibility")
            lost = registry.sides_of_restriction()[1].filter(user__in=keep).select_related("user")
            if kept := registry.members.keep(registry, [membership.user for membership in lost]):
                change.related["kept"] = kept
            registry.visibility = Visibility.RESTRICTED
            change.changes["people"] = [now.total, now.keeps + len(kept)]

    def delete_by(self, by: Actor, *, etag: str | None = None, reason: str = "") -> None:
        """Rules 5, 16 and 18: remove it and what it holds; the log stays. `etag`: of it and the counts shown."""
        with changing(self, by, Action.DELETE, reason=reason) as change:
            registry = change.row
            refuse_stale(etag, registry, registry.collections.holdings(), stale=rules.STALE_PREVIEW)
            raise_refusal(rules.refuse_delete(registry.kind))
            gone = {name: [made[1], None] for name, made in registry.creation_changes(registry.type_names()).items()}
            requests = request.deleted_with(registry.access_requests, registry.alias_requests)
            Registry.objects.filter(pk=registry.pk).delete()
            change.record(Action.DELETE, registry, gone, requests)

    def give_roles(self, by: Actor, members: Iterable[RegistryMember]) -> None:
        """Save these members of it, all or none, as their `save_by` does. What is refused is on `holders`, by name."""
        with changing(self, by, Action.MEMBER_ADD) as change:
            for member in members:
                try:
                    member.save_in(change)
                except ValidationError as error:
                    texts = [f"{member.holder}: {text}" for text in error.messages]
                    code = next(error.code for errors in error.error_dict.values() for error in errors)
                    raise ValidationError({"holders": [ValidationError(text, code=code) for text in texts]}) from error

    def creation_changes(self, types: Iterable[str]) -> dict[str, list]:
        """What the log says of a new registry that accepts `types`: {field: [None, value]}."""
        fields = self.logged_fields() | ({} if self.accepts_all_types else {"types": sorted(types)})
        return {field: [None, value] for field, value in fields.items()}

    # What a Change asks of it.

    def lock_for_change(self, by: Actor, action: Action | Permission) -> tuple["Registry", Role | None]:
        """Lock the row until commit, after its organization. Answers (the row anew, the effective role of `by`)."""
        organization = Organization.objects.hold(self.organization_id)
        registry = locked(Registry, pk=self.pk)
        if registry.organization_id == organization.pk:  # the caller's object may say otherwise (rule 6)
            registry.organization = organization
        registry._stored = copy.copy(registry)
        raise_refusal(rules.refuse_role(action, role := registry.role_of(by)))
        return registry, role

    def logged_fields(self) -> dict[str, Any]:
        """The fields whose changes the log holds."""
        return {field: getattr(self, field) for field in TRACKED}

    def after_change(self, event: AuditEvent, changes: dict[str, list]) -> None:
        """Rule 15: keep a former name. Rule 9: note a restriction outside the database too."""
        if (stored := self._stored) and self.name_key != stored.name_key:
            FormerName.keep(self, stored.name, stored.name_key)
        if "visibility" in changes:
            restriction_journal.note(self, event)
