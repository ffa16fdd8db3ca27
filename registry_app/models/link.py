"""Links: the versions that a collection publishes, with the aliases and tags that they carry."""

from collections.abc import Collection, Iterable, Sequence
from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone

from .. import rules
from ..choices import Action, Permission, Target
from ..database.compiled import Compiled
from .alias import Alias
from .artifact import Version
from .change import Change, changing, current_row, refuse_stale
from .event import Actor, AuditTarget, reference
from .registry_week import COUNTED_OF_LINK, LinkCounts
from .tag import Tag, clean_aliases, clean_tags, replace_tags
from .user import User
from .validation import raise_refusal

ALIAS, TAG = "alias", "tag"


@Compiled
def _labels(link: int) -> models.QuerySet:
    """(what it is, name) of each alias and tag of a link."""
    aliases = Alias.objects.filter(link=link).order_by().values_list(models.Value(ALIAS), "name")
    return aliases.union(Tag.objects.filter(link=link).order_by().values_list(models.Value(TAG), "name"), all=True)


@Compiled
def _elsewhere(collection: int, link: int) -> models.QuerySet:
    """The aliases in a collection that other links have than this."""
    return Alias.objects.filter(collection=collection).exclude(link=link).values_list("name", flat=True)


@Compiled
def _held(collection: int, *names: str) -> models.QuerySet:
    """The aliases of these names in a collection, with their links."""
    return Alias.objects.filter(collection=collection, name__in=names).select_related("link").order_by()


class LinkQuerySet(models.QuerySet):
    """Links as pages ask for them."""

    def called(self, name: str) -> Self:
        """Those that the alias `name` names: one that people gave, or the system's own (rule 24)."""
        if rules.name_key(name) == rules.LATEST:
            return self.newest()
        if (number := rules.number_called(name)) is not None:
            return self.filter(number=number)
        return self.filter(pk__in=Alias.objects.filter(name=name).order_by().values("link"))

    def newest(self) -> Self:
        """The newest of each collection."""
        return self.with_latest().filter(latest=True)

    def with_latest(self) -> Self:
        """Each with `latest`: whether it is the newest of its collection."""
        later = Link.objects.filter(collection=OuterRef("collection"), number__gt=OuterRef("number"))
        return self.annotate(latest=~Exists(later))

    def counted(self) -> LinkCounts:
        """What registries keep of them."""
        return LinkCounts.of(self.order_by().values_list(*COUNTED_OF_LINK).iterator())


