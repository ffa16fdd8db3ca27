"""What all forms share: refusals of rules become their errors, and fields that they don't show are refused."""

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, ClassVar, Self

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, BadRequest, ValidationError
from django.db import IntegrityError

from .. import rules
from ..database import triggers
from ..database.compiled import Parts
from ..models import Registry
from ..models.validation import as_error

IGNORED_FIELDS = {"csrfmiddlewaretoken"}
# Where an error of a constraint stands: one over several columns names none of them.
FIELD_BY_CODE = {
    rules.NAME_TAKEN.code: "name",
    rules.TOKEN_NAME_TAKEN.code: "name",
    rules.GROUP_MAPPED.code: "group",
    rules.ALIAS_PROTECTED.code: "alias",
    "email_taken": "email",
    "already_in": "user",
}
ROLE_MISSING = {rules.ALIAS_PROTECTED.code, rules.ORGANIZATION_ADMINS_ONLY.code}
CONFLICTS = {rules.EDIT_CONFLICT.code, rules.STALE_PREVIEW.code}


class ActionForm(forms.Form):
    """A form that ends in a verb of a model, on `registry` (None while there is none).

    Fields sent beside those that it shows are refused, under the rule's own code where a rule speaks of them.
    """

    def __init__(self, *args: Any, registry: Registry | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.registry = registry

    def clean(self) -> dict[str, Any]:
        """Refuse what the form doesn't show. The verb is not told what was typed to confirm it."""
        super().clean()
        self.cleaned_data.pop("confirmation", None)
        for name in self.data.keys() - self.fields.keys() - IGNORED_FIELDS:
            refusal = _refuse_unshown(self.registry, name, self.data[name])
            self.add_error(None, as_error(refusal))
        return self.cleaned_data

    def submit(self, verb: Callable[..., Any], *args: Any, **kwargs: Any) -> bool:
        """Call `verb`; what it or the database refuses becomes this form's errors. Answers whether it is done.

        What the verb answers is `answer` then.
        """
        try:
            self.answer = verb(*args, **kwargs)
        except ValidationError as error:
            self.add_errors_from(error)
        except IntegrityError as error:
            refusal = triggers.refusal_of(error)
            if refusal is None:
                raise
            self.add_errors_from(as_error(refusal))
        return not self.errors

    def _update_errors(self, errors):  # of a ModelForm: what its model refuses
        self.add_errors_from(errors)

    def refusals(self) -> ValidationError:
        """All errors, with their codes, as one ValidationError."""
        return ValidationError({name: errors.as_data() for name, errors in self.errors.items()})

    def offer(self, name: str, choices: Iterable[tuple[Any, str]]) -> list[forms.boundfield.BoundWidget]:
        """The inputs of field `name`, a box or a radio button for each of `choices` [(value, label)], for a table."""
        self.fields[name].widget.choices = choices  # type: ignore[attr-defined]
        return self[name].subwidgets

    @property
    def codes(self) -> set[str | None]:
        """The codes of all errors."""
        return {error.code for errors in self.errors.values() for error in errors.as_data()}

    @property
    def status(self) -> int:
        """The HTTP status of the page that shows this form: 409 where the row moved on, 422 for errors, else 200."""
        if self.codes & CONFLICTS:
            return 409
        return 422 if self.errors else 200

    @property
    def lacks_role(self) -> bool:
        """Whether all that is wrong is a missing role: nothing to correct, but an admin can help."""
        return bool(self.errors) and self.codes <= ROLE_MISSING

    @property
    def error_count(self) -> int:
        """How many things are wrong."""
        return sum(len(errors) for errors in self.errors.values())

    def refuse(self, error: ValidationError) -> None:
        """Make what a verb refused elsewhere this form's errors."""
        self.full_clean()
        self.add_errors_from(error)

    def add_errors_from(self, error: ValidationError) -> None:
        """Make a ValidationError the form's own: on its fields where it has them, else on the form."""
        errors = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}
        for name, listed in errors.items():
            for single in listed:
                home = name if name in self.fields else FIELD_BY_CODE.get(single.code or "", name)
                field = home if home in self.fields else None
                if not self.has_error(field or NON_FIELD_ERRORS, single.code):  # form and model say the same
                    self.add_error(field, single)


