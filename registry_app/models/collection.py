"""Collections: named sets of versions in a registry."""

from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Subquery
from django.urls import reverse
from django.utils import timezone

from .. import rules
from ..choices import Action
from .artifact import Version
from .impact import ContentCounts
from .link import Alias, Link, Tag, clean_tags, replace_tags
from .organization import User
from .registry import Registry
from .validation import raise_refusal, validate_description


class CollectionQuerySet(models.QuerySet):
    """Collections as pages ask for them."""

    def matching(self, words):
        """Those with the search.SearchTerm `words` in name or card, an alias or a tag; in no order."""
        texts = words.within(Collection.objects.order_by()).values("pk")
        # A union, for with an OR neither database would ask the index of each.
        held = [words.within(model.objects.order_by()).values("collection") for model in (Alias, Tag)]
        return self.filter(pk__in=texts.union(*held))

    def tagged(self, name):
        """Those with this tag, their own or one of a version in them."""
        return self.filter(Exists(Tag.objects.filter(collection=OuterRef("pk"), name=name)))

    def with_latest(self):
        """Each with `latest_number`: the number of its newest link, or None where it has none."""
        newest = Link.objects.filter(collection=OuterRef("pk")).order_by("-number").values("number")[:1]
        return self.annotate(latest_number=Subquery(newest))

    def holdings(self):
        """The ContentCounts of all of them."""
        ids = self.order_by().values("pk")
        parts = (model.objects.filter(collection__in=ids).count() for model in (Link, Alias, Tag))
        return ContentCounts(self.count(), *parts)


