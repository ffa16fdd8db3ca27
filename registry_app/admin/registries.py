"""Registries in the Django admin, and what belongs to them."""

from datetime import date, timedelta

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import ValidationError

from .. import rules
from ..choices import Action
from ..forms import DeleteForm
from ..models import (
    AcceptedType,
    AccessRequest,
    AliasRequest,
    FormerName,
    ProtectedAlias,
    Registry,
    RegistryMember,
    RegistryWeek,
)
from ..models.change import etag_of
from .base import AuditedAdmin
from .forms import AdminForm, RegistryForm


@admin.register(Registry)
class RegistryAdmin(AuditedAdmin):
    """Registries: every change through the verb that a page would call."""

    form = RegistryForm
    delete_confirmation_template = "admin/second_step.html"
    list_display = ["name", "organization", "kind", "visibility", "accepts", "updated_at"]
    list_filter = ["kind", "visibility", "accepts_all_types", "organization"]
    search_fields = ["name", "description"]
    readonly_fields = ["accepts", "created_by", "created_at", "updated_at"]
    add_fields = ["organization", "kind", "name", "description", "visibility", "accepts_all_types", "types"]
    add_fields += ["confirmed", "reason"]
    add_action, change_action, delete_action = Action.CREATE, Action.EDIT, Action.DELETE
    label = "{obj} of {obj.organization}"
    actions = None  # rule 16: each is deleted from a page that asks for its name

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("types")

    def get_fields(self, request, obj=None):
        """Those of a registry that there is have the second step of a restriction, where it can be restricted."""
        if obj is None:
            return self.add_fields
        step = [] if rules.refuse_restriction(obj.kind, obj.visibility) else ["confirmation", "restriction"]
        return self.shown_fields(request, obj, [*self.add_fields, *step, *self.readonly_fields])

    @admin.display(description="Accepts")
    def accepts(self, obj):
        """All types, or those of its list."""
        names = [accepted.name for accepted in obj.types.all()]
        return "All types" if obj.accepts_all_types else ", ".join(names)

    def immutable(self, obj):
        """Rules 1 to 4, 6 and 9."""
        return rules.fixed_fields(obj.kind, obj.visibility) if obj else {"kind": rules.CORE_IS_GIVEN}

    def refuse_deletion(self, obj):
        """Rule 5."""
        return rules.refuse_delete(obj.kind)

    def edit(self, by, obj, form):
        """One verb after the other; the first checks what was shown (rule 19)."""
        wanted, name, description = form.cleaned_data, obj.name, obj.description
        etag, reason = wanted["etag"], wanted["reason"]
        if "visibility" in form.changed_data:
            obj.restrict(by, etag=wanted["restriction"], reason=reason)
            etag = None
        obj.edit(by, name=name, description=description, etag=etag, reason=reason)
        listed = {"types": wanted["types"], "confirmed": wanted["confirmed"], "reason": reason}
        if "accepts_all_types" not in form.changed_data:
            if wanted["types"]:
                obj.add_types(by, **listed)
        elif wanted["accepts_all_types"]:
            obj.accept_all_types(by, reason=reason)
        else:
            obj.accept_only(by, **listed)

    def goes_along(self, objs):
        """Counted now (rule 18)."""
        (registry,) = objs
        rows = [registry.types, registry.members, registry.former_names]
        counts = {row.model._meta.verbose_name_plural: row.count() for row in rows}
        return counts | registry.collections.holdings()._asdict() | {"people who see it": registry.people().count()}

    def second_step(self, data, obj):
        """Rules 16 and 18: the name typed, and what was shown."""
        return DeleteForm(data, name=obj.name, initial={"etag": etag_of(obj, obj.collections.holdings())})


