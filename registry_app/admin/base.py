"""What all pages of the Django admin share: the verbs judge; what they refuse is logged, and shown where it belongs."""

import copy

from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpResponseRedirect

from .. import guards, rules
from ..forms.base import CONFLICTS, RuleForm
from ..models import Actor
from ..models.audit import record_refusals

REFUSED = (ValidationError, IntegrityError)


def actor_of(request):
    """Who acts through this request: installation staff, whose roles in registries aren't asked for."""
    return Actor(request.user, request.id, staff=True)


def told(refusal):
    """A Refusal as one text for people."""
    return f"{refusal.reason} {refusal.way_out}".strip()


class AdminForm(RuleForm):
    """A form of the admin. Its class, made anew for each request, carries `request` and the fields that are `fixed`.

    Works on a copy of the object: a refused form has changed its instance, and the page around it shows what is stored.
    """

    request = None
    fixed = {}

    def __init__(self, *args, instance=None, **kwargs):
        super().__init__(*args, instance=copy.copy(instance), **kwargs)

    def clean(self):
        """Refuse forged values of fixed fields, and repeat what a verb refused; other unshown fields change nothing."""
        cleaned = super(RuleForm, self).clean()  # RuleForm's own would refuse the buttons and inlines of the admin
        for name in self.data.keys() & self.fixed.keys():
            stored = self._meta.model._meta.get_field(name).value_from_object(self.instance)
            if self.data[name] != str(stored):
                refusal = self.fixed[name]
                self.add_error(None, ValidationError(told(refusal), code=refusal.code))
        if self.request.refused:
            self._take(self.request.refused)
        return cleaned

    def add_error(self, field, error):
        """Errors of hidden fields are the form's own, for nobody would see them."""
        hidden = field in self.fields and self.fields[field].widget.is_hidden
        super().add_error(None if hidden else field, error)

    def _post_clean(self):
        super()._post_clean()
        unversioned = "version" in self.fields and "version" not in self.cleaned_data
        if unversioned or any(self.has_code(code) for code in CONFLICTS):
            self._show_stored()

    def _update_errors(self, errors):
        self._take(errors)

    def _show_stored(self):
        """Rule 19: both values beside each other, and hidden fields as of now, so that who saves again knows."""
        self.data = self.data.copy()
        for name in self.initial.keys() & self.fields.keys():
            field, stored = self.fields[name], self.initial[name]
            self.data[self.add_initial_prefix(name)] = stored
            if field.widget.is_hidden:
                self.data[self.add_prefix(name)] = stored
            elif field.has_changed(stored, self[name].data):
                shown = dict(getattr(field, "choices", ())).get(stored, stored)
                self.add_error(name, f"Stored now: {shown}")


