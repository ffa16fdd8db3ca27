"""What all pages of the Django admin share: the verbs judge; what they refuse is logged, and shown where it belongs."""

import copy
import re
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import BadRequest, ValidationError
from django.db import DataError, IntegrityError, transaction
from django.http import HttpResponseRedirect, QueryDict

from .. import rules
from ..choices import Action
from ..database import triggers
from ..forms.base import CONFLICTS, ActionForm
from ..models import Actor
from ..models.event import record_refusals

REFUSED = (ValidationError, IntegrityError)
FILTER_LOOKUPS = ("", "__exact", "__isnull", "__id__exact")  # what Django's filters of a list ask of their column


def actor_of(request):
    """Who acts through this request: installation staff, whose roles in registries aren't asked for."""
    return Actor(request.user, request.id, staff=True)


def told(refusal):
    """A Refusal as one text for people."""
    return f"{refusal.reason} {refusal.way_out}".strip()


class AdminForm(ActionForm, forms.ModelForm):
    """A form of the admin. Its class, made anew for each request, carries `request` and the fields that are `fixed`.

    Works on a copy of the object: a refused form has changed its instance, and the page around it shows what is stored.
    """

    request: Any = None
    fixed: dict[str, rules.Refusal] = {}

    def __init__(self, *args, instance=None, **kwargs):
        super().__init__(*args, instance=copy.copy(instance), **kwargs)

    def clean(self):
        """Refuse forged values of fixed fields, and repeat what a verb refused; other unshown fields change nothing."""
        cleaned = super(ActionForm, self).clean()  # ActionForm's own would refuse the buttons and inlines of the admin
        for name in self.data.keys() & self.fixed.keys():
            stored = self._meta.model._meta.get_field(name).value_from_object(self.instance)
            if self.data[name] != str(stored):
                refusal = self.fixed[name]
                self.add_error(None, ValidationError(told(refusal), code=refusal.code))
        if self.request.refused:
            self.add_errors_from(self.request.refused)
        return cleaned

    def add_error(self, field, error):
        """Errors of hidden fields are the form's own, for nobody would see them."""
        hidden = field in self.fields and self.fields[field].widget.is_hidden
        super().add_error(None if hidden else field, error)

    def _post_clean(self):
        super()._post_clean()  # type: ignore[misc]
        unversioned = "version" in self.fields and "version" not in self.cleaned_data
        if unversioned or any(self.has_code(code) for code in CONFLICTS):
            self._show_stored()

    def _update_errors(self, errors):
        self.add_errors_from(errors)

    def _show_stored(self):
        """Rule 19: both values beside each other, and hidden fields as of now, so that who saves again knows."""
        for name in self.initial.keys() & self.fields.keys():
            field, stored = self.fields[name], self.initial[name]
            self._show(self.add_initial_prefix(name), stored)
            if field.widget.is_hidden:
                self._show(self.add_prefix(name), stored)
            elif field.has_changed(stored, self[name].data):
                shown = dict(getattr(field, "choices", ())).get(stored, stored)
                self.add_error(name, f"Stored now: {shown}")

    def _show(self, name, value):
        """Draw `value` in the field `name`, whatever was posted there."""
        data = QueryDict(mutable=True)
        data.update(self.data)
        data[name] = value
        self.data = data


class OptimisticLockForm(AdminForm):
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


class CheckedChangeList(ChangeList):
    """A list of the admin. Where its address holds a value that the database doesn't take, it leads to the whole list.

    Django does so where it can't make a query; some values fail only when the query is asked.
    """

    def get_results(self, request):
        """The rows of the page, asked for now."""
        try:
            super().get_results(request)
            len(self.result_list)
        except (ValueError, OverflowError, DataError) as error:
            raise IncorrectLookupParameters(error) from error


