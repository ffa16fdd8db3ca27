"""The forms of the Django admin: what they share, and those of registries and of what registries hold."""

import copy
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import ValidationError

from .. import rules
from ..forms import RestrictForm
from ..forms.accepted_types import TypesField
from ..forms.base import ActionForm
from ..forms.fields import EtagField, NamesField, ReasonField
from ..models.change import etag_of


class AdminForm(ActionForm, forms.ModelForm):
    """A form of the admin. Its class, made anew for each request, carries `request`, and the Refusals of what is fixed.

    It has those of its fields that the page shows. It works on a copy of the object: a refused form has changed its
    instance, and the page around it shows what is stored.
    """

    reason = ReasonField(widget=AdminTextInputWidget)
    etag = EtagField()
    data: Any
    request: Any = None
    immutable: dict[str, rules.Refusal] = {}

    def __init__(self, *args, instance=None, **kwargs):
        super().__init__(*args, instance=copy.copy(instance), **kwargs)
        for name in self.fields.keys() - set(self._meta.fields or ()):
            del self.fields[name]
        if "etag" in self.fields:
            self.initial["etag"] = etag_of(self.instance)

    def clean(self):
        """Refuse forged values of `immutable` fields, and repeat what a verb refused. Ignore other unshown fields."""
        cleaned = super(ActionForm, self).clean()  # ActionForm's own would refuse the buttons of the admin
        for name in self.data.keys() & self.immutable.keys():
            stored = self._meta.model._meta.get_field(name).value_from_object(self.instance)
            if self.data[name] != str(stored):
                refusal = self.immutable[name]
                self.add_error(None, ValidationError(refusal.message, code=refusal.code))
        if self.request.refused:
            self.add_errors_from(self.request.refused)
        return cleaned

    def add_error(self, field, error):
        """Errors of hidden fields are the form's own, for nobody would see them."""
        hidden = field in self.fields and self.fields[field].widget.is_hidden
        super().add_error(None if hidden else field, error)

    def _post_clean(self):
        super()._post_clean()  # type: ignore[misc]
        if self.status == 409:
            self._show_stored()

    def _show_stored(self):
        """Rule 19: both values beside each other, and hidden fields as of now, so that who saves again knows."""
        self.data = self.data.copy()
        for name in self.initial.keys() & self.fields.keys():
            field, stored = self.fields[name], self.initial[name]
            if field.widget.is_hidden:
                self.data[name] = stored
            elif field.has_changed(stored, self[name].data):
                shown = dict(getattr(field, "choices", ())).get(stored, stored)
                self.add_error(name, f"Stored now: {shown}")


class RegistryForm(AdminForm):
    """A registry: each of its one-way steps asks for a confirmation of what was shown (rules 13 and 18)."""

    types = TypesField(
        required=False,
        widget=AdminTextInputWidget,
        help_text="Separated by commas: to accept too, or instead of all types. Ignored where a new one accepts all.",
    )
    confirmed = forms.CharField(required=False, widget=forms.HiddenInput)  # the question that was answered
    confirmation = forms.CharField(required=False, widget=AdminTextInputWidget)
    restriction = EtagField()  # of it and of the counts of its second step

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "restriction" in self.fields:
            counts = self.instance.restriction()
            self.initial["restriction"] = etag_of(self.instance, counts)
            effect = f"{counts.keeps} keep access, {counts.loses} lose it"
            self.fields["confirmation"].help_text = f"To restrict it permanently, type its name: {effect}."

    def clean(self):
        """Beside what every form refuses: one-way steps that weren't confirmed."""
        cleaned = super().clean()
        if "types" in cleaned and not cleaned.get("accepts_all_types"):
            question = self._question(cleaned["types"])
            if question not in ("", cleaned.get("confirmed")):
                self.add_error("types", f"{question} To confirm, save again.")
                self.data = self.data.copy()
                self.data["confirmed"] = question
            cleaned["confirmed"] = question != ""
        if "restriction" in self.fields and "visibility" in self.changed_data:
            form_data = {name: self.data[name] for name in RestrictForm.base_fields.keys() & self.data.keys()}
            step = RestrictForm(form_data, registry=self.instance)
            if not step.is_valid():
                self.add_errors_from(step.refusals())
        return cleaned

    def _question(self, types):
        """What to ask before `types` join the list: some look alike, or they would stay permanently; "" for nothing."""
        registry = self.instance
        accepted = registry.type_names() if registry.pk else []
        used = sorted(registry.types_in_use()) if registry.pk and registry.accepts_all_types else []
        new = [name for name in dict.fromkeys([*types, *used]) if name not in accepted]
        reasons = [refusal.reason for refusal in rules.refuse_lookalikes(new, accepted)]
        if registry.is_core and new:
            people = f"Who sees {registry}: {registry.people_counted()}."
            reasons += ["Permanently?", rules.CORE_TYPE_STAYS.reason, people]
        return " ".join([f"New: {', '.join(new)}.", *reasons]) if reasons else ""


class ContentForm(AdminForm):
    """A collection, or a version in one, with its aliases and tags, which the verb judges (rules 20 to 23)."""

    aliases = NamesField(required=False, widget=AdminTextInputWidget, help_text="Separated by commas.")
    tags = NamesField(required=False, widget=AdminTextInputWidget, help_text="Separated by commas.")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        held = {"aliases": "alias_names", "tags": "tag_names"} if self.instance.pk else {}
        for name in held.keys() & self.fields.keys():  # after the etag: what came in between is a conflict
            self.initial[name] = ", ".join(getattr(self.instance, held[name])())

    def _get_validation_exclusions(self):
        """Rule 23: to link twice is no error, so no constraint is asked."""
        return {*super()._get_validation_exclusions(), "version"}  # type: ignore[misc]
