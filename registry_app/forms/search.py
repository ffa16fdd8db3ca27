"""The search box."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from .. import rules
from ..choices import Hit
from ..search.query import Search, parse_search
from .base import FilterForm
from .widgets import NO_HELP

PAGES = 1000  # a greater number is no page


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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["q"].widget.attrs["autofocus"] = not self.data.get("q")

    @property
    def status(self) -> int:
        """The HTTP status of the page that shows this form."""
        return 422 if self.errors else 200
