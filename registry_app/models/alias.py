"""Aliases: names for the links of a collection."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils import timezone

from .. import rules
from ..choices import Target
from .event import Actor, AuditTarget, reference
from .folded_name import FoldedNameField
from .user import User

if TYPE_CHECKING:
    from .link import Link


class Alias(models.Model):
    """A name for one link in a collection (rule 25). `latest` has no row: it sits on the newest link (rule 24).

    `imported`: an import set it where it is, and moves or removes it with its source.
    """

    collection = models.ForeignKey("Collection", models.CASCADE, related_name="aliases")
    link = models.ForeignKey("Link", models.CASCADE, related_name="aliases")
    name = models.CharField(max_length=rules.LABEL_LENGTH)
    name_folded = FoldedNameField()
    set_at = models.DateTimeField(default=timezone.now, editable=False)  # on the link that it names now
    set_by = models.ForeignKey(User, models.PROTECT, null=True, editable=False, related_name="+")
    imported = models.BooleanField(default=False, db_default=False, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "aliases"
        constraints = [models.UniqueConstraint(fields=["collection", "name"], name="alias_is_single")]
        indexes = [
            models.Index(fields=["name", "collection"], name="alias_by_name"),
            models.Index(fields=["name", "-set_at", "-id"], name="alias_by_time"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def audit_target(self) -> AuditTarget:
        """How the log speaks of it."""
        return self.collection.audit_target._replace(
            type=Target.ALIAS, id=self.pk, name=f"{self.collection.path}:{self.name}"
        )

    def follows(self, artifact: int) -> bool:
        """Whether an import of this artifact (by id) set it where it is, so that the next one may move or remove it."""
        return self.imported and self.link.version.artifact_id == artifact

    def delete_by(self, by: Actor) -> None:
        """Remove it, as `Link.change_aliases` does."""
        self.link.change_aliases(by, take=[self.name])

    def related(self, link: "Link") -> dict[str, dict[str, Any]]:
        """What its entries are about beside it: its bare name, and `link`, to which it goes or from which it comes."""
        return {"alias": {"id": self.pk, "name": self.name, "type": str(Target.ALIAS)}, "link": reference(link)}
