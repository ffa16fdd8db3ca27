"""Collections: named sets of versions in a registry."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Subquery
from django.urls import reverse
from django.utils import timezone

from .. import rules
from ..choices import Action, Permission, Target
from ..database.compiled import Compiled
from ..database.fulltext import SearchTerm
from .alias import Alias
from .artifact import Version, usable_version
from .change import Change, changing, current_row, digest_of, locked, refuse_stale
from .event import Actor, AuditEvent, AuditTarget, reference
from .folded_name import FoldedNameField
from .impact import ContentCounts
from .link import Link
from .registry import Registry
from .registry_week import NO_LINKS, LinkCounts
from .request import deleted_with
from .tag import Tag, clean_tags, replace_tags
from .user import User
from .validation import raise_refusal, refused_as, validate_description


class CollectionQuerySet(models.QuerySet):
    """Collections as pages ask for them."""

    def matching(self, words: SearchTerm) -> Self:
        """Those with the search.SearchTerm `words` in name or card, an alias or a tag; in no order."""
        texts = words.within(Collection.objects.order_by()).values("pk")
        # A union, for with an OR neither database would ask the index of each.
        held = [words.within(model.objects.order_by()).values("collection") for model in (Alias, Tag)]
        return self.filter(pk__in=texts.union(*held))

    def tagged(self, name: str) -> Self:
        """Those with this tag, their own or one of a version in them."""
        return self.filter(Exists(Tag.objects.filter(collection=OuterRef("pk"), name=name)))

    def with_latest(self) -> Self:
        """Each with `latest_number`: the number of its newest link, or None where it has none."""
        newest = Link.objects.filter(collection=OuterRef("pk")).order_by("-number").values("number")[:1]
        return self.annotate(latest_number=Subquery(newest))

    def holdings(self) -> ContentCounts:
        """The ContentCounts of all of them."""
        ids = self.order_by().values("pk")
        parts = (model.objects.filter(collection__in=ids).count() for model in (Link, Alias, Tag))
        return ContentCounts(self.count(), *parts)


@Compiled
def _linked(collection: int, version: int) -> models.QuerySet[Link]:
    """The link of a version in a collection."""
    return Link.objects.filter(collection=collection, version=version).order_by()


class Collection(models.Model):
    """A named set of versions in a registry, of exactly one artifact type, fixed permanently (rule 20).

    Written only by its verbs, as registries are. `version` counts the edits of name, card and tags; `next_number` is
    the number of the next link, and only grows (rule 24): the database keeps it.
    """

    registry = models.ForeignKey(Registry, models.CASCADE, related_name="collections")
    name = models.CharField(max_length=rules.LABEL_LENGTH)
    name_key = models.CharField(max_length=rules.LABEL_KEY_LENGTH, editable=False)
    name_folded = FoldedNameField()
    type = models.CharField(max_length=rules.TYPE_LENGTH)
    description = models.TextField("card", blank=True, validators=[validate_description])
    key_metrics = models.JSONField(default=list, editable=False)  # [[path, direction]], in the order of the columns
    next_number = models.PositiveIntegerField(default=0, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = CollectionQuerySet.as_manager()

    class Meta:
        ordering = ["registry", "name_key"]
        constraints = [
            models.UniqueConstraint(
                fields=["registry", "name_key"],
                name="collection_name_is_unique",
                **refused_as(rules.NAME_TAKEN),
            ),
        ]
        indexes = [
            models.Index(fields=["registry", "updated_at", "id"], name="collection_by_update"),
            models.Index(fields=["registry", "type", "name_key"], name="collection_by_type"),
            models.Index(fields=["name_key", "registry"], name="collection_by_name"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("collections:detail", args=[self.registry.organization.slug, self.registry.name, self.name])

    @property
    def audit_target(self) -> AuditTarget:
        """How the log speaks of it."""
        return AuditTarget(
            Target.COLLECTION, self.pk, self.path, self.registry.organization_id, self.registry_id, self.pk
        )

    @property
    def path(self) -> str:
        """How code and the log call it: the registry's name, a slash, its own."""
        return f"{self.registry.name}/{self.name}"

    @property
    def summary(self) -> str:
        """The first sentence of the card."""
        return rules.first_sentence(self.description)

    @property
    def excerpt(self) -> str:
        """What stands of the card beside the versions, as Markdown."""
        return rules.excerpt(self.description)

    def clean(self) -> None:
        """Rule 20, and names as they are kept, against the row as it is stored; texts that stay may be older than
        their rules.
        """
        self.name = rules.clean_name(self.name)
        self.name_key = rules.name_key(self.name)
        self.type = rules.clean_name(self.type)
        self.description = rules.clean_description(self.description)
        stored = Collection.objects.filter(pk=self.pk).first() if self.pk else None
        if not stored or stored.name != self.name:
            raise_refusal(rules.refuse_label(self.name, "Collections"), "name")
        if not stored or stored.description != self.description:
            raise_refusal(rules.refuse_description(self.description), "description")
        if stored:
            raise_refusal(rules.refuse_collection_change(stored.type, self.type), "type")
        elif self.registry_id:  # a form says itself that there is none
            raise_refusal(rules.refuse_collection_type(self.type, self.registry.accepted()), "type")

    def validate(self) -> None:
        """`full_clean` without what is said twice: `clean` judges every field that people write."""
        self.clean()
        self.validate_constraints()

    def holdings(self) -> ContentCounts:
        """What it holds, counted now."""
        return Collection.objects.filter(pk=self.pk).holdings()

    def alias_etag(self, numbers: Mapping[str, int | None]) -> str:
        """The etag of a page that shows `numbers`: {alias: number of the version that it names, None without one}."""
        return digest_of(self.pk, numbers)

    def refuse_moved(self, shown: Iterable[str], etag: str) -> None:
        """Refuse with `stale_preview` where `etag` isn't the `alias_etag` of the aliases `shown` as they are stored."""
        names = list(shown)
        numbers = dict(self.aliases.filter(name__in=names).values_list("name", "link__number"))
        if etag != self.alias_etag({name: numbers.get(name) for name in names}):
            raise_refusal(rules.STALE_PREVIEW)

    def protected_aliases(self) -> list[str]:
        """The names of the protected aliases that versions in it carry."""
        return rules.protected_among(self.aliases.values_list("name", flat=True), self.registry.protected_names())

    # Verbs: each asks who may, and raises ValidationError with the rulebook's code where it refuses.

    def create(self, by: Actor, tags: Iterable[str] = (), reason: str = "") -> None:
        """Keep this new collection (rule 20), with these tags."""
        with changing(self.registry, by, Action.COLLECTION_CREATE, reason=reason) as change:
            self.registry, self.created_by = change.row, by.user
            self.validate()
            self.save(force_insert=True)
            changes = {field: [None, getattr(self, field)] for field in ("name", "type", "description")}
            if tags := clean_tags(tags):
                Tag.objects.bulk_create(Tag(collection=self, name=name) for name in tags)
                changes["tags"] = [None, sorted(tags)]
            Registry.objects.note_content(self.registry_id, self.name, collections=1)
            change.record(Action.COLLECTION_CREATE, self, changes)

    def edit(
        self, by: Actor, *, name: str, description: str, tags: Iterable[str], etag: str | None = None, reason: str = ""
    ) -> None:
        """Give it another name, card or tags; `etag` is that of what was shown (rule 19)."""
        with changing(self, by, Action.COLLECTION_EDIT, etag=etag, reason=reason) as change:
            change.row.name, change.row.description = name, description
            change.row.set_tags(change, tags)

    def choose_metrics(self, by: Actor, keys: Sequence[Sequence[str]], *, etag: str | None = None) -> None:
        """Let `keys` [(path, direction or "")] be its key metrics. Refuses with `too_many` or `metric_invalid`."""
        with changing(self, by, Action.COLLECTION_EDIT, etag=etag) as change:
            raise_refusal(rules.refuse_key_metrics(keys))
            change.row.key_metrics = [list(key) for key in keys]

    def remove_tag(self, by: Actor, name: str) -> None:
        """Remove this tag, whatever else it has by now."""
        with changing(self, by, Action.COLLECTION_EDIT) as change:
            change.row.set_tags(change, [tag for tag in change.row.tag_names() if tag != name])

    def set_tags(self, change: Change, tags: Iterable[str]) -> None:
        """Let it have just these tags, as part of a Change of it. Refuses with `tag_invalid`."""
        before = self.tag_names()
        after = sorted(clean_tags(tags, stored=before))
        if after != before:
            replace_tags(self.tags.filter(link=None), before, after, collection=self)
            change.changes["tags"] = [before, after]

    def link(
        self, by: Actor, version: Version, aliases: Iterable[str] = (), reason: str = "", tags: Iterable[str] = ()
    ) -> tuple[Link, bool]:
        """Publish the Version `version` here under the next number, with these aliases and tags (rules 21 to 25).

        Answers (the Link, whether it is new): a version that is linked here already keeps its link.
        """
        with changing(self, by, Action.LINK, reason=reason) as change:
            collection = change.row
            version = collection._linkable(by, version.pk)
            link, is_new = _linked.first(collection.pk, version.pk), False
            if link is None:
                link, is_new = collection._add_link(change, version), True
            link.collection = collection
            link.set_aliases(change, aliases)
            if tags:
                link.change_tags(change, tags)
        return link, is_new

    def delete_by(self, by: Actor, *, etag: str | None = None, reason: str = "") -> None:
        """Remove it with its links, aliases and tags; the versions stay. `etag`: of it and the counts shown (rule 18).

        Rule 26: only admins of the registry where a version in it carries a protected alias.
        """
        with changing(self, by, Action.COLLECTION_DELETE, reason=reason) as change:
            collection = change.row
            now = collection.holdings()
            refuse_stale(etag, collection, now, stale=rules.STALE_PREVIEW)
            names = collection.aliases.values_list("name", flat=True)
            raise_refusal(rules.refuse_protected(change.role, names, collection.registry.protected_names()))
            counts = collection.links.counted()
            requests = deleted_with(collection.alias_requests)
            Collection.objects.filter(pk=collection.pk).delete()
            Registry.objects.note_content(collection.registry_id, collection.name, collections=-1, links=-counts)
            changes = {"name": [collection.name, None], "type": [collection.type, None], "links": [now.links, None]}
            change.record(Action.COLLECTION_DELETE, collection, changes, requests)

    def tag_names(self) -> list[str]:
        """Its own tags, sorted."""
        return sorted(self.tags.filter(link=None).values_list("name", flat=True))

    # What a Change asks of it.

    def lock_for_change(self, by: Actor, action: Action | Permission) -> tuple["Collection", str | None]:
        """Lock the row until commit, after its registry. Answers (the row anew, the effective role of `by`)."""
        registry, role = self.registry.lock_for_change(by, action)
        collection = locked(Collection, registry=registry.pk, pk=self.pk)
        collection.registry = registry
        return collection, role

    def logged_fields(self) -> dict[str, Any]:
        """The fields whose changes the log holds."""
        metrics = rules.key_metric_texts(self.key_metrics)
        return {"name": self.name, "description": self.description, "key_metrics": metrics}

    def after_change(self, event: AuditEvent, changes: dict[str, list]) -> None:
        """Note the change in its registry."""
        Registry.objects.note_content(self.registry_id, self.name)

    def _linkable(self, by, pk):
        """The version of this id, anew: rules 21 and 22, and that `by` may use it."""
        membership = self.registry.membership_of(by)
        usable = usable_version.first(membership, pk) if membership else None
        version = usable or current_row(Version, "artifact__team", pk=pk)
        here = version.artifact.team.organization_id == self.registry.organization_id
        raise_refusal(None if here else rules.OTHER_ORGANIZATION, "version")
        raise_refusal(rules.refuse_source(usable=by.staff or usable is not None), "version")
        raise_refusal(rules.refuse_link(version.artifact.type, self.type), "version")
        return version

    def _add_link(self, change, version):
        """The new link of the version."""
        link = Link(collection=self, version=version, number=self.next_number, linked_by=change.by.user)
        link.save(force_insert=True)
        change.record(Action.LINK, link, related={"version": reference(version)})
        self.touch(link, link.counts)
        return link

    def touch(self, link: Link, links: LinkCounts = NO_LINKS) -> None:
        """Note that `link` changed now, in its registry too: which `links` came, or (< 0) went."""
        Collection.objects.filter(pk=self.pk).update(updated_at=timezone.now())
        Registry.objects.note_content(self.registry_id, f"{link.label} of {self.name}", links=links)
