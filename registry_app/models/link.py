"""Links: the versions that a collection publishes, with the aliases and tags that they carry."""

from contextlib import contextmanager

from django.db import models
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone

from .. import rules
from ..choices import Action
from .artifact import Version
from .organization import User
from .validation import raise_refusal


class LinkQuerySet(models.QuerySet):
    """Links as pages ask for them."""

    def called(self, name):
        """Those that the alias `name` names: one that people gave, or the system's own (rule 24)."""
        if rules.name_key(name) == rules.LATEST:
            return self.newest()
        if (number := rules.number_called(name)) is not None:
            return self.filter(number=number)
        return self.filter(pk__in=Alias.objects.filter(name=name).order_by().values("link"))

    def newest(self):
        """The newest of each collection."""
        return self.with_latest().filter(latest=True)

    def with_latest(self):
        """Each with `latest`: whether it is the newest of its collection."""
        later = Link.objects.filter(collection=OuterRef("collection"), number__gt=OuterRef("number"))
        return self.annotate(latest=~Exists(later))


class Link(models.Model):
    """A version published into a collection, under a number that is never used again (rule 24)."""

    collection = models.ForeignKey("Collection", models.CASCADE, related_name="links")
    version = models.ForeignKey(Version, models.PROTECT, related_name="links")
    number = models.PositiveIntegerField()
    linked_by = models.ForeignKey(User, models.PROTECT, null=True, editable=False, related_name="+")
    linked_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = LinkQuerySet.as_manager()

    class Meta:
        ordering = ["collection", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["collection", "number"], name="link_number_is_unique"),
            models.UniqueConstraint(fields=["version", "collection"], name="link_is_single"),
        ]

    def __str__(self):
        return f"{self.collection.path}:{self.label}"

    def get_absolute_url(self):
        registry = self.collection.registry
        names = [registry.organization.slug, registry.name, self.collection.name]
        return reverse("links:detail", args=[*names, self.number])

    @property
    def label(self):
        """Its number as people say it: v0, v1, …"""
        return f"v{self.number}"

    @property
    def facts(self):
        """The aliases and tags that it carries, as text: what a form shows, and sends back (rule 19)."""
        return facts_of(self.alias_names(), self.tag_names())

    def mark(self, by, *, put=(), take=(), tags=(), seen=None, reason=""):
        """Put aliases, take aliases, and let it have just these tags: all or nothing. `seen` are the `facts` shown.

        Refuses as `change_aliases` and `set_tags` do, and with `edit_conflict`.
        """
        with self._changing(by, Action.ALIAS_PUT):
            raise_refusal(rules.EDIT_CONFLICT if seen not in (None, self.facts) else None)
            self.change_aliases(by, put, take, reason=reason)
            self.set_tags(by, tags, reason=reason)

    def change_aliases(self, by, put=(), take=(), *, reason=""):
        """Put these aliases on it, taking them off other versions (rule 25), and take those.

        Refuses with `alias_reserved`, `alias_invalid` or `alias_protected`.
        """
        with self._changing(by, Action.ALIAS_PUT):
            self.put_aliases(by, put, reason)
            taken = self.aliases.filter(name__in=take)
            self._check_protected(by, [alias.name for alias in taken])
            for alias in taken:
                self._record_alias(by, Action.ALIAS_TAKE, alias.name, [self.label, None], reason)
            taken.delete()
            self.collection.touch()

    def set_tags(self, by, tags, *, reason=""):
        """Let it have just these tags. Refuses with `tag_invalid`."""
        with self._changing(by, Action.LINK_TAG):
            before = self.tag_names()
            after = sorted(clean_tags(tags, stored=before))
            if before != after:
                replace_tags(self.tags, after, collection=self.collection, link=self)
                self.collection.record(by, Action.LINK_TAG, {"tags": [before, after]}, reason, subject=str(self))
                self.collection.touch()

    def take_tag(self, by, name, *, reason=""):
        """Take this tag off it, whatever else it has by now."""
        with self._changing(by, Action.LINK_TAG):
            self.set_tags(by, [tag for tag in self.tag_names() if tag != name], reason=reason)

    def unlink(self, by, *, reason=""):
        """Rules 26 and 27: take it out, its aliases and tags with it; the source stays."""
        with self._changing(by, Action.UNLINK):
            names = self.alias_names()
            self._check_protected(by, names)
            changes = {self.label: [str(self.version), None], **{name: [self.label, None] for name in names}}
            if tags := self.tag_names():
                changes[f"tags of {self.label}"] = [tags, None]
            self.delete()
            self.collection.record(by, Action.UNLINK, changes, reason)
            self.collection.touch()

    def alias_names(self):
        """The aliases that people gave it, sorted."""
        return sorted(self.aliases.values_list("name", flat=True))

    def tag_names(self):
        """Its tags, sorted."""
        return sorted(self.tags.values_list("name", flat=True))

    def put_aliases(self, by, names, reason):
        """What `change_aliases` does to put aliases, within a change that holds the collection."""
        wanted = filter(rules.may_be_stored, map(rules.clean_name, names))
        held = {alias.name: alias for alias in self.collection.aliases.filter(name__in=wanted).select_related("link")}
        names = clean_aliases(names, stored=held)
        self._check_protected(by, names)
        for name in names:
            alias = held.get(name) or Alias(collection=self.collection, name=name)
            before = alias.link.label if alias.pk else None
            if before != self.label:
                alias.link = self
                alias.save()
                self._record_alias(by, Action.ALIAS_PUT, name, [before, self.label], reason)

    def _check_protected(self, by, names):
        registry = self.collection.registry
        raise_refusal(rules.refuse_protected(registry.role_of(by), names, registry.protected_names()), "aliases")

    def _record_alias(self, by, action, name, labels, reason):
        subject = f"{self.collection.path}:{name}"
        self.collection.record(by, action, {name: labels}, reason, subject=subject)

    @contextmanager
    def _changing(self, by, action):
        with self.collection.changing(by, action):
            self.refresh_from_db(fields=["number", "version"])
            yield