@admin.register(AcceptedType)
class AcceptedTypeAdmin(AuditedAdmin):
    """Accepted types: shown, and taken off the list. They are added on the page of their registry."""

    list_display = ["name", "registry", "registry__organization", "preconfigured", "added_by", "added_at"]
    list_filter = ["preconfigured", "registry__organization"]
    list_select_related = ["registry__organization", "added_by"]
    search_fields = ["name", "registry__name"]
    delete_action = Action.TYPE_REMOVE
    label = "{obj}, {obj.registry} of {obj.registry.organization}"

    def refuse_deletion(self, obj):
        return obj.refuse_removal()


class RegistryMemberForm(AdminForm):
    """The role of somebody, or of a team, in a registry."""

    ends_at = forms.DateTimeField(
        label="Ends",
        required=False,
        widget=AdminTextInputWidget,
        help_text="Date and time in your time zone; empty for never.",
    )

    def clean_ends_at(self):
        """A moment that the calendar has in every zone."""
        moment = self.cleaned_data["ends_at"]
        if moment and moment.date() > date.max - timedelta(days=2):
            raise ValidationError("Leave it empty for a role without end.", code="invalid")
        return moment


@admin.register(RegistryMember)
class RegistryMemberAdmin(AuditedAdmin):
    """Roles in registries, of people and teams."""

    form = RegistryMemberForm
    list_display = ["holder", "registry", "registry__organization", "role", "ends_at"]
    list_filter = ["role", "registry__organization"]
    list_select_related = ["user", "team", "registry__organization"]
    search_fields = ["user__username", "user__email", "team__name", "registry__name"]
    fields = ["registry", "user", "team", "role", "ends_at"]
    add_action, change_action, delete_action = Action.MEMBER_ADD, Action.MEMBER_CHANGE, Action.MEMBER_REMOVE


@admin.register(ProtectedAlias)
class ProtectedAliasAdmin(AuditedAdmin):
    """Protected aliases (rule 26): declared, and given up; another name is another protection."""

    list_display = ["name", "registry", "registry__organization"]
    list_filter = ["registry__organization"]
    search_fields = ["name", "registry__name"]
    fields = ["registry", "name"]
    add_action, delete_action = Action.PROTECT, Action.UNPROTECT

    def create(self, by, obj, form):
        """Protect it; once more changes nothing."""
        obj.save_by(by)
        obj.pk = obj.registry.protected_aliases.get(name_key=obj.name_key).pk


@admin.register(AccessRequest)
class AccessRequestAdmin(AuditedAdmin):
    """Requests for roles. They are answered by the admins of their registry, on its page."""

    list_display = ["user", "registry", "role", "created_at", "answered_by", "answered_at", "granted"]
    list_filter = ["granted", "role", "registry__organization"]
    list_select_related = ["user", "registry", "answered_by"]
    search_fields = ["user__username", "registry__name"]
    fields = [*list_display, "reason", "note"]


@admin.register(AliasRequest)
class AliasRequestAdmin(AuditedAdmin):
    """Requests for protected aliases (rule 31). They are answered by the admins of their registry, on its page."""

    list_display = ["user", "alias", "link", "created_at", "answered_by", "answered_at", "granted"]
    list_filter = ["granted", "registry__organization"]
    list_select_related = ["user", "link__collection__registry", "answered_by"]
    search_fields = ["user__username", "collection__name", "alias"]
    fields = [*list_display, "reason", "note"]


@admin.register(FormerName)
class FormerNameAdmin(AuditedAdmin):
    """Former names: a rename keeps them, the next registry of that name ends them (rule 15)."""

    list_display = ["name", "registry", "organization"]
    list_filter = ["organization"]
    search_fields = ["name", "registry__name"]


@admin.register(RegistryWeek)
class RegistryWeekAdmin(AuditedAdmin):
    """How many links were made in each week: kept by the changes themselves."""

    list_display = ["registry", "registry__organization", "week", "link_count"]
    list_filter = ["registry__organization"]
    list_select_related = ["registry__organization"]
    search_fields = ["registry__name"]
