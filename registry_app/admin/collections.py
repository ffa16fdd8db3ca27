"""Collections, links, aliases and tags in the Django admin."""

from django.contrib import admin

from .. import rules
from ..choices import Action, Target
from ..forms import DeleteCollectionForm
from ..models import Alias, Collection, Link, ProtectedAlias, Tag, facts_of
from ..models.event import AuditTarget
from .base import BulkDeleteAdmin, actor_of
from .forms import CollectionForm, LinkForm, NewCollectionForm, NewLinkForm, ProtectedAliasForm

COLLECTION_STAYS = rules.Refusal("type_stays", "A collection stays in its registry.")


class InRegistryAdmin(BulkDeleteAdmin):
    """The admin of what a registry holds."""

    def registry_of(self, obj):
        """The registry that holds it."""
        return obj.collection.registry

    @admin.display
    def registry(self, obj):
        """Its registry."""
        return self.registry_of(obj)

    @admin.display
    def organization(self, obj):
        """Its organization."""
        return self.registry_of(obj).organization


@admin.register(Collection)
class CollectionAdmin(InRegistryAdmin):
    """Collections: every change through the verb that a page would call."""

    form = CollectionForm
    list_display = ["name", "registry", "organization", "type", "updated_at"]
    list_filter = ["registry__organization", "type"]
    list_select_related = ["registry__organization"]
    search_fields = ["name", "description", "registry__name"]
    raw_id_fields = ["registry"]
    readonly_fields = ["created_by", "created_at", "updated_at"]
    add_action, change_action = Action.COLLECTION_CREATE, Action.COLLECTION_EDIT
    delete_action = Action.COLLECTION_DELETE
    delete_confirmation_template = "admin/collections/delete.html"
    actions = None  # rule 18: each is deleted from a page that shows what goes

    def registry_of(self, obj):
        """Its own."""
        return obj.registry

    def fixed(self, obj):
        """Rule 20."""
        return {"registry": COLLECTION_STAYS, "type": rules.TYPE_STAYS} if obj else {}

    def place(self, obj):
        """The collection, in its registry."""
        return obj if obj.registry_id else AuditTarget(Target.COLLECTION, None, obj.name)

    def fieldsets_of(self, request, obj):
        """The fields of a new collection, or of this one."""
        new = ["registry", "name", "type", "description", "tags", "reason"]
        more = ["created_by", "created_at", "updated_at", "seen"] if obj else []
        return [(None, {"fields": [*new, *more]})]

    def get_form(self, request, obj=None, change=False, **kwargs):
        """The form for a new collection, or for this one."""
        if obj is None:
            kwargs["form"] = NewCollectionForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_deleted_objects(self, objs, request):
        """What goes along, counted now."""
        counts = Collection.objects.filter(pk__in=[obj.pk for obj in objs]).holdings()._asdict()
        return [self.called(obj) for obj in objs], counts, set(), []

    def called(self, obj):
        """The collection, and where it is."""
        return f"{obj.path} of {obj.registry.organization}"

    def save_model(self, request, obj, form, change):
        """Create it, or give it another name, card or tags."""
        by, wanted = actor_of(request), form.cleaned_data
        if not change:
            obj.create(by, wanted["tags"], wanted["reason"])
            return
        fields = {field: wanted[field] for field in ("name", "description", "tags", "reason")}
        obj.edit(by, version=wanted["seen"], **fields)

    def second_step(self, data, obj):
        """Rule 18: the name typed, and what was shown."""
        return DeleteCollectionForm(data, collection=obj, initial={"preview": obj.holdings()})

    def delete_model(self, request, obj):
        """Rule 18: remove it, with its links, aliases and tags, by the second step's own form."""
        step = self.second_step(request.POST, obj)
        if not step.is_valid():
            raise step.refusals()
        obj.delete_by(actor_of(request), seen=step.cleaned_data["preview"], reason=step.cleaned_data["reason"])


