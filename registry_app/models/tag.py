"""Tags: free labels of collections and of the links in them; and lists of labels as they are kept."""

from collections.abc import Container, Iterable
from typing import Any

from django.db import models

from .. import rules
from .event import Actor, AuditTarget
from .folded_name import FoldedNameField
from .validation import raise_refusal


class Tag(models.Model):
    """A free label on a collection, or (`link` set) on one version in it. `imported`: an import put it."""

    collection = models.ForeignKey("Collection", models.CASCADE, related_name="tags")
    link = models.ForeignKey("Link", models.CASCADE, null=True, blank=True, related_name="tags")
    name = models.CharField(max_length=rules.LABEL_LENGTH)
    name_folded = FoldedNameField()
    imported = models.BooleanField(default=False, db_default=False, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["collection", "name"], condition=models.Q(link=None), name="collection_tag_is_single"
            ),
            models.UniqueConstraint(fields=["link", "name"], name="link_tag_is_single"),
        ]
        indexes = [models.Index(fields=["name", "collection"], name="tag_by_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def holder(self) -> Any:
        """The link or collection that has it."""
        return self.link or self.collection

    @property
    def audit_target(self) -> AuditTarget:
        """Its holder."""
        return self.holder.audit_target

    def delete_by(self, by: Actor) -> None:
        """Remove it from its holder, as `remove_tag` does."""
        self.holder.remove_tag(by, self.name)


def clean_tags(names: Iterable[str], stored: Container[str] = ()) -> list[str]:
    """Tags as they are kept, each once. Raises ValidationError with `tag_invalid` or `too_many`.

    Those that are `stored` already may be older than the rule, so they aren't judged.
    """
    return _clean(names, stored, rules.refuse_tag, "tags")


def clean_aliases(names: Iterable[str], stored: Container[str] = ()) -> list[str]:
    """The same of aliases; ValidationError with `alias_invalid`, `alias_reserved` or `too_many`."""
    return _clean(names, stored, rules.refuse_alias_name, "aliases")


def _clean(names, stored, refuse, what):
    names = list(dict.fromkeys(rules.clean_name(name) for name in names))
    raise_refusal(rules.refuse_count(names, what), what)
    for name in names:
        raise_refusal(None if name in stored else refuse(name), what)
    return names


def replace_tags(
    tags: models.QuerySet[Tag], before: list[str], after: list[str], *, imported: bool = False, **owner: models.Model
) -> None:
    """Let the names of `tags` (a queryset of what `owner` has), which are `before`, be `after`.

    `imported`: new ones come from an import.
    """
    if gone := set(before).difference(after):
        tags.filter(name__in=gone).delete()
    Tag.objects.bulk_create(Tag(name=name, imported=imported, **owner) for name in after if name not in before)