def facts_of(aliases, tags):
    """The `facts` of a link that carries just these."""
    return f"{', '.join(sorted(aliases))} | {', '.join(sorted(tags))}"


class Alias(models.Model):
    """A name for one link in a collection (rule 25). `latest` has no row: it sits on the newest link (rule 24)."""

    collection = models.ForeignKey("Collection", models.CASCADE, related_name="aliases")
    link = models.ForeignKey(Link, models.CASCADE, related_name="aliases")
    name = models.CharField(max_length=rules.LABEL_LENGTH)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "aliases"
        constraints = [models.UniqueConstraint(fields=["collection", "name"], name="alias_is_single")]
        indexes = [models.Index(fields=["name", "collection"], name="alias_by_name")]

    def __str__(self):
        return self.name


class Tag(models.Model):
    """A free label on a collection, or (`link` set) on one version in it."""

    collection = models.ForeignKey("Collection", models.CASCADE, related_name="tags")
    link = models.ForeignKey(Link, models.CASCADE, null=True, blank=True, related_name="tags")
    name = models.CharField(max_length=rules.LABEL_LENGTH)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["collection", "name"], condition=models.Q(link=None), name="collection_tag_is_single"
            ),
            models.UniqueConstraint(fields=["link", "name"], name="link_tag_is_single"),
        ]
        indexes = [models.Index(fields=["name", "collection"], name="tag_by_name")]

    def __str__(self):
        return self.name


def clean_tags(names, stored=()):
    """Tags as they are kept, each once. Raises ValidationError with `tag_invalid` or `too_many`.

    Those that are `stored` already may be older than the rule, so they aren't judged.
    """
    return _clean(names, stored, rules.refuse_tag, "tags")


def clean_aliases(names, stored=()):
    """The same of aliases; ValidationError with `alias_invalid`, `alias_reserved` or `too_many`."""
    return _clean(names, stored, rules.refuse_alias_name, "aliases")


def _clean(names, stored, refuse, what):
    names = list(dict.fromkeys(rules.clean_name(name) for name in names))
    raise_refusal(rules.refuse_count(names, what), what)
    for name in names:
        raise_refusal(None if name in stored else refuse(name), what)
    return names


def replace_tags(tags, names, **owner):
    """Let `tags` (a queryset of what `owner` has) be just `names`."""
    tags.exclude(name__in=names).delete()
    kept = set(tags.values_list("name", flat=True))
    Tag.objects.bulk_create(Tag(name=name, **owner) for name in names if name not in kept)
