"""allauth's forms of passkeys: what comes in is JSON that a browser made, or that anybody wrote."""

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn import forms as webauthn

UNREADABLE = (AttributeError, IndexError, KeyError, TypeError, ValueError)


class _Readable:
    """Refuses what the parser of passkeys stumbles over, for it answers some of it with other errors than its own."""

    cleaned_data: dict[str, Any]

    def clean_credential(self) -> Any:
        return self._judged("clean_credential")

    def clean(self) -> Any:
        return self._judged("clean")

    def _judged(self, step: str) -> Any:
        judge = getattr(super(), step, lambda: self.cleaned_data["credential"])
        try:
            return judge()
        except UNREADABLE as error:
            raise get_adapter().validation_error("incorrect_code") from error


class AddPasskeyForm(_Readable, webauthn.AddWebAuthnForm):
    """A new passkey or security key."""


class PasskeyLoginForm(_Readable, webauthn.LoginWebAuthnForm):
    """Signing in with a passkey alone."""


class PasskeyForm(_Readable, webauthn.AuthenticateWebAuthnForm):
    """A passkey or security key after the password."""


class PasskeyAgainForm(_Readable, webauthn.ReauthenticateWebAuthnForm):
    """A passkey or security key, to confirm who one is."""