class Collection(models.Model):
    """A named set of versions in a registry, of exactly one artifact type, fixed for good (rule 20).

    Written only by its verbs, as registries are. `version` counts the edits of name, card and tags; `next_number` is
    the number of the next link, and only grows (rule 24).
    """

    registry = models.ForeignKey(Registry, models.CASCADE, related_name="collections")
    name = models.CharField(max_length=rules.LABEL_LENGTH)
    name_key = models.CharField(max_length=rules.LABEL_KEY_LENGTH, editable=False)
    type = models.CharField(max_length=rules.TYPE_LENGTH)
    description = models.TextField("card", blank=True, validators=[validate_description])
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
                violation_error_code=rules.NAME_TAKEN.code,
                violation_error_message=rules.NAME_TAKEN.reason,
            ),
        ]
        indexes = [
            models.Index(fields=["registry", "updated_at", "id"], name="collection_by_update"),
            models.Index(fields=["registry", "type", "name_key"], name="collection_by_type"),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("collections:detail", args=[self.registry.organization.slug, self.registry.name, self.name])

    @property
    def path(self):
        """How code and the log call it: the registry's name, a slash, its own."""
        return f"{self.registry.name}/{self.name}"

    @property
    def summary(self):
        """The first line of the card that is no heading."""
        lines = (line.strip() for line in self.description.split("\n"))
        return next((line for line in lines if line and not line.startswith("#")), "")

    def clean(self):
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
        else:
            raise_refusal(rules.refuse_collection_type(self.type, self.registry.accepted()), "type")

    def _check(self):
        """`full_clean` without what is said twice: `clean` judges every field that people write."""
        self.clean()
        self.validate_constraints()

    def _try(self, name, description):
        """Take name and card where the law allows; else it is as it was, for whoever goes on to speak of it."""
        before = self.name, self.name_key, self.description
        self.name, self.description = name, description
        try:
            self._check()
        except ValidationError:
            self.name, self.name_key, self.description = before
            raise

    def holdings(self):
        """What it holds, counted now."""
        return Collection.objects.filter(pk=self.pk).holdings()

    def protected_aliases(self):
        """The names of the protected aliases that versions in it carry."""
        return rules.protected_among(self.aliases.values_list("name", flat=True), self.registry.protected_names())

    # Verbs: each asks who may, and raises ValidationError with the rulebook's code where it refuses.

    @transaction.atomic
    def create(self, by, tags=(), reason=""):
        """Keep this new collection (rule 20), with these tags."""
        self.registry.hold(by, Action.COLLECTION_CREATE)
        self.created_by = by.user
        self._check()
        self.save(force_insert=True)
        changes = {field: [None, getattr(self, field)] for field in ("name", "type", "description")}
        if tags := clean_tags(tags):
            Tag.objects.bulk_create(Tag(collection=self, name=name) for name in tags)
            changes["tags"] = [None, sorted(tags)]
        self.record(by, Action.COLLECTION_CREATE, changes, reason)

    def edit(self, by, *, name, description, tags, version=None, reason=""):
        """Give it another name, card or tags; `version` is the one that was shown (rule 19)."""
        with self.changing(by, Action.COLLECTION_EDIT, version):
            before = {"name": self.name, "description": self.description, "tags": self.tag_names()}
            self._try(name, description)
            tags = sorted(clean_tags(tags, stored=before["tags"]))
            after = {"name": self.name, "description": self.description, "tags": tags}
            changes = {field: [before[field], after[field]] for field in before if before[field] != after[field]}
            if changes:
                replace_tags(self.tags.filter(link=None), after["tags"], collection=self)
                self.version += 1
                self.updated_at = timezone.now()
                self.save()
                self.record(by, Action.COLLECTION_EDIT, changes, reason)

    def take_tag(self, by, name, *, reason=""):
        """Take this tag off the collection, whatever else it has by now."""
        with self.changing(by, Action.COLLECTION_EDIT):
            tags = self.tag_names()
            if name in tags:
                kept = [tag for tag in tags if tag != name]
                self.edit(by, name=self.name, description=self.description, tags=kept, reason=reason)

    def link(self, by, version, aliases=(), reason=""):
        """Publish the Version `version` here under the next number, with these aliases (rules 21 to 25).

        Answers (the Link, whether it is new): a version that is linked here already keeps its link.
        """
        with self.changing(by, Action.LINK):
            version = Version.objects.select_related("artifact__team").get(pk=version.pk)
            self._check_link(by, version)
            link, is_new = self.links.filter(version=version).first(), False
            if link is None:
                link, is_new = Link(collection=self, version=version, number=self.next_number, linked_by=by.user), True
                link.save(force_insert=True)
                self.next_number += 1
                Collection.objects.filter(pk=self.pk).update(next_number=self.next_number)
                self.record(by, Action.LINK, {link.label: [None, str(version)]}, reason)
            link.collection = self
            link.put_aliases(by, aliases, reason)
            self.touch()
            return link, is_new

    def delete_by(self, by, *, seen=None, reason=""):
        """Remove it with its links, aliases and tags; the versions stay. `seen` are the ContentCounts shown.

        Rule 26: only admins of the registry where a version in it carries a protected alias.
        """
        with self.changing(by, Action.COLLECTION_DELETE) as role:
            now = self.holdings()
            raise_refusal(rules.STALE_PREVIEW if seen not in (None, now) else None)
            names = self.aliases.values_list("name", flat=True)
            raise_refusal(rules.refuse_protected(role, names, self.registry.protected_names()))
            changes = {"name": [self.name, None], "type": [self.type, None], "links": [now.links, None]}
            pk = self.pk
            self.delete()
            self.pk = pk
            self.record(by, Action.COLLECTION_DELETE, changes, reason)

    def tag_names(self):
        """Its own tags, sorted."""
        return sorted(self.tags.filter(link=None).values_list("name", flat=True))

    def record(self, by, action, changes, reason="", subject=""):
        """Log `action` on it, or on what `subject` names in it."""
        self.registry.record(by, action, changes, reason, subject=subject or self.path, collection=self.pk)

    @contextmanager
    def changing(self, by, action, version=None):
        """Hold registry and row until commit, and read both anew; yields the effective role of `by`."""
        with transaction.atomic():
            role = self.registry.hold(by, action)
            self.refresh_from_db(from_queryset=Collection.objects.select_for_update(of=("self",)))
            raise_refusal(rules.EDIT_CONFLICT if version not in (None, self.version) else None)
            yield role

    def _check_link(self, by, version):
        """Rules 21 and 22, and that `by` may use the version."""
        here = self.registry.organization
        raise_refusal(None if version.artifact.team.organization_id == here.pk else rules.OTHER_ORGANIZATION, "version")
        membership = here.memberships.of_active().select_related("organization", "user").filter(user=by.user).first()
        usable = by.staff or (membership and Version.objects.usable_by(membership).filter(pk=version.pk).exists())
        raise_refusal(rules.refuse_source(usable=usable), "version")
        raise_refusal(rules.refuse_link(version.artifact.type, self.type), "version")

    def touch(self):
        """Note that what it holds changed now."""
        Collection.objects.filter(pk=self.pk).update(updated_at=timezone.now())
