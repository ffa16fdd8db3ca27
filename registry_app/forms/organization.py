"""The set-up page's form."""

from django import forms
from django.contrib.auth.forms import UsernameField

from .. import rules
from .base import RuleForm


class SetupForm(RuleForm):
    """The first organization and its admin."""

    name = forms.CharField(label="Organization", max_length=rules.NAME_LENGTH)
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

    def clean(self):
        """Both passwords are one."""
        cleaned = super().clean()
        if cleaned.get("password") != cleaned.get("password_again") and "password_again" not in self.errors:
            self.add_error(
                "password_again", forms.ValidationError("The two passwords differ.", code="password_mismatch")
            )
        return cleaned