def _refuse_unshown(registry, name, value):
    """What to say of field `name`, sent to a form that doesn't show it."""
    stored = {
        "kind": registry and registry.kind,
        "organization": registry and str(registry.organization_id),
        "visibility": registry and registry.visibility,
    }
    refusal = None
    if name == "kind":
        refusal = rules.refuse_kind(stored[name], value)
    elif name == "organization":
        refusal = rules.refuse_organization(stored[name], value)
    elif name == "visibility" and registry:
        refusal = rules.refuse_visibility(registry.kind, stored[name], value)
    elif name in {"accepts_all_types", "types"} and registry:
        refusal = rules.refuse_all_types(registry.kind)
    return refusal or rules.Refusal("unknown_field", f"There is no field {name[:40]} here.")


class Wanted(Parts, dict):
    """{name of a filter: its value} of those that are set, as queries take them.

    The values of `choices` are out of short lists, those of `compared` any texts, or Parts.
    """

    def __init__(self, choices: dict[str, Any], compared: dict[str, Any]) -> None:
        super().__init__(choices | compared)
        self.shape = tuple(choices.items()), tuple(compared)
        self.parts = tuple(compared.values())

    @classmethod
    def of_shape(cls, shape: tuple, *parts: Any) -> Self:  # type: ignore[override]
        """One with the same choices, in which other values are compared."""
        choices, names = shape
        return cls(dict(choices), dict(zip(names, parts, strict=True)))


class FilterForm(forms.Form):
    """A list's filters, as they stand in its address. Foreign parameters are ignored: links get some on their way."""

    is_filter = True  # none of its fields has to be filled, so none is called optional
    repeatable: ClassVar[frozenset[str]] = frozenset()  # parameters that may stand there more than once
    compared: ClassVar[dict[str, Callable[[Any], Any]]] = {}  # {field of any text: how queries take it}
    place: ClassVar[set[str]] = set()  # fields that don't narrow the list, but say where in it one is
    told: ClassVar[frozenset[str]] = frozenset()  # parameters of which the page itself says what is wrong

    @cached_property
    def wanted(self) -> Wanted:
        """The filters that are set, of a valid form."""
        found = {name: value for name, value in self.cleaned_data.items() if value and name not in self.place}
        compared = {name: take(found.pop(name)) for name, take in self.compared.items() if name in found}
        return Wanted(found, compared)

    def require(self) -> dict[str, Any]:
        """The cleaned values; BadRequest (400) for a repeated or wrong parameter of the form's own."""
        self.refuse_repeated()
        for name in self.errors.keys() - self.told:
            raise BadRequest(f"“{self.data.get(name, '')[:40]}” is no value for “{self[name].label}” ({name}).")
        return self.cleaned_data

    def refuse_repeated(self) -> None:
        """BadRequest (400) for a parameter of the form's own that stands there twice."""
        for name in self.fields.keys() - self.repeatable:
            if name in self.data and len(self.data.getlist(name)) > 1:  # type: ignore[attr-defined]
                raise BadRequest(f"“{self[name].label}” ({name}) stands in the address more than once.")

    @property
    def active(self) -> list[tuple[Any, Any]]:
        """The filters that are set, for the words of an empty list: [(label, value as shown)]."""
        shown = []
        for name, value in self.cleaned_data.items():
            field = self.fields[name]
            if value not in (None, "") and not field.widget.is_hidden:
                choices = dict(getattr(field, "choices", ()))
                shown.append((field.label, choices.get(value, value)))
        return shown


class CursorForm(FilterForm):
    """Where in a list one is."""

    place = {"after", "before", "sort"}
    after = forms.CharField(required=False, max_length=2000, widget=forms.HiddenInput)
    before = forms.CharField(required=False, max_length=2000, widget=forms.HiddenInput)
