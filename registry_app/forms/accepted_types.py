"""Forms about what a registry accepts."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from .. import rules
from ..models import Registry
from ..models.validation import as_error, raise_reason
from .base import ActionForm
from .fields import EtagField, NamesField, ReasonField
from .widgets import NO_HELP


class TypesInput(forms.TextInput):
    """`types`, sent once with commas between or sent several times."""

    def value_from_datadict(self, data: Mapping[str, Any], files: object, name: str) -> str:
        values = data.getlist(name) if hasattr(data, "getlist") else [data.get(name, "")]
        return ", ".join(values)


class AskingBox(forms.CheckboxInput):
    """A box that sends the text which it asks about; it is never ticked when it is shown."""

    asks = ""

    def __init__(self) -> None:
        super().__init__(check_test=lambda value: False)

    def format_value(self, value: object) -> str:
        return self.asks

    def value_from_datadict(self, data: Mapping[str, Any], files: object, name: str) -> Any:
        return data.get(name, "")


class TypesField(NamesField):
    """Names of artifact types. Refuses with `type_invalid`, `types_too_many`."""

    widget = TypesInput(attrs={"class": "input mono", **NO_HELP})

    def validate(self, value: list[str]) -> None:
        """Refuse what is no name of a type."""
        if self.required and not value:
            raise ValidationError("Name at least one type.", code=rules.TYPES_MISSING.code)
        if len(value) > rules.TYPES_AT_ONCE:
            raise ValidationError(
                f"At most {rules.TYPES_AT_ONCE} types at once; these are {len(value)}.", code="types_too_many"
            )
        for name in value:
            raise_reason(rules.refuse_type_name(name))


def types_list_field() -> TypesField:
    """A field for the whole list of types that a registry accepts."""
    attrs = {"class": "input mono short", "placeholder": "dataset, eval-suite", **NO_HELP}
    return TypesField(label="Types, separated by commas", label_suffix=":", required=False, widget=TypesInput(attrs))


class ListForm(ActionForm):
    """A form with a list of `types` to accept. Where some look alike, it comes back with a box to confirm (rule 13)."""

    confirmed = forms.CharField(required=False, widget=AskingBox)  # the list that was asked about, if it is ticked
    asked = ""  # the list that the box asks about

    def ask_about(self, types: Iterable[str], others: Iterable[str] = ()) -> None:
        """Refuse, with `type_looks_alike`, what looks alike among `types` and the `others` that join them.

        Not where just these were confirmed; `confirmed` in the cleaned data says whether that is so.
        """
        listed = list(dict.fromkeys([*types, *others]))
        self.cleaned_data["confirmed"] = self.cleaned_data.get("confirmed") == ", ".join(listed)
        for refusal in rules.refuse_lookalikes(listed, ()) if not self.cleaned_data["confirmed"] else ():
            self.asked = self.fields["confirmed"].widget.asks = ", ".join(listed)  # type: ignore[attr-defined]
            self.add_error("types", as_error(refusal))


class AddTypesForm(ActionForm):
    """Types to accept too; `confirmed` where that was asked for (rules 13 and 18)."""

    types = TypesField(label="Type", help_text="Words of letters, digits, dashes, underscores and dots.")
    etag = EtagField()
    confirmed = forms.BooleanField(required=False, widget=forms.HiddenInput)
    reason = ReasonField()


class RemoveTypeForm(ActionForm):
    """One accepted type to take off the list."""

    types = forms.CharField(max_length=rules.TYPE_LENGTH)
    etag = EtagField()


class AcceptForm(ListForm):
    """All types, or just a list."""

    registry: Registry  # this form has one
    accepts_all_types = forms.BooleanField(required=False)
    types = types_list_field()
    etag = EtagField()

    def clean(self) -> dict[str, Any]:
        """A list is offered only instead of all types: where there is one, another person was faster."""
        cleaned = super().clean()
        if not cleaned.get("accepts_all_types") and not self.registry.accepts_all_types:
            self.add_error(None, as_error(rules.EDIT_CONFLICT))
        elif not cleaned.get("accepts_all_types"):
            self.ask_about(cleaned.get("types", []), sorted(self.registry.types_in_use()))
        return cleaned