@admin.register(Link)
class LinkAdmin(InRegistryAdmin):
    """Links: versions linked and unlinked, their aliases and tags changed."""

    form = LinkForm
    list_display = ["__str__", "organization", "version", "linked_at", "linked_by"]
    list_filter = ["collection__registry__organization", "collection__type"]
    list_select_related = ["collection__registry__organization", "version__artifact__team", "linked_by"]
    search_fields = ["collection__name", "collection__registry__name", "version__artifact__name", "aliases__name"]
    raw_id_fields = ["collection", "version"]
    readonly_fields = ["number", "linked_by", "linked_at"]
    add_action, change_action, delete_action = Action.LINK, Action.ALIAS_SET, Action.UNLINK

    def fixed(self, obj):
        """Rule 24."""
        return dict.fromkeys(["collection", "version"], rules.LINK_STAYS) if obj else {}

    def place(self, obj):
        """The link, in its collection."""
        if not obj.collection_id:
            return AuditTarget(Target.LINK, None, "")
        return obj if obj.pk else obj.collection

    def fieldsets_of(self, request, obj):
        """The fields of a new link, or of this one."""
        more = ["tags", "number", "linked_by", "linked_at"] if obj else []
        return [(None, {"fields": ["collection", "version", "aliases", "reason", *more]})]

    def get_form(self, request, obj=None, change=False, **kwargs):
        """The form for a new link, or for this one."""
        if obj is None:
            kwargs["form"] = NewLinkForm
        return super().get_form(request, obj, change=change, **kwargs)

    def save_model(self, request, obj, form, change):
        """Link it (rule 23: one that is there already stays), or change its aliases and tags."""
        by, wanted = actor_of(request), form.cleaned_data
        if not change:
            link, _ = obj.collection.link(by, obj.version, wanted["aliases"], wanted["reason"])
            obj.pk, obj.number = link.pk, link.number
            return
        aliases, tags = form.shown("aliases"), form.shown("tags")
        take = [name for name in aliases if name not in wanted["aliases"]]
        marks = {"put": wanted["aliases"], "take": take, "tags": wanted["tags"]}
        obj.edit_labels(by, **marks, seen=facts_of(aliases, tags), reason=wanted["reason"])

    def delete_model(self, request, obj):
        """Unlink it; its version stays."""
        obj.unlink(actor_of(request))


class LabelAdmin(InRegistryAdmin):
    """What is put on the page of its link or collection, and can be taken here."""

    list_display = ["name", "collection", "link", "registry", "organization"]
    list_filter = ["collection__registry__organization"]
    list_select_related = ["collection__registry__organization", "link__collection__registry"]
    search_fields = ["name", "collection__name", "collection__registry__name"]
    fields = ["name", "collection", "link"]

    def has_add_permission(self, request, obj=None):
        """On the page of its link or collection."""
        return False

    def has_change_permission(self, request, obj=None):
        """It has no other state than to be there."""
        return False

    def place(self, obj):
        """The alias; of a tag what has it."""
        return obj if isinstance(obj, Alias) else obj.link or obj.collection


@admin.register(Alias)
class AliasAdmin(LabelAdmin):
    """Aliases: shown and taken."""

    delete_action = Action.ALIAS_REMOVE

    def delete_model(self, request, obj):
        """Take it off its link."""
        obj.link.change_aliases(actor_of(request), take=[obj.name])


@admin.register(Tag)
class TagAdmin(LabelAdmin):
    """Tags of links and collections: shown and taken."""

    delete_action = Action.LINK_TAG

    def delete_model(self, request, obj):
        """Take it off its link, or off its collection."""
        (obj.link or obj.collection).remove_tag(actor_of(request), obj.name)


@admin.register(ProtectedAlias)
class ProtectedAliasAdmin(InRegistryAdmin):
    """Protected aliases (rule 26): declared, and given up."""

    form = ProtectedAliasForm
    list_display = ["name", "registry", "organization"]
    list_filter = ["registry__organization"]
    list_select_related = ["registry__organization"]
    search_fields = ["name", "registry__name"]
    raw_id_fields = ["registry"]
    fields = ["registry", "name"]
    add_action, delete_action = Action.PROTECT, Action.UNPROTECT

    def registry_of(self, obj):
        """Its own."""
        return obj.registry

    def has_change_permission(self, request, obj=None):
        """Another name is another protection."""
        return False

    def place(self, obj):
        """Its registry."""
        return obj.registry if obj.registry_id else AuditTarget(Target.REGISTRY, None, "")

    def save_model(self, request, obj, form, change):
        """Protect it; once more changes nothing."""
        obj.save_by(actor_of(request))
        if obj.pk is None:
            obj.pk = obj.registry.protected_aliases.get(name_key=obj.name_key).pk

    def delete_model(self, request, obj):
        """No longer protect it."""
        obj.delete_by(actor_of(request))
