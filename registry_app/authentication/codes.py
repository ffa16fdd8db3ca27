"""allauth's forms with codes of a second factor: their labels, help and inputs are ours."""

from typing import Any

from allauth.mfa.base import forms as base
from allauth.mfa.totp import forms as totp
from django import forms


class CodeField(forms.CharField):
    """A code of an authenticator app."""

    def __init__(self, css: str = "input mono", **kwargs: Any) -> None:
        attrs = {"class": css, "inputmode": "numeric", "autocomplete": "one-time-code", "spellcheck": "false"}
        super().__init__(widget=forms.TextInput(attrs), **kwargs)


class FactorField(CodeField):
    """A code of an authenticator app, or a recovery code."""

    def __init__(self) -> None:
        super().__init__(label="Code", help_text="From your authenticator app, or a recovery code.")
        self.widget.attrs["autofocus"] = True


class CodeForm(base.AuthenticateForm):
    """A code after the password."""

    code = FactorField()


class CodeAgainForm(base.ReauthenticateForm):
    """A code, to confirm the identity of a signed-in person."""

    code = FactorField()


class ActivateForm(totp.ActivateTOTPForm):
    """The first code of an authenticator app that is set up."""

    code = CodeField("input short mono", label="Code that the app shows")
