"""Forms about aliases: which one a board shows, requests for protected ones, which are protected."""

from collections.abc import Iterable
from typing import Any

from django import forms

from .. import rules
from .base import ActionForm, CursorForm
from .fields import ReasonField, RuleField
from .widgets import Radios, text_input


class AliasFilter(CursorForm):
    """Which alias the board of aliases shows."""

    alias = forms.CharField(label="Alias", required=False, max_length=rules.LABEL_LENGTH, widget=text_input("mono"))


class AliasRequestForm(ActionForm):
    """A protected alias that a member asks to be set on a version, and why (rule 31)."""

    alias = forms.ChoiceField(widget=Radios, error_messages={"required": "Choose an alias."})
    reason = ReasonField(
        required=True,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The admins of the registry read it, and the audit log keeps it.",
        error_messages={"required": "Say why this version should have it."},
    )

    def __init__(self, *args: Any, names: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["alias"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]


class ProtectForm(ActionForm):
    """An alias to protect in a registry (rule 26)."""

    alias = RuleField(
        label="Protect an alias",
        clean_text=rules.clean_name,
        refuse=rules.refuse_alias_name,
        help_text="Without slash or colon. latest, v0, v1, … belong to the system.",
        widget=text_input("mono", placeholder="production"),
    )


class UnprotectForm(ActionForm):
    """An alias to protect no longer. It may be older than the rule of names."""

    alias = forms.CharField(max_length=rules.LABEL_LENGTH)
