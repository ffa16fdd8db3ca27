"""The form of a new API token."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from .. import rules
from ..choices import TokenLife
from .base import ActionForm
from .fields import RuleField


class TokenForm(ActionForm):
    """A new token's name, how long it works, and whether it may only read."""

    name = RuleField(
        label="Name",
        help_text="Where it will be used, such as “training cluster”.",
        clean_text=rules.clean_name,
        refuse=rules.refuse_name,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    life = forms.ChoiceField(label="Expires in", choices=TokenLife, initial=TokenLife.QUARTER)
    read_only = forms.BooleanField(label="Read-only", required=False, help_text="It can read, and change nothing.")

    def expires_at(self) -> datetime | None:
        """When a token made now would end; None for never."""
        days = self.cleaned_data["life"]
        return None if days == TokenLife.FOREVER else timezone.now() + timedelta(days=int(days))

    def given(self) -> dict[str, Any]:
        """What the token is called and may do: ApiToken's fields."""
        return {name: self.cleaned_data[name] for name in ("name", "read_only")}
