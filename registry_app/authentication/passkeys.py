"""allauth's forms of passkeys, made safe against malformed JSON."""

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn import forms as webauthn

UNREADABLE = (AttributeError, IndexError, KeyError, TypeError, ValueError)


class _Readable:
    """Turns the errors of the passkey parser into a form error: it raises built-in exceptions for bad input."""

    cleaned_data: dict[str, Any]

    def clean_credential(self) -> Any:
        return self._parsed("clean_credential")

    def clean(self) -> Any:
        return self._parsed("clean")

    def _parsed(self, step: str) -> Any:
        parse = getattr(super(), step, lambda: self.cleaned_data["credential"])
        try:
            return parse()
        except UNREADABLE as error:
            raise get_adapter().validation_error("incorrect_code") from error


class AddPasskeyForm(_Readable, webauthn.AddWebAuthnForm):
    """A new passkey or security key."""


class PasskeyLoginForm(_Readable, webauthn.LoginWebAuthnForm):
    """Signing in with a passkey alone."""


class PasskeyForm(_Readable, webauthn.AuthenticateWebAuthnForm):
    """A passkey or security key after the password."""


class PasskeyAgainForm(_Readable, webauthn.ReauthenticateWebAuthnForm):
    """A passkey or security key, to confirm the identity of a signed-in person."""
