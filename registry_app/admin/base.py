"""What all pages of the Django admin share: the verbs judge; what they refuse is logged, and shown where it belongs."""

import re
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.core.exceptions import BadRequest, ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db import DataError, IntegrityError, transaction
from django.http import HttpResponseRedirect, QueryDict

from .. import rules
from ..choices import Action, Target
from ..database import triggers
from ..models import Actor
from ..models.event import AuditTarget, record_refusals
from ..models.validation import as_error
from .forms import AdminForm

REFUSED = (ValidationError, IntegrityError)
FILTER_LOOKUPS = ("", "__exact", "__isnull", "__id__exact")  # what Django's filters of a list ask of their column


def actor_of(request):
    """Who acts through this request: site staff, whose roles in registries aren't asked for."""
    return Actor(request.user, request.id, staff=True)


class AuditedAdmin(admin.ModelAdmin):
    """A model's admin whose changes go through verbs. It offers what it declares an action for.

    The page of an object shows what the list shows where no `fields` are declared.
    """

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    view_on_site = False  # pages of an organization are for its people; staff need not be among them
    form: Any = AdminForm
    list_display: Any
    actions: Any = ["delete_selected"]
    add_fields: list[str] = []  # those of a new object, where they differ
    add_action: Action | None = None
    change_action: Action | None = None
    delete_action: Action | None = None
    chosen_once: list[str] = []  # fields of a new object that stay as they are, beside what it belongs to
    immutable_fields: dict[str, rules.Refusal] = {}  # the same, with the reason that the page shows
    stays: rules.Refusal | None = None  # why nothing of this model can be deleted
    label = "{obj}"  # how messages and questions name an object

    def __init__(self, model, admin_site):
        super().__init__(model, admin_site)
        self.raw_id_fields = [field.name for field in model._meta.fields if field.many_to_one]  # type: ignore[misc]

    def immutable(self, obj):
        """{field: Refusal} of the fields that can't be changed on `obj` (None for a new one)."""
        return self.immutable_fields if obj else {}

    def refuse_deletion(self, obj):
        """Why `obj` can't be deleted, or None."""
        return self.stays

    def goes_along(self, objs):
        """{what: how many} is deleted with `objs`, for the question."""
        return {self.opts.verbose_name_plural: len(objs)}

    def audit_target(self, obj):
        """What the log says that an attempt on `obj` is about; of a new one that is part of nothing, its name."""
        try:
            return obj.audit_target
        except (ObjectDoesNotExist, AttributeError):
            return AuditTarget(Target.SITE, None, str(getattr(obj, "name", "")))

    # What is offered.

    def get_changelist_instance(self, request):
        """The list. A value of a filter that the database doesn't take leads to the whole list, as others do."""
        try:
            return super().get_changelist_instance(request)
        except (ValueError, OverflowError, DataError) as error:
            raise IncorrectLookupParameters(error) from error

    def lookup_allowed(self, lookup, value, request):
        """Just what its own filters ask for. Django would let an address ask anything of any column: for a regular
        expression that keeps the database busy, or for the year 99999, which no database takes.
        """
        names = [getattr(each, "parameter_name", each) for each in self.get_list_filter(request)]
        return any(lookup == f"{name}{asked}" for name in names for asked in FILTER_LOOKUPS)

    def has_add_permission(self, request):
        return self.add_action is not None and super().has_add_permission(request)

    def has_change_permission(self, request, obj=None):
        return self.change_action is not None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        allowed = self.delete_action is not None and super().has_delete_permission(request, obj)
        return allowed and (self.refuse_deletion(obj) if obj else self.stays) is None

    def get_readonly_fields(self, request, obj=None):
        once = [*self.raw_id_fields, *self.chosen_once] if obj else []
        return [*super().get_readonly_fields(request, obj), *once, *self.immutable(obj), "deletion"]

    def get_fields(self, request, obj=None):
        fields = self.fields or self.list_display
        return self.shown_fields(request, obj, fields) if obj else self.add_fields or fields

    def shown_fields(self, request, obj, fields):
        """`fields` as the page of `obj` shows them: with its etag, and why it can't be deleted.

        Who may only look is not shown what only the form asks.
        """
        asked = self.form.declared_fields.keys() - {field.name for field in self.opts.fields}
        may_change = self.has_change_permission(request, obj)
        fields = [*fields, "etag"] if may_change else [name for name in fields if name not in asked]
        return [*fields, "deletion"] if self.refuse_deletion(obj) else fields

    def deletion(self, obj):
        """Why it can't be deleted."""
        return self.refuse_deletion(obj).message

    def get_form(self, request, obj=None, change=False, **kwargs):
        """The form; below each immutable field stands the reason."""
        immutable = self.immutable(obj)
        kwargs["help_texts"] = {name: refusal.message for name, refusal in immutable.items()}
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.request, form.immutable = request, immutable
        return form

    def get_deleted_objects(self, objs, request):
        """What goes, without Django's permissions: the verb judges, and says what it refuses."""
        return [self.label.format(obj=obj) for obj in objs], self.goes_along(objs), set(), []

    # What is done.

    def save_model(self, request, obj, form, change):
        """Create it, or edit it where anything was changed and it is still what was shown (rule 19)."""
        if not change:
            self.create(actor_of(request), obj, form)
        elif form.changed_data:
            self.edit(actor_of(request), obj, form)

    def create(self, by, obj, form):
        """The verb that keeps a new object: `create`, with what the form asks beside its fields, or `save_by`."""
        if hasattr(obj, "create"):
            asked = form.fields.keys() & form.declared_fields.keys()
            obj.create(by, **{name: form.cleaned_data[name] for name in asked})
        else:
            obj.save_by(by)

    def edit(self, by, obj, form):
        """The verb that keeps what the form has changed: `edit`, or `save_by` of a role."""
        if hasattr(obj, "edit"):
            obj.edit(by, **form.cleaned_data)
        else:
            obj.save_by(by, form.cleaned_data["etag"])

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """Add or change. What a verb refuses is rolled back, and the page shown again with the refusal on its form."""
        request.refused = None
        try:
            response = super().changeform_view(request, object_id, form_url, extra_context)
        except REFUSED as error:
            request.refused = _refusal_of(error)
            response = super().changeform_view(request, object_id, form_url, extra_context)
        context = getattr(response, "context_data", None) or {}
        if context.get("errors"):
            form = context["adminform"].form
            obj = self.get_object(request, unquote(object_id)) if object_id else form.instance
            action = self.change_action if object_id else self.add_action
            self._log(request, action, request.refused or form.refusals(), obj)
            response.status_code = form.status
        return response

    def response_action(self, request, queryset, *args, **kwargs):
        """Do the chosen action with the rows that are ticked; BadRequest (400) for what is the number of no row."""
        if not all(re.fullmatch("[0-9]{1,18}", row) for row in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            raise BadRequest("That is no row of this list.")
        return super().response_action(request, queryset, *args, **kwargs)

    def second_step(self, data, obj):
        """The form of the second step of deleting `obj` (rule 18), bound to `data`; None where Django asks alone."""
        return

    def delete_model(self, request, obj):
        """Delete it by its verb; where there is a second step, with what that has shown and asked."""
        step, shown = self.second_step(request.POST, obj), {}
        if step:
            if not step.is_valid():
                raise step.refusals()
            shown = step.cleaned_data
        obj.delete_by(actor_of(request), **shown)

    def delete_view(self, request, object_id, extra_context=None):
        """Delete one. What the verb refuses is told, and the page is shown again with what was sent."""
        obj = self.get_object(request, unquote(object_id))
        refusal = self.refuse_deletion(obj) if obj else None
        allowed = super().has_delete_permission(request, obj)  # whatever the rules say of this object
        if request.method == "POST" and refusal and self.delete_action and allowed:
            self._log(request, self.delete_action, ValidationError(refusal.message, code=refusal.code), obj)
        step = self.second_step(request.POST or None, obj) if obj else None
        try:
            return super().delete_view(request, object_id, {"step": step})
        except REFUSED as error:
            refused = self._tell_refusal(request, obj, error)
        if step is None:
            return HttpResponseRedirect(request.get_full_path())
        step.refuse(refused)
        request.POST = QueryDict()  # Django shows the page where nothing is sent
        response = super().delete_view(request, object_id, {"step": step})
        response.status_code = step.status
        return response

    @admin.action(description="Delete selected %(verbose_name_plural)s", permissions=["delete"])
    def delete_selected(self, request, queryset):
        """Ask first, with Django's own page; then delete each by one verb in one transaction."""
        if not request.POST.get("post"):
            return delete_selected(self, request, queryset)
        done = []
        if not all(self.has_delete_permission(request, obj) or self.refuse_deletion(obj) for obj in queryset):
            raise PermissionDenied  # what a rule refuses, the verb tells below
        for obj in queryset:
            try:
                with transaction.atomic():
                    self.log_deletions(request, queryset.filter(pk=obj.pk))
                    self.delete_model(request, obj)
                done.append(self.label.format(obj=obj))
            except REFUSED as error:
                self._tell_refusal(request, obj, error)
        if done:
            self.message_user(request, f"Deleted: {', '.join(done)}.", messages.SUCCESS)
        return None

    def _tell_refusal(self, request, obj, error):
        error = _refusal_of(error)
        self._log(request, self.delete_action, error, obj)
        self.message_user(request, f"{self.label.format(obj=obj)}: {' '.join(error.messages)}", messages.ERROR)
        return error

    def _log(self, request, action, error, obj):
        """Log the refusal under the action of the verb that refused, else under `action`."""
        action, _ = getattr(error, "attempt", (action, None))
        record_refusals(actor_of(request), action, error, self.audit_target(obj))


def _refusal_of(error):
    """What was refused, as a ValidationError. A database error of no rule's making comes of two saving at once."""
    if isinstance(error, ValidationError):
        return error
    refused = as_error(triggers.refusal_of(error) or rules.EDIT_CONFLICT)
    vars(refused).update(vars(error))  # with what was attempted
    return refused
