"""Registries in the Django admin, and what belongs to them."""

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextInputWidget

from .. import rules
from ..choices import Action
from ..forms import DeleteForm
from ..models import AcceptedType, AccessRequest, FormerName, Registry, RegistryMember
from ..models.change import etag_of
from .base import AuditedAdmin, RowsInline, actor_of
from .forms import NewRegistryForm, OptimisticLockForm, RegistryForm

TYPES_SHOWN = 6  # in a row of the list
DESCRIBED = ["organization", "kind", "name", "description"]


class AcceptedTypeInline(RowsInline):
    """The types on a registry's list. New ones are named in the form above, where their consequence is confirmed."""

    model = AcceptedType
    fields = ["name", "preconfigured", "added_by", "added_at"]
    readonly_fields = ["name", "preconfigured", "added_by", "added_at"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("added_by")

    def has_add_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        """Not from a core registry (rule 4)."""
        return super().has_delete_permission(request, obj) and not (obj and obj.is_core)


class RegistryMemberInline(RowsInline):
    """The roles given in a registry."""

    model = RegistryMember
    verbose_name, verbose_name_plural = "role", "roles given in it"
    show_change_link = True
    fields = ["user", "team", "role", "ends_at"]
    raw_id_fields = ["user", "team"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("user", "team", "registry")


@admin.register(Registry)
class RegistryAdmin(AuditedAdmin):
    """Registries: every change through the verb that a page would call."""

    form, add_form = RegistryForm, NewRegistryForm
    delete_confirmation_template = "admin/registries/delete.html"
    list_display = ["name", "organization", "kind", "visibility", "accepts", "updated_at"]
    list_filter = ["kind", "visibility", "accepts_all_types", "organization"]
    list_select_related = ["organization"]
    search_fields = ["name", "description"]
    raw_id_fields = ["organization"]
    readonly_fields = ["consequence", "created_by", "created_at", "updated_at"]
    inlines = [AcceptedTypeInline, RegistryMemberInline]
    add_action, change_action, delete_action = Action.CREATE, Action.EDIT, Action.DELETE
    actions = None  # rule 16: each is deleted from a page that asks for its name
    add_fieldsets = [
        (None, {"fields": [*DESCRIBED, "visibility", "accepts_all_types", "types", "confirmed", "reason"]})
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("types")

    @admin.display(description="Accepts")
    def accepts(self, obj):
        """All types, or the first of its list."""
        names = [accepted.name for accepted in obj.types.all()]
        more = ["…"] if len(names) > TYPES_SHOWN else []
        return "All types" if obj.accepts_all_types else ", ".join(names[:TYPES_SHOWN] + more)

    @admin.display(description="If restricted")
    def consequence(self, obj):
        """What restricting would do, from a fresh count (rule 18)."""
        keeps, loses = obj.restriction()
        return f"{keeps} keep access, {loses} lose it. There is no way back: a restricted registry never opens again."

    def immutable(self, obj):
        """Rules 1 to 4, 6 and 9."""
        if obj is None:
            return {"kind": rules.CORE_IS_GIVEN}
        metadata = rules.refuse_metadata(obj.kind)
        refusals = {
            "kind": rules.KIND_STAYS,
            "organization": rules.ORGANIZATION_STAYS,
            "visibility": rules.refuse_restriction(obj.kind, obj.visibility),
            "name": metadata,
            "description": metadata,
            "accepts_all_types": rules.refuse_all_types(obj.kind),
        }
        return {name: refusal for name, refusal in refusals.items() if refusal}

    def refuse_deletion(self, obj):
        """Rule 5."""
        return rules.refuse_delete(obj.kind) if obj else None

    def fieldsets_of(self, request, obj):
        """Of a registry that there is; with the second step of a restriction where it can be restricted."""
        fixed = rules.refuse_restriction(obj.kind, obj.visibility)
        step = [] if fixed else ["consequence", "confirmation", "restriction"]
        return [
            (None, {"fields": DESCRIBED}),
            ("Visibility", {"fields": ["visibility", *step]}),
            ("Accepted types", {"fields": ["accepts_all_types", "types", "confirmed"]}),
            ("Change", {"fields": ["reason", *self.readonly_fields[1:], "etag"]}),
        ]

    def get_inlines(self, request, obj):
        return super().get_inlines(request, obj) if obj else []

    def save_model(self, request, obj, form, change):
        """Create it, or do one verb after the other; the first checks what was shown (rule 19)."""
        by, wanted = actor_of(request), form.cleaned_data
        if not change:
            obj.create(by, wanted["types"], wanted["reason"], confirmed=bool(wanted["confirmed"]))
            return
        etag, reason = wanted["etag"], wanted["reason"]
        if "visibility" in form.changed_data:
            request.attempted_action = Action.RESTRICT
            obj.restrict(by, etag=wanted["restriction"], reason=reason)
            etag = None
        request.attempted_action = Action.EDIT
        name, description = wanted.get("name", obj.name), wanted.get("description", obj.description)
        obj.edit(by, name=name, description=description, etag=etag, reason=reason)
        self._save_types(request, obj, form)

    def _save_types(self, request, obj, form):
        wanted = form.cleaned_data
        listed = {"types": wanted["types"], "confirmed": bool(wanted["confirmed"])}
        if "accepts_all_types" not in form.changed_data:
            action, verb = Action.TYPE_ADD, obj.add_types if wanted["types"] else None
        elif wanted["accepts_all_types"]:
            action, verb, listed = Action.TYPES_ALL, obj.accept_all_types, {}
        else:
            action, verb = Action.TYPES_LIST, obj.accept_only
        if verb:
            request.attempted_action = action
            verb(actor_of(request), **listed, reason=wanted["reason"])

    def save_formset(self, request, form, formset, change):
        """Take types off the list; take and give roles."""
        by = actor_of(request)
        formset.save(commit=False)
        for row in formset.deleted_objects:
            if isinstance(row, AcceptedType):
                request.attempted_action = Action.TYPE_REMOVE
                form.instance.remove_type(by, row.name, reason=form.cleaned_data["reason"])
            else:
                request.attempted_action = Action.MEMBER_REMOVE
                row.delete_by(by)
        for row in formset.new_objects:
            request.attempted_action = Action.MEMBER_ADD
            row.save_by(by)

    def goes_along(self, objs):
        """Counted now (rule 18)."""
        (registry,) = objs
        rows = [registry.types, registry.members, registry.former_names]
        counts = {row.model._meta.verbose_name_plural: row.count() for row in rows}
        return counts | registry.collections.holdings()._asdict()

    def second_step(self, data, obj):
        """Rules 16 and 18: the name typed, and what was shown."""
        return DeleteForm(data, registry=obj, initial={"etag": etag_of(obj, obj.collections.holdings())})


@admin.register(AcceptedType)
class AcceptedTypeAdmin(AuditedAdmin):
    """Accepted types: shown, and taken off the list. They are added on the page of their registry."""

    list_display = ["name", "registry", "registry__organization", "preconfigured", "added_by", "added_at"]
    list_filter = ["preconfigured", "registry__organization"]
    list_select_related = ["registry__organization", "added_by"]
    search_fields = ["name", "registry__name"]
    fields = ["name", "registry", "preconfigured", "added_by", "added_at"]
    delete_action = Action.TYPE_REMOVE
    audited = "registry"

    def label_for(self, obj):
        return f"{obj}, {obj.registry} of {obj.registry.organization}"

    def refuse_deletion(self, obj):
        """Rules 4, 7 and 11."""
        if obj is None:
            return None
        in_use = obj.name in obj.registry.types_in_use()
        others = obj.registry.types.exclude(pk=obj.pk).count()
        return rules.refuse_type_removal(obj.registry.kind, obj.name, in_use=in_use, others=others)

    def delete_model(self, request, obj):
        obj.registry.remove_type(actor_of(request), obj.name)


class RegistryMemberForm(OptimisticLockForm):
    """The role of somebody, or of a team, in a registry."""

    ends_at = forms.DateTimeField(
        label="Ends", required=False, widget=AdminTextInputWidget, help_text="Date and time (UTC); empty for never."
    )


@admin.register(RegistryMember)
class RegistryMemberAdmin(AuditedAdmin):
    """Roles in registries, of people and teams: changed and taken. They are given on the page of their registry."""

    form = RegistryMemberForm
    list_display = ["holder", "registry", "registry__organization", "role", "ends_at"]
    list_filter = ["role", "registry__organization"]
    list_select_related = ["user", "team", "registry__organization"]
    search_fields = ["user__username", "user__email", "team__name", "registry__name"]
    fields = ["registry", "user", "team", "role", "ends_at"]
    chosen_once = ["registry", "user", "team"]
    change_action, delete_action = Action.MEMBER_CHANGE, Action.MEMBER_REMOVE
    audited = "registry"


@admin.register(AccessRequest)
class AccessRequestAdmin(AuditedAdmin):
    """Requests for roles. They are answered by the admins of their registry, on its page."""

    list_display = ["user", "registry", "role", "created_at", "answered_by", "answered_at", "granted"]
    list_filter = ["granted", "role", "registry__organization"]
    list_select_related = ["user", "registry", "answered_by"]
    search_fields = ["user__username", "registry__name"]
    fields = ["user", "registry", "role", "reason", "created_at", "answered_by", "answered_at", "granted", "note"]


@admin.register(FormerName)
class FormerNameAdmin(AuditedAdmin):
    """Former names: a rename keeps them, the next registry of that name ends them (rule 15)."""

    list_display = ["name", "registry", "organization"]
    fields = ["name", "registry", "organization"]
    list_filter = ["organization"]
    list_select_related = ["registry", "organization"]
    search_fields = ["name", "registry__name"]
