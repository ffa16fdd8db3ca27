"""The search box."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from .. import rules
from ..choices import Hit
from ..search.query import Search, parse_search
from .base import FilterForm
from .widgets import NO_HELP, any_field, offer

PAGES = 1000  # a greater number is no page
ORDERS = [("", "Best match"), ("newest", "Newest")]
CHOSEN = ("registry", "type", "alias")  # the operators that have a select, too


class SearchField(forms.CharField):
    """What is searched for, as the rules read it."""

    def clean(self, value: Any) -> Search | None:
        """The Search. Refuses with `search_invalid`."""
        search, refusal = parse_search(value or "")
        if refusal:
            raise ValidationError(f"{refusal.reason} {refusal.way_out}", code=refusal.code)
        return search


class SearchForm(FilterForm):
    """What is searched for, and which of the hits are shown. What is wrong with the search is told beside the box."""

    told = frozenset({"q"})
    kind = forms.ChoiceField(required=False, choices=[("", "All"), *Hit.choices], widget=forms.HiddenInput)
    sort = forms.ChoiceField(required=False, choices=ORDERS, widget=forms.HiddenInput)
    page = forms.IntegerField(required=False, min_value=1, max_value=PAGES, widget=forms.HiddenInput)
    q = SearchField(
        label="Search for",
        required=False,
        widget=forms.SearchInput(
            attrs={
                "maxlength": rules.URI_LENGTH,
                "placeholder": "Words, Models/Churn:v1, a digest, or type:model, alias:production",
                "aria-describedby": "search-said",
                **NO_HELP,
            }
        ),
    )

    registry = any_field("Registry", rules.NAME_LENGTH)
    type = any_field("Type", rules.TYPE_LENGTH)
    alias = any_field("Alias", rules.LABEL_LENGTH)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["q"].widget.attrs["autofocus"] = not self.data.get("q")
        self.offer(dict.fromkeys(CHOSEN, ()))  # where nothing is searched, what is chosen stays

    @property
    def search(self) -> Search:
        """What is searched for: what is typed, and what is chosen; nothing where the text can't be read."""
        if self.errors:
            return Search()
        typed = self.cleaned_data["q"]
        return typed._replace(conditions=(*typed.conditions, *self.chosen.items()))

    @property
    def chosen(self) -> dict[str, str]:
        """{operator: its value} of the selects that are set."""
        values = {name: rules.clean_name(self.cleaned_data.get(name, "")) for name in CHOSEN}
        return {name: value for name, value in values.items() if value}

    def offer(self, choices: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        """Let `selects` be those that have `choices`, {operator: [(value, label)]}, or that are set."""
        self.selects = [self[name] for name in CHOSEN if choices[name] or self[name].value()]
        for field in self.selects:
            offer(field, choices[field.name])

    @property
    def orders(self) -> list[tuple[str, str, bool]]:
        """(value, label, whether it is the current one) of the orders that results can have."""
        current = self.cleaned_data["sort"]
        return [(value, label, value == current) for value, label in ORDERS]

    @property
    def status(self) -> int:
        """The HTTP status of the page that shows this form."""
        return 422 if self.errors else 200