class AuditedAdmin(admin.ModelAdmin):
    """A model's admin whose changes go through verbs.

    `save_model`, `save_formset` and `delete_model` call verbs, and set `request.trying` to the Action before each.
    """

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    view_on_site = False  # pages of an organization are for its people; staff need not be among them
    actions: Any = None
    add_action: Action | None = None
    change_action: Action | None = None
    delete_action: Action | None = None

    def fixed(self, obj):
        """{field: Refusal} of the fields that can't be changed on `obj` (None for a new one)."""
        return {}

    def refuse_deletion(self, obj):
        """Why `obj` can't be deleted (None: why nothing of this model can), or None."""
        return

    def called(self, obj):
        """How messages and questions name `obj`."""
        return str(obj)

    def place(self, obj):
        """What the log says that an attempt on `obj` was about: a row, or an AuditTarget."""
        raise NotImplementedError

    # What is offered.

    def get_changelist(self, request, **kwargs):
        """The class of its list."""
        return CheckedChangeList

    def lookup_allowed(self, lookup, value, request):
        """Just what its own filters ask for. Django would let an address ask anything of any column: for a regular
        expression that keeps the database busy, or for the year 99999, which no database takes.
        """
        names = [getattr(each, "parameter_name", each) for each in self.get_list_filter(request)]
        return any(lookup == f"{name}{asked}" for name in names for asked in FILTER_LOOKUPS)

    def has_delete_permission(self, request, obj=None):
        """Whether the staff member may delete, and the law lets this be deleted."""
        return super().has_delete_permission(request, obj) and self.refuse_deletion(obj) is None

    def get_readonly_fields(self, request, obj=None):
        """Those declared, the fixed ones, and why it can't be deleted."""
        return [*super().get_readonly_fields(request, obj), *self.fixed(obj), "deletion"]

    def get_fieldsets(self, request, obj=None):
        """Those of `fieldsets_of`; where deletion is refused, the reason too."""
        fieldsets = self.fieldsets_of(request, obj)
        return [*fieldsets, ("Deletion", {"fields": ["deletion"]})] if obj and self.refuse_deletion(obj) else fieldsets

    def fieldsets_of(self, request, obj):
        """Those declared."""
        return super().get_fieldsets(request, obj)

    def deletion(self, obj):
        """Why it can't be deleted."""
        return told(self.refuse_deletion(obj))

    def get_form(self, request, obj=None, change=False, **kwargs):
        """The form; below each fixed field stands the reason."""
        fixed = self.fixed(obj)
        kwargs["help_texts"] = {name: told(refusal) for name, refusal in fixed.items()}
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.request, form.fixed = request, fixed
        return form

    def get_deleted_objects(self, objs, request):
        """What goes: the objects themselves. The verb judges, not permissions, and says what it refuses."""
        return [self.called(obj) for obj in objs], {self.opts.verbose_name_plural: len(objs)}, set(), []

    # What is done.

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """Add or change. What a verb refuses is rolled back, and the page shown again with the refusal on its form."""
        request.refused, request.attempted_action = None, self.change_action if object_id else self.add_action
        try:
            response = super().changeform_view(request, object_id, form_url, extra_context)
            attempted_action = request.attempted_action
        except REFUSED as error:
            request.refused, attempted_action = _law_of(error), request.attempted_action
            response = super().changeform_view(request, object_id, form_url, extra_context)
        context = getattr(response, "context_data", None) or {}
        if context.get("errors"):
            form = context["adminform"].form
            obj = self.get_object(request, unquote(object_id)) if object_id else form.instance
            record_refusals(actor_of(request), attempted_action, request.refused or form.refusals(), self.place(obj))
            response.status_code = form.status if form.errors else 422  # else it is the inlines that are wrong
        return response

    def response_action(self, request, queryset, *args, **kwargs):
        """Do the chosen action with the rows that are ticked; BadRequest (400) for what is the number of no row."""
        if not all(re.fullmatch("[0-9]{1,18}", row) for row in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            raise BadRequest("That is no row of this list.")
        return super().response_action(request, queryset, *args, **kwargs)

    def second_step(self, data, obj):
        """The form of the second step of deleting `obj` (rule 18), bound to `data`; None where Django asks alone."""
        return

    def delete_view(self, request, object_id, extra_context=None):
        """Delete one. What the verb refuses is told, and the page is shown again with what was sent."""
        obj = self.get_object(request, unquote(object_id))
        refusal = self.refuse_deletion(obj) if obj else None
        if request.method == "POST" and refusal and self.delete_action:
            self._log_refusal(request, obj, ValidationError(told(refusal), code=refusal.code))
        step = self.second_step(None, obj) if obj else None
        try:
            return super().delete_view(request, object_id, {"step": step})
        except REFUSED as error:
            error = self._tell_refusal(request, obj, error)
            return self._deletion_again(request, object_id, error)

    def _deletion_again(self, request, object_id, error):
        obj = self.get_object(request, unquote(object_id))
        step = self.second_step(request.POST, obj) if obj else None
        if step is None:
            return HttpResponseRedirect(request.get_full_path())
        step.refuse(error)
        request.POST = QueryDict()  # Django shows the page where nothing is sent
        response = super().delete_view(request, object_id, {"step": step})
        response.status_code = step.status
        return response

    def _tell_refusal(self, request, obj, error):
        error = _law_of(error)
        self._log_refusal(request, obj, error)
        self.message_user(request, f"{self.called(obj)}: {' '.join(error.messages)}", messages.ERROR)
        return error

    def _log_refusal(self, request, obj, error):
        if self.delete_action:
            record_refusals(actor_of(request), self.delete_action, error, self.place(obj))


class BulkDeleteAdmin(AuditedAdmin):
    """An admin with the bulk action "delete": one verb and one transaction an object, each refusal told and logged."""

    actions: Any = ["delete_selected"]

    @admin.action(description="Delete selected %(verbose_name_plural)s", permissions=["delete"])
    def delete_selected(self, request, queryset):
        """Ask first, with Django's own page; then delete each that may be deleted."""
        if not request.POST.get("post"):
            return delete_selected(self, request, queryset)
        done = [self.called(obj) for obj in queryset if self._deleted(request, queryset, obj)]
        if done:
            self.message_user(request, f"Deleted: {', '.join(done)}.", messages.SUCCESS)
        return None

    def _deleted(self, request, queryset, obj):
        try:
            with transaction.atomic():
                self.log_deletions(request, queryset.filter(pk=obj.pk))
                self.delete_model(request, obj)
        except REFUSED as error:
            self._tell_refusal(request, obj, error)
            return False
        return True


class ReadOnlyAdmin(AuditedAdmin):
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


class RowFormSet(forms.BaseInlineFormSet):
    """The rows of an inline; for who can't see the heads of columns, each field says what it is."""

    def add_fields(self, form, index):
        """Django's fields of a row."""
        super().add_fields(form, index)
        for field in form.fields.values():
            field.widget.attrs["aria-label"] = field.label or ""
        if "DELETE" in form.fields and form.instance.pk:
            form.fields["DELETE"].widget.attrs["aria-label"] = f"Delete {form.instance}"


class RowsInline(admin.TabularInline):
    """Rows that are added and deleted, never changed."""

    extra = 0
    formset = RowFormSet
    template = "admin/registries/rows.html"

    def has_change_permission(self, request, obj=None):
        """Never."""
        return False


def _law_of(error):
    """What was refused, as a ValidationError. A database error of no rule's making comes of two saving at once."""
    if isinstance(error, ValidationError):
        return error
    refusal = triggers.refusal_of(error) or rules.EDIT_CONFLICT
    return ValidationError(refusal.reason, code=refusal.code)
