"""The forms of the Django admin: what they share, and those of registries and of what registries hold."""

import copy
from functools import partial
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.http import QueryDict

from .. import rules
from ..choices import Action
from ..forms import RestrictForm
from ..forms.accepted_types import TypesField
from ..forms.base import CONFLICTS, ActionForm, EtagField, NamesField, ReasonField, RuleField
from ..models.change import etag_of


def told(refusal):
    """A Refusal as one text for people."""
    return f"{refusal.reason} {refusal.way_out}".strip()


def name_field(refuse, **more):
    """A field for a name that `refuse`, a function of rules, judges."""
    return RuleField(clean_text=rules.clean_name, refuse=refuse, widget=AdminTextInputWidget, **more)


def description_field(**more):
    """A field for a description, as the rules judge it."""
    judges = {"clean_text": rules.clean_description, "refuse": rules.refuse_description}
    return RuleField(**judges, required=False, widget=AdminTextareaWidget, **more)


class AdminForm(ActionForm, forms.ModelForm):
    """A form of the admin. Its class, made anew for each request, carries `request`, and the Refusals of what is fixed.

    Works on a copy of the object: a refused form has changed its instance, and the page around it shows what is stored.
    """

    request: Any = None
    immutable: dict[str, rules.Refusal] = {}

    def __init__(self, *args, instance=None, **kwargs):
        super().__init__(*args, instance=copy.copy(instance), **kwargs)

    def clean(self):
        """Refuse forged values of `immutable` fields, and repeat what a verb refused. Ignore other unshown fields."""
        cleaned = super(ActionForm, self).clean()  # ActionForm's own would refuse the buttons and inlines of the admin
        for name in self.data.keys() & self.immutable.keys():
            stored = self._meta.model._meta.get_field(name).value_from_object(self.instance)
            if self.data[name] != str(stored):
                refusal = self.immutable[name]
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
        if any(self.has_code(code) for code in CONFLICTS):
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


class ReasonForm(AdminForm):
    """A change with a reason."""

    reason = ReasonField(widget=AdminTextInputWidget, help_text="Kept in the audit log.")


class NewRegistryForm(ReasonForm):
    """A new custom registry (rules 7 and 13)."""

    name = name_field(rules.refuse_name, help_text="Code that loads artifacts uses this name, so pick one that lasts.")
    description = description_field()
    types = TypesField(required=False, help_text="Separated by commas. Ignored where all types are accepted.")
    confirmed = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["types"].widget.attrs["class"] = "vTextField"

    def clean(self):
        """Beside what every form refuses: types that join the list, where that must be confirmed first."""
        cleaned = super().clean()
        if "types" in cleaned and not cleaned.get("accepts_all_types"):
            self._confirm_types(cleaned["types"], cleaned.get("confirmed"))
        return cleaned

    def _confirm_types(self, types, confirmed):
        """Ask once for each list of new types and count of people: the hidden `confirmed` says what was asked."""
        registry, listed = self.instance, self.instance.pk is not None and not self.instance.accepts_all_types
        accepted = registry.type_names() if listed else []
        used = sorted(registry.types_in_use()) if registry.pk and not listed else []
        new = [name for name in dict.fromkeys([*types, *used]) if name not in accepted]
        lookalikes = rules.refuse_lookalikes(new, accepted)
        people = registry.people().count() if registry.is_core else 0
        asked = f"{people}: {', '.join(new)}"
        if confirmed == asked or not (lookalikes or (registry.is_core and new)):
            return
        if registry.pk:
            self.request.attempted_action = Action.TYPE_ADD if listed else Action.TYPES_LIST
        for refusal in lookalikes:
            self.add_error("types", ValidationError(refusal.reason, code=refusal.code))
        if registry.is_core:
            consequence = f"{rules.CORE_TYPE_STAYS.reason} Check the spelling. People who see it: {people}."
            self.add_error("types", f"Add {', '.join(new)} to {registry} permanently? {consequence}")
        self.add_error("types", "To confirm, save again.")
        self._show("confirmed", asked)


class RegistryForm(NewRegistryForm):
    """A registry as it is: each of its one-way steps asks for a confirmation of what was shown (rules 13 and 18)."""

    types = TypesField(
        label="Add types",
        required=False,
        help_text="Separated by commas. Instead of all types: the list to accept.",
    )
    confirmation = forms.CharField(
        required=False, widget=AdminTextInputWidget, help_text="To restrict it: type the registry's name."
    )
    restriction = EtagField()  # of it and of the counts of its second step
    etag = EtagField()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.is_core:
            self.fields["types"].help_text = f"Separated by commas. {rules.CORE_TYPE_STAYS.reason}"
        restriction = etag_of(self.instance, self.instance.restriction())
        self.initial.update(etag=etag_of(self.instance), restriction=restriction)

    def clean(self):
        """Beside what every form refuses: one-way steps that weren't confirmed."""
        cleaned = super().clean()
        if self.instance.is_core and any(name.startswith("types-") and name.endswith("-DELETE") for name in self.data):
            self.request.attempted_action = Action.TYPE_REMOVE
            self.add_error(None, ValidationError(rules.CORE_TYPE_STAYS.reason, code=rules.CORE_TYPE_STAYS.code))
        if cleaned.get("visibility", self.instance.visibility) != self.instance.visibility:
            self._confirm_restriction()
        return cleaned

    def _confirm_restriction(self):
        self.request.attempted_action = Action.RESTRICT
        form_data = {name: self.data[name] for name in RestrictForm.base_fields.keys() & self.data.keys()}
        step = RestrictForm(form_data, registry=self.instance)
        if not step.is_valid():
            self.add_errors_from(step.refusals())


class LabelsField(NamesField):
    """Aliases or tags, which the verb judges."""

    def __init__(self, **kwargs):
        super().__init__(required=False, widget=AdminTextInputWidget, help_text="Separated by commas.", **kwargs)

    def has_changed(self, initial, data):
        """Whether these are other names, in whatever order."""
        return sorted(self.to_python(initial)) != sorted(self.to_python(data))


class NewCollectionForm(ReasonForm):
    """A new collection (rule 20)."""

    name = name_field(partial(rules.refuse_label, what="Collections"))
    description = description_field(label="Card")
    tags = LabelsField()

    def _post_clean(self):
        if self.instance.pk or self.cleaned_data.get("registry"):  # without one the model has nothing to judge by
            super()._post_clean()


class CollectionForm(NewCollectionForm):
    """A collection as it is edited (rule 19)."""

    etag = EtagField()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial.update(tags=", ".join(self.instance.tag_names()), etag=etag_of(self.instance))


class NewLinkForm(ReasonForm):
    """A version to link (rules 21 to 23)."""

    aliases = LabelsField()

    def _get_validation_exclusions(self):
        """Rule 23: to link twice is no error, so no constraint is asked."""
        return {*super()._get_validation_exclusions(), "version"}  # type: ignore[misc]


class LinkForm(ReasonForm):
    """The aliases and tags of a link (rule 19)."""

    aliases = LabelsField()
    tags = LabelsField()
    etag = EtagField()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        names = {"aliases": self.instance.alias_names(), "tags": self.instance.tag_names()}
        self.initial.update({field: ", ".join(listed) for field, listed in names.items()}, etag=etag_of(self.instance))