class Link(models.Model):
    """A version published into a collection, under a number that is never used again (rule 24).

    `brought_tags` and `brought_aliases` are the names that imports put on it and that its source still has: where one
    of them isn't here any more, people removed it, and imports leave it so.
    """

    collection = models.ForeignKey("Collection", models.CASCADE, related_name="links")
    version = models.ForeignKey(Version, models.PROTECT, related_name="links")
    number = models.PositiveIntegerField()
    linked_by = models.ForeignKey(User, models.PROTECT, null=True, editable=False, related_name="+")
    linked_at = models.DateTimeField(default=timezone.now, editable=False)
    brought_tags = models.JSONField(default=list, editable=False)
    brought_aliases = models.JSONField(default=list, editable=False)

    objects = LinkQuerySet.as_manager()

    class Meta:
        ordering = ["collection", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["collection", "number"], name="link_number_is_unique"),
            models.UniqueConstraint(fields=["version", "collection"], name="link_is_single"),
        ]

    def __str__(self) -> str:
        return f"{self.collection.path}:{self.label}"

    def get_absolute_url(self) -> str:
        registry = self.collection.registry
        names = [registry.organization.slug, registry.name, self.collection.name]
        return reverse("links:detail", args=[*names, self.number])

    @property
    def audit_target(self) -> AuditTarget:
        """How the log speaks of it."""
        return self.collection.audit_target._replace(type=Target.LINK, id=self.pk, name=str(self))

    @property
    def label(self) -> str:
        """Its number as people say it: v0, v1, …"""
        return f"v{self.number}"

    @property
    def counts(self) -> LinkCounts:
        """What its registry keeps of it."""
        return LinkCounts.of([(self.linked_at, self.version.size, self.version.file_count)])

    @property
    def facts(self) -> list[list[str]]:
        """The aliases and tags that it carries: what a form shows (rule 19)."""
        labels = sorted(_labels(self.pk))
        return [[name for kind, name in labels if kind == wanted] for wanted in (ALIAS, TAG)]

    def edit_labels(
        self,
        by: Actor,
        *,
        put: Collection[str] = (),
        take: Collection[str] = (),
        tags: Collection[str] = (),
        etag: str | None = None,
        reason: str = "",
    ) -> list[str]:
        """Set aliases, remove aliases, and let it have just these tags: all or nothing. Answers the aliases it has now.

        Refuses as `change_aliases` and `set_tags` do, and with `edit_conflict`.
        """
        with changing(self, by, Action.ALIAS_SET, reason=reason) as change:
            link = change.row
            aliases, has_tags = facts = link.facts
            refuse_stale(etag, link, facts=facts)
            link.set_aliases(change, put)
            link._remove_aliases(change, take)
            if sorted(tags) != has_tags:
                link.change_tags(change, tags)
        return sorted({*aliases, *put}.difference(take))

    def promote(self, by: Actor, alias: str, *, shown: Iterable[str], etag: str, reason: str = "") -> None:
        """Set this alias, as `change_aliases` does; `etag` is the collection's `alias_etag` of the aliases `shown`."""
        with changing(self, by, Action.ALIAS_SET, reason=reason) as change:
            change.row._check_protected(change, [alias])  # first: who lacks the role need not look again
            change.row.collection.refuse_moved(shown, etag)
            change.row.set_aliases(change, [alias])

    def change_aliases(self, by: Actor, put: Iterable[str] = (), take: Iterable[str] = (), *, reason: str = "") -> None:
        """Set these aliases on it, which takes them off other versions (rule 25), and remove those.

        Refuses with `alias_reserved`, `alias_invalid` or `alias_protected`.
        """
        with changing(self, by, Action.ALIAS_SET, reason=reason) as change:
            change.row.set_aliases(change, put)
            change.row._remove_aliases(change, take)

    def follow_alias(self, by: Actor, name: str, *, is_there: bool, reason: str = "") -> bool:
        """Let an import set this alias on it, or remove it where it is not there any more. Answers whether it may.

        An alias that a person or another artifact's import set stays. Refuses as `change_aliases` does.
        """
        with changing(self, by, Action.ALIAS_SET, reason=reason) as change:
            link = change.row
            held = link.collection.aliases.select_related("link__version").filter(name=name).first()
            if held and not held.follows(link.version.artifact_id):
                return False
            if is_there:
                link.set_aliases(change, [name], imported=True)
            else:
                link._remove_aliases(change, [name])
        return True

    def set_tags(self, by: Actor, tags: Iterable[str], *, reason: str = "") -> None:
        """Let it have just these tags. Refuses with `tag_invalid`."""
        with changing(self, by, Action.LINK_TAG, reason=reason) as change:
            change.row.change_tags(change, tags)

    def brought_aliases_are(self, names: Iterable[str]) -> None:
        """Note which aliases imports put on it and its source has. Nobody sees it, and the log says nothing of it."""
        self.brought_aliases = sorted(names)
        Link.objects.filter(pk=self.pk).update(brought_aliases=self.brought_aliases)

    def follow_tags(self, by: Actor, there: Sequence[str], *, reason: str = "") -> None:
        """Let it have the tags that its source has `there`, but those that people removed; theirs stay too."""
        with changing(self, by, Action.LINK_TAG, reason=reason) as change:
            link = change.row
            own = link.tags.filter(imported=False).values_list("name", flat=True)
            link.change_tags(change, [*own, *link.not_removed(there)], imported=True)
            put = link.tags.filter(imported=True).values_list("name", flat=True)
            link.brought_tags = sorted({*there} & {*link.brought_tags, *put})
            Link.objects.filter(pk=link.pk).update(brought_tags=link.brought_tags)

    def not_removed(self, there: Iterable[str]) -> list[str]:
        """Those tags of its source that people haven't removed since an import put them."""
        here = {tag.name for tag in self.tags.all()}
        return [name for name in there if name in here or name not in self.brought_tags]

    def remove_tag(self, by: Actor, name: str) -> None:
        """Remove this tag, whatever else it has by now."""
        with changing(self, by, Action.LINK_TAG) as change:
            change.row.change_tags(change, [tag for tag in change.row.tag_names() if tag != name])

    def unlink(self, by: Actor, *, reason: str = "") -> None:
        """Rules 26 and 27: remove it with its aliases and tags; the version stays."""
        with changing(self, by, Action.UNLINK, reason=reason) as change:
            link = change.row
            names, tags = link.facts
            link._check_protected(change, names)
            changes = {"aliases": [names, None], "tags": [tags, None]}
            changes = {field: values for field, values in changes.items() if values[0]}
            about = models.Q(link=link) | models.Q(alias__in=names)
            link._end_requests(change, link.collection.alias_requests.filter(about))
            Link.objects.filter(pk=link.pk).delete()
            change.record(Action.UNLINK, link, changes, {"version": reference(link.version)})
            link.collection.touch(link, -link.counts)

    def alias_names(self) -> list[str]:
        """The aliases that people gave it, sorted."""
        return self.facts[0]

    def tag_names(self) -> list[str]:
        """Its tags, sorted."""
        return self.facts[1]

    def aliases_elsewhere(self) -> list[str]:
        """The aliases that people gave other versions in its collection, sorted."""
        return _elsewhere(self.collection_id, self.pk)

    def set_aliases(self, change: Change, names: Iterable[str], *, imported: bool = False) -> None:
        """Set these aliases on it, as part of a Change of it or of its collection, as `change_aliases` says."""
        names = list(dict.fromkeys(map(rules.clean_name, names)))
        if not names:
            return
        raise_refusal(rules.refuse_count(names, "aliases"), "aliases")  # before the database is asked for all of them
        held = {alias.name: alias for alias in _held(self.collection.pk, *filter(rules.may_be_stored, names))}
        names = clean_aliases(names, stored=held)
        self._check_protected(change, names)
        for alias in (held.get(name) or Alias(name=name) for name in names):
            before = alias.link.label if alias.pk else None
            if before != self.label:
                alias.link, alias.collection, alias.imported = self, self.collection, imported
                alias.set_at, alias.set_by = timezone.now(), change.by.user
                alias.save()
                self._note_move(change, Action.ALIAS_SET, alias, [before, self.label])

    def _remove_aliases(self, change, names):
        found = self.aliases.filter(name__in=names) if names else ()
        self._check_protected(change, [alias.name for alias in found])
        for alias in found:
            alias.collection = self.collection
            self._note_move(change, Action.ALIAS_REMOVE, alias, [self.label, None])
        if found:
            found.delete()

    def _note_move(self, change, action, alias, labels):
        """Log that `alias` came to it or went from it, and end the requests for that alias."""
        self.collection.touch(self)
        change.record(action, alias, {"link": labels}, alias.related(self))
        self._end_requests(change, self.collection.alias_requests.filter(alias=alias.name))

    def _end_requests(self, change, requests):
        """Rule 31: end those of `requests` that are open."""
        for asked in requests.end(change.by, rules.ALIAS_MOVED):
            asked.record_decline(change.by, rules.ALIAS_MOVED)

    def change_tags(self, change: Change, tags: Iterable[str], *, imported: bool = False) -> None:
        """Let it have just these tags, as part of a Change of it or of its collection. Refuses with `tag_invalid`."""
        before = self.tag_names()
        after = sorted(clean_tags(tags, stored=before))
        if before != after:
            replace_tags(self.tags.all(), before, after, imported=imported, collection=self.collection, link=self)
            change.record(Action.LINK_TAG, self, {"tags": [before, after]})
            self.collection.touch(self)

    def _check_protected(self, change, names):
        if names:
            protected = self.collection.registry.protected_names()
            raise_refusal(rules.refuse_protected(change.role, names, protected), "aliases")

    def lock_for_change(self, by: Actor, action: Action | Permission) -> tuple["Link", str | None]:
        """Lock its collection until commit. Answers (the row anew, the effective role of `by`): see `changing`."""
        collection, role = self.collection.lock_for_change(by, action)
        link = current_row(Link, "version__artifact__team", collection=collection.pk, pk=self.pk)
        link.collection = collection
        return link, role
