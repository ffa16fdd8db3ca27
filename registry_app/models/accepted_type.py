"""The artifact types that registries take."""

from collections.abc import Collection, Iterable

from django.db import models
from django.utils import timezone

from .. import rules
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
