"""Forms about organizations, and about the accounts with which people come into them."""

from typing import Any

from django import forms
from django.contrib.auth.forms import UsernameField

from .. import rules
from ..choices import Role
from .base import ActionForm
from .fields import EtagField
from .widgets import Radios


class AccountForm(ActionForm):
    """An account that a person makes for themself."""

    username = UsernameField(label="Your username", max_length=150)
    email = forms.EmailField(label="Your email", widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    password = forms.CharField(
        label="Password",
        strip=False,
        help_text="At least 10 characters, not a common one, not only digits.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password_again = forms.CharField(
        label="Password again", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def clean(self) -> dict[str, Any]:
        """Refuse two different passwords with `password_mismatch`; the verb gets one."""
        cleaned = super().clean()
        again = cleaned.pop("password_again", None)
        if cleaned.get("password") != again and "password_again" not in self.errors:
            self.add_error(
                "password_again", forms.ValidationError("The two passwords differ.", code="password_mismatch")
            )
        return cleaned


class SetupForm(AccountForm):
    """The first organization and its admin."""

    name = forms.CharField(label="Organization", max_length=rules.NAME_LENGTH)
    field_order = ("name",)


class OrganizationForm(ActionForm):
    """What holds for everybody in an organization."""

    default_role = forms.ChoiceField(
        label="Default role",
        choices=[(role.value, Role(role).label) for role in rules.DEFAULT_ROLES],
        widget=Radios,
        error_messages={"required": "Choose a role."},
    )
    members_create = forms.BooleanField(
        label="Members may create registries",
        required=False,
        help_text="Otherwise only organization admins create them.",
    )
    etag = EtagField()
