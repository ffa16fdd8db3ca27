"""Protected aliases: names that only the admins of a registry set, move or remove."""

from django.db import models

from .. import rules
from ..choices import Action
from ..database.compiled import Compiled
from .change import changing
from .event import Actor, AuditTarget
from .validation import raise_refusal


@Compiled
def protected_in(registry: int) -> models.QuerySet:
    """The aliases that are protected in a registry."""
    return ProtectedAlias.objects.filter(registry=registry).order_by().values_list("name", flat=True)


class ProtectedAlias(models.Model):
    """That an alias is protected in a registry (rule 26), in whatever case it is written."""

    registry = models.ForeignKey("Registry", models.CASCADE, related_name="protected_aliases")
    name = models.CharField(max_length=rules.LABEL_LENGTH)
    name_key = models.CharField(max_length=rules.LABEL_KEY_LENGTH, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "protected aliases"
        constraints = [models.UniqueConstraint(fields=["registry", "name_key"], name="protected_alias_is_single")]

    def __str__(self) -> str:
        return self.name

    @property
    def audit_target(self) -> AuditTarget:
        """Its registry."""
        return self.registry.audit_target

    def save_by(self, by: Actor, reason: str = "") -> None:
        """Protect it; once more changes nothing. Refuses with `role_too_low`, `alias_invalid` or `alias_reserved`."""
        with changing(self.registry, by, Action.PROTECT, reason=reason) as change:
            self.name = rules.clean_name(self.name)
            self.name_key = rules.name_key(self.name)
            raise_refusal(rules.refuse_alias_name(self.name), "alias")
            before = change.row.protected_names()
            if self.name_key not in map(rules.name_key, before):
                self.save(force_insert=True)
                self._record(change, Action.PROTECT, before)

    def delete_by(self, by: Actor, reason: str = "") -> int:
        """No longer protect it, which ends the open requests for it (rule 31): answers how many those were.

        Refuses with `role_too_low`.
        """
        ended = []
        with changing(self.registry, by, Action.UNPROTECT, reason=reason) as change:
            before = change.row.protected_names()
            if ProtectedAlias.objects.filter(pk=self.pk).exists():
                self.delete()
                ended = self._requests().end(by, rules.ALIAS_UNPROTECTED)
                self._record(change, Action.UNPROTECT, before)
                for asked in ended:
                    asked.record_decline(by, rules.ALIAS_UNPROTECTED)
        return len(ended)

    def _requests(self):
        """The requests for it, in whatever case they write it."""
        asked = self.registry.alias_requests.unanswered().values_list("alias", flat=True)
        names = {name for name in asked if rules.name_key(name) == self.name_key}
        return self.registry.alias_requests.filter(alias__in=names)

    def _record(self, change, action, before):
        change.record(action, change.row, {"protected_aliases": [before, change.row.protected_names()]})
