"""The roles that registries give to people."""

from django.db import models, transaction
from django.db.models import Q

from ..choices import Action, Role
from .organization import User


class RegistryMember(models.Model):
    """The role that a registry gave to a person."""

    registry = models.ForeignKey("Registry", models.CASCADE, related_name="members")
    user = models.ForeignKey(User, models.PROTECT, related_name="registry_roles")
    role = models.CharField(max_length=20, choices=Role, default=Role.MEMBER)

    class Meta:
        ordering = ["registry", "user__username"]
        constraints = [
            models.UniqueConstraint(fields=["registry", "user"], name="registry_role_is_single"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="registry_role_is_known"),
        ]

    def __str__(self):
        return f"{self.user}, {self.get_role_display()} of {self.registry}"

    @transaction.atomic
    def save_by(self, actor):
        """Give the role or change it, and log it."""
        self.registry._lock(actor, Action.MEMBER_ADD, None)
        stored = RegistryMember.objects.filter(pk=self.pk).first()
        self.full_clean()
        self.save()
        action = Action.MEMBER_CHANGE if stored else Action.MEMBER_ADD
        self.registry.record(actor, action, {self.user.username: [stored and stored.role, self.role]})

    @transaction.atomic
    def delete_by(self, actor):
        """Take the role, and log it."""
        self.registry._lock(actor, Action.MEMBER_REMOVE, None)
        stored = RegistryMember.objects.filter(pk=self.pk).first()
        if stored is None:
            return
        self.delete()
        self.registry.record(actor, Action.MEMBER_REMOVE, {self.user.username: [stored.role, None]})
