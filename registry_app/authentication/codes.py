"""allauth's forms with codes of a second factor: their labels, help and inputs are ours."""

from typing import Any

from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as base
from allauth.mfa.totp import forms as totp
from django import forms
from django.core.cache import cache

from ..models import User


def use_up(user: User, code: str) -> None:
    """Note that `user` has used `code`, for as long as it would be right. Refuses a used one with `incorrect_code`.

    allauth's own note lasts one step, but a code is right for a step before and after its own too, and after it set up
    an app.
    """
    seconds = (2 * app_settings.TOTP_TOLERANCE + 1) * app_settings.TOTP_PERIOD
    if not cache.add(f"code-used:{user.pk}:{normalize_user_code(code)}", value=True, timeout=seconds):
        raise get_adapter().validation_error("incorrect_code")


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


class UsedOnce(forms.Form):
    """What all forms with a code share: each code counts once."""

    user: User

    def clean_code(self) -> str:
        """The code, if it is right, and used for the first time."""
        code = super().clean_code()  # type: ignore[misc]
        use_up(self.user, code)
        return code


class CodeForm(UsedOnce, base.AuthenticateForm):
    """A code after the password."""

    code = FactorField()


class CodeAgainForm(UsedOnce, base.ReauthenticateForm):
    """A code, to confirm the identity of a signed-in person."""

    code = FactorField()


class ActivateForm(UsedOnce, totp.ActivateTOTPForm):
    """The first code of an authenticator app that is set up."""

    code = CodeField("input short mono", label="Code that the app shows")
