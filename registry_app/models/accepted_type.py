"""The artifact types that registries take."""

from collections.abc import Collection, Iterable
from contextlib import contextmanager
from typing import Any

from django.db import models
from django.utils import timezone

from .. import rules
from ..choices import Action
from .change import changing
from .event import Actor, AuditTarget
from .user import User
from .validation import raise_refusal, validate_type_name


class AcceptedType(models.Model):
    """An artifact type that a registry takes. Preconfigured: one that a core registry was born with."""

    registry = models.ForeignKey("Registry", models.CASCADE, related_name="types")
    name = models.CharField(max_length=rules.TYPE_LENGTH, validators=[validate_type_name])
    preconfigured = models.BooleanField(default=False, editable=False)
    added_by = models.ForeignKey(User, models.PROTECT, null=True, editable=False, related_name="+")
    added_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-preconfigured", "name"]
        indexes = [models.Index(fields=["name", "registry"], name="type_by_name")]
        constraints = [
            models.UniqueConstraint(fields=["registry", "name"], name="type_is_listed_once"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def audit_target(self) -> AuditTarget:
        """Its registry."""
        return self.registry.audit_target

    def refuse_removal(self) -> rules.Refusal | None:
        """Rules 4, 7 and 11: why it can't be taken off the list, or None."""
        in_use = self.name in self.registry.types_in_use()
        others = self.registry.types.exclude(pk=self.pk).count()
        return rules.refuse_type_removal(self.registry.kind, self.name, in_use=in_use, others=others)

    def delete_by(self, by: Actor) -> None:
        """Take it off the list of its registry, as `Registry.remove_type` does."""
        self.registry.remove_type(by, self.name)


def new_types(types: Iterable[str], accepted: Collection[str] = (), *, confirmed: bool) -> list[str]:
    """Those of `types` (names) that would join a list beside those `accepted`: as they are kept, each once.

    Refuses, on `types`, with `type_invalid`, or with `type_looks_alike` (rule 13) where that was not `confirmed`.
    """
    names = list(dict.fromkeys(rules.clean_name(name) for name in types))
    for name in names:
        raise_refusal(rules.refuse_type_name(name), "types")
    for refusal in rules.refuse_lookalikes(names, accepted) if not confirmed else ():
        raise_refusal(refusal, "types")
    return [name for name in names if name not in accepted]


class AcceptsTypes:
    """The part of a Registry that says which artifact types it takes, with the verbs that change this."""

    pk: Any
    is_core: Any
    accepts_all_types: Any
    types: Any
    collections: Any

    def types_in_use(self) -> frozenset[str]:
        """The names of the types that its collections use (rule 11)."""
        return frozenset(self.collections.order_by().values_list("type", flat=True).distinct())

    def type_names(self) -> list[str]:
        """The names of the types on its list, sorted."""
        return sorted(self.types.values_list("name", flat=True))

    def accepted(self) -> list[str] | None:
        """The names of the types that it takes, or None where it takes all."""
        return None if self.accepts_all_types else self.type_names()

    def add_types(
        self, by: Actor, types: Iterable[str], *, etag: str | None = None, confirmed: bool = False, reason: str = ""
    ) -> None:
        """Rules 4, 12 and 13: accept `types` (names) too; those accepted already change nothing."""
        stale = rules.STALE_PREVIEW if self.is_core else rules.EDIT_CONFLICT
        with self._changing_types(by, Action.TYPE_ADD, etag=etag, stale=stale, reason=reason) as registry:
            raise_refusal(rules.refuse_type_addition(registry.accepts_all_types), "types")
            registry._put_types(new_types(types, registry.type_names(), confirmed=confirmed), by)

    def remove_type(self, by: Actor, name: str, *, etag: str | None = None, reason: str = "") -> bool:
        """Rules 4 and 11: no longer accept type `name`. Answers whether it was on the list."""
        with self._changing_types(by, Action.TYPE_REMOVE, etag=etag, reason=reason) as registry:
            accepted = registry.type_names()
            if registry.is_core or name in accepted:
                in_use, others = name in registry.types_in_use(), len(accepted) - 1
                raise_refusal(rules.refuse_type_removal(registry.kind, name, in_use=in_use, others=others), "types")
                registry.types.filter(name=name).delete()
        return name in accepted

    def accept_all_types(self, by: Actor, *, etag: str | None = None, reason: str = "") -> None:
        """Rules 4 and 12: from a list to all types."""
        with self._changing_types(by, Action.TYPES_ALL, etag=etag, reason=reason) as registry:
            raise_refusal(rules.refuse_all_types(registry.kind), "accepts_all_types")
            registry.types.all().delete()
            registry.accepts_all_types = True

    def accept_only(
        self, by: Actor, types: Iterable[str], *, etag: str | None = None, confirmed: bool = False, reason: str = ""
    ) -> None:
        """Rules 7, 12 and 13: from all types to the list `types`, joined by those in use."""
        with self._changing_types(by, Action.TYPES_LIST, etag=etag, reason=reason) as registry:
            if registry.accepts_all_types:
                types = new_types([*types, *sorted(registry.types_in_use())], confirmed=confirmed)
                raise_refusal(rules.refuse_type_list(types), "types")
                registry.accepts_all_types = False
                registry._put_types(types, by)

    @contextmanager
    def _changing_types(self, by, action, **shown):
        with changing(self, by, action, **shown) as change:
            before = change.row.type_names()
            yield change.row
            if (after := change.row.type_names()) != before:
                change.changes["types"] = [before, after]

    def _put_types(self, types, by):
        AcceptedType.objects.bulk_create(
            AcceptedType(registry_id=self.pk, name=name, added_by=by.user) for name in types
        )
