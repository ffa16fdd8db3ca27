"""Registries in the Django admin, and what belongs to them."""

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextInputWidget

from .. import rules
from ..choices import Action
from ..forms import DeleteForm
from ..models import AcceptedType, AccessRequest, FormerName, Organization, Registry, RegistryMember
from .base import AuditedAdmin, BulkDeleteAdmin, OptimisticLockForm, ReadOnlyAdmin, RowsInline, actor_of
from .forms import NewRegistryForm, RegistryForm

TYPES_SHOWN = 6  # in a row of the list


class AcceptedTypeInline(RowsInline):
    """The types on a registry's list. New ones are named above."""

    model = AcceptedType
    fields = ["name", "preconfigured", "added_by", "added_at"]
    readonly_fields = ["name", "preconfigured", "added_by", "added_at"]

    def get_queryset(self, request):
        """With who added them: one query."""
        return super().get_queryset(request).select_related("added_by")

    def has_add_permission(self, request, obj=None):
        """New types are named in the form above, where their consequence is confirmed."""
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
        """With whose they are: one query."""
        return super().get_queryset(request).select_related("user", "team", "registry")


@admin.register(Registry)
class RegistryAdmin(AuditedAdmin):
    """Registries: every change through the verb that a page would call."""

    form = RegistryForm
    delete_confirmation_template = "admin/registries/delete.html"
    list_display = ["name", "organization", "kind", "visibility", "accepts", "updated_at"]
    list_filter = ["kind", "visibility", "accepts_all_types", "organization"]
    list_select_related = ["organization"]
    search_fields = ["name", "description"]
    raw_id_fields = ["organization"]
    readonly_fields = ["consequence", "created_by", "created_at", "updated_at"]
    inlines = [AcceptedTypeInline, RegistryMemberInline]
    add_action, change_action, delete_action = Action.CREATE, Action.EDIT, Action.DELETE

    def get_queryset(self, request):
        """With their types: one query more, for all rows."""
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

    def fixed(self, obj):
        """Rules 1 to 4, 6 and 9."""
        if obj is None:
            return {"kind": rules.CORE_IS_GIVEN}
        fixed = {"kind": rules.KIND_STAYS, "organization": rules.ORGANIZATION_STAYS}
        if refusal := rules.refuse_restriction(obj.kind, obj.visibility):
            fixed["visibility"] = refusal
        if refusal := rules.refuse_metadata(obj.kind):
            fixed["name"] = fixed["description"] = refusal
        if refusal := rules.refuse_all_types(obj.kind):
            fixed["accepts_all_types"] = refusal
        return fixed

    def refuse_deletion(self, obj):
        """Rule 5."""
        return rules.refuse_delete(obj.kind) if obj else None

    def place(self, obj):
        """The registry itself."""
        return obj.audit_target

    def fieldsets_of(self, request, obj):
        """The fields of a new registry, or of this one."""
        what = ["organization", "kind", "name", "description"]
        if obj is None:
            return [(None, {"fields": [*what, "visibility", "accepts_all_types", "types", "confirmed", "reason"]})]
        step = [] if rules.refuse_restriction(obj.kind, obj.visibility) else ["consequence", "confirmation", "preview"]
        return [
            (None, {"fields": what}),
            ("Visibility", {"fields": ["visibility", *step]}),
            ("Accepted types", {"fields": ["accepts_all_types", "types", "confirmed"]}),
            ("Change", {"fields": ["reason", "created_by", "created_at", "updated_at", "version"]}),
        ]

    def get_form(self, request, obj=None, change=False, **kwargs):
        """The form for a new registry, or for this one."""
        if obj is None:
            kwargs["form"] = NewRegistryForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_inlines(self, request, obj):
        """A new registry has no rows yet."""
        return super().get_inlines(request, obj) if obj else []

    def save_model(self, request, obj, form, change):
        """Create it, or do one verb after the other; the first checks the version that was shown."""
        by, wanted = actor_of(request), form.cleaned_data
        if not change:
            obj.create(by, wanted["types"], wanted["reason"], confirmed=bool(wanted["confirmed"]))
            return
        version, reason = wanted["version"], wanted["reason"]
        if "visibility" in form.changed_data:
            request.attempted_action = Action.RESTRICT
            obj.restrict(by, version=version, seen=wanted["preview"], reason=reason)
            version = None
        request.attempted_action = Action.EDIT
        name, description = wanted.get("name", obj.name), wanted.get("description", obj.description)
        obj.edit(by, name=name, description=description, version=version, reason=reason)
        if "accepts_all_types" in form.changed_data and wanted["accepts_all_types"]:
            request.attempted_action = Action.TYPES_ALL
            obj.accept_all_types(by, reason=reason)
        elif "accepts_all_types" in form.changed_data:
            request.attempted_action = Action.TYPES_LIST
            obj.accept_only(by, wanted["types"], confirmed=bool(wanted["confirmed"]), reason=reason)
        elif wanted["types"]:
            request.attempted_action = Action.TYPE_ADD
            obj.add_types(by, wanted["types"], confirmed=bool(wanted["confirmed"]), reason=reason)

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

    def get_deleted_objects(self, objs, request):
        """What goes along, counted now (rule 18)."""
        registry = objs[0]
        rows = [registry.types, registry.members, registry.former_names]
        counts = {row.model._meta.verbose_name_plural: row.count() for row in rows}
        return [], counts | registry.collections.holdings()._asdict(), set(), []

    def second_step(self, data, obj):
        """Rules 16 and 18: the name typed, and what was shown."""
        shown = {"version": obj.version, "preview": obj.collections.holdings()}
        return DeleteForm(data, registry=obj, initial=shown)

    def delete_model(self, request, obj):
        """Rules 5, 16 and 18: with the second step's own form."""
        step = self.second_step(request.POST, obj)
        if not step.is_valid():
            raise step.refusals()
        shown = {"version": step.cleaned_data["version"], "seen": step.cleaned_data["preview"]}
        obj.delete_by(actor_of(request), **shown, reason=step.cleaned_data["reason"])