class SeenForm(AdminForm):
    """A form that sends along what it showed, for rows that have no version of their own."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.show_hidden_initial = bool(self.instance.pk) and not field.disabled

    def refuse_stale(self):
        """Rule 19, asked while the row is locked: what was shown must be what is stored."""
        names = [name for name, field in self.fields.items() if field.show_hidden_initial]
        stored = self._meta.model.objects.values(*names).get(pk=self.instance.pk)
        for name in names:
            shown = self.data.get(self.add_initial_prefix(name))
            if self.fields[name].to_python(shown) != stored[name]:
                raise ValidationError(rules.EDIT_CONFLICT.reason, code=rules.EDIT_CONFLICT.code)


class LawfulAdmin(admin.ModelAdmin):
    """A model's admin whose changes go through verbs.

    `save_model`, `save_formset` and `delete_model` call verbs, and set `request.trying` to the Action before each.
    """

    show_full_result_count = False
    list_per_page = 50
    view_on_site = False  # pages of an organization are for its people; staff need not be among them
    actions = None
    add_action = change_action = delete_action = None

    def fixed(self, obj):
        """{field: Refusal} of the fields that can't be changed on `obj` (None for a new one)."""
        return {}

    def refuse_deletion(self, obj):
        """Why `obj` can't be deleted (None: why nothing of this model can), or None."""
        return

    def place(self, obj):
        """Where the log puts an attempt on `obj`: subject, organization, registry."""
        raise NotImplementedError

    # What is offered.

    def has_delete_permission(self, request, obj=None):
        """Whether the staff member may delete, and the law lets this be deleted."""
        return super().has_delete_permission(request, obj) and self.refuse_deletion(obj) is None

    def get_readonly_fields(self, request, obj=None):
        """Those declared, and the fixed ones."""
        return [*super().get_readonly_fields(request, obj), *self.fixed(obj)]

    def get_fieldsets(self, request, obj=None):
        """Those of `fieldsets_of`; where deletion is refused, the reason too."""
        fieldsets = self.fieldsets_of(request, obj)
        return [*fieldsets, ("Deletion", {"fields": ["deletion"]})] if obj and self.refuse_deletion(obj) else fieldsets

    def fieldsets_of(self, request, obj):
        """Those declared."""
        return super().get_fieldsets(request, obj)

    @admin.display(description="Delete it?")
    def deletion(self, obj):
        """Why it can't be deleted."""
        return told(self.refuse_deletion(obj))

    def get_form(self, request, obj=None, change=False, **kwargs):
        """The form; below each fixed field stands the reason."""
        fixed = self.fixed(obj)
        kwargs["help_texts"] = {name: told(refusal) for name, refusal in fixed.items()}
        form = super().get_form(request, obj, change=change, **kwargs)
        form.request, form.fixed = request, fixed
        return form

    def get_deleted_objects(self, objs, request):
        """What goes along. The verb judges, not the permissions on what goes along."""
        to_delete, counts, _, protected = super().get_deleted_objects(objs, request)
        return to_delete, counts, set(), protected

    # What is done.

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """Add or change. What a verb refuses is rolled back, and the page shown again with the refusal on its form."""
        request.refused, request.trying = None, self.change_action if object_id else self.add_action
        try:
            response = super().changeform_view(request, object_id, form_url, extra_context)
            trying = request.trying
        except REFUSED as error:
            request.refused, trying = _law_of(error), request.trying
            response = super().changeform_view(request, object_id, form_url, extra_context)
        form = _form_of(response)
        if form is not None and form.is_bound and form.errors:
            obj = self.get_object(request, unquote(object_id)) if object_id else form.instance
            record_refusals(actor_of(request), trying, request.refused or form.refusals(), **self.place(obj))
        return response

    def delete_view(self, request, object_id, extra_context=None):
        """Delete one. What the verb refuses is told, and the page is shown anew."""
        obj = self.get_object(request, unquote(object_id))
        refusal = self.refuse_deletion(obj) if obj else None
        if request.method == "POST" and refusal and self.delete_action:
            self._log_refusal(request, obj, ValidationError(told(refusal), code=refusal.code))
        try:
            return super().delete_view(request, object_id, extra_context)
        except REFUSED as error:
            self._tell_refusal(request, obj, error)
            return HttpResponseRedirect(request.get_full_path())

    def _tell_refusal(self, request, obj, error):
        error = _law_of(error)
        self._log_refusal(request, obj, error)
        self.message_user(request, f"{obj}: {' '.join(error.messages)}", messages.ERROR)

    def _log_refusal(self, request, obj, error):
        record_refusals(actor_of(request), self.delete_action, error, **self.place(obj))


class BulkDeleteAdmin(LawfulAdmin):
    """An admin with the bulk action "delete": one verb and one transaction an object, each refusal told and logged."""

    actions = ["delete_selected"]

    @admin.action(description="Delete selected %(verbose_name_plural)s", permissions=["delete"])
    def delete_selected(self, request, queryset):
        """Ask first, with Django's own page; then delete each that may be deleted."""
        if not request.POST.get("post"):
            return delete_selected(self, request, queryset)
        done = [str(obj) for obj in queryset if self._deleted(request, obj)]
        if done:
            self.message_user(request, f"Deleted: {', '.join(done)}.", messages.SUCCESS)
        return None

    def _deleted(self, request, obj):
        try:
            with transaction.atomic():
                self.log_deletions(request, [obj])
                self.delete_model(request, obj)
        except REFUSED as error:
            self._tell_refusal(request, obj, error)
            return False
        return True


class ReadOnlyAdmin(LawfulAdmin):
    """An admin that shows, and changes nothing."""

    def has_add_permission(self, request, obj=None):
        """Never."""
        return False

    def has_change_permission(self, request, obj=None):
        """Never."""
        return False

    def has_delete_permission(self, request, obj=None):
        """Never."""
        return False


class ReadOnlyInline(admin.TabularInline):
    """Rows that are added and deleted, never changed."""

    extra = 0
    show_change_link = True

    def has_change_permission(self, request, obj=None):
        """Never."""
        return False


def _law_of(error):
    """What was refused, as a ValidationError. A database error of no rule's making comes of two saving at once."""
    if isinstance(error, ValidationError):
        return error
    refusal = guards.refusal_of(error) or rules.EDIT_CONFLICT
    return ValidationError(refusal.reason, code=refusal.code)


def _form_of(response):
    context = getattr(response, "context_data", None) or {}
    return context["adminform"].form if "adminform" in context else None
