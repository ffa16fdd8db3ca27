"""Fields that several forms use: texts that rules judge, names, aliases and tags, and what was shown."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html

from .. import rules
from ..models.validation import as_error, raise_reason
from .widgets import text_input

if TYPE_CHECKING:
    from .base import ActionForm

NAMES_CLEANED = 500  # names in one field


class RuleField(forms.CharField):
    """Text that is cleaned and judged by rules alone: `clean_text` and `refuse` are functions of `rules`."""

    def __init__(
        self, *, clean_text: Callable[[str], str], refuse: Callable[[str], rules.Refusal | None], **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.clean_text, self.refuse, self.validators = clean_text, refuse, []

    def to_python(self, value: Any) -> str:
        """The text as it would be kept."""
        return self.clean_text(super().to_python(value) or "")

    def validate(self, value: str) -> None:
        """Refuse with the rule's code. No text is judged only where there must be one."""
        if value or self.required:
            raise_reason(self.refuse(value))


class ReasonField(RuleField):
    """Why something is done, or a note to a person: the log keeps it. Refuses with `reason_invalid`."""

    def __init__(self, *, required: bool = False, **kwargs: Any) -> None:
        shown: dict[str, Any] = {"help_text": "Kept in the audit log.", "max_length": rules.REASON_LENGTH} | kwargs
        super().__init__(clean_text=rules.clean_description, refuse=rules.refuse_reason, required=required, **shown)

    def validate(self, value: str) -> None:
        """Refuse what the log doesn't take, and an empty one where there must be one."""
        if self.required and not value:
            raise ValidationError(self.error_messages["required"], code="required")
        super().validate(value)


class NamesField(forms.CharField):
    """Names with commas between, as a list without doubles: cleaned, in the order that they were written."""

    def to_python(self, value: Any) -> Any:
        """The names in `value`."""
        parts = (super().to_python(value) or "").split(",")
        if len(parts) <= NAMES_CLEANED:  # more are refused as they are: cleaning thousands would take seconds
            parts = [rules.clean_name(part) for part in parts]
        return list(dict.fromkeys(part for part in parts if part))

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether these are other names, in whatever order."""
        return sorted(self.to_python(initial)) != sorted(self.to_python(data))


class LabelsField(NamesField):
    """Aliases or tags; `refuse` is a function of the rules, `what` they are."""

    def __init__(self, *, refuse: Callable[[str], rules.Refusal | None], what: str, **kwargs: Any) -> None:
        super().__init__(required=False, help_text="Separated by commas.", **kwargs)
        self.refuse, self.what = refuse, what

    def validate(self, value: list[str]) -> None:
        """Refuse with the rule's code."""
        refusals = [rules.refuse_count(value, self.what), *map(self.refuse, value)]
        raise_reason(next(filter(None, refusals), None))


def aliases_field() -> LabelsField:
    """A field for aliases."""
    return LabelsField(refuse=rules.refuse_alias_name, what="aliases", widget=text_input("mono"))


def tags_field() -> LabelsField:
    """A field for tags."""
    return LabelsField(refuse=rules.refuse_tag, what="tags")


class ConfirmationField(forms.CharField):
    """The second step of what can't be undone: the name that it expects, typed to the letter (rule 18)."""

    widget = text_input("mono short")
    expected = ""

    def expect(self, name: str) -> None:
        """Accept `name` alone, and ask for it."""
        self.expected, self.label = name, format_html("Type <code>{}</code> to confirm", name)

    def validate(self, value: str) -> None:
        """Refuse any other with `confirmation_differs`."""
        if rules.clean_name(value) != rules.clean_name(self.expected):
            raise as_error(rules.CONFIRMATION_DIFFERS)


class ShownBoundField(forms.BoundField):
    """What was shown of an object, on the form that comes back.

    It stays what it was while the form is corrected: only a conflict page shows the object anew (rules 18 and 19), and
    then it is the form's initial value.
    """

    form: "ActionForm"

    def value(self) -> object:
        """What the hidden input sends: the value that came in, or the initial one of a new or conflicting form."""
        if self.form.is_bound and self.form.status != 409:
            return self.field.prepare_value(self.data)
        return self.field.prepare_value(self.initial)


class ShownField(forms.Field):
    """What was shown of an object, sent back hidden; see ShownBoundField."""

    widget = forms.HiddenInput(attrs={"id": False})  # a page may hold several forms, and an id is one element's

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> ShownBoundField:
        """The field on its form."""
        return ShownBoundField(form, self, field_name)


class EtagField(ShownField, forms.CharField):
    """The etag of what was shown, so that nobody overwrites what they haven't seen (rules 18, 19).

    The verb compares it. A form without one has shown nothing that is stored, so the verb refuses it too.
    """

    def __init__(self) -> None:
        super().__init__(required=False)
        self.validators = []  # whatever text it is: another one than the right one is a conflict