class OfRegistry:
    """Where the log puts attempts on what belongs to a registry."""

    def place(self, obj):
        """The registry."""
        return obj.registry

    @admin.display(ordering="registry__organization__name")
    def organization(self, obj):
        """The registry's organization."""
        return obj.registry.organization


@admin.register(AcceptedType)
class AcceptedTypeAdmin(OfRegistry, BulkDeleteAdmin):
    """Accepted types: shown, and taken off the list. They are added on the page of their registry."""

    list_display = ["name", "registry", "organization", "preconfigured", "added_by", "added_at"]
    list_filter = ["preconfigured", "registry__organization"]
    list_select_related = ["registry__organization", "added_by"]
    search_fields = ["name", "registry__name"]
    fields = ["name", "registry", "preconfigured", "added_by", "added_at"]
    delete_action = Action.TYPE_REMOVE

    def has_add_permission(self, request, obj=None):
        """On the page of their registry."""
        return False

    def has_change_permission(self, request, obj=None):
        """A type has no other state than to be accepted."""
        return False

    def called(self, obj):
        """The type, and whose list it is on."""
        return f"{obj}, {obj.registry} of {obj.registry.organization}"

    def refuse_deletion(self, obj):
        """Rules 4, 7 and 11."""
        if obj is None:
            return None
        in_use = obj.name in obj.registry.types_in_use()
        others = obj.registry.types.exclude(pk=obj.pk).count()
        return rules.refuse_type_removal(obj.registry.kind, obj.name, in_use=in_use, others=others)

    def delete_model(self, request, obj):
        """Take it off its registry's list."""
        obj.registry.remove_type(actor_of(request), obj.name)


class RegistryMemberForm(OptimisticLockForm):
    """The role of somebody, or of a team, in a registry."""

    ends_at = forms.DateTimeField(
        label="Ends", required=False, widget=AdminTextInputWidget, help_text="Date and time (UTC); empty for never."
    )


@admin.register(RegistryMember)
class RegistryMemberAdmin(OfRegistry, BulkDeleteAdmin):
    """Roles in registries, of people and teams: changed and taken. They are given on the page of their registry."""

    form = RegistryMemberForm
    list_display = ["holder", "registry", "organization", "role", "ends_at"]
    list_filter = ["role", "registry__organization"]
    list_select_related = ["user", "team", "registry__organization"]
    search_fields = ["user__username", "user__email", "team__name", "registry__name"]
    fields = ["registry", "user", "team", "role", "ends_at"]
    readonly_fields = ["registry", "user", "team"]
    change_action, delete_action = Action.MEMBER_CHANGE, Action.MEMBER_REMOVE

    def has_add_permission(self, request, obj=None):
        """On the page of their registry."""
        return False

    def save_model(self, request, obj, form, change):
        """Change the role."""
        if form.changed_data:
            Organization.objects.hold(obj.registry.organization_id)
            form.refuse_stale()
            obj.save_by(actor_of(request))

    def delete_model(self, request, obj):
        """Take the role."""
        obj.delete_by(actor_of(request))


@admin.register(AccessRequest)
class AccessRequestAdmin(ReadOnlyAdmin):
    """Requests for roles. They are answered by the admins of their registry, on its page."""

    list_display = ["user", "registry", "role", "created_at", "answered_by", "answered_at", "granted"]
    list_filter = ["granted", "role", "registry__organization"]
    list_select_related = ["user", "registry", "answered_by"]
    search_fields = ["user__username", "registry__name"]
    fields = ["user", "registry", "role", "reason", "created_at", "answered_by", "answered_at", "granted", "note"]


@admin.register(FormerName)
class FormerNameAdmin(ReadOnlyAdmin):
    """Former names: a rename keeps them, the next registry of that name ends them (rule 15)."""

    list_display = ["name", "registry", "organization"]
    list_filter = ["organization"]
    list_select_related = ["registry", "organization"]
    search_fields = ["name", "registry__name"]
    fields = ["name", "registry", "organization"]
