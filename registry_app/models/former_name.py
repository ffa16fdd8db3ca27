"""The names that registries once had."""

from typing import TYPE_CHECKING

from django.db import models

from .. import rules
from .organization import Organization

if TYPE_CHECKING:
    from .registry import Registry


class FormerName(models.Model):
    """A name that a registry once had: its address redirects until another registry takes the name (rule 15)."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    registry = models.ForeignKey("Registry", models.CASCADE, related_name="former_names")
    name = models.CharField(max_length=rules.NAME_LENGTH)
    name_key = models.CharField(max_length=rules.KEY_LENGTH)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "name_key"], name="former_name_is_single")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def keep(cls, registry: "Registry", name: str, key: str) -> None:
        """Keep `name` as a former one of `registry`; the registry's new name is nobody's former name any more."""
        cls.objects.filter(organization=registry.organization_id, name_key=registry.name_key).delete()
        cls.objects.create(organization_id=registry.organization_id, registry=registry, name=name, name_key=key)
