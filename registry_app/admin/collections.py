"""Collections, links, aliases and tags in the Django admin."""

from django.contrib import admin

from .. import rules
from ..choices import Action
from ..forms import DeleteForm
from ..models import Alias, Collection, Link, Tag
from ..models.change import etag_of
from .base import AuditedAdmin, actor_of
from .forms import ContentForm

COLLECTION_STAYS = rules.Refusal("type_stays", "A collection stays in its registry.")


@admin.register(Collection)
class CollectionAdmin(AuditedAdmin):
    """Collections: every change through the verb that a page would call."""

    form = ContentForm
    delete_confirmation_template = "admin/second_step.html"
    list_display = ["name", "registry", "registry__organization", "type", "updated_at"]
    list_filter = ["registry__organization", "type"]
    search_fields = ["name", "description", "registry__name"]
    readonly_fields = ["created_by", "created_at", "updated_at"]
    add_fields = ["registry", "name", "type", "description", "tags", "reason"]
    fields = [*add_fields, *readonly_fields]
    add_action, change_action = Action.COLLECTION_CREATE, Action.COLLECTION_EDIT
    delete_action = Action.COLLECTION_DELETE
    label = "{obj.path} of {obj.registry.organization}"
    immutable_fields = {"registry": COLLECTION_STAYS, "type": rules.TYPE_STAYS}
    actions = None  # rule 18: each is deleted from a page that shows what goes

    def goes_along(self, objs):
        return Collection.objects.filter(pk__in=[obj.pk for obj in objs]).holdings()._asdict()

    def second_step(self, data, obj):
        """Rule 18: the name typed, and what was shown."""
        return DeleteForm(data, name=obj.name, initial={"etag": etag_of(obj, obj.holdings())})


@admin.register(Link)
class LinkAdmin(AuditedAdmin):
    """Links: versions linked and unlinked, their aliases and tags changed."""

    form = ContentForm
    list_display = ["__str__", "collection__registry__organization", "version", "linked_at", "linked_by"]
    list_filter = ["collection__registry__organization", "collection__type"]
    list_select_related = ["collection__registry__organization", "version__artifact__team", "linked_by"]
    search_fields = ["collection__name", "collection__registry__name", "version__artifact__name", "aliases__name"]
    readonly_fields = ["number", "linked_by", "linked_at"]
    add_fields = ["collection", "version", "aliases", "reason"]
    fields = [*add_fields, "tags", *readonly_fields]
    add_action, change_action, delete_action = Action.LINK, Action.ALIAS_SET, Action.UNLINK
    immutable_fields = dict.fromkeys(["collection", "version"], rules.LINK_STAYS)  # rule 24

    def audit_target(self, obj):
        return super().audit_target(obj if obj.pk or not obj.collection_id else obj.collection)

    def create(self, by, obj, form):
        """Link it (rule 23: one that is there already stays)."""
        link, _ = obj.collection.link(by, obj.version, form.cleaned_data["aliases"], form.cleaned_data["reason"])
        obj.pk, obj.number = link.pk, link.number

    def edit(self, by, obj, form):
        """Let it have just these aliases and tags."""
        wanted = {**form.cleaned_data}
        put = wanted.pop("aliases")
        obj.edit_labels(by, put=put, take=set(obj.alias_names()).difference(put), **wanted)

    def delete_model(self, request, obj):
        obj.unlink(actor_of(request))


class LabelAdmin(AuditedAdmin):
    """What is put on the page of its link or collection, and can be taken here."""

    list_display = ["name", "collection", "link", "collection__registry", "collection__registry__organization"]
    list_filter = ["collection__registry__organization"]
    list_select_related = ["collection__registry__organization", "link__collection__registry"]
    search_fields = ["name", "collection__name", "collection__registry__name"]


@admin.register(Alias)
class AliasAdmin(LabelAdmin):
    """Aliases: shown and taken."""

    delete_action = Action.ALIAS_REMOVE


@admin.register(Tag)
class TagAdmin(LabelAdmin):
    """Tags of links and collections: shown and taken."""

    delete_action = Action.LINK_TAG
