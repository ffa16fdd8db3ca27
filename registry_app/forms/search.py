"""The search box."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from .. import rules
from ..search.query import Search, parse_search
from .base import FilterForm
from .widgets import NO_HELP


class SearchField(forms.CharField):
    """What is searched for, as the rules read it."""

    def clean(self, value: Any) -> Search | None:
        """The Search. Refuses with `search_invalid`."""
        search, refusal = parse_search(value or "")
        if refusal:
            raise ValidationError(f"{refusal.reason} {refusal.way_out}", code=refusal.code)
        return search


class SearchForm(FilterForm):
    """What is searched for. Other than of a list's filters, what is wrong with it is told beside the box."""

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
