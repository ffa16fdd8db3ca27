"""allauth's forms with passwords: their labels, help and inputs are ours."""

from typing import Any

from allauth.account import forms as account
from allauth.account.fields import SetPasswordField
from django import forms


class PasswordField(forms.CharField):
    """A password that the account has, or a new one typed again."""

    def __init__(self, label: str, autocomplete: str = "current-password", **attrs: Any) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": autocomplete, **attrs})
        super().__init__(label=label, strip=False, widget=widget)


class NewPasswordField(SetPasswordField):
    """A new password. Refuses what AUTH_PASSWORD_VALIDATORS refuse."""

    def __init__(self) -> None:
        help_text = "At least 10 characters, not a common one, not only digits."
        super().__init__(label="New password", help_text=help_text)
        del self.widget.attrs["placeholder"]


class LoginForm(account.LoginForm):
    """Signing in with a password."""

    password = PasswordField("Password")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        attrs = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        self.fields["login"] = forms.CharField(label="Email or username", widget=forms.TextInput(attrs))


class ConfirmForm(account.ReauthenticateForm):
    """The password, to confirm the identity of a signed-in person."""

    password = PasswordField("Password", autofocus=True)


class NewPasswordForm(forms.Form):
    """What all forms with a new password ask for."""

    password1 = NewPasswordField()
    password2 = PasswordField("New password again", "new-password")


class ChangePasswordForm(NewPasswordForm, account.ChangePasswordForm):
    """Another password for a signed-in person."""

    oldpassword = PasswordField("Current password")
    field_order = ("oldpassword", "password1", "password2")


class SetPasswordForm(NewPasswordForm, account.SetPasswordForm):
    """A first password for a signed-in person."""


class ResetPasswordForm(NewPasswordForm, account.ResetPasswordKeyForm):
    """A new password by a reset link."""
