"""The artifact types that registries take."""

from django.db import models
from django.utils import timezone

from .. import rules
from .law import validate_type_name
from .organization import User


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

    def __str__(self):
        return self.name
