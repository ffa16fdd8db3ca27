"""Controls that several forms have. The attributes of inputs stand here and in forms, never in templates."""

from collections.abc import Sequence
from typing import Any

from django import forms

CHOSEN_FROM = 30  # options of a select; where there are more, they are suggestions for a text
NO_HELP = {"autocomplete": "off", "spellcheck": "false"}  # a browser neither remembers a name nor corrects it


class Radios(forms.RadioSelect):
    """One of a few values; the first has the field's own id, because the list of errors leads there."""

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        """The id of the choice number `index`."""
        return id_ if index == "0" else super().id_for_label(id_, index)


class Suggesting(forms.Widget):
    """A control that suggests names while one types, where scripts run (static/js/names.js)."""

    template_name = "forms/names.html"

    def __init__(self, **attrs: Any) -> None:
        super().__init__(attrs={"class": "input", **NO_HELP, **attrs})

    def suggest(self, address: str) -> None:
        """Ask `address` for suggestions (listings/suggestions.py)."""
        self.attrs |= {
            "hx-get": address,
            "hx-trigger": "input delay:200ms",
            "hx-target": "next .offers",
            "hx-swap": "innerHTML",
            "hx-sync": "this:replace",
        }


class NameInput(Suggesting, forms.TextInput):
    """The name of a person."""


class NamesInput(Suggesting, forms.Textarea):
    """Names of people or teams, one a line: a pasted list keeps its lines in it."""

    def __init__(self) -> None:
        super().__init__(rows=3)


def text_input(css: str = "", **attrs: Any) -> forms.TextInput:
    """An input for names: with classes beside the usual one, and without a browser's help."""
    return forms.TextInput(attrs={"class": f"input {css}".strip(), **NO_HELP, **attrs})


def search_field(placeholder: str, label: str = "Search") -> forms.CharField:
    """The words that a list is narrowed to."""
    widget = forms.SearchInput(attrs={"placeholder": placeholder, "autocomplete": "off"})
    return forms.CharField(label=label, required=False, max_length=200, widget=widget)


def any_field(label: str, length: int, css: str = "", *, widget: forms.Widget | None = None) -> forms.CharField:
    """A name that a list is narrowed to; any where it is empty."""
    widget = widget or text_input(css, placeholder="Any")
    return forms.CharField(label=label, required=False, max_length=length, widget=widget)


def offer(field: forms.BoundField, options: Sequence[tuple[str, str]]) -> None:
    """Let a filter that is a text be chosen out of `options` [(value, label)]; where they are many, suggest them.

    A value that stands in the address stays what it is, whether it is among them or not.
    """
    if len(options) > CHOSEN_FROM:
        field.field.widget.attrs["list"] = f"{field.auto_id}_options"
        field.field.options = options  # type: ignore[attr-defined]
    else:
        own = field.value()
        others = [(own, own)] if own and own not in dict(options) else []
        field.field.widget = forms.Select(choices=[("", "Any"), *others, *options])
